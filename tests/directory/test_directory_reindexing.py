"""A set that came in before there was an index of needs is found again after the upgrade."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from gateway.cli import main
from gateway.db import Database
from gateway.directory import indexing, reindexing
from gateway.directory.importing import import_path
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from tests.directory.conftest import Rows

Written = Callable[[dict[str, Rows], str], Path]


@pytest.fixture
def upgraded(database: Database, package: dict[str, Rows], written: Written, now: datetime) -> Database:
    """A county's set as an older version left it: rows, and none of what search reads now."""
    import_path(database, written(package, "county"), now)
    with database.begin() as session:
        for table in indexing.TABLES:
            session.execute(text(f"DELETE FROM {table}"))
    return database


def found(database: Database, now: datetime) -> list[str]:
    with database.begin() as session:
        return [service.id for service in search(session, Wanted(("food",)), now).services]


def test_an_empty_index_is_built_once_and_said(upgraded: Database, now: datetime) -> None:
    assert found(upgraded, now) == []
    said: list[str] = []
    assert reindexing.catch_up(upgraded, said.append) == ["county"]
    assert found(upgraded, now)
    assert len(said) == 1
    assert "1 of 1: county" in said[0]
    assert reindexing.catch_up(upgraded, said.append) == []
    assert len(said) == 1


def test_migrating_builds_it(
    upgraded: Database,
    now: datetime,
    migrated_url: str,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("FRONTDOOR_VAR", str(tmp_path))
    monkeypatch.setenv("FRONTDOOR_MODE", "demo")
    done = CliRunner().invoke(main, ["migrate"])
    assert done.exit_code == 0, done.output
    assert "building the search index, 1 of 1: county" in done.output
    assert found(upgraded, now)
