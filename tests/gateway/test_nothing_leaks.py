"""Canaries: a number and words that go through every path, crashes included, and must never reach a log or Sentry."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sentry_sdk
from flask import Flask
from sqlalchemy.exc import OperationalError

from gateway import create_app, logs, sending, turns
from gateway.clients.rasa import Rasa
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.errors import SmsFailed
from gateway.leases import take
from gateway.settings import Settings
from tests.conftest import PATIENCE, Phone
from tests.fakes.fake_rasa import NONSENSE, FakeRasa
from tests.fakes.sentry_sink import SentrySink

NUMBER = "+15555557391"
WORDS = "quetzalcanary"
CANARIES = [NUMBER, NUMBER[1:], "5557391", "555-7391", WORDS]


@pytest.fixture
def sink() -> Iterator[SentrySink]:
    server = SentrySink()
    yield server
    sentry_sdk.get_client().close(timeout=2)
    sentry_sdk.init()
    server.stop()


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], root.level = handlers, level


@pytest.fixture
def watched(settings: Settings, database: Database, sink: SentrySink, written: io.StringIO) -> Iterator[Flask]:
    app = create_app(replace(settings, sentry_dsn=sink.dsn))
    for handler in logging.getLogger().handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(written)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.extensions["front_door"].acceptor.patience = PATIENCE
    yield app
    app.extensions["front_door"].close()


def explode(*_: Any, **__: Any) -> None:
    secret = f"{WORDS} {NUMBER}"
    raise RuntimeError(f"it broke at {secret}")


class Refusing:
    def send(self, to: str, body: str) -> str:
        raise SmsFailed(30007, retryable=False)

    def find(self, to: str, body: str, since: datetime) -> str | None:
        return None


def assert_silent(text: str) -> None:
    assert [canary for canary in CANARIES if canary in text] == []


def test_every_path_is_silent(
    watched: Flask, settings: Settings, database: Database, sink: SentrySink, written: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    phone = Phone(watched.test_client(), settings, NUMBER)
    door = watched.extensions["front_door"]
    for body in (
        f"hola {WORDS}",
        f"i took all my pills {WORDS}",
        "STOP",
        "START",
        "HELP",
        f"need food {WORDS} {NUMBER}",
    ):
        assert phone.text(body).status_code == 200
    phone.post(phone.form(WORDS) | {"From": f"{WORDS}"})
    watched.test_client().post("/sms/inbound", data={"Body": WORDS, "From": NUMBER})
    phone.post(phone.form(WORDS) | {"MessageStatus": WORDS}, "/sms/status")
    bot = FakeRasa(NONSENSE["html"])
    rasa = Rasa(bot.url, "s")
    for _ in range(6):
        with database.begin() as session:
            lease = take(session, "t")
        while lease and turns.answer_next(database, rasa, door.community, lease, lambda: datetime.now(UTC)):
            pass
        sending.send_next(database, Refusing(), settings.keys, lambda: datetime.now(UTC))
    rasa.close()
    bot.stop()
    with monkeypatch.context() as patch:
        patch.setattr("gateway.answering.decide", explode)
        assert phone.text(f"{WORDS} crash").status_code == 200  # it is kept in the journal, and reported
    with monkeypatch.context() as patch:
        patch.setattr("gateway.acceptor.receive", lambda *_: (_ for _ in ()).throw(
            OperationalError(WORDS, {"number": NUMBER}, Exception(NUMBER))))  # fmt: skip
        assert phone.text(f"{WORDS} store down").status_code == 200
    try:
        explode()
    except RuntimeError:
        logging.getLogger("gateway.worker").exception("turn failed")
    sentry_sdk.flush(timeout=5)
    assert "turn failed" in written.getvalue()
    assert b"RuntimeError" in b"".join(sink.received)
    assert_silent(written.getvalue())
    assert_silent(b"".join(sink.received).decode())
    assert b"explode" in b"".join(sink.received)


def test_every_log_line_is_json_with_ids_only(watched: Flask, settings: Settings, written: io.StringIO) -> None:
    log = logging.getLogger("gateway.anything")
    log.warning("number %s", NUMBER, extra={"conversation": 7, "body": WORDS, "phone": NUMBER})
    [line] = [json.loads(text) for text in written.getvalue().splitlines() if "gateway.anything" in text]
    assert line["conversation"] == 7
    assert set(line) <= logs.ALLOWED
    assert_silent(json.dumps(line))
    assert line["process"] == "web"


def test_an_inbound_does_not_print_itself(settings: Settings) -> None:
    shown = repr(Inbound(SMS, NUMBER, "SM1", WORDS)) + repr(settings)
    assert_silent(shown)
    assert settings.bot_secret not in shown
    assert settings.keys.hash_key not in shown
    assert settings.twilio_auth_tokens[0] not in shown
