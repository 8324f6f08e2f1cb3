"""The routes of a visitor who wants to go on by text: what is asked, what is refused and how, what nobody may learn."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from gateway import optout
from gateway.conversations import SMS
from gateway.db import Database
from gateway.door import Door
from gateway.models import Consent, Conversation, Notice, PhoneMove
from gateway.settings import Settings
from gateway.web import chat_move, widget_words
from tests.chat.conftest import Visitor
from tests.chat.test_chat_api import DANGER, NOWHERE
from tests.conftest import Phone

TYPED = "(415) 555-0134"
NUMBER = "+14155550134"
YES = {"number": TYPED, "safe": True, "agree": True}


def give(visitor: Visitor, **changes: Any) -> TestResponse:
    return visitor.client.post("/chat/phone", json=YES | changes, headers=visitor.headers)


def confirm(visitor: Visitor, code: Any) -> TestResponse:
    return visitor.client.post("/chat/phone/code", json={"code": code}, headers=visitor.headers)


def sent(database: Database) -> str:
    """The code that is on its way."""
    with database.begin() as session:
        newest = session.scalars(select(Notice.text).order_by(Notice.id.desc()).limit(1)).one()
    found = re.search(r"\d{6}", newest)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_number_is_given_proved_and_texted(visitor: Visitor, door: Door, database: Database, language: str) -> None:
    visitor.write("i need food" if language == "en" else "necesito comida")
    answer = give(visitor, language=language)
    assert (answer.status_code, answer.get_json()) == (202, {"sent": True})
    moved = confirm(visitor, sent(database))
    assert (moved.status_code, moved.get_json()) == (200, {"moved": True})
    assert moved.headers["Cache-Control"] == "no-store"
    [_, hello] = visitor.history()
    assert (hello["author"], hello["language"]) == ("system", language)
    assert hello["text"].startswith(door.community.called(language))
    words = visitor.client.get(f"/chat/phone?language={language}", headers=visitor.headers).get_json()
    with database.begin() as session:
        kept = session.scalars(select(Consent)).one()
        assert kept.wording == f"{words['lead']}\n{words['agree']}"
        assert (kept.language, kept.channel) == (language, "sms")
        assert session.scalars(select(Conversation.channel)).one() == "sms"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "911"}, "bad_phone"),
        ({"number": ""}, "bad_phone"),
        ({"number": None}, "bad_phone"),
        ({"number": ["+14155550134"]}, "bad_phone"),
        ({"number": "4" * 41}, "bad_phone"),
        ({"number": "+52 55 1234 5678"}, "bad_phone"),
        ({"number": "\ud83d"}, "bad_phone"),
        ({"safe": False}, "not_safe"),
        ({"safe": "yes"}, "not_safe"),
        ({"agree": None}, "not_agree"),
    ],
)
def test_what_is_not_as_agreed_is_refused_and_kept_nowhere(
    visitor: Visitor, database: Database, changes: dict[str, Any], code: str
) -> None:
    answer = give(visitor, **changes)
    assert (answer.status_code, answer.get_json()) == (400, {"error": code})
    with database.begin() as session:
        assert session.scalars(select(PhoneMove)).all() == []


@pytest.mark.parametrize("code", ["", "12", "x" * 21, 123456, None, "１２３４５６", ["123456"], "\x00"])
def test_what_is_no_code_is_refused(visitor: Visitor, database: Database, code: Any) -> None:
    give(visitor)
    assert confirm(visitor, code).get_json() == {"error": "wrong_code"}
    assert confirm(visitor, sent(database)).status_code == 200


def test_wrong_codes_are_counted_though_they_are_refused(visitor: Visitor, database: Database) -> None:
    give(visitor)
    wrong = "000000" if sent(database) != "000000" else "000001"
    answers = [confirm(visitor, wrong) for _ in range(5)]
    assert [answer.get_json()["error"] for answer in answers] == ["wrong_code"] * 4 + ["no_code"]
    assert [answer.status_code for answer in answers] == [400] * 4 + [409]
    assert confirm(visitor, sent(database)).get_json() == {"error": "no_code"}


def test_too_many_codes_are_refused_with_a_time_to_wait(visitor: Visitor) -> None:
    for last in range(3):
        assert give(visitor, number=f"415-555-014{last}").status_code == 202
    refused = give(visitor)
    assert (refused.status_code, refused.get_json()) == (429, {"error": "too_many_codes"})
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    assert visitor.write(DANGER["en"])["replies"]  # who is in danger waits for nothing


def test_a_thread_that_is_open_there_is_told_to_who_proved_the_number_and_to_nobody_else(
    visitor: Visitor, client: FlaskClient, database: Database, settings: Settings
) -> None:
    assert Phone(client, settings, NUMBER).text(DANGER["en"]).status_code == 200
    visitor.write("hello")
    asked = give(visitor)
    assert (asked.status_code, asked.get_json()) == (202, {"sent": True})
    told = confirm(visitor, sent(database))
    assert (told.status_code, told.get_json()) == (409, {"error": "thread_open"})


def test_whether_a_number_said_stop_is_told_to_nobody(visitor: Visitor, database: Database, door: Door) -> None:
    with database.begin() as session:
        optout.stop(session, SMS, door.settings.keys.hash(NUMBER), "keyword", door.acceptor.clock())
    stopped, free = give(visitor), give(visitor, number="415-555-0135")
    assert (stopped.status_code, stopped.data) == (free.status_code, free.data)
    with database.begin() as session:
        assert len(session.scalars(select(Notice)).all()) == 1


def test_without_the_store_nothing_moves(another: Callable[..., Flask]) -> None:
    one = Visitor(another(database_url=NOWHERE, redis_url="redis://127.0.0.1:9").test_client())
    for answer in (give(one), confirm(one, "123456")):
        assert (answer.status_code, answer.get_json()) == (503, {"error": "store_unavailable"})


@pytest.mark.parametrize("language", ["en", "es", "fr", None])
def test_the_page_is_told_all_its_words_in_one_language(visitor: Visitor, language: str | None) -> None:
    asked = f"?language={language}" if language else ""
    answer = visitor.client.get(f"/chat/phone{asked}", headers=visitor.headers)
    words = answer.get_json()
    known = language if language == "es" else "en"
    assert {f"by_text_{key}" for key in words} == widget_words.of_fetched()
    assert set(words) == set(chat_move.WORDS)
    assert words["ask"] == widget_words.say(known, "by_text_ask")
    assert not any("{" in text for text in words.values())
    assert "555-555-0100" in words["later"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_number_and_no_code_in_the_log(
    visitor: Visitor, database: Database, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    give(visitor, number="+52 55 1234 5678")
    give(visitor)
    code = sent(database)
    confirm(visitor, "999 999")
    confirm(visitor, code)
    give(visitor)
    captured = capfd.readouterr()
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records) + captured.out + captured.err
    for canary in (TYPED, NUMBER, "5550134", "555-0134", "12345678", "1234 5678", code, "999 999"):
        assert canary not in logged
    assert json.dumps(visitor.token) not in logged
