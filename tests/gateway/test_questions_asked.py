"""How little is asked of Postgres for a text: each question costs both sides more than most answers do."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import event, select

from gateway import delivery, known, leases, optout, sending, turns
from gateway.conversations import SMS, Inbound, lock_contact, say, thread
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation, Delivery, Message
from gateway.settings import Settings
from tests import demo_town
from tests.conftest import RESIDENT
from tests.fakes.fake_rasa import FakeRasa, good
from tests.gateway.road import heard
from tests.gateway.turn_street import Street


@contextmanager
def asked(database: Database) -> Iterator[list[str]]:
    """Every statement in here, but for the beginning and the end of transactions."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(" ".join(statement.split()))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_text_of_a_known_resident_is_taken_in_with_few_questions(street: Street) -> None:
    street.ask("necesito comida por favor")
    with asked(street.database) as questions:
        street.text("94110")
    assert len(questions) <= 5, questions


def test_a_danger_is_taken_in_with_few_questions(street: Street) -> None:
    with asked(street.database) as questions:
        street.text("i took all my pills")
    assert len(questions) <= 21, questions


def test_an_answer_is_written_with_few_questions(street: Street) -> None:
    street.ask("necesito comida por favor")
    street.text("94110")
    with asked(street.database) as questions:
        taken = turns.take_next(street.database, street.town, "test", street.clock)
        assert taken is not None
        assert taken[1] is not None
        turns.answer(street.database, street.rasa, street.town, taken[0], taken[1], street.clock)
    assert len(questions) <= 11, questions


def test_an_answer_out_of_the_directory_is_written_with_few_questions(street: Street, bot: FakeRasa) -> None:
    with street.database.begin() as session:
        demo_town.lay(session, street.clock())
    find = {"command": "find_services", "needs": ["food"], "zip": "94110", "place": None, "for_whom": None}
    bot.behave = lambda request: (200, json.dumps(good(request, commands=[find])).encode())
    assert any("1) " in said for said in street.ask("necesito comida por favor"))
    street.text("94110")
    taken = turns.take_next(street.database, street.town, "test", street.clock)
    assert taken is not None
    assert taken[1] is not None
    with asked(street.database) as questions:
        turns.answer(street.database, street.rasa, street.town, taken[0], taken[1], street.clock)
    # The thread, the message; three of the search; two of what was told; two texts; what is open beside; two rows.
    assert len(questions) <= 12, questions


def queued(database: Database, settings: Settings, now: datetime, number: int = 1) -> int:
    with database.begin() as session:
        conversation = thread(session, settings.keys, Inbound(SMS, f"+1555555{number:04d}", "x", "y"), now)
        message = say(session, conversation, "hello", "bot", now)
        return session.scalars(select(Delivery.id).where(Delivery.message_id == message.id)).one()


class Taker:
    """A carrier that takes everything."""

    def send(self, to: str, body: str) -> str:
        return "SM" + to[-4:].rjust(32, "0")

    def find(self, to: str, body: str, since: datetime) -> str | None:
        raise AssertionError("nothing was in doubt")


def test_a_text_is_sent_with_few_questions(database: Database, settings: Settings, now: datetime) -> None:
    queued(database, settings, now)
    with asked(database) as questions:
        assert sending.send_all(database, Taker(), settings.keys)
    # Taken (two: the opt-out is looked for under the lock), claimed by nobody, written down, and nothing is left.
    assert len(questions) == 5, questions


def test_a_receipt_that_it_arrived_is_one_statement(database: Database, settings: Settings, now: datetime) -> None:
    number = queued(database, settings, now)
    sending.send_all(database, Taker(), settings.keys)
    sid = "SM" + "0001".rjust(32, "0")
    with asked(database) as questions, database.asking() as connection:
        assert delivery.arrived(connection, sid, now)
    assert len(questions) == 1
    with database.begin() as session:
        assert session.get_one(Delivery, number).status == "delivered"
    with database.asking() as connection:
        assert not delivery.arrived(connection, sid, now)  # late, twice: it takes nothing back
        assert not delivery.arrived(connection, "SM" + "f" * 32, now)


def test_a_receipt_that_it_arrived_does_not_raise_a_failed_text(
    database: Database, settings: Settings, now: datetime
) -> None:
    number = queued(database, settings, now)
    sending.send_all(database, Taker(), settings.keys)
    sid = "SM" + "0001".rjust(32, "0")
    with database.begin() as session:
        delivery.receipt(session, sid, "undelivered", 30003, now)
    with database.asking() as connection:
        assert not delivery.arrived(connection, sid, now)
    with database.begin() as session:
        assert session.get_one(Delivery, number).status == "failed"


def test_what_is_known_of_a_sender(database: Database, settings: Settings, door: Door, now: datetime) -> None:
    for number, words in enumerate(["one", "two", "three"], start=1):
        heard(database, settings, door, number, words, now + timedelta(minutes=number))
    with database.begin() as session:
        kept = session.scalars(select(Message).order_by(Message.id)).all()
        contact = session.get_one(Conversation, kept[0].conversation_id).contact
        locked = lock_contact(session, settings.keys, Inbound(SMS, RESIDENT, "x", "y"), now)
        assert locked.id == contact.id
        found = known.of(session, locked, str(kept[1].provider_id), now + timedelta(minutes=4))
        assert found.kept_id == kept[1].id
        assert found.conversation is not None
        assert found.earlier == ("two", "three")
        assert (found.opted_out, found.escalated) == (False, False)
        later = known.of(session, locked, "SM" + "e" * 32, now + timedelta(hours=1))
        assert (later.kept_id, later.earlier) == (None, ())


def test_what_is_known_of_a_sender_whose_conversation_is_closed(
    database: Database, settings: Settings, door: Door, now: datetime
) -> None:
    heard(database, settings, door, 1, "one", now)
    with database.begin() as session:
        row = session.scalars(select(Conversation)).one()
        row.closed_at = now
        optout.stop(session, row.contact.channel, row.contact.address_hash, "keyword", now)
        session.flush()
        message = session.scalars(select(Message).where(Message.direction == "in")).one()
        found = known.of(session, row.contact, str(message.provider_id), now)
        assert found == known.Known(message.id, None, opted_out=True)


def test_a_lease_that_was_rolled_back_goes_to_whoever_is_quicker(street: Street) -> None:
    street.text("hola")
    with street.database.begin() as session:
        lost = leases.take(session, "first")
        assert lost is not None
        session.rollback()
    with street.database.begin() as session:
        assert leases.take(session, "second") == lost
    with street.database.begin() as session:
        assert leases.take_back(session, "first", lost) is None
