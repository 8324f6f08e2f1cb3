"""STOP and START: which addresses must not be texted (FCC 47 CFR 64.1200: any reasonable means, honoured at once)."""

from datetime import datetime

from sqlalchemy import column, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import consents, conversations
from gateway.models import Conversation, OptOut

# Twilio answers these words itself and blocks the number: a second confirmation of ours would be refused (21610).
ANSWERED_BY_TWILIO = frozenset("STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT START UNSTOP YES".split())
# What is written here goes to the store at once: this question need not wait for what else a session has to write.
_IN_FORCE = text(
    "SELECT id FROM opt_outs WHERE channel = :channel AND address_hash = :address_hash AND ended_at IS NULL LIMIT 1"
).columns(column("id"))


def in_force(session: Session, channel: str, address_hash: str) -> bool:
    """Whether this address said STOP and has not said START since."""
    asked = {"channel": channel, "address_hash": address_hash}
    return session.connection().scalar(_IN_FORCE, asked) is not None


def stop(session: Session, channel: str, address_hash: str, source: str, now: datetime) -> bool:
    """Record an opt-out; returns whether it is a new one (a repeated STOP gets no second confirmation)."""
    consents.end_all(session, channel, address_hash, now)
    made = session.execute(
        insert(OptOut)
        .values(channel=channel, address_hash=address_hash, source=source, since=now)
        .on_conflict_do_nothing()
        .returning(OptOut.id)
    )
    return made.first() is not None


def start(session: Session, channel: str, address_hash: str, now: datetime) -> bool:
    """End an opt-out; returns whether there was one."""
    ended = session.execute(
        update(OptOut)
        .where(OptOut.channel == channel, OptOut.address_hash == address_hash, OptOut.ended_at.is_(None))
        .values(ended_at=now)
        .returning(OptOut.id)
    )
    return ended.first() is not None


def why_no_text(session: Session, conversation: Conversation) -> str | None:
    """Why no person may write to this resident now (``opted_out``, ``not_safe_to_text``); None when they may."""
    contact = conversation.contact
    if in_force(session, contact.channel, contact.address_hash):
        return "opted_out"
    return None if conversations.safe_to_text(conversation) else "not_safe_to_text"
