"""What the worker does again and again, whoever writes to us: each part by its name, and how often.

A part runs in one transaction, with the database's clock, and tells which conversations it changed: their open pages
are told, and what it said leaves at once. Several workers may run the same part at the same time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gateway import (
    attachments,
    audit_chain,
    breaks,
    broadcasts,
    dispatch_watch,
    drills,
    ladder,
    lapsing,
    moving,
    owner_watch,
    relay_lines,
    rota,
    shifts,
    silence,
    swaps,
    uploads,
)
from gateway.community import Community

Run = Callable[[Session, Community, datetime], Iterable[int]]


@dataclass(frozen=True)
class Part:
    """One thing that is done again ``every`` so many seconds.

    What may take long, or may wait for nothing else, has its ``own_thread``; the others take turns in one.
    """

    name: str
    every: float
    own_thread: bool
    run: Run


def _lapse(session: Session, _community: Community, now: datetime) -> Iterable[int]:
    lapsing.lapse(session, now)
    moving.forget(session, now)
    return ()


def _lay_out(session: Session, community: Community, now: datetime) -> Iterable[int]:
    rota.materialise(session, community, now)
    swaps.lapse(session, now)
    return ()


def _warn_gaps(session: Session, community: Community, now: datetime) -> Iterable[int]:
    shifts.warn_gaps(session, community, now)
    return ()


def _seal(session: Session, _community: Community, now: datetime) -> Iterable[int]:
    audit_chain.seal(session, now)
    return ()


def _tell_head(session: Session, _community: Community, _now: datetime) -> Iterable[int]:
    audit_chain.tell_head(session)
    return ()


def _drop_pictures(session: Session, _community: Community, now: datetime) -> Iterable[int]:
    uploads.drop_old(session, now)
    return attachments.drop_old(session, now)


def _drop_broadcasts(session: Session, _community: Community, now: datetime) -> Iterable[int]:
    broadcasts.drop_old(session, now)
    return ()


PARTS = [
    Part("silence", 1.0, False, silence.watch),
    Part("ladder", 1.0, True, ladder.climb),
    Part("dispatches", 2.0, True, dispatch_watch.overdue),
    Part("lapsing", 60.0, True, _lapse),
    Part("drills", 5.0, False, drills.watch),
    Part("breaks", 10.0, False, breaks.offer_due),
    Part("relay", 2.0, False, relay_lines.watch),
    Part("pictures", 600.0, False, _drop_pictures),
    Part("broadcasts", 600.0, False, _drop_broadcasts),
    Part("gaps", 60.0, False, _warn_gaps),
    Part("rota", 600.0, True, _lay_out),
    Part("audit-seal", 1.0, True, _seal),
    Part("audit-head", 3600.0, True, _tell_head),
    Part("owners", 1.0, True, owner_watch.Watch()),
]
"""Every part; those that take turns do so in this order."""
