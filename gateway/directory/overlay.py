"""The town's own values over a publisher's: written at once, and laid over every later import.

An override holds one field (``field``), or a whole row (``*``): one that the town added, or, without a value, one that
it took away. ``base`` is what the publisher said when it was written. Where the publisher says something else since,
the town's value stays and a correction of the kind *conflict* is opened, once for each new value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from gateway.directory.objects import BY_NAME, Kind
from gateway.directory.report import ImportFailed, Report

TOWN = "town"  # the dataset of the services that editors added: no publisher sends it
WHOLE = "*"
REMOVABLE = frozenset(
    ("phone", "schedule", "language", "required_document", "cost_option", "accessibility", "attribute")
)
SERVICE_OF = """
(SELECT service_id FROM service_at_location
 WHERE dataset = %(dataset)s AND (location_id = %(location)s OR id = %(pair)s) ORDER BY service_id LIMIT 1)
UNION ALL (SELECT id FROM service WHERE dataset = %(dataset)s AND organization_id = %(organization)s
           ORDER BY id LIMIT 1)
LIMIT 1
"""


@dataclass(frozen=True)
class Place:
    """Which cell: a dataset, an HSDS object, its id and a field of it (``*`` is the row)."""

    dataset: str
    object: str
    id: str
    field: str = WHOLE

    @property
    def kind(self) -> Kind:
        """The object's table and columns."""
        return BY_NAME[self.object]

    @property
    def key(self) -> dict[str, Any]:
        """Its values, for a query."""
        return {"dataset": self.dataset, "object": self.object, "id": self.id, "field": self.field}


@dataclass(frozen=True)
class By:
    """Who wrote it, when, and the correction that it came of."""

    responder_id: int | None
    at: datetime
    correction_id: int | None = None


def lay(connection: Connection[Any], report: Report, now: datetime) -> None:
    """Lay the town's values over the rows that an import staged, before they are merged.

    Raises :class:`ImportFailed` for the town's own dataset, which no import may replace.
    """
    if report.dataset == TOWN:
        raise ImportFailed([f"{TOWN!r} holds what editors added here: give the dataset another name"])
    kept = waiting = differing = 0
    for override in _overrides(connection, report.dataset):
        place = Place(report.dataset, override["object"], override["object_id"], override["field"])
        fresh = _staged(connection, place)
        if place.field == WHOLE and override["value"] is not None:
            laid = fresh is None and _stage(connection, place, override["value"], report)
        else:
            laid = fresh is not None
            differing += laid and _differs(connection, place, override, fresh or {}, now)
            _restage(connection, place, override["value"], report)
        kept, waiting = kept + laid, waiting + (not laid)
    for count, words in (
        (kept, "values of the town's own stay"),
        (waiting, "values of the town's own wait for rows that are not in this set"),
        (differing, "of them differ from what the publisher says now: see the corrections in the console"),
    ):
        if count:
            report.notes.append(f"{count} {words}")


def put(connection: Connection[Any], place: Place, value: Any, by: By) -> Any:
    """Write one field now and for every later import; returns what stood there. The caller holds the row.

    The publisher's own value again takes the override away.
    """
    before = (kept_row(connection, place) or {}).get(place.field)
    _rewrite(connection, place, value)
    _remember(connection, place, value, before, by)
    return before


def add(connection: Connection[Any], place: Place, row: dict[str, Any], by: By) -> None:
    """Add a row of the town's own, now and after every later import. ``row`` has JSON values."""
    _insert(connection, place, row)
    if place.dataset != TOWN:
        _override(connection, Place(place.dataset, place.object, place.id), row | {"id": place.id}, None, by)


def remove(connection: Connection[Any], place: Place, by: By) -> None:
    """Take a part of a record away (a phone, a schedule, …), now and after every later import."""
    whole = Place(place.dataset, place.object, place.id)
    before = kept_row(connection, whole)
    if before is None or place.object not in REMOVABLE:
        return
    _run(connection, "DELETE FROM {table} AS row WHERE row.dataset = %(dataset)s AND row.id = %(id)s", whole)
    ours = connection.execute(
        "DELETE FROM override WHERE (dataset, object, object_id) = (%(dataset)s, %(object)s, %(id)s)"
        " RETURNING field, value, base",
        whole.key,
    ).fetchall()
    if whole.dataset == TOWN or any(field == WHOLE and value for field, value, _ in ours):
        return
    said = before | {field: base for field, _, base in ours if field != WHOLE}
    _override(connection, whole, None, said, by)


def give_up(connection: Connection[Any], place: Place, value: Any) -> None:
    """Let the publisher's value hold again, now and later."""
    connection.execute(
        "DELETE FROM override WHERE (dataset, object, object_id, field) = (%(dataset)s, %(object)s, %(id)s, %(field)s)",
        place.key,
    )
    if place.field != WHOLE:
        _rewrite(connection, place, value)
    elif value and kept_row(connection, place) is None:
        _insert(connection, place, value)


def withdraw(connection: Connection[Any], dataset: str, kind: str, cells: dict[str, Any]) -> None:
    """Let the publisher's rows of an object hold again: those with these cells that we added go, those that we took
    away come back."""
    rows = connection.execute(
        "DELETE FROM override WHERE dataset = %s AND object = %s AND field = '*' AND coalesce(value, base) @> %s"
        " RETURNING object_id, value, base",
        (dataset, kind, Jsonb(cells)),
    ).fetchall()
    if dataset == TOWN:
        return
    for identity, value, base in rows:
        place = Place(dataset, kind, identity)
        if value is not None:
            _rewrite(connection, place, None)
        elif kept_row(connection, place) is None and _has_parents(connection, place, base, staged=False):
            _insert(connection, place, base)


def again(connection: Connection[Any], dataset: str) -> None:
    """Lay every value of the town's own over the rows as they are: after an import was undone."""
    for override in _overrides(connection, dataset):
        place = Place(dataset, override["object"], override["object_id"], override["field"])
        row = kept_row(connection, place)
        if place.field == WHOLE and override["value"] is not None:
            if row is None and _has_parents(connection, place, override["value"], staged=False):
                _insert(connection, place, override["value"])
        elif row is not None:
            _rewrite(connection, place, override["value"])


def kept_row(connection: Connection[Any], place: Place) -> dict[str, Any] | None:
    """A row of the directory with JSON values, locked; None where there is none."""
    query: LiteralString = (
        "SELECT to_jsonb(row) - 'dataset' - 'source' FROM {table} AS row"
        " WHERE row.dataset = %(dataset)s AND row.id = %(id)s FOR UPDATE"
    )
    found = _run(connection, query, place).fetchone()
    return found[0] if found else None


def _rewrite(connection: Connection[Any], place: Place, value: Any) -> None:
    if place.field == WHOLE:
        _run(connection, "DELETE FROM {table} AS row WHERE row.dataset = %(dataset)s AND row.id = %(id)s", place)
        return
    _run(
        connection,
        "UPDATE {table} AS row SET {field} = (jsonb_populate_record(NULL::{table}, %(cell)s)).{field}"
        " WHERE row.dataset = %(dataset)s AND row.id = %(id)s",
        place,
        cell=Jsonb({place.field: value}),
    )


def _insert(connection: Connection[Any], place: Place, row: dict[str, Any]) -> None:
    _run(
        connection,
        "INSERT INTO {table} (dataset, {columns}) SELECT %(dataset)s, {columns}"
        " FROM jsonb_populate_record(NULL::{table}, %(row)s)",
        place,
        row=Jsonb(row | {"id": place.id}),
    )


def _remember(connection: Connection[Any], place: Place, value: Any, before: Any, by: By) -> None:
    if place.dataset == TOWN:
        return
    added = connection.execute(
        "UPDATE override SET value = value || %(cell)s WHERE (dataset, object, object_id, field)"
        " = (%(dataset)s, %(object)s, %(id)s, '*') AND jsonb_typeof(value) = 'object'",
        place.key | {"cell": Jsonb({place.field: value})},
    )
    if added.rowcount:
        return
    _override(connection, place, value, before, by)
    connection.execute(
        "DELETE FROM override WHERE (dataset, object, object_id, field) = (%(dataset)s, %(object)s, %(id)s, %(field)s)"
        " AND value IS NOT DISTINCT FROM base",
        place.key,
    )


def _override(connection: Connection[Any], place: Place, value: Any, base: Any, by: By) -> None:
    """Write it; what it stands in for stays the publisher's value, however often it is written anew."""
    connection.execute(
        "INSERT INTO override (dataset, object, object_id, field, value, base, correction_id, responder_id, at)"
        " VALUES (%(dataset)s, %(object)s, %(id)s, %(field)s, %(value)s, %(base)s, %(correction)s, %(who)s, %(at)s)"
        " ON CONFLICT (dataset, object, object_id, field) DO UPDATE SET value = excluded.value,"
        " correction_id = excluded.correction_id, responder_id = excluded.responder_id, at = excluded.at",
        place.key
        | {
            "value": _json(value),
            "base": _json(base),
            "correction": by.correction_id,
            "who": by.responder_id,
            "at": by.at,
        },
    )


def _json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value)


def _overrides(connection: Connection[Any], dataset: str) -> Iterator[dict[str, Any]]:
    """Whole rows first, what they belong to before them: a field of theirs may follow."""
    rows = connection.execute(
        "SELECT object, object_id, field, value, base, correction_id FROM override WHERE dataset = %s"
        " ORDER BY field <> '*', object, object_id, field",
        (dataset,),
    ).fetchall()
    order = list(BY_NAME)
    for row in sorted(rows, key=lambda row: (row[2] != WHOLE, order.index(row[0]))):
        yield dict(zip(("object", "object_id", "field", "value", "base", "correction_id"), row, strict=True))


def _staged(connection: Connection[Any], place: Place) -> dict[str, Any] | None:
    query: LiteralString = "SELECT to_jsonb(row) - 'file' - 'line' - 'seq' FROM {incoming} AS row WHERE row.id = %(id)s"
    found = _run(connection, query, place).fetchone()
    return found[0] if found else None


def _stage(connection: Connection[Any], place: Place, row: dict[str, Any], report: Report) -> bool:
    """Whether a row of the town's own could be put among those of an import: what it belongs to is there."""
    if not _has_parents(connection, place, row, staged=True):
        return False
    _run(
        connection,
        "INSERT INTO {incoming} ({columns}, file, line, seq) SELECT {columns}, '', 0, 0"
        " FROM jsonb_populate_record(NULL::{table}, %(row)s)",
        place,
        row=Jsonb(row),
    )
    report.taken[place.object] = report.taken.get(place.object, 0) + 1
    return True


def _has_parents(connection: Connection[Any], place: Place, row: dict[str, Any], *, staged: bool) -> bool:
    named = [(column, row[column], parent) for column, parent in place.kind.parents.items() if row.get(column)]
    query: LiteralString = (
        "SELECT 1 FROM {incoming} AS row WHERE row.id = %(id)s"
        if staged
        else "SELECT 1 FROM {table} AS row WHERE row.dataset = %(dataset)s AND row.id = %(id)s"
    )
    return all(_run(connection, query, Place(place.dataset, parent, value)).fetchone() for _, value, parent in named)


def _restage(connection: Connection[Any], place: Place, value: Any, report: Report) -> None:
    if place.field != WHOLE:
        _run(
            connection,
            "UPDATE {incoming} AS row SET {field} = (jsonb_populate_record(NULL::{table}, %(cell)s)).{field}"
            " WHERE row.id = %(id)s",
            place,
            cell=Jsonb({place.field: value}),
        )
        return
    if place.object == "phone":
        connection.execute("DELETE FROM incoming_language WHERE phone_id = %s", (place.id,))
    gone = _run(connection, "DELETE FROM {incoming} AS row WHERE row.id = %(id)s", place)
    report.taken[place.object] = report.taken.get(place.object, 0) - gone.rowcount


def _differs(
    connection: Connection[Any], place: Place, override: dict[str, Any], fresh: dict[str, Any], now: datetime
) -> bool:
    """Whether the publisher says something new. Then the editors are asked, once: the override stands in for it now."""
    said = fresh if place.field == WHOLE else fresh.get(place.field)
    if said in (override["base"], override["value"]):
        return False
    values = place.key | {"said": _json(said), "base": _json(override["base"]), "now": now}
    connection.execute(
        "INSERT INTO correction"
        " (dataset, service_id, object, object_id, field, kind, proposed, base, source, created_at, state)"
        " VALUES (%(dataset)s, %(service)s, %(object)s, %(id)s, %(field)s, 'conflict', %(said)s, %(base)s,"
        " 'import', %(now)s, 'open')",
        values | {"service": _service_of(connection, place, fresh)},
    )
    connection.execute(
        "UPDATE override SET base = %(said)s"
        " WHERE (dataset, object, object_id, field) = (%(dataset)s, %(object)s, %(id)s, %(field)s)",
        values,
    )
    return True


def _service_of(connection: Connection[Any], place: Place, row: dict[str, Any]) -> str:
    """One of the services that a row is about, under which the question stands."""
    if place.object == "service" or row.get("service_id"):
        return str(row.get("service_id") or place.id)
    values = {
        "dataset": place.dataset,
        "location": place.id if place.object == "location" else row.get("location_id"),
        "organization": place.id if place.object == "organization" else row.get("organization_id"),
        "pair": row.get("service_at_location_id"),
    }
    found = connection.execute(SERVICE_OF, values).fetchone()
    return str(found[0]) if found else place.id


def _run(connection: Connection[Any], query: LiteralString, place: Place, **values: Any) -> Any:
    kind = place.kind
    composed = sql.SQL(query).format(
        table=sql.Identifier(kind.name),
        incoming=sql.Identifier(f"incoming_{kind.name}"),
        columns=sql.SQL(", ").join(map(sql.Identifier, kind.columns)),
        field=sql.Identifier(place.field),
    )
    return connection.execute(composed, place.key | values)
