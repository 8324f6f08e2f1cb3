"""What the directory gives to other programs: pages of its services and single ones, in the shapes of HSDS 3.

Source: openreferral/specification 3.1, ``schema/openapi.json``. Only active services, only addresses that are shown.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory import exceptions, exporting, outgoing, place
from gateway.directory.objects import BY_NAME
from gateway.directory.place import Place
from gateway.models.directory import PUBLIC_ID_BEGINS

MOST_PER_PAGE = 100
FARTHEST = 500_000  # metres
METRES_PER_MILE = 1609.344
USUAL_PER_PAGE = 25

ACTIVE = "FROM service s WHERE s.status = 'active'"
FOUND = """
 AND (s.dataset, s.id) IN (SELECT e.dataset, e.service_id FROM search_entry e WHERE e.document @@
      (websearch_to_tsquery('simple', unaccent(:search)) || websearch_to_tsquery('english', unaccent(:search))
       || websearch_to_tsquery('spanish', unaccent(:search))))
"""
RUN_BY = """
 AND (s.dataset, s.organization_id) IN
     (SELECT * FROM unnest(CAST(:organization_sets AS text[]), CAST(:organization_ids AS text[])))
"""
CALLED = """
 AND (s.dataset, s.id) IN (SELECT a.dataset, a.link_id FROM attribute a
      JOIN taxonomy_term t ON (t.dataset, t.id) = (a.dataset, a.taxonomy_term_id)
      WHERE a.link_entity = 'service' AND (a.dataset, {column}) IN
            (SELECT * FROM unnest(CAST(:{kind}_sets AS text[]), CAST(:{kind}_ids AS text[]))))
"""
# Source: HSDS 3.1, parameter ``postcode``: "if service_area is available, only … where the postcode exists within".
COVERING = """
 AND (s.dataset, s.id) IN (SELECT e.dataset, e.service_id FROM search_entry e
      WHERE e.areas = '{}' OR e.areas[1] LIKE 'somewhere in %' OR e.national
         OR EXISTS (SELECT 1 FROM unnest(e.areas) AS area(name)
            WHERE split_part(area.name, ',', 1) = ANY(:own)
              AND trim(split_part(area.name, ',', 2)) IN ('', :state, :state_name)))
"""
# A place that is not shown is near nothing: else asking from many sides would tell where it is.
NEAR = """
 AND (s.dataset, s.id) IN (SELECT e.dataset, e.service_id FROM search_entry e
      JOIN location l ON (l.dataset, l.id) = (e.dataset, e.location_id) AND l.confidential IS NOT TRUE
      WHERE e.latitude BETWEEN :south AND :north AND e.longitude BETWEEN :west AND :east
        AND 2 * 3958.8 * asin(sqrt(least(1, sind((e.latitude - :latitude) / 2) ^ 2
            + cosd(:latitude) * cosd(e.latitude) * sind((e.longitude - :longitude) / 2) ^ 2))) <= :miles)
"""
# Where a publisher says nothing of when a record changed, it is when its set last did.
CHANGED = """
 AND coalesce(s.last_modified, (SELECT d.changed_at FROM dataset d WHERE d.name = s.dataset)) >= :modified_after
"""
FILTERS = {
    "organization": RUN_BY,
    "taxonomy_term": CALLED.format(kind="taxonomy_term", column="t.id"),
    "taxonomy": CALLED.format(kind="taxonomy", column="t.taxonomy_id"),
}


@dataclass(frozen=True)
class Asked:
    """Which services, and how much of each. ``page`` begins at 1; ids are those that this module gives out.

    ``postcode`` is the centroid of a ZIP code, ``proximity`` the metres around it within which a service must be.
    ``full`` nests all that belongs to a service, ``minimal`` leaves its id and when it changed.
    """

    search: str | None = None
    taxonomy_term_id: str | None = None
    taxonomy_id: str | None = None
    organization_id: str | None = None
    modified_after: datetime | None = None
    postcode: Place | None = None
    proximity: int | None = None
    page: int = 1
    per_page: int = USUAL_PER_PAGE
    full: bool = False
    minimal: bool = False


def page(session: Session, asked: Asked, now: datetime | None = None) -> dict[str, Any]:
    """One page of the active services that fit, ordered by their set and id, as HSDS' ``Page``.

    ``now`` adds to the alerts which of them are closed at that moment.
    """
    where, values = _narrowed(session, asked)
    total = session.scalar(text(f"SELECT count(*) {where}"), values) or 0 if where else 0
    start = (asked.page - 1) * asked.per_page
    contents: list[dict[str, Any]] = []
    if start < total:
        window = {"most": asked.per_page, "start": start}
        order = "ORDER BY s.dataset, s.id LIMIT :most OFFSET :start"
        rows = session.execute(text(f"SELECT s.dataset, s.id {where} {order}"), values | window).all()
        contents = _contents(session, [(row.dataset, row.id) for row in rows], asked, now)
    pages = math.ceil(total / asked.per_page)
    return {
        "total_items": total,
        "total_pages": pages,
        "page_number": asked.page,
        "size": len(contents),
        "first_page": asked.page == 1,
        "last_page": asked.page >= pages,
        "empty": not contents,
        "contents": contents,
    }


def service(session: Session, public_id: str, now: datetime | None = None) -> dict[str, Any] | None:
    """One active service with all that belongs to it, or None. ``now`` as in :func:`page`."""
    for dataset, identity in _known(session, "service", public_id):
        active = text("SELECT 1 FROM service WHERE dataset = :dataset AND id = :id AND status = 'active'")
        if session.scalar(active, {"dataset": dataset, "id": identity}):
            return exporting.full_service(session, f"{dataset}:{identity}", ours=True, now=now)
    return None


def _narrowed(session: Session, asked: Asked) -> tuple[str | None, dict[str, Any]]:
    """The condition and its values; None where an id names nothing, so that nothing can fit."""
    where, values = ACTIVE, dict[str, Any]()
    for kind, condition in FILTERS.items():
        given: str | None = getattr(asked, f"{kind}_id")
        if given is None:
            continue
        known = _known(session, kind, given)
        if not known:
            return None, {}
        where += condition
        values |= {f"{kind}_sets": [pair[0] for pair in known], f"{kind}_ids": [pair[1] for pair in known]}
    if asked.search is not None:
        where, values["search"] = where + FOUND, asked.search
    if asked.modified_after is not None:
        where, values["modified_after"] = where + CHANGED, asked.modified_after
    if asked.postcode is not None:
        condition, there = _around(asked.postcode, asked.proximity)
        where, values = where + condition, values | there
    return where, values


def _around(center: Place, metres: int | None) -> tuple[str, dict[str, Any]]:
    """Services for people who live there, or, with a distance, services that are there."""
    if metres is None:
        state = place.STATES.get(center.state, "").lower()
        own = {center.city.lower(), center.county.lower(), state, center.state.lower(), center.zip, *place.NATION}
        return COVERING, {"own": sorted(own - {""}), "state": center.state.lower(), "state_name": state}
    miles = metres / METRES_PER_MILE
    south, north, west, east = place.box(center, miles)
    edges = {"south": south, "north": north, "west": west, "east": east}
    return NEAR, {"latitude": center.latitude, "longitude": center.longitude, "miles": miles, **edges}


def _known(session: Session, kind: str, public_id: str) -> list[tuple[str, str]]:
    """Dataset and own id of what is called so outside: its own UUID, or the one made from its id (small letters)."""
    # Two digits of a made id say its version, so that Postgres can look for what stands before them.
    rows = session.execute(
        text(
            f"SELECT x.dataset, x.id FROM dataset d JOIN {kind} x ON (x.dataset, x.id) = (d.name, :given)"  # noqa: S608
            f" UNION SELECT x.dataset, x.id FROM {kind} x WHERE {PUBLIC_ID_BEGINS.format(kind=kind)} = :begins"
            " ORDER BY 1, 2"
        ),
        {"given": public_id, "begins": public_id.replace("-", "")[:12]},
    )
    return [(row.dataset, row.id) for row in rows if outgoing.uuid_of(row.dataset, kind, row.id) == public_id]


def _contents(
    session: Session, ids: Sequence[tuple[str, str]], asked: Asked, now: datetime | None
) -> list[dict[str, Any]]:
    """The services in the order of ``ids``, which names one set after the other."""
    by_set: dict[str, list[str]] = defaultdict(list)
    for dataset, identity in ids:
        by_set[dataset].append(identity)
    full = asked.full and not asked.minimal
    read = _full if full else _flat
    found = [item for dataset, those in by_set.items() for item in read(session, dataset, those, now)]
    if asked.minimal:
        return [{name: item[name] for name in ("id", "last_modified") if name in item} for item in found]
    return found


def _full(session: Session, dataset: str, ids: Sequence[str], now: datetime | None) -> list[dict[str, Any]]:
    """Services with all that belongs to them, Spanish included, for which HSDS has no place."""
    return exporting.full_services(session, dataset, ids, ours=True, now=now)


def _flat(session: Session, dataset: str, ids: Sequence[str], now: datetime | None) -> list[dict[str, Any]]:
    """Services with what stands once in each: their own cells and who runs them."""
    services = _rows(session, "service", dataset, ids)
    owners = _rows(session, "organization", dataset, [row["organization_id"] for row in services.values()])
    closed = exceptions.alerts(session, dataset, now) if now else {}
    out = []
    for identity in ids:
        row = services.get(identity)
        item = outgoing.cells(BY_NAME["service"], exporting.with_alert(row, closed), Counter()) if row else None
        if row is None or item is None:
            continue
        if owner := owners.get(row["organization_id"] or ""):
            item["organization"] = outgoing.cells(BY_NAME["organization"], owner, Counter())
        out.append(item)
    return out


def _rows(session: Session, kind: str, dataset: str, ids: Sequence[str | None]) -> dict[str, dict[str, Any]]:
    table = BY_NAME[kind].table
    query = table.select().where(table.c.dataset == dataset, table.c.id.in_({given for given in ids if given}))
    return {row["id"]: dict(row) for row in session.execute(query).mappings()}
