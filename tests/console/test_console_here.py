"""Signs of life of a page, and what its reader is told when a thread of theirs went back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from gateway import owner_watch
from gateway.db import Database
from gateway.door import Door
from gateway.models import Escalation, Heartbeat, LogIn, Message
from gateway.web.console_here import BEATS
from tests.console.conftest import Person, utc_now

Written = Callable[..., Escalation]


def beats(database: Database) -> dict[int, bool]:
    """Who gave a sign of life in the last seconds."""
    with database.begin() as session:
        return {
            row.responder_id: row.at > utc_now() - timedelta(seconds=20) for row in session.scalars(select(Heartbeat))
        }


def age(database: Database, **span: float) -> None:
    """Let every sign of life and every claim be as old as this."""
    then = utc_now() - timedelta(**span)
    with database.begin() as session:
        session.execute(update(Heartbeat).values(at=then))
        session.execute(update(Escalation).values(claimed_at=then))


def test_every_page_is_a_sign_of_life(person: Callable[..., Person], database: Database) -> None:
    ana, ben = person("Ana"), person("Ben", inside=False)
    assert ana.client.get("/console/queue", headers={"X-Background": "1"}).status_code == 200
    assert beats(database) == {ana.id: True}
    assert ben.client.post("/console/here").status_code == 401
    assert beats(database) == {ana.id: True}


def test_a_sign_of_life_needs_a_token_and_a_log_in(ana: Person, database: Database) -> None:
    assert ana.client.post("/console/here", data={}).status_code == 403
    token = ana.token()
    with database.begin() as session:
        session.execute(update(LogIn).values(last_seen_at=utc_now() - timedelta(hours=2)))
    assert ana.client.post("/console/here", data={"csrf_token": token}).status_code == 401


def test_an_open_page_does_not_keep_its_screen_unlocked_but_writing_does(
    ana: Person, written: Written, database: Database
) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    form = {"csrf_token": ana.token()}

    def seen() -> bool:
        with database.begin() as session:
            return session.scalars(select(LogIn.last_seen_at)).one() > utc_now() - timedelta(minutes=1)

    def wrote() -> bool:
        with database.begin() as session:
            return session.get_one(Escalation, row.id).owner_wrote_at is not None

    with database.begin() as session:
        session.execute(update(LogIn).values(last_seen_at=utc_now() - timedelta(minutes=9)))
        session.execute(update(Escalation).values(owner_wrote_at=None))
    assert ana.client.post("/console/here", data=form, headers={"X-Background": "1"}).get_json() == {"soon": []}
    assert (seen(), wrote()) == (False, False)
    for nonsense in ("", "x", "9" * 40):
        assert ana.client.post("/console/here", data=form | {"acted": "1", "escalation": nonsense}).status_code == 200
    assert (seen(), wrote()) == (True, False)
    assert ana.client.post("/console/here", data=form | {"acted": "1", "escalation": str(row.id)}).status_code == 200
    assert wrote()


def test_a_draft_is_writing_and_a_note_is_an_act(ana: Person, written: Written, database: Database) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)

    def kept() -> tuple[bool, bool]:
        with database.begin() as session:
            found = session.get_one(Escalation, row.id)
            return found.owner_wrote_at is not None, found.owner_acted_at is not None

    assert ana.post(f"/console/threads/{row.id}/draft", text="I am").status_code == 200
    assert kept() == (True, False)
    ana.post(f"/console/threads/{row.id}/stay", epoch=1)
    assert kept() == (True, True)


@pytest.mark.parametrize("sign", ["draft", "stay", "here"])
def test_who_claimed_by_phone_and_goes_on_at_the_console_is_watched_for_there(
    ana: Person, written: Written, database: Database, sign: str
) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    with database.begin() as session:  # by a call, and a text was sent just now
        session.execute(
            update(Escalation).values(owner_means="voice", owner_acted_at=utc_now(), owner_wrote_at=utc_now())
        )
    assert ana.client.get(f"/console/threads/{row.id}").status_code == 200

    def means() -> str | None:
        with database.begin() as session:
            return session.get_one(Escalation, row.id).owner_means

    assert means() == "voice"  # to read is no act
    if sign == "here":
        ana.post("/console/here", acted="1", escalation=str(row.id))
    else:
        ana.post(f"/console/threads/{row.id}/{sign}", epoch=1, text="I am")
    assert means() == "console"


def test_every_page_hears_which_thread_goes_back_soon(
    person: Callable[..., Person], written: Written, database: Database
) -> None:
    row, ana, ben = written(), person("Ana"), person("Ben")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    age(database, seconds=80)
    with database.begin() as session:
        session.execute(update(Message).values(created_at=utc_now() - timedelta(seconds=90)))
    [soon] = ana.post("/console/here").get_json()["soon"]
    assert (soon["id"], soon["url"]) == (row.id, f"/console/threads/{row.id}")
    assert 30 < soon["left"] <= 40
    assert ben.post("/console/here").get_json() == {"soon": []}
    ana.post(f"/console/threads/{row.id}/stay", epoch=1)
    assert ana.post("/console/here").get_json() == {"soon": []}


@pytest.mark.parametrize("headers", [{}, {"X-Background": "1"}])
def test_a_sign_of_life_is_one_transaction(
    ana: Person, written: Written, database: Database, door: Door, headers: dict[str, str]
) -> None:
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    form = {"csrf_token": ana.token(), "acted": "1", "escalation": str(row.id)}
    age(database, minutes=1)
    with database.begin() as session:
        session.execute(update(LogIn).values(last_seen_at=utc_now() - timedelta(minutes=9)))
    ana.client.application.extensions[BEATS].clear()
    commits: list[object] = []
    note = commits.append
    event.listen(door.database.engine, "commit", note)
    try:
        assert ana.client.post("/console/here", data=form, headers=headers).status_code == 200
    finally:
        event.remove(door.database.engine, "commit", note)
    assert len(commits) == 1
    assert beats(database) == {ana.id: True}
    with database.begin() as session:
        assert session.get_one(Escalation, row.id).owner_wrote_at is not None
        seen = session.scalars(select(LogIn.last_seen_at)).one()
    assert (seen > utc_now() - timedelta(minutes=1)) is ("X-Background" not in headers)


def test_nobody_acts_for_the_owner(person: Callable[..., Person], written: Written, database: Database) -> None:
    row, ana, ben = written(), person("Ana"), person("Ben")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    ben.post("/console/here", acted="1", escalation=str(row.id))
    ben.post(f"/console/threads/{row.id}/claim", epoch=0)
    with database.begin() as session:
        found = session.get_one(Escalation, row.id)
        assert (found.owner_acted_at, found.owner_wrote_at) == (None, None)


def test_who_slept_reads_why_the_thread_went_back(
    person: Callable[..., Person], written: Written, database: Database, door: Door
) -> None:
    row, ana, ben = written(), person("Ana"), person("Ben")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    age(database, minutes=1)
    with database.begin() as session:
        assert owner_watch.lapse_due(session, door.community, utc_now()) == [row.conversation_id]
    thread = f"/console/threads/{row.id}"
    assert 'id="lapsed"' in ana.client.get(thread).text
    assert "A thread of yours went back to the queue" in ana.client.get("/console/inbox").text
    assert 'id="lapsed"' not in ben.client.get(thread).text
    assert "went back" not in ben.client.get("/console/inbox").text
    late = ana.post(f"{thread}/reply", epoch=1, text="I am here")
    assert late.status_code == 409
    ben.post(f"{thread}/claim", epoch=2)
    assert 'id="lapsed"' not in ana.client.get(thread).text
    assert "went back" not in ana.client.get("/console/inbox").text
