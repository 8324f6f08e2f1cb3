"""Scenarios that a review of the core thought of: each once lost, leaked or wedged something."""

import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import StatementError

from gateway.clients.bell import WORK, Bell
from gateway.clients.rasa import Rasa
from gateway.db import Database
from gateway.door import Door
from gateway.errors import BotUnavailable, SettingsError
from gateway.settings import Settings, read
from tests.conftest import NUMBER, Phone
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.road import incoming

STORES = {"DATABASE_URL": "postgres://u@h/d", "REDIS_URL": "redis://h"}


def production() -> dict[str, str]:
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return STORES | {
        "FRONTDOOR_MODE": "production",
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKENS": "t" * 32,
        "TWILIO_NUMBER": NUMBER,
        "FRONTDOOR_PUBLIC_URL": "https://door.example",
        "FRONTDOOR_COMMUNITY": "community.toml",
        "FRONTDOOR_BOT_SECRET": "b" * 32,
        "FRONTDOOR_HASH_KEY": "h" * 32,
        "FRONTDOOR_SEAL_KEYS": Fernet.generate_key().decode(),
        "FRONTDOOR_COOKIE_KEY": "c" * 32,
    }


@pytest.mark.parametrize("tokens", ["t" * 32 + ",", "," + "t" * 32, "new, old"])
def test_a_stray_comma_or_blank_in_the_tokens_is_refused_or_mended(tokens: str) -> None:
    try:
        found = read(production() | {"TWILIO_AUTH_TOKENS": tokens}).twilio_auth_tokens
    except SettingsError:
        return
    assert all(token and token == token.strip() for token in found)


def test_a_request_signed_with_nothing_is_refused(settings: Settings, database: Database) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from gateway import create_app  # noqa: PLC0415

    own = replace(settings, twilio_auth_tokens=tuple(("t" * 32 + ",").split(",")))
    app = create_app(own)
    try:
        phone = Phone(app.test_client(), own)
        assert phone.post(phone.form("STOP"), token=1).status_code == 403
    finally:
        app.extensions["front_door"].close()


def test_demo_mode_never_talks_to_the_real_twilio(tmp_path: Path) -> None:
    try:
        found = read(STORES | {"FRONTDOOR_VAR": str(tmp_path)})
    except SettingsError:
        return
    assert found.twilio_api_url is not None


def test_a_strange_note_does_not_end_the_listening(redis_url: str) -> None:
    from redis import Redis  # noqa: PLC0415

    with closing(Bell(redis_url).listen(WORK, threading.Event())) as notes, Redis.from_url(redis_url) as other:
        while not other.publish(WORK, "hello"):
            next(notes)
        for _ in range(3):
            next(notes)


def test_a_drain_thread_that_dies_prints_no_words(
    door: Door, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: Any) -> None:
        raise StatementError("x", "INSERT INTO messages", {"text": "quetzalcanary"}, ValueError())

    monkeypatch.setattr("gateway.acceptor.receive", broken)
    monkeypatch.setattr("gateway.acceptor.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)  # as in the web process, without pytest
    door.acceptor._closed_until = time.monotonic() + 60
    door.acceptor.accept(incoming(1, "quetzalcanary"))
    for _ in range(100):
        if not [t for t in threading.enumerate() if t.name == "drain"]:
            break
        time.sleep(0.05)
    door.journal._lines.unlink(missing_ok=True)
    assert "quetzalcanary" not in capsys.readouterr().err


def test_a_turn_does_not_print_itself() -> None:
    from gateway.clients.rasa import Turn  # noqa: PLC0415

    assert "quetzalcanary" not in repr(Turn("1", "c", "sms", "en", "quetzalcanary", {"x": "quetzalcanary"}, {}))


def test_the_breaker_is_shared_by_all_conversations() -> None:
    """Not a bug by itself: three bad answers to one resident give everybody the menu for five seconds."""
    server = FakeRasa(lambda request: (200, b"null"))
    rasa = Rasa(server.url, "s")
    from gateway.clients.rasa import Turn  # noqa: PLC0415

    for _ in range(3):
        with pytest.raises(BotUnavailable):
            rasa.turn(Turn("1", "c", "sms", "en", "x", None, {}))
    with pytest.raises(BotUnavailable, match="breaker_open"):
        rasa.turn(Turn("2", "another", "sms", "en", "x", None, {}))
    rasa.close()
    server.stop()
