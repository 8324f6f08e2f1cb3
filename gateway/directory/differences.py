"""Tells what an import changes, or what undoing it would, by service and place and field by field."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST = 400  # services and places of each mark that are told; the counts go on
MOST_CELLS = 40  # of one service or place
BATCH = 2_000
CLIP = 240  # characters of a cell
OWNERS = ("service_id", "location_id", "organization_id", "phone_id")
STANDING = ("service", "location", "organization", "taxonomy", "taxonomy_term")
UNTOLD = frozenset(("id", "last_modified", "extra", "as_given", *OWNERS))
TELLING = {
    "phone": ("number", "extension", "type"),
    "address": ("address_1", "address_2", "city", "postal_code"),
    "schedule": ("freq", "byday", "opens_at", "closes_at", "notes", "description"),
    "language": ("name", "code"),
    "required_document": ("document",),
    "cost_option": ("option", "amount", "amount_description"),
    "accessibility": ("description", "details"),
    "service_area": ("name", "extent"),
    "translation": ("language", "field", "text"),
    "holiday_schedule": ("holiday", "start_date", "end_date", "opens_at", "closes_at"),
}
CHANGED = "SELECT object, object_id, before, after FROM import_change WHERE run_id = :run"
# What becomes of a row when all of these runs are taken back: as it was before the first, from as it is after the last.
TAKEN_BACK = """
WITH net AS (SELECT object, object_id, (array_agg(before ORDER BY run_id))[1] AS was,
                    (array_agg(after ORDER BY run_id DESC))[1] AS now
             FROM import_change WHERE run_id = ANY(:runs) GROUP BY object, object_id)
SELECT object, object_id, now AS before, was AS after FROM net WHERE now IS DISTINCT FROM was
"""
ORDERED = " ORDER BY object, object_id"
NAMES = {
    "service": "SELECT id, name FROM service WHERE dataset = :dataset AND id = ANY(:ids)",
    "location": "SELECT l.id, coalesce(l.name, (SELECT min(a.address_1) FROM address a WHERE (a.dataset, a.location_id)"
    " = (l.dataset, l.id))) FROM location l WHERE l.dataset = :dataset AND l.id = ANY(:ids)",
    "organization": "SELECT id, name FROM organization WHERE dataset = :dataset AND id = ANY(:ids)",
    "taxonomy_term": "SELECT id, name FROM taxonomy_term WHERE dataset = :dataset AND id = ANY(:ids)",
    "phone": "SELECT id, number FROM phone WHERE dataset = :dataset AND id = ANY(:ids)",
}


class Cell(NamedTuple):
    """One cell that changes; of a whole part that comes or goes ``field`` is empty."""

    object: str
    field: str
    before: str | None
    after: str | None


@dataclass
class Difference:
    """What changes of one service, place or organization: ``mark`` is new, changed or gone."""

    kind: str
    id: str
    mark: str = "changed"
    name: str = ""
    cells: list[Cell] = field(default_factory=list)
    more: int = 0


@dataclass(frozen=True)
class Told:
    """The differences that are told, and how many there are: by kind, and of these by mark."""

    differences: list[Difference]
    counts: dict[str, dict[str, int]]

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        told = [vars(each) | {"cells": [cell._asdict() for cell in each.cells]} for each in self.differences]
        return {"differences": told, "counts": self.counts}


def of_run(session: Session, dataset: str, run_id: int) -> Told:
    """What an import changed, or in a trial would change."""
    return _told(session, dataset, changed(session, run_id))


def taken_back(session: Session, dataset: str, runs: Sequence[int]) -> Told:
    """What would change if these imports were undone."""
    return _told(session, dataset, undone(session, runs))


def changed(session: Session, run_id: int) -> Iterable[Any]:
    """The rows that an import changed: object, object_id, and the cells before and after."""
    return _rows(session, CHANGED, {"run": run_id})


def undone(session: Session, runs: Sequence[int]) -> Iterable[Any]:
    """The rows that would change if these imports were undone."""
    return _rows(session, TAKEN_BACK, {"runs": list(runs)})


def owner(row: Any) -> tuple[str, str]:
    """The service, place or organization that a row is a part of."""
    cells = row.after or row.before
    if row.object in STANDING:
        return row.object, row.object_id
    if row.object == "attribute":
        return str(cells["link_entity"]), str(cells["link_id"])
    if row.object == "translation":
        return str(cells["object"]), str(cells["object_id"])
    named = next((name for name in OWNERS if cells.get(name)), None)
    return (named.removesuffix("_id"), str(cells[named])) if named else (row.object, row.object_id)


def names(session: Session, dataset: str, of: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Any]:
    """What services, places and organizations of a dataset are called, by kind and id."""
    wanted: dict[str, set[str]] = {kind: set() for kind in NAMES}
    for kind, key in of:
        if kind in wanted:
            wanted[kind].add(key)
    return {
        (kind, row[0]): row[1]
        for kind, ids in wanted.items()
        if ids
        for row in session.execute(text(NAMES[kind]), {"dataset": dataset, "ids": list(ids)})
    }


def _rows(session: Session, query: str, values: dict[str, Any]) -> Iterable[Any]:
    """Not all at once: an import may change half a million rows."""
    return session.execute(text(query + ORDERED), values, execution_options={"yield_per": BATCH})


def of_first(session: Session, dataset: str, mark: str = "new") -> Told:
    """What a dataset's first import brings, or takes along when it is undone: its services."""
    rows = session.execute(
        text("SELECT id, name FROM service WHERE dataset = :dataset ORDER BY name, id LIMIT :most"),
        {"dataset": dataset, "most": MOST},
    )
    found = [Difference("service", row.id, mark, _clip(row.name) or "") for row in rows]
    count = session.scalar(text("SELECT count(*) FROM service WHERE dataset = :dataset"), {"dataset": dataset})
    return Told(found, {"service": {mark: count or 0}})


def _told(session: Session, dataset: str, rows: Iterable[Any]) -> Told:
    found: dict[tuple[str, str], Difference] = {}
    for row in rows:
        kind, key = owner(row)
        each = found.setdefault((kind, key), Difference(kind, key))
        if (row.object, row.object_id) == (kind, key):
            _of_owner(each, row)
        elif each.mark == "changed":
            _add(each, _cells(row))
    counts: dict[str, Counter[str]] = {}
    for each in found.values():
        counts.setdefault(each.kind, Counter())[each.mark] += 1
        if each.mark != "changed":
            each.cells, each.more = [], 0
    told = list(_most(found.values()))
    _name(session, dataset, told)
    told.sort(key=lambda each: (each.kind != "service", each.kind, each.name.casefold(), each.id))
    return Told(told, {kind: dict(marks) for kind, marks in counts.items()})


def _most(found: Iterable[Difference]) -> Iterator[Difference]:
    shown = Counter[str]()
    for each in sorted(found, key=lambda each: each.kind != "service"):
        shown[each.mark] += 1
        if shown[each.mark] <= MOST:
            yield each


def _of_owner(each: Difference, row: Any) -> None:
    cells = row.after or row.before
    each.name = _clip(cells.get("name")) or ""
    if row.before is None or row.after is None:
        each.mark = "new" if row.before is None else "gone"
    else:
        _add(each, _cells(row), first=True)


def _add(each: Difference, cells: list[Cell], *, first: bool = False) -> None:
    room = MOST_CELLS - len(each.cells)
    each.cells = cells[:room] + each.cells if first else each.cells + cells[:room]
    each.more += max(0, len(cells) - room)


def _cells(row: Any) -> list[Cell]:
    if row.before is None or row.after is None:
        return [Cell(row.object, "", _telling(row.object, row.before), _telling(row.object, row.after))]
    names = [name for name in row.after if row.before.get(name) != row.after[name]]
    told = [name for name in names if name not in UNTOLD] or names
    return [Cell(row.object, name, _clip(row.before.get(name)), _clip(row.after[name])) for name in told]


def _telling(kind: str, cells: dict[str, Any] | None) -> str | None:
    if cells is None:
        return None
    if kind == "service_at_location":
        return str(cells["location_id"])
    if kind == "attribute":
        return str(cells["taxonomy_term_id"])
    names = TELLING.get(kind, ("name", "description"))
    return _clip(" ".join(str(cells[name]) for name in names if cells.get(name) not in (None, ""))) or "…"


def _clip(value: Any) -> str | None:
    if value in (None, "", {}):
        return None
    told = str(value)
    return told if len(told) <= CLIP else f"{told[:CLIP]}…"


def _name(session: Session, dataset: str, told: list[Difference]) -> None:
    """Give names to what did not bring its own, and to the places and terms that cells name by their ids."""
    wanted = [(each.kind, each.id) for each in told if not each.name]
    for each in told:
        for cell in each.cells:
            if kind := _named_by(cell):
                wanted += [(kind, word) for word in (cell.before, cell.after) if word]
    called = names(session, dataset, wanted)
    for each in told:
        each.name = each.name or _clip(called.get((each.kind, each.id))) or each.id
        each.cells = [_renamed(cell, called) for cell in each.cells]


def _named_by(cell: Cell) -> str | None:
    if cell.field:
        return None
    return {"service_at_location": "location", "attribute": "taxonomy_term"}.get(cell.object)


def _renamed(cell: Cell, names: dict[tuple[str, Any], Any]) -> Cell:
    kind = _named_by(cell)
    if kind is None:
        return cell
    before, after = (_clip(names.get((kind, word))) or word for word in (cell.before, cell.after))
    return cell._replace(before=before, after=after)
