"""Thirty ways in which real files are bent: each is put right, kept as text or refused, with the row and the reason."""

import gzip
import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory.importing import Step, import_path
from gateway.directory.report import ImportFailed, Remark, Report
from gateway.models.directory import CostOption, Location, Phone, Schedule, Service, ServiceAtLocation, TaxonomyTerm
from gateway.models.listing import HolidaySchedule, ImportRun
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow  # many imports

Write = Callable[..., Path]
Bend = Callable[[dict[str, Rows]], Any]
Told = list[tuple[str, str]]


def taken(session: Session, folder: Path, now: datetime, **how: Any) -> tuple[Report, Told]:
    """Import; also what was said, as ("mended", "service.csv:2 …")."""
    told: Told = []
    report = import_path(session, folder, now, sink=lambda sort, remark: told.append((sort, str(remark))), **how)
    return report, told


def first(rows: Rows, **cells: Any) -> None:
    rows[0].update(cells)


def cell(row: Any, name: str) -> Any:
    value = getattr(row, name)
    return value.isoformat() if isinstance(value, date) else value


# What is done to the small package; what must be said; where to look and what must be there.
BENT: list[tuple[str, Bend, tuple[str, str], tuple[type[Any], str, str, Any]]] = [
    ("ids of a spreadsheet on one side",
     lambda p: [first(p["service"], id="24656"), first(p["service_at_location"], service_id="24656.0")],
     ("", ""), (ServiceAtLocation, "a1", "service_id", "24656")),
    ("latitude and longitude exchanged", lambda p: first(p["location"], latitude="-122.41", longitude="37.75"),
     ("mended", "location.csv:2 latitude and longitude were exchanged"), (Location, "l1", "latitude", 37.75)),
    ("a point that is none", lambda p: first(p["location"], latitude="999", longitude="0"),
     ("mended", "location.csv:2 latitude and longitude are not a point on earth; left empty"),
     (Location, "l1", "latitude", None)),
    ("a point in words", lambda p: first(p["location"], latitude="37° 45' N"),
     ("kept as text", "location.csv:2 latitude"), (Location, "l1", "extra", {"latitude": "37° 45' N"})),
    ("an age with a sign", lambda p: first(p["service"], minimum_age="18+"),
     ("mended", "service.csv:2 minimum_age '18+' read as 18.0; also kept as text"), (Service, "s1", "minimum_age", 18)),
    ("an age in months", lambda p: first(p["service"], minimum_age="6 months"),
     ("mended", "service.csv:2 minimum_age"), (Service, "s1", "minimum_age", 0.5)),
    ("an age in words", lambda p: first(p["service"], minimum_age="adults only"),
     ("kept as text", "service.csv:2 minimum_age 'adults only' is not a float; kept as text"),
     (Service, "s1", "extra", {"minimum_age": "adults only"})),
    ("a price in prose",
     lambda p: p.update(cost_option=[{"id": "c1", "service_id": "s1", "amount": "$2.50 suggested"}]),
     ("kept as text", "cost_option.csv:2 amount '$2.50 suggested' is not a Decimal; kept as text"),
     (CostOption, "c1", "amount_description", "$2.50 suggested")),
    ("a month for a date", lambda p: first(p["service"], assured_date="May"),
     ("kept as text", "service.csv:2 assured_date 'May' is not a date; kept as text"),
     (Service, "s1", "assured_date", None)),
    ("a day of the week for a date", lambda p: first(p["schedule"], valid_to="Mon"),
     ("kept as text", "schedule.csv:2 valid_to 'Mon' is not a date; kept as text"), (Schedule, "h1", "valid_to", None)),
    ("a number for a date", lambda p: first(p["schedule"], valid_to="10"),
     ("kept as text", "schedule.csv:2 valid_to '10'"), (Schedule, "h1", "valid_to", None)),
    ("an hour for a date", lambda p: first(p["service"], last_modified="5pm"),
     ("kept as text", "service.csv:2 last_modified '5pm'"), (Service, "s1", "last_modified", None)),
    ("every year for a date", lambda p: first(p["schedule"], valid_to="January 01, 0001"),
     ("kept as text", "schedule.csv:2 valid_to 'January 01, 0001'"), (Schedule, "h1", "valid_to", None)),
    ("the days of a spreadsheet", lambda p: first(p["service"], assured_date="46023"),
     ("", ""), (Service, "s1", "assured_date", "2026-01-01")),
    ("an American date", lambda p: first(p["service"], assured_date="1/5/2026"),
     ("", ""), (Service, "s1", "assured_date", "2026-01-05")),
    ("a column of the publisher's own", lambda p: first(p["service"], Colour="red"),
     ("", ""), (Service, "s1", "extra", {"colour": "red"})),
    ("two phones in a cell", lambda p: first(p["phone"], number="(415) 555-0101 / (415) 555-0102"),
     ("", ""), (Phone, "p1-2", "number", "(415) 555-0102")),
    ("a phone for another language", lambda p: first(p["phone"], number="800-526-0844; Spanish: 800-501-0864"),
     ("", ""), (Phone, "p1-2", "description", "Spanish")),
    ("an extension in the number", lambda p: first(p["phone"], number="312 773-1068 ext. 321"),
     ("", ""), (Phone, "p1", "extension", "321")),
    ("words for a phone", lambda p: first(p["phone"], number="no phone"),
     ("refused", "phone.csv:2 'no phone' is not a phone number"), (Location, "l1", "name", "Hall")),
    ("a status of the publisher's own", lambda p: first(p["service"], status="Discontinued"),
     ("mended", "service.csv:2 status 'Discontinued' is none that HSDS knows; read as inactive"),
     (Service, "s1", "status", "inactive")),
    ("status and name exchanged", lambda p: first(p["service"], status="Food pantry", name="active"),
     ("mended", "service.csv:2 status 'Food pantry' is none that HSDS knows"), (Service, "s1", "status", "inactive")),
    ("a test that says so", lambda p: first(p["service"], description="[THIS IS NOT A REAL SERVICE] Lorem ipsum dolor"),
     ("mended", "service.csv:2 it says of itself that it is a test; read as inactive"),
     (Service, "s1", "status", "inactive")),
    ("no name", lambda p: first(p["service"], name=" "),
     ("refused", "service.csv:2 name missing"), (Service, "s2", "name", "Legal clinic")),
    ("an id twice", lambda p: p["service"].append({"id": "s1", "name": "Again", "status": "active"}),
     ("refused", "service.csv:4 service s1 is there twice"), (Service, "s1", "name", "Food pantry")),
    ("a service of nobody", lambda p: first(p["service"], organization_id="o9"),
     ("mended", "service.csv:2 there is no organization o9; kept without it"),
     (Service, "s1", "extra", {"organization_id": "o9"})),
    ("a place of nobody", lambda p: first(p["service_at_location"], location_id="l9"),
     ("refused", "service_at_location.csv:2 there is no location l9"), (ServiceAtLocation, "a2", "service_id", "s2")),
    ("the week in a cell", lambda p: first(p["schedule"], byday="", freq="", opens_at="", closes_at="",
                                           description="Monday: 8:30-12:00, 13:00-17:00 Saturday: Closed"),
     ("", ""), (Schedule, "h1-2", "opens_at", "13:00:00")),
    ("hours that nobody can read", lambda p: first(p["schedule"], opens_at="after school"),
     ("mended", "schedule.csv:2 opens_at 'after school' is not a time; kept as text"),
     (Schedule, "h1", "opens_at", None)),
    ("a holiday whose hours cannot be read",
     lambda p: p.update(holiday_schedule=[{"id": "x1", "location_id": "l1", "opens_at": "late"}]),
     ("refused", "holiday_schedule.csv:2 opens_at 'late' is not a time"), (Location, "l1", "name", "Hall")),
    ("a NUL character", lambda p: first(p["service"], description="Free\x00 food"),
     ("mended", "service.csv:2 a NUL character was removed"), (Service, "s1", "description", "Free food")),
    ("a script for a page", lambda p: first(p["service"], url="javascript:alert(1)"),
     ("", ""), (Service, "s1", "url", "javascript:alert(1)")),
]  # fmt: skip


@pytest.mark.parametrize(("bend", "said", "there"), [case[1:] for case in BENT], ids=[case[0] for case in BENT])
def test_a_bent_cell(
    session: Session,
    package: dict[str, Rows],
    written: Write,
    now: datetime,
    bend: Bend,
    said: tuple[str, str],
    there: tuple[type[Any], str, str, Any],
) -> None:
    bend(package)
    folder = written(package)
    report, told = taken(session, folder, now)
    if said[0]:
        assert [line for sort, line in told if sort == said[0] and line.startswith(said[1])], told
    table, identity, name, value = there
    found = cell(session.get_one(table, ("county", identity)), name)
    assert (found.isoformat() if hasattr(found, "isoformat") else found) == value
    assert import_path(session, folder, now).unchanged
    assert report.dataset == "county"


FILES: list[tuple[str, str, bytes, str]] = [
    ("a byte order mark in the second file", "service.csv", "\ufeffid,name,status\ns1,Clínica,active\n".encode(), ""),
    ("Windows", "service.csv", "id;name;status\ns1;Clínica;active\n".encode("cp1252"), "read as Windows-1252"),
    ("UTF-16", "service.csv", "id\tname\tstatus\ns1\tClínica\tactive\n".encode("utf-16"), "read as UTF-16"),
    ("a title above the columns", "service.csv", "Our services 2026,,\nid,name,status\ns1,Clínica,active\n".encode(),
     "the line above the columns was passed over"),
    ("a semicolon inside a quoted column", "service.csv",
     'id,name,status,"a;b;c;d;e"\ns1,Clínica,active,x\n'.encode(), ""),
    ("another name for the id", "service.csv", "Service ID,Name,Status\ns1,Clínica,active\n".encode(),
     "has no column 'id'; service_id was read as it"),
    ("blank lines and blank ends", "service.csv", "id , name,status \n\n s1 ,  Clínica ,active\n,,\n".encode(), ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "noted"), [case[1:] for case in FILES], ids=[case[0] for case in FILES])
def test_a_bent_file(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, name: str, content: bytes, noted: str
) -> None:
    folder = written(package)
    (folder / name).write_bytes(content)
    report = import_path(session, folder, now)
    assert session.get_one(Service, ("county", "s1")).name == "Clínica"
    assert noted in "\n".join(report.notes)


def test_rows_that_do_not_fit_the_columns_have_a_line(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    folder = written(package)
    (folder / "service.csv").write_text(
        "id,name,status\ns1,Pantry,active\ns2,Clinic,active,,extra\nid,name,status\ns3,Short\ns4,Clinic\n"
    )
    report, told = taken(session, folder, now)
    assert [line for sort, line in told if sort == "refused" and line.startswith("service.csv")] == [
        "service.csv:3 more cells than columns",
        "service.csv:4 the column names once more",
    ]
    assert report.taken["service"] == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'id,name,status\ns1,"Pantry,active\n', "service.csv, line"),
        (gzip.compress(b"id,name,status\n"), "service.csv"),
    ],
    ids=["a quote that does not end", "a packed file"],
)
def test_a_file_that_cannot_be_read_is_named(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, content: bytes, said: str
) -> None:
    folder = written(package)
    import_path(session, folder, now)
    (folder / "service.csv").write_bytes(content)
    with pytest.raises(ImportFailed) as failure:
        import_path(session, folder, now)
    assert said in failure.value.faults[0]
    assert session.scalar(select(func.count()).select_from(Service)) == 2


def test_terms_in_json_are_no_organizations(session: Session, tmp_path: Path, now: datetime) -> None:
    (tmp_path / "services.json").write_text(json.dumps([{"id": "s1", "name": "Pantry", "status": "active"}]))
    terms = [{"id": "t1", "name": "Food", "taxonomy": "Ours"}, {"id": "t2", "name": "Bread", "parent_id": "t1"}]
    (tmp_path / "taxonomy_terms.json").write_text(json.dumps([*terms, {"id": "t3", "name": "Milk"}]))
    report = import_path(session, tmp_path, now, dataset="j")
    assert (report.taken["taxonomy_term"], report.taken["organization"]) == (3, 0)
    assert session.get_one(TaxonomyTerm, ("j", "t2")).parent_id == "t1"


def test_nested_objects_without_a_table_are_kept_but_for_people(
    session: Session, tmp_path: Path, now: datetime
) -> None:
    service = {
        "id": "s1",
        "name": "Pantry",
        "status": "active",
        "funding": [{"id": "f1", "source": "County", "contacts": [{"name": "Jane Secret"}]}],
        "contacts": [{"id": "c1", "name": "Jane Secret"}],
        "metadata": [{"id": "m1", "updated_by": "Jane Secret"}],
        "assurer_email": "jane@secret.example",
    }
    (tmp_path / "services.json").write_text(json.dumps([service]))
    report = import_path(session, tmp_path, now, dataset="j")
    assert session.get_one(Service, ("j", "s1")).extra == {"funding": [{"id": "f1", "source": "County"}]}
    assert sum(report.left_out.values()) == 3
    assert "Secret" not in "\n".join(report.lines())


def test_holiday_hours_are_read(session: Session, package: dict[str, Rows], written: Write, now: datetime) -> None:
    days = {"location_id": "l1", "start_date": "12/24/2026", "end_date": "12/24/2026"}
    package["holiday_schedule"] = [{"id": "x1", **days, "opens_at": "10am", "closes_at": "4:00 PM"}]
    import_path(session, written(package), now)
    row = session.get_one(HolidaySchedule, ("county", "x1"))
    assert (f"{row.opens_at:%H:%M}", f"{row.closes_at:%H:%M}", row.start_date) == ("10:00", "16:00", date(2026, 12, 24))


def test_killed_in_the_middle_it_leaves_all_as_it_was(
    database: Database, package: dict[str, Rows], written: Write, now: datetime, postgres_url: str
) -> None:
    import_path(database, written(package), now)
    package["service"][0]["name"] = "Changed"
    folder = written(package)

    def kill(step: Step) -> None:
        if step.name == "finding the needs that are met":  # all rows are merged by now
            with psycopg.connect(
                database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
            ) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
                )

    with pytest.raises(ImportFailed, match="the database refused the import"):
        import_path(database, folder, now, watch=kill)
    with database.begin() as session:
        assert session.get_one(Service, ("county", "s1")).name == "Food pantry"
        assert session.scalar(select(func.count()).select_from(ImportRun)) == 1
        assert session.scalar(text("SELECT count(*) FROM search_entry")) == 2
    assert import_path(database, folder, now).changes["service"].changed == 1


def test_every_step_is_told(session: Session, package: dict[str, Rows], written: Write, now: datetime) -> None:
    package["phone"] = [{"id": f"p{n}", "location_id": "l1", "number": "415 555 0101"} for n in range(2_500)]
    steps: list[Step] = []
    import_path(session, written(package), now, watch=steps.append)
    names = list(dict.fromkeys(step.name for step in steps))
    assert names == [
        "reading",
        "checking what refers to what",
        "writing what changed",
        "finding the needs that are met",
        "building the search index",
    ]
    shares = [step.share for step in steps if step.name == "reading"]
    assert shares == sorted(shares)
    assert 0 < shares[0] <= 1
    assert steps[-1].share == 1


def test_remarks_beyond_the_shown_ones_reach_the_sink(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    package["phone"] += [{"id": f"q{n}", "location_id": "l1", "number": "none"} for n in range(1_200)]
    seen: list[Remark] = []
    report = import_path(session, written(package), now, sink=lambda _, remark: seen.append(remark))
    assert len(report.refused) == 1_000
    assert sum("not a phone" in remark.reason for remark in seen) == 1_200
