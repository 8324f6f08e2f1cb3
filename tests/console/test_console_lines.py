"""A long thread comes in pages, with what raised its alarm always in sight; how it came to its level is told."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from gateway import escalations, level_changes
from gateway.db import Database
from gateway.models import AuditEntry, Escalation, Message, Responder
from gateway.risk import Level
from gateway.web import console_lines
from gateway.web.console_lines import AFTER, MOST
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow

Maker = Callable[..., Person]
Written = Callable[..., Escalation]
SHOWN = re.compile(r'id="message-(\d+)"')


def lengthen(database: Database, row: Escalation, more: int) -> list[int]:
    """So many messages more; the ids of all."""
    with database.begin() as session:
        said = [
            {"conversation_id": row.conversation_id, "direction": "in", "author": "resident", "text": f"number {each}",
             "created_at": utc_now()} for each in range(more)
        ]  # fmt: skip
        session.execute(insert(Message), said)
        of_it = select(Message.id).where(Message.conversation_id == row.conversation_id)
        return list(session.scalars(of_it.order_by(Message.id)))


def shown(who: Person, row: Escalation, query: str = "", part: str = "") -> list[int]:
    page = who.client.get(f"/console/threads/{row.id}{part}{query}")
    assert page.status_code == 200
    return [int(each) for each in SHOWN.findall(page.text)]


def test_the_newest_stand_there_and_what_raised_the_alarm(ana: Person, database: Database, written: Written) -> None:
    row = written()
    ids = lengthen(database, row, MOST + 60)
    assert shown(ana, row) == shown(ana, row, part="/live") == [ids[0], *ids[-MOST:]]
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert "my pills" in re.sub("<[^>]+>", "", page)
    assert f"Earlier messages: {len(ids) - MOST - 1}" in page
    assert f'data-last="{ids[-1]}"' in page


def test_a_short_thread_is_whole(ana: Person, database: Database, written: Written) -> None:
    row = written()
    ids = lengthen(database, row, MOST - 1)
    assert shown(ana, row) == ids
    assert "earlier-messages" not in ana.client.get(f"/console/threads/{row.id}").text


def test_the_way_back_shows_every_message(ana: Person, database: Database, written: Written) -> None:
    row = written()
    ids = lengthen(database, row, 3 * MOST)
    seen: set[int] = set()
    there, steps = f"/console/threads/{row.id}", 0
    while there:
        page = ana.client.get(there).text
        seen |= {int(each) for each in SHOWN.findall(page)}
        link = re.search(r'id="earlier-messages" href="([^"#]+)', page)
        there, steps = (link[1].replace("&amp;", "&") if link else ""), steps + 1
    assert seen == set(ids)
    assert steps == 4


def test_a_message_that_is_asked_for_is_shown_with_what_came_after(
    ana: Person, database: Database, written: Written
) -> None:
    row = written()
    ids = lengthen(database, row, 3 * MOST)
    old = ids[250]
    found = shown(ana, row, f"?at={old}")
    assert found == [ids[0], *ids[250 + AFTER + 1 - MOST : 250 + AFTER + 1]]
    page = ana.client.get(f"/console/threads/{row.id}?at={old}").text
    assert f"Later messages: {len(ids) - 251 - AFTER}" in page
    # What is read anew stays where its reader is.
    assert f'hx-get="/console/threads/{row.id}/live?at={old}"' in page
    assert shown(ana, row, f"?at={old}", "/live") == found
    assert shown(ana, row, f"?at={ids[-3]}") == [ids[0], *ids[-MOST:]]


@pytest.mark.parametrize("at", ["", "x", "-1", "0", "999999999", "9" * 30, "1%00"])
def test_what_is_no_message_of_the_thread_shows_the_newest(
    ana: Person, database: Database, written: Written, at: str
) -> None:
    other, row = written("somewhere else, i took all my pills", number="+15555550118"), written()
    ids = lengthen(database, row, MOST)
    assert other.id != row.id
    assert shown(ana, row, f"?at={at}")[-MOST:] == ids[-MOST:]


def test_another_conversations_message_is_not_shown(database: Database, written: Written) -> None:
    other, row = written(number="+15555550118"), written()
    ids = lengthen(database, row, MOST)
    with database.begin() as session:
        found = console_lines.of(session, row.conversation_id, other.message_id, other.message_id)
    assert [each.message.id for each in found.shown] == ids[-MOST:]
    assert (found.evidence, found.at) == (None, None)


def test_every_change_of_the_level_is_told_with_who_and_why(
    ana: Person, person: Maker, database: Database, written: Written
) -> None:
    row = written("i feel so alone", "alone", Level.URGENT)
    later = written("i took all my pills")  # the same resident
    assert later.id == row.id
    sol = person("Sol", "supervisor")
    with database.begin() as session:
        who, now = session.get_one(Responder, sol.id), utc_now() + timedelta(seconds=1)
        open_ = session.get_one(Escalation, row.id)
        escalations.lower(session, row.id, open_.epoch, who, now, level=Level.ROUTINE, reason="safe_now",
                          note="Her sister is there")  # fmt: skip
    with database.begin() as session:
        changes = level_changes.of(session, session.get_one(Escalation, row.id))
    assert [(each.act, each.before, each.after, each.by) for each in changes] == [
        ("open", "", "urgent", None), ("raise", "urgent", "emergency", None), ("lower", "emergency", "routine", "Sol"),
    ]  # fmt: skip
    assert [each.message_id for each in changes] == [row.message_id, later.message_id, None]
    assert [[one["card_id"] for one in each.findings] for each in changes[:2]] == [["suicide.pills"], ["suicide.pills"]]
    assert (changes[2].reason, changes[2].note) == ("safe_now", "Her sister is there")
    panel = (
        ana.client.get(f"/console/threads/{row.id}").text.partition('id="panel-levels"')[2].partition("</details>")[0]
    )
    assert "Says they took pills to die." in panel
    assert "I spoke with them: safe now" in panel
    assert "Her sister is there" in panel
    assert "so alone" not in panel  # the words themselves stand above
    assert f"?at={later.message_id}#message-{later.message_id}" in panel


def test_what_came_since_a_message_is_all_that_is_read(ana: Person, database: Database, written: Written) -> None:
    row = written()
    ids = lengthen(database, row, 3)
    assert shown(ana, row, f"?after={ids[1]}", "/newest") == ids[2:]
    assert shown(ana, row, f"?after={ids[-1]}", "/newest") == []
    for nonsense in ("", "?after=", "?after=x", f"?after={'9' * 30}"):
        assert shown(ana, row, nonsense, "/newest") == ids
    assert ana.client.get("/console/threads/999999/newest?after=0").status_code == 404


def test_another_conversations_message_is_not_among_the_newest(
    ana: Person, database: Database, written: Written
) -> None:
    row, other = written(), written("i have a knife", "knife", number="+15555550199")
    assert row.conversation_id != other.conversation_id
    assert "knife" not in ana.client.get(f"/console/threads/{row.id}/newest?after=0").text


def test_who_reads_only_what_is_new_is_written_down(ana: Person, database: Database, written: Written) -> None:
    row = written()
    ana.client.get(f"/console/threads/{row.id}/newest?after=0", headers={"X-Background": "1"})
    with database.begin() as session:
        seen = select(AuditEntry.act).where(AuditEntry.subject == "escalation", AuditEntry.subject_id == row.id)
        assert "view" in session.scalars(seen).all()
