"""What the worker sees to by itself: the bell, the journal, receipts, and texts that a dead process left."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import select

from gateway import delivery, escalations, services, worker
from gateway.clients import bell
from gateway.clients.bell import WORK, Bell
from gateway.clients.rasa import Rasa
from gateway.conversations import SMS, Inbound, say, thread
from gateway.db import Database
from gateway.door import Door
from gateway.models import Delivery, EarlyReceipt, Message
from gateway.settings import Settings
from gateway.worker import Worker
from tests.conftest import RESIDENT
from tests.fakes.fake_rasa import FakeRasa

pytestmark = pytest.mark.slow

SID = "SM" + "7" * 32


class Carrier:
    """Has taken the one text that is asked about."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.asked = 0

    def send(self, to: str, body: str) -> str:
        self.sent.append(body)
        return f"SM{len(self.sent):032x}"

    def find(self, to: str, body: str, since: datetime) -> str | None:
        self.asked += 1
        return SID


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.fixture
def made(
    database: Database, door: Door, settings: Settings, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Worker]:
    """A worker that looks around often; its threads are started by the tests that want them."""
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(bell, "LISTEN_SECONDS", 0.05)
    bot = FakeRasa()
    with closing(Rasa(bot.url, "s")) as rasa:
        one = Worker(database, door.bell, rasa, carrier, settings.keys, door.community, door.acceptor)
        yield one
        one.stop()
    bot.stop()


def left_sending(database: Database, settings: Settings) -> int:
    """A text whose sender died a minute ago."""
    then = datetime.now(UTC) - timedelta(minutes=1)
    with database.begin() as session:
        conversation = thread(session, settings.keys, Inbound(SMS, RESIDENT, "x", "y"), then)
        say(session, conversation, "hello", "bot", then)
    with database.begin() as session:
        row = delivery.take_next(session, then)
        assert row
        return row.id


def crossed(database: Database, settings: Settings) -> int:
    """A text whose receipt is here, of which neither call nor receipt could see the other."""
    delivery_id = left_sending(database, settings)
    then = datetime.now(UTC)
    with database.begin() as receipt, database.begin() as call:
        delivery.sent(call, delivery_id, 1, SID, then)
        delivery.receipt(receipt, SID, "undelivered", 30003, then)
    return delivery_id


def status(database: Database, delivery_id: int) -> str:
    with database.begin() as session:
        return session.get_one(Delivery, delivery_id).status


def in_time(true: Callable[[], Any], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return False


def test_what_a_dead_process_left_is_settled(
    made: Worker, database: Database, settings: Settings, carrier: Carrier
) -> None:
    row = left_sending(database, settings)
    made.start()
    assert in_time(lambda: status(database, row) == "sent")
    assert carrier.sent == []


def test_what_waits_in_the_journal_is_stored_and_answered_without_a_bell(
    made: Worker, door: Door, database: Database, carrier: Carrier
) -> None:
    door.journal.append(Inbound(SMS, RESIDENT, SID, "i need some food please"), datetime.now(UTC), [])
    made.start()
    assert in_time(lambda: carrier.sent)
    with database.begin() as session:
        assert session.scalars(select(Message.provider_id).where(Message.direction == "in")).all() == [SID]


def test_a_receipt_that_crossed_with_its_call_is_found(made: Worker, database: Database, settings: Settings) -> None:
    row = crossed(database, settings)
    made.start()
    assert in_time(lambda: status(database, row) == "failed")
    with database.begin() as session:
        assert [each.reason for each in escalations.queue(session)] == ["text_failed"]


def test_receipts_of_others_are_forgotten(made: Worker, database: Database) -> None:
    with database.begin() as session:
        delivery.receipt(session, SID, "delivered", None, datetime.now(UTC) - timedelta(hours=5))
    made.sweep()
    with database.begin() as session:
        assert session.get(EarlyReceipt, SID) is None


@pytest.mark.parametrize("failure", [RuntimeError("broken"), OSError(28, "No space left on device")])
def test_a_part_of_the_sweep_that_fails_keeps_no_other_from_its_turn(
    made: Worker, database: Database, door: Door, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
) -> None:  # fmt: skip
    row = crossed(database, settings)

    def broken() -> int:
        raise failure

    monkeypatch.setattr(door.acceptor, "drain", broken)
    made.sweep()
    assert status(database, row) == "failed"


def test_the_journal_comes_first(
    made: Worker, database: Database, door: Door, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = crossed(database, settings)
    seen: list[str] = []
    monkeypatch.setattr(door.acceptor, "drain", lambda: seen.append(status(database, row)) or 0)
    made.sweep()
    assert seen == ["sent"]


def test_a_hanging_twilio_does_not_keep_the_journal_waiting(
    made: Worker, database: Database, door: Door, settings: Settings, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_sending(database, settings)
    over, drained = threading.Event(), threading.Event()

    def hang(to: str, body: str, since: datetime) -> str | None:
        carrier.asked += 1
        over.wait(60)
        return None

    monkeypatch.setattr(carrier, "find", hang)
    made.start()
    assert in_time(lambda: carrier.asked == 1)
    monkeypatch.setattr(door.acceptor, "drain", lambda: drained.set() or 0)
    assert drained.wait(20)
    over.set()


def test_a_worker_that_is_to_end_begins_nothing(
    made: Worker, database: Database, settings: Settings, carrier: Carrier
) -> None:
    row = crossed(database, settings)
    left_sending(database, settings)
    made.stop()
    made.settle()
    made.sweep()
    assert (carrier.asked, status(database, row)) == (0, "sent")


def test_the_bell_is_heard_again_after_redis_was_away(tmp_path: Path) -> None:
    first = services.start_redis(tmp_path)
    first.stop()
    stop = threading.Event()
    with closing(Bell(first.url).listen(WORK, stop)) as notes:
        assert [next(notes), next(notes)] == [None, None]  # and no error, although nobody is there
        for round_ in (1, 2):
            running = services.start_redis(tmp_path)
            try:
                assert heard(notes, running.url, round_)
            finally:
                running.stop()
            assert next(notes) is None
        stop.set()
        assert list(notes) in ([], [None])


def heard(notes: Iterator[int | None], url: str, number: int) -> bool:
    with Redis.from_url(url) as other:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            other.publish(WORK, number)
            if next(notes) == number:
                return True
    return False


@pytest.mark.parametrize("strange", [b"", b"hello", b"\xff\xfe", b"-1", "²".encode(), b"9" * 30, b"1.5"])
def test_a_strange_note_is_passed_over(redis_url: str, strange: bytes) -> None:
    with closing(Bell(redis_url).listen(WORK, threading.Event())) as notes, Redis.from_url(redis_url) as other:
        while not other.publish(WORK, strange):
            next(notes)
        other.publish(WORK, 7)
        got = [next(notes) for _ in range(3)]
        assert 7 in got
        assert set(got) <= {None, 7}


def test_a_closed_bell_holds_no_connection_and_is_silent(redis_url: str) -> None:
    with Redis.from_url(redis_url) as other:
        before = {each["id"] for each in other.client_list()}
        bell = Bell(redis_url)
        bell.ring(1)
        mine = {each["id"] for each in other.client_list()} - before
        assert mine
        bell.close()
        bell.ring(2)
        assert in_time(lambda: not mine & {each["id"] for each in other.client_list()})
        assert {each["id"] for each in other.client_list()} <= before
