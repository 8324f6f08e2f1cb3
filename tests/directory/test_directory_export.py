"""What comes out is HSDS 3.1: valid against the standard's own schemas, addresses of pages included."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rfc3986_validator import validate_rfc3986
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.directory import exporting, outgoing
from gateway.directory.importing import import_path
from gateway.models.directory import Location, Organization, Phone, Schedule, Service
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow

Write = Callable[..., Path]
Check = Callable[[Any], list[str]]


@pytest.fixture(scope="session")
def faults(shared: Path) -> Check:
    """The faults of a full service by the standard's schema, with its formats looked at."""
    schema = json.loads((shared / "hsds" / "spec-3.1" / "schema" / "service_with_definitions.json").read_text())
    formats = jsonschema.FormatChecker()
    assert {"uri", "uuid", "email"} <= set(formats.checkers)
    validator = jsonschema.Draft202012Validator(schema, format_checker=formats)
    return lambda full: [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(full)]


def test_the_check_looks_at_addresses_of_pages(faults: Check) -> None:
    assert faults({"id": "1", "name": "x", "status": "open", "url": "not a uri"}) != []
    assert len(faults({"id": "1", "name": "x", "status": "open", "url": "not a uri"})) == 3


def test_a_full_service_holds_what_belongs_to_it(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, faults: Check
) -> None:
    import_path(session, written(package), now)
    full = exporting.full_service(session, "county:s1")
    assert full is not None
    assert faults(full) == []
    (at,) = full["service_at_locations"]
    assert at["location"]["name"] == "Hall"
    assert at["location"]["phones"][0]["number"] == "415 555 0101"
    assert at["location"]["schedules"][0] | {"id": ""} == {
        "id": "",
        "location_id": at["location"]["id"],
        "freq": "WEEKLY",
        "byday": "MO,TU,WE,TH,FR",
        "opens_at": "09:00",
        "closes_at": "16:00",
    }
    assert full["organization"]["id"] == full["organization_id"]
    assert exporting.full_service(session, "county:gone") is None
    assert exporting.full_service(session, "s1") is None


def test_ids_are_the_same_every_time_and_kept_where_they_are_uuids() -> None:
    given_id = "ac148810-d857-441c-9679-408f346de14b"
    assert outgoing.uuid_of("county", "service", given_id) == given_id
    assert outgoing.uuid_of("county", "service", "7") == outgoing.uuid_of("county", "service", "7")
    assert outgoing.uuid_of("county", "service", "7") != outgoing.uuid_of("county", "location", "7")
    assert outgoing.uuid_of("county", "service", given_id.replace("-", "")) != given_id.replace("-", "")


def test_postgres_makes_the_same_ids(session: Session) -> None:
    from sqlalchemy import text  # noqa: PLC0415

    made = session.scalar(text("SELECT md5('front-door/hsds:' || 'county/service/é 7')"))
    ours = outgoing.uuid_of("county", "service", "é 7").replace("-", "")
    assert (made[:12], made[13:16], made[17:]) == (ours[:12], ours[13:16], ours[17:])


@pytest.mark.parametrize(
    ("given_text", "uri"),
    [
        ("http://example.org", "http://example.org"),
        ("www.example.org/a b", "http://www.example.org/a"),
        ("example.org", "http://example.org"),
        ("example.org:8080/x", "http://example.org:8080/x"),
        ("HTTPS://example.org/ñ?q=50%", "HTTPS://example.org/%C3%B1?q=50%25"),
        ("https://example.org/a#b#c", "https://example.org/a#b%23c"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("http:/example.org", None),
        ("see our page", None),
        ("", None),
    ],
)
def test_pages_are_uris(given_text: str, uri: str | None) -> None:
    assert outgoing.uri_of(given_text) == uri


def test_a_name_may_be_any_uri_but_a_script() -> None:
    assert outgoing.uri_of("urn:example:a b", page=False) == "urn:example:a%20b"
    assert outgoing.uri_of("javascript:alert(1)", page=False) is None


@example(text="A://:A", page=False)  # a port is a number
@example(text="file:///a", page=False)
@given(text=st.text(max_size=40) | st.from_regex(r"\A(https?://|www\.)?[\w.:/?#%\[\]@ -]{1,30}\Z"), page=st.booleans())
def test_whatever_is_written_a_uri_is_one(text: str, page: bool) -> None:
    uri = outgoing.uri_of(text, page=page)
    assert uri is None or validate_rfc3986(uri, rule="URI")


BENT: list[tuple[type[Any], dict[str, Any]]] = [
    (Service, {"url": "no page", "email": "none", "minimum_age": 18.5, "assured_date": date(2026, 1, 2)}),
    (Service, {"extra": {"fees": "Free", "colour": "red"}}),
    (Organization, {"description": None, "website": "www.example.org", "extra": {"year_incorporated": "about 1974"}}),
    (Organization, {"extra": {"year_incorporated": "1974", "legal_status": "nonprofit"}}),
    (Location, {"location_type": "Building"}),
    (Location, {"confidential": True}),
    (Phone, {"extension": "0123"}),
    (Phone, {"extension": "12"}),
    (Schedule, {"freq": "DAILY", "byday": None}),
    (Schedule, {"freq": "YEARLY", "byday": None, "byyearday": "1", "opens_at": time(9)}),
    (Schedule, {"timezone": "America/Chicago", "wkst": "monday"}),
    (Schedule, {"timezone": "-06:00", "interval": 2}),
]


@pytest.mark.parametrize(("table", "cells"), BENT, ids=lambda value: str(value)[:40])
def test_what_hsds_cannot_say_is_left_out_or_filled(
    session: Session,
    package: dict[str, Rows],
    written: Write,
    now: datetime,
    faults: Check,
    table: type[Any],
    cells: dict[str, Any],
) -> None:
    import_path(session, written(package), now)
    row = session.scalars(select(table).order_by(table.id)).first()
    for name, value in cells.items():
        setattr(row, name, value)
    session.flush()
    said: Counter[str] = Counter()
    full = exporting.full_services(session, "county", ["s1", "s2"], said=said)
    assert [fault for service in full for fault in faults(service)] == []
    if table is Location and "confidential" in cells:
        assert "latitude" not in full[0]["service_at_locations"][0]["location"]
    if cells.get("extension") == "0123":
        assert said["phone.extension does not fit HSDS and was left out"] == 2


def test_the_demo_is_valid_and_spanish_can_be_left_out(town: Session, faults: Check) -> None:
    said: Counter[str] = Counter()
    for dataset in ("demo-town", "national-lines"):
        for ours in (False, True):
            full = list(exporting.every_service(town, dataset, ours=ours, said=said))
            assert full
            assert [fault for service in full for fault in faults(service)] == []
            assert any("translations" in service for service in full) is ours
