"""The queue's rows: which are shown, in which section and order, by which filters, drawn once for everybody."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, select, update

from gateway import optout
from gateway.db import Database
from gateway.door import Door
from gateway.models import Assessment, Contact, Conversation, Escalation, Message, Responder
from gateway.risk import Level, load_cards
from gateway.risk.raising import UNCLEAR
from gateway.web import console_queue, console_queue_words
from gateway.web.console import ROWS
from gateway.web.console_queue import Filters
from tests.console.conftest import Person, utc_now

pytestmark = pytest.mark.slow

Written = Callable[..., Escalation]
numbers = count(400)
ROW = re.compile(r'id="row-(\d+)"')
COUNT = re.compile(r'data-(waiting|mine|others)="(\d+)"')


def rows(page: str) -> list[int]:
    return [int(found) for found in ROW.findall(page)]


def number() -> str:
    return f"+1555555{next(numbers):04d}"


def changed(who: Person, *ids: int, query: str = "") -> str:
    answer = who.client.get(f"/console/queue/rows?ids={','.join(map(str, ids))}{query}")
    assert answer.status_code == 200
    return str(answer.text)


def test_rows_that_changed_come_with_their_section_and_the_counts(
    ana: Person, person: Callable[..., Person], written: Written
) -> None:
    one, two, three = written(number=number()), written(number=number()), written(number=number())
    ana.post(f"/console/threads/{one.id}/claim", epoch=0)
    person("Ben").post(f"/console/threads/{two.id}/claim", epoch=0)
    page = changed(ana, one.id, two.id, three.id, 10**9)
    assert {name: int(value) for name, value in COUNT.findall(page)} == {"waiting": 1, "mine": 1, "others": 1}
    sections = dict(re.findall(r'<ol data-section="(\w+)">(.*?)</ol>', page, re.DOTALL))
    assert {name: rows(html) for name, html in sections.items()} == {
        "waiting": [three.id], "mine": [one.id], "others": [two.id],
    }  # fmt: skip
    ana.post(f"/console/threads/{one.id}/resolve", epoch=1, disposition="helped")
    assert rows(changed(ana, one.id)) == []


@pytest.mark.parametrize("ids", ["", "x", "1,", "-1", "9" * 30, ",".join(["1"] * 201)])
def test_nonsense_is_refused(ana: Person, ids: str) -> None:
    assert ana.client.get("/console/queue/rows", query_string={"ids": ids}).status_code == 400


def test_a_row_says_of_whom_it_tells_a_minor_the_place_and_the_code(
    ana: Person, written: Written, database: Database
) -> None:
    row = written(who="other")
    with database.begin() as session:
        found = session.get_one(Escalation, row.id)
        found.code = 41
        found.conversation.answers = {"ages": "34,9", "place": "16th <and> Mission"}
    page = ana.client.get("/console/").text
    for words in ("For someone else", "Minor", "16th &lt;and&gt; Mission", "41 ·"):
        assert words in page


def test_who_asks_for_a_person_asks_for_themselves(ana: Person, written: Written) -> None:
    written("person please", "person", Level.ROUTINE, category="person", who="other")
    assert "For someone else" not in ana.client.get("/console/").text


def test_danger_to_a_child_is_a_minors(ana: Person, written: Written) -> None:
    written("my stepdad hits me", "stepdad hits me", Level.URGENT, category="child")
    assert "Minor" in ana.client.get("/console/").text


@pytest.mark.parametrize(
    ("ages", "minor"), [("", False), ("18", False), ("17", True), ("40,2", True), ("x", False), (None, False)]
)
def test_a_minor_is_somebody_under_eighteen(ages: str | None, minor: bool) -> None:
    assert console_queue._minor({"ages": ages}) is minor


def test_filters_and_who_waits_outside_them(ana: Person, written: Written, database: Database) -> None:
    danger = written(number=number())
    urgent = written("quiero morir", "morir", Level.URGENT, number=number())
    chat = written("no food", "food", Level.ROUTINE, number="visitor", channel="webchat", category="food")
    with database.begin() as session:
        session.get_one(Escalation, urgent.id).conversation.language = "es"
        session.get_one(Escalation, chat.id).conversation.language_memory = {"other": "ht"}
        session.get_one(Escalation, chat.id).opened_at = utc_now() - timedelta(minutes=45)
    ana.post(f"/console/threads/{danger.id}/claim", epoch=0)
    wanted = {
        "level=urgent": [urgent.id], "channel=webchat": [chat.id], "language=es": [urgent.id],
        "language=other": [chat.id], "category=food": [chat.id], "whose=mine": [danger.id],
        "whose=waiting": [urgent.id, chat.id], "older=30": [chat.id], "older=x": [urgent.id, chat.id, danger.id],
        "level=urgent&language=en": [], "whose=%00": [], "nothing=1": [urgent.id, chat.id, danger.id],
    }  # fmt: skip
    for query, ids in wanted.items():
        page = ana.client.get(f"/console/queue?{query}").text
        if query != "whose=%00":
            assert rows(page) == ids, query
        assert rows(changed(ana, danger.id, urgent.id, chat.id, query=f"&{query}")) == rows(page), query
    assert "Filtered" not in ana.client.get("/console/queue").text
    page = ana.client.get("/console/queue?language=es").text
    assert "Filtered. One other waits.</span>" in page
    assert "Filtered. 2 others wait.</span>" in ana.client.get("/console/queue?whose=mine").text


def test_an_emergency_outside_the_filters_is_named(ana: Person, written: Written) -> None:
    written(number=number())
    page = ana.client.get("/console/queue?level=routine").text
    assert "One other waits, in an emergency." in page
    assert rows(page) == []
    written(number=number())
    assert "2 others wait, 2 of them in an emergency." in ana.client.get("/console/queue?level=routine").text


def test_what_is_drawn_once_is_drawn_for_everybody_and_anew_when_it_changes(
    ana: Person, person: Callable[..., Person], written: Written, database: Database, app: Flask
) -> None:
    row = written()
    drawn: list[int] = []
    before = console_queue._load

    def load(session: Any, ids: Any, responder: Responder) -> Any:
        drawn.extend(ids)
        return before(session, ids, responder)

    console_queue._load = load
    try:
        ana.client.get("/console/")
        person("Ben").client.get("/console/")
        assert drawn == [row.id]
        with database.begin() as session:
            contact = session.get_one(Escalation, row.id).conversation.contact
            optout.stop(session, contact.channel, contact.address_hash, "test", utc_now())
            session.execute(update(Escalation).values(rung=1))
        assert "Opted out" in ana.client.get("/console/").text
        assert drawn == [row.id, row.id]
    finally:
        console_queue._load = before
    assert app.extensions[ROWS]


def test_an_age_is_of_this_moment_though_the_row_was_drawn_before(
    ana: Person, written: Written, database: Database
) -> None:
    row = written()
    ana.client.get("/console/")
    with database.begin() as session:  # nothing but the clock moves
        raw = session.connection()
        raw.exec_driver_sql("ALTER TABLE escalations DISABLE TRIGGER bump_escalation")
        session.get_one(Escalation, row.id).opened_at = utc_now() - timedelta(minutes=61)
        session.flush()
        raw.exec_driver_sql("ALTER TABLE escalations ENABLE TRIGGER bump_escalation")
    page = ana.client.get("/console/").text
    assert "1 h 01" in page
    assert console_queue._TOKEN not in page


def test_themes_that_somebody_muted_hide_words_and_no_row(ana: Person, written: Written, database: Database) -> None:
    row = written()
    with database.begin() as session:
        session.get_one(Responder, ana.id).muted_themes = ["suicide"]
    page = ana.client.get("/console/").text
    assert rows(page) == [row.id]
    assert 'class="row emergency muted"' in page


def test_what_is_filtered_by_is_a_category_that_a_finding_has() -> None:
    assert set(console_queue_words.CATEGORIES) - {UNCLEAR} <= {card.category for card in load_cards().cards}


def test_filters_take_no_more_than_they_know() -> None:
    given = Filters.of({"level": "x" * 99, "other": "y", "whose": "mine\x00"})
    assert (len(given.level), given.whose, bool(given)) == (40, "mine", True)
    assert not Filters.of({})


def many(database: Database, how_many: int) -> None:
    """So many open threads, with evidence, at once."""
    now = utc_now()
    with database.begin() as session:
        contacts = session.scalars(
            insert(Contact).returning(Contact.id),
            [{"channel": "sms", "address_hash": f"{n:064x}", "address_sealed": b"x", "created_at": now}
             for n in range(how_many)],
        ).all()  # fmt: skip
        for place, contact_id in enumerate(contacts):
            conversation = Conversation(
                public_id=f"00000000-0000-4000-8000-{place:012d}", contact_id=contact_id, channel="sms", handler="bot",
                epoch=0, opened_at=now, answers={}, lease_epoch=0,
            )  # fmt: skip
            session.add(conversation)
            session.flush()
            message = Message(conversation_id=conversation.id, direction="in", author="resident", created_at=now,
                              text=f"pills {place}", provider_id=f"SM{place:032x}", attempts=0)  # fmt: skip
            session.add(message)
            session.flush()
            level = ("emergency", "urgent", "routine", "routine")[place % 4]
            session.add(Assessment(message_id=message.id, conversation_id=conversation.id, level=level, version="t",
                                   categories=["suicide"], findings=[], set_aside=[], created_at=now))  # fmt: skip
            session.add(Escalation(conversation_id=conversation.id, message_id=message.id, reason="risk", level=level,
                                   status="waiting", epoch=0, opened_at=now - timedelta(seconds=place)))  # fmt: skip


@pytest.mark.slow
def test_five_hundred_open_threads_cost_little(
    ana: Person, person: Callable[..., Person], database: Database, door: Door
) -> None:
    many(database, 520)
    page = ana.client.get("/console/queue").text
    emergencies = 130
    assert len(rows(page)) == console_queue.AT_FIRST
    assert page.count('class="row emergency"') == emergencies
    assert "320 more" in page
    assert len(rows(ana.client.get("/console/queue?most=600").text)) == 520
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    consoles = [person(f"R{n}") for n in range(3)]
    ids = rows(page)[:1]
    changed(consoles[0], *ids)
    with database.begin() as session:
        session.execute(update(Escalation).where(Escalation.id == ids[0]).values(rung=1))
    changed(consoles[0], *ids)
    asked.clear()
    began = time.process_time()
    for _ in range(20):
        changed(consoles[1], *ids)
    spent = (time.process_time() - began) / 20
    assert spent < 0.02
    assert not [each for each in asked if "FROM messages" in each]  # nothing is read that was drawn before


@pytest.mark.slow
def test_no_emergency_is_cut(ana: Person, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    many(database, 40)
    monkeypatch.setattr("gateway.web.console.AT_FIRST", 5)
    page = ana.client.get("/console/queue").text
    assert page.count('class="row emergency"') == 10
    assert "30 more" in page
    with database.begin() as session:
        assert len(session.scalars(select(Escalation)).all()) == 40
