"""Denial, turns, fiction, the past and sayings, each on its own, in both languages."""

from __future__ import annotations

import pytest

from gateway.risk import Level, screen

EMERGENCY, URGENT, ROUTINE, NONE = Level.EMERGENCY, Level.URGENT, Level.ROUTINE, Level.NONE

DENIED = [
    "i dont want to die",
    "i'm not suicidal",
    "i am not going to hurt myself",
    "no me quiero morir",
    "no quiero matarme",
    "nunca he pensado en suicidarme",
    "no voy a hacerme daño ni a suicidarme",
    "he doesn't have a gun",
    "i don't think he has a gun",
    "no tiene pistola",
    "nobody is bleeding badly",
]
ASSERTED = [
    ("ya no quiero vivir", URGENT),
    ("no quiero vivir", URGENT),
    ("no respira", EMERGENCY),
    ("no despierta", EMERGENCY),
    ("i don't want to live", URGENT),
    ("i can't stop thinking about killing myself", URGENT),
    ("no puedo dejar de pensar en matarme", URGENT),
    ("i dont know if i want to kill myself", URGENT),
    ("no sé si quiero morir", URGENT),
    ("no puedo salir mi casa se está quemando", EMERGENCY),
    ("i cant get out my house is on fire", EMERGENCY),
    ("no. he has a gun", EMERGENCY),
    ("no he has a gun", EMERGENCY),
    ("i don't feel safe he hits me", URGENT),
    ("he won't stop hitting me", EMERGENCY),
    ("nobody knows i want to die", URGENT),
]
TURNS = [
    ("i'm fine but i want to die", URGENT),
    ("not hurt but my house is on fire", EMERGENCY),
    ("no voy a hacer nada, pero quiero morir", URGENT),
    ("no me quiero morir pero mi hijo no respira", EMERGENCY),
    ("no soy suicida, nomás ya no quiero despertar", URGENT),
]
REPORTED = [
    "did you see the movie where the guy says i want to kill myself",
    "in the song she says i wanna die",
    "vi una película donde el papá tiene una pistola",
    "mi tarea es sobre una señora que se quiere suicidar",
    "i got shot in call of duty",
]
PAST = [
    "i used to be suicidal years ago, better now",
    "i tried to kill myself ten years ago, i am ok today",
    "hace años intenté suicidarme, ya estoy bien",
    "antes pensaba en suicidarme, ya estoy mejor",
]
BACK_AGAIN = [
    "years ago i wanted to kill myself and it is coming back",
    "hace años intenté matarme y otra vez lo pienso",
    "i tried to kill myself last week",
]
SAYINGS = [
    "i want to die of embarrassment",
    "dying to see you",
    "me muero de hambre",
    "me matan los pies",
    "my boss is gonna kill me for being late lol",
    "killing time before the bus",
]
THIRD_PERSON = [
    ("my brother took a whole bottle of pills", EMERGENCY),
    ("mi vecina se está desangrando", EMERGENCY),
    ("my friend wants to kill herself", URGENT),
    ("mi amiga dice que se quiere matar", URGENT),
]


def risk(text: str) -> list[tuple[str, Level]]:
    return [(each.card_id, each.level) for each in screen(text).findings if each.level >= URGENT]


@pytest.mark.parametrize("text", DENIED)
def test_a_denial_is_silent(text: str) -> None:
    assert risk(text) == []


@pytest.mark.parametrize(("text", "level"), ASSERTED)
def test_a_negator_that_asserts_is_a_finding(text: str, level: Level) -> None:
    assert screen(text).level >= level


@pytest.mark.parametrize(("text", "level"), TURNS)
def test_after_a_turn_the_rest_is_judged_alone(text: str, level: Level) -> None:
    assert screen(text).level >= level


@pytest.mark.parametrize("text", REPORTED)
def test_fiction_and_study_are_silent(text: str) -> None:
    assert risk(text) == []


@pytest.mark.parametrize("text", PAST)
def test_a_healed_past_is_at_most_routine(text: str) -> None:
    assert screen(text).level <= ROUTINE


@pytest.mark.parametrize("text", BACK_AGAIN)
def test_a_past_that_returns_or_is_days_old_stays(text: str) -> None:
    assert screen(text).level >= URGENT


@pytest.mark.parametrize("text", SAYINGS)
def test_a_saying_is_silent(text: str) -> None:
    assert screen(text).level is NONE


def test_a_saying_is_heard_when_the_person_means_it() -> None:
    assert screen("i want to die of embarrassment lol").level is NONE
    assert screen("me quiero morir de pena, no es broma").level >= URGENT


@pytest.mark.parametrize(("text", "level"), THIRD_PERSON)
def test_another_person_keeps_the_level(text: str, level: Level) -> None:
    assert screen(text).level is level


@pytest.mark.parametrize(
    ("plain", "raised"),
    [
        ("i want to kill myself", "i want to kill myself tonight"),
        ("quiero morir", "quiero morir y tengo la pistola"),
        ("my husband hits me", "my husband hits me and hes outside right now"),
    ],
)
def test_time_and_means_raise_the_level(plain: str, raised: str) -> None:
    assert screen(plain).level is URGENT
    assert screen(raised).level is EMERGENCY


FRAMED = [
    "for health class i have to ask a nurse how you know its a heart attack",
    "do i check suicidal thoughts if it was years ago",
    "the intake form asks if i hear voices, do i put no",
    "got stabbed nine times in among us by my cousin",
    "what song is it that goes i wanna die in your arms",
    "soy enfermera escolar, tienen folletos sobre autolesiones",
    "en la clase de cna nos preguntan qué hacer si alguien no respira",
    "la pregunta 9 dice pensamientos de muerte, pongo cero",
    "quién canta esa canción de prefiero morir",
]
RESOLVED = [
    "my roommate overdosed in june but hes in rehab now doing good",
    "se metieron a mi casa, ya los agarraron y todo tranquilo",
    "me pegaba mi ex, llevo 6 años libre de eso",
]
NOT_RESOLVED = [
    ("my roommate overdosed in june, hes doing good, but he wont wake up right now", EMERGENCY),
    ("llevaba 4 meses limpia y hoy volví a cortarme", URGENT),
]
PRESSING = [
    ("we were playing fortnite and my dad is choking my mom right now", EMERGENCY),
    ("estábamos jugando fifa y mi hermano no respira, ayúdenme", EMERGENCY),
]


@pytest.mark.parametrize("text", FRAMED)
def test_the_frame_of_a_message_silences_all_of_it(text: str) -> None:
    assert risk(text) == []


@pytest.mark.parametrize("text", RESOLVED)
def test_what_is_over_and_well_is_at_most_routine(text: str) -> None:
    assert screen(text).level <= ROUTINE


@pytest.mark.parametrize(("text", "level"), NOT_RESOLVED)
def test_what_comes_back_is_not_over(text: str, level: Level) -> None:
    assert screen(text).level is level


@pytest.mark.parametrize(("text", "level"), PRESSING)
def test_a_call_for_help_breaks_the_frame(text: str, level: Level) -> None:
    assert screen(text).level is level


def test_laughter_silences_a_wish_but_not_an_attempt() -> None:
    assert risk("me quiero morir jaja otra vez lunes") == []
    assert screen("jaja me tomé todas las pastillas").level is EMERGENCY
    assert screen("i wanna die lol not lol").level is URGENT


def test_in_a_long_message_a_frame_holds_only_near_its_words() -> None:
    chat = "and then we went to the store and came back and the bus was late again as it always is here, " * 5
    assert risk("for my health class i have to ask how you know its a heart attack") == []
    assert screen(f"my kid has a quiz for his health class. {chat} i want to kill myself").level is URGENT
