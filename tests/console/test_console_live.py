"""The stream of a page: what it tells, to whom, and when it ends."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from gateway import log_ins
from gateway.db import Database
from gateway.errors import Refused
from gateway.models import Delivery, Escalation, LogIn
from gateway.risk import Level
from gateway.web import console_feed, console_live
from gateway.web.console_feed import Feed, fingerprint
from gateway.web.console_live import FEED, LIVE, STREAMS, Look
from gateway.web.live import Live
from tests.console.conftest import Person, utc_now

Written = Callable[..., Escalation]
NAME = re.compile(r"^event: (\w+)$", re.MULTILINE)
DATA = re.compile(r"^event: alarms\ndata: (.+)$", re.MULTILINE)


@pytest.fixture
def live(app: Flask) -> Iterator[Live]:
    opened: Live = app.extensions[LIVE]
    yield opened
    opened.stop()


@pytest.fixture
def feed(app: Flask) -> Feed:
    found: Feed = app.extensions[FEED]
    return found


def open_stream(client: FlaskClient, **headers: str) -> Any:
    return client.get("/console/events", headers={"Accept": "text/event-stream", **headers}, buffered=False)


def first(answer: Any, pieces: int = 2) -> str:
    return b"".join(islice(answer.response, pieces)).decode()


def test_a_stream_begins_with_what_waits(ana: Person, written: Written, live: Live) -> None:
    row = written()
    answer = open_stream(ana.client)
    assert (answer.status_code, answer.mimetype) == (200, "text/event-stream")
    said = first(answer)
    assert NAME.findall(said) == ["hello", "alarms", "beat"]
    assert '{"seq": ' in said
    assert '"whole": true' in said
    found = DATA.search(said)
    assert found
    assert json.loads(found[1]) == {"waiting": {str(row.id): "emergency"}, "alerted": [], "silent": []}
    assert "pills" not in said
    answer.close()
    assert live.count == 0


def test_nobody_else_listens(ana: Person, app: Flask, live: Live, database: Database) -> None:
    assert open_stream(app.test_client()).status_code == 401
    assert open_stream(ana.client, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    with database.begin() as session:
        log_ins.revoke_all(session, ana.id, utc_now())
    assert open_stream(ana.client).status_code == 401


def test_a_locked_screen_still_listens(ana: Person, live: Live, database: Database) -> None:
    with database.begin() as session:
        session.execute(update(LogIn).values(last_seen_at=utc_now() - timedelta(hours=2)))
    assert ana.client.get("/console/queue").status_code == 401
    answer = open_stream(ana.client)
    assert answer.status_code == 200
    answer.close()


def test_streams_leave_threads_to_the_residents(ana: Person, live: Live) -> None:
    answers = [open_stream(ana.client) for _ in range(STREAMS + 1)]
    assert [each.status_code for each in answers] == [200] * STREAMS + [503]
    for each in answers:
        each.close()
    again = open_stream(ana.client)
    assert again.status_code == 200
    again.close()


def test_a_stream_ends_with_its_log_in(
    ana: Person, database: Database, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = ana.client.get_cookie("fd_log_in")
    assert cookie is not None
    look = Look(database, feed, ana.id, cookie.value)
    assert look(0)
    with database.begin() as session:
        log_ins.revoke_all(session, ana.id, utc_now())
    look(0)
    monkeypatch.setattr(console_live, "PROVE_AGAIN_SECONDS", -1)
    with pytest.raises(Refused):
        look(0)


def test_a_beat_is_a_promise_that_the_store_was_read(
    ana: Person, database: Database, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Look(database, feed, ana.id, "")
    look(0)
    assert look(0) == []
    monkeypatch.setattr(console_live, "BEAT_SECONDS", -1)
    assert [each.name for each in look(0)] == ["beat"]

    def down(*_: object) -> str:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(console_feed, "_threads", down)
    with pytest.raises(OperationalError):
        feed.look()
    feed.read_at -= console_live.FRESH_SECONDS
    assert look(0) == []
    with pytest.raises(OperationalError):
        Look(database, feed, ana.id, "")(0)


def test_whatever_a_page_shows_changes_the_fingerprint(ana: Person, written: Written, database: Database) -> None:
    prints: list[tuple[Any, ...]] = []

    def look() -> None:
        with database.begin() as session:
            prints.append(fingerprint(session))

    look()
    row = written("i want to die", "want to die", Level.URGENT)
    look()
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    look()
    written()
    look()
    ana.post(f"/console/threads/{row.id}/reply", epoch=2, text="I am here")
    look()
    with database.begin() as session:
        newest = session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one()
        newest.updated_at = utc_now() + timedelta(seconds=1)
    look()
    ana.post(f"/console/threads/{row.id}/release", epoch=2)
    look()
    assert len(set(prints)) == len(prints) == 7
