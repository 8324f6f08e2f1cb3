"""Whom something was said to that no ring told of, found for all open chats at once."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from gateway.db import Database
from gateway.keys import Keys
from gateway.models import Message
from gateway.settings import Settings
from gateway.web import chat_missed
from gateway.web.chat_missed import OVERLAP, Missed
from tests.chat.conftest import Visitor
from tests.conftest import Phone


def known_as(settings: Settings, visitor: Visitor) -> str:
    keys: Keys = settings.keys
    return keys.hash(visitor.token)


def test_what_was_said_is_told_once(
    database: Database, settings: Settings, client: FlaskClient, say: Callable[..., int]
) -> None:
    ana, ben = Visitor(client), Visitor(client)
    ana.write("hello")
    missed = Missed(database)
    assert missed() == {known_as(settings, ana)}  # who came in before the first look may have missed it
    assert missed() == set()
    ben.write("i need food")
    assert missed() == {known_as(settings, ben)}
    say("Here is food")
    assert missed() == {known_as(settings, ben)}
    assert missed() == set()


def test_more_than_it_looks_back_is_told_as_well(
    database: Database, settings: Settings, client: FlaskClient, say: Callable[..., int]
) -> None:
    ana = Visitor(client)
    ana.write("hello")
    missed = Missed(database)
    missed()
    for number in range(OVERLAP + 5):
        say(f"number {number}")
    assert missed() == {known_as(settings, ana)}
    assert missed() == set()


def test_it_looks_back_no_further_however_many_texts_come_by_phone(
    database: Database, settings: Settings, client: FlaskClient, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_missed, "OVERLAP", 1)
    ana = Visitor(client)
    ana.write("hello")
    missed = Missed(database)
    missed()
    for number in range(3):
        phone.text(f"hello {number}")
        assert missed() == set()
    with database.begin() as session:
        assert missed._newest == session.scalar(select(func.max(Message.id)))
    ana.write("still here")
    assert missed() == {known_as(settings, ana)}


def test_texts_by_phone_are_nobodys_on_the_web(database: Database, client: FlaskClient, phone: Phone) -> None:
    Missed(database)()
    phone.text("hello")
    assert Missed(database)() == set()
