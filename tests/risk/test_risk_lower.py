"""What makes a match less grave: `lower` in a rule card."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.risk.cards import CardError, load_cards
from gateway.risk.level import Level
from gateway.risk.screening import Screener, assemble, screen

BURNING: dict[str, Any] = {
    "id": "kite.burning",
    "level": "emergency",
    "category": "kite",
    "why_en": "A kite is on fire.",
    "why_es": "Un papalote se quema.",
    "any": {"en": ["kite ~ burned"], "es": ["se quemo ~ papalote"]},
    "lower": {"to": "urgent", "with": ["{DAYS_AGO}"], "without": ["{UNDER_WAY}"]},
    "tests": {
        "fire": ["my kite burned", "se quemó mi papalote", "our kite burned"],
        "silent": ["my kite is red", "i burned my toast", "el papalote baja"],
    },
}
FAR = "and i have to say that it was a very long and quiet and pleasant afternoon"


def folder_with(folder: Path, **changed: Any) -> Path:
    page = {"owner": "clinical lead", "reviewed": "2026-11-23", "cards": [{**BURNING, **changed}]}
    text = yaml.safe_dump(page, allow_unicode=True).replace("'2026-11-23'", "2026-11-23")
    (folder / "kites.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def kites(tmp_path: Path) -> Screener:
    return assemble(load_cards(folder_with(tmp_path)))


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("my kite burned", Level.EMERGENCY),
        ("my kite burned last week", Level.URGENT),
        ("on monday my kite burned", Level.URGENT),
        ("se quemó mi papalote la semana pasada", Level.URGENT),
        ("hace tres días se quemó mi papalote", Level.URGENT),
        ("my kite burned last night", Level.EMERGENCY),
        ("anoche se quemó mi papalote", Level.EMERGENCY),
        ("my kite burned last week and right now the next one", Level.EMERGENCY),
        ("se quemó mi papalote el lunes, ayúdenme", Level.EMERGENCY),
        (f"last week was fine {FAR} my kite burned", Level.EMERGENCY),
        (f"last week my kite burned {FAR} and then my other kite burned", Level.EMERGENCY),
    ],
)
def test_words_beside_a_match_lower_it(kites: Screener, text: str, level: Level) -> None:
    assert kites.screen(text).level is level


def test_a_lowered_finding_says_so(kites: Screener) -> None:
    (finding,) = kites.screen("my kite burned last week").findings
    assert finding.notes == ("lowered to urgent",)
    assert finding.words == "kite burned"
    assert kites.screen("my kite burned").findings[0].notes == ()


def test_a_card_is_never_raised_by_lower(tmp_path: Path) -> None:
    calm = folder_with(tmp_path, level="routine", lower={"to": "urgent", "with": ["last week"]})
    assert assemble(load_cards(calm)).screen("my kite burned last week").level is Level.ROUTINE


def test_spelling_is_not_repaired_towards_what_plays_a_match_down(tmp_path: Path) -> None:
    page = folder_with(tmp_path, lower={"to": "urgent", "with": ["zeppelinish"]})
    assert "zeppelinish" not in load_cards(page).compiler.vocabulary


@pytest.mark.parametrize(
    "wrong", ["urgent", {"to": "urgent"}, {"with": ["week"]}, {"to": "urgent", "with": [], "x": 1}]
)
def test_a_card_that_does_not_say_what_lowers_it_is_refused(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(CardError, match="'lower' must hold"):
        load_cards(folder_with(tmp_path, lower=wrong))


def test_a_level_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="level 'calm'"):
        load_cards(folder_with(tmp_path, lower={"to": "calm", "with": ["week"]}))


@pytest.mark.parametrize(
    ("text", "context", "level"),
    [
        ("hay un señor tirado en la calle, anda borracho", (), Level.URGENT),
        ("there is a drunk man lying on the sidewalk", (), Level.URGENT),
        ("¿quién le ayuda?", ("hay un borracho tirado en la banqueta",), Level.URGENT),
        ("hay un borracho tirado en la calle y mi esposo me está pegando", (), Level.EMERGENCY),
        ("a drunk man is lying by my door and i just took all my pills", (), Level.EMERGENCY),
        ("un señor borracho tirado en la banqueta echando espuma", (), Level.EMERGENCY),
        ("actually no, its for me too", (), Level.NONE),
        ("no perdón, es para los dos", (), Level.NONE),
    ],
)
def test_the_net_reads_only_what_no_card_has_settled(text: str, context: tuple[str, ...], level: Level) -> None:
    assert screen(text, context).level is level
