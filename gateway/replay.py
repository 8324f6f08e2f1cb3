"""Brings what was said at once, without the store, together with what the store says should have been said."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import delivery, escalations, stopping
from gateway.conversations import SMS, Inbound, lock, say
from gateway.models import Assessment, Conversation, Delivery, Message
from gateway.risk import Level


def missing(answer: Sequence[str], said: Sequence[str] | None, *, danger: bool) -> list[str]:
    """What of ``answer`` must still be sent to one who was told ``said`` (None: gets all of it at once).

    Where danger shows, every safety text that was not said. Otherwise the answer of then will do, in whatever language
    it began: one confirmation of a STOP, and no second (FCC 47 CFR 64.1200).
    """
    if said is None or (said and not danger):
        return []
    told = {_lines(text) for text in said}
    confirmed = any(stopping.is_confirmation(text) for text in said)
    return [text for text in answer if _lines(text) not in told and not (confirmed and stopping.is_confirmation(text))]


def _lines(text: str) -> frozenset[str]:
    """A text in both languages is the same, whichever of them stands first."""
    return frozenset(text.splitlines())


def reconcile(session: Session, kept: Message, inbound: Inbound, now: datetime) -> None:
    """Mend the rows of a commit that came after its sender had been answered from the journal.

    What that commit put down as said, but was not, is queued; what was said is put down; of the two levels the higher
    counts. The contact is locked already. A second time changes nothing.
    """
    conversation = lock(session, kept.conversation_id)
    said = inbound.said or ()
    level = _raise_level(session, conversation, kept, inbound, now)
    danger = level >= Level.URGENT
    answers = session.scalars(select(Message).where(Message.answers_id == kept.id).order_by(Message.id)).all()
    stored = [message for message in answers if message.in_webhook]
    late = missing([message.text for message in stored], said, danger=danger)
    for message in stored:
        if message.text in late:
            _send_after_all(session, conversation, message, now, danger=danger)
    known = {message.text for message in answers}
    for text in said if not stored or danger else ():
        if text not in known:
            say(session, conversation, text, "system", kept.created_at, answers=kept.id, in_webhook=True)


def _raise_level(session: Session, conversation: Conversation, kept: Message, inbound: Inbound, now: datetime) -> Level:
    row = session.scalar(select(Assessment).where(Assessment.message_id == kept.id))
    stored, then = Level(row.level if row else "none"), Level(inbound.level or "none")
    if row is not None and then > stored:
        row.level, row.not_screened = then.value, row.not_screened or inbound.not_screened
        if then >= Level.URGENT:
            escalations.open_(session, conversation, "risk", then, now, kept.id)
    return max(stored, then)


def _send_after_all(
    session: Session, conversation: Conversation, message: Message, now: datetime, *, danger: bool
) -> None:
    message.in_webhook = False
    if conversation.channel != SMS:
        return  # a web visitor reads the rows themselves
    row = session.scalar(select(Delivery).where(Delivery.message_id == message.id))
    if row is None:
        return  # said to the page, from which they went on to texts since
    confirms_stop = row.confirms_stop
    session.delete(row)
    session.flush()
    priority = delivery.EMERGENCY if danger else delivery.BOT
    delivery.queue(session, message, priority, now, in_webhook=False, confirms_stop=confirms_stop)
