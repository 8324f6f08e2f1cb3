"""Earlier conversations of a contact: in outline for who needs them, in words only against an entry."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from gateway import conversations
from gateway.db import Database
from gateway.models import AuditEntry, Conversation, Escalation
from tests.console.conftest import Person, utc_now

Written = Callable[..., Escalation]
NUMBER, OTHER = "+15555550173", "+15555550174"


@pytest.fixture
def rows(written: Written, database: Database) -> tuple[Escalation, Escalation, Escalation]:
    """An earlier thread, a later one of the same number, and one of somebody else."""
    first = written("last spring words", "spring", number=NUMBER)
    with database.begin() as session:
        conversation = session.get_one(Conversation, first.conversation_id)
        session.get_one(Escalation, first.id).status = "resolved"
        conversations.close(session, conversation, "idle", utc_now())
    return first, written(number=NUMBER), written("somebody else's words", "words", number=OTHER)


def test_the_owner_reads_an_earlier_time_and_it_is_written_down(
    ana: Person, rows: tuple[Escalation, ...], database: Database
) -> None:
    first, row, _ = rows
    there = f"/console/threads/{row.id}"
    assert "panel-earlier" not in ana.client.get(there).text  # nobody has claimed it
    ana.post(f"{there}/claim", epoch=0)
    page = ana.client.get(there).text
    assert "Earlier conversations (1)" in page
    assert "last spring" not in page
    read = ana.post(f"{there}/earlier/{first.conversation_id}")
    assert "last spring words" in read.text
    with database.begin() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "view_earlier")).one()
        assert (entry.responder_id, entry.subject_id) == (ana.id, row.id)
        assert entry.detail == {"conversation": first.conversation_id}
    assert "Read an earlier conversation" in ana.client.get(there).text


def test_who_passes_by_reads_none_and_a_supervisor_does(
    ana: Person, person: Callable[..., Person], rows: tuple[Escalation, ...]
) -> None:
    first, row, _ = rows
    there = f"/console/threads/{row.id}"
    ana.post(f"{there}/claim", epoch=0)
    bo = person("Bo")
    assert "panel-earlier" not in bo.client.get(there).text
    refused = bo.post(f"{there}/earlier/{first.conversation_id}")
    assert refused.status_code == 403
    assert "last spring" not in refused.text
    assert person("Sue", "supervisor").post(f"{there}/earlier/{first.conversation_id}").status_code == 200


def test_nobody_else_s_conversation_opens_from_here(ana: Person, rows: tuple[Escalation, ...]) -> None:
    first, row, other = rows
    there = f"/console/threads/{row.id}"
    ana.post(f"{there}/claim", epoch=0)
    for key in (other.conversation_id, row.conversation_id, 999_999):
        assert ana.post(f"{there}/earlier/{key}").status_code == 404
    assert ana.post(f"/console/threads/999999/earlier/{first.conversation_id}").status_code == 404
