"""Every statement on the road of a message finds its index when Postgres does not know what it is asked for.

There each is planned once (:attr:`gateway.db.Database.road`). A part of a table has an index of its own in many places,
and a statement that names the part by a parameter and not in its text would find none.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import Connection, Cursor
from psycopg._queries import PostgresQuery
from psycopg.adapt import Transformer
from sqlalchemy import event, select, text

from gateway import sending, turns
from gateway.db import Database
from gateway.models import Message
from tests import demo_town
from tests.fakes.fake_rasa import FakeRasa, good
from tests.gateway.turn_street import Street

FIND = {"command": "find_services", "needs": ["food", "shelter"], "zip": "94110", "place": None, "for_whom": None}
PLAN = "EXPLAIN (FORMAT JSON) "
GENERIC = "EXPLAIN (FORMAT JSON, GENERIC_PLAN) "


@contextmanager
def asked(database: Database) -> Iterator[dict[str, Any]]:
    """Each statement in here, and what it was asked with the first time."""
    found: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
            found.setdefault(statement, parameters[0] if isinstance(parameters, list) else parameters)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


class Carrier:
    """A carrier that takes everything."""

    def send(self, to: str, body: str) -> str:
        return "SM" + secrets.token_hex(16)

    def find(self, to: str, body: str, since: Any) -> str | None:
        raise AssertionError("nothing was in doubt")


def reads(plan: dict[str, Any], table: str = "") -> set[tuple[str, str]]:
    """Which tables a plan reads by which index, and by a condition of it (``""``), wherever in it."""
    table = plan.get("Relation Name", table)  # the part of a bitmap scan that reads the index names no table
    index = plan.get("Index Name")
    own = {(table, index)} if index else set()
    if index and ("Index Cond" in plan or "Order By" in plan):
        own.add((table, ""))
    return own.union(*(reads(part, table) for part in plan.get("Plans", ())))


def blind(wire: Connection[Any], statement: str, parameters: Any) -> set[str]:
    """The tables that this reads by an index only as long as its values are known."""
    query = PostgresQuery(Transformer(wire))
    query.convert(statement, parameters)
    known = _reads(wire.execute(PLAN + statement, parameters))
    unknown = _reads(wire.cursor().execute(GENERIC.encode() + query.query))
    conditions = {table for table, index in unknown if not index}
    return {table for table, index in known if table not in conditions and (table, index) not in unknown}


def _reads(answer: Cursor[Any]) -> set[tuple[str, str]]:
    row = answer.fetchone()
    assert row is not None
    return reads(row[0][0]["Plan"])


def answer_all(street: Street) -> None:
    """What the worker does with what was said, and with what it took along."""
    while taken := turns.take_next(street.database, street.town, "test", street.clock):
        lease, question = taken
        if question is not None:
            done = turns.answer(street.database, street.rasa, street.town, lease, question, street.clock, takes=True)
            sending.send_all(street.database, Carrier(), street.keys, first=done.text)


@pytest.fixture
def statements(street: Street, bot: FakeRasa) -> dict[str, Any]:
    """Those of a conversation that is about food, then about danger, then about an end."""
    with street.database.begin() as session:
        demo_town.lay(session, street.clock())
    bot.behave = lambda request: (200, json.dumps(good(request, commands=[FIND])).encode())
    with asked(street.database) as found:
        for words in (
            "necesito comida por favor",
            "94110 para mi mama",
            "mas",
            "2",
            "tengo ropa?",
            "i took my pills",
            "STOP",
        ):
            street.text(words)
            answer_all(street)
            sending.send_all(street.database, Carrier(), street.keys)
    with street.database.begin() as session:
        told = list(session.scalars(select(Message.handled_by).where(Message.direction == "in").order_by(Message.id)))
    assert {"bot", "listing", "safety", "keyword"} <= set(told), told
    return found


@pytest.fixture
def wire(database: Database) -> Iterator[Connection[Any]]:
    """A connection where Postgres reads a whole table only if it must, and looks rows up one by one: how it would join
    depends on when it last counted them."""
    with database.engine.connect() as connection:
        for way in ("seqscan", "hashjoin", "mergejoin"):
            connection.execute(text(f"SET LOCAL enable_{way} = off"))
        driver = connection.connection.driver_connection
        assert isinstance(driver, Connection)
        yield driver


def test_no_index_of_the_road_waits_for_a_value(statements: dict[str, Any], wire: Connection[Any]) -> None:
    found = {" ".join(each.split())[:300]: blind(wire, each, values) for each, values in statements.items()}
    assert len(found) > 30
    assert not {statement: tables for statement, tables in found.items() if tables}


def test_the_check_sees_an_index_that_waits_for_a_value(wire: Connection[Any]) -> None:
    statement = "SELECT id FROM deliveries WHERE status = {} ORDER BY priority, id LIMIT 1"
    assert blind(wire, statement.format("%(status)s"), {"status": "queued"}) == {"deliveries"}
    assert not blind(wire, statement.format("'queued'"), {})


def test_each_statement_of_the_road_is_planned_once(database: Database) -> None:
    with database.road.begin() as session:
        for number in range(3):
            assert session.scalar(text("SELECT count(*) FROM messages WHERE id = :id"), {"id": number}) == 0
        asked_of = text("SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE :like")
        assert session.execute(asked_of, {"like": "SELECT count(*) FROM messages WHERE id =%"}).one() == (0, 2)
    with database.begin() as session:
        assert session.scalar(text("SHOW plan_cache_mode")) == "auto"


def test_what_cuts_and_closes_the_store_does_so_to_its_road(migrated_url: str) -> None:
    own = Database(migrated_url)
    with own.road.asking() as connection:
        wire = connection.connection.driver_connection
        assert wire is not None
        own.cut()
        with pytest.raises(psycopg.OperationalError):
            wire.execute("SELECT 1")
    with own.road.asking() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    own.close()
    assert own.road.engine.pool.checkedin() == 0  # type: ignore[attr-defined]
