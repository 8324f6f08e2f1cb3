"""Turns a nested HSDS object (a full service, organization, …) into the rows of its tables."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.directory import objects

NAMESPACE = uuid.UUID("6d0f8ab0-4a0c-5c0e-9a55-0f0d00000003")  # any constant: ids we give must be the same every time

# Sets of keys of which one tells the kind of an object, the surest first.
MARKS: tuple[tuple[str, tuple[set[str], ...]], ...] = (
    ("service", ({"status"}, {"service_at_locations"}, {"eligibility_description"})),
    ("location", ({"location_type"},)),
    ("service_at_location", ({"service", "location"}, {"service_id", "location_id"})),
    ("attribute", ({"link_id", "taxonomy_term_id"},)),
    (
        "taxonomy_term",
        ({"name", "taxonomy"}, {"name", "taxonomy_id"}, {"name", "taxonomy_detail"}, {"name", "term_uri"},
         {"name", "parent_id"}, {"name", "code"}),
    ),
    ("taxonomy", ({"name", "version"},)),
    ("organization", ({"name", "services"},)),
)  # fmt: skip


# What a mere text says where a list of objects should stand: "phones": ["415 555 0101"].
TOLD = {
    "accessibility": "description",
    "address": "address_1",
    "cost_option": "option",
    "language": "name",
    "phone": "number",
    "required_document": "document",
    "schedule": "description",
    "service_area": "name",
}


@dataclass(frozen=True)
class Record:
    """One row as it was given: which object, the file, the line (or place in a list), and the cells.

    ``ours`` are cells of our own (``as_given``, ``confidential``) that a mapping read from the publisher's.
    """

    kind: str
    file: str
    row: int
    fields: dict[str, Any]
    ours: dict[str, Any] = field(default_factory=dict)


def flatten(item: dict[str, Any], file: str, number: int) -> Iterator[Record]:
    """The rows of one top-level object, which may also be a set of lists by object name."""
    kind = _guess(item, objects.kind_of(file.rpartition(".")[0]))
    if kind is not None:
        yield from _rows(kind, dict(item), file, number)
        return
    for key, children in item.items():
        child = objects.kind_of(key)
        if child in objects.BY_NAME and isinstance(children, list):
            for place, fields in enumerate(children, start=1):
                if isinstance(fields, dict):
                    yield from _rows(child, dict(fields), file, place)


def given_id(kind: str, fields: dict[str, Any]) -> str:
    """An id for a row that has none: the same content always gets the same."""
    plain = {key: value for key, value in fields.items() if value not in (None, "", [], {}) and key != "id"}
    return str(uuid.uuid5(NAMESPACE, f"{kind} {json.dumps(plain, sort_keys=True, default=str)}"))


def _guess(item: dict[str, Any], named: str) -> str | None:
    """What an object is by the keys that only one kind has; else by the name of its file, else by what is usual."""
    kind = next((kind for kind, marks in MARKS if any(mark <= item.keys() for mark in marks)), None)
    if kind is None and "name" in item:
        known = named in objects.BY_NAME and "name" in objects.BY_NAME[named].types
        kind = named if known else "organization" if "organization" not in item else "service"
    return kind


def _rows(kind: str, fields: dict[str, Any], file: str, number: int) -> Iterator[Record]:
    fields["id"] = fields.get("id") or given_id(kind, fields)
    for key in [key for key, value in fields.items() if value and key not in objects.BY_NAME[kind].types]:
        child = objects.kind_of(key)
        if child in objects.BY_NAME and _holds(kind, child, fields[key]):
            yield from _children(kind, child, fields, fields.pop(key), (file, number))
    yield Record(kind, file, number, fields)


def _holds(kind: str, child: str, value: Any) -> bool:
    """Whether a value is an object of its own, or several; a text is where it can only be one that belongs here."""
    mere = isinstance(value, str) and child in TOLD and f"{kind}_id" in objects.BY_NAME[child].types
    return mere or isinstance(value, dict | list)


def _children(kind: str, child: str, fields: dict[str, Any], value: Any, source: tuple[str, int]) -> Iterator[Record]:
    items = value if isinstance(value, list) else [value]
    refers = f"{child}_id" in objects.BY_NAME[kind].types and f"{kind}_id" not in objects.BY_NAME[child].types
    named = False
    for given in items:
        item = {TOLD[child]: given} if isinstance(given, str | int) and child in TOLD else given
        if not isinstance(item, dict):
            continue
        if refers:
            item = item | {"id": item.get("id") or given_id(child, item)}
            fields[f"{child}_id"] = fields[f"{child}_id"] if named else item["id"]
            named = True
        yield from _rows(child, dict(item) if refers else _owned(dict(item), child, kind, fields["id"]), *source)


def _owned(item: dict[str, Any], child: str, kind: str, parent_id: Any) -> dict[str, Any]:
    if child == "attribute":
        item.update(link_id=parent_id, link_entity=kind)
    elif child == "translation":
        item.update(object=kind, object_id=parent_id)
    elif f"{kind}_id" in objects.BY_NAME[child].types:
        item[f"{kind}_id"] = parent_id
    return item
