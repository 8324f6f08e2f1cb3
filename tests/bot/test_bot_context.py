"""What a message means under the question that is open: pure functions, no process."""

from __future__ import annotations

from typing import Any

import pytest

from bot.actions.privacy import asks_who_reads
from bot.actions.said import Known, Said
from bot.actions.screening import Step, advance, next_question
from bot.actions.unfinished import breaks_off
from bot.pipeline.facts import told
from bot.pipeline.plain import plain
from bot.pipeline.tongue import spoken

ASKED = Known("safety", introduced=True)


def step(known: Known, intent: str, text: str = "", **found: Any) -> Step:
    """One message."""
    return advance(known, Said(intent, text=text, **found))


@pytest.mark.parametrize(
    "text",
    [
        "no tengo", "No tengo.", "oiga, no tengo", "no puedo", "ya no tengo", "necesito", "i don't have", "i need",
        "i have no", "we cant find", "busco", "me urge",
    ],
)  # fmt: skip
def test_a_sentence_that_breaks_off_is_no_answer_to_the_safety_question(text: str) -> None:
    assert breaks_off(text)
    heard = step(ASKED, "deny", text)
    assert (heard.known, heard.next_question, heard.records, heard.accepted) == (ASKED, "safety", [], True)


@pytest.mark.parametrize("text", ["no", "no hay", "nadie", "nobody", "i dont", "no tengo comida", "i need food", "yes"])
def test_a_whole_answer_is_one(text: str) -> None:
    assert not breaks_off(text)


def test_no_tengo_under_the_place_question_is_no_place() -> None:
    asked = Known("place", "no", "self", ("food",), introduced=True)
    assert step(asked, "deny", "no tengo").known.place_asked == "skipped"


def test_the_sentence_goes_on_and_safety_is_still_asked() -> None:
    first = step(ASKED, "deny", "no tengo")
    then = step(first.known, "need_shelter", "donde dormir hoy con mis niños", needs=("shelter",))
    assert (then.known.safety, then.known.needs, then.next_question) == (None, ("shelter",), "safety")


@pytest.mark.parametrize(
    ("known", "question"),
    [
        (Known(safety="no", needs=("dispute",)), "mediation_ok"),
        (Known(safety="no", needs=("dispute",), mediation_ok="yes"), "place"),
        (Known(safety="no", needs=("dispute",), mediation_ok="yes", zip="94110"), "text_ok"),
        (Known(safety="no", needs=("dispute",), mediation_ok="no"), None),
        (Known(safety="no", for_whom="self", needs=("food", "dispute"), mediation_ok="no"), "place"),
        (Known(safety="no", for_whom="self", needs=("food", "dispute")), "mediation_ok"),
        (Known(safety="no", needs=("welfare_check",)), "spot"),
        (Known(safety="no", needs=("welfare_check",), place="Main"), "team_ok"),
    ],
)
def test_consent_comes_before_the_zip_of_a_mediator(known: Known, question: str | None) -> None:
    assert next_question(known) == question


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("food in 94110 please, we speak spanish", "es"), ("i only speak spanish and need a doctor", "es"),
        ("solo hablo español y necesito comida", "es"), ("no hablo inglés, busco albergue", "es"),
        ("i dont speak english i need diapers", "es"), ("spanish 94110", "es"), ("en español, 94110", "es"),
        ("necesito renta, english please", "en"), ("a lawyer who speaks spanish", None),
        ("un doctor que hable español", None), ("english classes in 94110", None), ("mi mamá no habla inglés", None),
        ("i need food", None),
    ],
)  # fmt: skip
def test_what_the_writer_speaks_is_told_from_what_others_speak(text: str, language: str | None) -> None:
    assert spoken(plain(text)) == language


@pytest.mark.parametrize(
    "text",
    [
        "who reads this", "will you tell the police", "is this confidential", "can my landlord see this",
        "quién lee esto", "le avisan a inmigración", "es confidencial", "mi jefe puede enterarse de esto?",
        "le van a pasar mis datos a la migra", "venden mis datos?",
    ],
)  # fmt: skip
def test_who_reads_along_is_another_question_than_why(text: str) -> None:
    assert asks_who_reads(text)


@pytest.mark.parametrize(
    "text",
    ["why do you ask", "what for", "why my zip", "para qué quiere mi zip", "por qué pregunta", "do i have to answer"],
)
def test_why_is_not_who(text: str) -> None:
    assert not asks_who_reads(text)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("i need a ride in 2 days", "in_days"), ("need rent by friday", "friday"), ("i have court friday", "friday"),
        ("lost my job n rent is due the 1st", "date"), ("i need a safe place right now", "now"),
        ("los lunes", "monday"),
        ("a las 2 tengo cita", "hour"), ("me sacan a fin de mes", "month"), ("nace en mayo", "month_named"),
        ("need a bed tn", "tonight"), ("im hungry rn", "now"), ("mañana", "tomorrow"), ("sat is fine", "saturday"),
    ],
)  # fmt: skip
def test_a_time_when_help_is_wanted_is_told(text: str, when: str) -> None:
    assert told(text)["when"] == when


@pytest.mark.parametrize(
    "text",
    [
        "he sat down and cant get up", "havent eaten in 2 days", "nadie lo ha visto en 3 dias", "c'mon man",
        "last call was thursday sounding weird", "not heard from him since he got out the hospital tues",
        "morning 👋", "ran out of food tuesday", "no hay peligro ahorita", "las 2 niñas tienen hambre",
        "perdí a mi señora en enero", "no llego a fin de mes", "cada lunes voy", "im an rn", "abierto las 24 horas",
        "toda la mañana llamando", "nobody is hurt right now", "im at 24 and mission",
    ],
)  # fmt: skip
def test_what_is_over_and_what_is_no_time_are_left_alone(text: str) -> None:
    assert "when" not in told(text)


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("mi bebe tiene un año", "1"), ("mi niña de un añito", "1"), ("tengo dos, una de 8 y otro de 10", "8,10"),
        ("hijos de 3 y de 5", "3,5"), ("edad 66", "66"), ("un señor como de 60", "60"), ("tengo 17", "17"),
        ("my son 14 needs shoes", "14"), ("bebe de 2 meses sin leche", "0"), ("mis hijos 9, 12 y 15", "9,12,15"),
    ],
)  # fmt: skip
def test_ages_are_read_as_residents_write_them(text: str, ages: str) -> None:
    assert told(text)["ages"] == ages


@pytest.mark.parametrize(
    "text",
    [
        "son como 10 agujas regadas", "solo dejan una bolsa y tengo cuatro", "tengo 20 para gasolina",
        "mi vecino tiene 3 dias sin salir", "zapatos de niño 13", "soy inquilina de 15 años", "la guagua 14 no pasa",
        "con mis niños 2", "tengo 3 hijos", "son 3",
    ],
)  # fmt: skip
def test_a_number_of_something_else_is_no_age(text: str) -> None:
    assert "ages" not in told(text)


def test_children_counted_behind_their_name_are_people() -> None:
    assert told("no tengo donde dormir hoy con mis niños 2") == {"people": "2", "when": "today"}
