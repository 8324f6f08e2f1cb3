"""An import takes what it can, says what it could not, and is all or nothing."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import topics
from gateway.directory.flatten import Record, flatten
from gateway.directory.importing import Incoming, Step, dataset_name, import_path, import_records
from gateway.directory.report import ImportFailed, Report
from gateway.models.directory import Location, Organization, Phone, Schedule, Service, ServiceAtLocation
from gateway.models.listing import Dataset, SearchEntry, ServiceNeed, Translation

pytestmark = pytest.mark.slow

Rows = list[dict[str, Any]]
Write = Callable[..., Path]


def count(session: Session, table: type[Any]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def without_topics(codes: list[str]) -> list[str]:
    return [code for code in codes if not code.startswith(topics.MARK)]


def snapshot(session: Session) -> list[Any]:
    tables = (Organization, Service, Location, Phone, Schedule, ServiceAtLocation, ServiceNeed)
    return [sorted(session.execute(select(table.__table__)).all(), key=str) for table in tables]


def test_csv_is_taken(session: Session, package: dict[str, Rows], written: Write, now: datetime) -> None:
    report = import_path(session, written(package), now)
    assert report.dataset == "county"
    assert {kind: taken for kind, taken in report.taken.items() if taken} == {
        kind: len(r) for kind, r in package.items()
    }
    assert not report.refused
    hours = session.get_one(Schedule, ("county", "h1"))
    assert (hours.opens_at, hours.closes_at) == (time(9), time(16))
    assert hours.as_given
    assert report.mended_count["schedule"] == 2
    entry = session.get_one(SearchEntry, ("county", "s1", "l1"))
    assert without_topics(entry.needs) == ["food"]
    assert entry.timezone == "America/Los_Angeles"


def test_the_same_again_changes_nothing(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    import_path(session, written(package), now)
    before = snapshot(session)
    report = import_path(session, written(package), now + timedelta(days=1))
    assert report.unchanged
    assert report.changes["service"].same == 2
    assert snapshot(session) == before
    session.expire_all()
    assert session.get_one(Dataset, "county").changed_at == now
    assert session.get_one(Dataset, "county").imported_at == now + timedelta(days=1)


def test_a_newer_package_replaces_only_its_own(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    import_path(session, written(package, "north"), now)
    import_path(session, written(package, "south"), now)
    package["service"][0]["name"] = "Hot meals"
    del package["service"][1], package["service_at_location"][1]
    report = import_path(session, written(package, "north"), now)
    assert (report.changes["service"].changed, report.changes["service"].removed) == (1, 1)
    session.expire_all()
    assert session.get_one(Service, ("north", "s1")).name == "Hot meals"
    assert session.get(Service, ("north", "s2")) is None
    assert session.get_one(Service, ("south", "s1")).name == "Food pantry"
    assert session.get(Service, ("south", "s2")) is not None


def test_the_same_services_under_another_name_are_pointed_out(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    import_path(session, written(package, "north"), now)
    report = import_path(session, written(package, "newer"), now)
    assert [note for note in report.notes if "north" in note]


def test_what_refers_to_nothing_is_refused_or_mended(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    package["service"][0]["organization_id"] = "gone"
    package["service_at_location"][1]["location_id"] = "gone"
    package["phone"] += [
        {"id": "p2", "location_id": "gone", "number": "415 555 0102"},
        {"id": "p3", "location_id": "", "number": "415 555 0103"},
        {"id": "p4", "location_id": "l1", "number": "none"},
        {"id": "p1", "location_id": "l1", "number": "415 555 0199"},
    ]
    report = import_path(session, written(package), now)
    said = {(remark.file, remark.row): remark.reason for remark in report.refused}
    assert said["service_at_location.csv", 3] == "there is no location gone"
    assert "belongs to nothing" in said["phone.csv", 3]
    assert "belongs to nothing" in said["phone.csv", 4]
    assert "is not a phone number" in said["phone.csv", 5]
    assert "twice" in said["phone.csv", 6]
    assert [str(r) for r in report.mended if "organization gone" in r.reason] == [
        "service.csv:2 there is no organization gone; kept without it"
    ]
    assert session.get_one(Service, ("county", "s1")).organization_id is None
    assert session.get_one(Phone, ("county", "p1")).number == "415 555 0101"
    assert any(line.startswith("    phone.csv:6") for line in report.lines())


def test_rows_that_are_wrong_in_every_cell(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    package["service"] += [
        {"id": "s3", "name": "", "status": "active"},
        {"id": "s4", "name": "Old", "status": "Discontinued", "minimum_age": "adults", "assured_date": "not a date"},
        {"id": "s5", "name": "Open one", "status": "", "colour": "red", "minimum_age": "18"},
    ]
    package["location"] += [
        {"id": "l2", "location_type": "physical", "latitude": "-122.4", "longitude": "37.7"},
        {"id": "l3", "location_type": "physical", "latitude": "999", "longitude": "1"},
        {"id": "l4", "location_type": "physical", "latitude": "0", "longitude": "0"},
    ]
    report = import_path(session, written(package), now)
    assert [(r.file, r.row, r.reason) for r in report.refused] == [("service.csv", 4, "name missing")]
    assert session.get_one(Service, ("county", "s4")).status == "inactive"
    assert session.get_one(Service, ("county", "s5")).status == "active"
    assert session.get_one(Service, ("county", "s5")).minimum_age == 18
    assert session.get_one(Location, ("county", "l2")).latitude == 37.7
    assert session.get_one(Location, ("county", "l3")).latitude is None
    assert session.get_one(Location, ("county", "l4")).latitude is None
    assert report.unknown == {"service.colour": 1}


def test_personal_details_are_left_out(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    package["contact"] = [{"id": "c1", "name": "A Person", "email": "a@example.org"}]
    report = import_path(session, written(package), now)
    assert report.notes == ["contact.csv was left out: people's own details are not kept"]


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        (lambda p: p.pop("service"), "no services were found"),
        (lambda p: p["service"].clear(), "service.csv is empty"),
        (lambda p: [row.pop("name") for row in p["service"]], "service.csv has no column 'name'"),
        (lambda p: [row.update(name="") for row in p["service"]], "2 of 2 services were refused"),
    ],
)
def test_a_failed_import_leaves_what_was_there(
    database: Database, package: dict[str, Rows], written: Write, now: datetime, bend: Callable[..., Any], said: str
) -> None:
    folder = written(package)
    import_path(database, folder, now)
    with database.begin() as session:
        before = snapshot(session)
    (folder / "service.csv").unlink()
    bend(package)
    if "empty" in said:
        (folder / "service.csv").write_text("")
        del package["service"]
        said = "no services were found"
    with pytest.raises(ImportFailed) as failure:
        import_path(database, written(package), now)
    assert said in failure.value.faults
    with database.begin() as session:
        assert snapshot(session) == before


def test_a_break_in_the_middle_leaves_what_was_there(
    database: Database, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    folder = written(package)
    import_path(database, folder, now)
    package["service"][0]["name"] = "Changed"
    written(package)
    (folder / "taxonomy.csv").write_text('id,name\n1,"cut off')
    with pytest.raises(ImportFailed, match=r"taxonomy\.csv, line 2"):
        import_path(database, folder, now)
    with database.begin() as session:
        assert session.get_one(Service, ("county", "s1")).name == "Food pantry"


def test_inside_a_transaction_only_the_import_is_undone(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    session.add(Dataset(name="mine", source="", imported_at=now, changed_at=now, counts={}))
    del package["service"]
    with pytest.raises(ImportFailed):
        import_path(session, written(package), now)
    assert count(session, Dataset) == 1
    assert count(session, Organization) == 0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.json", "[{", "x.json is not JSON"),
        ("x.json", '[{"id": "1", "name": "a", "status": "active"}', "x.json is not JSON"),
        ("x.json", "[]", "no services were found"),
        ("x.json", "[1, 2]", "no services were found"),
        ("x.txt", "hello", "x.txt is not JSON; give the folder that holds the CSV files"),
    ],
)
def test_a_wrong_file_is_named(
    session: Session, tmp_path: Path, now: datetime, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ImportFailed) as failure:
        import_path(session, tmp_path / name, now)
    assert failure.value.faults[0].startswith(said)


def test_a_missing_or_empty_folder_is_named(session: Session, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(ImportFailed, match="does not exist"):
        import_path(session, tmp_path / "nowhere", now)
    with pytest.raises(ImportFailed, match="neither HSDS CSV files"):
        import_path(session, tmp_path, now)


FULL = {
    "id": "s1",
    "name": "Food pantry",
    "status": "active",
    "organization": {"id": "o1", "name": "Helping Hands"},
    "phones": [{"number": "415-555-0101", "languages": [{"code": "es"}]}],
    "attributes": [
        {"taxonomy_term": {"id": "t1", "name": "Legal aid", "taxonomy_detail": {"id": "x", "name": "Terms"}}}
    ],
    "contacts": [{"id": "c1", "name": "A Person"}],
    "service_at_locations": [
        {
            "id": "a1",
            "location": {
                "id": "l1",
                "location_type": "physical",
                "addresses": [{"address_1": "1 Main St", "postal_code": "94110", "city": "San Francisco"}],
            },
            "schedules": [{"freq": "WEEKLY", "byday": "MO", "opens_at": "09:00", "closes_at": "10:00"}],
        }
    ],
    "translations": [{"field": "name", "language": "es", "text": "Despensa"}],
}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(FULL),
        json.dumps([FULL], indent=2),
        json.dumps({"total_items": 1, "contents": [FULL]}),
        json.dumps({"links": [], "total_items": 1, "contents": [FULL]}),
        json.dumps(FULL) + "\n" + json.dumps(FULL | {"id": "s9"}),
        json.dumps({"id": "o1", "name": "Helping Hands", "services": [FULL]}),
        json.dumps({"services": [FULL]}),
        "\ufeff" + json.dumps([FULL]),
    ],
    ids=["one", "list", "page", "page behind a list", "lines", "organization", "set", "with a byte order mark"],
)
def test_json_in_its_many_forms(session: Session, tmp_path: Path, now: datetime, content: str) -> None:
    (tmp_path / "export.json").write_text(content, encoding="utf-8")
    report = import_path(session, tmp_path / "export.json", now, dataset="j")
    assert not report.refused
    assert report.taken["service"] == len(content.split('"Food pantry"')) - 1
    assert session.get_one(Service, ("j", "s1")).organization_id == "o1"
    assert session.scalars(select(Schedule)).one().service_at_location_id == "a1"
    assert session.scalars(select(Translation.text).order_by(Translation.id)).first() == "Despensa"
    entry = session.get_one(SearchEntry, ("j", "s1", "l1"))
    assert without_topics(entry.needs) == ["food", "legal"]
    assert entry.latitude == pytest.approx(37.75, abs=0.01)  # from the ZIP
    assert import_path(session, tmp_path / "export.json", now, dataset="j").unchanged


def test_a_file_from_a_spreadsheet_on_windows(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    folder = written(package)
    (folder / "service.csv").write_bytes("ID;Name;Status\ns1;Clínica;active\n".encode("cp1252"))
    report = import_path(session, folder, now)
    assert session.get_one(Service, ("county", "s1")).name == "Clínica"
    assert "service.csv is not UTF-8; it was read as Windows-1252" in report.notes


def test_ids_too_long_for_the_table_still_refer_to_each_other(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    long = "https://example.org/services/" + "7" * 80
    package["service"][0]["id"] = package["service_at_location"][0]["service_id"] = long
    report = import_path(session, written(package), now)
    assert not report.refused
    assert session.get_one(ServiceAtLocation, ("county", "a1")).service_id != long


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/x/ilao/hsds3", "ilao"),
        ("/x/ilao/hsds3/services.json", "ilao"),
        ("/x/sanmateo-ohana/hsds3", "sanmateo-ohana"),
        ("/x/Alameda County 211 export for everybody.json", "alameda-county-211-expor"),
        ("/data", "directory"),
    ],
)
def test_a_dataset_is_named_after_its_path(path: str, name: str) -> None:
    assert dataset_name(Path(path)) == name


@pytest.mark.slow
def test_a_large_directory_needs_little_memory(session: Session, now: datetime) -> None:
    """Twice as many services must not need twice the memory: rows go to Postgres in batches."""

    def services(most: int) -> Iterator[Record]:
        for number in range(most):
            full = {
                "id": f"s{number}",
                "name": f"Food pantry {number}",
                "status": "active",
                "description": "Food " * 100,
                "organization": {"id": f"o{number}", "name": f"Organization {number}"},
                "phones": [{"id": f"p{number}", "number": "415-555-0101"}],
            }
            yield from flatten(full, "many.json", number)

    def peak(most: int) -> int:
        tracemalloc.reset_peak()
        report = import_records(session, Incoming(services(most), "", Report("many")), now)
        assert report.taken["service"] == most
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(10)
        assert peak(5_000) < 1.5 * peak(2_500)
    finally:
        tracemalloc.stop()


def test_progress_is_told(session: Session, package: dict[str, Rows], written: Write, now: datetime) -> None:
    package["phone"] = [{"id": f"p{n}", "location_id": "l1", "number": "415 555 0101"} for n in range(2_500)]
    told: list[Step] = []
    import_path(session, written(package), now, watch=told.append)
    assert [step.rows for step in told if step.name == "reading"] == [1_000, 2_000]
