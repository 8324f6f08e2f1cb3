"""What a responder sees of words that take danger back and of silences, and how a level is lowered on the page."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway.db import Database
from gateway.door import Door
from gateway.models import Assessment, Conversation, Escalation, Lowering
from gateway.risk import Level
from gateway.web.console_feed import alarms, fingerprint, load
from tests.console.conftest import Person, utc_now, write

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
LABEL = "Says it was a joke"


def taken_back(database: Database, kind: str = "joke") -> None:
    """Let the newest message take back what was said."""
    with database.begin() as session:
        newest = session.scalars(select(Assessment).order_by(Assessment.id.desc()).limit(1)).one()
        newest.retraction = kind


def silent(database: Database, row: Escalation) -> None:
    """Let the watch have shown a silence."""
    since = utc_now() - timedelta(minutes=10)
    with database.begin() as session:
        session.execute(update(Escalation).where(Escalation.id == row.id).values(silent_since=since))
        session.execute(
            update(Conversation).where(Conversation.id == row.conversation_id).values(last_inbound_at=since)
        )


def lowered(who: Person, row: Escalation, epoch: int, level: str = "routine", **more: Any) -> Any:
    form = {"epoch": epoch, "level": level, "reason": "safe_now"} | more
    return who.post(f"/console/threads/{row.id}/lower", **form)


def test_what_takes_danger_back_stands_beside_the_message_and_in_the_queue(
    ana: Person, written: Written, door: Door, database: Database
) -> None:
    row = written()
    assert LABEL not in ana.client.get("/console/").text
    write(database, door, "jk", "", Level.NONE)
    taken_back(database)
    queue, page = ana.client.get("/console/").text, ana.client.get(f"/console/threads/{row.id}").text
    assert queue.count(LABEL) == 2  # on the row, and in what a screen reader says of it
    assert 'class="row emergency' in queue
    assert f"{LABEL}. The level stays until a person lowers it." in page
    # Danger that comes after it is what counts.
    write(database, door, "i have the gun here", "gun")
    assert LABEL not in ana.client.get("/console/").text
    assert LABEL in ana.client.get(f"/console/threads/{row.id}").text


def test_a_silence_is_shown_until_they_write(ana: Person, written: Written, database: Database) -> None:
    row = written()
    silent(database, row)
    assert "Stopped writing" in ana.client.get("/console/").text
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert re.search(r'id="silent"[^>]*><span>[^<]*<time datetime=', page)  # which the script makes the reader's own
    with database.begin() as session:
        session.execute(update(Conversation).values(last_inbound_at=utc_now()))
    assert "Stopped writing" not in ana.client.get("/console/").text
    assert 'id="silent"' not in ana.client.get(f"/console/threads/{row.id}").text


def test_a_silence_sounds_for_the_queue_or_for_the_owner_alone(
    ana: Person, person: Callable[..., Person], written: Written, database: Database
) -> None:
    bo, row = person("Bo"), written()

    def heard(who: Person) -> list[int]:
        with database.begin() as session:
            return list(alarms(load(session).open.values(), who.id)["silent"])

    with database.begin() as session:
        before = fingerprint(session)
    assert heard(bo) == []
    silent(database, row)
    with database.begin() as session:
        assert fingerprint(session) != before
    assert heard(ana) == heard(bo) == [row.id]
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    assert (heard(ana), heard(bo)) == ([row.id], [])


def test_the_owner_lowers_a_level_and_the_history_says_why(ana: Person, written: Written, database: Database) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    answer = lowered(ana, row, 1, note="<b>Talked by phone</b>")
    assert (answer.status_code, answer.location) == (303, f"/console/threads/{row.id}")
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert "Lowered: Routine, I spoke with them: safe now" in page
    assert "&lt;b&gt;Talked by phone&lt;/b&gt;" in page
    assert 'class="row routine' in ana.client.get("/console/").text
    with database.begin() as session:
        assert session.scalars(select(Lowering.note)).one() == "<b>Talked by phone</b>"


@pytest.mark.parametrize(
    "form", [{"level": ""}, {"level": "none"}, {"level": "emergency"}, {"reason": ""}, {"reason": "jk"}]
)
def test_a_form_that_names_no_level_or_reason_lowers_nothing(
    ana: Person, written: Written, database: Database, form: dict[str, str]
) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    answer = lowered(ana, row, 1, **form)
    assert answer.status_code == 400
    assert "choose a lower level and the reason" in answer.text
    assert level_of(database, row) == "emergency"


def test_a_level_that_is_not_lower_is_refused(ana: Person, written: Written, database: Database) -> None:
    row = written("i want to die", "want to die", Level.URGENT)
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    assert lowered(ana, row, 1, level="urgent").status_code == 400
    assert level_of(database, row) == "urgent"


def test_a_stale_page_lowers_nothing(ana: Person, written: Written, database: Database) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    written("i have the gun here", "gun")
    answer = lowered(ana, row, 1)
    assert answer.status_code == 409
    assert "out of date" in answer.text
    assert level_of(database, row) == "emergency"


def test_a_supervisor_may_and_another_responder_may_not(
    ana: Person, person: Callable[..., Person], written: Written, database: Database
) -> None:
    row, offered = written(), '<div class="finish" id="lower-place" >'
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    bo, cai = person("Bo"), person("Cai", "supervisor")
    assert offered not in bo.client.get(f"/console/threads/{row.id}").text
    assert lowered(bo, row, 1).status_code == 409
    assert level_of(database, row) == "emergency"
    assert offered in cai.client.get(f"/console/threads/{row.id}").text
    assert lowered(cai, row, 1, level="urgent").status_code == 303
    assert level_of(database, row) == "urgent"


def level_of(database: Database, row: Escalation) -> str:
    with database.begin() as session:
        return session.get_one(Escalation, row.id).level
