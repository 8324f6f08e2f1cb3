"""The directory that ships with the product: the true national lines, and an invented town for the demo."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import needs, runs, times
from gateway.directory.flatten import NAMESPACE, Record, flatten
from gateway.directory.importing import Incoming, import_records
from gateway.directory.report import Report
from gateway.yaml_files import read_yaml

FOLDER = Path(__file__).parent
ALWAYS = "always"


def load_national(store: Database | Session, now: datetime, *, wait: bool = True) -> Report:
    """Take in the true national lines; every town wants them. The same again changes nothing.

    Raises :class:`gateway.directory.report.ImportBusy` when another import is at work and is not to be waited for.
    """
    return _load(store, "national.yml", now, wait=wait)


def load_demo(store: Database | Session, now: datetime, *, wait: bool = True) -> list[Report]:
    """Take in the national lines and the invented Demo Town. The same again changes nothing, and a Demo Town that
    somebody took back stays away. Raises as above."""
    reports = [load_national(store, now, wait=wait)]
    return reports if _taken_back(store, "demo-town") else [*reports, _load(store, "town.yml", now, wait=wait)]


def _taken_back(store: Database | Session, dataset: str) -> bool:
    if isinstance(store, Database):
        with store.begin() as session:
            return _taken_back(session, dataset)
    newest = runs.listed(store, dataset, most=1)
    return bool(newest) and newest[0].state == runs.UNDONE and newest[0].first


def _load(store: Database | Session, file: str, now: datetime, *, wait: bool) -> Report:
    shipped = read_yaml(FOLDER / file)
    report = Report(shipped["dataset"])
    incoming = Incoming(_records(shipped, file), file, report, allow_shrink=True, wait=wait)
    return import_records(store, incoming, now)


def _records(shipped: dict[str, Any], file: str) -> Iterator[Record]:
    for number, service in enumerate(shipped["services"], start=1):
        yield from flatten(_service(service, shipped), file, number)


def _service(service: dict[str, Any], shipped: dict[str, Any]) -> dict[str, Any]:
    """One service as a full HSDS object, with our translations beside it."""
    key, organization = service["key"], shipped["organization"]
    mark = shipped.get("mark", {})
    description = {code: " ".join((text, mark.get(code, ""))).strip() for code, text in service["description"].items()}
    place = service.get("place")
    return {
        "id": _id("service", key),
        "name": service["name"]["en"],
        "description": description["en"],
        "status": "active",
        "url": service.get("url"),
        "minimum_age": service.get("minimum_age"),
        "maximum_age": service.get("maximum_age"),
        "organization": {
            "id": _id("organization", organization["key"]),
            "name": organization["name"],
            "description": organization["description"],
        },
        "service_areas": [{"id": _id("area", key, area), "name": area} for area in shipped["areas"]],
        "languages": [{"id": _id("language", key, code), "code": code} for code in service.get("languages", [])],
        "phones": list(_phones(service)),
        "schedules": list(_schedules(service)),
        "attributes": list(_attributes(service)),
        "required_documents": list(_documents(service)),
        "translations": _translated("name", service["name"]) + _translated("description", description),
        "service_at_locations": [_at(place, key, shipped)] if place else [],
    }


def _id(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "/".join(("shipped", *parts))))


def _translated(field: str, texts: dict[str, str]) -> list[dict[str, str]]:
    """Everything but English, which stands in the HSDS field itself."""
    return [{"field": field, "language": code, "text": text} for code, text in texts.items() if code != "en"]


def _phones(service: dict[str, Any]) -> Iterator[dict[str, Any]]:
    note = service.get("phone_note", {})
    yield {
        "id": _id("phone", service["key"]),
        "number": service["phone"],
        "type": "voice",
        "translations": [{"field": "description", "language": code, "text": text} for code, text in note.items()],
    }
    if line := service.get("text"):
        yield {
            "id": _id("text", service["key"]),
            "number": line["number"],
            "type": "text",
            "description": line.get("en"),
            "translations": _translated("description", {k: v for k, v in line.items() if k != "number"}),
        }


def _schedules(service: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """ "MO-FR 09:00-17:00; 1SA 10:00-14:00", or "always"; nothing where the hours are not known."""
    hours = service.get("hours")
    if hours is None:
        return
    for span in ["DAILY 00:00-00:00"] if hours == ALWAYS else hours.split("; "):
        written, clock = span.split(" ")
        opens, closes = clock.split("-")
        days = times.days_of(written) or []
        monthly = any(day[0].isdigit() for day in days)
        yield {
            "id": _id("schedule", service["key"], span),
            "freq": "MONTHLY" if monthly else "WEEKLY",
            "byday": ",".join(days),
            "opens_at": opens,
            "closes_at": closes,
        }


def _attributes(service: dict[str, Any]) -> Iterator[dict[str, Any]]:
    taxonomy = {"id": _id("taxonomy"), "name": needs.TAXONOMY}
    for value, codes in ((None, service.get("needs", [])), (needs.ALSO, service.get("also", []))):
        for code in codes:
            term = {"id": _id("term", code), "code": code, "name": code, "taxonomy_detail": taxonomy}
            yield {"id": _id("attribute", service["key"], code), "value": value, "taxonomy_term": term}


def _documents(service: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if document := service.get("document"):
        yield {
            "id": _id("document", service["key"]),
            "document": document["en"],
            "translations": _translated("document", document),
        }


def _at(place: dict[str, Any], key: str, shipped: dict[str, Any]) -> dict[str, Any]:
    address = {
        "id": _id("address", key),
        "address_1": place["address"],
        "city": shipped["city"],
        "state_province": shipped["state"],
        "postal_code": place["zip"],
        "country": "US",
        "address_type": "physical",
    }
    location = {
        "id": _id("location", key),
        "location_type": "physical",
        "latitude": place["latitude"],
        "longitude": place["longitude"],
        "addresses": [address],
    }
    return {"id": _id("at", key), "location": location}
