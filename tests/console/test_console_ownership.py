"""Passing a thread on over HTTP: who is offered what, who sees what, and what happens to who holds too much."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select, update

from gateway.community_duty import Desk
from gateway.community_fields import BothLanguages
from gateway.db import Database
from gateway.door import Door
from gateway.models import AuditEntry, Escalation, Heartbeat, Shift
from gateway.risk import Level
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
numbers = count(300)


def at_work(who: Person) -> Person:
    """Their console is open."""
    assert who.client.get("/console/").status_code == 200
    return who


@pytest.fixture
def ben(person: Callable[..., Person]) -> Person:
    return at_work(person("Ben"))


@pytest.fixture
def sam(person: Callable[..., Person]) -> Person:
    return at_work(person("Sam", role="supervisor"))


@pytest.fixture
def desk(door: Door) -> Iterator[str]:
    before = door.community
    made = Desk(code="spanish", name=BothLanguages(en="Spanish desk", es="Equipo de español"))
    object.__setattr__(door, "community", before.model_copy(update={"desks": (made,)}))
    yield made.code
    object.__setattr__(door, "community", before)


def page(who: Person, row: Escalation) -> str:
    answer = who.client.get(f"/console/threads/{row.id}")
    assert answer.status_code == 200
    return str(answer.text)


def state(database: Database, row: Escalation) -> tuple[str, int | None]:
    with database.begin() as session:
        found = session.get_one(Escalation, row.id)
        return found.status, found.owner_id


def epoch(database: Database, row: Escalation) -> int:
    with database.begin() as session:
        return session.get_one(Escalation, row.id).epoch


def do(who: Person, database: Database, row: Escalation, verb: str, **form: str) -> int:
    return who.post(f"/console/threads/{row.id}/{verb}", epoch=epoch(database, row), **form).status_code


def test_somebody_is_asked_and_says_yes(ana: Person, ben: Person, written: Written, database: Database) -> None:
    row = written()
    do(ana, database, row, "claim")
    assert f'<option value="{ben.id}">Ben (' in ana.client.get("/console/colleagues").text
    assert do(ana, database, row, "pass-on", to=str(ben.id), note="knows him <b>well</b>") == 303
    assert 'id="asked"' in page(ana, row)
    asked = page(ben, row)
    assert "knows him &lt;b&gt;well&lt;/b&gt;" in asked
    assert "You are asked to take a thread" in ben.client.get("/console/inbox").text
    assert "You are asked" not in ana.client.get("/console/inbox").text
    assert do(ben, database, row, "accept") == 303
    assert state(database, row) == ("claimed", ben.id)
    assert 'id="passed"' in page(ben, row)
    assert 'id="offer"' not in page(ben, row)
    assert do(ana, database, row, "reply", text="late") == 409


def test_somebody_is_asked_and_says_no_or_is_asked_no_more(
    ana: Person, ben: Person, written: Written, database: Database
) -> None:
    row = written()
    do(ana, database, row, "claim")
    do(ana, database, row, "pass-on", to=str(ben.id))
    assert do(ben, database, row, "decline") == 303
    assert 'id="declined"' in page(ana, row)
    do(ana, database, row, "pass-on", to=str(ben.id))
    assert do(ana, database, row, "withdraw") == 303
    assert do(ben, database, row, "accept") == 409
    assert state(database, row) == ("claimed", ana.id)


GIVEN = "A thread was given to you"


def test_who_is_given_a_thread_is_told_on_every_page_until_they_do_something_in_it(
    ana: Person, ben: Person, sam: Person, written: Written, database: Database
) -> None:
    row = written()
    do(ana, database, row, "claim")
    assert do(ana, database, row, "pass-on", to=str(ben.id), how="cold") == 303
    told = ben.client.get("/console/inbox").text
    assert GIVEN in told
    assert f'data-rings="urgent" data-asked="given /console/threads/{row.id}' in told
    assert GIVEN not in ana.client.get("/console/inbox").text
    do(ben, database, row, "stay")
    assert GIVEN not in ben.client.get("/console/inbox").text
    do(ben, database, row, "release")
    assert do(sam, database, row, "assign", to=str(ana.id)) == 303
    assert GIVEN in ana.client.get("/console/inbox").text
    do(ana, database, row, "release")
    assert GIVEN not in ana.client.get("/console/inbox").text


def test_who_claimed_or_said_yes_is_not_told_that_they_have_it(
    ana: Person, ben: Person, written: Written, database: Database
) -> None:
    row = written()
    do(ana, database, row, "claim")
    assert GIVEN not in ana.client.get("/console/inbox").text
    do(ana, database, row, "pass-on", to=str(ben.id))
    do(ben, database, row, "accept")
    assert GIVEN not in ben.client.get("/console/inbox").text


def test_the_third_who_has_a_thread_still_reads_what_the_first_said_of_it(
    ana: Person, ben: Person, sam: Person, written: Written, database: Database, desk: str
) -> None:
    row = written()
    do(ana, database, row, "claim")
    do(ana, database, row, "pass-on", to=str(ben.id), note="at 12 Oak St")
    do(ben, database, row, "accept")
    do(ben, database, row, "pass-on", to=f"desk:{desk}", note="speaks Mam")
    do(ben, database, row, "claim")
    do(sam, database, row, "take-over", reason="danger", note="I know them")
    assert re.search(r'id="taken".*The danger needs somebody else · <bdi[^>]*>I know them', page(ben, row))
    kept = page(sam, row).partition('id="panel-notes"')[2].partition("</section>")[0]
    for note in ("at 12 Oak St", "speaks Mam", "I know them"):
        assert kept.count(note) == 1


def test_a_thread_is_passed_on_at_once_or_to_a_desk(
    ana: Person, ben: Person, written: Written, database: Database, desk: str
) -> None:
    row = written()
    do(ana, database, row, "claim")
    assert do(ana, database, row, "pass-on", to=str(ben.id), how="cold") == 303
    assert state(database, row) == ("claimed", ben.id)
    assert "Desk: Spanish desk" in ben.client.get("/console/colleagues?desks=1").text
    assert "Desk:" not in ben.client.get("/console/colleagues").text
    assert do(ben, database, row, "pass-on", to=f"desk:{desk}", note="he prefers Spanish") == 303
    assert state(database, row) == ("waiting", None)
    queue = ana.client.get("/console/").text
    assert "Spanish desk" in queue
    assert "he prefers Spanish" in page(ana, row)
    assert f"row-{row.id}" in ana.client.get(f"/console/queue?desk={desk}").text
    assert f"row-{row.id}" not in ana.client.get("/console/queue?desk=other").text


@pytest.mark.parametrize(
    ("to", "said"), [("", "choose somebody"), ("x", "choose somebody"), ("desk:x", "choose a desk")]
)
def test_nonsense_changes_nothing_and_is_said(
    ana: Person, written: Written, database: Database, to: str, said: str
) -> None:
    row = written()
    do(ana, database, row, "claim")
    answer = ana.post(f"/console/threads/{row.id}/pass-on", epoch=epoch(database, row), to=to, how="cold")
    assert answer.status_code == 400
    assert said in answer.text
    assert state(database, row) == ("claimed", ana.id)


def test_nothing_goes_to_a_closed_console(ana: Person, ben: Person, written: Written, database: Database) -> None:
    row = written()
    do(ana, database, row, "claim")
    with database.begin() as session:
        then = utc_now() - timedelta(minutes=1)
        session.execute(update(Heartbeat).where(Heartbeat.responder_id == ben.id).values(at=then))
    answer = ana.post(f"/console/threads/{row.id}/pass-on", epoch=epoch(database, row), to=str(ben.id), how="cold")
    assert "their console is not open" in answer.text


def test_a_supervisor_listens_joins_and_takes_over(
    ana: Person, ben: Person, sam: Person, written: Written, database: Database
) -> None:
    row = written()
    do(ana, database, row, "claim")
    assert do(sam, database, row, "listen") == 303
    assert "You listen." in page(sam, row)
    for other in (ana, ben):
        assert not re.search(r"\bSam\b", page(other, row))  # a form's token may hold any letters
    assert do(sam, database, row, "join") == 303
    assert re.search(r"<bdi>Sam</bdi>\s*is here too", page(ana, row))
    assert do(sam, database, row, "take-over") == 400
    assert state(database, row) == ("claimed", ana.id)
    assert do(sam, database, row, "take-over", reason="owner_silent") == 303
    assert state(database, row) == ("claimed", sam.id)
    assert re.search(r'id="taken".*The owner does not answer', page(ana, row))
    assert 'id="taken"' not in page(sam, row) + page(ben, row)
    assert re.search(r"Taken over.*· <bdi>Sam</bdi>", page(ana, row), re.DOTALL)


@pytest.mark.parametrize("verb", ["take-over", "assign", "listen", "join"])
def test_only_supervisors_do_what_supervisors_do(
    ana: Person, ben: Person, written: Written, database: Database, verb: str
) -> None:
    row = written()
    if verb != "assign":
        do(ana, database, row, "claim")
    before = state(database, row)
    assert do(ben, database, row, verb, to=str(ana.id), reason="danger") == 403
    assert state(database, row) == before
    assert "take-over" not in page(ben, row)


def test_a_supervisor_gives_a_waiting_thread_to_somebody(
    ana: Person, sam: Person, written: Written, database: Database
) -> None:
    row = written()
    at_work(ana)
    assert f'<option value="{ana.id}">Ana (' in sam.client.get("/console/colleagues").text
    assert do(sam, database, row, "assign", to=str(ana.id)) == 303
    assert state(database, row) == ("claimed", ana.id)


def test_who_holds_enough_is_asked_back_in_danger(ana: Person, written: Written, database: Database) -> None:
    one, two = written(number="+15555550171"), written(number="+15555550172")
    do(ana, database, one, "claim")
    answer = ana.post(f"/console/threads/{two.id}/claim", epoch=0)
    assert answer.status_code == 409
    assert "Claim all the same" in answer.text
    assert state(database, two) == ("waiting", None)
    assert do(ana, database, two, "claim", over="yes") == 303
    with database.begin() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "over_capacity")).one()
        assert (entry.responder_id, entry.subject_id, entry.detail) == (ana.id, two.id, {"why": "full_danger"})


def test_who_holds_enough_leaves_a_routine_thread_to_who_has_room(
    ana: Person, ben: Person, written: Written, database: Database
) -> None:
    full = written(number="+15555550173")
    calm = written("no tengo comida", "comida", Level.ROUTINE, number="+15555550174", category="food")
    do(ana, database, full, "claim")
    now = utc_now()
    with database.begin() as session:
        session.add(Shift(responder_id=ben.id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)))
    assert do(ana, database, calm, "claim", over="yes") == 409
    assert state(database, calm) == ("waiting", None)
    with database.begin() as session:  # Ben goes: nobody else has room
        session.execute(update(Shift).values(ends_at=now))
    assert do(ana, database, calm, "claim") == 303


def test_an_owner_is_warned_and_says_that_they_are_at_work(
    ana: Person, ben: Person, written: Written, database: Database
) -> None:
    row = written()
    assert 'id="answer-soon"' not in page(ana, row)
    do(ana, database, row, "claim")
    assert re.search(r'id="answer-soon" data-left="\d+" data-limit="120" hidden', page(ana, row))
    assert 'id="answer-soon"' not in page(ben, row)
    assert do(ben, database, row, "stay") == 303
    assert 'id="answer-soon"' in page(ana, row)
    # As a form within a part of the page that reads itself again sends it.
    form = {"csrf_token": ana.token(), "epoch": "1"}
    assert (
        ana.client.post(f"/console/threads/{row.id}/stay", data=form, headers={"X-Background": "1"}).status_code == 303
    )
    assert re.search(r'id="answer-soon" data-left="(59\d|600)"', page(ana, row))  # ten minutes, not for good
