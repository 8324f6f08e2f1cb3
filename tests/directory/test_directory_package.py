"""An exported package: whole, valid, and read back the same; also of directories that needed mending."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.cli import main
from gateway.db import Database
from gateway.directory import demo, export_files
from gateway.directory.importing import import_path
from gateway.directory.objects import KINDS
from gateway.models.directory import Address, Location, Organization, Schedule, Service
from gateway.models.listing import HolidaySchedule, ImportRun, Translation
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow  # whole directories

Write = Callable[..., Path]
Faults = Callable[[Path], list[str]]


@pytest.fixture(scope="session")
def faults(shared: Path) -> Faults:
    """The faults of a package by the standard's schemas: of the full services, and of each cell of each table."""
    schemas = shared / "hsds" / "spec-3.1" / "schema"
    formats = jsonschema.FormatChecker()
    assert {"uri", "uuid", "email", "date-time"} - {"date-time"} <= set(formats.checkers)
    whole = json.loads((schemas / "service_with_definitions.json").read_text())
    services = jsonschema.Draft202012Validator(whole, format_checker=formats)

    def check(folder: Path) -> list[str]:
        found = []
        for full in json.loads((folder / "services.json").read_text()):
            found += [f"{full['id']} {fault.json_path} {fault.message}" for fault in services.iter_errors(full)]
        for kind, stem in export_files.FILES.items():
            file, schema = folder / f"{stem}.csv", schemas / f"{kind}.json"
            if file.exists() and schema.exists():
                found += table_faults(file, json.loads(schema.read_text()), formats)
        return found

    return check


def table_faults(file: Path, schema: dict[str, Any], formats: jsonschema.FormatChecker) -> list[str]:
    """A table has no nested objects: references to them fall away, numbers stand as text."""
    properties = {name: rule for name, rule in schema["properties"].items() if rule.get("type") in {"string", "number"}}
    rules = {"type": "object", "properties": properties, "required": schema.get("required", [])}
    checker = jsonschema.Draft202012Validator(rules, format_checker=formats)
    found = []
    with file.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            cells: dict[str, Any] = {name: cell for name, cell in row.items() if cell != ""}
            for name in [name for name in cells if properties.get(name, {}).get("type") == "number"]:
                cells[name] = float(cells[name])
            unknown = set(cells) - set(schema["properties"])
            found += [f"{file.name}:{number} {name} is none of HSDS" for name in unknown]
            found += [f"{file.name}:{number} {fault.message}" for fault in checker.iter_errors(cells)]
    return found


def written_out(session: Session, dataset: str, folder: Path, *, strict: bool = False) -> list[str]:
    return list(export_files.export(session, dataset, folder, strict=strict))


def same(folder: Path) -> dict[str, Any]:
    """What a package holds, whatever the order: rows stand in the order of the ids that they had inside."""
    return {
        name: ordered(json.loads(text)) if name.endswith(".json") else sorted(text.splitlines())
        for name, text in contents(folder).items()
    }


def ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: ordered(cell) for name, cell in value.items()}
    if isinstance(value, list):
        return sorted(map(ordered, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted(folder.iterdir()) if file.name != "datapackage.json"}


@pytest.mark.parametrize("source", ["ilao/raw", "ilao/hsds3", "sanmateo-ohana", "sanmateo-ohana/hsds3"])
def test_real_directories_go_out_valid_and_come_back_the_same(
    session: Session, shared: Path, now: datetime, tmp_path: Path, faults: Faults, source: str
) -> None:
    import_path(session, shared / "hsds" / source, now, dataset="d")
    lines = written_out(session, "d", tmp_path / "out")
    assert any("services.json" in line for line in lines)
    assert faults(tmp_path / "out") == []
    back = import_path(session, tmp_path / "out", now, dataset="back")
    assert not back.refused
    for kind in KINDS:
        rows = session.query(kind.row).filter_by(dataset="d").count()
        assert back.taken[kind.name] == rows - left_out(session, kind.name)
    written_out(session, "back", tmp_path / "again")
    assert same(tmp_path / "again") == same(tmp_path / "out")
    assert import_path(session, tmp_path / "out", now, dataset="back").unchanged


def left_out(session: Session, kind: str) -> int:
    """Addresses that HSDS would refuse, and those of places that are not shown."""
    if kind != "address":
        return 0
    hidden = session.scalars(select(Location.id).where(Location.dataset == "d", Location.confidential)).all()
    whole = (Address.address_1, Address.city, Address.state_province, Address.postal_code)
    rows = session.scalars(select(Address).where(Address.dataset == "d")).all()
    return sum(not all(getattr(row, cell.key) for cell in whole) or row.location_id in hidden for row in rows)


def test_a_package_of_uuids_changes_nothing_where_it_came_from(
    session: Session, shared: Path, now: datetime, tmp_path: Path
) -> None:
    import_path(session, shared / "hsds" / "sanmateo-ohana" / "hsds3", now, dataset="d")
    written_out(session, "d", tmp_path / "out")
    report = import_path(session, tmp_path / "out", now, dataset="d")
    # Not the hours: their words of the first import ("as_given") are no column of HSDS.
    assert {kind for kind, change in report.changes.items() if not change.none} <= {"schedule"}


def test_corrections_spanish_and_holidays_go_out(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, tmp_path: Path, faults: Faults
) -> None:
    import_path(session, written(package), now)
    session.execute(update(Service).where(Service.id == "s1").values(name="Hot meals", url="www.example.org"))
    session.execute(update(Organization).values(extra={"year_incorporated": "1974", "colour": "vermilion"}))
    word = {"object": "service", "object_id": "s1", "field": "name", "language": "es"}
    session.add_all([
        Translation(dataset="county", id="town-1", text="Comida caliente", source="town", **word),
        HolidaySchedule(dataset="county", id="x1", location_id="l1", holiday="thanksgiving"),
    ])  # fmt: skip
    session.flush()
    written_out(session, "county", tmp_path / "out")
    written_out(session, "county", tmp_path / "strict", strict=True)
    assert faults(tmp_path / "out") == []
    assert faults(tmp_path / "strict") == []
    assert "Hot meals" in (tmp_path / "out" / "services.csv").read_text()
    assert "Comida caliente" in (tmp_path / "out" / "translations.csv").read_text()
    assert "1974" in (tmp_path / "out" / "organizations.csv").read_text()
    strict = "\n".join(contents(tmp_path / "strict").values())
    assert "Hot meals" in strict
    assert "Comida" not in strict
    assert "thanksgiving" not in strict
    assert "vermilion" not in strict
    import_path(session, tmp_path / "out", now, dataset="back")
    assert session.scalars(select(Translation.text).where(Translation.dataset == "back")).all() == ["Comida caliente"]
    assert session.scalars(select(HolidaySchedule.holiday).where(HolidaySchedule.dataset == "back")).all() == [
        "thanksgiving"
    ]


def test_a_place_that_is_not_shown_is_not_written(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, tmp_path: Path
) -> None:
    whole = {"city": "Hidden", "state_province": "CA", "postal_code": "94110", "address_type": "physical"}
    package["address"] = [{"id": "d1", "location_id": "l1", "address_1": "1 Secret St", **whole}]
    import_path(session, written(package), now)
    session.execute(update(Location).values(confidential=True))
    lines = written_out(session, "county", tmp_path / "out")
    everything = "\n".join(contents(tmp_path / "out").values())
    assert "Hall" in everything
    assert not any(word in everything for word in ("Secret", "37.75", "-122.41"))
    assert not any("addresses.csv" in line for line in lines)


def test_json_alone_comes_back(session: Session, now: datetime, tmp_path: Path) -> None:
    for report in demo.load_demo(session, now):
        written_out(session, report.dataset, tmp_path / report.dataset)
        back = import_path(session, tmp_path / report.dataset / "services.json", now, dataset="back", allow_shrink=True)
        assert back.taken["service"] == report.taken["service"]
        assert back.taken["translation"] == report.taken["translation"]
        assert not back.refused


def test_nothing_is_written_over_and_an_unknown_dataset_is_named(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, tmp_path: Path
) -> None:
    import_path(session, written(package), now)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(export_files.ExportFailed, match="holds something already"):
        written_out(session, "county", tmp_path / "full")
    with pytest.raises(export_files.ExportFailed, match=r"There are: county\."):
        written_out(session, "nowhere", tmp_path / "out")
    assert [file.name for file in (tmp_path / "full").iterdir()] == ["mine.txt"]
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_said_is_counted(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, tmp_path: Path
) -> None:
    import_path(session, written(package), now)
    session.execute(update(Schedule).values(freq="YEARLY", byday=None))
    lines = written_out(session, "county", tmp_path / "out")
    assert "  Note: schedule.freq is none that HSDS knows; the rule was left out (1)" in lines


def test_at_the_command_line(
    database: Database, package: dict[str, Rows], written: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setenv("FRONTDOOR_VAR", str(tmp_path / "var"))
    package["phone"][0]["number"] = "=none"
    runner = CliRunner()
    done = runner.invoke(main, ["directory", "import", str(written(package))])
    assert done.exit_code == 0, done.output
    (folder,) = (tmp_path / "var" / "imports").iterdir()
    assert str(folder / "report.csv") in done.output
    rows = list(csv.DictReader((folder / "report.csv").read_text().splitlines()))
    assert ("refused", "phone.csv", "2") in {(row["what"], row["file"], row["row"]) for row in rows}
    assert json.loads((folder / "report.json").read_text())["taken"]["service"] == 2
    done = runner.invoke(main, ["directory", "export", "county", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "services.json").exists()
    assert runner.invoke(main, ["directory", "export", "county", str(tmp_path / "out")]).exit_code == 1
    package["service"] = []
    failed = runner.invoke(main, ["directory", "import", str(written(package)), "--dataset", "other"])
    assert failed.exit_code == 1
    reports = [json.loads(file.read_text()) for file in (tmp_path / "var" / "imports").glob("*-other/report.json")]
    assert reports[0]["failed"][0] == "no services were found"
    with database.begin() as session:
        assert len(session.scalars(select(ImportRun)).all()) == 1
