"""From a thread to a team on its way: what is asked first, what is shown, who is told when it goes wrong."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from gateway import broadcasts, dispatches, teams
from gateway.community_fields import Hours
from gateway.db import Database
from gateway.door import Door
from gateway.models import Dispatch, DispatchLink, Escalation, Notice, Responder
from gateway.risk import Level
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
FORM: dict[str, Any] = {
    "has": ["place", "place_confirmed", "consent", "checklist", "safety_flags", "team", "what_to_know"],
    "place": "12 Oak St",
    "place_confirmed": "yes",
    "consent": "given",
    "q_weapon": "no",
    "safety_flags": ["dog"],
    "team": "street",
    "what_to_know": "<b>ring twice",
}


@pytest.fixture(autouse=True)
def at_any_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages use the true time: here the teams work around the clock."""
    monkeypatch.setattr(Hours, "covers", lambda *_: True)


@pytest.fixture
def member(database: Database, door: Door) -> int:
    """Somebody in the street team."""
    with database.begin() as session:
        return teams.add(session, door.settings.keys, door.community, "street", "Nia", "+15555550161", utc_now()).id


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def begin(who: Person, row: Escalation) -> str:
    assert who.post(f"/console/threads/{row.id}/claim", epoch=row.epoch).status_code == 303
    answer = who.post(f"/console/threads/{row.id}/dispatches")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def kept(database: Database) -> Dispatch:
    with database.begin() as session:
        return session.scalars(select(Dispatch)).one()


def calm(written: Written) -> Escalation:
    return written("my neighbor does not open", "", Level.ROUTINE)


def test_a_team_is_asked_in_one_form(ana: Person, written: Written, database: Database, member: int) -> None:
    row = calm(written)
    there = begin(ana, row)
    page = ana.client.get(there).text
    assert "Is there a weapon?" in page
    answer = ana.post(f"{there}/send", version=1, **FORM)
    assert answer.status_code == 303, plain(answer.text)
    found = kept(database)
    assert (found.state, found.safety_flags, found.what_to_know) == ("assigned", ["dog"], "<b>ring twice")
    page = ana.client.get(there).text
    assert "<b>ring" not in page
    assert "Asked, no answer yet" in page
    thread = plain(ana.client.get(f"/console/threads/{row.id}").text)
    assert "Demo Street Team (invented) : Asked, no answer yet" in thread
    assert "Team: asked" in thread
    assert "0161" not in page


def test_what_is_missing_is_said_and_what_was_typed_is_still_there(
    ana: Person, written: Written, database: Database, member: int
) -> None:
    there = begin(ana, calm(written))
    answer = ana.post(f"{there}/send", version=1, **FORM | {"q_weapon": ""})
    assert (answer.status_code, "answer each question of the checklist" in answer.text) == (400, True)
    assert kept(database).state == "drafted"
    answer = ana.post(f"{there}/send", version=2, **FORM | {"q_weapon": "yes"})
    assert (answer.status_code, "A supervisor can send it" in answer.text) == (400, True)
    assert 'value="12 Oak St"' in answer.text
    with database.begin() as session:
        assert session.scalars(select(Notice)).all() == []


def test_a_stale_page_is_told_so(ana: Person, written: Written, database: Database, member: int) -> None:
    there = begin(ana, calm(written))
    assert ana.post(f"{there}/edit", version=1, **FORM).status_code == 303
    answer = ana.post(f"{there}/edit", version=1, **FORM | {"place": "elsewhere"})
    assert (answer.status_code, "went on with it" in answer.text) == (409, True)
    assert kept(database).place == "12 Oak St"
    assert ana.post(f"{there}/edit", version=2, has="state", state="clear").status_code == 400


def test_a_thread_with_a_team_out_is_not_closed(ana: Person, written: Written, database: Database, member: int) -> None:
    row = calm(written)
    there = begin(ana, row)
    assert ana.post(f"{there}/send", version=1, **FORM).status_code == 303
    with database.begin() as session:
        epoch = session.get_one(Escalation, row.id).epoch
    answer = ana.post(f"/console/threads/{row.id}/resolve", epoch=epoch, disposition="helped")
    assert (answer.status_code, "Call it off or wait" in answer.text) == (400, True)
    assert ana.post(f"{there}/cancel").status_code == 303
    with database.begin() as session:
        epoch = session.get_one(Escalation, row.id).epoch
    assert ana.post(f"/console/threads/{row.id}/resolve", epoch=epoch, disposition="helped").status_code == 303


def test_an_sos_stands_on_every_page_until_they_are_safe(
    ana: Person, person: Callable[..., Person], written: Written, database: Database, door: Door, member: int
) -> None:
    there = begin(ana, calm(written))
    assert ana.post(f"{there}/send", version=1, **FORM).status_code == 303
    with database.begin() as session:
        link = session.scalars(select(DispatchLink)).one()
        locked = dispatches.lock(session, link.dispatch_id)
        dispatches.move(session, locked, utc_now(), "accept", dispatches.TEAM, member_id=member)
        dispatches.move(session, locked, utc_now(), "sos", dispatches.TEAM, member_id=member)
        zoe = session.get_one(Responder, person("Zoe", "supervisor").id)
        broadcasts.send(session, door.community, zoe, "Roads are flooded", utc_now(), urgent=True)
    ben = person("Ben")
    for who in (ana, ben):
        told = who.client.get("/console/").text
        assert told.index("SOS from a team: call them now") < told.index("Roads are flooded")
        assert 'data-rings="emergency"' in told
    assert ben.post(f"{there}/safe").status_code == 403
    page = ana.client.get(there).text
    assert "I spoke with them: they are safe" in page
    assert ana.post(f"{there}/safe").status_code == 303
    assert "SOS from a team" not in ben.client.get("/console/").text


def test_somebody_else_reads_it_and_changes_nothing(
    ana: Person, person: Callable[..., Person], written: Written, database: Database, member: int
) -> None:
    there = begin(ana, calm(written))
    ben = person("Ben")
    page = ben.client.get(there)
    assert page.status_code == 200
    assert 'id="ask-team"' not in page.text
    for verb in ("edit", "send", "cancel", "safe"):
        assert ben.post(f"{there}/{verb}", version=1).status_code == 403
    assert ben.client.get("/console/dispatches/999999").status_code == 404
    assert kept(database).version == 1
