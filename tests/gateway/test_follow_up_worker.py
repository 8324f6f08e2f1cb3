"""The worker asks what is due by the database's clock, and one that cannot be asked keeps no other from its turn."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from gateway import consents, follow_ups
from gateway.clients.rasa import Rasa
from gateway.community import QuietHours
from gateway.conversations import SMS, Inbound, say, thread
from gateway.db import Database
from gateway.door import Door
from gateway.models import Delivery, FollowUp, Message
from gateway.settings import Settings
from gateway.worker import Worker
from tests.gateway.follow_up_street import Carrier

pytestmark = pytest.mark.slow  # many conversations on the real store

NO_NIGHT, ALL_DAY = QuietHours(start=time(0), end=time(0)), QuietHours(start=time(0), end=time(23, 59, 59, 999999))


def worker(database: Database, settings: Settings, door: Door, carrier: Carrier, quiet: QuietHours) -> Iterator[Worker]:
    town = door.community.model_copy(update={"quiet_hours": quiet})
    with closing(Rasa("http://127.0.0.1:9", "s")) as rasa:
        yield Worker(database, door.bell, rasa, carrier, settings.keys, town, door.acceptor)


def due(database: Database, settings: Settings, number: int) -> int:
    """A follow-up that was agreed to two days ago."""
    then = datetime.now(UTC) - timedelta(days=2, minutes=1)
    with database.begin() as session:
        inbound = Inbound(SMS, f"+155555503{number:02d}", "x", "y")
        conversation = thread(session, settings.keys, inbound, then)
        offer = say(session, conversation, "may we?", "system", then, in_webhook=True)
        yes = Message(conversation_id=conversation.id, direction="in", author="resident", text="yes", created_at=then)
        session.add(yes)
        session.flush()
        consent = consents.record(
            session, conversation.contact, consents.FOLLOW_UP, offer, yes, then, given=True
        )  # fmt: skip
        row = FollowUp(
            conversation_id=conversation.id,
            contact_id=conversation.contact_id,
            offer_message_id=offer.id,
            consent_id=consent.id,
            state=follow_ups.AGREED,
            offered_at=then,
            due_at=then + timedelta(days=2),
            changed_at=then,
        )
        session.add(row)
        session.flush()
        return row.id


def states(database: Database) -> list[str]:
    with database.begin() as session:
        return list(session.scalars(select(FollowUp.state).order_by(FollowUp.id)))


def test_the_sweep_asks_and_the_sender_sends(database: Database, settings: Settings, door: Door) -> None:
    carrier = Carrier()
    for number in range(3):
        due(database, settings, number)
    for made in worker(database, settings, door, carrier, NO_NIGHT):
        made.sweep()
        made.sweep()
        made.send_waiting()
    assert states(database) == ["asked"] * 3
    assert len(carrier.taken) == 3


def test_at_night_it_neither_asks_nor_sends(database: Database, settings: Settings, door: Door) -> None:
    carrier = Carrier()
    due(database, settings, 0)
    for made in worker(database, settings, door, carrier, ALL_DAY):
        made.sweep()
    assert states(database) == ["agreed"]
    due(database, settings, 1)
    for made in worker(database, settings, door, carrier, NO_NIGHT):
        made.sweep()
    for made in worker(database, settings, door, carrier, ALL_DAY):
        assert not made.send_waiting()
    assert (states(database), carrier.taken) == (["asked", "asked"], [])
    with database.begin() as session:
        assert {row.status for row in session.scalars(select(Delivery).where(Delivery.priority == 3))} == {"queued"}


def test_one_that_breaks_or_is_held_keeps_no_other_from_its_turn(
    database: Database, settings: Settings, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, held, fine = (due(database, settings, number) for number in range(3))
    whole = follow_ups.ask

    def ask(session: object, town: object, follow_up_id: int, now: datetime) -> int | None:
        if follow_up_id == broken:
            raise ZeroDivisionError
        return whole(session, town, follow_up_id, now)  # type: ignore[arg-type]

    monkeypatch.setattr(follow_ups, "ask", ask)
    with database.begin() as other:
        inbound = Inbound(SMS, "+15555550301", "x", "y")
        thread(other, settings.keys, inbound, datetime.now(UTC))  # the resident writes at this very moment
        for made in worker(database, settings, door, Carrier(), NO_NIGHT):
            made.sweep()
        assert states(database) == ["agreed", "agreed", "asked"]
    assert held < fine


def test_what_nobody_answered_is_put_down(database: Database, settings: Settings, door: Door) -> None:
    row = due(database, settings, 0)
    with database.begin() as session:
        found = session.get_one(FollowUp, row)
        assert follow_ups.move(session, found, follow_ups.ASKED, datetime.now(UTC) - timedelta(days=3, minutes=1))
    for made in worker(database, settings, door, Carrier(), NO_NIGHT):
        made.sweep()
    assert states(database) == ["no_answer"]
