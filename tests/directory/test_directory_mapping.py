"""Directories of another shape: real ones as their publishers wrote them, and every cell accounted for."""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway.directory import holidays, mapping
from gateway.directory.importing import import_path
from gateway.directory.objects import KINDS
from gateway.directory.report import ImportFailed, Remark, Report
from gateway.models.directory import (
    Attribute,
    CostOption,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceArea,
    TaxonomyTerm,
)
from gateway.models.listing import HolidaySchedule, ImportRun

pytestmark = pytest.mark.slow  # many rows

Files = dict[str, str]
Write = Callable[[Files], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Write:
    """Writes CSV files as they are given."""

    def write(files: Files) -> Path:
        place = tmp_path / "county"
        place.mkdir(exist_ok=True)
        for name, content in files.items():
            (place / name).write_text(content, encoding="utf-8")
        return place

    return write


def everything(session: Session) -> str:
    """All that the database holds, as text."""
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    rows = (row for table in tables for row in session.scalars(text(f'SELECT t::text FROM "{table}" AS t')))
    return "\n".join(rows)


# --- San Mateo and Illinois, unconverted


def test_san_mateo_as_it_is(session: Session, shared: Path, now: datetime) -> None:
    remarks: list[Remark] = []
    path = shared / "hsds" / "sanmateo-ohana"
    report = import_path(session, path, now, dataset="sm", sink=lambda _, remark: remarks.append(remark))
    assert "the files were read as Ohana" in report.notes
    assert (report.taken["service"], report.taken["organization"], report.taken["location"]) == (23, 8, 22)
    assert not report.refused
    status = {row.id: row.status for row in session.scalars(select(Service).order_by(Service.id))}
    assert [id_ for id_, said in status.items() if said != "active"] == ["20", "21", "22", "23"]
    first = session.get_one(Service, ("sm", "1"))
    assert first.organization_id == "1"
    assert first.fees_description is not None
    assert first.fees_description.startswith("$2.50 suggested donation")
    assert {row.name for row in session.scalars(select(ServiceArea).where(ServiceArea.service_id == "4"))}
    monday = session.scalars(select(Schedule).where(Schedule.id == "9")).one()
    assert (monday.byday, f"{monday.opens_at:%H:%M}", f"{monday.closes_at:%H:%M}") == ("MO", "14:00", "16:00")
    terms = select(TaxonomyTerm.name).join(Attribute, Attribute.taxonomy_term_id == TaxonomyTerm.id)
    assert "Congregate Meals/Nutrition Sites" in session.scalars(terms.where(Attribute.link_id == "1")).all()
    assert session.get_one(Location, ("sm", "20")).location_type == "virtual"
    assert session.scalars(select(HolidaySchedule.holiday).where(HolidaySchedule.id == "1")).one() == "new_years_day"
    assert [r.reason for r in remarks if "no year" in r.reason] == ["'June 01, 0001 to September 01, 0001' has no year"]
    assert import_path(session, path, now, dataset="sm").unchanged


def test_illinois_as_it_is(session: Session, shared: Path, now: datetime) -> None:
    path = shared / "hsds" / "ilao" / "raw"
    report = import_path(session, path, now, dataset="il")
    assert "the files were read as Illinois Legal Aid Online" in report.notes
    assert (report.taken["service"], report.taken["location"]) == (429, 520)
    assert report.refused_count["service"] == 1  # a row with nothing but two ids
    status = session.scalars(select(Service.status)).all()
    assert (status.count("active"), status.count("inactive")) == (386, 43)
    hidden = session.scalars(select(Location).where(Location.confidential)).all()
    assert len(hidden) == 30
    assert session.scalars(select(Location).where(Location.latitude.is_not(None))).all()
    assert "Cook County, Illinois" in session.scalars(select(ServiceArea.name)).all()
    assert "Free to everyone" in session.scalars(select(CostOption.option)).all()
    two = [
        (row.number, row.description) for row in session.scalars(select(Phone)) if row.number.startswith("(618) 453")
    ]
    assert ("(618) 453-3217", None) in two
    assert session.scalars(select(Phone.extension).where(Phone.number == "(312) 773-1068")).first() == "321"
    clinic = session.scalars(
        select(Schedule).where(Schedule.as_given.startswith("Repeats every month on the third Tuesday 100 times"))
    ).first()
    assert clinic is not None
    assert (clinic.freq, clinic.byday, clinic.count) == ("MONTHLY", "3TU", 100)
    assert not re.search(r"jonathan@upsolve|North LaSalle", everything(session))
    assert import_path(session, path, now, dataset="il").unchanged


# Columns whose words are turned into others: what they mean is told, not the words.
TRANSLATED = {
    "Is this service open?", "Service availability", "Holiday schedule", "Holiday schedule (location closed)",
    "virtual", "number_type", "weekday", "start_date", "end_date", "opens_at", "closes_at",
}  # fmt: skip


@pytest.mark.parametrize("source", ["sanmateo-ohana", "ilao/raw"])
def test_every_cell_is_stored_kept_or_named(session: Session, shared: Path, now: datetime, source: str) -> None:
    remarks: list[tuple[str, Remark]] = []
    path = shared / "hsds" / source
    report = import_path(session, path, now, dataset="d", sink=lambda sort, remark: remarks.append((sort, remark)))
    rows = (row for kind in KINDS for row in session.execute(select(kind.table)))
    held = words("\n".join(in_words(cell) for row in rows for cell in row))
    refused = {(remark.file, remark.row) for sort, remark in remarks if sort == "refused"}
    lost = [
        (file, line, column, cell)
        for file, line, column, cell in cells(path)
        if (file, line) not in refused and column not in TRANSLATED and not is_named(report, file, column)
        if not all(words(piece) in held for piece in pieces(column, cell))
    ]
    assert lost == []


def cells(path: Path) -> Iterator[tuple[str, int, str, str]]:
    """Every filled cell of rows that are not about a person."""
    for file in sorted(path.glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            for row in reader:
                if not row.get("contact_id"):
                    yield from ((file.name, reader.line_num, k, v) for k, v in row.items() if v and v.strip())


def pieces(column: str, cell: str) -> list[str]:
    """What must be found again, as it stands; the words around several phones move to their descriptions."""
    if "hone number" in column:
        return re.findall(r"\d+|[A-Za-z]{4,}", cell)
    return [piece for piece in re.split(r"[,\n]", cell) if piece.strip()]


def in_words(cell: object) -> str:
    return "\n".join(map(in_words, cell.values())) if isinstance(cell, dict) else str(cell)


def words(given: str) -> str:
    return " ".join(re.findall(r"\w+", given.replace("\\n", " ").casefold()))


def is_named(report: Report, file: str, column: str) -> bool:
    """The report says that the column, or the whole file, was left out."""
    said = [*report.left_out, *report.notes]
    return any(
        line.startswith((f"{file}.{column},", f"{file} was left out", f"{file[:-5]}.{column},")) for line in said
    )


def test_holidays_are_read_as_a_person_reads_them(session: Session, shared: Path, now: datetime) -> None:
    import_path(session, shared / "hsds" / "ilao" / "raw", now, dataset="il")
    with (shared / "hsds" / "ilao" / "raw" / "locations.csv").open(encoding="utf-8-sig", newline="") as stream:
        given = {row["Location_id"]: row["Holiday schedule (location closed)"] for row in csv.DictReader(stream)}
    for location, listed in given.items():
        rows = session.scalars(select(HolidaySchedule).where(HolidaySchedule.location_id == location)).all()
        codes, unread = holidays.read(listed)
        assert {row.holiday for row in rows if row.holiday} == codes
        assert {row.as_given for row in rows if row.as_given} == set(unread)


# --- older HSDS, and files of an operator's own

HSDS_1 = {
    "organizations.csv": "id,name,description,url\no1,Helping Hands,We help,http://example.org\n",
    "services.csv": "id,organization_id,name,status,fees,url\ns1,o1,Food pantry,active,None,\n",
    "locations.csv": "id,organization_id,name,latitude,longitude\nl1,o1,Hall,37.75,-122.41\n",
    "services_at_location.csv": "id,service_id,location_id\na1,s1,l1\n",
    "physical_addresses.csv": (
        "id,location_id,attention,address_1,address_2,address_3,city,state_province,postal_code,country\n"
        "d1,l1,,1 Main St,,Rear door,San Francisco,CA,94110,US\n"
    ),
    "postal_addresses.csv": "id,location_id,attention,address_1,city\nd2,l1,Jane Secret,PO Box 1,San Francisco\n",
    "regular_schedules.csv": "id,service_id,location_id,weekday,opens_at,closes_at\nh1,s1,,1,9:00,17:00\n",
    "holiday_schedules.csv": "id,location_id,closed,start_date,end_date\nx1,l1,1,2026-12-24,2026-12-24\n",
    "eligibility.csv": "id,service_id,eligibility,minimum_age\ne1,s1,Adults,18\n",
    "services_taxonomy.csv": "id,service_id,taxonomy_id\nt1,s1,101\n",
    "taxonomy.csv": "id,name,parent_id,parent_name,vocabulary\n101,Emergency Food,,,Open Eligibility\n",
    "languages.csv": "id,service_id,location_id,language\ng1,s1,,Spanish\n",
    "payments_accepted.csv": "id,service_id,payment\nm1,s1,Cash\n",
    "accessibility_for_disabilities.csv": "id,location_id,accessibility\nc1,l1,wheelchair\n",
    "service_areas.csv": "id,service_id,service_area\nr1,s1,Mission District\n",
    "phones.csv": "id,location_id,contact_id,number,type\np1,l1,,415 555 0101,voice\np2,,c9,415 555 0199,voice\n",
    "contacts.csv": "id,name,email\nc9,Jane Secret,jane@secret.example\n",
    "required_documents.csv": "id,service_id,document\nq1,s1,Photo ID\n",
}  # fmt: skip


def test_hsds_before_version_3(session: Session, folder: Write, now: datetime) -> None:
    report = import_path(session, folder(HSDS_1), now)
    assert "the files were read as HSDS 1 or 2" in report.notes
    assert not report.refused
    taken = {kind: count for kind, count in report.taken.items() if count}
    assert taken == {
        "organization": 1, "service": 1, "location": 1, "taxonomy_term": 1, "service_at_location": 1, "address": 2,
        "phone": 1, "schedule": 1, "language": 1, "cost_option": 1, "required_document": 1, "accessibility": 1,
        "service_area": 1, "attribute": 1, "holiday_schedule": 1,
    }  # fmt: skip
    service = session.get_one(Service, ("county", "s1"))
    assert (service.fees_description, service.eligibility_description, service.minimum_age) == ("None", "Adults", 18)
    assert session.get_one(Organization, ("county", "o1")).website == "http://example.org"
    assert session.get_one(Schedule, ("county", "h1")).byday == "MO"
    assert import_path(session, folder(HSDS_1), now).unchanged


def test_people_are_nowhere(session: Session, folder: Write, now: datetime) -> None:
    ohana = {
        "organizations.csv": "id,name,contact_person\no1,Helping Hands,Jane Secret\n",
        "locations.csv": "id,organization_id,name,admin_emails,languages\nl1,o1,Hall,jane@secret.example,Spanish\n",
        "services.csv": (
            "id,location_id,name,status,keywords,extra_email,taxonomy_ids\ns1,l1,Food,active,Pantry,jane@secret.example,\n"
        ),
        "contacts.csv": "id,name\nc1,Jane Secret\n",
        "phones.csv": "id,contact_id,location_id,number\np1,c1,,415 555 0199\np2,,l1,415 555 0101\n",
    }
    for files in (ohana, HSDS_1):
        report = import_path(session, folder(files), now, dataset="people", allow_shrink=True)
        assert report.taken["service"] == 1
        held = everything(session)
        assert not re.search(r"(?i)secret|555.?0199", held + "\n".join(report.lines()))
        assert "555 0101" in held


def test_an_operators_own_mapping(
    session: Session, folder: Callable[[Files], Path], tmp_path: Path, now: datetime
) -> None:
    place = folder({"agencies.csv": "Nr;Agency;Help with\n1;Helping Hands;food, rent\n2;;\n"})
    own = tmp_path / "own.yml"
    own.write_text(
        "name: ours\nfiles:\n  agencies:\n    to: service\n    columns: {Nr: id, Agency: name}\n"
        "    parts: [{from: Help with, to: attribute, as: term, by: ',', taxonomy: Ours}]\n"
    )
    with pytest.raises(ImportFailed, match="no services were found"):
        import_path(session, place, now)
    report = import_path(session, place, now, mapping=own)
    assert report.taken["service"] == 1
    assert [str(remark) for remark in report.refused] == ["agencies.csv:3 name missing"]
    assert set(session.scalars(select(TaxonomyTerm.name))) == {"food", "rent"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("files: [", "is no mapping"),
        ("name: x\nfiles:\n  a:\n    to: person", "there is no object 'person'"),
        ("name: x\nfiles:\n  a:\n    to: service\n    columns: {A: colour}", "service has no column 'colour'"),
        ("name: x\nfiles:\n  a:\n    to: service\n    parts: [{from: A, to: phone, as: numbr}]", "no column 'numbr'"),
        ("name: x\nfiles:\n  a:\n    to: service\n    values: {A: {yes: active}}", 'write "yes" and "no" in quotes'),
        ("name: x\nfiles:\n  a:\n    to: service\n    parts: [{from: A, to: phone, as: number, by: '('}]", "is no"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_says_what_is_wrong(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "own.yml").write_text(content)
    with pytest.raises(ImportFailed) as failure:
        mapping.load(tmp_path / "own.yml")
    assert said in failure.value.faults[0]


def test_two_mappings_that_fit_alike_are_not_chosen_from(
    session: Session, folder: Write, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = mapping.shipped()
    twins = (*shipped, *(m for m in shipped if m.name == "HSDS 1 or 2"))
    monkeypatch.setattr(mapping, "shipped", lambda: twins)
    with pytest.raises(ImportFailed, match="say which with --mapping"):
        import_path(session, folder(HSDS_1), now)


def test_what_an_import_did_is_remembered_once(session: Session, folder: Write, now: datetime) -> None:
    import_path(session, folder(HSDS_1), now)
    import_path(session, folder(HSDS_1), now)
    (run,) = session.scalars(select(ImportRun)).all()
    assert (run.dataset, run.state) == ("county", "done")
    assert run.report["taken"]["service"] == 1
