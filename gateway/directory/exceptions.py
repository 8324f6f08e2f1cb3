"""Loads the hours of services and what keeps them from holding: closures and holiday hours."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import TextualSelect, column, text
from sqlalchemy.orm import Session

from gateway.directory.closures import Closure, Exceptions, SpecialDays
from gateway.directory.details import OWNERS, RULE, RULE_NAMES, closest, wanted_of, wanted_rows
from gateway.directory.holidays import Calendar
from gateway.directory.hours_words import say
from gateway.directory.recurrence import Rule

# All at once: each question costs as much as its answer. Every part has the columns of all, those of others empty.
COLUMNS = f"{RULE}, h.holiday, h.start_date, h.end_date, h.opens_at AS opens, h.closes_at AS closes"
COLUMNS += ", c.from_at, c.to_at, c.reason"
NAMES = (
    "part", "closeness", "place", *RULE_NAMES, "holiday", "start_date", "end_date", "opens", "closes", "from_at",
    "to_at", "reason",
)  # fmt: skip
PART = "SELECT '{part}' AS part, {closeness} AS closeness, w.place, {columns} FROM wanted w {found} {nothing}"
CLOSURE = "closure"
FOUND = {
    "rule": "JOIN schedule s ON (s.dataset, s.{owner}) = (w.dataset, w.{owner})",
    "day": "JOIN holiday_schedule h ON (h.dataset, h.{owner}) = (w.dataset, w.{owner})",
    CLOSURE: """
JOIN closure c ON c.dataset = w.dataset AND c.ended_at IS NULL AND (c.to_at IS NULL OR c.to_at > :now)
  AND (c.service_id = w.service_id OR (c.service_id IS NULL AND c.location_id = w.location_id))
  AND (c.location_id IS NULL OR c.location_id = w.location_id)""",
}
NOTHING = {
    "rule": "LEFT JOIN schedule s ON false",
    "day": "LEFT JOIN holiday_schedule h ON false",
    CLOSURE: "LEFT JOIN closure c ON false",
}
CLOSED_NOW = """
SELECT s.id, c.from_at, c.to_at, c.reason, l.name AS place,
       (SELECT min(e.timezone) FROM search_entry e WHERE (e.dataset, e.service_id) = (s.dataset, s.id)) AS timezone
FROM closure c
LEFT JOIN location l ON (l.dataset, l.id) = (c.dataset, c.location_id)
LEFT JOIN service_at_location p ON c.service_id IS NULL AND (p.dataset, p.location_id) = (c.dataset, c.location_id)
JOIN service s ON (s.dataset, s.id) = (c.dataset, coalesce(c.service_id, p.service_id))
WHERE c.dataset = :dataset AND c.ended_at IS NULL AND c.from_at <= :now AND (c.to_at IS NULL OR c.to_at > :now)
ORDER BY s.id, c.from_at
"""


class Listed(NamedTuple):
    """What is listed of one row's hours, what keeps them from holding, and the closure that holds now, if one does."""

    rules: list[Rule]
    exceptions: Exceptions
    closure: Any | None


def load(session: Session, rows: Sequence[Any], now: datetime, calendar: Calendar) -> list[Listed]:
    """The hours of each row: rules as :func:`gateway.directory.details.schedules` gives them, and their exceptions."""
    if not rows:
        return []
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in session.execute(_listed(len(rows)), wanted_rows(rows) | {"now": now}):
        found[row.part, row.place].append(row)
    return [
        _of_row(now, calendar, *(found[part, number] for part in ("rule", "day", CLOSURE)))
        for number in range(1, len(rows) + 1)
    ]


def _of_row(now: datetime, calendar: Calendar, rules: list[Any], days: list[Any], closures: list[Any]) -> Listed:
    closures.sort(key=lambda row: row.from_at)
    holding = next((row for row in closures if row.from_at <= now), None)
    return Listed(closest(rules), _exceptions(calendar, closest(days), closures), holding)


@cache
def _listed(count: int) -> TextualSelect:
    """The question for so many rows, see :mod:`gateway.directory.details`."""
    return text(wanted_of(count) + " UNION ALL ".join(_parts())).columns(*map(column, NAMES))


def _parts() -> Iterator[str]:
    for part, found in FOUND.items():
        nothing = " ".join(join for other, join in NOTHING.items() if other != part)
        for closeness, owner in enumerate(OWNERS if part != CLOSURE else ("",)):
            joins = {"found": found.format(owner=owner), "nothing": nothing}
            yield PART.format(part=part, closeness=closeness, columns=COLUMNS, **joins)


def alerts(session: Session, dataset: str, now: datetime) -> dict[str, str]:
    """The closures that hold now, in words that stay true when they are read later, by the service's id.

    HSDS has no object for them but ``service.alert``, "short term alerts concerning the service".
    """
    found: dict[str, list[str]] = defaultdict(list)
    for row in session.execute(text(CLOSED_NOW), {"dataset": dataset, "now": now}):
        said = _alert(row)
        if said not in found[row.id]:
            found[row.id].append(said)
    return {service: "; ".join(said) for service, said in found.items()}


def _alert(row: Any) -> str:
    zone = ZoneInfo(row.timezone) if row.timezone else ZoneInfo("UTC")
    since, until = (
        f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "further notice" for at in (row.from_at, row.to_at)
    )
    why = say(f"closed_{row.reason}", "en") if row.reason else say("closed_other", "en")
    return f"{f'{row.place}: ' if row.place else ''}{why} (from {since} until {until}, {zone.key})"


def _exceptions(calendar: Calendar, days: list[Any], closures: list[Any]) -> Exceptions:
    if not days and not closures:
        return Exceptions(calendar)
    named = frozenset(row.holiday for row in days if row.holiday and row.opens is None)
    return Exceptions(
        calendar=calendar,
        closed_on=named or None,
        special=tuple(
            SpecialDays(row.start_date, row.end_date or row.start_date, row.opens, row.closes)
            for row in days
            if row.start_date
        ),
        closures=tuple(Closure(row.from_at, row.to_at) for row in closures),
    )
