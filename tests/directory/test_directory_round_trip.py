"""What a town made of its directory goes out as valid HSDS 3.1 and comes back as the same services."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway import closing, corrections, editing
from gateway.directory import export_files, exporting, publishing, records, stored
from gateway.directory.importing import import_path
from gateway.directory.objects import KINDS
from gateway.directory.outgoing import uuid_of
from gateway.directory.wanted import FoundService
from gateway.editing import Editor
from gateway.models import Responder
from gateway.models.directory import Service
from tests.directory.conftest import Rows
from tests.directory.test_directory_package import Faults, faults, same, written_out

__all__ = ["faults"]  # pytest finds the fixture by its name
pytestmark = pytest.mark.slow  # whole directories

Write = Callable[..., Path]
HOME = "America/Los_Angeles"
EDITS = {
    "service.name": "Hot meals",
    "service.description": 'Soup and bread, «caliente»;\n"every" day, 1 < 2 & free',
    "service.url": "https://example.org/meals?a=1&b=2",
    "service.fees_description": "Free; gifts are welcome",
    "service.application_process": "Walk in",
    "service.eligibility_description": "Anybody, 18+",
    "es.name": "Comidas calientes",
    "es.description": "Sopa y pan, todos los días",
    "es.eligibility_description": "Cualquiera, 18+",
    "hours": "Mon, Wed 9am-1pm; Fri 2pm-6pm",
    "new_phone": "(415) 555-0177",
}


@pytest.fixture
def editor(session: Session, now: datetime) -> Editor:
    row = Responder(
        email="eda@example.org", name="Eda", role="supervisor", password_hash="-", languages=[], created_at=now
    )
    session.add(row)
    session.flush()
    return Editor(row, now, HOME)


@pytest.fixture
def county(package: dict[str, Rows]) -> dict[str, Rows]:
    """The small package with an address, papers, prices, terms and what HSDS cannot hold as it stands."""
    package["address"] = [
        {
            "id": "d1",
            "location_id": "l1",
            "address_1": "1 Main St",
            "city": "Demo Town",
            "state_province": "CA",
            "postal_code": "94110",
            "address_type": "mailing",
        }
    ]
    package["service"] += [
        {"id": "s3", "organization_id": "o1", "name": "Old clinic", "status": "active", "description": "Doctors"},
        {
            "id": "s4",
            "organization_id": "o1",
            "name": "Shower",
            "status": "active",
            "description": "Hot",
            "url": "none",
        },
    ]
    package["service_at_location"].append({"id": "a4", "service_id": "s4", "location_id": "l1"})
    package["required_document"] = [{"id": "r1", "service_id": "s2", "document": "Photo ID"}]
    package["cost_option"] = [{"id": "c1", "service_id": "s2", "option": "visit", "amount": "$12.50"}]
    package["language"] = [{"id": "g1", "service_id": "s2", "name": "Spanish"}]
    package["taxonomy"] = [{"id": "t", "name": "Ours", "description": "Ours"}]
    package["taxonomy_term"] = [{"id": "t1", "name": "Food", "taxonomy_id": "t", "description": ""}]
    words = {"object": "service", "object_id": "s1", "field": "name", "language": "es"}
    package["translation"] = [{"id": "w1", **words, "text": "Despensa"}]  # the town says it otherwise
    package["attribute"] = [{"id": "x1", "link_id": "s1", "link_entity": "service", "taxonomy_term_id": "t1"}]
    return package


@pytest.fixture
def worked_on(
    session: Session, county: dict[str, Rows], written: Write, now: datetime, editor: Editor
) -> dict[str, Rows]:
    """That package after some weeks in a town: edited, corrected, translated, closed, a service added."""
    import_path(session, written(county), now)
    record = records.load(session, "county:s1", now, editor.rules)
    assert record is not None
    assert set(editing.save(session, editor, "county:s1", record.form | EDITS, record.seen)) == set(EDITS)
    gone = corrections.report_by(session, editor.who, ("county", "s3"), corrections.CLOSED, None, "", now)
    corrections.decide(session, gone.id, corrections.ACCEPTED, editor.who, now, "moved away")
    closing.close(session, editor, "county:s4", closing.TODAY, "weather")
    draft = {"name": "Corner fridge", "phone": "415 555 0188", "hours": "Mon-Sun 24 hours", "address_1": "9 Elm St"}
    editing.add(session, editor, draft | {"city": "Demo Town", "postal_code": "94110"}, ["food"])
    session.flush()
    session.expire_all()
    return county


def told(session: Session, dataset: str, ids: dict[str, str], now: datetime) -> dict[tuple[str, str], Any]:
    """What a resident is told of each service in both languages, by its id outside; and the week's hours."""
    found: dict[tuple[str, str], Any] = {}
    for language in ("en", "es"):
        asking = stored.Asking(language, now, home=HOME)
        for service in stored.by_ids(session, [f"{dataset}:{key}" for key in ids], asking):
            week = stored.weeks(session, [service.id], asking, {})
            found[ids[service.id.partition(":")[2]], language] = (_bare(service), list(week.values()))
    return found


def _bare(service: FoundService) -> FoundService:
    """Without what names it inside one store, and who checked it here; phones are told in the order of their ids."""
    plain: dict[str, Any] = {"id": "", "location_id": None, "verified_on": None, "verified_by": None}
    return replace(service, **plain)


def outside(session: Session, dataset: str) -> dict[str, str]:
    """The ids of the services that are offered, each with its id outside."""
    offered = select(Service.id).where(Service.dataset == dataset, Service.status == "active")
    return {key: uuid_of(dataset, "service", key) for key in session.scalars(offered)}


def empty(session: Session) -> None:
    """Nothing is left of any directory."""
    tables = [kind.name for kind in KINDS]
    names = ", ".join([*tables, "dataset", "closure", "override", "correction", "import_run", "verification"])
    session.execute(text(f"TRUNCATE {names} CASCADE"))
    session.expire_all()


@pytest.mark.parametrize("dataset", ["county", "town"])
def test_it_comes_back_into_an_empty_store_as_the_same_services(
    session: Session, worked_on: Any, now: datetime, tmp_path: Path, faults: Faults, dataset: str
) -> None:
    written_out(session, dataset, tmp_path / "out")
    assert faults(tmp_path / "out") == []
    before = told(session, dataset, outside(session, dataset), now + timedelta(days=2))  # the closure is over
    assert len(before) == {"county": 6, "town": 2}[dataset]
    empty(session)
    report = import_path(session, tmp_path / "out", now, dataset="back")
    assert not report.refused
    after = told(session, "back", outside(session, "back"), now + timedelta(days=2))
    assert after == before
    written_out(session, "back", tmp_path / "again")
    assert same(tmp_path / "again") == same(tmp_path / "out")


def test_what_editors_wrote_stands_in_every_file(
    session: Session, worked_on: Any, now: datetime, tmp_path: Path
) -> None:
    written_out(session, "county", tmp_path / "out")
    services = {item["name"]: item for item in json.loads((tmp_path / "out" / "services.json").read_text())}
    assert set(services) == {"Hot meals", "Legal clinic", "Old clinic", "Shower"}
    assert services["Old clinic"]["status"] == "defunct"
    meals = services["Hot meals"]
    assert meals["description"] == EDITS["service.description"]
    assert {phone["number"] for phone in meals["phones"]} == {"(415) 555-0177"}
    assert {word["text"] for word in meals["translations"]} == {EDITS[name] for name in EDITS if name[:3] == "es."}
    assert {(row["byday"], row["opens_at"]) for row in meals["schedules"]} == {("MO,WE", "09:00"), ("FR", "14:00")}
    everything = "\n".join(file.read_text() for file in (tmp_path / "out").glob("*.csv"))
    for value in (*EDITS.values(), "defunct"):
        assert value == EDITS["hours"] or value.replace('"', '""') in everything


def test_a_closure_is_told_in_the_alert_as_long_as_it_holds(
    session: Session, worked_on: Any, now: datetime, tmp_path: Path, faults: Faults
) -> None:
    list(export_files.export(session, "county", tmp_path / "out", now=now))
    assert faults(tmp_path / "out") == []
    (said,) = _alerts(tmp_path / "out")
    assert said.startswith("Closed: bad weather (from 2026-")
    assert said.endswith(f"00:00, {HOME})")
    assert said in (tmp_path / "out" / "services.csv").read_text()
    list(export_files.export(session, "county", tmp_path / "later", now=now + timedelta(days=2)))
    assert list(_alerts(tmp_path / "later")) == []


@pytest.mark.parametrize("full", [True, False])
def test_other_programs_are_told_of_a_closure_and_of_a_closed_place(
    session: Session, worked_on: Any, now: datetime, editor: Editor, full: bool
) -> None:
    session.execute(text("UPDATE service SET alert = 'New door' WHERE id = 's4'"))
    session.execute(
        text(
            "INSERT INTO closure (dataset, location_id, from_at, at, reason)"
            " VALUES ('county', 'l1', :now, :now, 'building')"
        ),
        {"now": now},
    )
    asked = publishing.Asked(full=full, per_page=100)
    alerts = {item["name"]: item.get("alert", "") for item in publishing.page(session, asked, now)["contents"]}
    assert "further notice" in alerts["Hot meals"]
    assert alerts["Hot meals"].startswith("Hall: Closed: building repairs (from ")
    assert alerts["Shower"].endswith("; New door")
    assert "bad weather" in alerts["Shower"]
    assert alerts["Corner fridge"] == ""
    (one,) = (uuid_of("county", "service", key) for key in ["s4"])
    assert (publishing.service(session, one, now) or {})["alert"] == alerts["Shower"]
    assert exporting.full_service(session, "county:s4", now=now - timedelta(days=1))["alert"] == "New door"  # type: ignore[index]


def _alerts(folder: Path) -> Iterator[str]:
    for service in json.loads((folder / "services.json").read_text()):
        if "alert" in service:
            yield service["alert"]


def test_the_checks_of_the_schema_would_find_a_fault(shared: Path) -> None:
    schema = json.loads((shared / "hsds" / "spec-3.1" / "schema" / "service_with_definitions.json").read_text())
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    bad = {"id": "s1", "name": "x", "status": "open", "last_modified": datetime(2026, 1, 1, tzinfo=UTC).isoformat()}
    assert len(list(validator.iter_errors(bad))) >= 2
