"""While Postgres is away messages wait on disk, in order and encrypted, and the answer is still right."""

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from gateway import create_app, services
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.errors import ContactBusy, Unstorable
from gateway.journal import Journal
from gateway.keys import Keys
from gateway.models import Escalation, Message
from gateway.settings import Settings, sqlalchemy_url
from tests.conftest import RESIDENT, Phone

AT = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


@pytest.fixture
def keys() -> Keys:
    return Keys("h" * 32, (Fernet.generate_key().decode(),), "c" * 32)


def text(number: int, body: str = "hola") -> Inbound:
    return Inbound(SMS, RESIDENT, f"SM{number:032x}", body)


def test_what_is_kept_comes_back_in_order_with_what_was_said(tmp_path: Path, keys: Keys) -> None:
    journal = Journal(tmp_path, keys)
    for number in range(5):
        journal.append(text(number, f"línea {number} 😀"), AT, ["llame al 911"])
    assert journal.pending()
    taken: list[Inbound] = []
    assert journal.drain(taken.append) == 5
    assert [inbound.text for inbound in taken] == [f"línea {number} 😀" for number in range(5)]
    assert {(inbound.received_at, inbound.said) for inbound in taken} == {(AT, ("llame al 911",))}
    assert not journal.pending()


def test_nothing_of_it_can_be_read_on_disk(tmp_path: Path, keys: Keys) -> None:
    Journal(tmp_path, keys).append(text(1, "canary words"), AT, [])
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert kept
    assert b"canary" not in kept
    assert RESIDENT.encode() not in kept


def test_a_store_that_fails_in_the_middle_loses_and_repeats_nothing(tmp_path: Path, keys: Keys) -> None:
    journal = Journal(tmp_path, keys)
    for number in range(6):
        journal.append(text(number), AT, [])
    taken: list[str] = []

    def apply(inbound: Inbound) -> None:
        if len(taken) == 3 and "down" not in seen:
            seen.append("down")
            raise OperationalError("x", {}, Exception())
        taken.append(inbound.provider_id)

    seen: list[str] = []
    with pytest.raises(OperationalError):
        journal.drain(apply)
    journal.append(text(6), AT, [])
    assert journal.drain(apply) == 4
    assert taken == [f"SM{number:032x}" for number in range(7)]


def test_a_line_torn_by_a_crash_does_not_hold_up_the_rest(tmp_path: Path, keys: Keys) -> None:
    journal = Journal(tmp_path, keys)
    journal.append(text(1), AT, [])
    with (tmp_path / "journal").open("ab") as file:
        file.write(b"gAAAAtorn in the mid")
    journal.append(text(2), AT, [])
    taken: list[Inbound] = []
    assert journal.drain(taken.append) == 2
    assert not journal.pending()
    assert (tmp_path / "journal.unreadable").exists()


def test_a_busy_contact_waits_in_order_and_holds_up_nobody(tmp_path: Path, keys: Keys) -> None:
    journal = Journal(tmp_path, keys)
    other = Inbound(SMS, "+15555550122", "SM" + "f" * 32, "hola")
    for inbound in (text(1), other, text(2)):
        journal.append(inbound, AT, [])
    taken: list[str] = []

    def apply(inbound: Inbound) -> None:
        if inbound.address == RESIDENT and not free:
            raise ContactBusy("LockNotAvailable")
        taken.append(inbound.provider_id)

    free: list[bool] = []
    assert [journal.drain(apply), journal.drain(apply)] == [1, 0]
    assert (journal.holds(text(3)), journal.holds(other)) == (True, False)
    free.append(True)
    assert journal.drain(apply) == 2
    assert taken == [other.provider_id, text(1).provider_id, text(2).provider_id]
    assert not journal.pending()


def test_a_line_that_can_never_be_stored_is_kept_aside(
    tmp_path: Path, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path, keys)
    journal.append(text(1, "canary words"), AT, [])

    def refuse(_: Inbound) -> None:
        raise Unstorable("DataError")

    assert not journal.unreadable()
    assert journal.drain(refuse) == 0
    assert journal.unreadable()
    assert not journal.pending()
    assert [record.levelname for record in caplog.records] == ["CRITICAL"]
    assert "canary" not in caplog.text


def test_a_place_behind_the_end_of_the_journal_means_from_the_start(tmp_path: Path, keys: Keys) -> None:
    journal = Journal(tmp_path, keys)
    journal.append(text(1), AT, [])
    (tmp_path / "journal.place").write_text("999999")
    assert journal.drain(lambda _: None) == 1
    assert not journal.pending()


def test_a_drain_ends_in_time(tmp_path: Path, keys: Keys) -> None:
    journal = Journal(tmp_path, keys)
    journal.append(text(1), AT, [])
    assert journal.drain(lambda _: None, seconds=0) == 0
    assert journal.pending()


def test_a_disk_that_will_not_take_it_is_told_to_the_sender(
    app: Any, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = app.extensions["front_door"]
    monkeypatch.setattr(door.acceptor, "_store_is_up", lambda: False)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdatasync", full)
    assert phone.text("hola").status_code == 503


@pytest.mark.faults
def test_postgres_stops_and_comes_back(settings: Settings, tmp_path: Path) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from gateway import schema  # noqa: PLC0415

    running = services.start_postgres(tmp_path / "pg")
    own = replace(settings, database_url=sqlalchemy_url(running.url))
    database = Database(own.database_url)
    schema.upgrade(database)
    app = create_app(own)
    phone = Phone(app.test_client(), own)
    try:
        assert phone.text("hola, buenos dias").status_code == 200
        os.kill(running.process.pid, signal.SIGSTOP)
        for child in _children(running.process.pid):
            os.kill(child, signal.SIGSTOP)
        answers = [phone.text(body) for body in ("i took all my pills", "AYUDA", "necesito comida")]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        assert "911" in answers[0].text
        assert "988" in answers[1].text
        assert app.extensions["front_door"].journal.pending()
    finally:
        for child in [running.process.pid, *_children(running.process.pid)]:
            os.kill(child, signal.SIGCONT)
    acceptor = app.extensions["front_door"].acceptor
    for _ in range(100):
        if not app.extensions["front_door"].journal.pending():
            break
        acceptor.drain()
    with database.begin() as session:
        texts = session.scalars(select(Message.text).where(Message.direction == "in").order_by(Message.id)).all()
        assert texts == ["hola, buenos dias", "i took all my pills", "AYUDA", "necesito comida"]
        assert session.scalars(select(Escalation.level)).all() == ["emergency"]
        said = session.scalars(select(Message.text).where(Message.in_webhook).order_by(Message.id)).all()
        assert len(said) == answers[0].text.count("<Message>") + answers[1].text.count("<Message>")
    database.close()
    app.extensions["front_door"].close()
    running.stop()


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
