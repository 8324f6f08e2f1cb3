"""Tells again of services that a list named: by their ids, with the hours as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory import details, exceptions, facts, freshness, hours, place, ranking
from gateway.directory.holidays import FEDERAL, Calendar
from gateway.directory.hours_words import week_of, week_words
from gateway.directory.place import Place
from gateway.directory.wanted import FoundService, Wanted

# Of a service at several places the one that was told, else the nearest.
ROWS = """
SELECT DISTINCT ON (w.place) w.place, e.dataset, e.service_id, e.location_id, e.service_at_location_id, e.latitude,
       e.longitude, e.timezone, e.needs, e.cost, e.languages, e.access, e.verified_on, e.week::text AS hours,
       lower(e.ages) AS youngest, upper(e.ages) AS oldest, e.serves
FROM unnest(CAST(:datasets AS text[]), CAST(:services AS text[]), CAST(:locations AS text[]))
     WITH ORDINALITY AS w(dataset, service_id, location_id, place)
JOIN search_entry e ON (e.dataset, e.service_id) = (w.dataset, w.service_id)
JOIN service s ON (s.dataset, s.id) = (w.dataset, w.service_id) AND s.status = 'active'
ORDER BY w.place, e.location_id IS DISTINCT FROM w.location_id,
         (e.latitude - CAST(:latitude AS float)) ^ 2
         + ((e.longitude - CAST(:longitude AS float)) * cosd(CAST(:latitude AS float))) ^ 2, e.location_id
"""

NOBODY = Wanted()


@dataclass(frozen=True)
class Asking:
    """Who is told: the language, when, which needs were asked for from where, the town's time zone and holidays, from
    when on a check is stale, the moment of another day that was asked about, and what is known of whom it is for: a
    :class:`Wanted` without needs and place."""

    language: str
    now: datetime
    needs: tuple[str, ...] = ()
    where: Place | None = None
    home: str | None = None
    calendar: Calendar = FEDERAL
    rules: freshness.Rules = freshness.STANDARD
    then: datetime | None = None
    about: Wanted = NOBODY

    @property
    def at(self) -> datetime:
        """The moment whose hours are told."""
        return self.then or self.now


def by_ids(
    session: Session,
    ids: Sequence[str],
    asking: Asking,
    told_at: Mapping[str, str | None] | None = None,
    *,
    in_full: bool = True,
) -> list[FoundService]:
    """The services of these ids that are still active, in this order. ``told_at`` is the location that was told.

    Without ``in_full`` papers, costs and what is said of the place stay unknown: a list tells none of these.
    """
    rows = _rows(session, ids, asking, told_at or {})
    if not rows:
        return []
    listed = exceptions.load(session, rows, asking.at, asking.calendar)
    chosen = [
        (row, place.distance(row, asking.where), hours.state_at(rules, asking.at, _zone(row, asking), special))
        for row, (rules, special, _) in zip(rows, listed, strict=True)
    ]
    told = details.load(session, chosen, asking.language)
    services = [
        _filled(service, row, each.closure, asking) for (service, _), row, each in zip(told, rows, listed, strict=True)
    ]
    if in_full:
        papers = details.documents(session, rows, asking.language)
        services = [replace(service, documents=bring) for service, bring in zip(services, papers, strict=True)]
        services = facts.fill(session, services, rows, asking.now.date())
    checks = (freshness.check_of(row, asking.now.date(), asking.rules) for _, row in told)
    return [freshness.mark(service, check) for service, check in zip(services, checks, strict=True)]


def weeks(session: Session, ids: Sequence[str], asking: Asking, told_at: Mapping[str, str | None]) -> dict[str, str]:
    """The hours of an ordinary week in one line, by id; nothing where the directory does not say them."""
    rows = _rows(session, ids, asking, told_at)
    found = {}
    for row, rules in zip(rows, details.schedules(session, rows), strict=True):
        zone = _zone(row, asking)
        today = (asking.now.astimezone(zone) if zone else asking.now).date()
        found[f"{row.dataset}:{row.service_id}"] = week_words(week_of(rules, today), asking.language)
    return found


def _rows(session: Session, ids: Sequence[str], asking: Asking, told_at: Mapping[str, str | None]) -> list[Any]:
    parts = [each.partition(":") for each in ids]
    values = {
        "datasets": [dataset for dataset, _, _ in parts],
        "services": [service for _, _, service in parts],
        "locations": [told_at.get(each) or "" for each in ids],
        "latitude": asking.where.latitude if asking.where else None,
        "longitude": asking.where.longitude if asking.where else None,
    }
    return list(session.execute(text(ROWS), values).all())


def _zone(row: Any, asking: Asking) -> ZoneInfo | None:
    return place.zone_of(row, asking.home, asking.where)


def _filled(service: FoundService, row: Any, closure: Any | None, asking: Asking) -> FoundService:
    return replace(
        details.with_index(service, row),
        need=next((need for need in asking.needs if need in row.needs), None),
        closure=closure.reason if closure else None,
        closed_to=closure.to_at if closure else None,
        asked_at=asking.then,
        call_first=ranking.Looked(row, None, asking.where, service.open_state, asking.about, asking.now).call_first,
    )
