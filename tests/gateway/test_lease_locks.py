"""A leased conversation is locked after its contact, in one statement, and a taken one without it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from gateway import leases
from gateway.db import Database
from gateway.door import Door
from gateway.models import Contact, Conversation
from gateway.settings import Settings
from tests.gateway.road import heard


@pytest.fixture
def lease(database: Database, settings: Settings, door: Door, now: datetime) -> leases.Lease:
    heard(database, settings, door, 1, "i need some food please", now)
    with database.begin() as session:
        found = leases.take(session, "test")
    assert found is not None
    return found


def test_who_waits_for_the_contact_has_not_locked_the_conversation(database: Database, lease: leases.Lease) -> None:
    asked = threading.Event()

    def hold() -> str | None:
        with database.begin() as session:
            asked.set()
            return leases.held(session, lease).menu_open

    with ThreadPoolExecutor(1) as pool, database.begin() as session:
        session.scalars(select(Contact).with_for_update(key_share=True)).one()
        waiting = pool.submit(hold)
        asked.wait(10)
        time.sleep(0.3)
        assert not waiting.done()
        # The accepting process does just this: it would wait for ever if the order were the other one.
        row = session.scalars(select(Conversation).with_for_update(key_share=True, nowait=True, of=Conversation)).one()
        row.menu_open = "needs"
        session.commit()
        assert waiting.result(20) == "needs"  # and what was written meanwhile is what it read


def test_a_held_conversation_and_its_contact_are_locked(database: Database, lease: leases.Lease) -> None:
    with database.begin() as session:
        leases.held(session, lease)
        for table in (Contact, Conversation):
            with pytest.raises(OperationalError), database.begin() as other:
                other.scalars(select(table).with_for_update(key_share=True, nowait=True, of=table)).one()


def test_a_taken_conversation_leaves_its_contact_free(
    database: Database, settings: Settings, door: Door, now: datetime
) -> None:
    heard(database, settings, door, 1, "i need some food please", now)
    with database.begin() as session:
        assert leases.take_locked(session, "test") is not None
        with database.begin() as other:
            assert other.scalars(select(Contact).with_for_update(key_share=True, nowait=True)).one()
