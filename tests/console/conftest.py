"""Responders, threads and log-ins for the console's tests."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP
from werkzeug.test import TestResponse

from gateway import challenges, credentials, escalations, log_ins
from gateway.conversations import Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.keys import Keys
from gateway.models import Escalation, Responder
from gateway.risk import Level
from gateway.settings import REQUIRED, Settings
from tests.gateway.screened import store

PASSWORD = "correct horse battery"
# The strength of a password's hash has tests of its own, on responders who are not made here.
EASY = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def utc_now() -> datetime:
    """The true time: the pages use it too."""
    return datetime.now(UTC)


@dataclass
class Person:
    """A responder with a browser of their own, and an app with codes where they have one."""

    id: int
    email: str
    name: str
    client: FlaskClient
    app: "App | None" = None

    def token(self) -> str:
        """A form token of a page that is open."""
        found = TOKEN.search(self.client.get("/console/").text)
        assert found
        return unescape(found[1])

    def post(self, path: str, **form: Any) -> TestResponse:
        """Submit a form of the console."""
        return self.client.post(path, data={"csrf_token": self.token()} | form)

    def log_in(self, password: str = PASSWORD) -> TestResponse:
        """Log in, through the page, and its second step when there is one."""
        answer = log_in(self.client, self.email, password)
        if self.app is None or "/log-in/second" not in answer.headers.get("Location", ""):
            return answer
        return second_step(self.client, self.app.code())


class App:
    """An authenticator app, that never shows a code twice."""

    def __init__(self, secret: str) -> None:
        self.secret, self._last = secret, 0

    def code(self) -> str:
        """The code of now, or the next one when that was used."""
        here = int(utc_now().timestamp()) // credentials.STEP
        self._last = max(self._last + 1, here - 1)
        return TOTP(self.secret).generate_otp(self._last)


def enrol(database: Database, keys: Keys, responder_id: int) -> App:
    """Set an app up, as the account's page does."""
    now = utc_now()
    with database.begin() as session:
        who = session.get_one(Responder, responder_id)
        token, secret = credentials.totp_begin(session, keys, who, now)
        app = App(secret)
        assert credentials.totp_confirm(session, keys, who, token, app.code(), now)
        assert challenges.find(session, token, challenges.TOTP, now) is None
    return app


def second_step(client: FlaskClient, code: str, **more: Any) -> TestResponse:
    """Fill in the page of the second step."""
    found = TOKEN.search(client.get("/console/log-in/second").text)
    assert found
    form = {"csrf_token": unescape(found[1]), "code": code} | more
    return client.post("/console/log-in/second", data=form)


def log_in(client: FlaskClient, email: str, password: str, **more: Any) -> TestResponse:
    """Fill in the log-in page."""
    found = TOKEN.search(client.get("/console/log-in").text)
    assert found
    form = {"csrf_token": unescape(found[1]), "email": email, "password": password} | more
    return client.post("/console/log-in", data=form)


@pytest.fixture
def person(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Person]:
    """Make a responder and log them in; with an app where a password alone opens nothing."""
    settings: Settings = app.extensions["front_door"].settings
    monkeypatch.setattr(log_ins, "_HASHER", EASY)

    def make(name: str = "Ana", role: str = "responder", *, inside: bool = True) -> Person:
        email = f"{secrets.token_hex(6)}@example.org"  # a name may be anything, an address may not
        with database.begin() as session:
            row = log_ins.create_responder(session, email, name, role, PASSWORD, utc_now())
        made = Person(row.id, email, name, app.test_client())
        if settings.second_factor == REQUIRED:
            made.app = enrol(database, settings.keys, row.id)
        # An address of their own: the tries of one test must not count against another.
        made.client.environ_base["REMOTE_ADDR"] = f"10.{secrets.randbelow(250)}.{secrets.randbelow(250)}.7"
        if inside:
            assert made.log_in().status_code == 303
        return made

    return make


@pytest.fixture
def ana(person: Callable[..., Person]) -> Person:
    """A responder who is logged in."""
    return person("Ana")


def finding(text: str, words: str, **more: Any) -> dict[str, Any]:
    """A card that fired on ``words``."""
    start = text.index(words)
    return {
        "card_id": "suicide.pills",
        "level": "emergency",
        "category": "suicide",
        "start": start,
        "end": start + len(words),
        "words": words,
        "why_en": "Says they took pills to die.",
        "why_es": "Dice que tomó pastillas para morir.",
        "earlier": False,
        "notes": [],
    } | more


def write(
    database: Database,
    door: Door,
    text: str = "i took all my pills",
    words: str = "took all my pills",
    level: Level = Level.EMERGENCY,
    *,
    number: str = "+15555550117",
    channel: str = "sms",
    **card: Any,
) -> Escalation:
    """A resident's message, screened with one card, and the escalation that came of it."""
    now = utc_now()
    with database.begin() as session:
        inbound = Inbound(channel, number, "SM" + secrets.token_hex(16), text)
        findings = [finding(text, words, level=level.value, **card)] if words else []
        conversation, message = store(session, door.settings.keys, now, inbound, level, findings)
        row = escalations.open_(session, conversation, "risk", level, now, message.id)
    door.bell.announce(row.conversation_id)
    return row


@pytest.fixture
def written(database: Database, door: Door) -> Callable[..., Escalation]:
    """Let a resident write something dangerous."""
    return lambda *args, **more: write(database, door, *args, **more)


@pytest.fixture
def responder_row(database: Database) -> Responder:
    """A responder who never logs in."""
    with database.begin() as session:
        return log_ins.create_responder(session, "row@example.org", "Row", "responder", PASSWORD, utc_now())
