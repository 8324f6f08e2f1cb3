"""What residents say after danger: words that take it back, and answers to the check question."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.risk import CardError, check_answer, retraction
from gateway.risk.check_answer import sayings as check_sayings
from gateway.risk.retraction import sayings as retraction_sayings
from gateway.risk.sayings import read_sayings

TAKEN_BACK = {
    "joke": (
        *("jk", "JKKKK", "j/k lol", "just kidding!!", "i'm joking", "lol it was a joke", "i want to die jk"),
        *("es broma", "Era broma jaja", "ke es broma", "estoy bromeando", "no lo dije en serio", "fue un chiste"),
    ),
    "false_alarm": (
        *("false alarm, she woke up", "sorry texted that by mistake", "she is ok now", "my kid had my phone"),
        *("falsa alarma", "me equivoqué de número", "ya está bien", "no fue nada grave", "mi hija agarró mi celular"),
    ),
    "found": (
        *("found him!", "we found my son", "he has been found", "she came home safe"),
        *("ya apareció", "ya lo encontramos", "la encontré", "encontramos a mi abuelo", "mi hijo ya volvió"),
    ),
    "never_mind": (
        *("never mind", "nvm", "forget it", "i dont need help anymore", "i didn't mean it"),
        *("olvídelo", "Olvidalo", "no importa", "ya no necesito ayuda", "no me haga caso"),
    ),
}
NOT_TAKEN_BACK = (
    *("not a joke", "no es broma", "I'm not kidding", "he said it was a joke", "he says he was just kidding"),
    *("you think im joking?", "not a false alarm", "no es una falsa alarma", "she is not ok now", "no todo está bien"),
    *("she stopped breathing again", "she is breathing now but slow", "dejó de respirar", "ya está bien pero sangra"),
    *("haven't found him", "still cant find her", "no lo encontramos", "todavía no aparece", "if we found him"),
    # Found, and worse than lost.
    *("found her unconscious", "we found him not breathing", "lo encontré tirado", "la encontré con pastillas"),
    # Somebody who hurts them is back, or found them.
    *("he came back with a gun", "he is home", "my ex found me", "mi esposo ya volvió borracho"),
    *("ya regresó y está gritando", "no ha regresado"),
    *("i can never forget it", "mi vida no importa", "no importa nada", "they always ignore me", "nothing matters"),
    *("hello", "need food", "necesito comida", "thanks", "gracias", "found a shelter", "ya llegó la policía", ""),
)  # fmt: skip

ANSWERS = {
    "safe": (
        *("1", "1.", "Yes", "YES!", "yeah", "yes i am", "yes, thanks", "i'm safe", "im ok", "1 yes"),
        *("si", "Sí", "sí, gracias", "SI SEÑORA", "estoy bien", "estoy a salvo", "Sí, estoy bien.", "uno"),
    ),
    "unsafe": (
        *("2", "2)", "No", "nope", "not really", "No, I'm not", "i am not safe", "not safe here", "HELP"),
        *("dos", "NO.", "no estoy a salvo", "no me siento segura", "si no estoy segura", "Ayuda", "no estoy bien"),
        # Whoever is not sure is not safe.
        *("not sure", "idk", "maybe", "no sé", "más o menos", "no estoy seguro"),
        *(
            "I'm not sure if I'm safe",
            "idk if we are safe",
            "no estoy segura si estoy a salvo",
            "no se si estoy segura",
        ),
        *("no estoy segura de eso", "no estoy seguro de estar a salvo", "no estoy segura de mi situación"),
    ),
    "person": (
        *("3", "3!", "a person", "I want a person", "can i talk to someone", "no. i want a person"),
        *("tres", "una persona", "quiero hablar con alguien", "Persona por favor"),
    ),
    None: (
        *("need food", "94110", "21", "2 personas", "3 kids", "1 no", "ok", "no im fine", "are you a bot?", ""),
        *("no quiero hablar con una persona", "i dont want to talk to a person", "necesito comida", "1 baby"),
        # Unsure of something else than of their safety.
        *("no estoy seguro de donde ir", "no estoy segura de que hacer", "No estoy seguro de a dónde ir"),
        *("no estoy segura de cual es mi zip", "no estoy seguro de la dirección", "no estoy seguro si puedo ir"),
        *("not sure where to go", "not sure about the zip", "im not sure if i qualify"),
    ),
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in TAKEN_BACK.items() for text in texts])
def test_words_that_take_it_back_are_heard(kind: str, text: str) -> None:
    assert retraction(text) == kind


@pytest.mark.parametrize("text", NOT_TAKEN_BACK)
def test_words_that_only_look_like_it_are_not(text: str) -> None:
    assert retraction(text) is None


@pytest.mark.parametrize(("meaning", "text"), [(kind, text) for kind, texts in ANSWERS.items() for text in texts])
def test_answers_to_the_check_question(meaning: str | None, text: str) -> None:
    assert check_answer(text) == meaning


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_them(text: str) -> None:
    assert retraction(text) in {None, *retraction_sayings().kinds}
    assert check_answer(text) in {None, *check_sayings().kinds}


def test_hostile_length_costs_no_more_than_a_long_message() -> None:
    assert retraction("no es broma " * 6000) is None
    assert check_answer("yes no " * 10_000) is None


def test_the_worse_of_two_meanings_stands_first() -> None:
    assert check_sayings().kinds == ("unsafe", "person", "safe")


def test_words_that_cannot_be_read_say_so() -> None:
    with pytest.raises(CardError):
        read_sayings("no_such_file.yml")


@pytest.mark.parametrize("written", ["joke: {any: {en: [jk]}}", "joke: {any: {en: ['(jk'], es: []}}"])
def test_words_in_one_language_or_with_a_fault_do_not_load(tmp_path: Path, written: str) -> None:
    (tmp_path / "words.yml").write_text(written)
    with pytest.raises(CardError, match=r"words\.yml"):
        read_sayings("words.yml", tmp_path)
