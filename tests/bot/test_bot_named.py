"""The needs that the gateway's words name are taken beside what the model hears, and never instead of what it is sure
of, under a question for something else, or where danger may be meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.bot.bot_server import BotServer, Talk

pytestmark = [pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]


def needs_after(bot: BotServer, text: str, *named: str, hinted: Sequence[str] = (), language: str = "en") -> list[str]:
    """What is known to be needed after one text."""
    talk = Talk(bot, language)
    talk.say(text, list(named), list(hinted))
    assert talk.state is not None
    return list(talk.state["slots"].get("needs") or ())


@pytest.mark.parametrize(
    ("text", "language"),
    [("need a lawer rockford no $$", "en"), ("mi viejito tiene 75 ocupa avogado joliet", "es")],
)
def test_a_need_that_the_model_did_not_hear_is_taken_from_the_words(bot: BotServer, text: str, language: str) -> None:
    assert needs_after(bot, text, language=language) == []
    assert needs_after(bot, text, "legal", language=language) == ["legal"]


def test_what_the_model_is_sure_of_stands_alone_and_a_guess_does_not(bot: BotServer) -> None:
    assert needs_after(bot, "i need food", "legal") == ["food"]
    guessed = needs_after(bot, "my brother was shot in chicago, help for victims")
    assert guessed
    assert needs_after(bot, "my brother was shot in chicago, help for victims", "dental") == [*guessed, "dental"]


def test_what_words_only_may_name_counts_where_they_name_nothing(bot: BotServer) -> None:
    unheard = "literacy program for adults"
    assert needs_after(bot, unheard, hinted=["health"]) == ["health"]
    assert needs_after(bot, unheard, "legal", hinted=["health"]) == ["legal"]
    assert needs_after(bot, "i need food", hinted=["health"]) == ["food"]


def test_what_was_taken_for_no_business_of_ours_by_a_guess_is_a_need(bot: BotServer) -> None:
    guessed = "A factory is polluting our block"
    assert needs_after(bot, guessed) == []
    assert needs_after(bot, guessed, "legal") == ["legal"]
    assert needs_after(bot, guessed, "other") == ["other"]
    assert needs_after(bot, guessed, "seniors") == []
    assert needs_after(bot, guessed, "youth") == ["youth"]
    assert needs_after(bot, guessed, hinted=["legal"]) == []
    assert needs_after(bot, "whats the weather tomorrow", "legal") == []


def test_small_talk_that_was_only_guessed_is_a_need_where_words_name_one(bot: BotServer) -> None:
    guessed = "pavo gratis para el dia de gracias"
    assert needs_after(bot, guessed, language="es") == []
    assert needs_after(bot, guessed, "food", language="es") == ["food"]
    assert needs_after(bot, "thank you", "food") == []


@pytest.mark.parametrize(
    ("text", "language"), [("el dcfs me investiga hablo espanol", "es"), ("a library with books in spanish", "en")]
)
def test_a_language_named_beside_a_matter_is_not_all_that_is_said(bot: BotServer, text: str, language: str) -> None:
    talk = Talk(bot)
    talk.say(text, ["legal"])
    assert talk.state is not None
    assert (talk.state["slots"]["needs"], talk.language) == (["legal"], language)


def test_a_wish_for_a_language_stays_one(bot: BotServer) -> None:
    told = Talk(bot, "es").say("english please", hinted=["jobs"])
    assert [command["command"] for command in told.commands] == ["set_language"]


def test_who_wants_people_to_come_is_given_no_list_besides(bot: BotServer) -> None:
    text = "my neighbor plays loud music every night"
    assert needs_after(bot, text, "other", "housing") == ["dispute"]
    assert needs_after(bot, "i need food", "other") == ["food"]


def test_who_somebody_is_is_no_need_of_its_own(bot: BotServer) -> None:
    assert needs_after(bot, "i need food", "seniors", "baby") == ["food"]
    assert needs_after(bot, "literacy program for adults", "seniors", "dental") == ["dental"]
    assert needs_after(bot, "literacy program for adults", "seniors") == ["seniors"]
    talk = Talk(bot)
    for line in ("i need a place to sleep", "no"):
        talk.say(line)
    talk.say("for me and my baby", ["baby"])
    assert talk.state is not None
    assert talk.state["slots"]["needs"] == ["shelter"]


@pytest.mark.parametrize("named", [["legal"], ["other"], ["other", "legal"]])
def test_what_has_no_name_is_not_named_and_asks_where(bot: BotServer, named: list[str]) -> None:
    talk = Talk(bot)
    first = talk.say("literacy program for adults", named)
    assert "other" not in " ".join(first.texts).lower().split()
    talk.say("no")
    asked = talk.say("for me")
    assert "ZIP code or place" in asked.texts[-1]
    assert talk.say("94110").commands[-1]["needs"] == named


def test_a_danger_that_is_meant_stays_one(bot: BotServer) -> None:
    talk = Talk(bot)
    assert any(command.get("reason") == "danger_said" for command in talk.say("he has a gun", ["food"]).commands)
    assert any(command.get("reason") == "asked_for_person" for command in Talk(bot).say("PERSON", ["food"]).commands)


def test_an_answer_to_another_question_names_no_need(bot: BotServer) -> None:
    talk = Talk(bot)
    for line in ("i need food", "no", "for me"):
        talk.say(line)
    found = talk.say("near the legal aid on 5th street", ["legal"]).commands[-1]
    assert (found["command"], found["needs"]) == ("find_services", ["food"])


def test_a_need_that_is_taken_back_is_gone_though_words_name_it(bot: BotServer) -> None:
    talk = Talk(bot)
    talk.say("i need food", ["food"])
    talk.say("no, not food, a place to sleep", ["shelter"])
    assert talk.state is not None
    assert talk.state["slots"]["needs"] == ["shelter"]


@pytest.mark.parametrize("named", [None, 7, "legal", [3, None, ["legal"]], ["no_such_need"], [{"a": 1}]])
def test_nonsense_among_the_named_breaks_nothing(bot: BotServer, named: Any) -> None:
    talk = Talk(bot)
    talk.say("i need food", named)
    assert talk.state is not None
    assert talk.state["slots"]["needs"] == ["food"]
