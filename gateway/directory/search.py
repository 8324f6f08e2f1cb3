"""Finds the services that fit a need, near a place, open now or soonest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory import (
    candidates,
    details,
    exceptions,
    freshness,
    hours,
    locating,
    mistyped,
    ordering,
    place,
    ranking,
    relevance,
    spelling,
)
from gateway.directory.candidates import Asked
from gateway.directory.gazetteer import Town
from gateway.directory.holidays import FEDERAL
from gateway.directory.place import Area, Place
from gateway.directory.ranking import Looked
from gateway.directory.wanted import Found, FoundService, OpenState, Wanted

__all__ = ["Found", "FoundService", "Wanted", "search"]

LOCAL_MILES = 60.0  # beyond these a place is not offered to somebody who said where they are
CLOSELY = 12  # so many at a time are looked at to the minute; the others by their ordinary week
KEPT = 60  # services of the ranked list that are told to the caller
WEEK = 7 * 24 * 60
DOCUMENTS = """
SELECT dataset, service_id, array_agg(document) AS documents FROM required_document
WHERE (dataset, service_id) IN (SELECT * FROM unnest(CAST(:datasets AS text[]), CAST(:services AS text[])))
  AND document IS NOT NULL GROUP BY dataset, service_id
"""


def search(  # noqa: PLR0913 - the town is what a search stands in
    session: Session,
    wanted: Wanted,
    now: datetime,
    limit: int = 3,
    home: str | None = None,
    *,
    town: Town | None = None,
    rules: freshness.Rules = freshness.STANDARD,
) -> Found:
    """The services ``offset`` to ``offset + limit`` of those that fit, best first.

    Only active services. What the directory does not say only ranks lower, and ``call_first`` names it; left out are
    those that would surely turn them away. Somebody who said where they are is not sent further than 60 miles. National
    lines come last, or first where a voice counts more than a place and no place was given; without a place those who
    can be called come before what is in town. A place that may be one of several is given back as ``places``.
    ``home`` is the town's time zone; ``rules`` say from when on a check is stale. At most 100 services are weighed;
    ``total`` counts those of them that fit.
    """
    asked_place = wanted.zip or wanted.place
    read = locating.read(session, wanted.zip, wanted.place, town, wanted.language, wanted.chosen)
    if read.choices:
        return Found([], 0, None, asked_place, wanted.offset, now, places=read.choices)
    around = read.place or (town.centre if town else locating.centre(session))
    asked = Asked(wanted, read.place, around, wanted.when or now, home, town, rules)
    ranked, reason = _ranked(session, asked)
    ranked = _to_the_minute(session, ranked, asked, wanted.offset + limit)
    chosen = ranked[wanted.offset : wanted.offset + limit]
    return Found(
        _services(session, chosen, asked, now),
        len(ranked),
        read.place.name if read.place else None,
        asked_place,
        wanted.offset,
        now,
        ids=tuple(":".join(looked.service) for looked in ranked[:KEPT]),
        reason=None if ranked else reason,
    )


def _ranked(session: Session, asked: Asked) -> tuple[list[Looked], str]:
    """All that fit, by what an ordinary week says of their hours; and why there are none, if there are none."""
    wanted, where = asked.wanted, asked.where
    terms = _terms(session, wanted)
    if wanted.text and not terms and not wanted.needs and not wanted.topics:
        return [], "none"
    farthest = _farthest(asked)
    rows = candidates.choose(session, asked, terms, farthest)
    if not rows:
        far = farthest is not None and candidates.choose(session, asked, terms, None)
        return [], "far" if far else "none"
    here = [row for row in rows if where is None or row.latitude is not None or _serves(row, where)]
    answering = [row for row in here if relevance.answers(row, wanted, len(terms))]
    fitting = [row for row in answering if not ranking.excluded(row, wanted)]
    open_then = [looked for looked in _look(session, fitting, asked) if not _shut(looked)]
    left = ("far", here), ("none", answering), ("not_eligible", fitting), ("closed", open_then)
    return _best(open_then, wanted), next((reason for reason, some in left if not some), "none")


def _terms(session: Session, wanted: Wanted) -> list[spelling.Term]:
    """Their own words: what is left beside needs and topics, where somebody has looked, else all."""
    if wanted.words is None:
        return spelling.read(session, wanted.text) if wanted.text else []
    as_written = mistyped.read_as_written(wanted.known_topics)
    return spelling.read(session, " ".join(wanted.words), as_written) if wanted.words else []


def _farthest(asked: Asked) -> float | None:
    """How far away a place may be: not at all limited where nobody knows which town this is."""
    if asked.where:
        return LOCAL_MILES
    return LOCAL_MILES + asked.town.radius if asked.town else None


def _serves(row: Any, where: Place) -> bool:
    return row.national or where.area(row.areas) is not Area.ANOTHER_STATE


def _shut(looked: Looked) -> bool:
    """Whether somebody who wants only what is open would stand before a closed door; a doubt is no closed door."""
    return looked.wanted.open_only and looked.state.open is False


def _look(session: Session, rows: Sequence[Any], asked: Asked) -> list[Looked]:
    papers = _documents(session, rows) if asked.wanted.lacks else {}
    return [
        Looked(
            row,
            place.distance(row, asked.where),
            asked.where,
            _ordinary(row, asked.at),
            asked.wanted,
            asked.at,
            asked.around,
            documents=papers.get((row.dataset, row.service_id), ()),
            rules=asked.rules,
        )
        for row in rows
    ]


def _best(found: Sequence[Looked], wanted: Wanted) -> list[Looked]:
    """Each service once, at its best place, best first and in turns by need."""
    told: set[tuple[str, str]] = set()
    ranked = []
    for looked in ordering.ordered(found, wanted):
        if looked.service not in told:
            told.add(looked.service)
            ranked.append(looked)
    return ranking.interleaved(ranked, wanted)


def _to_the_minute(session: Session, ranked: list[Looked], asked: Asked, until: int) -> list[Looked]:
    """The list with the true hours of its first services, which may change their order.

    In blocks of a fixed size, so that what comes after the first three does not depend on how many are asked for.
    """
    told: list[Looked] = []
    for start in range(0, len(ranked), CLOSELY):
        block = ranked[start : start + CLOSELY]
        if len(told) < until:
            block = _best([one for one in _exact(session, block, asked) if not _shut(one)], asked.wanted)
        told += block
    return told


def _exact(session: Session, block: Sequence[Looked], asked: Asked) -> list[Looked]:
    rows = [looked.row for looked in block]
    calendar = asked.town.calendar if asked.town else FEDERAL
    found = []
    for looked, listed in zip(block, exceptions.load(session, rows, asked.at, calendar), strict=True):
        zone = place.zone_of(looked.row, asked.home, asked.where)
        state = hours.state_at(listed.rules, asked.at, zone, listed.exceptions)
        found.append(replace(looked, state=state, exact=True, closure=listed.closure))
    return found


def _ordinary(row: Any, at: datetime) -> OpenState:
    """What the hours of an ordinary week say, without holidays and closures."""
    if row.always:
        return OpenState(open=True)
    if row.hours is None:
        return OpenState(None)
    spans = details.spans(row.hours)
    if any(start <= row.minute < end for start, end in spans):
        return OpenState(open=True)
    waits = [(start - row.minute) % WEEK for start, _ in spans]
    return OpenState(open=False, opens=at + timedelta(minutes=min(waits)) if waits else None)


def _documents(session: Session, rows: Sequence[Any]) -> dict[tuple[str, str], tuple[str, ...]]:
    values = {"datasets": [row.dataset for row in rows], "services": [row.service_id for row in rows]}
    return {(row.dataset, row.service_id): tuple(row.documents) for row in session.execute(text(DOCUMENTS), values)}


def _services(session: Session, chosen: list[Looked], asked: Asked, now: datetime) -> list[FoundService]:
    """What is told of the chosen; what was ranked for tonight is told as it is now, for another day as it is then."""
    then = hours.another_day(asked.wanted.when, now, asked.home)
    if asked.wanted.when and not then:
        chosen = _exact(session, chosen, replace(asked, at=now))
    told = details.load(session, [(c.row, c.distance, c.state) for c in chosen], asked.wanted.language)
    return [
        freshness.mark(_told(service, looked, then), freshness.check_of(row, now.date(), asked.rules))
        for (service, row), looked in zip(told, chosen, strict=True)
    ]


def _told(service: FoundService, looked: Looked, then: datetime | None) -> FoundService:
    closure = looked.closure
    return replace(
        details.with_index(service, looked.row),
        need=looked.need,
        closure=closure.reason if closure else None,
        closed_to=closure.to_at if closure else None,
        call_first=looked.call_first,
        why=looked.why,
        asked_at=then,
    )
