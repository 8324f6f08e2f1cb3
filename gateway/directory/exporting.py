"""Gives services back as HSDS 3.1 full service objects: what the API answers and what an export writes.

Source of the shape: openreferral/specification 3.1, ``service_with_definitions.json``. Ids that are no UUID become one,
always the same for the same row. What the standard has no place for (our notes, kept cells, translations) stays here,
and so does every address that its publisher does not show.
"""

import re
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.directory.flatten import NAMESPACE
from gateway.directory.objects import BY_NAME
from gateway.directory.recurrence import ORDER

Object = dict[str, Any]
Rows = Sequence[Object]

# What stands inside what, and under which name.
PARTS: dict[str, dict[str, str]] = {
    "service": {
        "phone": "phones",
        "schedule": "schedules",
        "service_area": "service_areas",
        "service_at_location": "service_at_locations",
        "language": "languages",
        "cost_option": "cost_options",
        "required_document": "required_documents",
    },
    "service_at_location": {"phone": "phones", "schedule": "schedules", "service_area": "service_areas"},
    "location": {
        "language": "languages",
        "address": "addresses",
        "accessibility": "accessibility",
        "phone": "phones",
        "schedule": "schedules",
    },
    "organization": {"phone": "phones"},
    "phone": {"language": "languages"},
}
ABOVE: dict[str, dict[str, tuple[str, str]]] = {
    "service": {"organization_id": ("organization", "organization")},
    "service_at_location": {"location_id": ("location", "location")},
    "attribute": {"taxonomy_term_id": ("taxonomy_term", "taxonomy_term")},
    "taxonomy_term": {"taxonomy_id": ("taxonomy", "taxonomy_detail")},
}
HAVE_NO_ATTRIBUTES = frozenset(("attribute", "taxonomy", "taxonomy_term"))
REFERRING = {"parent_id": "taxonomy_term", "parent_organization_id": "organization", "program_id": "program"}
LEFT_OUT = frozenset(("dataset", "extra", "confidential", "as_given"))
LINKS = frozenset(("url", "uri", "website", "term_uri", "schedule_link"))
WEB = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#](?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?")
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
WHOLE_ADDRESS = ("address_1", "city", "state_province", "postal_code", "country", "address_type")
DESCRIBED = frozenset(("organization", "taxonomy", "taxonomy_term"))
FREQUENCIES = frozenset(("WEEKLY", "MONTHLY"))


def full_service(session: Session, service_id: str) -> Object | None:
    """One service with all that belongs to it; None when there is none. ``service_id`` is ``dataset:id``."""
    dataset, _, identity = service_id.partition(":")
    found = full_services(session, dataset, [identity])
    return found[0] if found else None


def full_services(session: Session, dataset: str, identities: Sequence[str]) -> list[Object]:
    """Several services of one dataset, by id: a number of queries that does not grow with their number."""
    rows = _read(session, dataset, "service", "id", identities)
    _complete(session, dataset, "service", rows)
    return [_shaped("service", dataset, row) for row in rows]


def uuid_of(dataset: str, kind: str, identity: str) -> str:
    """The id itself where it is a UUID, else one made of it."""
    try:
        return str(uuid.UUID(identity))
    except ValueError:
        return str(uuid.uuid5(NAMESPACE, f"{dataset}/{kind}/{identity}"))


def _read(session: Session, dataset: str, kind: str, column: str, values: Iterable[str]) -> list[Object]:
    table = BY_NAME[kind].table
    wanted = select(table).where(table.c.dataset == dataset, table.c[column].in_(list(values))).order_by(table.c.id)
    return [dict(row._mapping) for row in session.execute(wanted)]


def _complete(session: Session, dataset: str, kind: str, rows: Rows) -> None:
    """Hang into each row what belongs to it, one query for each sort of part."""
    if not rows:
        return
    identities = [row["id"] for row in rows]
    for part, name in PARTS.get(kind, {}).items():
        _hang(
            session, dataset, rows, (part, f"{kind}_id", name), _read(session, dataset, part, f"{kind}_id", identities)
        )
    if kind not in HAVE_NO_ATTRIBUTES:
        linked = _read(session, dataset, "attribute", "link_id", identities)
        mine = [row for row in linked if row["link_entity"] == kind]
        _hang(session, dataset, rows, ("attribute", "link_id", "attributes"), mine)
    for column, (parent, name) in ABOVE.get(kind, {}).items():
        above = _read(session, dataset, parent, "id", {row[column] for row in rows if row[column]})
        _complete(session, dataset, parent, above)
        shaped = {row["id"]: _shaped(parent, dataset, row) for row in above}
        for row in rows:
            row[name] = shaped.get(row[column])


def _hang(session: Session, dataset: str, rows: Rows, how: tuple[str, str, str], parts: Rows) -> None:
    kind, column, name = how
    _complete(session, dataset, kind, parts)
    found: dict[str, list[Object]] = defaultdict(list)
    for part in parts:
        if kind != "address" or all(part[needed] for needed in WHOLE_ADDRESS):
            found[part[column]].append(_shaped(kind, dataset, part))
    for row in rows:
        row[name] = found.get(row["id"])


def _shaped(kind: str, dataset: str, row: Object) -> Object:
    """A row as the standard has it: without empty fields, and without what is not valid there."""
    row = SHAPE.get(kind, dict)(row)
    if kind in DESCRIBED and not row.get("description"):
        row["description"] = row["name"]  # must be there
    shaped = {}
    for name, value in row.items():
        if value is None or name in LEFT_OUT:
            continue
        if (target := _target(kind, name, row)) is not None:
            shaped[name] = uuid_of(dataset, target, value)
        elif (plain := _plain(name, value)) is not None:
            shaped[name] = plain
    return shaped


def _target(kind: str, name: str, row: Object) -> str | None:
    """Which object an id is of; None for a field that is no id of ours."""
    if name == "id":
        return kind
    if name == "link_id":
        return str(row["link_entity"])
    parent = REFERRING.get(name, name.removesuffix("_id"))
    return parent if name.endswith("_id") and (parent in BY_NAME or name in REFERRING) else None


def _plain(name: str, value: Any) -> Any:
    if name in LINKS:
        return value if WEB.fullmatch(value) else None
    if name == "email":
        return value if MAIL.fullmatch(value) else None
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, date | datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _location(row: Object) -> Object:
    if not row["confidential"]:
        return dict(row)
    return row | dict.fromkeys(("addresses", "latitude", "longitude"))


def _phone(row: Object) -> Object:
    """An extension must be a number; any other stays with the number."""
    extension = (row["extension"] or "").strip()
    if extension.isdecimal():
        return row | {"extension": int(extension)}
    return row | {"extension": None, "number": f"{row['number']} {extension}".strip()}


def _schedule(row: Object) -> Object:
    """Only weekly and monthly rules have a place there; a daily one is weekly on every day, any other stays in words.

    The time zone is a number there, which says nothing of summer time: it is left out.
    """
    row = row | {"timezone": None}
    if row["freq"] == "DAILY" and (row["interval"] or 1) == 1 and not row["byday"]:
        return row | {"freq": "WEEKLY", "byday": ",".join(ORDER)}
    if row["freq"] is None or row["freq"] in FREQUENCIES:
        return row
    said = "; ".join(f"{name}: {row[name]}" for name in ("freq", "interval", "byday", "byyearday") if row[name])
    return row | {"freq": None, "notes": "; ".join(filter(None, (row["notes"], said)))}


SHAPE: dict[str, Callable[[Object], Object]] = {"location": _location, "phone": _phone, "schedule": _schedule}
