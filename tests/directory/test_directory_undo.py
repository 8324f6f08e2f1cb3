"""An import is shown before it is made, and the newest one can be taken back, byte for byte."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway import directory_cli, editing
from gateway.db import Database
from gateway.directory import overlay, runs, staging, undoing
from gateway.directory.importing import import_path
from gateway.directory.objects import KINDS
from gateway.directory.overlay import By, Place
from gateway.directory.report import ImportFailed, Report
from gateway.models.directory import Service
from gateway.models.listing import Correction, Dataset, ImportChange, Override, SearchEntry
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow

Written = Callable[[dict[str, Rows], str], Path]
Package = dict[str, Rows]
LATER = timedelta(days=30)
SEARCHED = ("search_entry", "search_need", "search_word", "known_place", "known_street", "service_need")


def whole(session: Session) -> dict[str, list[str]]:
    """Every row of the directory and of what search reads, as text."""
    session.flush()
    return {
        name: sorted(
            json.dumps(row, sort_keys=True) for row in session.scalars(text(f"SELECT to_jsonb(t) FROM {name} AS t"))
        )
        for name in (*(kind.name for kind in KINDS), *SEARCHED)
    }


def bent(package: Package) -> Package:
    """The next month's package: changed, added and removed rows of several objects."""
    rows: dict[str, Any] = json.loads(json.dumps(package))
    rows["service"][0] |= {"name": "Food bank", "minimum_age": "18"}
    rows["service"][1] = {"id": "s3", "organization_id": "o1", "name": "Showers", "status": "active"}
    rows["service_at_location"][1] = {"id": "a3", "service_id": "s3", "location_id": "l2"}
    rows["service_at_location"][0]["location_id"] = "l2"
    rows["location"].append({"id": "l2", "location_type": "physical", "name": "Annex", "postal_code": "94110"})
    rows["phone"] = []
    rows["schedule"][0]["byday"] = "SA"
    return rows


def test_undo_puts_every_byte_back(session: Session, written: Written, package: Package, now: datetime) -> None:
    package["cost_option"] = [{"id": "c1", "service_id": "s1", "amount": "2.50", "option": "suggested"}]
    package["translation"] = [
        {"id": "t1", "object": "service", "object_id": "s1", "field": "name", "language": "es", "text": "Despensa"}
    ]
    import_path(session, written(package, "county"), now)
    before = whole(session)
    report = import_path(session, written(bent(package), "county"), now + LATER)
    assert not report.unchanged
    assert whole(session) != before
    undone = undoing.undo(session, "county", now + 2 * LATER)
    assert undone.changes["service"] == (1, 1, 1)
    assert whole(session) == before
    assert runs.listed(session)[0].state == runs.UNDONE
    assert session.scalars(select(ImportChange)).all() == []
    assert import_path(session, written(package, "county"), now + 3 * LATER).unchanged


def test_undo_puts_back_what_is_found_and_what_the_set_is_said_to_hold(
    session: Session, written: Written, package: Package, now: datetime
) -> None:
    """Rows that were put back lie elsewhere in their tables than before: search must not show it."""
    named = {"t1": "Wholesome", "t2": "Groceries", "t3": "Allotments"}
    package["taxonomy_term"] = [{"id": key, "name": name, "description": name} for key, name in named.items()]
    package["attribute"] = [
        {"id": f"x{key}", "link_id": "s1", "link_entity": "service", "taxonomy_term_id": key} for key in named
    ]
    import_path(session, written(package, "county"), now)
    before, held = whole(session), dict(session.get_one(Dataset, "county").counts)
    following = bent(package)
    following["taxonomy_term"], following["attribute"] = package["taxonomy_term"][1:], package["attribute"][1:]
    import_path(session, written(following, "county"), now + LATER)
    undoing.undo(session, "county", now + 2 * LATER)
    session.expire_all()
    assert whole(session) == before
    assert session.get_one(Dataset, "county").counts == held


def test_only_the_newest_import_that_changed_something_is_undone(
    session: Session, written: Written, package: Package, now: datetime
) -> None:
    first = written(package, "county")
    import_path(session, first, now)
    import_path(session, written(bent(package), "county"), now + LATER)
    again = import_path(session, written(bent(package), "county"), now + 2 * LATER)
    assert again.unchanged
    undoing.undo(session, "county", now + 3 * LATER)
    assert session.get_one(Service, ("county", "s1")).name == "Food pantry"
    undone = undoing.undo(session, "county", now + 4 * LATER)  # what is left is the first import
    assert undone.first
    assert whole(session) == {name: [] for name in whole(session)}
    with pytest.raises(ImportFailed, match="can be undone"):
        undoing.undo(session, "county", now + 5 * LATER)


def test_what_editors_wrote_since_stays(session: Session, written: Written, package: Package, now: datetime) -> None:
    import_path(session, written(package, "county"), now)
    import_path(session, written(bent(package), "county"), now + LATER)
    wire, by = staging.driver(session), By(None, now + LATER)
    overlay.put(wire, Place("county", "service", "s1", "description"), "Ours", by)
    undoing.undo(session, "county", now + 2 * LATER)
    session.expire_all()
    kept = session.get_one(Service, ("county", "s1"))
    assert (kept.name, kept.description) == ("Food pantry", "Ours")


def test_undo_withdraws_the_questions_of_its_import(
    session: Session, written: Written, package: Package, now: datetime
) -> None:
    import_path(session, written(package, "county"), now)
    overlay.put(staging.driver(session), Place("county", "service", "s1", "name"), "Ours", By(None, now))
    import_path(session, written(bent(package), "county"), now + LATER)
    assert session.scalars(select(Correction.state)).all() == ["open"]
    undoing.undo(session, "county", now + 2 * LATER)
    session.expire_all()
    assert session.scalars(select(Correction.state)).all() == ["superseded"]
    assert session.scalars(select(Override.base)).all() == ["Food pantry"]
    assert session.get_one(Service, ("county", "s1")).name == "Ours"


def test_a_preview_says_what_the_import_then_does_and_changes_nothing(
    database: Database, written: Written, package: Package, now: datetime
) -> None:
    import_path(database, written(package, "county"), now)
    with database.begin() as session:
        before = whole(session)
    path = written(bent(package), "county")
    report, lines = undoing.preview(database, path, now)
    assert {"~ service Food bank: minimum_age, name", "+ service Showers", "- service Legal clinic"} <= set(lines)
    with database.begin() as session:
        assert whole(session) == before
        assert [run.state for run in runs.listed(session)] == ["done"]
    done = import_path(database, path, now)
    assert {kind: vars(change) for kind, change in done.changes.items()} == {
        kind: vars(change) for kind, change in report.changes.items()
    }


def test_a_preview_refuses_what_the_import_refuses(
    database: Database, written: Written, package: Package, now: datetime
) -> None:
    import_path(database, written(package, "county"), now)
    package["service"], package["service_at_location"] = [], []
    with pytest.raises(ImportFailed):
        undoing.preview(database, written(package, "county"), now)


def test_the_commands(
    database: Database,
    written: Written,
    package: Package,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    now: datetime,
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(directory_cli, "database_url", lambda: url)
    monkeypatch.setattr(directory_cli, "var", lambda: tmp_path / "var")
    import_path(database, written(package, "county"), now)
    path = str(written(bent(package), "county"))

    def run(*words: str) -> str:
        done = CliRunner().invoke(directory_cli.directory, words)
        assert done.exit_code == 0, done.output
        return done.output

    assert "Nothing was changed" in run("preview", path)
    run("import", path)
    assert "county" in run("runs")
    assert "+1 ~1 -1 service" in run("undo", "county", "--yes")
    assert "2019-01-31" in run("as-of", "county", "2019-01-31")
    with database.begin() as session:
        assert {str(day) for day in session.scalars(select(SearchEntry.verified_on))} == {"2019-01-31"}
    refused = CliRunner().invoke(directory_cli.directory, ["as-of", "nowhere", "2019-01-31"])
    assert refused.exit_code == 1
    assert "nowhere" in refused.output


def test_a_failed_import_leaves_no_run(session: Session, written: Written, package: Package, now: datetime) -> None:
    package["service"] = []
    with pytest.raises(ImportFailed):
        import_path(session, written(package, "county"), now)
    assert runs.listed(session) == []


def test_the_report_of_a_run_counts_rows(session: Session, written: Written, package: Package, now: datetime) -> None:
    report: Report = import_path(session, written(package, "county"), now)
    [run] = runs.listed(session, report.dataset)
    assert run.first
    assert run.changes == {}


def test_ids_are_told_apart_by_object(session: Session, package: Package, written: Written, now: datetime) -> None:
    """Publishers number each object from 1: service 1 is not at place 1, and phone 2 is not service 2."""
    ids = ("1", "2")
    package["service"] = [
        {"id": n, "organization_id": "o1", "status": "active", "name": f"Help {n}", "description": "Help"} for n in ids
    ]
    package["location"] = [{"id": n, "location_type": "physical", "postal_code": "94110"} for n in ids]
    package["service_at_location"] = [
        {"id": "1", "service_id": "1", "location_id": "2"}, {"id": "2", "service_id": "2", "location_id": "1"},
    ]  # fmt: skip
    package["phone"] = [{"id": "2", "service_id": "1", "number": "415-555-0101"}]
    package["language"] = [
        {"id": "1", "location_id": "1", "code": "vi"}, {"id": "2", "service_id": "1", "code": "es"},
    ]  # fmt: skip
    package["taxonomy_term"] = [{"id": n, "name": "Food pantry", "description": "Food"} for n in ids]
    package["attribute"] = [
        {"id": n, "link_id": n, "link_entity": "service", "taxonomy_term_id": n} for n in ids
    ]  # fmt: skip
    package["schedule"] = []
    import_path(session, written(package, "county"), now)
    spoken = {row.service_id: row.languages for row in session.scalars(select(SearchEntry))}
    assert spoken == {"1": ["es"], "2": ["vi"]}
    before = whole(session)
    editing.reindex(session, "county", ["1"])
    assert whole(session) == before
