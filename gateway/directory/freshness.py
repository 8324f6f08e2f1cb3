"""Who checked a record and when, and what its age is worth: fresh, getting old, stale.

The day is the newest of our own checks, the publisher's ``assured_date`` and the day for which the publisher vouches
for the whole set (``dataset.as_of``). Most publishers say none of these: such a record is *not checked*, which is
neither fresh nor stale, or nothing would ever be open. It cannot be fresher than the day on which its publisher changed
it last (``last_modified``), else on which an import first brought it, and so it gets stale, too. A stale record is
never called open and stands behind all that answer as well (:mod:`gateway.directory.ordering`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory.hours import UNKNOWN
from gateway.directory.hours_words import say
from gateway.directory.wanted import FoundService

if TYPE_CHECKING:
    from gateway.community import Community

SHIPPED = "national-lines"  # comes with the product and is checked with every release: 988 does not grow old here
PUBLISHER = "publisher"
WHO = {PUBLISHER: "list", "responder": "us", "editor": "us", "provider": "place"}  # as residents are told
# What age is worth, in miles.
NOT_CHECKED = 3.0
OLD = 2.0  # the day before it is stale; a fresh record costs nothing
STALE = 10.0  # and it stands behind what is as good, wherever that is
CLOSED_FOR_GOOD = 2  # so many residents who say so make us doubt it, and none alone

# A record that nobody vouches for is not younger than this.
SINCE = "coalesce(CASE WHEN s.last_modified::date <= current_date + 1 THEN s.last_modified::date END, k.day)"
SINCE_OF = "LEFT JOIN known_since k ON (k.dataset, k.service_id) = (s.dataset, s.id)"
# The day, and whether it was a check of ours; a day to come is a slip of the pen.
CHECKS = f"""
CASE WHEN s.assured_date <= current_date + 1 THEN s.assured_date END AS assured,
CASE WHEN d.as_of <= current_date + 1 THEN d.as_of END AS vouched, v.at::date AS seen, v.by_kind,
{SINCE} AS since
"""
CHECKED_BY = f"""
{SINCE_OF}
LEFT JOIN dataset d ON d.name = s.dataset
LEFT JOIN LATERAL (SELECT at, by_kind FROM verification v WHERE (v.dataset, v.service_id) = (s.dataset, s.id)
                   ORDER BY at DESC LIMIT 1) AS v ON true
"""  # noqa: S608 - literals of our own
# How many residents say that it is closed for good.
SAID_TO_BE_CLOSED = """
(SELECT count(DISTINCT c.contact_id) FROM correction c
 WHERE (c.dataset, c.service_id) = (s.dataset, s.id) AND c.kind = 'closed' AND c.state = 'open') AS closed
"""
CHECKED = f"SELECT s.dataset, s.id, {CHECKS} FROM service s {CHECKED_BY}"  # noqa: S608 - literals of our own
REFRESH = f"""
WITH checked AS ({CHECKED} WHERE s.dataset = %(dataset)s AND (%(service)s::text IS NULL OR s.id = %(service)s)),
days AS (SELECT dataset, id, greatest(assured, vouched, seen) AS day FROM checked),
needs AS (UPDATE search_need n SET verified_on = days.day FROM days
          WHERE (n.dataset, n.service_id) = (days.dataset, days.id) AND n.verified_on IS DISTINCT FROM days.day)
UPDATE search_entry e SET verified_on = days.day FROM days
WHERE (e.dataset, e.service_id) = (days.dataset, days.id) AND e.verified_on IS DISTINCT FROM days.day
"""  # noqa: S608 - a literal of our own
NEW = """
INSERT INTO known_since (dataset, service_id, day) SELECT s.dataset, s.id, %(day)s FROM service s
WHERE s.dataset = %(dataset)s ON CONFLICT DO NOTHING
"""
OF_SERVICES = f"""
SELECT s.dataset, s.id, {CHECKS}, {SAID_TO_BE_CLOSED} FROM service s {CHECKED_BY}
JOIN unnest(CAST(:datasets AS text[]), CAST(:services AS text[])) AS w(dataset, id)
  ON (w.dataset, w.id) = (s.dataset, s.id)
"""  # noqa: S608
_OF_SERVICES = text(OF_SERVICES)


class Age(Enum):
    """How old the newest check of a record is."""

    FRESH = "fresh"
    OLD = "old"
    STALE = "stale"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Rules:
    """From how many days on a check is old, and stale: ``[directory]`` in the town's file."""

    fresh_days: int = 90
    stale_days: int = 365


STANDARD = Rules()


def rules_of(community: "Community | None") -> Rules:
    """The rules of a town."""
    return Rules(community.directory.fresh_days, community.directory.stale_days) if community else STANDARD


@dataclass(frozen=True)
class Check:
    """The newest check of a service: the day, who made it (a ``by_kind`` of Verification), and its age.

    ``since`` is the day than which a record that nobody vouched for cannot be younger. ``doubted`` is true where
    several residents say that it is closed for good, and nobody decided yet.
    """

    on: date | None
    by: str | None
    age: Age
    since: date | None = None
    doubted: bool = False


def age_of(dataset: str, on: date | None, today: date, rules: Rules = STANDARD, since: date | None = None) -> Age:
    """The age of a check made on a day, of a record of a dataset that is known ``since`` another one."""
    if dataset == SHIPPED:
        return Age.FRESH
    if on is None:
        return Age.STALE if since and (today - since).days > rules.stale_days else Age.NOT_CHECKED
    days = (today - on).days
    if days > rules.stale_days:
        return Age.STALE
    return Age.OLD if days > rules.fresh_days else Age.FRESH


def cost(dataset: str, on: date | None, today: date, rules: Rules = STANDARD, since: date | None = None) -> float:
    """What the age of a check is worth, in miles: the term of the ranking."""
    age = age_of(dataset, on, today, rules, since)
    if age is Age.FRESH:
        return 0.0
    if age is Age.STALE:
        return STALE
    days = (today - (on or since or today)).days
    older = OLD * max(0, days - rules.fresh_days) / (rules.stale_days - rules.fresh_days)
    return older if on else NOT_CHECKED + older


def checks(
    session: Session, services: Sequence[tuple[str, str]], today: date, rules: Rules = STANDARD
) -> dict[tuple[str, str], Check]:
    """The newest check of each service, by its dataset and id."""
    values = {"datasets": [dataset for dataset, _ in services], "services": [service for _, service in services]}
    rows = session.execute(_OF_SERVICES, values)
    return {(row.dataset, row.id): check_of(row, today, rules) for row in rows}


def mark(service: FoundService, check: Check) -> FoundService:
    """Say of a service who checked it and when; one that is stale, or doubted, is not called open."""
    if check.age is not Age.STALE and not check.doubted:
        nobody = check.age is Age.NOT_CHECKED
        return replace(service, verified_on=check.on, verified_by=check.by, vouched_for=not nobody)
    on = (check.on or check.since) if check.age is Age.STALE else None
    return replace(service, verified_on=on, verified_by=check.by, stale=True, open_state=UNKNOWN)


def words(service: FoundService, language: str) -> str | None:
    """That a record is too old to be believed, and since when; None for any other."""
    if not service.stale:
        return None
    if service.verified_on is None:
        return say("may_be_closed", language)
    return say("not_checked_since", language, month=service.verified_on.month, year=service.verified_on.year)


def checked(service: FoundService, language: str) -> str | None:
    """Who checked a record and when, or that nobody did; None where :func:`words` says that it is too long ago."""
    if service.stale:
        return None
    if not service.vouched_for:
        return say("checked_by_nobody", language)
    who = WHO.get(service.verified_by or "")
    if who is None or service.verified_on is None:
        return None
    return say(f"checked_by_{who}", language, month=service.verified_on.month, year=service.verified_on.year)


def note_new(connection: Connection[Any], dataset: str, today: date) -> None:
    """Write down since when the services of a dataset are known, of those that are new today."""
    connection.execute(NEW, {"dataset": dataset, "day": today})


def refresh(connection: Connection[Any], dataset: str, service_id: str | None = None) -> None:
    """Bring the day of the newest check into what search reads, for a dataset or for one of its services."""
    connection.execute(REFRESH, {"dataset": dataset, "service": service_id})


def check_of(row: Any, today: date, rules: Rules = STANDARD) -> Check:
    """The newest check that a row with :data:`CHECKS` and :data:`SAID_TO_BE_CLOSED` tells of."""
    days = ((row.seen, row.by_kind), (row.assured, PUBLISHER), (row.vouched, PUBLISHER))
    on, by = max((each for each in days if each[0] is not None), key=lambda each: each[0], default=(None, None))
    age = age_of(row.dataset, on, today, rules, row.since)
    return Check(on, by, age, row.since, doubted=row.closed >= CLOSED_FOR_GOOD)
