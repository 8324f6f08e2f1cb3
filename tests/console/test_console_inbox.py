"""The header of every page tells a responder what asks for them by name, and no longer than it does."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway import delivery, escalations
from gateway.db import Database
from gateway.models import Delivery, Escalation, Message, Responder
from gateway.web import console_inbox
from gateway.web.console_inbox import Item
from tests.console.conftest import Person, utc_now

WORDS = "New danger in a thread of yours"


def claimed(database: Database, row: Escalation, who: Person) -> None:
    with database.begin() as session:
        escalations.claim(session, row.id, row.epoch, session.get_one(Responder, who.id), utc_now())
        session.get_one(Escalation, row.id, populate_existing=True).alerted_at = utc_now()


def test_new_danger_in_a_thread_of_ones_own_is_told_until_it_is_answered(
    database: Database, person: Callable[..., Person], written: Callable[..., Escalation]
) -> None:
    row, ana, ben = written(), person("Ana"), person("Ben")
    assert WORDS not in ana.client.get("/console/inbox").text
    claimed(database, row, ana)
    told = ana.client.get("/console/inbox").text
    assert WORDS in told
    assert f"/console/threads/{row.id}" in told
    assert WORDS in ana.client.get("/console/").text
    assert WORDS not in ben.client.get("/console/inbox").text
    with database.begin() as session:
        escalations.replied(session.get_one(Escalation, row.id), utc_now())
    assert WORDS not in ana.client.get("/console/inbox").text


@pytest.mark.slow
def test_a_reply_that_did_not_arrive_is_told_until_its_owner_acts(
    database: Database, person: Callable[..., Person], written: Callable[..., Escalation]
) -> None:
    row, ana, words = (
        written(number="+15555550133"),
        person("Ana"),
        "The last reply in a thread of yours did not arrive",
    )
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    assert ana.post(f"/console/threads/{row.id}/reply", epoch=1, text="I am here").status_code == 303
    assert words not in ana.client.get("/console/inbox").text
    with database.begin() as session:
        mine = select(Delivery).join(Message, Message.id == Delivery.message_id).where(Message.author == "responder")
        text = session.scalars(mine).one()
        text.status, text.attempts = "sending", 1
        session.flush()
        assert delivery.fail(session, text.id, 1, utc_now(), 30003)
        session.execute(update(Escalation).values(owner_acted_at=utc_now() - timedelta(minutes=1)))
    told = ana.client.get("/console/inbox").text
    assert words in told
    assert 'data-rings="urgent"' in told
    assert "Last reply did not arrive" in ana.client.get("/console/").text  # on the row of the queue
    page = f"/console/threads/{row.id}"
    assert 'id="lost"' in ana.client.get(page).text
    ana.post(f"{page}/stay", epoch=1)
    assert "Last reply did not arrive" not in ana.client.get("/console/").text
    assert words not in ana.client.get("/console/inbox").text
    assert 'id="lost"' not in ana.client.get(page).text


def test_what_cannot_wait_stands_above_what_is_only_to_be_known(
    database: Database, person: Callable[..., Person]
) -> None:
    ana, now = person("Ana"), utc_now()
    kinds = {"lapse": 600, "offer": 30, "danger": 20, "sos": 1}
    there = [Item(kind, kind, "/console/", now - timedelta(minutes=ago), True) for kind, ago in kinds.items()]
    sources = console_inbox.SOURCES[:]
    try:
        console_inbox.SOURCES[:] = [lambda *_: there]
        with database.begin() as session:
            found = console_inbox.items(session, session.get_one(Responder, ana.id), now)
    finally:
        console_inbox.SOURCES[:] = sources
    assert [each.kind for each in found] == ["sos", "danger", "offer", "lapse"]


def test_what_is_urgent_comes_first_and_then_the_oldest(database: Database, person: Callable[..., Person]) -> None:
    ana, now = person("Ana"), utc_now()

    def item(words: str, minutes: int, urgent: bool) -> Item:
        return Item("note", words, "/console/", now - timedelta(minutes=minutes), urgent)

    one, two = [item("new", 1, False), item("old", 9, False)], [item("urgent", 2, True)]
    sources = console_inbox.SOURCES[:]
    try:
        console_inbox.SOURCES[:] = [lambda *_: one, lambda *_: two]
        with database.begin() as session:
            found = console_inbox.items(session, session.get_one(Responder, ana.id), now)
    finally:
        console_inbox.SOURCES[:] = sources
    assert [each.words for each in found] == ["urgent", "old", "new"]
