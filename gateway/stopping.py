"""What an opt-out does, however it was said: by keyword, by sentence, or through the bot."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway import conversations, delivery, escalations, optout, texts
from gateway.models import Conversation
from gateway.risk import Level

CONFIRMATIONS = ("opt_out_confirm", "opt_out_confirm_risk")


def stop(session: Session, conversation: Conversation, source: str, now: datetime) -> bool:
    """Opt the number out and cancel what is queued; returns whether that is new. The caller says what is still to be
    said, and then turns to the page, where there is one beside the number (:func:`conversations.turn_to_page`).

    Where danger is open, those who look after it learn, once, that this resident can only be called.
    """
    contact = conversations.phone_contact(conversation)
    new = optout.stop(session, contact.channel, contact.address_hash, source, now)
    delivery.cancel(session, conversation.id, now, least=delivery.EMERGENCY)
    row = escalations.of_conversation(session, conversation.id)
    if new and row is not None and Level(row.level) >= Level.URGENT:
        escalations.cannot_text(session, row, now)
    return new


def confirmation(session: Session, conversation: Conversation) -> str:
    """The one text that may follow (47 CFR 64.1200(a)(12)); where danger is open it names 911 and 988."""
    risky = escalations.in_danger(session, conversation.id)
    return texts.both("opt_out_confirm_risk" if risky else "opt_out_confirm", conversation.language or "es")


def is_confirmation(text: str) -> bool:
    """Whether a text is that confirmation, of either kind and in either order of languages."""
    return any(text == texts.both(key, first) for key in CONFIRMATIONS for first in texts.LANGUAGES)
