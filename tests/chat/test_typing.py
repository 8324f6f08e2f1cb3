"""Who writes is seen on the other side, as a fact and for seconds; without Redis nobody misses more than that."""

import json
import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from gateway import conversations, escalations
from gateway.clients.signs import KEPT_SECONDS, LEFT_SECONDS, NAME, WRITES_SECONDS, Resident, Signs
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation, Escalation, Responder, Row
from gateway.risk import Level
from tests.chat.conftest import Visitor
from tests.chat.test_chat_live import DEAD_REDIS
from tests.console.conftest import Person, person, written

__all__ = ["person", "written"]


@pytest.fixture
def signs(redis_url: str, settings: object) -> Signs:
    Redis.from_url(redis_url).flushall()
    return Signs(redis_url)


def aged(redis_url: str, seconds: int) -> None:
    """Let every sign be so many seconds older."""
    with Redis.from_url(redis_url) as redis:
        for key in redis.scan_iter(f"{NAME}:*"):
            left = redis.ttl(key)
            redis.expire(key, max(0, left - seconds))


def test_a_sign_is_seen_until_it_goes_by_itself(signs: Signs, redis_url: str) -> None:
    assert signs.of_resident("r") == Resident()
    signs.resident_writes("r")
    wrote = signs.of_resident("r").writes
    assert wrote is not None
    assert 0 <= wrote < WRITES_SECONDS
    assert signs.of_resident("other") == Resident()
    aged(redis_url, WRITES_SECONDS)
    assert signs.of_resident("r") == Resident()
    assert signs.look("r") is None
    assert signs.of_resident("r") == Resident(seen=0)
    aged(redis_url, 120)
    assert signs.of_resident("r") == Resident(seen=120)
    aged(redis_url, KEPT_SECONDS)
    assert signs.of_resident("r") == Resident()


def test_a_page_that_left_is_not_open_however_its_stream_goes_on(signs: Signs, redis_url: str) -> None:
    signs.look("r")
    signs.resident_writes("r")
    signs.resident_left("r")
    assert signs.of_resident("r") == Resident(seen=0, left=True)  # and writes no more
    signs.look("r")
    signs.pages_open(["r"])  # a stream that was not found cut yet
    assert signs.of_resident("r") == Resident(seen=0, left=True)
    signs.look("r", asks=True)
    assert signs.of_resident("r") == Resident(seen=0)
    signs.resident_left("r")
    signs.resident_writes("r")
    assert not signs.of_resident("r").left
    signs.resident_left("r")
    aged(redis_url, LEFT_SECONDS)
    assert signs.of_resident("r") == Resident(seen=LEFT_SECONDS)


def test_each_sign_of_a_responder_is_another(signs: Signs, redis_url: str) -> None:
    signs.responder_writes("r", "María José")
    first = signs.look("r")
    assert first is not None
    assert first[1] == "María José"
    assert signs.look("r") == first
    signs.responder_writes("r", "María José")
    second = signs.look("r")
    assert second is not None
    assert (second[0] != first[0], second[1]) == (True, "María José")
    aged(redis_url, WRITES_SECONDS)
    assert signs.look("r") is None


def test_without_redis_there_are_no_signs_and_nobody_waits() -> None:
    signs = Signs(DEAD_REDIS)
    signs.resident_writes("r")
    signs.responder_writes("r", "Ana")
    assert (signs.look("r"), signs.of_resident("r")) == (None, Resident())


# --- the visitor's side


def wrote(visitor: Visitor) -> TestResponse:
    return visitor.client.post("/chat/writing", json={}, headers=visitor.headers)


def claimed(visitor: Visitor, who: Person, database: Database) -> Escalation:
    """The visitor's own thread, owned by somebody."""
    visitor.write("i want to talk to somebody")
    with database.begin() as session:
        conversation = conversations.lock(session, session.scalars(select(Conversation.id)).one())
        at = conversation.opened_at
        row = escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, at)
        return escalations.claim(session, row.id, row.epoch, session.get_one(Responder, who.id), at)


def heard(answer: TestResponse, event: str) -> dict[str, str]:
    """The next such event of a stream."""
    for piece in answer.response:
        for block in piece.decode().split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and ": " in line)
            if lines.get("event") == event:
                return dict(json.loads(lines["data"]), id=lines["id"])
    raise AssertionError(f"no {event}")


def test_a_visitor_must_be_one(client: FlaskClient) -> None:
    for path in ("/chat/writing", "/chat/left"):
        assert client.post(path, json={}).status_code == 404
        assert client.post(path, json={}, headers={"Authorization": "Bearer x"}).status_code == 404


@pytest.mark.slow
def test_the_owner_sees_that_the_visitor_writes_and_is_there(
    visitor: Visitor, person: Callable[..., Person], database: Database, redis_url: str, signs: Signs
) -> None:
    ana, ben = person("Ana Ruiz"), person("Ben")
    row = claimed(visitor, ana, database)
    there = f"/console/threads/{row.id}/signs"
    assert ana.client.get(there).get_json() == {"writing": "", "seen": ""}
    visitor.history()
    assert wrote(visitor).status_code == 204
    seen = {"writing": "They are writing…", "seen": "Their page is open."}
    assert ana.client.get(there).get_json() == ben.client.get(there).get_json() == seen
    aged(redis_url, 1)
    visitor.write("my landlord locked me out")  # what they wrote is over with it
    assert ana.client.get(there).get_json() == seen | {"writing": ""}
    wrote(visitor)
    assert ana.client.get(there).get_json() == seen
    assert visitor.client.post("/chat/left", json={}, headers=visitor.headers).status_code == 204
    assert ana.client.get(there).get_json() == {"writing": "", "seen": "Their page was open a moment ago."}
    visitor.history()  # a page of theirs that is there asks
    assert ana.client.get(there).get_json() == seen | {"writing": ""}
    aged(redis_url, 20)
    assert ana.client.get(there).get_json() == {"writing": "", "seen": "Their page was open a moment ago."}
    aged(redis_url, 130)
    assert ana.client.get(there).get_json() == {"writing": "", "seen": "Their page was open 2 min ago."}
    assert ana.client.get("/console/threads/999999/signs").status_code == 404


@pytest.mark.slow
def test_a_look_at_the_signs_is_no_act_of_the_owner(
    visitor: Visitor, person: Callable[..., Person], database: Database
) -> None:
    ana = person("Ana")
    row = claimed(visitor, ana, database)
    ana.client.get(f"/console/threads/{row.id}/signs", headers={"X-Background": "1"})

    def acted() -> bool:
        with database.begin() as session:
            return session.get_one(Escalation, row.id).owner_wrote_at is not None

    before = acted()
    ana.post(f"/console/threads/{row.id}/writing")
    assert (before, acted()) == (False, True)


@pytest.mark.slow
def test_the_visitor_hears_at_once_who_writes_and_only_the_owner(
    visitor: Visitor, person: Callable[..., Person], database: Database, signs: Signs
) -> None:
    ana, zoe = person("Ana Ruiz"), person("Zoe Lee", "supervisor")
    row = claimed(visitor, ana, database)
    there = f"/console/threads/{row.id}/writing"
    answer = visitor.stream()
    heard(answer, "message")
    last = str(visitor.history()[-1]["id"])
    assert zoe.post(f"/console/threads/{row.id}/listen", epoch=row.epoch).status_code == 303
    refused = zoe.client.post(there, data={"csrf_token": zoe.token()}, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.get_json()["error"]) == (403, "not_your_thread")
    token = ana.token()
    threading.Timer(0.2, lambda: ana.client.post(there, data={"csrf_token": token})).start()
    assert heard(answer, "writing") == {"name": "Ana", "id": last}  # resumes from the last message, not from a sign
    answer.close()
    with database.begin() as session:  # nothing of it is in the store
        rows = {name: session.scalar(text(f"SELECT count(*) FROM {name}")) for name in Row.metadata.tables}
    ana.client.post(there, data={"csrf_token": token})
    wrote(visitor)
    with database.begin() as session:
        for name, count in rows.items():
            assert session.scalar(text(f"SELECT count(*) FROM {name}")) == count, name


@pytest.mark.slow
def test_who_polls_sees_it_too_until_the_answer_is_there(
    visitor: Visitor, person: Callable[..., Person], database: Database, signs: Signs
) -> None:
    ana = person("Ana Ruiz")
    row = claimed(visitor, ana, database)

    def asked() -> dict[str, object]:
        found: dict[str, object] = visitor.client.get("/chat/messages", headers=visitor.headers).get_json()
        return found

    assert asked()["writing"] is None
    ana.post(f"/console/threads/{row.id}/writing")
    assert asked()["writing"] == "Ana"
    ana.post(f"/console/threads/{row.id}/reply", epoch=row.epoch, text="Hello, I am Ana.")
    assert asked()["writing"] is None


@pytest.mark.slow
def test_texts_know_no_signs(
    person: Callable[..., Person], written: Callable[..., Escalation], door: Door, database: Database, signs: Signs,
    redis_url: str,
) -> None:  # fmt: skip
    ana = person("Ana")
    row = written()
    ana.post(f"/console/threads/{row.id}/claim", epoch=row.epoch)
    assert 'id="signs"' not in ana.client.get(f"/console/threads/{row.id}").text
    assert ana.post(f"/console/threads/{row.id}/writing").status_code == 204
    assert ana.client.get(f"/console/threads/{row.id}/signs").get_json() == {"writing": "", "seen": ""}
    with Redis.from_url(redis_url) as redis:
        assert list(redis.scan_iter(f"{NAME}:*")) == []


def test_without_redis_the_chat_and_the_console_go_on(another: Callable[..., Flask]) -> None:
    one = Visitor(another(redis_url=DEAD_REDIS).test_client())
    one.write("hello")
    assert wrote(one).status_code == 204
    assert [said["text"] for said in one.history()] == ["hello"]
