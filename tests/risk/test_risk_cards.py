"""Every rule card passes its own tests, speaks both languages, and a faulty card is refused with every fault named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.risk import CardError, Level, build, load_cards, self_test
from gateway.risk.cards import CARDS, Card
from gateway.risk.matching import any_match
from gateway.risk.screening import screener
from gateway.risk.screening import test_card as faults_of
from gateway.risk.views import views_of

DECK = screener().deck
CARD_PARAMS = [pytest.param(card, id=card.id) for card in DECK.cards]

GOOD: dict[str, Any] = {
    "id": "kite.lost",
    "level": "routine",
    "category": "kite",
    "why_en": "Lost a kite.",
    "why_es": "Perdió un papalote.",
    "any": {"en": ["lost ~ kite"], "es": ["(perdi|se perdio) ~ papalote"]},
    "tests": {
        "fire": ["I lost my kite", "lost the red kite", "perdí mi papalote"],
        "silent": ["I found my kite", "kite", "hay papalotes"],
    },
}


def write_page(folder: Path, *cards: dict[str, Any]) -> Path:
    page = {"owner": "clinical lead", "reviewed": "2026-11-23", "cards": list(cards)}
    text = yaml.safe_dump(page, allow_unicode=True).replace("'2026-11-23'", "2026-11-23")
    (folder / "page.yml").write_text(text, encoding="utf-8")
    return folder


def changed(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**GOOD, **changes}.items() if value is not None}


@pytest.mark.parametrize("card", CARD_PARAMS)
def test_card_passes_its_own_tests(card: Card) -> None:
    assert faults_of(screener(), card) == []


@pytest.mark.parametrize("card", CARD_PARAMS)
def test_card_has_patterns_and_tests_in_both_languages(card: Card) -> None:
    assert card.patterns["en"]
    assert card.patterns["es"]
    for tests in (card.fire, card.silent):
        assert len(tests) >= 3
    fired = {
        language for language, patterns in card.patterns.items() for each in card.fire if _any(patterns, each.text)
    }
    assert {"en", "es"} <= fired, "its fire tests exercise one language only"


def _any(patterns: Any, text: str) -> bool:
    return any(any_match(patterns, view.text) for view in views_of(text, screener()._spelling))


def test_the_cards_cover_both_ends_of_the_guide() -> None:
    levels = [card.level for card in DECK.cards if not card.idiom]
    assert {Level.ROUTINE, Level.URGENT, Level.EMERGENCY} == set(levels)
    assert len(DECK.cards) >= 50


def test_self_test_is_clean_and_names_a_card_that_fails(tmp_path: Path) -> None:
    assert self_test() == []
    broken = changed(tests={**GOOD["tests"], "silent": ["I lost a kite today", "kite", "hola"]})
    failures = self_test(build(write_page(tmp_path, broken)))
    assert failures == ["kite.lost: 'I lost a kite today' should be silent, gave routine"]


def test_a_good_page_loads(tmp_path: Path) -> None:
    screener_of_page = build(write_page(tmp_path, GOOD))
    assert self_test(screener_of_page) == []
    assert screener_of_page.screen("i lost my kite").level is Level.ROUTINE


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tests": {"fire": ["I lost my kite"], "silent": GOOD["tests"]["silent"]}}, "at least 3 tests under 'fire'"),
        ({"tests": None}, "at least 3 tests under 'silent'"),
        ({"level": "911"}, "level '911' is not one of none, routine, urgent, emergency"),
        ({"level": "none"}, "must have a level of routine, urgent or emergency"),
        ({"why_es": None}, "'why_es' is missing"),
        ({"any": {"en": ["lost ~ kite"]}}, "has no pattern in 'es'"),
        ({"any": {"en": ["lost {KITE}"], "es": ["papalote"]}}, "there is no word class {KITE}"),
        ({"any": {"en": ["lost (kite"], "es": ["papalote"]}}, "bracket that it does not close"),
        ({"any": {"en": ["lost kite)"], "es": ["papalote"]}}, "stray ')'"),
        ({"any": {"en": ["[lost] ~2"], "es": ["papalote"]}}, "no word that must be there"),
        ({"any": {"en": ["lost ~30 kite"], "es": ["papalote"]}}, "a gap is at most 8 words"),
        ({"any": ["lost kite"]}, "'any' must hold patterns under 'en' and 'es'"),
        ({"keep": ["mood"]}, "not 'mood'"),
        ({"cancels": ["x"]}, "unknown key 'cancels'"),
        ({"raise": {"to": "urgent"}}, "'raise' must hold 'to'"),
        ({"reviewed": "soon"}, "'reviewed' must be a date"),
    ],
)
def test_a_faulty_card_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(CardError) as caught:
        load_cards(write_page(tmp_path, changed(**changes)))
    assert said in str(caught.value)
    assert "page.yml: kite.lost" in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    write_page(tmp_path, changed(level="loud"), changed(why_en=None), GOOD)
    (tmp_path / "torn.yml").write_text("cards: [", encoding="utf-8")
    (tmp_path / "bare.yml").write_text("- just a list", encoding="utf-8")
    with pytest.raises(CardError) as caught:
        load_cards(tmp_path)
    told = "\n".join(caught.value.faults)
    for part in ("level 'loud'", "'why_en' is missing", "torn.yml", "bare.yml"):
        assert part in told


def test_the_same_id_twice_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="holds no cards"):
        load_cards(tmp_path)
    with pytest.raises(CardError, match="stands on two cards"):
        load_cards(write_page(tmp_path, GOOD, GOOD))


def test_the_version_changes_with_the_cards(tmp_path: Path) -> None:
    first = load_cards(write_page(tmp_path, GOOD)).version
    second = load_cards(write_page(tmp_path, changed(level="urgent"))).version
    assert first != second
    assert load_cards().version == DECK.version


def test_every_page_of_cards_is_read() -> None:
    pages = sorted(CARDS.glob("*.yml"))
    written = sum(len(yaml.safe_load(page.read_text(encoding="utf-8"))["cards"]) for page in pages)
    assert written == len(DECK.cards)
