"""What a second look leads to, and what a page that reads itself again does not load."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway import escalations, second_look
from gateway.db import Database
from gateway.models import Closing, Conversation, Escalation, Responder
from gateway.risk import Level
from gateway.web import console_handoff_views
from tests.console.conftest import Person, utc_now

Written = Callable[..., Escalation]
People = Callable[..., Person]


def closed(who: Person, row: Escalation) -> None:
    epoch = row.epoch + 1
    assert who.post(f"/console/threads/{row.id}/claim", epoch=row.epoch).status_code == 303
    form = {"epoch": epoch, "disposition": "handed_to_911"}
    assert who.post(f"/console/threads/{row.id}/resolve", **form).status_code == 303


def test_who_agrees_stays_on_the_list_though_the_thread_went_on_by_itself(
    ana: Person, person: People, written: Written, database: Database
) -> None:
    row, ben = written(), person("Ben")
    closed(ana, row)
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        again = escalations.open_(session, conversation, "wrote_again", Level.ROUTINE, utc_now())
        again.reopens_id = row.id
    answer = ben.post(f"/console/looks/{row.id}", look="agree")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/looks")


def test_the_oldest_and_the_first_that_is_due_are_told_and_nobody_s_own(
    ana: Person, person: People, written: Written, database: Database
) -> None:
    ben = person("Ben")
    with database.begin() as session:
        assert second_look.first_due(session, session.get_one(Responder, ben.id)) is None
    for number in ("+15555550117", "+15555550118"):
        closed(ana, written(number=number))
    now = utc_now()
    with database.begin() as session:
        first, second = session.scalars(select(Closing.id).order_by(Closing.id))
        for key, at, due in ((first, 3, 1), (second, 2, 2)):
            values = {"at": now - timedelta(hours=at), "look_due_at": now - timedelta(hours=due)}
            session.execute(update(Closing).where(Closing.id == key).values(**values))
    with database.begin() as session:
        told = second_look.first_due(session, session.get_one(Responder, ben.id))
        assert told == (now - timedelta(hours=3), now - timedelta(hours=2))
        assert second_look.first_due(session, session.get_one(Responder, ana.id)) is None


def test_a_page_that_reads_itself_again_does_not_load_the_form_of_closing(
    ana: Person, written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, loaded, form = written(), [], console_handoff_views.closing_form
    monkeypatch.setattr(console_handoff_views, "closing_form", lambda *given: loaded.append(given) or form(*given))
    assert ana.client.get(f"/console/threads/{row.id}/live").status_code == 200
    assert not loaded
    assert 'id="disposition"' in ana.client.get(f"/console/threads/{row.id}").text
    assert len(loaded) == 1
