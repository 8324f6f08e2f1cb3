"""Loads what keeps listed hours from holding at services: closures and holiday hours."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory.closures import Closure, Exceptions, SpecialDays
from gateway.directory.details import WANTED, wanted_rows
from gateway.directory.holidays import Calendar
from gateway.directory.hours_words import say

# Both at once: each question costs as much as its answer. A closure is told by its ``from_at``.
KEPT_FROM = f"""
{WANTED}
SELECT NULL AS closeness, w.place, NULL AS holiday, CAST(NULL AS date) AS start_date, CAST(NULL AS date) AS end_date,
       CAST(NULL AS time) AS opens_at, CAST(NULL AS time) AS closes_at, c.from_at, c.to_at, c.reason
FROM wanted w JOIN closure c
  ON c.dataset = w.dataset AND (c.service_id = w.service_id OR (c.service_id IS NULL AND c.location_id = w.location_id))
WHERE c.ended_at IS NULL AND (c.to_at IS NULL OR c.to_at > :now)
  AND (c.location_id IS NULL OR c.location_id = w.location_id)
"""  # noqa: S608 - a literal of our own
KEPT_FROM += "".join(
    f" UNION ALL SELECT {closeness}, w.place, h.holiday, h.start_date, h.end_date, h.opens_at, h.closes_at,"  # noqa: S608
    f" NULL, NULL, NULL FROM wanted w JOIN holiday_schedule h ON (h.dataset, h.{owner}) = (w.dataset, w.{owner})"
    for closeness, owner in enumerate(("location_id", "service_id", "service_at_location_id"))
)
KEPT_FROM += " ORDER BY from_at"
_KEPT_FROM = text(KEPT_FROM)  # once, see gateway.directory.details
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


def load(
    session: Session, rows: Sequence[Any], now: datetime, calendar: Calendar
) -> list[tuple[Exceptions, Any | None]]:
    """The exceptions of each row, and the closure that holds now, if one does."""
    if not rows:
        return []
    closures: dict[int, list[Any]] = defaultdict(list)
    days: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(_KEPT_FROM, wanted_rows(rows) | {"now": now}):
        (days if row.from_at is None else closures)[row.place].append(row)
    return [
        (_exceptions(calendar, days[number], closures[number]), _holding(closures[number], now))
        for number in range(1, len(rows) + 1)
    ]


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
    closest = max((row.closeness for row in days), default=0)
    own = [row for row in days if row.closeness == closest]
    named = frozenset(row.holiday for row in own if row.holiday and row.opens_at is None)
    return Exceptions(
        calendar=calendar,
        closed_on=named or None,
        special=tuple(
            SpecialDays(row.start_date, row.end_date or row.start_date, row.opens_at, row.closes_at)
            for row in own
            if row.start_date
        ),
        closures=tuple(Closure(row.from_at, row.to_at) for row in closures),
    )


def _holding(closures: list[Any], now: datetime) -> Any | None:
    return next((row for row in closures if row.from_at <= now), None)
