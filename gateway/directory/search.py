"""Finds the services that fit a need, near a place, open now or soonest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory import details, hours, place, ranking
from gateway.directory.needs import fold
from gateway.directory.place import Area, Place
from gateway.directory.ranking import Looked
from gateway.directory.wanted import Found, OpenState, Wanted, Why

LOCAL_MILES = 60.0  # beyond these a place is not offered to somebody who said where they are
NEAREST = 200  # so many rows are ranked by hours and fit, those with a place and those without

CANDIDATES = """
SELECT e.dataset, e.service_id, e.location_id, e.service_at_location_id, e.latitude, e.longitude, e.timezone, e.areas,
       e.national, e.needs, e.sure_needs && CAST(:needs AS text[]) AS sure, s.minimum_age, s.maximum_age
FROM search_entry e JOIN service s ON (s.dataset, s.id) = (e.dataset, e.service_id)
WHERE s.status = 'active'
  AND (cardinality(CAST(:needs AS text[])) = 0 OR e.needs && CAST(:needs AS text[]))
  AND (CAST(:words AS text) IS NULL OR e.document @@ (websearch_to_tsquery('simple', unaccent(:words))
       || websearch_to_tsquery('english', unaccent(:words)) || websearch_to_tsquery('spanish', unaccent(:words))))
"""
PLACED = """
  AND e.latitude IS NOT NULL AND (CAST(:south AS float) IS NULL
       OR (e.latitude BETWEEN :south AND :north AND e.longitude BETWEEN :west AND :east))
ORDER BY (e.latitude - :latitude) ^ 2 + ((e.longitude - :longitude) * cosd(:latitude)) ^ 2,
         sure DESC, e.dataset, e.service_id, e.location_id LIMIT :most
"""
UNPLACED = """
  AND e.latitude IS NULL
ORDER BY e.national, sure DESC, e.dataset, e.service_id, e.location_id LIMIT :most
"""
CITY = """
SELECT min(a.city) AS city, avg(l.latitude) AS latitude, avg(l.longitude) AS longitude
FROM address a JOIN location l ON (l.dataset, l.id) = (a.dataset, a.location_id)
WHERE lower(unaccent(a.city)) = :city AND l.latitude IS NOT NULL HAVING count(*) > 0
"""


@dataclass(frozen=True)
class Candidate:
    """One service at one place, with the reasons for its rank."""

    row: Any
    distance: float | None
    state: OpenState
    why: tuple[Why, ...]

    @cached_property
    def cost(self) -> float:
        """What it costs in miles to choose it."""
        return sum(reason.cost for reason in self.why)

    @property
    def service(self) -> tuple[str, str]:
        """Dataset and id: one service is offered once, at its best place."""
        return self.row.dataset, self.row.service_id


def search(session: Session, wanted: Wanted, now: datetime, limit: int = 3, home: str | None = None) -> Found:
    """The services ``offset`` to ``offset + limit`` of those that fit, best first.

    Only active services. Nothing is left out because a fact is missing: unknown hours or an unknown place only rank
    lower. Somebody who said where they are is not sent further than 60 miles. National lines come last, or first
    where a voice counts more than a place and no place was given. ``home`` is the town's time zone, for services
    that have no place.
    """
    where = understand(session, wanted.zip, wanted.place)
    ranked = _ranked(session, wanted, where, now, home)
    chosen = ranked[wanted.offset : wanted.offset + limit]
    told = details.load(session, [(c.row, c.distance, c.state) for c in chosen], wanted.language)
    services = [
        replace(service, need=_met(c.row, wanted.needs), why=c.why) for service, c in zip(told, chosen, strict=True)
    ]
    asked = wanted.zip or wanted.place
    return Found(services, len(ranked), where.name if where else None, asked, wanted.offset, now)


def understand(session: Session, code: str | None, named: str | None) -> Place | None:
    """The point of a ZIP, of a ZIP inside the named place, or of a city in which the directory has an address."""
    found = place.by_zip(place.zip_in(code or "")) or place.by_zip(place.zip_in(named or ""))
    if found or not named:
        return found
    row = session.execute(text(CITY), {"city": fold(named).split(",")[0].strip(" .")}).one_or_none()
    if row is None:
        return None
    near = place.nearest(row.latitude, row.longitude)
    county, state, zone = (near.county, near.state, near.timezone) if near else ("", "", None)
    return Place(row.city, row.latitude, row.longitude, row.city, county, state, zone)


def _ranked(session: Session, wanted: Wanted, where: Place | None, now: datetime, home: str | None) -> list[Candidate]:
    rows = _candidates(session, wanted, where)
    best: dict[tuple[str, str], Candidate] = {}
    for row, rules in zip(rows, details.schedules(session, rows), strict=True):
        distance = _distance(row, where)
        if distance is not None and distance > LOCAL_MILES:
            continue
        zone = row.timezone or home or (where.timezone if where else None)
        state = hours.state_at(rules, now, ZoneInfo(zone) if zone else None)
        looked = Looked(row, distance, where, state, wanted, now)
        candidate = Candidate(row, distance, state, ranking.reasons(looked))
        kept = best.get(candidate.service)
        if kept is None or candidate.cost < kept.cost:
            best[candidate.service] = candidate
    return sorted(best.values(), key=lambda candidate: (candidate.cost, candidate.service))


def _candidates(session: Session, wanted: Wanted, where: Place | None) -> Sequence[Any]:
    corners = place.box(where, LOCAL_MILES) if where else (None, None, None, None)
    values = dict(zip(("south", "north", "west", "east"), corners, strict=True)) | {
        "needs": list(wanted.needs),
        "words": wanted.text,
        "latitude": where.latitude if where else 0.0,
        "longitude": where.longitude if where else 0.0,
        "most": NEAREST,
    }
    placed = session.execute(text(CANDIDATES + PLACED), values).all()
    unplaced = session.execute(text(CANDIDATES + UNPLACED), values).all()
    return [*placed, *(row for row in unplaced if where is None or where.area(row.areas) is not Area.ANOTHER_STATE)]


def _met(row: Any, wanted: tuple[str, ...]) -> str | None:
    """The first of the needs asked for that it meets."""
    return next((need for need in wanted if need in row.needs), None)


def _distance(row: Any, where: Place | None) -> float | None:
    if where is None or row.latitude is None:
        return None
    return place.miles(where.latitude, where.longitude, row.latitude, row.longitude)
