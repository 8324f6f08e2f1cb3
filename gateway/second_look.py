"""A second look at every emergency that was closed: by somebody else, who agrees or opens it again.

The thread is closed at once, so that one responder alone at night is not held by it; it stays on everybody's list
until another person has looked ([decision 40](docs/decisions/0040-the-911-packet-and-the-second-look.md)).
"""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from gateway import audit, conversations, escalations
from gateway.errors import Conflict, Refused
from gateway.models import Closing, Contact, Conversation, Escalation, Responder
from gateway.risk import Level
from gateway.scene import short

AGREE, REOPEN = "agree", "reopen"
REASON = "second_look"
MOST = 200


def due(session: Session, responder: Responder | None = None) -> list[tuple[Closing, Escalation]]:
    """The closings that wait for a look, the one that is due first before the others; without those a responder closed
    themselves, as they may not look at these."""
    wanted = (
        select(Closing, Escalation).join(Escalation, Escalation.id == Closing.escalation_id).where(*_waiting(responder))
    )
    return [(closing, row) for closing, row in session.execute(wanted.order_by(Closing.look_due_at).limit(MOST))]


def first_due(session: Session, responder: Responder) -> tuple[datetime, datetime] | None:
    """Of what waits for this responder: when the oldest was closed, and when the first is due; None where nothing
    waits."""
    asked = select(func.min(Closing.at), func.min(Closing.look_due_at)).where(*_waiting(responder))
    closed_at, due_at = session.execute(asked).one()
    return (closed_at, due_at) if due_at is not None else None


def _waiting(responder: Responder | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Closing.look_due_at.is_not(None), Closing.looked_at.is_(None)]
    if responder is not None:
        wanted.append(Closing.responder_id != responder.id)
    return wanted


def of_escalation(session: Session, escalation_id: int) -> Closing | None:
    """How this thread was closed, if it was."""
    return session.scalar(select(Closing).where(Closing.escalation_id == escalation_id))


def look(  # noqa: PLR0913 - who looked at what, and what they say
    session: Session, escalation_id: int, responder: Responder, now: datetime, *, agree: bool, note: str | None = None
) -> Escalation | None:
    """Keep what a second person says of a closed emergency; to open it again they say why.

    Opened again it waits at its old level, linked to the closed one: that thread is returned. Raises :class:`Refused`
    for who closed it and for a reopening without a reason, :class:`Conflict` when somebody else has looked.
    """
    row = session.get(Escalation, escalation_id)
    closing = of_escalation(session, escalation_id)
    if row is None or closing is None or closing.look_due_at is None:
        raise Refused(404, "no_such_closing")
    if closing.responder_id == responder.id:
        raise Refused(403, "own_closing")
    note = short(note)
    if not agree and note is None:
        raise Refused(400, "say_why")
    conversation = None if agree else _open_conversation(session, row, now)
    verdict = AGREE if agree else REOPEN
    done = session.execute(
        update(Closing)
        .where(Closing.id == closing.id, Closing.looked_at.is_(None))
        .values(looked_by=responder.id, looked_at=now, look=verdict, look_note=note)
        .returning(Closing.id)
    )
    if done.first() is None:
        raise Conflict("looked_at_already")
    audit.note(session, now, "second_look", "escalation", row.id, responder.id, look=verdict)
    escalations.touch(session, row.id)
    return _open_again(session, conversation, row, responder, now) if conversation is not None else None


def _open_conversation(session: Session, row: Escalation, now: datetime) -> Conversation:
    """The contact's conversation of now, locked in the order of all writers: the old one may have ended meanwhile."""
    contact = session.scalars(
        select(Contact)
        .where(Contact.id == row.conversation.contact_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    return conversations.open_with(session, contact) or conversations.open_new(session, contact, now)


def _open_again(
    session: Session, conversation: Conversation, row: Escalation, responder: Responder, now: datetime
) -> Escalation:
    evidence = row.message_id if conversation.id == row.conversation_id else None
    again = escalations.open_(session, conversation, REASON, Level(row.level), now, evidence)
    if again.reopens_id is None and again.id != row.id:
        again.reopens_id = row.id
    audit.note(session, now, "reopen", "escalation", again.id, responder.id, before=row.id)
    return again
