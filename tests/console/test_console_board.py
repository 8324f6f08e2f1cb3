"""The supervisor's board and the broadcasts over HTTP: who may, what is shown, and what never is."""

import datetime
import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, update

from gateway import drills, escalations
from gateway.db import Database
from gateway.models import AuditEntry, Broadcast, BroadcastReading, Drill, Escalation, Heartbeat, Responder, Shift
from gateway.risk import Level
from gateway.web import board_words
from gateway.web.console_feed import Feed
from gateway.web.console_live import FEED, Look
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow

HOUR = datetime.timedelta(hours=1)
Maker = Callable[..., Person]
Written = Callable[..., Escalation]


def at_work(database: Database, who: Person) -> None:
    """On shift, with an open console."""
    now = utc_now()
    with database.begin() as session:
        session.add(Shift(responder_id=who.id, starts_at=now - HOUR, ends_at=now + 3 * HOUR))
        session.merge(Heartbeat(responder_id=who.id, at=now, means="console"))


def waited(database: Database, row: Escalation, minutes: int) -> None:
    with database.begin() as session:
        session.execute(
            update(Escalation)
            .where(Escalation.id == row.id)
            .values(waiting_since=utc_now() - datetime.timedelta(minutes=minutes))
        )


def unread(who: Person) -> list[int]:
    return [int(each) for each in re.findall(r'id="broadcast-(\d+)"', who.client.get("/console/inbox").text)]


def test_the_board_counts_and_shows_no_word_of_a_resident(person: Maker, database: Database, written: Written) -> None:
    sol, ana = person("Sol", "supervisor"), person("Ana")
    at_work(database, ana)
    row = written()
    waited(database, row, 5)
    for path in ("/console/board", "/console/board/live"):
        page = sol.client.get(path).text
        assert "my pills" not in page
        assert f"/console/threads/{row.id}" in page
        assert "Nobody has taken it" in page
        assert "5 min" in page
        assert 'href="/console/?whose=waiting&amp;level=emergency"' in page
        assert "Sound not tested" in page
        assert "Console open" in page


def test_a_shift_that_ends_on_another_day_says_which(person: Maker, database: Database) -> None:
    sol, ana = person("Sol", "supervisor"), person("Ana")
    at_work(database, ana)
    town = ZoneInfo("America/Los_Angeles")
    now = utc_now()
    for days in (0, 1, 366):
        ends = now.astimezone(town).replace(hour=23, minute=59, second=59) + datetime.timedelta(days=days)
        with database.begin() as session:
            session.execute(update(Shift).values(starts_at=now - HOUR, ends_at=ends))
        board = re.sub(r"<[^>]+>", "", sol.client.get("/console/board").text)
        year = f"/{ends.year}" if ends.year != now.astimezone(town).year else ""
        day = f" ({ends:%a} {ends.month}/{ends.day}{year})" if days else ""
        assert f"until 23:59{day}\n" in board


def test_each_count_leads_to_a_queue_that_shows_as_many(person: Maker, database: Database, written: Written) -> None:
    sol, ana = person("Sol", "supervisor"), person("Ana")
    for place, level in enumerate((Level.EMERGENCY, Level.URGENT, Level.URGENT, Level.URGENT)):
        row = written(level=level, number=f"+1555555012{place}")
    with database.begin() as session:
        escalations.claim(session, row.id, 0, session.get_one(Responder, ana.id), utc_now())
    page = sol.client.get("/console/board").text
    seen = {}
    for name in ("emergency", "urgent", "routine", "owned"):
        found = re.search(rf'id="count-{name}" href="([^"]+)">.*?<strong>(\d+)</strong>', page)
        assert found
        queue = sol.client.get(found[1].replace("&amp;", "&")).text
        assert queue.count('<li class="row') == int(found[2]), name
        seen[name] = int(found[2])
    assert seen == {"emergency": 1, "urgent": 2, "routine": 0, "owned": 1}
    mine = re.search(rf'id="load-{ana.id}" href="([^"]+)"', page)
    assert mine
    assert sol.client.get(mine[1]).text.count('<li class="row') == 1


def test_nobody_on_call_is_said(person: Maker) -> None:
    page = person("Sol", "supervisor").client.get("/console/board").text
    assert "Nobody is on call. Residents are told so." in page
    assert "Nobody is on call now, nor in the next 48 hours" in page
    assert "Nothing is beyond the town&#39;s time." in page


def test_the_board_says_that_no_drill_is_run(person: Maker, database: Database, app: Flask) -> None:
    sol, door = person("Sol", "supervisor"), app.extensions["front_door"]
    assert "No drill runs by itself" in sol.client.get("/console/board").text
    on = door.community.paging.model_copy(update={"drill_at": datetime.time(3)})
    app.extensions["front_door"] = replace(door, community=door.community.model_copy(update={"paging": on}))
    assert "No drill has been run yet." in sol.client.get("/console/board").text
    at = utc_now() - 75 * HOUR
    with database.begin() as session:
        session.add(Drill(started_at=at, finished_at=at, outcome="passed", detail={}))
        later = at + 24 * HOUR
        session.add(Drill(started_at=later, finished_at=later, outcome="skipped", detail={"why": "danger"}))
    page = sol.client.get("/console/board").text
    assert "Days without a drill: 3 <span>Skipped: somebody waited in danger</span>" in page
    assert "somebody waited in danger" in sol.client.get("/console/rota").text
    sol.post("/console/account/language", locale="es")
    spanish = sol.client.get("/console/board").text
    assert "Días sin simulacro: 3 <span>No se hizo: alguien esperaba en peligro</span>" in spanish
    with database.begin() as session:
        session.add(Drill(started_at=utc_now(), finished_at=utc_now(), outcome="passed", detail={}))
    assert 'id="no-drill"' not in sol.client.get("/console/board").text


def test_the_board_says_that_a_drill_runs_or_waits(
    person: Maker, database: Database, app: Flask, written: Written
) -> None:
    sol, door = person("Sol", "supervisor"), app.extensions["front_door"]
    due = utc_now().astimezone(door.community.clock).time().replace(second=0, microsecond=0)
    on = door.community.paging.model_copy(update={"drill_at": due})
    app.extensions["front_door"] = replace(door, community=door.community.model_copy(update={"paging": on}))
    assert 'id="drill-' not in sol.client.get("/console/board").text
    written()
    assert "Today&#39;s drill waits, as somebody waits in danger." in sol.client.get("/console/board").text
    with database.begin() as session:
        session.execute(update(Escalation).values(status="resolved"))
        drills.start(session, utc_now())
    page = sol.client.get("/console/board").text
    assert "A drill runs since" in page
    assert "drill waits" not in page


def test_a_waiting_thread_is_given_to_somebody_from_the_board(
    person: Maker, database: Database, written: Written
) -> None:
    sol, ana, ben = person("Sol", "supervisor"), person("Ana"), person("Ben")
    at_work(database, ana)
    row = written()
    there = f"/console/board/{row.id}/assign"
    page = sol.client.get(there).text
    assert f'name="to" value="{ana.id}"' in page
    assert "my pills" not in page
    with database.begin() as session:  # each page of his gave a sign of life
        session.execute(update(Heartbeat).where(Heartbeat.responder_id == ben.id).values(at=utc_now() - HOUR))
    refused = sol.post(there, to=ben.id, epoch=row.epoch)
    assert refused.status_code == 409
    assert "their console is not open" in refused.text
    assert sol.post(there, to=ana.id).status_code == 400
    done = sol.post(there, to=ana.id, epoch=row.epoch)
    assert (done.status_code, done.headers["Location"]) == (303, "/console/board")
    late = sol.post(there, to=ana.id, epoch=row.epoch)
    assert late.status_code == 409
    assert "somebody has taken it" in late.text
    assert "Ana</bdi> has it" in late.text
    with database.begin() as session:
        assert session.get_one(Escalation, row.id).owner_id == ana.id
        assert session.scalars(select(AuditEntry.responder_id).where(AuditEntry.act == "assign")).all() == [sol.id]
        # That she gave it to somebody is no reading of the thread.
        assert session.scalars(select(AuditEntry.id).where(AuditEntry.act == "view")).all() == []


def test_listening_in_leads_to_the_thread(person: Maker, database: Database, written: Written) -> None:
    sol, ana = person("Sol", "supervisor"), person("Ana")
    row = written()
    with database.begin() as session:
        escalations.claim(session, row.id, 0, session.get_one(Responder, ana.id), utc_now())
        session.get_one(Escalation, row.id, populate_existing=True).alerted_at = utc_now()
    page = sol.client.get("/console/board").text
    assert f'action="/console/threads/{row.id}/listen"' in page
    done = sol.post(f"/console/threads/{row.id}/listen", epoch=1)
    assert done.headers["Location"] == f"/console/threads/{row.id}"


def test_the_board_is_for_supervisors(person: Maker, written: Written) -> None:
    ana, row = person("Ana"), written()
    for path in ("/console/board", "/console/board/live", f"/console/board/{row.id}/assign"):
        assert ana.client.get(path).status_code == 403
    assert ana.post(f"/console/board/{row.id}/assign", to=ana.id, epoch=0).status_code == 403
    assert ana.post("/console/broadcasts", text="Hello", lasts="60").status_code == 403
    assert "/console/board" not in ana.client.get("/console/").text
    assert ana.client.get("/console/broadcasts").status_code == 200


def test_a_broadcast_is_told_read_and_ended(person: Maker, database: Database) -> None:
    sol, ana, ben = person("Sol", "supervisor"), person("Ana"), person("Ben")
    at_work(database, ana)
    assert (
        sol.post("/console/broadcasts", text="Call 555 0100, <b>not</b> 911\u202e", lasts="60", urgent="1").headers[
            "Location"
        ]
        == "/console/broadcasts"
    )
    (number,) = unread(ana)
    assert unread(sol) == []
    bar = ana.client.get("/console/").text
    assert "Urgent message" in bar
    assert "Call 555 0100, &lt;b&gt;not&lt;/b&gt; 911</bdi>" in bar
    page = sol.client.get("/console/broadcasts").text
    assert re.search(r"Not yet read by: <bdi>Ana</bdi>", page)
    seen = ana.client.post(
        f"/console/broadcasts/{number}/seen", data={"csrf_token": ana.token()}, headers={"HX-Request": "true"}
    )
    assert (seen.status_code, 'id="inbox"' in seen.text, f"broadcast-{number}" in seen.text) == (200, True, False)
    assert unread(ana) == []
    assert "Read by: <bdi>Sol</bdi>" in sol.client.get("/console/broadcasts").text
    assert "You read it at" in ana.client.get("/console/broadcasts").text
    assert "Read by" not in ana.client.get("/console/broadcasts").text
    assert sol.post(f"/console/broadcasts/{number}/end").status_code == 303
    assert unread(ben) == []
    again = sol.post(f"/console/broadcasts/{number}/end")
    assert again.status_code == 409
    assert "It had ended already." in again.text
    with database.begin() as session:
        assert len(session.scalars(select(BroadcastReading)).all()) == 2


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"text": "  ", "lasts": "60"}, "it is empty"),
        ({"text": "kept " * 120, "lasts": "60"}, "more than 500 characters"),
        ({"text": "kept words", "lasts": "7"}, "choose how long"),
        ({"text": "kept words"}, "choose how long"),
        ({"text": "kept words", "lasts": "60", "desk": "moon"}, "choose a desk"),
    ],
)
def test_what_was_not_sent_is_said_and_its_words_are_kept(
    person: Maker, database: Database, form: dict[str, str], told: str
) -> None:
    answer = person("Sol", "supervisor").post("/console/broadcasts", **form)
    assert answer.status_code == 400
    assert told in answer.text
    assert form["text"].strip() in answer.text
    with database.begin() as session:
        assert session.scalars(select(Broadcast)).all() == []


def test_two_bars_at_a_time_and_the_urgent_first(person: Maker) -> None:
    sol, ana = person("Sol", "supervisor"), person("Ana")
    for text, more in (("one", {}), ("two", {}), ("three", {"urgent": "1"})):
        sol.post("/console/broadcasts", text=text, lasts="ended", **more)
    assert unread(ana) == [3, 1]
    assert "More messages from supervisors: 1" in ana.client.get("/console/inbox").text
    ana.post("/console/broadcasts/3/seen")
    assert unread(ana) == [1, 2]


def test_an_editor_is_told_nothing(person: Maker) -> None:
    sol, eda = person("Sol", "supervisor"), person("Eda", "directory_editor")
    sol.post("/console/broadcasts", text="For who answers", lasts="60")
    page = eda.client.get("/console/directory").text
    assert "For who answers" not in page
    assert "/console/broadcasts" not in page


def test_open_pages_hear_of_a_broadcast_and_of_its_end(
    app: Flask, person: Maker, database: Database, written: Written
) -> None:
    sol, ana, ben = person("Sol", "supervisor"), person("Ana"), person("Ben")
    row = written()
    feed: Feed = app.extensions[FEED]

    def look_of(who: Person) -> Look:
        look = Look(database, feed, who.id, "")
        look._proved = time.monotonic() + 60
        look(0)
        return look

    def told(look: Look) -> dict[str, object]:
        feed.look()
        return {event.name: event.body for event in look(0) if event.name != "beat"}

    hers, his = look_of(ana), look_of(ben)
    assert told(hers) == {}
    sol.post("/console/broadcasts", text="Hello", lasts="60", urgent="1")
    for look in (hers, his):
        news = told(look)
        assert news.keys() == {"told", "alarms"}
        waits = json.loads(str(news["alarms"]))
        assert (waits["told"], waits["waiting"]) == ({"1": True}, {str(row.id): "emergency"})
        assert "Hello" not in str(news)
    ana.post("/console/broadcasts/1/seen")
    assert "told" not in json.loads(str(told(hers)["alarms"]))
    assert told(his).keys() == {"told"}  # for who watches how many have read it
    with database.begin() as session:
        session.execute(update(Broadcast).values(ends_at=utc_now() - HOUR))
    assert "told" not in json.loads(str(told(his)["alarms"]))


def test_every_reason_has_words(app: Flask) -> None:
    from gateway import board, dispatch_watch  # noqa: PLC0415

    kinds = {board.WAITS, board.DANGER, board.UNANSWERED, board.TEXT_FAILED, *dispatch_watch.STANDS.values()}
    kinds |= {dispatch_watch.SOS, dispatch_watch.NO_ANSWER, dispatch_watch.NOT_HEARD, dispatch_watch.NOT_LEFT}
    assert kinds <= board_words.REASONS.keys()
