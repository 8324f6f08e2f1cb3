"""Scenarios that a review of the core thought of: each once lost, leaked or wedged something."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from gateway import escalations, leases, risk
from gateway.conversations import SMS, Inbound, close, lock, thread
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Conflict
from gateway.journal import Journal
from gateway.models import Contact, Conversation, Delivery, Escalation, Message, Responder
from gateway.receiving import receive
from gateway.risk import Level
from gateway.settings import Settings
from tests.conftest import RESIDENT, Clock, Phone
from tests.gateway.road import heard, incoming, rows, sid

pytestmark = pytest.mark.slow

AT = datetime.fromisoformat("2026-11-23T20:00:00+00:00")


def claimed(database: Database, now: datetime) -> tuple[int, int, Responder]:
    """The one open escalation, claimed by Ana."""
    ana = Responder(email="a@d.example", name="Ana", role="responder", password_hash="-", languages=[], created_at=now)
    with database.begin() as session:
        session.add(ana)
    with database.begin() as session:
        row = session.scalars(select(Escalation)).one()
        row = escalations.claim(session, row.id, row.epoch, ana, now)
    return row.id, row.epoch, ana


def test_a_crash_between_the_two_unlinks_loses_nothing(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, settings.keys)
    for number in range(3):
        journal.append(incoming(number, "first night"), AT, [])
    unlink, gone = Path.unlink, []

    def dies_after_the_first(path: Path, missing_ok: bool = False) -> None:
        if gone:
            raise KeyboardInterrupt  # stands for kill -9
        gone.append(path)
        unlink(path, missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", dies_after_the_first)
        with pytest.raises(KeyboardInterrupt):
            journal.drain(lambda _: None)
    again = Journal(tmp_path, settings.keys)
    for number in range(3, 5):
        again.append(incoming(number, "second night"), AT, [])
    taken: list[str] = []
    again.drain(lambda inbound: taken.append(inbound.provider_id))
    assert [name for name in taken if name in {sid(3), sid(4)}] == [sid(3), sid(4)]
    assert not again.pending()


def test_one_line_that_cannot_be_stored_does_not_hold_up_the_others(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.acceptor._start_draining = lambda: None  # type: ignore[method-assign]
    poison = Inbound(SMS, RESIDENT, sid(1), "look", media=("https://x/\x00",))  # JSONB has no NUL
    door.acceptor.accept(poison)
    door.acceptor.accept(Inbound(SMS, "+15555550222", sid(2), "need food"))
    for _ in range(5):
        door.acceptor.drain()
    assert sid(2) in [message.provider_id for message in rows(database, Message)]


def test_a_card_that_breaks_still_leaves_an_escalation(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gateway.risk import screening  # noqa: PLC0415

    weigh = screening._weigh

    def broken(candidate: Any, page: Any, reading: Any) -> None:
        if candidate.card.id.startswith("suicide"):
            raise ZeroDivisionError
        weigh(candidate, page, reading)

    monkeypatch.setattr(screening, "_weigh", broken)
    door.acceptor._start_draining = lambda: None  # type: ignore[method-assign]
    receipt = door.acceptor.accept(incoming(1, "i tried to kill myself an hour ago"))
    assert receipt.level >= Level.URGENT
    for _ in range(3):
        door.acceptor.drain()
    assert rows(database, Escalation)


def test_danger_that_only_the_replay_can_see_is_answered(door: Door, settings: Settings, database: Database) -> None:
    at = datetime.now(AT.tzinfo)
    heard(database, settings, door, 1, "i took all", at)
    door.acceptor._start_draining = lambda: None  # type: ignore[method-assign]
    door.acceptor._closed_until = time.monotonic() + 60  # Postgres is down
    assert door.acceptor.accept(incoming(2, "my pills")).replies == []
    door.acceptor.drain()
    if [row.level for row in rows(database, Escalation)] != ["emergency"]:
        pytest.fail("the cards changed: this needs a sentence that is dangerous in two parts only", pytrace=False)
    assert [message for message in rows(database, Message) if message.direction == "out"]


def test_a_late_commit_does_not_call_sent_what_was_never_said(
    door: Door, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime.now(AT.tzinfo)
    heard(database, settings, door, 1, "i took all", at)
    door.acceptor._start_draining = lambda: None  # type: ignore[method-assign]

    def slow(*given: Any) -> Any:
        time.sleep(1.0)
        return receive(*given)

    monkeypatch.setattr("gateway.acceptor.receive", slow)
    door.acceptor.patience = 0.2
    said = door.acceptor.accept(incoming(2, "my pills")).replies
    door.acceptor.drain()
    stored = [message.text for message in rows(database, Message) if message.in_webhook]
    sent = {row.status for row in rows(database, Delivery)}
    assert stored == said or "queued" in sent


def test_a_person_looks_at_what_could_not_be_screened_while_the_store_was_down(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    door.acceptor._start_draining = lambda: None  # type: ignore[method-assign]
    late = risk.Assessment(level=Level.URGENT, not_screened="took more than 50 ms")
    door.acceptor._closed_until = time.monotonic() + 60
    with monkeypatch.context() as patch:
        patch.setattr(risk, "screen", lambda *_: late)
        said = door.acceptor.accept(incoming(1, "hola")).replies
    assert "We asked a person" in " ".join(said)
    door.acceptor.drain()
    assert rows(database, Escalation)


def test_an_acknowledged_line_is_not_set_aside_in_silence(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from cryptography.fernet import Fernet  # noqa: PLC0415

    Journal(tmp_path, settings.keys).append(incoming(1, "i took all my pills"), AT, [])
    rotated = replace(settings.keys, seal_keys=(Fernet.generate_key().decode(),))
    Journal(tmp_path, rotated).drain(lambda _: None)
    assert (tmp_path / "journal.unreadable").exists()
    assert caplog.records


# --- the way in -------------------------------------------------------------------------------------------------------


def test_the_safety_text_survives_a_broken_neighbour(app: Any, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(_: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("gateway.language.detect", broken)
    answer = phone.text("i took all my pills")
    assert (answer.status_code, "911" in answer.text) == (200, True)


def test_one_locked_conversation_does_not_close_the_door_for_others(
    door: Door, settings: Settings, database: Database
) -> None:
    at = datetime.now(AT.tzinfo)
    conversation_id = heard(database, settings, door, 1, "hello", at).conversation_id
    with ThreadPoolExecutor(1) as pool, database.begin() as session:
        lock(session, conversation_id)
        pool.submit(door.acceptor.accept, incoming(2, "are you there")).result(30)
        receipt = door.acceptor.accept(Inbound(SMS, "+15555550222", sid(3), "need food"))
    assert receipt.conversation_id is not None


def test_setting_the_language_cannot_deadlock_with_a_new_message(
    door: Door, settings: Settings, database: Database, clock: Clock
) -> None:
    heard(database, settings, door, 1, "hello there", clock())
    held, waiting = threading.Event(), threading.Event()

    def next_message() -> str:
        held.wait(10)
        with database.begin() as session:
            session.execute(text("SET LOCAL lock_timeout = '10s'"))
            session.scalar(select(Contact).with_for_update(key_share=True))
            waiting.set()
            thread(session, settings.keys, incoming(2, "y"), clock())
        return "done"

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(next_message)
        try:
            with database.begin() as session:
                lease = leases.take(session, "test")
                assert lease is not None
                conversation = leases.held(session, lease)
                held.set()
                waiting.wait(1)
                time.sleep(0.3)
                conversation.contact.language_memory = {"lang": "es"}  # as commands.set_language
                session.flush()
            outcome = other.result(20)
        except OperationalError as failure:
            outcome = type(failure.orig).__name__
    assert outcome == "done"


def test_a_late_duplicate_changes_nothing(door: Door, settings: Settings, database: Database) -> None:
    heard(database, settings, door, 1, "thanks, bye", AT)
    with database.begin() as session:
        close(session, session.scalars(select(Conversation)).one(), "resident_done", AT)
    assert heard(database, settings, door, 1, "thanks, bye", AT).duplicate
    assert len(rows(database, Conversation)) == 1


@pytest.mark.parametrize("word", ["START", "COMENZAR", "Iniciar"])
def test_start_as_first_word_gets_some_answer(phone: Phone, database: Database, word: str) -> None:
    answer = phone.text(word).text
    assert "<Message>" in answer or rows(database, Conversation)[0].pending_since is not None


def test_new_and_higher_danger_is_answered_under_a_responder(
    door: Door, settings: Settings, database: Database
) -> None:
    first = heard(database, settings, door, 1, "i want to die", AT)
    assert first.level is Level.URGENT
    claimed(database, AT)
    worse = heard(database, settings, door, 2, "i just took all my pills", AT + timedelta(minutes=5))
    assert worse.level is Level.EMERGENCY
    assert worse.replies


def test_danger_that_came_after_the_page_was_drawn_cannot_be_resolved_away(
    door: Door, settings: Settings, database: Database
) -> None:
    with database.begin() as session:
        conversation = thread(session, settings.keys, incoming(1, "x"), AT)
        escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, AT)
    escalation_id, epoch, ana = claimed(database, AT)
    heard(database, settings, door, 2, "i just took all my pills", AT + timedelta(seconds=30))
    with suppress(Conflict), database.begin() as session:  # a Conflict would be the right thing
        escalations.resolve(session, escalation_id, epoch, ana, "helped", AT + timedelta(seconds=31))
    with database.begin() as session:
        assert escalations.queue(session)
