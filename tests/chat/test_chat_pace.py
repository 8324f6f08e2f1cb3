"""Who writes too fast in the chat waits and loses nothing; danger, and a house full of people, never wait."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import func, select

from gateway.db import Database
from gateway.door import Door
from gateway.models import Contact, Message
from gateway.web import chat_pace
from gateway.web.limiting import whose
from tests.chat.conftest import Visitor
from tests.chat.test_chat_api import DANGER, NOWHERE

HOUSE = "2001:db8:5:7::"
SHELTER, ELSEWHERE = "203.0.113.7", "203.0.113.8"
MOST = chat_pace.PER_VISITOR.amount


@pytest.fixture(autouse=True)
def _counts_at_nothing(redis_url: str) -> Iterator[None]:
    yield
    store = Redis.from_url(redis_url)
    if keys := store.keys("LIMITS:*"):
        store.delete(*keys)


def arrive(app: Flask, address: str) -> Visitor:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return Visitor(client)


def fill(app: Flask, address: str) -> None:
    """As if as many had just come from this address as get through at once."""
    _, arrivals = app.extensions[chat_pace.PACES]
    keys = app.extensions["front_door"].settings.keys
    while not arrivals.wait(keys.hash(str(whose(address)))):
        pass


def test_one_visitor_waits_and_loses_nothing(visitor: Visitor, database: Database) -> None:
    for number in range(MOST):
        visitor.write(f"text {number}")
    held = visitor.post("one more", "00000000-0000-4000-8000-000000000001")
    assert (held.status_code, held.get_json()["error"]) == (429, "too_many_requests")
    assert 1 <= int(held.headers["Retry-After"]) <= chat_pace.LONGEST_WAIT
    with database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Message).where(Message.direction == "in")) == MOST
    # The next visitor is not made to wait by this one.
    assert Visitor(visitor.client).post("hello").status_code == 201


@pytest.mark.parametrize("language", DANGER)
def test_danger_never_waits(visitor: Visitor, language: str) -> None:
    for number in range(MOST):
        visitor.write(f"text {number}")
    answer = visitor.post(DANGER[language])
    assert answer.status_code == 201
    assert "911" in str(answer.get_json()["replies"])
    # From here on every word of theirs may be about it.
    for number in range(5):
        assert visitor.post(f"he is {number}").status_code == 201


def test_without_a_store_nobody_waits(another: Callable[..., Flask]) -> None:
    visitor = Visitor(another(database_url=NOWHERE).test_client())
    for number in range(MOST + 3):
        assert visitor.post(f"text {number}").status_code == 201


def test_who_talks_already_is_not_held_off_with_those_who_come(app: Flask) -> None:
    guest = arrive(app, SHELTER)
    guest.write("hello")
    fill(app, SHELTER)
    assert arrive(app, SHELTER).post("hello").status_code == 429
    assert arrive(app, SHELTER).post(DANGER["en"]).status_code == 201
    assert guest.post("i need food").status_code == 201
    assert arrive(app, ELSEWHERE).post("hello").status_code == 201


def test_who_comes_new_stays_held_off_until_there_is_room(app: Flask, redis_url: str) -> None:
    fill(app, SHELTER)
    guest = arrive(app, SHELTER)
    assert [guest.post("hello").status_code for _ in range(3)] == [429, 429, 429]
    store = Redis.from_url(redis_url)
    store.delete(*store.keys("LIMITS:*"))
    assert guest.post("hello").status_code == 201


def test_a_proxy_that_does_not_say_whom_it_serves_locks_nobody_out(app: Flask) -> None:
    fill(app, "127.0.0.1")
    assert arrive(app, "127.0.0.1").post("hello").status_code == 201


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("64:ff9b::203.0.113.7", "203.0.113.7"),
        ("2001:db8:5:7:aaaa:bbbb:cccc:dddd", HOUSE),
        ("2001:db8:5:7::1", HOUSE),
        ("2001:db8:5:8::1", "2001:db8:5:8::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("unix:", "None"),
        (None, "None"),
    ],
)
def test_what_one_host_can_change_of_its_address_does_not_count(given: str | None, counted: str) -> None:
    assert str(whose(given)) == counted


def test_one_machine_with_many_addresses_counts_as_one(app: Flask) -> None:
    # By the application alone: whoever folded the addresses in this test as well would see no difference.
    for number in range(chat_pace.NEW_PER_ADDRESS.amount):
        assert arrive(app, f"{HOUSE}{number + 1:x}").post("hello").status_code == 201
    assert arrive(app, f"{HOUSE}ffff").post("hello").status_code == 429
    assert arrive(app, "2001:db8:5:8::1").post("hello").status_code == 201


def test_a_shelter_with_one_network_is_not_locked_out_by_a_guest(app: Flask) -> None:
    guest = arrive(app, f"{HOUSE}a")
    guest.write("hello")
    fill(app, f"{HOUSE}bad")
    assert guest.post("i need food").status_code == 201
    assert arrive(app, f"{HOUSE}c").post(DANGER["es"]).status_code == 201


@pytest.mark.parametrize("proxy", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_a_proxy_on_this_machine_is_nobody_however_it_is_written(app: Flask, proxy: str) -> None:
    fill(app, proxy)
    assert arrive(app, proxy).post("hello").status_code == 201


def test_no_address_is_kept(app: Flask, door: Door, database: Database, redis_url: str) -> None:
    arrive(app, SHELTER).write("hello")
    store = Redis.from_url(redis_url)
    counts = store.keys("LIMITS:*/chat_arrivals/*") + store.keys("LIMITS:*/chat/*")  # those of photos last for an hour
    assert len(counts) >= 2
    assert not any(SHELTER.encode() in key for key in store.keys())
    assert all(0 < store.ttl(key) <= 120 for key in counts)
    with database.begin() as session:
        contact = session.scalars(select(Contact)).one()
        assert contact.address_hash != door.settings.keys.hash(SHELTER)
