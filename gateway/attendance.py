"""Who is at the console and at which thread: signs of life, what an owner did last, who listens or has joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from gateway.escalations import CLAIMED, CONSOLE
from gateway.models import Attendance, Escalation, Heartbeat, Responder

LISTENING, JOINED = "listening", "joined"
ACTED_EVERY = timedelta(seconds=15)  # an owner who writes acts with every letter; each would redraw open pages

_beat = insert(cast(Table, Heartbeat.__table__)).values(
    responder_id=bindparam("responder_id"), at=bindparam("at"), means=bindparam("means")
)
_BEAT = _beat.on_conflict_do_update(
    index_elements=["responder_id"],
    set_={"at": func.greatest(_beat.excluded.at, cast(Table, Heartbeat.__table__).c.at), "means": _beat.excluded.means},
)


@dataclass(frozen=True)
class Here:
    """Somebody who listens to a thread or has joined it, beside its owner."""

    attendance: Attendance
    name: str


def beat(session: Session, responder_id: int, now: datetime, means: str = CONSOLE) -> None:
    """Note that a responder's console (or phone) is alive."""
    session.execute(_BEAT, {"responder_id": responder_id, "at": now, "means": means})


def act(session: Session, escalation_id: int, responder_id: int, now: datetime, means: str = CONSOLE) -> int | None:
    """Note that the owner of a thread did something in it, at most each 15 seconds; nothing for anybody else.

    From then on they work by ``means``: who claimed by phone and goes on at the console is watched for as there, or
    a laptop that died would hold the thread. Returns the conversation of the thread, when that was noted: its pages
    then show it.
    """
    return _note(session, Escalation.owner_acted_at, escalation_id, responder_id, now, means)


def wrote(session: Session, escalation_id: int, responder_id: int, now: datetime) -> int | None:
    """Note that keys are pressed in a thread by its owner, as :func:`act` does; one key must not hold a thread."""
    return _note(session, Escalation.owner_wrote_at, escalation_id, responder_id, now, CONSOLE)


def _note(  # noqa: PLR0913 - what was done where, by whom and how
    session: Session,
    what: InstrumentedAttribute[datetime | None],
    escalation_id: int,
    responder_id: int,
    now: datetime,
    means: str,
) -> int | None:
    return session.scalar(
        update(Escalation)
        .where(
            Escalation.id == escalation_id,
            Escalation.owner_id == responder_id,
            Escalation.status == CLAIMED,
            or_(what.is_(None), what < now - ACTED_EVERY, Escalation.owner_means.is_distinct_from(means)),
        )
        .values({what: now, Escalation.owner_means: means})
        .returning(Escalation.conversation_id)
    )


def here(session: Session, escalation_id: int, *, listeners: bool) -> Sequence[Here]:
    """Who has joined a thread, oldest first; ``listeners`` too, for those who may know of them."""
    kinds = (JOINED, LISTENING) if listeners else (JOINED,)
    found = session.execute(
        select(Attendance, Responder.name)
        .join(Responder, Responder.id == Attendance.responder_id)
        .where(Attendance.escalation_id == escalation_id, Attendance.left_at.is_(None), Attendance.kind.in_(kinds))
        .order_by(Attendance.id)
    )
    return [Here(attendance, name) for attendance, name in found]


def of_responder(session: Session, escalation_id: int, responder_id: int) -> Attendance | None:
    """How this responder is at the thread, if they are."""
    return session.scalar(
        select(Attendance).where(
            Attendance.escalation_id == escalation_id,
            Attendance.responder_id == responder_id,
            Attendance.left_at.is_(None),
        )
    )


def come(session: Session, escalation_id: int, responder_id: int, kind: str, now: datetime) -> bool:
    """Be at a thread from now on, or in another way than before; false when nothing changed."""
    found = of_responder(session, escalation_id, responder_id)
    if found is not None and found.kind == kind:
        return False
    if found is not None:
        found.left_at = now
        session.flush()
    session.add(Attendance(escalation_id=escalation_id, responder_id=responder_id, kind=kind, since=now, seen_at=now))
    session.flush()
    return True


def leave(session: Session, escalation_id: int, now: datetime, responder_id: int | None = None) -> int:
    """Be there no longer; without ``responder_id`` everybody. Returns how many left."""
    gone = and_(Attendance.escalation_id == escalation_id, Attendance.left_at.is_(None))
    if responder_id is not None:
        gone = and_(gone, Attendance.responder_id == responder_id)
    done = cast(CursorResult[Any], session.execute(update(Attendance).where(gone).values(left_at=now)))
    return done.rowcount
