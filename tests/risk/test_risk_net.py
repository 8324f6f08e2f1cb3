"""The net under the rules: it raises and never lowers, says why, and still finds what nobody tuned for."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.risk import CardError, Level, screening
from gateway.risk.linear import features, plain
from gateway.risk.net import LEVELS, STRONGEST, WEIGHTS, Net, net
from gateway.risk.raising import UNCLEAR, raised
from gateway.risk.screening import Screener, assemble, screen
from tools.net import WRITTEN_AS, Row, all_rows, fingerprint, read_rows, same

pytestmark = pytest.mark.slow

HELD_BACK = sorted(Path(__file__).parent.glob("held_back*/*.tsv"))
# What the cards do not know and the examples do: no row of the net holds these words.
OBLIQUE = [
    ("she went purple in the tub and i cant get her to answer", Level.URGENT),
    ("ya regale a mi perro y deje las llaves, hoy descanso para siempre", Level.URGENT),
]


@pytest.fixture(scope="module")
def held_back() -> list[tuple[str, Row]]:
    return [(path.stem, row) for path in HELD_BACK for row in read_rows(path)]


def share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def test_the_weights_are_made_of_these_rows() -> None:
    assert net().version == fingerprint(), "run `make net`"


def test_no_row_that_was_held_back_was_learned(held_back: list[tuple[str, Row]]) -> None:
    assert not {same(row.whole) for row in all_rows()} & {same(row.whole) for _, row in held_back}
    assert same("agent. Agent!! agent") == same("AGENT")


@pytest.mark.parametrize("language", ["en", "es"])
def test_danger_that_nobody_tuned_for_is_found(language: str, held_back: list[tuple[str, Row]]) -> None:
    """Floors a little under what was measured, so that a change which loses recall is seen; see docs/screening.md."""
    rows = [(row, screen(row.text, row.earlier).level) for name, row in held_back if name == language]
    danger = [level >= Level.URGENT for row, level in rows if row.level >= Level.URGENT]
    gravest = [level >= Level.URGENT for row, level in rows if row.level is Level.EMERGENCY]
    harmless = [level >= Level.URGENT for row, level in rows if max(row.accepted) <= Level.ROUTINE]
    everyday = [
        screen(row.text).level >= Level.URGENT
        for name, row in held_back
        if name == language and row.functionality in {"ordinary", "gratitude_chitchat"} and row.level is Level.NONE
    ]
    assert share(danger) >= FLOORS["danger"]
    assert share(gravest) >= FLOORS["emergency"]
    assert share(harmless) <= FLOORS["false_alarms"]
    assert share(everyday) <= FLOORS["everyday"]


FLOORS = {"danger": 0.93, "emergency": 0.94, "false_alarms": 0.08, "everyday": 0.04}


@pytest.mark.parametrize(("text", "least"), OBLIQUE)
def test_what_no_card_knows_is_raised_with_a_reason(text: str, least: Level) -> None:
    found = screen(text)
    assert found.level >= least
    first = found.findings[0]
    assert first.card_id.startswith("net.")
    assert first.words in text
    assert any(note.startswith("speaks for it") for note in first.notes)


@given(text=st.text(max_size=200))
def test_it_never_lowers(cards_only: Screener, text: str) -> None:
    alone = cards_only.screen(text)
    both = screening.screener().screen(text)
    assert both.level >= alone.level
    assert {each.card_id for each in alone.findings if not each.earlier} <= {each.card_id for each in both.findings}


@pytest.fixture(scope="module")
def cards_only() -> Screener:
    return assemble(screening.screener().deck)


@given(text=st.text(max_size=300))
def test_chances_add_up_and_the_same_text_gets_the_same_opinion(another: Net, text: str) -> None:
    opinion = net().judge(text)
    assert sum(opinion.chances.values()) == pytest.approx(1.0)
    assert opinion == another.judge(text)


@pytest.fixture(scope="module")
def another() -> Net:
    net()  # the one that is shared is read here, too, and not while an example is timed
    return Net()


def test_a_text_without_a_letter_is_nothing() -> None:
    for text in ("", " ", "...", "🙂", "\x00", "94110"):
        assert net().judge(text).level <= Level.ROUTINE, text


def test_accents_capitals_and_repeats_are_read_alike() -> None:
    assert plain("¡AYÚDENME!") == " ! ayudenme ! "
    assert plain("pleeeease   help") == " pleease help "
    letters, words = features(plain("me quiero morir"))
    assert {"ero m", " me"} <= set(letters)
    assert {"=me quiero", "=quiero morir"} <= set(words)


def test_what_was_said_before_does_not_alarm_again() -> None:
    before, after = OBLIQUE[0][0], "ok thanks"
    assert screen(before).level >= Level.URGENT
    found = raised(net(), after, [before], Level.NONE)
    assert not [each for each in found if not each.earlier]


def test_a_denial_that_a_rule_has_read_needs_all_but_certainty() -> None:
    assert screen("i'm not suicidal, i just need a bus pass").level <= Level.ROUTINE


def damaged(member: str, change: Callable[[bytes], bytes]) -> bytes:
    """The shipped archive with one member changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(WEIGHTS) as whole, zipfile.ZipFile(made, "w") as copy:
        for name in whole.namelist():
            raw = whole.read(name)
            copy.writestr(name, change(raw) if name == member else raw)
    return made.getvalue()


def about(change: Callable[[dict[str, Any]], object]) -> bytes:
    """The shipped archive with its description changed."""

    def changed(raw: bytes) -> bytes:
        said = json.loads(raw)
        change(said)
        return json.dumps(said).encode()

    return damaged("about.json", changed)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: b"PK no archive",
        lambda: WEIGHTS.read_bytes()[: WEIGHTS.stat().st_size // 2],
        lambda: WEIGHTS.read_bytes()[:9000] + bytes(400) + WEIGHTS.read_bytes()[9400:],
        lambda: damaged("rarity.f32", lambda raw: raw[:-4]),
        lambda: damaged("weights.i8", lambda raw: raw[: len(raw) // 2]),
        lambda: about(lambda said: said["classes"].pop()),
        lambda: about(lambda said: said["limits"].pop("urgent")),
        lambda: about(lambda said: said["bias"].__setitem__(0, float("nan"))),
        lambda: about(lambda said: said.pop("scale")),
    ],
)
def test_weights_that_cannot_be_used_refuse_the_start(
    broken: Callable[[], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "weights.zip"
    path.write_bytes(broken())
    monkeypatch.setattr(screening, "net", lambda: Net(path))
    with pytest.raises(CardError, match="the net's weights cannot be read"):
        assemble(screening.screener().deck, with_net=True)


def test_written_levels_are_ours() -> None:
    assert set(WRITTEN_AS.values()) == set(LEVELS)


def test_the_reasons_are_words_of_the_text_that_speak_for_the_level() -> None:
    text = OBLIQUE[0][0]
    reasons = net().strongest(text, net().judge(text))
    assert 0 < len(reasons) <= STRONGEST
    assert all(f" {each} " in plain(text) for each in reasons)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("hay un señor tirado en la banqueta hablando solo no se si esta bien", UNCLEAR),
        ("there is a man lying on the sidewalk talking to himself", UNCLEAR),
        ("he wont let me leave the house", "partner_violence"),
        ("a kid is alone in a car and its hot", "child"),
    ],
)
def test_what_it_is_about_is_said_where_that_is_clear(text: str, category: str) -> None:
    """Or a man on the sidewalk is answered with a line for children."""
    found = raised(net(), text, [], Level.NONE)
    assert [each.category for each in found] == [category]
    assert found[0].level >= Level.URGENT
