"""Every text of every source is readable, kind and in usted, promises nothing, or stands in the list below, and why."""

import re

import pytest

from tests.texts import wording
from tests.texts.wording import Text
from tools.all_texts import all_texts

BOTH_ON_PURPOSE = "in both languages on purpose: it is for those whose language is not known"
# text and check: why the text stays as it is. A line that is not needed any more must go.
EXCEPTIONS = {
    ("gateway.ask_language.en", "in_another_language"): BOTH_ON_PURPOSE,
    ("gateway.ask_language.es", "in_another_language"): BOTH_ON_PURPOSE,
    ("gateway.language_switched.en", "in_another_language"): BOTH_ON_PURPOSE,
    ("gateway.language_switched.es", "in_another_language"): BOTH_ON_PURPOSE,
    ("directory.say_language.es", "in_another_language"): "the words to say at the phone are English",
    ("town.wording.es", "in_another_language"): "a proper name",
}

TEXTS = tuple(wording.every_text())
PAIRS = tuple(all_texts())


@pytest.mark.parametrize("text", TEXTS, ids=[text.key for text in TEXTS])
def test_a_text_is_as_texts_must_be(text: Text) -> None:
    found = dict(wording.faults(text))
    allowed = {check for key, check in EXCEPTIONS if key == text.key}
    assert {check: fault for check, fault in found.items() if check not in allowed} == {}, text.words
    assert allowed <= set(found), f"no exception is needed any more: {allowed - set(found)}"


def test_exceptions_are_about_texts_that_there_are() -> None:
    assert {key for key, _ in EXCEPTIONS} <= {text.key for text in TEXTS}


def numbers(words: str) -> set[str]:
    """What may be dialled."""
    return set(re.findall(r"\d[\d-]{2,}", words))


@pytest.mark.parametrize("pair", PAIRS, ids=[pair.key for pair in PAIRS])
def test_both_languages_name_the_same_numbers(pair: object) -> None:
    assert numbers(pair.wording["en"]) == numbers(pair.wording["es"]), pair.wording


def text(words: str, language: str = "es", source: str = "bot", name: str = "utter_x") -> Text:
    return Text(source, name, language, words)


SEEN = {
    "to_a_friend": text("Puedes escribirnos cuando quieras por la mañana."),
    "unkind": text("We help homeless people in this town every day.", "en"),
    "promises": text("Everything you write here is confidential with us.", "en"),
    "asks_why": text("Tell us why you did not go to that place.", "en"),
    "in_another_language": text("Tell us what you need today and where you are.", "es"),
    "too_hard": text(
        "Notwithstanding prior administrative determinations, applicants demonstrating eligibility receive assistance.",
        "en",
    ),
    "too_long": text("Diga qué necesita. " * 20),
    "several_questions": text("¿Qué necesita? ¿Está en un lugar seguro?"),
}


@pytest.mark.parametrize("check", SEEN)
def test_each_check_sees_what_it_is_there_for(check: str) -> None:
    assert check in dict(wording.faults(SEEN[check]))


def test_every_check_is_tried() -> None:
    assert set(SEEN) == {check.__name__ for check in (*wording.EVERYWHERE, *wording.OF_MESSAGES, *wording.OF_THE_BOT)}


def test_the_spanish_formula_counts_as_by_hand() -> None:
    # cua-tro pa-la-bras muy co-mu-nes: 9 syllables, 4 words, 1 sentence
    assert wording.szigriszt("Cuatro palabras muy comunes.") == pytest.approx(206.835 - 62.3 * 9 / 4 - 4)
    hard = "Las administraciones correspondientes determinarán oportunamente las prestaciones económicas."
    assert wording.too_hard(text(hard)) is not None


@pytest.mark.parametrize(
    "wrong", ["Puedes escribirnos", "Responde 9", "¿Qué necesitas?", "Te ayudamos", "dinos tu ZIP", "Busca ayuda aquí"]
)
def test_the_check_for_usted_would_notice(wrong: str) -> None:
    assert wording.to_a_friend(text(wrong))


def test_who_is_told_of_is_not_spoken_to() -> None:
    assert wording.to_a_friend(text("Soy una computadora que busca ayuda local.")) is None


def test_a_label_is_not_measured_but_a_sentence_on_the_page_is() -> None:
    assert wording.too_hard not in wording.checks_of(text("Salir rápido", source="widget"))
    assert wording.too_hard in wording.checks_of(text("Hola. Escríbanos aquí. Gracias.", source="widget"))
    assert wording.too_long in wording.checks_of(text("Hola.", source="gateway"))
