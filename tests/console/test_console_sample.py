"""The weekly sample and the words on alarms, over HTTP: who may read, what is hidden, what is kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway import labels
from gateway.db import Database
from gateway.door import Door
from gateway.models import AuditEntry, Escalation, Lowering, RiskLabel
from gateway.risk import Level
from tests.console.conftest import Person, utc_now
from tests.gateway.screened import write

pytestmark = pytest.mark.slow

PAGE = {"Accept": "text/html"}


@pytest.fixture
def week() -> str:
    return labels.last_week(utc_now())


@pytest.fixture
def quiet(database: Database, door: Door, week: str) -> int:
    """A message of last week in which nothing was found, with one before it."""
    start, _ = labels.span_of(week, utc_now())
    write(database, door.settings.keys, start, "<b>good</b> morning", Level.ROUTINE)
    return write(database, door.settings.keys, start + timedelta(minutes=1), "i packed <i>everything</i> \u202eup")


@pytest.fixture
def boss(person: Callable[..., Person]) -> Person:
    return person("Sue", "supervisor")


def kept(database: Database) -> list[tuple[int, int, str]]:
    with database.begin() as session:
        rows = session.scalars(select(RiskLabel).order_by(RiskLabel.id))
        return [(each.message_id, each.responder_id, each.label) for each in rows]


def test_only_supervisors_and_admins_may_read_the_sample(
    person: Callable[..., Person], quiet: int, week: str, database: Database
) -> None:
    plain = person("Ana")
    for path in ("/console/sample/", f"/console/sample/{week}"):
        answer = plain.client.get(path, headers=PAGE)
        assert answer.status_code == 403
        assert "Only supervisors" in answer.text
        assert "packed" not in answer.text
    assert plain.post(f"/console/sample/{week}/{quiet}", label="ok").status_code == 403
    assert "Weekly sample" not in plain.client.get("/console/").text
    assert kept(database) == []
    for role in ("supervisor", "admin"):
        assert "packed" in person(role, role).client.get(f"/console/sample/{week}").text


def test_the_menu_leads_to_the_last_week(boss: Person, quiet: int, week: str) -> None:
    assert 'href="/console/sample/"' in boss.client.get("/console/").text
    answer = boss.client.get("/console/sample/", follow_redirects=True)
    assert answer.request.path == f"/console/sample/{week}"
    assert "Weekly sample" in answer.text
    before = labels.last_week(labels.span_of(week, utc_now())[0])
    assert f"/console/sample/{before}" in answer.text
    assert "Nobody wrote that week" in boss.client.get(f"/console/sample/{before}").text


def test_words_are_shown_safely_with_those_before(boss: Person, quiet: int, week: str) -> None:
    page = boss.client.get(f"/console/sample/{week}").text
    assert "i packed &lt;i&gt;everything&lt;/i&gt;" in page
    assert "\u202e" not in page
    assert "&lt;b&gt;good&lt;/b&gt; morning" in page


@pytest.mark.parametrize("week", ["2099-W01", "nonsense", "2020-W54"])
def test_a_week_that_does_not_exist_is_not_found(boss: Person, week: str) -> None:
    answer = boss.client.get(f"/console/sample/{week}", headers=PAGE)
    assert answer.status_code == 404
    assert "no such week" in answer.text


def test_a_reader_speaks_before_seeing_what_the_other_said(
    boss: Person, person: Callable[..., Person], quiet: int, week: str, database: Database
) -> None:
    other = person("Olga", "admin")
    there = f"/console/sample/{week}/{quiet}"
    answer = other.post(there, label="missed")
    assert answer.status_code == 303
    assert answer.location.endswith(f"/console/sample/{week}#message-{quiet}")
    assert "Olga</bdi>:" not in boss.client.get(f"/console/sample/{week}").text
    row = boss.client.post(
        there, data={"csrf_token": boss.token(), "label": "missed"}, headers={"HX-Request": "true"}
    ).text
    assert row.lstrip().startswith(f'<li class="message in resident" id="message-{quiet}"')
    assert "<bdi>Olga</bdi>: Danger missed" in row
    assert 'value="missed" aria-pressed="true"' in row
    assert 'value="ok" aria-pressed="false"' in row
    assert kept(database) == [(quiet, other.id, "missed"), (quiet, boss.id, "missed")]
    third = person("Tom", "supervisor")
    page = third.client.get(f"/console/sample/{week}").text
    assert "Two people have read this message" in page
    assert "Olga</bdi>:" not in page
    assert third.post(there, label="ok").status_code == 409


def test_what_cannot_be_kept_is_refused(boss: Person, quiet: int, week: str, database: Database) -> None:
    assert boss.post(f"/console/sample/{week}/{quiet}", label="true").status_code == 400
    assert boss.post(f"/console/sample/{week}/{quiet}").status_code == 400
    assert boss.post(f"/console/sample/{week}/9999", label="ok").status_code == 404
    assert boss.client.post(f"/console/sample/{week}/{quiet}", data={"label": "ok"}).status_code == 403
    assert kept(database) == []


def test_every_view_is_written_down_with_who_and_what(boss: Person, quiet: int, week: str, database: Database) -> None:
    for _ in range(2):
        boss.client.get(f"/console/sample/{week}")
    with database.begin() as session:
        views = session.scalars(select(AuditEntry).where(AuditEntry.subject == "risk_sample")).all()
        assert [(each.act, each.responder_id, each.detail) for each in views] == [
            ("view", boss.id, {"week": week, "messages": [quiet]})
        ] * 2


def test_every_lowered_level_of_the_week_is_read(
    boss: Person, quiet: int, week: str, written: Callable[..., Escalation], database: Database
) -> None:
    assert "Nobody lowered a level that week." in boss.client.get(f"/console/sample/{week}").text
    start, end = labels.span_of(week, utc_now())
    row = written("i want to <u>die</u>", "i want")
    lowering = {"escalation_id": row.id, "responder_id": boss.id, "from_level": "emergency", "to_level": "routine"}
    with database.begin() as session:
        for at, note in ((start, "<b>by\u202e phone</b>"), (end, "next week")):
            session.add(Lowering(**lowering, at=at, reason="safe_now", note=note))
    page = boss.client.get(f"/console/sample/{week}").text
    assert "i want to &lt;u&gt;die&lt;/u&gt;" in page
    assert "Emergency → Routine: I spoke with them: safe now · <bdi>Sue</bdi>" in page
    assert "&lt;b&gt;by" in page
    assert "\u202e" not in page
    assert f'href="/console/threads/{row.id}"' in page
    assert "next week" not in page
    with database.begin() as session:
        seen = session.scalars(
            select(AuditEntry).where(AuditEntry.subject == "risk_sample").order_by(AuditEntry.id)
        ).all()
        assert row.message_id in seen[-1].detail["messages"]


def test_an_alarm_is_judged_beside_its_evidence(
    ana: Person, written: Callable[..., Escalation], database: Database
) -> None:
    row = written()
    there = f"/console/threads/{row.id}/messages/{row.message_id}/label"
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert "Was this alarm right?" in page
    assert there in page
    assert ana.post(there, label="over_call").status_code == 303
    answer = ana.client.post(there, data={"csrf_token": ana.token(), "label": "true"}, headers={"HX-Request": "true"})
    assert 'id="thread"' in answer.text
    assert 'value="true" aria-pressed="true"' in answer.text
    assert kept(database) == [(row.message_id, ana.id, "true")]


def test_only_an_alarm_can_be_judged(ana: Person, written: Callable[..., Escalation], database: Database) -> None:
    row = written()
    other = written("hello", "", Level.NONE)
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert page.count("Was this alarm right?") == 1
    for message, label, status in ((row.message_id, "missed", 400), (other.message_id, "x", 400), (9999, "true", 404)):
        answer = ana.post(f"/console/threads/{row.id}/messages/{message}/label", label=label)
        assert answer.status_code == status
    assert kept(database) == []
