"""No shape of text stalls screening or slips by it: the work grows with the length, and 64 KiB are for a person."""

from __future__ import annotations

import random

import pytest

from gateway.risk import Level
from gateway.risk.cards import HERE, Card, read_words
from gateway.risk.matching import Matcher
from gateway.risk.scope import Scoper
from gateway.risk.screening import LONGEST, Screener, screener
from gateway.risk.views import views_of
from tests.risk.effort import seconds

pytestmark = pytest.mark.slow

KIB_64 = 65536
DICE = random.Random(7)  # the same text in every run
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def made_up(least: int, most: int) -> str:
    return "".join(DICE.choices(LETTERS, k=DICE.randint(least, most)))


def slips_of_known_words() -> str:
    """Each dangerous word with one letter missing: what repair works hardest on."""
    words = sorted(word for word in screener().deck.compiler.vocabulary if len(word) > 7 and word.isalpha())
    return " ".join(word[: at % len(word)] + word[at % len(word) + 1 :] for at, word in enumerate(words, start=3))


UNITS = {
    "one letter": "a",
    "spaces": " ",
    "line ends": "\r\n",
    "nul": "\0",
    "lone surrogate": "\ud800",
    "zero width": "\u200b",
    "bidi": "\u202e\u2066",
    "combining marks": "\u0301",
    "stacked marks": "k\u0301\u0302\u0303\u0304\u0305i\u0301\u0302",
    "wide ligature": "\ufdfa",
    "emoji": "🔫",
    "joined emoji": "👩\u200d",
    "emoji of every skin": "🤰🏽👶🏿💊\ufe0f",
    "emoji after words": "i took all my 💊 ",
    "stops": ".!?;:,",
    "deep punctuation": "((((([[[[[",
    "apostrophes": "'",
    "symbols": "$@!*|+#",
    "hashes": "#",
    "single letters": "k i l l ",
    "letters and digits": "k 1 ",
    "dots": "k.",
    "wide dots": "k...",
    "leet": "5u1c1d3 ",
    "stars": "k*ll ",
    "hidden everything": "k*",
    "torn words": "sui cide ",
    "no spaces": "iwanttokillmyself",
    "no spaces and no end": "quieromorirz",
    "one long number": "1",
    "scripts": "кillкill матар ",
    "alternating scripts": "kк",
    "gaps": "i took all the the the my ",
    "danger": "i took all my pills ",
    "negators": "no puedo no se no quiero no ",
    "fiction": "in the movie where the guy ",
    "commas": "no,no,no,",
    "ends of words": "ando endo ing ",
    "words of no language": " ".join(made_up(5, 9) for _ in range(1500)) + " ",
    "words of no language, long": " ".join(made_up(9, 14) for _ in range(1000)) + " ",
    "slips": slips_of_known_words(),
}
SHAPES = [pytest.param(unit, id=name) for name, unit in UNITS.items()]
CARDS = [pytest.param(card, id=card.id) for card in screener().deck.cards]


def of_length(unit: str, length: int) -> str:
    return (unit * (length // len(unit) + 1))[:length]


def frozen() -> float:
    return 0.0


@pytest.fixture(scope="module")
def patient() -> Screener:
    """A screener whose clock stands still, so that nothing but the text ends its work."""
    real = screener()
    scoper = Scoper(read_words(HERE / "scope.yml"), real.deck.compiler)
    return Screener(real.deck, scoper, real._spelling, Matcher(real.deck.cards), frozen)


@pytest.mark.parametrize("unit", SHAPES)
def test_reading_grows_no_faster_than_the_text(unit: str) -> None:
    """Four times the text may cost eight times the work; square growth would cost sixteen."""
    spelling = screener()._spelling

    def work(length: int) -> float:
        text = of_length(unit, length)

        def read() -> None:
            spelling.nearest.to.cache_clear()
            views_of(text, spelling)

        return seconds(read)

    assert work(16_384) <= 8 * work(4_096) + 0.005


@pytest.mark.parametrize("unit", SHAPES)
def test_screening_grows_no_faster_than_the_text(unit: str, patient: Screener) -> None:
    def work(length: int) -> float:
        text = of_length(unit, length)
        return seconds(lambda: patient.screen(text))

    assert work(LONGEST) <= 8 * work(LONGEST // 4) + 0.005


@pytest.mark.parametrize("unit", SHAPES)
def test_64_kib_of_anything_is_seen_by_a_person(unit: str) -> None:
    assessment = screener().screen(of_length(unit, KIB_64))
    assert assessment.level >= Level.URGENT
    assert assessment.not_screened is not None


@pytest.mark.parametrize("card", CARDS)
def test_what_almost_matches_a_card_is_no_harder(card: Card, patient: Screener) -> None:
    """The words that a pattern needs, over and over, torn out of their order."""
    needed = [each.strip() for group in card.patterns.values() for pattern in group for each in pattern.triggers]
    unit = " ".join(sorted(needed, key=lambda word: word[::-1])) + " the "
    half, whole = (of_length(unit, length) for length in (LONGEST // 2, LONGEST))
    assert seconds(lambda: patient.screen(whole)) <= 4 * seconds(lambda: patient.screen(half)) + 0.005
    assessment = screener().screen(of_length(unit, KIB_64))
    assert assessment.level >= Level.URGENT
    assert assessment.not_screened is not None
