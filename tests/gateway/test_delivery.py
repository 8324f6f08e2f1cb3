"""Texts go out once, the most urgent first, never after a STOP; receipts only move forward."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from gateway import delivery, escalations, optout, sending
from gateway.conversations import SMS, Inbound, hand_over, lock_contact, say, thread
from gateway.db import Database
from gateway.errors import SmsFailed
from gateway.models import Conversation, Delivery, EarlyReceipt
from gateway.settings import Settings
from tests.conftest import Clock

pytestmark = pytest.mark.slow

IN_DOUBT = SmsFailed(None, retryable=True, ambiguous=True)


class Carrier:
    """Takes texts, or fails as told; remembers what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.failures: list[SmsFailed] = []
        self.found: str | None = None
        self.asked = 0
        self.unreachable = False

    def send(self, to: str, body: str) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append((to, body))
        return f"SM{len(self.taken):032x}"

    def find(self, to: str, body: str, since: datetime) -> str | None:
        self.asked += 1
        if self.unreachable:
            raise IN_DOUBT
        return self.found


class Deaf(Carrier):
    """Takes every text and loses every answer."""

    def send(self, to: str, body: str) -> str:
        super().send(to, body)
        raise IN_DOUBT


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


def queued(
    database: Database, settings: Settings, now: datetime, body: str, priority: int = delivery.BOT, number: int = 111
) -> int:
    with database.begin() as session:
        conversation = thread(session, settings.keys, Inbound(SMS, f"+1555555{number:04d}", "x", "y"), now)
        message = say(session, conversation, body, "bot", now, priority=priority)
        return session.scalars(select(Delivery.id).where(Delivery.message_id == message.id)).one()


def reasons(database: Database) -> list[str]:
    with database.begin() as session:
        return [row.reason for row in escalations.queue(session)]


def send_for(database: Database, settings: Settings, carrier: Carrier, clock: Clock, seconds: int, step: int) -> None:
    """What a sender and the sweep do in that time."""
    for _ in range(0, seconds, step):
        while sending.settle_stuck(database, carrier, settings.keys, clock):
            pass
        while sending.send_next(database, carrier, settings.keys, clock):
            pass
        clock.forward(seconds=step)


def status(database: Database, delivery_id: int) -> str:
    with database.begin() as session:
        return session.get_one(Delivery, delivery_id).status


def test_the_most_urgent_goes_first_and_a_conversation_keeps_its_order(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    for number, (body, priority) in enumerate([("bulk", 3), ("bot", 2), ("responder", 1), ("emergency", 0)]):
        queued(database, settings, clock(), body, priority, number)
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
    clock.forward(seconds=45)
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
        delivery.sent(session, row, 1, sid, clock())
    for receipt in (*order, *order):
        with database.begin() as session:
            assert delivery.receipt(session, sid, receipt, None, clock())
    assert status(database, row) == "delivered"


def test_a_failure_keeps_its_code_and_stays(database: Database, settings: Settings, clock: Clock) -> None:
    row = queued(database, settings, clock(), "hello")
    sid = "SM" + "5" * 32
    with database.begin() as session:
        delivery.take_next(session, clock())
        delivery.sent(session, row, 1, sid, clock())
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
        delivery.sent(session, row, 1, sid, clock())
    sending.match_early(database, clock)
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


def test_a_text_is_not_taken_while_a_stop_is_being_stored(database: Database, settings: Settings, clock: Clock) -> None:
    row = queued(database, settings, clock(), "hello")
    stop = Inbound(SMS, "+15555550111", "x", "STOP")
    with database.begin() as storing, database.begin() as sender:
        contact = lock_contact(storing, settings.keys, stop, clock())
        optout.stop(storing, SMS, contact.address_hash, "keyword", clock())
        assert delivery.take_next(sender, clock()) is None
    with database.begin() as session:
        assert delivery.take_next(session, clock()) is None
    assert status(database, row) == "cancelled"


def test_a_stop_waits_for_a_text_that_is_being_taken(database: Database, settings: Settings, clock: Clock) -> None:
    queued(database, settings, clock(), "hello")
    stop = Inbound(SMS, "+15555550111", "x", "STOP")
    with database.begin() as sender:
        assert delivery.take_next(sender, clock())
        with database.begin() as storing:
            storing.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                lock_contact(storing, settings.keys, stop, clock())
            storing.rollback()


def test_every_host_goes_by_the_clock_of_the_database(database: Database, settings: Settings, carrier: Carrier) -> None:
    def at() -> datetime:
        with database.begin() as session:
            return delivery.clock(session)

    before = at()
    row = queued(database, settings, before + timedelta(minutes=3), "from a host ahead of the others")
    carrier.failures = [SmsFailed(20429, retryable=True, after=30)]
    assert sending.send_next(database, carrier, settings.keys)
    after = at()
    with database.begin() as session:
        kept = session.get_one(Delivery, row)
        assert kept.sending_since is not None
        assert before <= kept.sending_since <= after
        assert before <= kept.next_attempt_at - timedelta(seconds=30) <= after
    assert not sending.send_next(database, carrier, settings.keys)
    with database.begin() as session:
        session.get_one(Delivery, row).next_attempt_at = after  # the half minute is over
    assert sending.send_next(database, carrier, settings.keys)
    assert status(database, row) == "sent"


def test_the_clock_of_the_database_stands_at_the_start_of_the_transaction(database: Database) -> None:
    with database.begin() as session:
        first = delivery.clock(session)
        assert first.tzinfo
        assert delivery.clock(session) == first
    with database.begin() as session:
        assert delivery.clock(session) > first


@pytest.mark.parametrize(("priority", "most"), [(delivery.EMERGENCY, 5), (delivery.BOT, 4)])
def test_a_text_that_leaves_no_trace_is_repeated_ever_more_slowly(
    database: Database, settings: Settings, clock: Clock, priority: int, most: int
) -> None:
    queued(database, settings, clock(), "hello", priority)
    carrier = Deaf()
    send_for(database, settings, carrier, clock, 200, 2)
    assert 3 <= len(carrier.taken) <= most
    assert carrier.asked >= len(carrier.taken) - 1


@pytest.mark.parametrize(("priority", "copies"), [(delivery.EMERGENCY, 4), (delivery.RESPONDER, 1)])
def test_while_twilio_cannot_be_asked_only_an_emergency_goes_again_and_not_without_end(
    database: Database, settings: Settings, clock: Clock, priority: int, copies: int
) -> None:
    row = queued(database, settings, clock(), "hello", priority)
    carrier = Deaf()
    carrier.unreachable = True
    send_for(database, settings, carrier, clock, 3600, 30)
    assert (len(carrier.taken), status(database, row), reasons(database)) == (copies, "sending", [])
    send_for(database, settings, carrier, clock, 4 * 3600, 300)
    assert (len(carrier.taken), status(database, row), reasons(database)) == (copies, "failed", ["text_failed"])


def test_a_confirmation_of_a_stop_is_given_up_after_five_minutes(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    with database.begin() as session:
        conversation = thread(session, settings.keys, Inbound(SMS, "+15555550111", "x", "y"), clock())
        message = say(session, conversation, "bye", "system", clock(), priority=0, confirms_stop=True)
    carrier.failures = [SmsFailed(20429, retryable=True) for _ in range(60)]
    send_for(database, settings, carrier, clock, 420, 10)
    with database.begin() as session:
        row = session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()
        assert row.status == "failed"
        assert row.updated_at - message.created_at <= timedelta(minutes=6, seconds=10)
    assert (carrier.taken, reasons(database)) == ([], [])


def test_an_equal_text_to_the_same_number_is_not_taken_for_this_one(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    rows = [queued(database, settings, clock(), "the same words") for _ in range(2)]
    assert sending.send_next(database, carrier, settings.keys, clock)
    carrier.failures, carrier.found = [IN_DOUBT], f"SM{1:032x}"
    send_for(database, settings, carrier, clock, 60, 5)
    assert [status(database, row) for row in rows] == ["sent", "sent"]
    assert len(carrier.taken) == 2


def test_news_of_an_earlier_try_does_not_touch_a_later_one(
    database: Database, settings: Settings, clock: Clock
) -> None:
    row, sid = queued(database, settings, clock(), "hello"), "SM" + "1" * 32
    with database.begin() as session:
        assert delivery.take_next(session, clock())
    with database.begin() as session:
        delivery.retry(session, row, 1, clock(), None, 0.0)
    with database.begin() as session:
        assert delivery.take_next(session, clock())
    with database.begin() as session:
        delivery.withdraw(session, row, 1, clock())
        delivery.sent(session, row, 1, sid, clock())
        assert not delivery.retry(session, row, 1, clock(), None, 0.0)
        assert not delivery.fail(session, row, 1, clock(), 30005)
        assert not delivery.renew(session, row, 1, clock())
    with database.begin() as session:
        kept = session.get_one(Delivery, row)
        assert (kept.status, kept.provider_id, kept.attempts) == ("sending", None, 2)
        assert delivery.renew(session, row, 2, clock())


def test_late_news_that_a_text_left_spares_its_repetition(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    row = queued(database, settings, clock(), "hello")
    with database.begin() as session:
        delivery.take_next(session, clock())
    clock.forward(seconds=45)
    assert sending.settle_stuck(database, carrier, settings.keys, clock)
    assert status(database, row) == "queued"
    with database.begin() as session:
        delivery.sent(session, row, 1, "SM" + "1" * 32, clock())
    clock.forward(seconds=60)
    assert not sending.send_next(database, carrier, settings.keys, clock)
    assert (status(database, row), carrier.taken) == ("sent", [])


def test_a_text_that_somebody_else_settled_is_not_asked_about(
    database: Database, settings: Settings, clock: Clock
) -> None:
    row = queued(database, settings, clock(), "hello")

    class Slow(Deaf):
        def send(self, to: str, body: str) -> str:
            with database.begin() as session:
                delivery.sent(session, row, 1, "SM" + "1" * 32, clock())
            return super().send(to, body)

    carrier = Slow()
    sending.send_next(database, carrier, settings.keys, clock)
    assert (carrier.asked, status(database, row)) == (0, "sent")


def test_a_text_is_held_while_twilio_is_asked_about_it(database: Database, settings: Settings, clock: Clock) -> None:
    queued(database, settings, clock(), "hello")
    stuck: list[bool] = []

    class Slow(Deaf):
        def send(self, to: str, body: str) -> str:
            clock.forward(seconds=30)
            return super().send(to, body)

        def find(self, to: str, body: str, since: datetime) -> str | None:
            clock.forward(seconds=30)
            with database.begin() as session:
                stuck.append(delivery.take_stuck(session, clock()) is not None)
            return "SM" + "1" * 32

    sending.send_next(database, Slow(), settings.keys, clock)
    assert stuck == [False]


@pytest.mark.parametrize(
    ("code", "confirms_stop", "asked"), [(30005, False, ["text_failed"]), (21610, False, []), (30005, True, [])]
)
@pytest.mark.parametrize("first", ["call", "receipt", "crossing"])
def test_a_failing_receipt_is_seen_by_a_person_once(
    database: Database, settings: Settings, clock: Clock, code: int, confirms_stop: bool, asked: list[str], first: str
) -> None:
    sid = "SM" + "5" * 32
    with database.begin() as session:
        conversation = thread(session, settings.keys, Inbound(SMS, "+15555550111", "x", "y"), clock())
        say(session, conversation, "bye", "system", clock(), confirms_stop=confirms_stop)
    with database.begin() as session:
        row = delivery.take_next(session, clock())
        assert row
    with database.begin() as call, database.begin() as receipt:
        if first != "receipt":
            delivery.sent(call, row.id, 1, sid, clock())
        if first == "call":
            call.commit()
        delivery.receipt(receipt, sid, "undelivered", code, clock())
    with database.begin() as session:
        delivery.sent(session, row.id, 1, sid, clock())
    sending.match_early(database, clock)
    assert (status(database, row.id), reasons(database)) == ("failed", asked)
    with database.begin() as session:
        for waiting in escalations.queue(session):
            session.delete(waiting)
        delivery.receipt(session, sid, "failed", code, clock())
    sending.match_early(database, clock)
    assert reasons(database) == []


def test_a_number_that_cannot_be_opened_is_seen_by_a_person(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    row = queued(database, settings, clock(), "hello")
    with database.begin() as session:
        session.scalars(select(Conversation)).one().contact.address_sealed = b"of another key"
    assert sending.send_next(database, carrier, settings.keys, clock)
    assert (status(database, row), reasons(database)) == ("failed", ["text_failed"])


def test_the_resident_s_own_opt_out_at_twilio_is_no_affair_of_a_person(
    database: Database, settings: Settings, carrier: Carrier, clock: Clock
) -> None:
    queued(database, settings, clock(), "hello")
    carrier.failures = [SmsFailed(21610, retryable=False)]
    assert sending.send_next(database, carrier, settings.keys, clock)
    assert reasons(database) == []
