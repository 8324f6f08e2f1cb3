"""Who has read what supervisors told everybody, and who at work has not: for the list of broadcasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import broadcasts, paging
from gateway.community import Community
from gateway.escalations import SUPERVISING
from gateway.models import Broadcast, BroadcastReading, Heartbeat, Responder

NEWEST = 50


@dataclass(frozen=True)
class Told:
    """One broadcast as its reader sees it: who sent it, whether it stands, whether it is for them, when they read it.

    For supervisors also who has read it and when, who of those on shift or at an open console has not, and how many
    others have not (``away``).
    """

    broadcast: Broadcast
    by: str
    stands: bool
    for_me: bool
    seen_at: datetime | None
    readers: Sequence[tuple[str, datetime]] = ()
    missing: Sequence[str] = ()
    away: int = 0


def told(session: Session, community: Community, reader: Responder, now: datetime) -> list[Told]:
    """The newest broadcasts, those that stand first: for supervisors all, for others those that are for them."""
    found = session.execute(
        select(Broadcast, Responder.name, broadcasts.stands(now).label("stands"))
        .join(Responder, Responder.id == Broadcast.responder_id)
        .order_by(broadcasts.stands(now).desc(), Broadcast.id.desc())
        .limit(NEWEST)
    ).all()
    readings = _readings(session, [row.Broadcast.id for row in found])
    crowd = _crowd(session, community, now) if found and reader.role in SUPERVISING else None
    shown = []
    for row, by, stands in found:
        had, mine = readings.get(row.id, {}), broadcasts.is_for(community, row, reader)
        seen_at = had[reader.id][0] if reader.id in had else None
        if crowd is not None:
            shown.append(Told(row, by, stands, mine, seen_at, *crowd.of(community, row, had)))
        elif mine:
            shown.append(Told(row, by, stands, mine, seen_at))
    return shown


Had = Mapping[int, tuple[datetime, str]]
"""Responder -> when they read it, and their name."""


@dataclass(frozen=True)
class _Crowd:
    people: Sequence[Responder]
    working: frozenset[int]

    def of(self, community: Community, row: Broadcast, had: Had) -> tuple[list[tuple[str, datetime]], list[str], int]:
        meant = [each for each in self.people if broadcasts.is_for(community, row, each) and each.id not in had]
        missing = [each.name for each in meant if each.id in self.working]
        return [(name, at) for at, name in sorted(had.values())], missing, len(meant) - len(missing)


def _crowd(session: Session, community: Community, now: datetime) -> _Crowd:
    fresh = now - timedelta(seconds=community.ownership.heartbeat_seconds)
    here = session.scalars(select(Heartbeat.responder_id).where(Heartbeat.at > fresh))
    working = {*here, *(each.id for each in paging.on_call(session, now))}
    return _Crowd(broadcasts.answering(session), frozenset(working))


def _readings(session: Session, ids: Sequence[int]) -> dict[int, dict[int, tuple[datetime, str]]]:
    found: dict[int, dict[int, tuple[datetime, str]]] = {}
    wanted = (
        select(BroadcastReading, Responder.name)
        .join(Responder, Responder.id == BroadcastReading.responder_id)
        .where(BroadcastReading.broadcast_id.in_(ids))
    )
    for reading, name in session.execute(wanted):
        found.setdefault(reading.broadcast_id, {})[reading.responder_id] = (reading.seen_at, name)
    return found
