"""Gives the directory back as HSDS 3.1: services with all that belongs to them, as its API and JSON files hold them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, any_, exists, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import Session

from gateway.directory import exceptions, outgoing
from gateway.directory.objects import BY_NAME
from gateway.directory.outgoing import uuid_of

__all__ = ["every_service", "full_service", "full_services", "uuid_of"]

BATCH = 500  # services held at once
# What an object holds, and under which key HSDS writes it.
KEYS = {
    "phone": "phones",
    "schedule": "schedules",
    "service_area": "service_areas",
    "language": "languages",
    "cost_option": "cost_options",
    "required_document": "required_documents",
    "service_at_location": "service_at_locations",
    "address": "addresses",
    "accessibility": "accessibility",
    "holiday_schedule": "holiday_schedules",
}
PARENTS = ("service", "service_at_location", "location", "organization", "phone")
NOT_SHOWN = "the address of a place that is not shown was left out"
HIDDEN = ("latitude", "longitude")  # of a location whose address is not shown
RANKS = ("machine", "feed", "town")  # of translations, the one that is told last
OURS = frozenset(("holiday_schedule", "translation"))  # objects that HSDS does not have

Row = dict[str, Any]


def full_service(
    session: Session, service_id: str, *, ours: bool = False, now: datetime | None = None
) -> dict[str, Any] | None:
    """One service as a full HSDS 3.1 object, valid against its schema; None when there is none.

    ``service_id`` is the dataset and the HSDS id with a colon between them. ``ours`` adds what HSDS has no place for:
    ``translations`` and ``holiday_schedules``. ``now`` adds to its alert that it is closed at that moment.
    """
    dataset, _, identity = service_id.partition(":")
    return next(iter(full_services(session, dataset, [identity], ours=ours, now=now)), None)


def full_services(  # noqa: PLR0913 - which services, and how much of each
    session: Session,
    dataset: str,
    ids: Sequence[str],
    *,
    ours: bool = False,
    said: Counter[str] | None = None,
    now: datetime | None = None,
) -> list[dict[str, Any]]:
    """Several services of one dataset, in the order of ``ids``; unknown ones are left out.

    ``said`` counts what was left out or filled, as :func:`gateway.directory.outgoing.cells` does. ``now`` adds to the
    alerts which services are closed at that moment.
    """
    closed = exceptions.alerts(session, dataset, now) if now else {}
    tree = _Tree(session, dataset, ours=ours, said=Counter() if said is None else said, closed=closed)
    return tree.services(ids)


def with_alert(row: Row, closed: Mapping[str, str]) -> Row:
    """A row of a service that says in its alert what :func:`gateway.directory.exceptions.alerts` found."""
    told = closed.get(row["id"])
    return {**row, "alert": "; ".join(filter(None, (told, row["alert"])))} if told else row


def told(kind: str) -> list[ColumnElement[bool]]:
    """Which rows of an object go out: of several translations of one text the one that residents are told."""
    if kind != "translation":
        return []
    row = BY_NAME[kind].table
    other = row.alias()
    same = (other.c[name] == row.c[name] for name in ("dataset", *outgoing.WHOSE))
    ranks = array([literal(source) for source in RANKS])
    better = func.array_position(ranks, other.c.source) > func.array_position(ranks, row.c.source)
    return [~exists().where(*same, better)]


def every_service(
    session: Session, dataset: str, *, ours: bool, said: Counter[str], now: datetime | None = None
) -> Iterator[dict[str, Any]]:
    """All services of a dataset in the order of their ids, a few at a time."""
    table = BY_NAME["service"].table
    closed = exceptions.alerts(session, dataset, now) if now else {}
    last = ""
    while True:
        ids = session.scalars(
            select(table.c.id).where(table.c.dataset == dataset, table.c.id > last).order_by(table.c.id).limit(BATCH)
        ).all()
        if not ids:
            return
        yield from _Tree(session, dataset, ours=ours, said=said, closed=closed).services(ids)
        last = ids[-1]


class _Tree:
    """Some services of one dataset with all that belongs to them, read with one query per object."""

    def __init__(
        self, session: Session, dataset: str, *, ours: bool, said: Counter[str], closed: Mapping[str, str]
    ) -> None:
        self._session = session
        self._dataset = dataset
        self._ours = ours
        self._said = said
        self._closed = closed
        self._rows: dict[str, dict[str, Row]] = {}
        self._children: dict[tuple[str, str, str], list[Row]] = defaultdict(list)

    def services(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Read them and put them together."""
        services = self._read("service", "id", ids)
        self._read_children("service_at_location", "service")
        self._read("location", "id", {row["location_id"] for row in self._of("service_at_location")})
        self._read("organization", "id", {row["organization_id"] for row in services} - {None})
        for child in KEYS:
            if child != "service_at_location" and (self._ours or child not in OURS):
                for parent in (name for name in BY_NAME[child].parents.values() if name in PARENTS):
                    self._read_children(child, parent)
        self._read_linked()
        return [full for row in map(self._rows["service"].get, ids) if row and (full := self._build("service", row))]

    def _of(self, kind: str) -> Iterable[Row]:
        return self._rows.get(kind, {}).values()

    def _read(self, kind: str, column: str, values: Iterable[str], **also: str) -> list[Row]:
        table: Table = BY_NAME[kind].table
        named = list(values)
        if not named:
            self._rows.setdefault(kind, {})
            return []
        # One array: a list of parameters ends at 65,535, and 500 services may have more rows than that.
        asked = table.c[column] == any_(literal(named, ARRAY(Text)))
        query = select(table).where(table.c.dataset == self._dataset, asked)
        query = query.where(*(table.c[name] == value for name, value in also.items()), *told(kind))
        rows = [dict(row) for row in self._session.execute(query.order_by(table.c.id)).mappings()]
        self._rows.setdefault(kind, {}).update((row["id"], row) for row in rows)
        return rows

    def _read_children(self, child: str, parent: str) -> None:
        column = f"{parent}_id"
        for row in self._read(child, column, self._rows.get(parent, {})):
            self._children[child, parent, row[column]].append(row)

    def _read_linked(self) -> None:
        """Attributes with their terms, and translations: both name any object."""
        self._read_named("attribute", "link_entity", "link_id")
        terms = self._read("taxonomy_term", "id", {row["taxonomy_term_id"] for row in self._of("attribute")})
        self._read("taxonomy", "id", {row["taxonomy_id"] for row in terms} - {None})
        if self._ours:
            self._read_named("translation", "object", "object_id")

    def _read_named(self, child: str, entity: str, column: str) -> None:
        for kind, rows in list(self._rows.items()):
            if kind not in {"attribute", "translation"}:
                for row in self._read(child, column, rows, **{entity: kind}):
                    self._children[child, kind, row[column]].append(row)

    def _build(self, kind: str, row: Row) -> dict[str, Any] | None:
        hidden = kind == "location" and row["confidential"]
        if hidden:
            row = row | dict.fromkeys(HIDDEN)
            self._said[NOT_SHOWN] += 1
        elif kind == "service":
            row = with_alert(row, self._closed)
        full = outgoing.cells(BY_NAME[kind], row, self._said)
        if full is None:
            return None
        for child, key in KEYS.items():
            rows = self._children.get((child, kind, row["id"]), [])
            if built := [item for found in rows if (item := self._build(child, found)) is not None]:
                full[key] = built
        if hidden:
            full.pop("addresses", None)
        self._link(kind, row, full)
        return full

    def _link(self, kind: str, row: Row, full: dict[str, Any]) -> None:
        """What an object refers to stands inside it."""
        references = {"service": "organization", "service_at_location": "location", "attribute": "taxonomy_term"}
        if named := references.get(kind):
            self._nest(full, named, named, row[f"{named}_id"])
        elif kind == "taxonomy_term":
            self._nest(full, "taxonomy_detail", "taxonomy", row["taxonomy_id"])
        for child, key in (("attribute", "attributes"), ("translation", "translations")):
            rows = self._children.get((child, kind, row["id"]), [])
            if built := [item for found in rows if (item := self._build(child, found)) is not None]:
                full[key] = built

    def _nest(self, full: dict[str, Any], key: str, kind: str, identity: str | None) -> None:
        row = self._rows.get(kind, {}).get(identity or "")
        if row is not None and (built := self._build(kind, row)) is not None:
            full[key] = built
