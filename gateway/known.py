"""What is known of a contact at the moment when a message comes in, asked in one question under the contact's lock."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, bindparam, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, lazyload
from sqlalchemy.orm.attributes import set_committed_value

from gateway.conversations import SPLIT_TEXTS, SPLIT_WITHIN
from gateway.escalations import RESOLVED
from gateway.models import Contact, Conversation, Escalation, Message, OptOut


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


def of(session: Session, contact: Contact, provider_id: str, now: datetime) -> Known:
    """All that is known of a contact whose row this transaction has locked.

    Only what is written under that lock is asked for beside the conversation (``escalated``, which only labels, is
    not): the statement may have to wait for the conversation's row, and sees of the others what was there before.
    """
    asked = {"provider_id": provider_id, "channel": contact.channel, "address_hash": contact.address_hash}
    row = session.execute(_OPEN, asked | {"contact_id": contact.id, "since": now - SPLIT_WITHIN}).one_or_none()
    if row is None:
        told = session.connection().execute(_NONE_OPEN, asked).one()
        return Known(told.kept_id, None, told.opted_out)
    conversation, kept_id, opted_out, escalated, earlier = row
    set_committed_value(conversation, "contact", contact)
    return Known(kept_id, conversation, opted_out, escalated, tuple(earlier[::-1]))


def _of_contact() -> tuple[Any, Any]:
    kept = select(Message.id).where(Message.provider_id == bindparam("provider_id"))
    barred = select(OptOut.id).where(
        OptOut.channel == bindparam("channel"),
        OptOut.address_hash == bindparam("address_hash"),
        OptOut.ended_at.is_(None),
    )
    return kept.scalar_subquery().label("kept_id"), barred.exists().label("opted_out")


def _open() -> Select[Any]:
    said = (
        select(Message.text)
        .where(
            Message.conversation_id == Conversation.id,
            Message.direction == "in",
            Message.created_at > bindparam("since", type_=Message.created_at.type),
        )
        .order_by(Message.id.desc())
        .limit(SPLIT_TEXTS)
        .correlate(Conversation)
    )
    person = select(Escalation.id).where(
        Escalation.conversation_id == Conversation.id, Escalation.status != literal_column(f"'{RESOLVED}'")
    )
    return (
        select(Conversation, *_of_contact(), person.exists(), func.array(said.scalar_subquery(), type_=ARRAY(Text)))
        .where(Conversation.contact_id == bindparam("contact_id"), Conversation.closed_at.is_(None))
        .with_for_update(key_share=True, of=Conversation)
        .options(lazyload(Conversation.contact))
    )


# Built once: to put a statement together takes as long as to send it.
_OPEN, _NONE_OPEN = _open(), select(*_of_contact())
