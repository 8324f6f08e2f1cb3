"""What is known when a message comes in: asked in one question before any lock, in another under the contact's."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, Text, and_, bindparam, exists, func, literal_column, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, lazyload

from gateway.ahead import Thread
from gateway.conversations import SMS, SPLIT_TEXTS, SPLIT_WITHIN, Inbound, turn_to, with_contact
from gateway.escalations import RESOLVED
from gateway.keys import Keys
from gateway.models import Contact, Conversation, Escalation, Message, OptOut, Responder
from gateway.models.people import EDITOR

# What a guess at the bot's turn is made of (:class:`gateway.ahead.Thread`).
SEEN = ("public_id", "handler", "language", "bot_state", "menu_open", "last_search", "last_inbound_at", "pending_since")


@dataclass(frozen=True)
class Known:
    """What there is of a contact that is locked.

    ``kept_id`` is the row of the very message, if it came before; ``conversation`` the open one, locked, if there is
    one; ``opted_out`` whether a STOP is in force; ``escalated`` whether a person is asked for there; ``earlier`` what
    was written there just before, oldest first.
    """

    kept_id: int | None
    conversation: Conversation | None
    opted_out: bool
    escalated: bool = False
    earlier: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class First:
    """What is asked before anything is locked or opened: the row of the very message, if it came before, whether the
    text comes from a phone that a colleague proved to be theirs (see :mod:`gateway.relay`), and the open conversation
    as it stands, which may look otherwise once it is locked."""

    kept_id: int | None
    colleague: bool
    thread: Thread | None = field(default=None, repr=False)


def at_first(session: Session, keys: Keys, inbound: Inbound) -> First:
    """Whose road a message is for, and whether it was taken in before."""
    asked = {"provider_id": inbound.provider_id, "channel": inbound.channel, "address_hash": keys.hash(inbound.address)}
    row = session.connection().execute(_FIRST, asked).one()
    return First(row.kept_id, row.colleague and inbound.channel == SMS, row if row.public_id is not None else None)


def of(session: Session, contact: Contact, provider_id: str, now: datetime) -> Known:
    """All that is known of a contact whose row this transaction has locked.

    Only what is written under that lock is asked for beside the conversation (``escalated``, which only labels, is
    not): the statement may have to wait for the conversation's row, and sees of the others what was there before.
    """
    asked = {"provider_id": provider_id, "channel": contact.channel, "address_hash": contact.address_hash}
    since = now - SPLIT_WITHIN
    row = session.execute(_OPEN, asked | {"contact_id": contact.id, "since": since}).first()
    if row is None:
        told = session.connection().execute(_NONE_OPEN, asked).one()
        return Known(told.kept_id, None, told.opted_out)
    conversation, kept_id, opted_out, escalated, earlier = row
    found = Known(kept_id, conversation, opted_out, escalated, tuple(earlier[::-1]))
    if conversation.other_contact_id is not None and kept_id is None:
        return _of_two_ways(session, contact, conversation, found, since)
    turn_to(conversation, contact)
    return found


def _of_two_ways(
    session: Session, contact: Contact, conversation: Conversation, found: Known, since: datetime
) -> Known:
    """The same where a conversation goes on over a web page and a number.

    What came over the other way was not written under this contact's lock, so it is asked for again, under the
    conversation's. A number that said STOP is no way any longer: what it writes then is a conversation of its own, and
    whoever sits at the page does not read it.
    """
    if conversation.contact_id != contact.id and contact.channel == SMS and found.opted_out:
        conversation.other_contact_id = None
        session.flush()
        return Known(None, None, found.opted_out)
    turn_to(conversation, contact)
    said = session.scalars(_SAID.where(Message.conversation_id == conversation.id), {"since": since}).all()
    return replace(found, earlier=tuple(said[::-1]))


def person_asked_in(conversation_id: Any) -> Exists:
    """Whether a person is asked for in a conversation: a part for questions that are about something else, too."""
    unresolved = Escalation.status != literal_column(f"'{RESOLVED}'")  # as in the index
    return select(Escalation.id).where(Escalation.conversation_id == conversation_id, unresolved).exists()


def colleague_at(phone_hash: Any) -> ColumnElement[bool]:
    """Whether this is the phone of a colleague who proved it; an editor of the directory answers no resident."""
    proved = Responder.active, Responder.phone_verified_at.is_not(None)
    return and_(Responder.phone_hash == phone_hash, *proved, Responder.role != EDITOR)


def _kept() -> ColumnElement[int | None]:
    return select(Message.id).where(Message.provider_id == bindparam("provider_id")).scalar_subquery().label("kept_id")


def _of_contact() -> tuple[Any, Any]:
    barred = select(OptOut.id).where(
        OptOut.channel == bindparam("channel"),
        OptOut.address_hash == bindparam("address_hash"),
        OptOut.ended_at.is_(None),
    )
    return _kept(), barred.exists().label("opted_out")


_SAID = (
    select(Message.text)
    .where(Message.direction == "in", Message.created_at > bindparam("since", type_=Message.created_at.type))
    .order_by(Message.id.desc())
    .limit(SPLIT_TEXTS)
)


def _open() -> Select[Any]:
    said = _SAID.where(Message.conversation_id == Conversation.id).correlate(Conversation)
    earlier = func.array(said.scalar_subquery(), type_=ARRAY(Text))
    return (
        select(Conversation, *_of_contact(), person_asked_in(Conversation.id), earlier)
        .where(with_contact(bindparam("contact_id")), Conversation.closed_at.is_(None))
        .with_for_update(key_share=True, of=Conversation)
        .options(lazyload(Conversation.contact))
    )


def _first() -> Select[Any]:
    seen = (
        select(*(getattr(Conversation, name) for name in SEEN))
        .join(Contact, with_contact(Contact.id))
        .where(
            Contact.channel == bindparam("channel"),
            Contact.address_hash == bindparam("address_hash"),
            Conversation.closed_at.is_(None),
        )
        .limit(1)
        .subquery()
    )
    colleague = exists().where(colleague_at(bindparam("address_hash"))).label("colleague")
    return (
        select(_kept(), colleague, *seen.c).select_from(select(literal_column("1")).subquery()).outerjoin(seen, true())
    )


# Built once: to put a statement together takes as long as to send it.
_OPEN, _NONE_OPEN = _open(), select(*_of_contact())
_FIRST = _first()
