"""Scenarios that a review of the core thought of: each once lost, doubled or silenced something."""

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway import delivery, escalations, sending, turns
from gateway.clients.rasa import Rasa
from gateway.conversations import SMS, Inbound, say, thread
from gateway.db import Database
from gateway.door import Door
from gateway.errors import SmsFailed
from gateway.leases import take
from gateway.models import Delivery, Escalation, Message
from gateway.settings import Settings
from gateway.worker import MOST_SETTLED, Worker
from tests.conftest import Clock, Phone
from tests.fakes.fake_rasa import FakeRasa, good
from tests.gateway.road import heard, incoming, rows, sid


def work(database: Database, door: Door, bot: FakeRasa, clock: Clock) -> None:
    with database.begin() as session:
        lease = take(session, "t")
    with closing(Rasa(bot.url, "s")) as rasa:
        while lease and turns.answer_next(database, rasa, door.community, lease, clock) is not None:
            pass


def test_a_message_after_goodbye_is_still_answered(
    door: Door, settings: Settings, database: Database, bot: FakeRasa, clock: Clock
) -> None:
    heard(database, settings, door, 1, "thank you, bye now", clock())
    heard(database, settings, door, 2, "wait, i need a place to sleep tonight", clock())
    bot.behave = lambda request: (
        200,
        json.dumps(good(request, commands=[{"command": "close"}] if "bye" in request["text"] else [])).encode(),
    )
    work(database, door, bot, clock)
    assert [request["text"] for request in bot.requests] == [
        "thank you, bye now",
        "wait, i need a place to sleep tonight",
    ]


def test_a_sentence_in_answer_to_the_language_menu_is_read(
    door: Door, settings: Settings, database: Database, bot: FakeRasa, clock: Clock
) -> None:
    heard(database, settings, door, 1, "94110", clock())
    work(database, door, bot, clock)
    heard(database, settings, door, 2, "necesito un doctor para mi hijo esta noche", clock())
    work(database, door, bot, clock)
    assert "doctor" in bot.requests[0]["text"]


def test_who_cannot_answer_the_language_menu_gets_a_person(
    door: Door, settings: Settings, database: Database, bot: FakeRasa, clock: Clock
) -> None:
    for number in range(1, 7):
        heard(database, settings, door, number, "мне нужна еда пожалуйста помогите", clock())
        work(database, door, bot, clock)
    assert rows(database, Escalation)


NONSENSE = {
    "language a list": {"language": []},
    "command a list": {"commands": [{"command": []}]},
    "level a list": {"commands": [{"command": "escalate", "level": []}]},
    "needs a number": {"commands": [{"command": "find_services", "needs": 7}]},
    "chosen a list": {"commands": [{"command": "set_language", "language": []}]},
    "state with NUL": {"state": {"x": "\x00"}},
    "state with NaN": {"state": {"x": float("nan")}},
    "half a surrogate": {"messages": [{"text": "\ud83d"}]},
    "recorded NUL": {"commands": [{"command": "record", "field": "need", "value": "\x00"}]},
}


@pytest.mark.parametrize("name", NONSENSE)
def test_more_nonsense_gets_the_menu(
    door: Door, settings: Settings, database: Database, bot: FakeRasa, clock: Clock, name: str
) -> None:
    heard(database, settings, door, 1, "i need food please", clock())
    bot.behave = lambda request: (200, json.dumps(good(request) | NONSENSE[name]).encode())
    work(database, door, bot, clock)
    assert [message.handled_by for message in rows(database, Message) if message.direction == "in"] == ["menu"]


class Deaf:
    """A carrier that takes every text and loses every answer."""

    def __init__(self) -> None:
        self.taken = 0

    def send(self, to: str, body: str) -> str:
        self.taken += 1
        raise SmsFailed(None, retryable=True, ambiguous=True)

    def find(self, to: str, body: str, since: datetime) -> str | None:
        return sid(self.taken)


def queued(database: Database, settings: Settings, now: datetime, body: str = "hi", priority: int = 2) -> int:
    with database.begin() as session:
        conversation = thread(session, settings.keys, incoming(1, "x"), now)
        message = say(session, conversation, body, "bot", now, priority=priority)
        return session.scalars(select(Delivery.id).where(Delivery.message_id == message.id)).one()


def test_a_lost_answer_does_not_flood_a_phone(database: Database, settings: Settings, clock: Clock) -> None:
    queued(database, settings, clock(), priority=delivery.EMERGENCY)
    carrier = Deaf()
    for _ in range(100):
        sending.send_next(database, carrier, settings.keys, clock)
        clock.forward(seconds=0.1)
    assert carrier.taken <= 10


def test_a_slow_sender_does_not_free_a_text_that_another_is_sending(
    database: Database, settings: Settings, clock: Clock
) -> None:
    delivery_id = queued(database, settings, clock())
    with database.begin() as session:  # the first sender; its process sleeps from here on
        assert delivery.take_next(session, clock())
    clock.forward(seconds=60)

    class Gone(Deaf):
        def find(self, to: str, body: str, since: datetime) -> str | None:
            return None

    assert sending.settle_stuck(database, Gone(), settings.keys, clock)
    clock.forward(seconds=120)
    with database.begin() as session:  # the second sender, in the middle of its call
        assert delivery.take_next(session, clock())
    with database.begin() as session:  # the first wakes up: its connection was reset
        delivery.retry(session, delivery_id, 1, clock(), None, 0.0)
    with database.begin() as session:
        assert delivery.take_next(session, clock()) is None


def test_a_receipt_and_its_call_that_cross_find_each_other(
    database: Database, settings: Settings, clock: Clock
) -> None:
    delivery_id = queued(database, settings, clock())
    with database.begin() as session:
        delivery.take_next(session, clock())
    with database.begin() as receipt, database.begin() as call:
        delivery.sent(call, delivery_id, 1, sid(9), clock())
        delivery.receipt(receipt, sid(9), "undelivered", 30003, clock())
    sending.match_early(database, clock)
    with database.begin() as session:
        assert session.get_one(Delivery, delivery_id).status == "failed"


def test_the_sweep_comes_back_while_twilio_hangs(database: Database, door: Door, settings: Settings) -> None:
    clock = Clock(datetime.now(UTC) - timedelta(minutes=1))  # the worker goes by the database's
    for number in range(MOST_SETTLED + 2):
        with database.begin() as session:
            other = Inbound(SMS, f"+155555501{number:02d}", "x", "y")
            conversation = thread(session, settings.keys, other, clock())
            say(session, conversation, "hi", "bot", clock())
        with database.begin() as session:
            assert delivery.take_next(session, clock())

    class Hanging(Deaf):
        asked = 0

        def find(self, to: str, body: str, since: datetime) -> str | None:
            self.asked += 1
            raise SmsFailed(None, retryable=True, ambiguous=True)

    carrier, rasa = Hanging(), Rasa("http://127.0.0.1:9", "s")
    made = Worker(database, door.bell, rasa, carrier, settings.keys, door.community, door.acceptor)
    made.settle()
    rasa.close()
    assert carrier.asked == MOST_SETTLED


def test_a_reply_queued_by_a_fast_clock_leaves_at_once(database: Database, settings: Settings, clock: Clock) -> None:
    queued(database, settings, clock() + timedelta(seconds=60), priority=delivery.RESPONDER)
    with database.begin() as session:
        assert delivery.take_next(session, clock()) is not None


def test_a_text_that_failed_for_good_is_seen_by_somebody(database: Database, settings: Settings, clock: Clock) -> None:
    class Refusing(Deaf):
        def send(self, to: str, body: str) -> str:
            raise SmsFailed(30005, retryable=False)

    queued(database, settings, clock(), "three services near you")
    assert sending.send_next(database, Refusing(), settings.keys, clock)
    with database.begin() as session:
        assert [row.reason for row in escalations.queue(session)] == ["text_failed"]


def test_the_one_confirmation_of_a_stop_is_not_sent_twice_in_doubt(
    database: Database, settings: Settings, clock: Clock
) -> None:
    with database.begin() as session:
        conversation = thread(session, settings.keys, incoming(1, "x"), clock())
        say(session, conversation, "bye", "system", clock(), priority=delivery.EMERGENCY, confirms_stop=True)
    carrier = Deaf()
    for _ in range(20):
        sending.send_next(database, carrier, settings.keys, clock)
        clock.forward(seconds=30)
    assert carrier.taken == 1


def test_a_failed_receipt_is_seen_by_somebody(
    phone: Phone, database: Database, settings: Settings, clock: Clock
) -> None:
    delivery_id = queued(database, settings, clock(), "three services near you")
    with database.begin() as session:
        delivery.take_next(session, clock())
        delivery.sent(session, delivery_id, 1, sid(3), clock())
    form = phone.form("", sid(3)) | {"MessageStatus": "undelivered", "ErrorCode": "30005"}
    assert phone.post(form, "/sms/status").status_code == 204
    sending.match_early(database, clock)
    with database.begin() as session:
        assert [row.reason for row in escalations.queue(session)] == ["text_failed"]
