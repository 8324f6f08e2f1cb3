"""What an opt-out does, however it was said: by keyword, by sentence, or through the bot."""

from datetime import datetime

from sqlalchemy.orm import Session

from gateway import conversations, delivery, escalations, optout, owner_phones, texts
from gateway.models import Conversation, Escalation
from gateway.risk import Level

CONFIRMATIONS = ("opt_out_confirm", "opt_out_confirm_risk")


def stop(session: Session, conversation: Conversation, source: str, now: datetime) -> bool:
    """Opt the number out and cancel what is queued; returns whether that is new. The caller says what is still to be
    said, and then turns to the page, where there is one beside the number (:func:`conversations.turn_to_page`).

    Where danger is open, those who look after it learn, once, that this resident can only be called; an owner who
    works by phone does in any case, or they would write on to nobody.
    """
    contact = conversations.phone_contact(conversation)
    new = optout.stop(session, contact.channel, contact.address_hash, source, now)
    delivery.cancel(session, conversation.id, now, least=delivery.EMERGENCY)
    row = escalations.of_conversation(session, conversation.id)
    if new and row is not None:
        tell_of_it(session, row, now)
    return new


def tell_of_it(session: Session, row: Escalation, now: datetime) -> None:
    """Tell who looks after a thread that its resident may not be texted any more."""
    danger = Level(row.level) >= Level.URGENT
    if danger:
        escalations.cannot_text(session, row, now)
    owner_phones.tell(session, row, "relay_stop_danger" if danger else "relay_stop", now)


def confirmation(session: Session, conversation: Conversation) -> str:
    """The one text that may follow (47 CFR 64.1200(a)(12)); where danger is open it names 911 and 988."""
    risky = escalations.in_danger(session, conversation.id)
    return texts.both("opt_out_confirm_risk" if risky else "opt_out_confirm", conversation.language or "es")


def is_confirmation(text: str) -> bool:
    """Whether a text is that confirmation, of either kind and in either order of languages."""
    return any(text == texts.both(key, first) for key in CONFIRMATIONS for first in texts.LANGUAGES)
