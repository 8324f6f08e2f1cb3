"""Earlier conversations of the same contact: who may read them, and that each reading is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from gateway import audit, escalations
from gateway.conversations import with_contact
from gateway.errors import Refused
from gateway.models import Conversation, Escalation, Message, Responder

ACT = "view_earlier"
MOST = 20
NEWEST = 200  # messages that are shown of one
SUPERVISING = frozenset(("supervisor", "admin"))


@dataclass(frozen=True)
class Earlier:
    """One earlier conversation in outline: when it was, how much was written, what it came to. None of its words."""

    id: int
    opened_at: datetime
    closed_at: datetime | None
    messages: int
    level: str | None


def may_read(row: Escalation, responder: Responder) -> bool:
    """Its owner, while they own it, and supervisors: who only passes by has no need to know an earlier time."""
    owns = row.status == escalations.CLAIMED and row.owner_id == responder.id
    return owns or responder.role in SUPERVISING


def of(session: Session, row: Escalation) -> list[Earlier]:
    """The contact's conversations before this one in which something was written, the newest first."""
    counted = select(Message.conversation_id, func.count().label("messages")).group_by(Message.conversation_id)
    counts = counted.where(Message.conversation_id.in_(_ids(row))).subquery()
    latest = (
        select(Escalation.level)
        .where(Escalation.conversation_id == Conversation.id)
        .order_by(Escalation.id.desc())
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )
    wanted = (
        select(Conversation.id, Conversation.opened_at, Conversation.closed_at, counts.c.messages, latest)
        .join(counts, counts.c.conversation_id == Conversation.id)
        .order_by(Conversation.id.desc())
        .limit(MOST)
    )
    return [Earlier(*found) for found in session.execute(wanted)]


def read(
    session: Session, row: Escalation, conversation_id: int, responder: Responder, now: datetime
) -> Sequence[tuple[Message, str | None]]:
    """The newest messages of an earlier conversation with who wrote them, oldest first; that they were read is noted.

    Raises :class:`Refused` for who may not, and when it is no earlier conversation of the same contact.
    """
    if not may_read(row, responder):
        raise Refused(403, "may_not_read_earlier")
    if session.scalar(_ids(row).where(Conversation.id == conversation_id)) is None:
        raise Refused(404, "no_such_conversation")
    audit.note(session, now, ACT, "escalation", row.id, responder.id, conversation=conversation_id)
    wanted = (
        select(Message, Responder.name)
        .outerjoin(Responder, Responder.id == Message.responder_id)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.id.desc())
        .limit(NEWEST)
    )
    return [(message, name) for message, name in session.execute(wanted)][::-1]


def _ids(row: Escalation) -> Select[int]:
    return select(Conversation.id).where(
        with_contact(row.conversation.contact_id), Conversation.id < row.conversation_id
    )
