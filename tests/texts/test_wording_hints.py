"""Hints for whoever writes to a resident."""

import pytest
import textstat

from gateway.wording_hints import Hint, grade, hints, sentences, szigriszt

HARD_EN = (
    "We will evaluate your eligibility for supplemental nutritional assistance programs administered by the county."
)
HARD_ES = (
    "Evaluaremos su elegibilidad para programas complementarios de asistencia nutricional administrados por la "
    "correspondiente institución municipal."
)


@pytest.mark.parametrize(
    ("text", "language", "word", "instead"),
    [
        ("My client is an addict.", "en", "addict", "a person who uses drugs"),
        ("She committed suicide.", "en", "committed suicide", "died by suicide; thinks of suicide"),
        ("Have you been clean?", "en", "been clean", "not using drugs"),
        ("He REFUSED help.", "en", "REFUSED", "said no"),
        ("Ella es adicta.", "es", "adicta", "una persona que usa drogas"),
        ("Se suicidó ayer.", "es", "Se suicidó", "murió por suicidio; piensa en el suicidio"),
    ],
)
def test_a_word_that_puts_people_down_is_named(text: str, language: str, word: str, instead: str) -> None:
    assert hints(text, language) == [Hint("word", word, instead)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("There are clean clothes and showers at the door on Mission Street.", "en"),
        ("Where are you now? A street is enough.", "en"),
        ("El lugar está abierto hoy. Puede entrar sin cita, y hay ropa limpia.", "es"),
        ("Él llama y busca. ¿Cómo se llama usted?", "es"),
        ("ok", "es"),
        ("", None),
    ],
)
def test_plain_words_get_no_hint(text: str, language: str | None) -> None:
    assert hints(text, language) == []


def test_each_listed_word_is_named_once() -> None:
    assert [each.kind for each in hints("An addict, an addict and an addict.", "en")] == ["word"]


@pytest.mark.parametrize(("text", "language"), [(HARD_EN, "en"), (HARD_ES, "es")])
def test_what_is_hard_to_read_is_said(text: str, language: str) -> None:
    assert hints(text, language) == [Hint("hard")]


def test_usted_and_the_language_are_minded() -> None:
    assert hints("¿Puedes decirme dónde estás ahora?", "es") == [Hint("formal", "Puedes", "usted")]
    assert hints("Where are you now, please?", "es") == [Hint("language", "en", "es")]
    assert hints("Where are you now, please?", None) == []


@pytest.mark.parametrize(
    "text",
    [
        "Where are you now? A street, a corner or a ZIP code is enough.",
        "Please come tomorrow. The place closes early, so leave home in the morning. They liked what you asked for.",
        HARD_EN,
    ],
)
def test_the_own_counter_is_near_the_field_s(text: str) -> None:
    assert grade(text) == pytest.approx(textstat.flesch_kincaid_grade(sentences(text)), abs=1.0)


def test_no_words_are_not_hard() -> None:
    assert (grade("…"), szigriszt("…")) == (0.0, 100.0)
