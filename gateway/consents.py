"""What each address allows us to text it for, purpose by purpose, and how a yes ends.

Whoever texts first may be answered in that exchange: such consent is implied and kept nowhere. Anything that we send
of ourselves later needs an express yes to words that name it (FCC 47 CFR 64.1200).
"""

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from gateway.models import Consent, Contact, FollowUp, Message

FOLLOW_UP, BY_TEXT = "follow_up", "by_text"
USED, OPTED_OUT = "used", "opted_out"
UNDER_WAY = ("offered", "agreed", "asked")
DO_NOT_CONTACT = "do_not_contact"


def record(  # noqa: PLR0913 - who answered which words, and how
    session: Session, contact: Contact, purpose: str, asked: Message, answer: Message, now: datetime, *, given: bool
) -> Consent:
    """Write down an answer with the exact words it was given to; a new yes takes the place of an older one."""
    return _record(session, contact, purpose, asked.text, asked.language, now, given=given, message_id=answer.id)


def record_on_page(  # noqa: PLR0913 - as record
    session: Session, contact: Contact, purpose: str, wording: str, language: str, at: datetime
) -> Consent:
    """Write down a yes that was ticked on a page of ours beside these words, ``at`` that time."""
    return _record(session, contact, purpose, wording, language, at, given=True, message_id=None)


def _record(  # noqa: PLR0913 - as record
    session: Session, contact: Contact, purpose: str, wording: str, language: str | None, at: datetime,
    *, given: bool, message_id: int | None,
) -> Consent:  # fmt: skip
    if given:
        end(session, contact, purpose, "replaced", at)
    row = Consent(
        channel=contact.channel,
        address_hash=contact.address_hash,
        purpose=purpose,
        given=given,
        wording=wording,
        version=version_of(purpose, language, wording),
        language=language,
        message_id=message_id,
        at=at,
    )
    session.add(row)
    session.flush()
    return row


def version_of(purpose: str, language: str | None, wording: str) -> str:
    """The name of a wording: purpose, language and twelve digits of its SHA-256; it changes with every letter."""
    return f"{purpose}.{language or 'both'}.{hashlib.sha256(wording.encode()).hexdigest()[:12]}"


def of(channel: Any, address_hash: Any, purpose: str) -> ColumnElement[bool]:
    """What is true of an address's yes to one purpose that is in force."""
    whose = Consent.channel == channel, Consent.address_hash == address_hash, Consent.purpose == purpose
    return and_(*whose, Consent.given, Consent.ended_at.is_(None))


def in_force(session: Session, contact: Contact, purpose: str) -> bool:
    """Whether this address said yes to this purpose and nothing has ended that."""
    found = select(Consent.id).where(of(contact.channel, contact.address_hash, purpose))
    return session.scalar(found.limit(1)) is not None


def end(session: Session, contact: Contact, purpose: str, reason: str, now: datetime) -> None:
    """The yes to one purpose counts no longer."""
    session.execute(
        update(Consent)
        .where(of(contact.channel, contact.address_hash, purpose))
        .values(ended_at=now, end_reason=reason)
    )


def end_all(session: Session, channel: str, address_hash: str, now: datetime) -> None:
    """After an opt-out nothing that was allowed counts any longer, and no START brings it back."""
    session.execute(
        update(Consent)
        .where(Consent.channel == channel, Consent.address_hash == address_hash, Consent.ended_at.is_(None))
        .where(Consent.given)
        .values(ended_at=now, end_reason=OPTED_OUT)
    )
    owner = select(Contact.id).where(Contact.channel == channel, Contact.address_hash == address_hash)
    session.execute(
        update(FollowUp)
        .where(FollowUp.contact_id.in_(owner), FollowUp.state.in_(UNDER_WAY))
        .values(state="void", void_reason=OPTED_OUT, result=DO_NOT_CONTACT, changed_at=now)
    )
