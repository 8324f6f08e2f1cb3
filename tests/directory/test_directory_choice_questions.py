"""Which words after a list are a question about it, and which are a need or another place: those are the bot's."""

import pytest

from gateway.directory import choices
from gateway.directory.choices import Choice

QUESTIONS = {
    "hours": (
        "hours",
        "what are the hours?",
        "when do they close",
        "¿A qué hora abren?",
        "horario",
        "están abiertos hoy",
    ),
    "cost": ("how much", "is it free?", "do they charge", "¿cuánto cuesta?", "es gratis", "hay que pagar"),
    "papers": ("what do I bring?", "do i need an id", "¿qué llevo?", "que papeles piden"),
    "who": ("who can go", "do we qualify", "requirements", "¿para quién es?", "requisitos"),
    "apply": ("how do i apply", "do i need an appointment?", "¿cómo me inscribo?", "¿es con cita?"),
    "speaks": ("do they speak Spanish?", "¿hablan español?", "¿hay alguien que hable español?"),
    "access": ("is it wheelchair accessible?", "do they have an elevator", "¿tienen rampa?"),
    "web": ("website", "what is their website", "página web"),
    "about": ("tell me more", "more info", "dígame más", "más información"),
    "open_today": ("open today", "what is open tonight?", "abierto hoy", "¿cuáles abren hoy?"),
    "again": ("show me the list", "again", "otra vez", "la lista"),
    "closer": ("too far", "that's too far", "which one is closest?", "queda muy lejos"),
    "more": ("another one", "none of these", "anything else?", "otra opción", "los demás", "ninguno me sirve"),
    "map": ("where is it?", "what's the address", "¿cuál es la dirección?"),
    "call": ("what's the phone number", "¿cuál es el teléfono?"),
}
NUMBERED = {
    "hours 2": Choice("hours", (2,)),
    "is 2 open?": Choice("hours", (2,)),
    "¿está el 2 abierto?": Choice("hours", (2,)),
    "horario del segundo": Choice("hours", (2,)),
    "cost of 3": Choice("cost", (3,)),
    "requisitos del 1": Choice("who", (1,)),
    "info 2": Choice("detail", (2,)),
}
OTHERS = (
    "another place", "a different place", "otro lugar", "somewhere else", "something else", "INFO", "información",
    "documents", "papeles", "necesito papeles", "i need an id", "necesito una cita", "i need an appointment",
    "wheelchair", "i need a wheelchair", "gratis", "free", "free food", "number", "yes", "no", "ok", "gracias",
    "how much longer", "is she open to it", "he speaks spanish", "how do i get there if i am homeless", "cuando",
    "when", "hours of pain", "it costs too much", "no puedo pagar", "can i bring my dog", "open your door",
)  # fmt: skip


@pytest.mark.parametrize(("kind", "words"), [(kind, words) for kind, said in QUESTIONS.items() for words in said])
def test_a_question_about_the_list(kind: str, words: str) -> None:
    assert choices.read(words) == Choice(kind)


@pytest.mark.parametrize("words", NUMBERED)
def test_a_question_about_one_of_the_list(words: str) -> None:
    assert choices.read(words) == NUMBERED[words]


@pytest.mark.parametrize("words", OTHERS)
def test_what_is_about_something_else(words: str) -> None:
    assert choices.read(words) is None
