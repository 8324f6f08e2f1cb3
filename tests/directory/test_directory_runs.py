"""The last imports of a set stay undoable, each with all later ones; a set may come as a ZIP, or in several parts."""

import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import directory_cli
from gateway.db import Database
from gateway.directory import differences, runs, undoing
from gateway.directory.importing import import_path
from gateway.directory.report import ImportFailed
from gateway.models.directory import Service
from tests.directory.conftest import Rows, small

pytestmark = pytest.mark.slow
Written = Callable[[dict[str, Rows], str], Path]


def named(session: Session) -> str:
    session.expire_all()
    return session.get_one(Service, ("county", "s1")).name


def renamed(written: Written, name: str) -> Path:
    rows = small()
    rows["service"][0]["name"] = name
    return written(rows, "county")


def test_the_last_ten_are_kept_and_older_ones_are_not(session: Session, written: Written, now: datetime) -> None:
    for number in range(runs.KEPT + 3):
        import_path(session, renamed(written, f"Name {number}"), now + timedelta(days=number))
    listed = runs.listed(session)
    assert [run.kept for run in listed] == [True] * runs.KEPT + [False] * 3
    oldest, lost = listed[runs.KEPT - 1].id, listed[runs.KEPT].id
    assert runs.since(session, "county", lost) == []
    with pytest.raises(ImportFailed, match="can be undone"):
        undoing.undo(session, "county", now, run_id=lost)
    assert len(runs.since(session, "county", listed[-1].id)) == runs.KEPT + 3  # the first takes all of it along
    undone = undoing.undo(session, "county", now, run_id=oldest)
    assert undone.id == oldest
    assert named(session) == "Name 2"
    assert import_path(session, renamed(written, "Name 2"), now + timedelta(days=99)).unchanged
    with pytest.raises(ImportFailed, match="can be undone"):
        undoing.undo(session, "county", now)


def test_the_net_difference_of_several_is_told(session: Session, written: Written, now: datetime) -> None:
    for number, name in enumerate(("One", "Two", "Three", "One")):
        import_path(session, renamed(written, name), now + timedelta(days=number))
    fourth, third, second, _ = (run.id for run in runs.listed(session))
    told = differences.taken_back(session, "county", [fourth, third])
    assert [(cell.field, cell.before, cell.after) for each in told.differences for cell in each.cells] == [
        ("name", "One", "Two")
    ]
    assert differences.taken_back(session, "county", [fourth, third, second]).counts == {}


def test_differences_are_told_of_the_place_that_they_belong_to(
    session: Session, written: Written, package: dict[str, Rows], now: datetime
) -> None:
    package["required_document"] = [{"id": "r1", "service_id": "s1", "document": "Photo ID"}]
    import_path(session, written(package, "county"), now)
    package["required_document"] = [{"id": "r2", "service_id": "s1", "document": "Nothing"}]
    package["schedule"][0]["closes_at"] = "5pm"
    package["location"].append({"id": "l2", "location_type": "physical", "name": "Annex"})
    package["service_at_location"][1]["location_id"] = "l2"
    import_path(session, written(package, "county"), now + timedelta(days=1))
    told = differences.of_run(session, "county", runs.listed(session)[0].id)
    found = {(each.kind, each.name, each.mark): [tuple(cell) for cell in each.cells] for each in told.differences}
    assert set(found[("service", "Food pantry", "changed")]) == {
        ("required_document", "", "Photo ID", None), ("required_document", "", None, "Nothing")
    }  # fmt: skip
    assert found[("location", "Hall", "changed")] == [("schedule", "closes_at", "16:00:00", "17:00:00")]
    assert found[("location", "Annex", "new")] == []
    assert told.counts["location"] == {"changed": 1, "new": 1}


def test_a_zip_and_several_parts_are_one_set(
    session: Session, written: Written, package: dict[str, Rows], tmp_path: Path, now: datetime
) -> None:
    services = {kind: package.pop(kind) for kind in ("organization", "service")}
    rest = written(package, "rest")
    path = tmp_path / "services.zip"
    with zipfile.ZipFile(path, "w") as made:
        for file in written(services, "services").iterdir():
            made.write(file, f"export/{file.name}")
    report = import_path(session, [path, rest], now, dataset="county")
    assert (report.taken["service"], report.taken["service_at_location"], report.refused) == (2, 2, [])
    assert set(session.scalars(select(Service.name))) == {"Food pantry", "Legal clinic"}
    with pytest.raises(ImportFailed, match="--dataset"):
        import_path(session, [path, rest], now)


def test_the_command_undoes_back_to_a_run(
    database: Database, written: Written, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(directory_cli, "database_url", lambda: url)
    for number, name in enumerate(("One", "Two", "Three")):
        import_path(database, renamed(written, name), now + timedelta(days=number))
    listed = CliRunner().invoke(directory_cli.directory, ["runs"]).output.splitlines()
    second = listed[1].split()[0]
    done = CliRunner().invoke(directory_cli.directory, ["undo", "county", "--run", second, "--yes"])
    assert done.exit_code == 0, done.output
    with database.begin() as session:
        assert named(session) == "One"
