"""A trial ends when the rows are written: what an import changes can be told, and what search reads is not built."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import undoing
from gateway.directory.importing import Step, import_path
from tests.directory.conftest import Rows

Written = Callable[[dict[str, Rows], str], Path]


def test_a_trial_writes_the_rows_and_builds_nothing(
    session: Session, written: Written, package: dict[str, Rows], now: datetime
) -> None:
    told: list[Step] = []
    report = import_path(session, written(package, "county"), now, watch=told.append, trial=True)
    assert report.changes["service"].added == 2
    assert "building the search index" not in {step.name for step in told}
    counts = session.execute(
        text("SELECT (SELECT count(*) FROM service), (SELECT count(*) FROM search_entry),"
             " (SELECT count(*) FROM service_need)")
    ).one()  # fmt: skip
    assert tuple(counts) == (2, 0, 0)


def test_a_preview_over_a_set_that_is_there_leaves_its_index(
    database: Database, written: Written, package: dict[str, Rows], now: datetime
) -> None:
    def index() -> list[str]:
        with database.begin() as session:
            return sorted(session.scalars(text("SELECT e::text || e.xmin FROM search_entry e")))

    import_path(database, written(package, "county"), now)
    before = index()
    package["service"][0]["name"] = "Food bank"
    report, lines = undoing.preview(database, written(package, "county"), now)
    assert (report.changes["service"].changed, lines) == (1, ["~ service Food bank: name"])
    assert index() == before
