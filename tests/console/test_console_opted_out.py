"""A resident in danger who opted out: the thread is red, says "call", and shows the number to those who must call."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from gateway import escalations, stopping
from gateway.conversations import lock
from gateway.db import Database
from gateway.door import Door
from gateway.models import AuditEntry, Conversation, Escalation, Message
from gateway.risk import Level
from gateway.web.console_feed import alarms, fingerprint, load
from tests.console.conftest import Person, utc_now
from tests.gateway.road import rows

pytestmark = pytest.mark.slow

NUMBER = "+15555550133"
People = Callable[..., Person]
Escalated = Callable[..., Escalation]


@pytest.fixture
def opted_out(written: Escalated, database: Database) -> Escalated:
    """A resident who writes something and then asks for no more texts."""

    def make(level: Level = Level.EMERGENCY, owner: Person | None = None, **more: Any) -> Escalation:
        row = written(level=level, number=NUMBER, **more)
        if owner is not None:
            owner.post(f"/console/threads/{row.id}/claim", epoch=0)
        with database.begin() as session:
            stopping.stop(session, lock(session, row.conversation_id), "keyword", utc_now())
        return row

    return make


def page(person: Person, row: Escalation) -> str:
    return person.client.get(f"/console/threads/{row.id}").text


def shown(person: Person, row: Escalation) -> int:
    return person.post(f"/console/threads/{row.id}/number").status_code


def test_the_thread_is_red_and_says_call(ana: Person, opted_out: Escalated) -> None:
    row = opted_out(owner=ana)
    seen = page(ana, row)
    [bar] = re.findall(r'<div class="bar (\w+)" id="opted-out"\s+role="alert">', seen)
    assert bar == "hot"
    assert "Opted out: call." in seen
    assert "Opted out: cannot be texted, call" in seen  # a line of the history
    assert "New danger in this thread" not in seen
    queue = ana.client.get("/console/").text
    assert re.search(r'<li class="row emergency alerted">', queue)
    assert "Opted out: cannot text, call" in re.sub(r"\s+", " ", queue)


def test_the_owner_sees_the_number_after_asking_and_that_is_written_down(
    ana: Person, opted_out: Escalated, database: Database
) -> None:
    row = opted_out(owner=ana)
    assert NUMBER not in page(ana, row)
    assert "Show the number" in page(ana, row)
    assert shown(ana, row) == 303
    assert f'href="tel:{NUMBER}"' in page(ana, row)
    assert shown(ana, row) == 303
    [entry] = [each for each in rows(database, AuditEntry) if each.act == "show_number"]
    assert (entry.responder_id, entry.subject, entry.subject_id) == (ana.id, "escalation", row.id)
    assert NUMBER not in str(entry.detail)
    assert "Looked at the number" in page(ana, row)
    assert NUMBER not in ana.client.get("/console/").text


def test_a_supervisor_sees_it_while_nobody_has_the_thread(person: People, opted_out: Escalated) -> None:
    row, boss = opted_out(), person("Bea", "supervisor")
    assert "Show the number" in page(boss, row)
    assert shown(boss, row) == 303
    assert NUMBER in page(boss, row)


def test_it_is_shown_to_who_asked_only(person: People, opted_out: Escalated) -> None:
    ana, boss, cai = person("Ana"), person("Bea", "supervisor"), person("Cai")
    row = opted_out(owner=ana)
    shown(ana, row)
    assert NUMBER not in page(boss, row)
    assert NUMBER not in page(cai, row)
    assert "Show the number" not in page(cai, row)
    assert shown(cai, row) == 403
    assert NUMBER not in page(cai, row)


@pytest.mark.parametrize("why", ["not opted out", "no danger", "web chat", "resolve", "lower"])
def test_otherwise_nobody_sees_a_number(
    person: People, written: Escalated, opted_out: Escalated, database: Database, why: str
) -> None:
    boss = person("Bea", "supervisor")
    if why == "not opted out":
        row = written(number=NUMBER)
    elif why == "web chat":
        row = opted_out(channel="webchat")
    else:
        row = opted_out(Level.ROUTINE if why == "no danger" else Level.EMERGENCY, owner=boss)
    if why in {"resolve", "lower"}:
        shown(boss, row)
        epoch = rows(database, Escalation)[0].epoch
        form = {"disposition": "helped"} if why == "resolve" else {"level": "routine", "reason": "safe_now"}
        assert boss.post(f"/console/threads/{row.id}/{why}", epoch=epoch, **form).status_code == 303
    assert "Show the number" not in page(boss, row)
    assert shown(boss, row) == 403
    assert NUMBER not in page(boss, row)


def test_the_number_goes_after_half_an_hour(ana: Person, opted_out: Escalated, database: Database) -> None:
    row = opted_out(owner=ana)
    shown(ana, row)
    with database.begin() as session:
        # The trail refuses to be changed; this is how a test makes it half an hour older.
        session.connection().exec_driver_sql("ALTER TABLE audit_entries DISABLE TRIGGER keep_audit_entry")
        session.connection().exec_driver_sql(
            "UPDATE audit_entries SET at = at - interval '31 minutes' WHERE act = 'show_number'"
        )
        session.connection().exec_driver_sql("ALTER TABLE audit_entries ENABLE TRIGGER keep_audit_entry")
    assert NUMBER not in page(ana, row)
    assert "Show the number" in page(ana, row)


def test_no_such_thread_has_no_number(ana: Person) -> None:
    assert ana.post("/console/threads/4711/number").status_code == 404


def test_the_number_is_given_to_a_form_of_ours_only(ana: Person, opted_out: Escalated) -> None:
    row = opted_out(owner=ana)
    assert ana.client.post(f"/console/threads/{row.id}/number").status_code == 403
    assert ana.client.get(f"/console/threads/{row.id}/number").status_code in {404, 405}
    assert NUMBER not in page(ana, row)


def test_pages_ring_for_it_in_the_queue_and_with_the_owner(
    person: People, written: Escalated, database: Database, door: Door
) -> None:
    ana, cai = person("Ana"), person("Cai")
    row = written(number=NUMBER)
    with database.begin() as session:
        before = fingerprint(session)
        assert alarms(load(session).open.values(), ana.id)["alerted"] == []
        stopping.stop(session, lock(session, row.conversation_id), "keyword", utc_now())
    with database.begin() as session:
        assert fingerprint(session) != before
        assert (
            alarms(load(session).open.values(), ana.id)["alerted"]
            == alarms(load(session).open.values(), cai.id)["alerted"]
            == [row.id]
        )
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    with database.begin() as session:
        assert alarms(load(session).open.values(), ana.id)["alerted"] == [row.id]
        assert alarms(load(session).open.values(), cai.id)["alerted"] == []
        assert escalations.of_conversation(session, row.conversation_id) is not None


def test_a_routine_opt_out_is_no_alarm(ana: Person, opted_out: Escalated, database: Database) -> None:
    row = opted_out(Level.ROUTINE, owner=ana)
    seen = page(ana, row)
    assert "Opted out.</strong>" in seen
    assert "call" not in seen.split('id="opted-out"')[1].split("</div>")[0]
    [kept] = rows(database, Escalation)
    assert kept.alerted_at is None


def unsafe(database: Database) -> None:
    """The resident says that somebody else reads their texts."""
    with database.begin() as session:
        session.scalars(select(Conversation)).one().answers = {"safe_to_text": "no"}


def test_who_must_not_be_texted_in_danger_may_be_called(person: People, written: Escalated, database: Database) -> None:
    row, ana, cai = written(number=NUMBER), person("Ana"), person("Cai")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    assert shown(ana, row) == 403
    unsafe(database)
    bar = page(ana, row).split('id="not-safe-to-text"')[1].split("</label>")[0]
    assert "somebody else may hear it" in bar
    assert "Show the number" in bar
    assert (shown(ana, row), shown(cai, row)) == (303, 403)
    assert page(ana, row).count(f'href="tel:{NUMBER}"') == 1
    epoch = rows(database, Escalation)[0].epoch
    ana.post(f"/console/threads/{row.id}/lower", epoch=epoch, level="routine", reason="safe_now")
    assert shown(ana, row) == 403
    assert "somebody else may hear it" not in page(ana, row)


@pytest.mark.parametrize("way", ["words", "pair"])
def test_a_text_that_is_not_safe_leaves_only_after_a_tick(
    ana: Person, written: Escalated, database: Database, way: str
) -> None:
    row = written(number=NUMBER)
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    there, form = (
        f"/console/threads/{row.id}/reply",
        {"text": "I am here"} if way == "words" else {"pair": "pair_first"},
    )
    assert 'name="unsafe"' not in page(ana, row)
    unsafe(database)
    assert re.search(r'id="unsafe" name="unsafe" value="yes" form="reply">', page(ana, row))

    def replies() -> int:
        return sum(each.author == "responder" for each in rows(database, Message))

    refused = ana.post(there, epoch=1, **form)
    assert (refused.status_code, replies()) == (409, 0)
    assert "they said a text is not safe" in refused.text
    assert ana.post(there, epoch=1, unsafe="yes", **form).status_code == 303
    assert replies() == 1
    [kept] = [each for each in rows(database, AuditEntry) if each.act == "reply"]
    assert kept.detail["unsafe"] is True


def test_on_a_web_page_nobody_is_asked_for_a_tick(ana: Person, written: Escalated, database: Database) -> None:
    row = written(channel="webchat")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    unsafe(database)
    assert 'name="unsafe"' not in page(ana, row)
    assert ana.post(f"/console/threads/{row.id}/reply", epoch=1, text="I am here").status_code == 303


def test_a_picture_is_counted_and_named_by_its_kind_and_never_linked(
    ana: Person, written: Escalated, database: Database
) -> None:
    row = written()
    old, new = "https://api.twilio.com/old", {"url": "https://api.twilio.com/x", "type": "image/<b>", "host_ok": True}
    with database.begin() as session:
        session.get_one(Message, row.message_id).media = [old, new]
    seen = page(ana, row)
    assert "2 attachment(s), not shown · image/&lt;b&gt;" in seen
    assert "api.twilio.com" not in seen
