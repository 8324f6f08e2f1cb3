"""The sequence of changes: what a page hears, in which order numbers are committed, and what is told again."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update

from gateway import create_app, escalations
from gateway.conversations import say
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation, Delivery, Escalation, Responder, Transfer
from gateway.risk import Level
from gateway.settings import Settings
from gateway.web import console_feed
from gateway.web.console_feed import Feed, Step, together
from gateway.web.console_live import FEED, LIVE, Look
from gateway.web.live import Event, last_number
from tests.console.conftest import Person, utc_now, write

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
numbers = count(200)


@pytest.fixture
def feed(app: Flask) -> Feed:
    found: Feed = app.extensions[FEED]
    return found


@pytest.fixture
def other(settings: Settings, database: Database) -> Iterator[Feed]:
    """The feed of a second process."""
    made = create_app(settings)
    yield made.extensions[FEED]
    made.extensions["front_door"].close()


def more(database: Database, door: Door, level: Level = Level.URGENT) -> Escalation:
    return write(database, door, level=level, number=f"+1555555{next(numbers):04d}")


def told(events: list[Event]) -> dict[str, Any]:
    return {
        each.name: json.loads(each.body) if isinstance(each.body, str) and each.body else each.body for each in events
    }


def test_a_change_is_told_by_its_number_and_once(ana: Person, database: Database, door: Door, feed: Feed) -> None:
    look = Look(database, feed, ana.id, "")
    begun = look(0)
    assert told(begun)["hello"] == {"seq": 0, "whole": True}
    assert look(0) == []
    row = more(database, door)
    assert feed.look()
    events = look(0)
    assert told(events)["rows"] == {"ids": [row.id]}
    assert told(events)["alarms"]["waiting"] == {str(row.id): "urgent"}
    assert {each.id for each in events} == {version(database, row)}
    assert not feed.look()
    assert look(0) == []


def version(database: Database, row: Escalation) -> int:
    with database.begin() as session:
        return session.get_one(Escalation, row.id).version


def test_what_ended_is_gone(ana: Person, database: Database, door: Door, feed: Feed) -> None:
    row = more(database, door)
    look = Look(database, feed, ana.id, "")
    look(0)
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    feed.look()
    assert {"rows", "alarms", "inbox"} <= told(look(0)).keys()  # hers: she is asked for by name
    ana.post(f"/console/threads/{row.id}/resolve", epoch=1, disposition="helped")
    feed.look()
    events = told(look(0))
    assert events["gone"] == {"ids": [row.id]}
    assert "rows" not in events


def test_two_processes_count_alike(database: Database, door: Door, feed: Feed, other: Feed) -> None:
    feed.look()
    other.look()
    for _ in range(3):
        more(database, door)
    feed.look()
    other.look()
    assert feed.seq == other.seq > 0


def test_who_comes_back_hears_what_they_missed_from_another_process(
    ana: Person, database: Database, door: Door, feed: Feed, other: Feed
) -> None:
    kept = more(database, door)
    ended = more(database, door)
    Look(database, feed, ana.id, "")(0)
    last = feed.seq
    ana.post(f"/console/threads/{ended.id}/claim", epoch=0)
    ana.post(f"/console/threads/{ended.id}/resolve", epoch=1, disposition="helped")
    fresh = more(database, door)
    events = told(Look(database, other, ana.id, "")(last))
    assert events["hello"] == {"seq": other.seq, "whole": False}
    assert {kept.id, fresh.id} == set(events["rows"]["ids"])
    assert events["gone"] == {"ids": [ended.id]}


@pytest.mark.parametrize("last", [0, 10**9])
def test_who_is_not_known_reads_everything(ana: Person, database: Database, door: Door, feed: Feed, last: int) -> None:
    more(database, door)
    assert told(Look(database, feed, ana.id, "")(last))["hello"]["whole"]


def test_who_was_away_for_too_long_reads_everything(ana: Person, database: Database, door: Door, feed: Feed) -> None:
    more(database, door)
    with database.begin() as session:
        session.execute(text("SELECT setval('escalation_versions', 100000)"))
    more(database, door)
    assert told(Look(database, feed, ana.id, "")(50))["hello"]["whole"]
    assert not told(Look(database, feed, ana.id, "")(100_001))["hello"]["whole"]


def test_a_number_that_is_committed_late_is_not_missed(ana: Person, database: Database, door: Door, feed: Feed) -> None:
    early, late = more(database, door), more(database, door)
    look = Look(database, feed, ana.id, "")
    look(0)
    with database.begin() as slow:
        slow.execute(update(Escalation).where(Escalation.id == early.id).values(rung=1))
        slow.flush()
        with database.begin() as quick:
            quick.execute(update(Escalation).where(Escalation.id == late.id).values(rung=1))
        feed.look()
        assert told(look(0))["rows"] == {"ids": [late.id]}
    assert version(database, early) < version(database, late)
    feed.look()
    events = look(0)
    assert told(events)["rows"] == {"ids": [early.id]}
    assert {each.id for each in events} == {version(database, late)}  # the sequence never goes back
    # Who came back between the two hears of it, too.
    assert early.id in told(Look(database, feed, ana.id, "")(version(database, late)))["rows"]["ids"]


def test_a_message_raises_the_number_and_a_text_that_moves_tells_its_page(
    ana: Person, database: Database, door: Door, feed: Feed
) -> None:
    row = more(database, door)
    look = Look(database, feed, ana.id, "")
    look(0)
    with database.begin() as session:
        conversation = session.get_one(Conversation, row.conversation_id)
        message = say(session, conversation, "hello", "system", utc_now())
    feed.look()
    assert told(look(0))["rows"] == {"ids": [row.id]}
    with database.begin() as session:
        session.execute(update(Delivery).where(Delivery.message_id == message.id).values(status="sent"))
    assert not feed.look()
    feed.ring(row.conversation_id)
    feed.look()
    events = told(look(0))
    assert events["thread"] == {"ids": [row.id]}
    assert "rows" not in events


def test_a_text_that_moves_unheard_is_found_by_the_net(
    ana: Person, database: Database, door: Door, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = more(database, door)
    with database.begin() as session:
        say(session, session.get_one(Conversation, row.conversation_id), "hello", "system", utc_now())
    look = Look(database, feed, ana.id, "")
    look(0)
    monkeypatch.setattr(console_feed, "NET_SECONDS", -1)
    assert not feed.look()
    with database.begin() as session:
        session.execute(update(Delivery).values(updated_at=utc_now() + timedelta(seconds=1)))
    assert feed.look()
    assert told(look(0))["thread"] == {"ids": [row.id]}


def test_a_change_that_was_missed_is_found_by_the_net(
    ana: Person, database: Database, door: Door, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = more(database, door)
    look = Look(database, feed, ana.id, "")
    look(0)
    monkeypatch.setattr(console_feed, "NET_SECONDS", -1)
    with database.begin() as session:  # as if its number were beyond what is looked at again
        session.execute(text("ALTER TABLE escalations DISABLE TRIGGER bump_escalation"))
        session.execute(update(Escalation).where(Escalation.id == row.id).values(version=-5))
        session.execute(text("ALTER TABLE escalations ENABLE TRIGGER bump_escalation"))
    monkeypatch.setattr(Feed, "_floor", lambda *_: 10**6)
    assert feed.look()
    assert told(look(0))["rows"] == {"ids": "all"}


def test_hand_offs_reach_open_pages(ana: Person, database: Database, door: Door, feed: Feed) -> None:
    row = more(database, door)
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    look = Look(database, feed, ana.id, "")
    look(0)
    with database.begin() as session:
        escalations.touch(session, row.id)
    feed.look()
    assert told(look(0))["rows"] == {"ids": [row.id]}


def test_who_is_asked_to_take_a_thread_is_told_by_name(
    ana: Person, person: Callable[..., Person], database: Database, door: Door, feed: Feed
) -> None:
    row, ben = more(database, door), person("Ben")
    ana.post(f"/console/threads/{row.id}/claim", epoch=0)
    looks = [Look(database, feed, who.id, "") for who in (ana, ben, person("Cai"))]
    for look in looks:
        look(0)
    with database.begin() as session:
        session.add(Transfer(escalation_id=row.id, kind="warm", from_id=ana.id, to_id=ben.id, state="offered",
                             at=utc_now()))  # fmt: skip
        escalations.touch(session, row.id)
    feed.look()
    assert ["inbox" in told(look(0)) for look in looks] == [True, True, False]


def test_alarms_are_computed_once_for_all_who_own_nothing(
    ana: Person, person: Callable[..., Person], database: Database, door: Door, feed: Feed
) -> None:
    row = more(database, door)
    feed.look()
    ben = person("Ben")
    assert feed.alarms(ana.id) == feed.alarms(ben.id)
    with database.begin() as session:
        escalations.claim(session, row.id, 0, session.get_one(Responder, ana.id), utc_now())
        session.get_one(Escalation, row.id).alerted_at = utc_now()
    feed.look()
    assert json.loads(feed.alarms(ana.id))["alerted"] == [row.id]
    assert json.loads(feed.alarms(ben.id)) == {"waiting": {}, "alerted": [], "silent": []}


def test_steps_are_told_as_one() -> None:
    one, two = Step(rows=frozenset({1, 2}), threads=frozenset({3})), Step(gone=frozenset({2}), rows=frozenset({3}))
    found = together([one, two])
    assert (found.rows, found.gone, found.threads) == ({1, 3}, {2}, set())
    again = together([Step(gone=frozenset({1})), Step(rows=frozenset({1}))])
    assert (again.rows, again.gone) == ({1}, set())


def test_who_reads_too_slowly_reads_everything(
    ana: Person, database: Database, door: Door, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = more(database, door)
    look = Look(database, feed, ana.id, "")
    look(0)
    for _ in range(console_feed.STEPS + 1):
        with feed._lock:
            feed._steps.append(Step(rows=frozenset({row.id})))
            feed._count += 1
    assert told(look(0))["rows"] == {"ids": "all"}


class Cut:
    """A page whose stream is cut again and again; it reads what it hears of, and keeps the number that it read."""

    def __init__(self, database: Database, feed: Feed, who: Person) -> None:
        self._database, self._feed, self._who = database, feed, who
        self.known: dict[int, int] = {}
        self.stop = threading.Event()

    def run(self) -> None:
        last = 0
        while not self.stop.is_set():
            last = self.listen(last)

    def listen(self, last: int) -> int:
        """One stream, for a short while; returns the last number that it told."""
        look = Look(self._database, self._feed, self._who.id, "")
        for _ in range(3):
            for event in look(last):
                last = max(last, event.id)
                if event.name in {"hello", "rows"}:
                    self._read(told([event])[event.name])
            self._feed.look()
        return last

    def _read(self, heard: dict[str, Any]) -> None:
        wanted = heard.get("ids", "all" if heard.get("whole") else [])
        with self._database.begin() as session:
            found = session.query(Escalation).all()
            self.known |= {row.id: row.version for row in found if wanted == "all" or row.id in wanted}


def test_many_writers_leave_no_gap(ana: Person, database: Database, door: Door, feed: Feed) -> None:
    """Four writers raise numbers at once, some of them slowly; a reader that is cut off again and again misses none."""
    rows = [more(database, door) for _ in range(4)]
    page = Cut(database, feed, ana)

    def work(row: Escalation) -> None:
        for turn in range(25):
            with database.begin() as session:
                session.execute(update(Escalation).where(Escalation.id == row.id).values(rung=turn))
                if turn % 5 == row.id % 5:
                    session.execute(text("SELECT pg_sleep(0.02)"))

    reader = threading.Thread(target=page.run)
    writers = [threading.Thread(target=work, args=(row,)) for row in rows]
    for each in (reader, *writers):
        each.start()
    for each in writers:
        each.join()
    page.stop.set()
    reader.join()
    page.listen(feed.seq)
    assert page.known == {row.id: version(database, row) for row in rows}


def test_a_place_in_the_sequence_is_a_number_or_nothing() -> None:
    assert [last_number(each) for each in (None, "", "7", "-1", "7x", "٧", "9" * 19)] == [0, 0, 7, 0, 0, 0, 0]


def test_a_stream_comes_back_over_http(ana: Person, database: Database, door: Door, app: Flask, feed: Feed) -> None:
    row = more(database, door)
    feed.look()
    answer = ana.client.get(
        "/console/events", headers={"Accept": "text/event-stream", "Last-Event-ID": str(feed.seq)}, buffered=False
    )
    said = next(answer.response) + next(answer.response)
    answer.close()
    app.extensions[LIVE].stop()
    assert re.findall(r"^event: (\w+)$", said.decode(), re.MULTILINE) == ["hello", "alarms", "rows", "beat"]
    assert f'"ids": [{row.id}]'.encode() in said
    assert set(re.findall(r"^id: (\d+)$", said.decode(), re.MULTILINE)) == {str(feed.seq)}
