"""Messages that do not fit the open question, in both languages, with the really trained model."""

from __future__ import annotations

import pytest

from tests.bot.bot_server import BotServer, Talk
from tests.bot.test_bot_endings import ASKED, is_asked, only, walk

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(params=["en", "es"])
def talk(bot: BotServer, request: pytest.FixtureRequest) -> Talk:
    """A new conversation, once in each language."""
    return Talk(bot, request.param)


def line(talk: Talk, english: str, spanish: str) -> str:
    """A line in the language of the conversation."""
    return {"en": english, "es": spanish}[talk.language]


def test_a_sentence_in_pieces_is_no_answer_to_the_safety_question(talk: Talk) -> None:
    answer = walk(talk, "hi", line(talk, "i don't have", "no tengo"))
    assert is_asked(talk, answer, "safety")
    assert answer.records == {}
    answer = walk(talk, line(talk, "a place to sleep tonight", "donde dormir hoy con mis niños"))
    assert is_asked(talk, answer, "safety")
    assert answer.records["need"] == "shelter"
    assert is_asked(talk, walk(talk, "no"), "for_whom")


@pytest.mark.parametrize(
    ("english", "spanish"),
    [("no food at home for my kids", "no tengo comida"), ("no place to sleep tonight", "no tengo donde dormir hoy")],
)
def test_having_nothing_does_not_say_that_nobody_is_in_danger(talk: Talk, english: str, spanish: str) -> None:
    answer = walk(talk, "hi", line(talk, english, spanish))
    assert "screen_safety" not in answer.records
    assert is_asked(talk, answer, "safety")


def test_the_language_told_beside_a_need_loses_nothing(bot: BotServer) -> None:
    talk = Talk(bot, "en")
    answer = talk.say("we speak spanish and need food near 94110")
    assert {"command": "set_language", "language": "es"} in answer.commands
    assert answer.records["need"] == "food"
    assert answer.records["zip"] == "94110"
    assert answer.body["language"] == "es"
    assert ASKED["safety"]["es"] in answer.texts[-1]
    assert "Soy una computadora" in answer.texts[0]


def test_a_lawyer_who_speaks_spanish_turns_no_conversation(bot: BotServer) -> None:
    answer = Talk(bot, "en").say("i need a lawyer who speaks spanish")
    assert answer.commands == []
    assert answer.body["language"] == "en"


def test_something_else_under_the_place_question_is_no_place(talk: Talk) -> None:
    answer = walk(talk, "food", "no", "me", line(talk, "i need something else", "necesito otra cosa"))
    assert "place" not in answer.records
    assert answer.commands == []
    assert line(talk, "in your own words", "con sus palabras") in answer.texts[-1]
    answer = walk(talk, line(talk, "diapers for my baby", "pañales para mi bebé"))
    assert is_asked(talk, answer, "place")
    assert walk(talk, "94110").commands[0]["needs"] == ["food", "baby"]


def test_a_mediator_is_agreed_to_before_the_zip_is_asked(talk: Talk) -> None:
    assert is_asked(talk, walk(talk, "dispute", "no"), "mediation_ok")
    assert is_asked(talk, walk(talk, "yes"), "place")
    assert is_asked(talk, walk(talk, "94110"), "text_ok")
    assert only(walk(talk, "yes")) == {"command": "open_mediation", "need": "dispute", "zip": "94110"}


def test_who_wants_no_mediator_is_not_asked_where(talk: Talk) -> None:
    answer = walk(talk, "dispute", "no", "no")
    assert answer.commands == []
    assert answer.body["state"]["loop"] is None


def test_who_asks_who_reads_this_is_told(talk: Talk) -> None:
    answer = walk(talk, "food", line(talk, "who can read this?", "¿quién puede leer esto?"))
    assert line(talk, "Our team can read this", "Nuestro equipo puede leer esto") in answer.texts[0]
    assert is_asked(talk, answer, "safety")


@pytest.mark.parametrize(
    "text",
    ["spray pa la sobredosis", "espray para sobredosis", "el medicamento ese para las sobredosis", "kit de sobredosis"],
)
def test_what_helps_against_an_overdose_is_a_need_and_no_danger(bot: BotServer, text: str) -> None:
    answer = Talk(bot, "es").say(text)
    assert answer.records["need"] == "naloxone"
    assert "screen_safety" not in answer.records


@pytest.mark.parametrize(
    "text",
    ["sobredosis", "mi hermano tiene una sobredosis, necesito el spray", "spray pa la sobredosis, no respira"],
)
def test_an_overdose_that_happens_is_danger(bot: BotServer, text: str) -> None:
    assert [command["reason"] for command in Talk(bot, "es").say(text).commands] == ["danger_said"]


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("not suicidal but he has a gun", "no hay armas pero mi esposo me pega"),
        ("not going to hurt myself, he is hitting me", "no hay pistola, me pega"),
    ],
)
def test_danger_beside_danger_that_is_denied_is_danger(talk: Talk, english: str, spanish: str) -> None:
    assert [command["reason"] for command in talk.say(line(talk, english, spanish)).commands] == ["danger_said"]
