"""Where the words of a place begin and end, and how words are spelled for the sentence vectors. No model."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.pipeline.places import place
from bot.pipeline.plain import plain
from bot.pipeline.spelling import accents, spelled
from bot.pipeline.spots import BESIDE, whole
from tools.nlu_rows import MARKED

ROWS = Path(__file__).resolve().parents[2] / "bot" / "data" / "rows"
SHORT_WORDS = ROWS.parents[1] / "pipeline" / "short_words.txt"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("by the tool shed on Pine", "the tool shed on Pine"),
        ("near Vine and Selma", "Vine and Selma"),
        ("in front of the old mill", "the old mill"),
        ("outside the feed store", "the feed store"),
        ("right behind the Ace Hardware", "the Ace Hardware"),
        ("corner of Oak and 12th", "Oak and 12th"),
        ("cerca de la fuente de sodas", "la fuente de sodas"),
        ("cerca del zócalo", "zócalo"),
        ("por la Atlantic", "la Atlantic"),
        ("aqui por la Bandini", "la Bandini"),
        ("enfrente del Cardenas", "Cardenas"),
        ("la esquina de Soto y Cuarta", "Soto y Cuarta"),
        ("afuera de la panadería", "la panadería"),
        ("a la vuelta del correo", "correo"),
        ("Portales", "Portales"),
    ],
)
def test_words_that_lead_to_a_place_are_no_part_of_it(told: str, words: str) -> None:
    assert place(f"need help {told}", [told]) == words


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("Delta and Main please", "Delta and Main"),
        ("the fairgrounds right now", "the fairgrounds"),
        ("Hemlock st thx", "Hemlock st"),
        ("la Olvera ahorita", "la Olvera"),
        ("la Olvera ahorita mismo porfavor", "la Olvera"),
        ("Lynwood mejor", "Lynwood"),
        ("la estación sola", "la estación"),
        ("Duarte instead", "Duarte"),
    ],
)
def test_words_that_the_message_goes_on_with_are_no_part_of_a_place(told: str, words: str) -> None:
    assert place(f"food by {told}", [told]) == words


@pytest.mark.parametrize(
    ("text", "found", "words"),
    [
        ("im at the truck stop in Ripon", "Ripon", "truck stop in Ripon"),
        ("he sleeps behind the target on Olive", "Olive", "target on Olive"),
        ("estoy en el metro de la Willow", "Willow", "el metro de la Willow"),
        ("ando en la salida de Colton", "Colton", "la salida de Colton"),
        ("we are in Bowie, md", "Bowie", "Bowie, md"),
        ("tent off the ramp by exit 40", "the ramp", "the ramp by exit 40"),
        ("needles at 9th n Bryant", "9th", "9th n Bryant"),
        ("en la calle 18 con Dolores", "la calle 18", "la calle 18 con Dolores"),
        ("vivo en la Harbor en Fontana", "Fontana", "la Harbor en Fontana"),
        ("vivo en la calle en Fontana", "Fontana", "Fontana"),
        # The place that is asked for is not the place where the writer is:
        ("is there a library in Tracy", "Tracy", "Tracy"),
        ("clinica de la mision", "la mision", "la mision"),
        ("at 9th and need food", "9th", "9th"),
        ("el hospital va a cerrar", "el hospital", "el hospital"),
    ],
)
def test_a_place_is_as_long_as_it_was_written(text: str, found: str, words: str) -> None:
    assert whole(text, found) == words


@pytest.mark.parametrize("told", ["the 8th", "5am", "christmas day", "la", "18 y 20", "martes", "behind my house"])
def test_days_hours_and_words_that_only_point_are_no_places(told: str) -> None:
    assert place(f"help {told}", [told]) is None


def test_a_crossing_in_spanish_is_seen_without_a_word_before_it() -> None:
    assert place("mi carpa esta sobre Capp con la 21") == "Capp con la 21"
    assert place("tengo cita con la 2") is None


def test_no_marked_place_begins_with_a_word_that_leads_to_it() -> None:
    """The rows agree about where a place begins, or the tagger cannot learn it."""
    leads = re.compile(rf"(?:{BESIDE}|at|on|in) ")
    marked = [(path.stem, name) for path in sorted(ROWS.glob("*.yml")) for name in MARKED.findall(path.read_text())]
    assert len(marked) > 1400
    assert [(stem, name) for stem, name in marked if leads.match(plain(name) + " ") and " " in name] == []


def test_accents_are_put_back_and_short_forms_written_out() -> None:
    known = accents(["un médico, por favor", "Médico ya", "el medico no vino", "está", "esta casa", "el niño", "esta"])
    assert known == {"medico": "médico"}
    assert spelled("Xq no hay MEDICO? tngo 2", known) == "por qué no hay médico? tengo 2"
    assert spelled("u got food n beds", {}) == "you got food and beds"
    assert spelled("médico", {"medico": "médico"}) == "médico"


def test_every_short_form_is_one_bare_word_that_stands_once() -> None:
    lines = SHORT_WORDS.read_text(encoding="utf-8").splitlines()
    short = [line.partition(" ")[0] for line in lines]
    assert short == sorted(set(short))
    assert all(re.fullmatch(r"[a-z0-9]+", word) for word in short)
    assert all(line.partition(" ")[2] for line in lines)
