"""What supervisors tell everybody who answers residents, or one desk, at once, and who has read it.

No resident ever reads one: a broadcast is no message, and no channel knows of it.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import audit, reaching
from gateway.community import Community
from gateway.errors import Refused
from gateway.escalations import SUPERVISING
from gateway.models import Broadcast, BroadcastReading, Responder
from gateway.models.people import EDITOR

LONGEST = 500
LASTS = (60, 240, 720, 1_440)  # minutes; without one it stands until somebody ends it
MOST_STANDING = 10  # more than that nobody reads
KEPT_FOR = timedelta(days=30)  # after its end: who was told what stays in the audit trail, without its words
AT_ONCE = 100
# Characters that turn the direction of what stands around them (UAX 9).
TURNS = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
LINE_ENDS = re.compile("\r\n?|[\u0085\u2028\u2029]")


@dataclass(frozen=True)
class Calls:
    """What stands at one moment: which broadcasts, and for each responder those they have not read, urgent or not."""

    standing: frozenset[int] = frozenset()
    unread: Mapping[int, Mapping[int, bool]] = field(default_factory=dict)


def send(  # noqa: PLR0913 - a broadcast is these facts
    session: Session,
    community: Community,
    supervisor: Responder,
    text: str,
    now: datetime,
    *,
    urgent: bool = False,
    desk: str | None = None,
    minutes: int | None = None,
) -> Broadcast:
    """Tell every console, or those of one desk, for so many ``minutes`` (one of :data:`LASTS`) or until it is ended.

    Who sends it has read it. Raises :class:`Refused`: 403 for who does not supervise, 400 for a text that is empty or
    longer than 500 characters, an unknown desk or time, 409 when the same stands already or ten others do.
    """
    _supervises(supervisor)
    text = clean(text)
    if not text or len(text) > LONGEST:
        raise Refused(400, "broadcast_too_long" if text else "broadcast_empty")
    if desk is not None and desk not in {each.code for each in community.desks}:
        raise Refused(400, "no_such_desk")
    if minutes is not None and minutes not in LASTS:
        raise Refused(400, "no_such_time")
    before = session.scalars(select(Broadcast).where(stands(now))).all()
    if any((each.text, each.desk) == (text, desk) for each in before):
        raise Refused(409, "broadcast_stands")
    if len(before) >= MOST_STANDING:
        raise Refused(409, "too_many_broadcasts")
    ends_at = None if minutes is None else now + timedelta(minutes=minutes)
    row = Broadcast(responder_id=supervisor.id, text=text, urgent=urgent, desk=desk, at=now, ends_at=ends_at)
    session.add(row)
    session.flush()
    audit.note(session, now, "broadcast_send", "broadcast", row.id, supervisor.id, urgent=urgent, desk=desk)
    _read(session, row, supervisor, now)
    return row


def end(session: Session, broadcast_id: int, supervisor: Responder, now: datetime) -> Broadcast:
    """Let it stand no longer. Raises :class:`Refused`: 404 for none, 409 for one that is over."""
    _supervises(supervisor)
    row = session.get(Broadcast, broadcast_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Refused(404, "no_such_broadcast")
    if row.ends_at is not None and row.ends_at <= now:
        raise Refused(409, "broadcast_over")
    row.ends_at = now
    audit.note(session, now, "broadcast_end", "broadcast", row.id, supervisor.id)
    return row


def seen(session: Session, community: Community, broadcast_id: int, reader: Responder, now: datetime) -> bool:
    """Note that this person has read it; false when they had. One that has just ended may still be read.

    Raises :class:`Refused` with 404 for one that is not for them.
    """
    # Held, or a page that was left open for a month reads one that is dropped just now.
    row = session.get(Broadcast, broadcast_id, with_for_update={"read": True, "key_share": True})
    if row is None or not is_for(community, row, reader):
        raise Refused(404, "no_such_broadcast")
    if not _read(session, row, reader, now):
        return False
    audit.note(session, now, "broadcast_seen", "broadcast", row.id, reader.id)
    return True


def drop_old(session: Session, now: datetime) -> None:
    """Forget what ended a month ago, and who had read it."""
    old = select(Broadcast.id).where(Broadcast.ends_at < now - KEPT_FOR).order_by(Broadcast.id).limit(AT_ONCE)
    ids = session.scalars(old.with_for_update(skip_locked=True)).all()
    session.execute(delete(BroadcastReading).where(BroadcastReading.broadcast_id.in_(ids)))
    session.execute(delete(Broadcast).where(Broadcast.id.in_(ids)))


def unread_by(session: Session, community: Community, reader: Responder, now: datetime) -> list[tuple[Broadcast, str]]:
    """What stands, is for this person and was not read by them, with who sent it: the urgent first, then the oldest."""
    had = select(BroadcastReading.broadcast_id).where(BroadcastReading.responder_id == reader.id)
    found = session.execute(
        select(Broadcast, Responder.name)
        .join(Responder, Responder.id == Broadcast.responder_id)
        .where(stands(now), Broadcast.id.not_in(had))
        .order_by(Broadcast.urgent.desc(), Broadcast.id)
    )
    return [(row, name) for row, name in found if is_for(community, row, reader)]


def calls(session: Session, community: Community, now: datetime) -> Calls:
    """What stands and who has not read it, for all at once: one statement while nothing stands."""
    found = session.scalars(select(Broadcast).where(stands(now)).order_by(Broadcast.id)).all()
    if not found:
        return Calls()
    ids = [row.id for row in found]
    readings = select(BroadcastReading.broadcast_id, BroadcastReading.responder_id)
    had = {(row.broadcast_id, row.responder_id) for row in session.execute(
        readings.where(BroadcastReading.broadcast_id.in_(ids)))}  # fmt: skip
    unread = {
        each.id: {row.id: row.urgent for row in found if (row.id, each.id) not in had and is_for(community, row, each)}
        for each in answering(session)
    }
    return Calls(frozenset(ids), {who: rows for who, rows in unread.items() if rows})


def is_for(community: Community, row: Broadcast, responder: Responder) -> bool:
    """Whether a broadcast is for this person: who answers nobody is told nothing, of residents least of all."""
    if not responder.active or responder.role == EDITOR:
        return False
    return row.desk is None or reaching.belongs(community, row.desk, responder)


def answering(session: Session) -> list[Responder]:
    """Everybody who may be told anything, by name."""
    wanted = select(Responder).where(Responder.active, Responder.role != EDITOR)
    return list(session.scalars(wanted.order_by(Responder.name, Responder.id)))


def stands(now: datetime) -> ColumnElement[bool]:
    """Whether a broadcast stands at that moment, for a question to the store."""
    return or_(Broadcast.ends_at.is_(None), Broadcast.ends_at > now)


def clean(text: str) -> str:
    """The text without control characters and without those that turn its direction; line ends are one kind."""
    text = LINE_ENDS.sub("\n", text).replace("\t", " ")
    kept = "".join(
        each
        for each in text
        if each == "\n" or (unicodedata.category(each) != "Cc" and unicodedata.bidirectional(each) not in TURNS)
    )
    return re.sub(r"\n{3,}", "\n\n", kept).strip()


def _read(session: Session, row: Broadcast, reader: Responder, now: datetime) -> bool:
    made = (
        insert(BroadcastReading)
        .values(broadcast_id=row.id, responder_id=reader.id, seen_at=now)
        .on_conflict_do_nothing(index_elements=["broadcast_id", "responder_id"])
        .returning(BroadcastReading.id)
    )
    return session.scalar(made) is not None


def _supervises(responder: Responder) -> None:
    if responder.role not in SUPERVISING:
        raise Refused(403, "supervisors_only")
