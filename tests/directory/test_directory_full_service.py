"""A service as HSDS 3.1 has it: valid, whole, and without what its publisher does not show."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.directory import demo
from gateway.directory.exporting import full_service, full_services, uuid_of
from gateway.directory.importing import import_path
from gateway.models.directory import Address, Location, Schedule, Service
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow

Write = Callable[[dict[str, Rows], str], Path]


@pytest.fixture(scope="module")
def valid(shared: Path) -> Draft202012Validator:
    """The standard's own schema, which looks at addresses too."""
    schema = json.loads((shared / "hsds/spec-3.1/schema/service_with_definitions.json").read_text())
    checker = FormatChecker()
    assert {"uri", "uuid", "email", "date"} <= set(checker.checkers)
    return Draft202012Validator(schema, format_checker=checker)


def faults(valid: Draft202012Validator, services: list[dict[str, object]]) -> list[str]:
    return [
        f"{service['id']} {'.'.join(map(str, fault.path))}: {fault.message[:100]}"
        for service in services
        for fault in valid.iter_errors(service)
    ]


def everything(session: Session, dataset: str) -> list[dict[str, object]]:
    ids = session.scalars(select(Service.id).where(Service.dataset == dataset).order_by(Service.id)).all()
    found = full_services(session, dataset, ids)
    assert len(found) == len(ids) > 0
    return found


def test_what_ships_with_us_is_valid(session: Session, now: datetime, valid: Draft202012Validator) -> None:
    for report in demo.load_demo(session, now):
        services = everything(session, report.dataset)
        assert faults(valid, services) == []
        assert all(service["phones"] and service["organization"] and service["attributes"] for service in services)


@pytest.mark.parametrize("folder", ["ilao", "sanmateo-ohana"])
def test_real_directories_are_valid(
    session: Session, now: datetime, valid: Draft202012Validator, shared: Path, folder: str
) -> None:
    report = import_path(session, shared / "hsds" / folder / "hsds3", now)
    assert faults(valid, everything(session, report.dataset)) == []


def test_one_service_has_all_that_belongs_to_it(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    import_path(session, written(package, "county"), now)
    found = full_service(session, "county:s1")
    assert found is not None
    assert (found["name"], found["status"]) == ("Food pantry", "active")
    assert found["id"] == uuid_of("county", "service", "s1") == str(uuid.UUID(str(found["id"])))
    assert found["organization"]["id"] == found["organization_id"]
    [at] = found["service_at_locations"]
    assert at["location"]["name"] == "Hall"
    assert at["location"]["id"] == at["location_id"]
    assert not {"dataset", "extra", "as_given"} & found.keys()
    assert full_service(session, "county:nobody") is None
    assert full_service(session, "nowhere") is None


def test_a_confidential_place_is_not_told(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    import_path(session, written(package, "county"), now)
    session.add(
        Address(dataset="county", id="x", location_id="l1", address_1="1 Hidden St", city="Town", state_province="CA",
                postal_code="94110", country="US", address_type="physical")
    )  # fmt: skip
    session.flush()
    assert "Hidden" in json.dumps(full_service(session, "county:s1"))
    session.execute(update(Location).values(confidential=True))
    told = full_service(session, "county:s1")
    assert told is not None
    assert "Hidden" not in json.dumps(told)
    assert (
        not {"latitude", "longitude", "addresses", "confidential"} & told["service_at_locations"][0]["location"].keys()
    )


def test_what_the_standard_cannot_say_stays_in_words(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, valid: Draft202012Validator
) -> None:
    import_path(session, written(package, "county"), now)
    session.execute(update(Service).values(url="javascript:alert(1)", email="nobody"))
    session.add_all([
        Schedule(dataset="county", id="daily", service_id="s2", freq="DAILY"),
        Schedule(dataset="county", id="yearly", service_id="s2", freq="YEARLY", byyearday="100", notes="Tax day"),
    ])  # fmt: skip
    session.flush()
    found = full_service(session, "county:s2")
    assert found is not None
    assert not {"url", "email"} & found.keys()
    hours = {row.get("freq"): row for row in found["schedules"]}
    assert hours["WEEKLY"]["byday"] == "MO,TU,WE,TH,FR,SA,SU"
    assert "Tax day; freq: YEARLY; byyearday: 100" in [row.get("notes") for row in found["schedules"]]
    assert faults(valid, [found]) == []
