"""A thread that goes on over a web page and a number: one history, both ways named, and where its resident is."""

import re
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from gateway import moving
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import Escalation
from gateway.receiving import receive
from tests.chat.conftest import Visitor
from tests.console.conftest import Person, utc_now
from tests.gateway.moved import PHONE
from tests.gateway.moved import Person as Resident

pytestmark = pytest.mark.slow


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    """Somebody in danger who opened the chat."""
    return Visitor(client)


@pytest.fixture
def row(visitor: Visitor, door: Door, database: Database) -> Escalation:
    """Their thread, after they went on by text and wrote there."""
    visitor.write("i took all my pills")
    resident = Resident(database, door.settings.keys, door.community, utc_now, visitor.token)
    assert resident.confirm(resident.ask()) == moving.MOVED
    text(door, database, "are you there")
    with database.begin() as session:
        return session.scalars(select(Escalation)).one()


def text(door: Door, database: Database, words: str) -> None:
    with database.begin() as session:
        inbound = Inbound(SMS, PHONE, f"SM{uuid.uuid4().hex}", words)
        receive(session, door.settings.keys, door.community, inbound, utc_now())


def page(person: Person, row: Escalation) -> str:
    return re.sub(r"\s+", " ", person.client.get(f"/console/threads/{row.id}").text)


def test_a_responder_sees_one_thread_both_ways_and_where_its_resident_is(
    ana: Person, row: Escalation, visitor: Visitor
) -> None:
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    seen = page(ana, row)
    assert "Web chat and text •••• 34" in seen
    assert "Wrote last, and is answered, by: Text message" in seen
    assert "i took all my pills" in seen
    assert "are you there" in seen
    assert "The resident went on by text" in seen
    assert PHONE not in seen
    visitor.write("i am at the page again")
    seen = page(ana, row)
    assert "Web chat and text •••• 34" in seen
    assert "Wrote last, and is answered, by: Web chat" in seen


def test_after_stop_a_responder_writes_to_the_page_and_may_call(
    ana: Person, row: Escalation, visitor: Visitor, door: Door, database: Database
) -> None:
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    text(door, database, "STOP")
    seen = page(ana, row)
    assert "Opted out of texts." in seen
    assert "on their web page only" in seen
    assert "Show the number" in seen
    assert ana.post(f"/console/threads/{row.id}/number").status_code == 303
    assert f'href="tel:{PHONE}"' in page(ana, row)
    assert "Web chat and text" not in ana.client.get("/console/").text
    assert "are you there" in [each["text"] for each in visitor.history()]
