"""After a large import the index of the nearest is built anew: smaller and whole, and nobody waits for it."""

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from gateway.db import Database
from gateway.directory import importing, packing
from gateway.directory.importing import import_path
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from tests.directory.conftest import Rows

Written = Callable[[dict[str, Rows], str], Path]
GROWN = """
INSERT INTO search_need (dataset, service_id, location_id, need, weight, point, spot, national)
SELECT dataset, service_id, location_id || number, need, weight, point,
       point(random() * 360 - 180, random() * 180 - 90), national
FROM (SELECT * FROM search_need WHERE spot IS NOT NULL LIMIT 1) AS one, generate_series(1, 20000) AS number
"""
STATE = """
SELECT i.indisvalid AS valid, pg_relation_size(c.oid) AS size, c.relfilenode AS file
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE starts_with(c.relname, :name) ORDER BY c.relname
"""


@pytest.fixture
def county(database: Database, package: dict[str, Rows], written: Written, now: datetime) -> Database:
    import_path(database, written(package, "county"), now)
    return database


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every import is a large one."""
    monkeypatch.setattr(packing, "MANY", 1)


def states(database: Database) -> list[tuple[bool, int, int]]:
    with database.begin() as session:
        return [tuple(row) for row in session.execute(text(STATE), {"name": packing.INDEX})]


def found(database: Database, now: datetime) -> list[str]:
    with database.begin() as session:
        return [service.id for service in search(session, Wanted(("food",), zip="94110"), now).services]


def test_a_grown_index_becomes_smaller_and_finds_the_same(county: Database, now: datetime) -> None:
    with county.begin() as session:
        session.execute(text(GROWN))
    with county.begin() as session:
        session.execute(text("DELETE FROM search_need WHERE location_id ~ '[0-9]{3}$'"))
    before, [(_, grown, _)] = found(county, now), states(county)
    assert before
    assert packing.after(county, packing.MANY)
    [(valid, size, _)] = states(county)
    assert valid
    assert size < grown / 4
    assert found(county, now) == before


def test_searches_go_on_meanwhile(county: Database, now: datetime) -> None:
    with county.begin() as session:
        session.execute(text(GROWN))
    with county.begin() as open_one:
        wanted = Wanted(("food",), zip="94110")
        before = [service.id for service in search(open_one, wanted, now).services]
        work = threading.Thread(target=packing.after, args=(county, packing.MANY))
        work.start()
        while len(states(county)) == 1:  # it has begun when the new one stands beside the old
            assert work.is_alive()
        assert found(county, now) == before
        # Who searched before it began, and is not done yet, is waited for and waits for nothing.
        assert work.is_alive()
        assert [service.id for service in search(open_one, wanted, now).services] == before
    work.join(timeout=60)
    assert not work.is_alive()
    [(valid, _, _)] = states(county)
    assert valid
    assert found(county, now) == before


@pytest.mark.usefixtures("packed")
def test_a_large_import_packs_it_and_clears_what_was_broken_off(
    county: Database, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    [(_, _, file)] = states(county)
    with county.asking() as connection, pytest.raises(IntegrityError):  # what cannot be built stays, not valid
        connection.execute(text(f"CREATE UNIQUE INDEX CONCURRENTLY {packing.INDEX}_ccnew ON search_need (dataset)"))
    assert [valid for valid, _, _ in states(county)] == [True, False]
    import_path(county, written(package, "county"), now)
    [(valid, _, new)] = states(county)
    assert (valid, new != file) == (True, True)


def test_a_small_import_leaves_it(county: Database, package: dict[str, Rows], written: Written, now: datetime) -> None:
    before = states(county)
    import_path(county, written(package, "county"), now)
    assert [file for _, _, file in states(county)] == [file for _, _, file in before]


@pytest.mark.usefixtures("packed")
def test_an_import_stands_where_it_cannot_be_packed(
    county: Database,
    package: dict[str, Rows],
    written: Written,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(packing, "INDEX", "ix_that_is_not_there")
    assert importing.import_path(county, written(package, "county"), now).taken["service"]
    assert "index not packed" in caplog.text
    assert found(county, now)
    with county.begin() as session:  # the connection went back as it was
        assert session.scalar(text("SHOW statement_timeout")) != "0"
