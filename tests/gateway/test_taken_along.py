"""The first text of an answer is claimed in the transaction that writes it, and goes without a look into the store."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from gateway import delivery, optout, sending, turns, worker
from gateway.conversations import RESPONDER, WEBCHAT, lock_both
from gateway.delivery import Taken
from gateway.models import Conversation, Delivery
from gateway.worker import MOST_HANDED_SECONDS, Worker
from tests.conftest import RESIDENT
from tests.gateway.test_worker import Carrier, carrier, made
from tests.gateway.turn_street import Street

__all__ = ["carrier", "made"]


def answered(street: Street, *, takes: bool = True) -> turns.Answered:
    taken = turns.take_next(street.database, street.town, "test", street.clock)
    assert taken is not None
    assert taken[1] is not None
    return turns.answer(street.database, street.rasa, street.town, taken[0], taken[1], street.clock, takes=takes)


def statuses(street: Street) -> list[str]:
    with street.database.begin() as session:
        return [row.status for row in session.query(Delivery).order_by(Delivery.id)]


def take(street: Street) -> Taken | None:
    """As a turn that has written its answer does."""
    with street.database.begin() as session:
        conversation = lock_both(session, session.query(Conversation).one().id)
        return delivery.take_of(session, conversation)


def test_an_answer_is_taken_along_and_sent(street: Street, carrier: Carrier) -> None:
    street.text("i need food please")
    done = answered(street)
    assert done.text is not None
    assert [done.text.text] == street.said()
    assert RESIDENT not in repr(done)
    assert done.text.text not in repr(done)
    assert statuses(street) == ["sending"]
    assert not sending.send_next(street.database, carrier, street.keys)  # nobody else takes it
    assert sending.send_all(street.database, carrier, street.keys, first=done.text)
    assert carrier.sent == [done.text.text]
    assert statuses(street) == ["sent"]


@pytest.mark.parametrize("fresh", [True, False])
def test_who_sends_it_later_asks_whether_a_responder_claimed_since(
    street: Street, carrier: Carrier, fresh: bool
) -> None:
    street.text("i need food please")
    first = answered(street).text
    with street.database.begin() as session:
        session.query(Conversation).one().handler = RESPONDER
    sending.send_all(street.database, carrier, street.keys, first=first, fresh=fresh)
    assert len(carrier.sent) == fresh
    assert statuses(street) == (["sent"] if fresh else ["cancelled"])


def test_of_several_only_the_first_is_fresh(street: Street, carrier: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    street.text("i need food please")
    first = answered(street).text
    street.text("and a bed")
    answered(street)
    assert statuses(street) == ["sending", "queued"]

    take = carrier.send

    def claimed_meanwhile(to: str, body: str) -> str:
        with street.database.begin() as session:
            session.query(Conversation).one().handler = RESPONDER
        return take(to, body)

    monkeypatch.setattr(carrier, "send", claimed_meanwhile)
    sending.send_all(street.database, carrier, street.keys, first=first, fresh=True)
    assert statuses(street) == ["sent", "cancelled"]


def test_who_does_not_take_it_leaves_it_to_the_senders(street: Street) -> None:
    street.text("i need food please")
    assert answered(street, takes=False).text is None
    assert statuses(street) == ["queued"]


def test_after_a_stop_nothing_is_taken_along(street: Street) -> None:
    street.text("i need food please")
    with street.database.begin() as session:
        contact = session.query(Conversation).one().contact
        optout.stop(session, contact.channel, contact.address_hash, "keyword", street.clock())
    assert answered(street).text is None


def test_none_overtakes_one_that_is_under_way_or_waits_to_go_again(street: Street, carrier: Carrier) -> None:
    street.text("i need food please")
    first = answered(street).text
    assert first is not None
    street.text("and a bed")
    assert answered(street).text is None
    assert statuses(street) == ["sending", "queued"]
    with street.database.begin() as session:
        assert not delivery.retry(session, first.id, 1, street.clock(), None, 60)  # not given up
    assert take(street) is None
    sending.send_all(street.database, carrier, street.keys, street.clock)
    assert not carrier.sent


def test_what_nobody_wrote_to_us_for_is_left_to_who_knows_the_hour(street: Street) -> None:
    street.text("i need food please")
    answered(street, takes=False)
    with street.database.begin() as session:
        session.query(Delivery).one().priority = delivery.BULK
    assert take(street) is None


def test_a_page_has_no_text_to_take_along(street: Street) -> None:
    street.text("i need food please")
    answered(street, takes=False)
    with street.database.begin() as session:
        session.query(Conversation).one().channel = WEBCHAT
    assert take(street) is None


@pytest.mark.slow
def test_a_worker_sends_what_its_turns_took_along(
    made: Worker, street: Street, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[None] = []
    real = delivery.take_next
    monkeypatch.setattr(delivery, "take_next", lambda *args, **more: looks.append(None) or real(*args, **more))
    street.text("i need food please")
    monkeypatch.setattr(made._sends, "is_somebody_free", lambda: True)
    assert made.answer_one()
    assert statuses(street) == ["sending"]
    made._stop.set()  # so that it does not go on to look for more
    assert made.send_waiting()
    assert not looks
    assert len(carrier.sent) == 1
    assert statuses(street) == ["sent"]


@pytest.mark.slow
def test_what_was_taken_along_is_sent_before_a_worker_ends(made: Worker, street: Street, carrier: Carrier) -> None:
    street.text("i need food please")
    made._sends.is_somebody_free = lambda: True  # type: ignore[method-assign]
    assert made.answer_one()
    made.stop()
    assert len(carrier.sent) == 1
    assert statuses(street) == ["sent"]


@pytest.mark.slow
def test_where_no_sender_is_free_the_text_waits_for_one(made: Worker, street: Street) -> None:
    street.text("i need food please")
    assert made.answer_one()
    assert statuses(street) == ["queued"]


@pytest.mark.slow
def test_what_lay_for_long_is_left_to_who_asks_the_carrier(
    made: Worker, street: Street, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.text("i need food please")
    made._sends.is_somebody_free = lambda: True  # type: ignore[method-assign]
    assert made.answer_one()
    since = time.monotonic()
    monkeypatch.setattr(worker.time, "monotonic", lambda: since + MOST_HANDED_SECONDS + 1)
    assert not made.send_waiting()
    assert not carrier.sent
    with street.database.begin() as session:
        row = session.query(Delivery).one()
        assert row.status == "sending"
        stuck = delivery.take_stuck(session, datetime.now(UTC) + delivery.STUCK_AFTER + timedelta(seconds=1))
        assert stuck is row


@pytest.mark.slow
def test_threads_that_wait_are_free_until_somebody_rings(made: Worker) -> None:
    assert not made._sends.is_somebody_free()
    made.start()
    deadline = time.monotonic() + 20
    while not made._sends.is_somebody_free() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert made._sends.is_somebody_free()
