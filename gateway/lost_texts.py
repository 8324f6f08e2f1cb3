"""Texts that will never arrive: who must learn of one, and the replies that their owner believes to be read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from gateway import conversations, delivery, escalations, owner_phones, stopping
from gateway.escalations import CLAIMED
from gateway.models import Conversation, Delivery, Escalation, Message
from gateway.risk import Level


def lost(session: Session, conversation: Conversation, delivery_id: int, now: datetime) -> None:
    """A text that will never arrive is a person's affair, also where nobody was asked before; not where the resident
    asked for silence.

    The conversation is locked by the caller before the text (see :func:`gateway.conversations.thread`), and its
    contacts before it where Twilio tells of an opt-out.
    """
    row = session.get_one(Delivery, delivery_id)
    new = row.error_code == delivery.OPTED_OUT and refused(session, conversation, now)
    if delivery.matters(row.error_code, quietly=delivery.lost_quietly(row)):
        escalations.open_(session, conversation, "text_failed", Level.ROUTINE, now)
    thread = escalations.of_conversation(session, conversation.id)
    if thread is not None and row.message.author == "responder":
        escalations.touch(session, thread.id)
        if not new:
            owner_phones.tell(session, thread, "relay_lost", now)


def refused(session: Session, conversation: Conversation, now: datetime) -> bool:
    """Twilio takes no text for this number: its resident said STOP where we did not hear it. Returns whether that is
    news."""
    new = stopping.stop(session, conversation, "twilio", now)
    conversations.turn_to_page(conversation)
    return new


def in_threads_of(session: Session, responder_id: int) -> Sequence[tuple[Escalation, datetime]]:
    """The threads of an owner in which the last reply did not arrive and nothing was done since; oldest first."""
    return _threads(session, Escalation.owner_id == responder_id)


def among(session: Session, threads: Sequence[Escalation]) -> set[int]:
    """The ids of those of the threads in which the last reply did not arrive and nothing was done since."""
    owned = [each.id for each in threads if each.status == CLAIMED]
    return {row.id for row, _ in _threads(session, Escalation.id.in_(owned))} if owned else set()


def since(session: Session, escalation_id: int) -> datetime | None:
    """When it became known that the last reply in this thread did not arrive; None where its owner acted after that."""
    return next((at for _, at in _threads(session, Escalation.id == escalation_id)), None)


def _threads(session: Session, which: ColumnElement[bool]) -> Sequence[tuple[Escalation, datetime]]:
    newest = (
        select(func.max(Message.id))
        .where(Message.conversation_id == Escalation.conversation_id, Message.author == "responder")
        .correlate(Escalation)
        .scalar_subquery()
    )
    found = session.execute(
        select(Escalation, Delivery.updated_at)
        .join(Delivery, Delivery.message_id == newest)
        .where(
            which,
            Escalation.status == CLAIMED,
            Delivery.status == "failed",
            or_(Escalation.owner_acted_at.is_(None), Escalation.owner_acted_at <= Delivery.updated_at),
        )
        .order_by(Delivery.updated_at, Escalation.id)
    )
    return [(row, at) for row, at in found]
