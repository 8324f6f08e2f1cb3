"""Turns a nested HSDS object (a full service, organization, …) into the rows of its tables."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.directory import objects

NAMESPACE = uuid.UUID("6d0f8ab0-4a0c-5c0e-9a55-0f0d00000003")  # any constant: ids we give must be the same every time


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
    kind = _guess(item)
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


def _guess(item: dict[str, Any]) -> str | None:
    if "status" in item or "service_at_locations" in item:
        return "service"
    if "location_type" in item:
        return "location"
    if "service" in item and "location" in item:
        return "service_at_location"
    if "name" in item:
        return "organization" if "services" in item or "organization" not in item else "service"
    return None


def _rows(kind: str, fields: dict[str, Any], file: str, number: int) -> Iterator[Record]:
    fields["id"] = fields.get("id") or given_id(kind, fields)
    for key in [key for key, value in fields.items() if isinstance(value, dict | list)]:
        child = objects.kind_of(key)
        if child in objects.BY_NAME or objects.not_kept(key):
            yield from _children(kind, child, fields, fields.pop(key), (file, number))
    yield Record(kind, file, number, fields)


def _children(kind: str, child: str, fields: dict[str, Any], value: Any, source: tuple[str, int]) -> Iterator[Record]:
    if child not in objects.BY_NAME:
        return
    if isinstance(value, dict):
        value.setdefault("id", given_id(child, value))
        fields[f"{child}_id"] = value["id"]
        yield from _rows(child, dict(value), *source)
        return
    for item in value:
        if isinstance(item, dict):
            yield from _rows(child, _owned(dict(item), child, kind, fields["id"]), *source)


def _owned(item: dict[str, Any], child: str, kind: str, parent_id: Any) -> dict[str, Any]:
    if child == "attribute":
        item.update(link_id=parent_id, link_entity=kind)
    elif child == "translation":
        item.update(object=kind, object_id=parent_id)
    elif f"{kind}_id" in objects.BY_NAME[child].types:
        item[f"{kind}_id"] = parent_id
    return item
