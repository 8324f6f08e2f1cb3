"""Texts go out once, the most urgent first, never after a STOP; receipts only move forward."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from gateway import delivery, optout, sending
from gateway.conversations import SMS, Inbound, hand_over, say, thread
from gateway.db import Database
from gateway.errors import SmsFailed
from gateway.models import Conversation, Delivery, EarlyReceipt
from gateway.settings import Settings
from tests.conftest import Clock


class Carrier:
    """Takes texts, or fails as told; remembers what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.failures: list[SmsFailed] = []
        self.found: str | None = None

    def send(self, to: str, body: str) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append((to, body))
        return f"SM{len(self.taken):032x}"

    def find(self, to: str, body: str, since: datetime) -> str | None:
        return self.found


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


def queued(
    database: Database, settings: Settings, now: datetime, text: str, priority: int = delivery.BOT, number: int = 111
) -> int:
    with database.begin() as session:
        conversation = thread(session, settings.keys, Inbound(SMS, f"+1555555{number:04d}", "x", "y"), now)
        message = say(session, conversation, text, "bot", now, priority=priority)
        return session.scalars(select(Delivery.id).where(Delivery.message_id == message.id)).one()


def status(database: Database, delivery_id: int) -> str:
    with database.begin() as session:
        return session.get_one(Delivery, delivery_id).status


def test_the_most_urgent_goes_first_and_a_conversation_keeps_its_order(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    for number, (text, priority) in enumerate([("bulk", 3), ("bot", 2), ("responder", 1), ("emergency", 0)]):
        queued(database, settings, clock(), text, priority, number)
    queued(database, settings, clock(), "bot again", 2, 1)
    while sending.send_next(database, carrier, settings.keys, clock):
        pass
    assert [body for _, body in carrier.taken] == ["emergency", "responder", "bot", "bot again", "bulk"]


def test_many_senders_send_each_text_once_and_in_order(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    for index in range(10):
        for number in range(5):
            queued(database, settings, clock(), f"{index}", number=number)

    def work(_: int) -> None:
        for _ in range(60):
            sending.send_next(database, carrier, settings.keys, clock)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    while sending.send_next(database, carrier, settings.keys, clock):
        pass
    assert len(carrier.taken) == 50
    for number in range(5):
        mine = [body for to, body in carrier.taken if to == f"+1555555{number:04d}"]
        assert mine == [str(index) for index in range(10)]


def test_nothing_leaves_after_stop(database: Database, settings: Settings, carrier: Carrier, clock: Clock) -> None:
    row = queued(database, settings, clock(), "hello")
    with database.begin() as session:
        contact = session.scalars(select(Conversation)).one().contact
        optout.stop(session, SMS, contact.address_hash, "keyword", clock())
    assert not sending.send_next(database, carrier, settings.keys, clock)
    assert (status(database, row), carrier.taken) == ("cancelled", [])


def test_the_bot_is_silent_from_the_claim_on(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    row = queued(database, settings, clock(), "bot words")
    with database.begin() as session:
        hand_over(session, session.scalars(select(Conversation)).one(), clock())
    assert sending.send_next(database, carrier, settings.keys, clock)
    assert (status(database, row), carrier.taken) == ("cancelled", [])


def test_a_refusal_that_may_pass_is_tried_again_later(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    row = queued(database, settings, clock(), "hello")
    carrier.failures = [SmsFailed(20429, retryable=True, after=30)]
    sending.send_next(database, carrier, settings.keys, clock)
    assert status(database, row) == "queued"
    assert not sending.send_next(database, carrier, settings.keys, clock)
    clock.forward(seconds=31)
    sending.send_next(database, carrier, settings.keys, clock)
    assert (status(database, row), len(carrier.taken)) == ("sent", 1)


def test_a_refusal_for_good_is_final_and_an_opt_out_at_twilio_is_ours_too(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    row = queued(database, settings, clock(), "hello")
    carrier.failures = [SmsFailed(21610, retryable=False)]
    sending.send_next(database, carrier, settings.keys, clock)
    assert status(database, row) == "failed"
    with database.begin() as session:
        contact = session.scalars(select(Conversation)).one().contact
        assert optout.in_force(session, SMS, contact.address_hash)


@pytest.mark.parametrize(
    ("priority", "found", "sends"), [(2, "SM" + "9" * 32, 0), (2, None, 1), (0, "SM" + "9" * 32, 1)]
)
def test_in_doubt_twilio_is_asked_first_except_when_life_is_at_stake(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock, priority: int, found: str | None, sends: int
) -> None:
    row = queued(database, settings, clock(), "hello", priority)
    carrier.failures, carrier.found = [SmsFailed(None, retryable=True, ambiguous=True)], found
    sending.send_next(database, carrier, settings.keys, clock)
    clock.forward(seconds=61)
    sending.send_next(database, carrier, settings.keys, clock)
    assert (status(database, row), len(carrier.taken)) == ("sent", sends)


def test_a_text_whose_sender_died_is_settled(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    row = queued(database, settings, clock(), "hello")
    with database.begin() as session:
        assert delivery.take_next(session, clock())
    assert not sending.settle_stuck(database, carrier, settings.keys, clock)
    clock.forward(seconds=25)
    carrier.found = "SM" + "7" * 32
    assert sending.settle_stuck(database, carrier, settings.keys, clock)
    assert (status(database, row), carrier.taken) == ("sent", [])


@pytest.mark.parametrize("order", list(permutations(["queued", "sent", "delivered"])))
def test_receipts_only_move_forward(
    database: Database, settings: Settings, clock: Clock, order: tuple[str, ...]
) -> None:
    row = queued(database, settings, clock(), "hello")
    sid = "SM" + "5" * 32
    with database.begin() as session:
        delivery.take_next(session, clock())
        delivery.sent(session, row, sid, clock())
    for receipt in (*order, *order):
        with database.begin() as session:
            assert delivery.receipt(session, sid, receipt, None, clock())
    assert status(database, row) == "delivered"


def test_a_failure_keeps_its_code_and_stays(database: Database, settings: Settings, clock: Clock) -> None:
    row = queued(database, settings, clock(), "hello")
    sid = "SM" + "5" * 32
    with database.begin() as session:
        delivery.take_next(session, clock())
        delivery.sent(session, row, sid, clock())
        delivery.receipt(session, sid, "undelivered", 30003, clock())
        delivery.receipt(session, sid, "delivered", None, clock())
        delivery.receipt(session, sid, "no such status", None, clock())
    with database.begin() as session:
        kept = session.get_one(Delivery, row)
        assert (kept.status, kept.error_code) == ("failed", 30003)


@pytest.mark.parametrize("status_", ["delivered", "undelivered"])
def test_a_receipt_that_overtakes_the_call_is_not_lost(
    database: Database, settings: Settings, clock: Clock, status_: str
) -> None:
    row = queued(database, settings, clock(), "hello")
    sid = "SM" + "6" * 32
    with database.begin() as session:
        delivery.take_next(session, clock())
    for early in ("sent", status_, "queued"):
        with database.begin() as session:
            assert not delivery.receipt(session, sid, early, None, clock())
    with database.begin() as session:
        delivery.sent(session, row, sid, clock())
    assert status(database, row) == {"delivered": "delivered", "undelivered": "failed"}[status_]
    with database.begin() as session:
        assert session.scalars(select(EarlyReceipt)).all() == []


def test_early_receipts_of_others_are_forgotten(database: Database, clock: Clock) -> None:
    with database.begin() as session:
        delivery.receipt(session, "SM" + "4" * 32, "delivered", None, clock())
    clock.forward(hours=5)
    with database.begin() as session:
        delivery.forget_early(session, clock())
        assert session.scalars(select(EarlyReceipt)).all() == []


def test_a_receipt_for_a_stranger_is_no_error(database: Database, clock: Clock) -> None:
    with database.begin() as session:
        assert not delivery.receipt(session, "SM" + "0" * 32, "delivered", None, clock())


def test_a_text_that_cannot_leave_is_given_up_after_hours(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    row = queued(database, settings, clock(), "hello")
    for _ in range(400):
        carrier.failures = [SmsFailed(20429, retryable=True)]
        sending.send_next(database, carrier, settings.keys, clock)
        clock.forward(seconds=61)
        if status(database, row) == "failed":
            break
    assert status(database, row) == "failed"
    assert clock() - timedelta(hours=5) < datetime(2026, 11, 23, 20, 0, tzinfo=clock().tzinfo)


def test_backoff_grows_and_has_a_ceiling() -> None:
    waits = [delivery.backoff(attempt, 1.0) for attempt in range(12)]
    assert waits == sorted(waits)
    assert waits[0] == 1.0
    assert waits[-1] == 60.0
    assert delivery.backoff(3, 0.0) == waits[3] / 2
