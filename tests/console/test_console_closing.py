"""Closing in the town's words, and the second look that an emergency waits for."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select, update

from gateway.community_duty import Disposition
from gateway.db import Database
from gateway.door import Door
from gateway.models import Closing, Conversation, Escalation
from gateway.risk import Level
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
People = Callable[..., Person]


def plain(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def claimed(who: Person, row: Escalation) -> int:
    """The epoch of a thread that was just claimed."""
    assert who.post(f"/console/threads/{row.id}/claim", epoch=row.epoch).status_code == 303
    return row.epoch + 1


def close(who: Person, row: Escalation, **form: object) -> int:
    given = {"epoch": claimed(who, row), "disposition": "helped"} | form
    return who.post(f"/console/threads/{row.id}/resolve", **given).status_code


def closing(database: Database) -> Closing:
    with database.begin() as session:
        return session.scalars(select(Closing).order_by(Closing.id.desc())).first() or pytest.fail("none")


def test_the_form_offers_what_the_town_says_and_knows_the_needs(
    ana: Person, written: Written, app: Flask, door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Disposition(code="warm_line", en="Went on to the warm line", es="Pasó a la línea cálida", standard="referred")
    town = door.community.model_copy(update={"dispositions": (own,)})
    monkeypatch.setitem(app.extensions, "front_door", replace(door, community=town))
    row = written(level=Level.ROUTINE)
    with database.begin() as session:
        session.scalars(select(Conversation)).one().answers = {"needs": ["food"]}
    page = ana.client.get(f"/console/threads/{row.id}").text
    assert '<option value="warm_line">Went on to the warm line</option>' in page
    assert '<option value="helped">' not in page
    assert re.search(r'name="needs" value="food" checked', page)
    assert close(ana, row, disposition="warm_line", needs=["food", "legal"], note="called them") == 303
    kept = closing(database)
    assert (kept.disposition, kept.standard, kept.needs, kept.note) == (
        "warm_line", "referred", ["food", "legal"], "called them",
    )  # fmt: skip
    shown = plain(ana.client.get(f"/console/threads/{row.id}").text)
    assert "Went on to the warm line · Ana" in shown
    assert "Needs: food, legal" in shown
    ana.post("/console/account/language", locale="es")
    assert "Necesidades: comida, legal" in plain(ana.client.get(f"/console/threads/{row.id}").text)


def test_without_a_disposition_nothing_is_closed(ana: Person, written: Written, database: Database) -> None:
    row = written(level=Level.ROUTINE)
    assert close(ana, row, disposition="") == 400
    with database.begin() as session:
        assert session.get_one(Escalation, row.id).status == "claimed"
        assert not session.scalars(select(Closing)).all()


def test_what_is_on_no_list_is_refused_in_words(ana: Person, written: Written) -> None:
    row = written(level=Level.ROUTINE)
    answer = ana.post(f"/console/threads/{row.id}/resolve", epoch=claimed(ana, row), disposition="helped", needs="x")
    assert (answer.status_code, "is on no list" in answer.text) == (400, True)


def test_after_danger_no_follow_up_is_offered_or_taken(ana: Person, written: Written) -> None:
    row = written(level=Level.URGENT)
    assert 'name="follow_up"' not in ana.client.get(f"/console/threads/{row.id}").text
    answer = ana.post(
        f"/console/threads/{row.id}/resolve", epoch=claimed(ana, row), disposition="helped", follow_up="asked"
    )
    assert (answer.status_code, "after danger nobody is asked" in answer.text) == (400, True)


def test_a_calm_thread_may_be_followed_up(ana: Person, written: Written, database: Database) -> None:
    row = written(level=Level.ROUTINE)
    assert 'name="follow_up"' in ana.client.get(f"/console/threads/{row.id}").text
    assert close(ana, row, follow_up="asked") == 303
    assert closing(database).follow_up == "asked"


@pytest.mark.parametrize("verb", ["resolve", "hand-back"])
def test_an_emergency_waits_for_somebody_else(
    ana: Person, person: People, written: Written, database: Database, verb: str
) -> None:
    row, ben = written(), person("Ben")
    assert "somebody else looks at it later" in ana.client.get(f"/console/threads/{row.id}").text
    epoch = claimed(ana, row)
    assert ana.post(f"/console/threads/{row.id}/{verb}", epoch=epoch, disposition="handed_to_911").status_code == 303
    with database.begin() as session:
        assert session.get_one(Escalation, row.id).status == "resolved"
    assert "A closed emergency waits for a second look" in ben.client.get("/console/").text
    assert "A closed emergency waits for a second look" not in ana.client.get("/console/").text
    mine = ana.client.get("/console/looks").text
    assert "You closed it: somebody else looks." in plain(mine)
    assert f'action="/console/looks/{row.id}"' not in mine
    theirs = ben.client.get("/console/looks").text
    assert f'action="/console/looks/{row.id}"' in theirs
    assert f'href="/console/threads/{row.id}"' in theirs


def test_who_agrees_ends_it(ana: Person, person: People, written: Written, database: Database) -> None:
    row, ben = written(), person("Ben")
    close(ana, row, disposition="handed_to_911")
    assert ben.post(f"/console/looks/{row.id}", look="agree", note="read it all").status_code == 303
    assert (closing(database).look, closing(database).looked_by) == ("agree", ben.id)
    assert "Nothing waits for a second look." in ben.client.get("/console/looks").text
    thread = plain(ben.client.get(f"/console/threads/{row.id}").text)
    assert "Second look: Agreed · Ben" in thread
    assert "read it all" in thread
    assert ben.post(f"/console/looks/{row.id}", look="agree").status_code == 409


def test_who_does_not_opens_it_again_and_its_story_is_one(
    ana: Person, person: People, written: Written, database: Database
) -> None:
    row, ben = written(), person("Ben")
    close(ana, row, disposition="handed_to_911", note="told 911")
    silent = ben.post(f"/console/looks/{row.id}", look="reopen")
    assert (silent.status_code, "say why" in silent.text) == (400, True)
    answer = ben.post(f"/console/looks/{row.id}", look="reopen", note="nobody heard from them")
    assert answer.status_code == 303
    with database.begin() as session:
        again = session.scalars(select(Escalation).where(Escalation.status == "waiting")).one()
    assert answer.headers["Location"].endswith(f"/console/threads/{again.id}")
    page = plain(ben.client.get(f"/console/threads/{again.id}").text)
    for words in (
        "Second look: open again",
        "told 911",
        "nobody heard from them",
        "Claimed",
        "Resolved: Handed to 911",
    ):
        assert words in page


@pytest.mark.parametrize(("look", "status"), [("", 400), ("perhaps", 400)])
def test_one_of_the_two_is_chosen(ana: Person, person: People, written: Written, look: str, status: int) -> None:
    row, ben = written(), person("Ben")
    close(ana, row)
    assert ben.post(f"/console/looks/{row.id}", look=look).status_code == status


def test_nobody_looks_at_their_own(ana: Person, written: Written, database: Database) -> None:
    row = written()
    close(ana, row)
    assert ana.post(f"/console/looks/{row.id}", look="agree").status_code == 403
    assert closing(database).looked_at is None


def test_what_is_overdue_is_marked_and_urgent(
    ana: Person, person: People, written: Written, database: Database
) -> None:
    row, ben = written(), person("Ben")
    close(ana, row)
    with database.begin() as session:
        session.execute(update(Closing).values(look_due_at=utc_now() - timedelta(hours=1)))
    assert "Overdue" in ben.client.get("/console/looks").text
    assert re.search(r'class="bar hot"><a href="/console/looks"', ben.client.get("/console/").text)


def test_the_menu_leads_there(ana: Person, app: Flask) -> None:
    assert 'href="/console/looks"' in ana.client.get("/console/").text
    assert "console_looks.due" in app.view_functions
