"""A wish for no more texts is read in whole sentences of both languages, and in nothing that only looks like one."""

from pathlib import Path

import pytest

from gateway import keywords
from gateway.phrases import asks_to_stop, read_phrases
from gateway.risk import CardError

ENGLISH = [
    "stop texting me",
    "Please stop texting me.",
    "don't text me anymore",
    "Do not contact me again",
    "take me off your list",
    "please stop messaging me",
    "no more texts",
    "leave me alone stop texting",
    "remove my number",
    "unsubscribe me please",
    "i dont want these messages",
    "stop sending me messages",
    "quit texting me",
    "please remove me from this list",
    "i dont want to get texts from you",
    "lose my number",
    "stop bothering me",
    "never text me again",
    "I already told you to stop texting me",
    "i told you, stop texting me",
    "quit messaging this phone",
    "take my number out of your system",
    "i do not want more texts from you",
    "stop sending these",
    "please dont contact me anymore",
    "wrong number stop texting me",
    "Hi, wrong number. Please don't text me again, thanks",
    "can you please stop texting me",
    "How do I stop these texts?",
    "i want to opt out",
    "please stop",
    "stop txting me plz",
    "stop texting me, my husband reads my phone",
    "STOP TEXTING ME ASSHOLE",
    "i dont want you to text me",
    "I want to stop receiving messages",
    "stop all messages",
    "leave my phone alone",
    "enough with the texts",
    "you can stop messaging now",
    "discontinue messaging this phone",
    "quit messagin me damn",
    "how do i turn these texts off",
]
SPANISH = [
    "ya no me manden mensajes",
    "Ya no me escriban por favor",
    "no me escriban más",
    "dejen de mandarme mensajes",
    "quítenme de su lista",
    "no quiero más mensajes",
    "borren mi número",
    "déjenme en paz, ya no escriban",
    "no me contacten",
    "ya no me textee",
    "no quiero recibir mensajes",
    "dejen de molestarme",
    "no vuelvan a escribirme",
    "quiten mi numero",
    "ya no quiero sus mensajes",
    "paren de enviar mensajes",
    "no me manden nada",
    "cancelen los mensajes",
    "saquenme de la lista",
    "ya dejen de escribirme",
    "saquen mi número de su sistema",
    "no quiero que me manden más textos",
    "dejen de mandar esto",
    "por favor no me contacten más",
    "Hola, número equivocado. No me manden mensajes, gracias.",
    "quiero darme de baja",
    "ya les dije que no me escriban",
    "basta de mensajes",
    "no mas mensajes",
    "alto por favor",
    "¿Cómo cancelo los mensajes?",
    "no me vuelvan a escribir",
    "ya no manden mensages",
    "nunca me escriban mas",
    "no quiero que me escriban",
    "ya párenle con los mensajes",
    "no vuelvan a textear a este cel",
    "no autorizo que me contacten",
    "bórrame de su sistema",
    "deja de escribirme che",
    "den de baja mi número",
    "favor eliminar mi contacto",
    "stop ya",
]
BESIDE_DANGER = [
    "ya no me escriban me quiero morir",
    "ya no me escriban, me quiero morir",
]
NEAR_MISSES = [
    "STOP HITTING ME",
    "stop, I want to die",
    "please stop hitting me",
    "quiero parar de tomar",
    "stop him texting me",
    "he wont stop texting me",
    "my ex keeps texting me",
    "make him stop texting me",
    "how do i make my ex stop texting me",
    "tell him to stop texting me",
    "stop texting me i told him",
    "i told him, stop texting me, and he hit me",
    "he said stop texting me",
    "dont stop texting me",
    "please dont stop texting me",
    "no dejen de escribirme",
    "por favor no dejen de mandarme mensajes",
    "why did you stop texting me",
    "nobody texts me anymore",
    "i want to stop drinking",
    "i want to stop taking pills",
    "can you stop by",
    "stop by my house please",
    "no more food",
    "no more pills",
    "i dont want to live",
    "no quiero mas vivir",
    "ya no quiero vivir",
    "dejen de pegarme",
    "saquenme de aqui",
    "get me out of here",
    "take me off the street",
    "take me off the waitlist",
    "remove him from my house",
    "how do i stop the bleeding",
    "stop the voices",
    "please text me",
    "dont contact my parents",
    "please dont contact my husband",
    "stop contacting my mom",
    "no me mandes golpes",
    "no me manden a la policia",
    "no me manden la policia",
    "no manden a la policia",
    "no me manden mi cheque a esa casa",
    "mi ex no deja de mandarme mensajes",
    "que deje de escribirme mi ex",
    "haganlo que deje de molestarme",
    "el me dijo no me escribas",
    "le dije que ya no me escriba",
    "mi esposo no quiere que me escriban",
    "dont text me after 9pm",
    "no me escriban en la noche",
    "dont text me now he is here",
    "stop texting me and hitting me",
    "end it all",
    "i cant take it no more",
    "no mas por favor me pega",
    "basta ya de vivir",
    "i want to end it",
    "dont call the police",
    "no llamen a la policia",
    "no puedo mandar mensajes",
    "no tengo mensajes",
    "i have no messages from you",
    "did you get my texts",
    "no me molesta esperar",
    "i dont get texts from the shelter",
    "para de llover y voy",
    "need food",
    "necesito comida",
    "how do i get off the list for section 8",
    "quiero cancelar mi cita",
    "cancel my appointment",
    "he can stop texting me",
    "they need to stop messaging my daughter",
    "can you turn off the heat",
    "you can stop by",
    "leave me alone with him",
    "he wont leave my phone alone",
    "enough with the beatings",
    "how do i turn off the gas",
    "ya no molesten a mi hijo",
    "quiero salir de esto",
    "thank you. dont text back",
    "ya te pedi perdon. ahora si me puedo ir. borra este numero",
]


def test_there_are_enough_of_each_to_say_so() -> None:
    assert len(ENGLISH) >= 20
    assert len(SPANISH) >= 20
    assert len(NEAR_MISSES) >= 40
    assert len({*ENGLISH, *SPANISH, *NEAR_MISSES}) == len(ENGLISH) + len(SPANISH) + len(NEAR_MISSES)


@pytest.mark.parametrize("text", [*ENGLISH, *SPANISH, *BESIDE_DANGER])
def test_a_wish_for_no_more_texts_is_heard(text: str) -> None:
    assert asks_to_stop(text)
    assert asks_to_stop(text.upper())
    assert keywords.read(text) is None  # the bare words are read elsewhere


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert not asks_to_stop(text)


@pytest.mark.parametrize(
    "text", ["", " ", "...", "\x00", "🙂", "stop", "ALTO", "END", "no", "a" * 5000, "stop " * 1000]
)
def test_a_text_without_a_sentence_is_none(text: str) -> None:
    assert not asks_to_stop(text)


def test_a_wish_anywhere_in_a_longer_text_counts() -> None:
    assert asks_to_stop("I found a place to stay. Please stop texting me. Thank you for everything!")
    assert asks_to_stop("ya consegui comida\nya no me manden mensajes\ngracias")


def test_a_file_that_cannot_be_read_names_its_fault(tmp_path: Path) -> None:
    broken = tmp_path / "phrases.yml"
    broken.write_text("open: {en: ['(hi'], es: [hola]}\nclose: {en: [ok], es: [ya]}\n")
    with pytest.raises(CardError, match="phrases.yml"):
        read_phrases(broken)
