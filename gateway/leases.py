"""One worker at a time for each conversation: a lease in Postgres, with a fencing epoch on every write."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Session, contains_eager
from sqlalchemy.sql.dml import ReturningUpdate

from gateway.errors import Refused
from gateway.models import Contact, Conversation

LEASE = timedelta(seconds=20)
LOOKS = 3
_UNLEASED = (Conversation.lease_until.is_(None)) | (Conversation.lease_until < func.now())


def _lease(*which: ColumnElement[bool]) -> ReturningUpdate[Conversation]:
    return (
        update(Conversation)
        .where(*which)
        .values(
            lease_owner=bindparam("owner"), lease_until=func.now() + LEASE, lease_epoch=Conversation.lease_epoch + 1
        )
        .returning(Conversation)
        .execution_options(synchronize_session=False, populate_existing=True)
    )


# Built once: to put a statement together takes as long as to send it.
_FREE = (
    select(Conversation.id)
    .where(Conversation.pending_since.is_not(None), _UNLEASED)
    .order_by(Conversation.pending_since, Conversation.id)
    .limit(1)
    .with_for_update(key_share=True, skip_locked=True)
)
_TAKE = _lease(Conversation.id == _FREE.scalar_subquery())
_TAKE_BACK = _lease(
    Conversation.id == bindparam("conversation_id"), Conversation.lease_epoch == bindparam("before"), _UNLEASED
)
# Postgres locks in the order that is named here: the contact first, as the accepting process does, because a turn may
# change what is remembered of the contact.
_HELD = (
    select(Conversation)
    .join(Conversation.contact)
    .options(contains_eager(Conversation.contact))
    .where(Conversation.id == bindparam("conversation_id"))
    .with_for_update(key_share=True, of=[Contact, Conversation])
    .execution_options(populate_existing=True)
)


class LeaseLost(Exception):
    """Another worker holds the conversation now; whatever was prepared must be dropped."""


@dataclass(frozen=True)
class Lease:
    """The right to answer one conversation, while nobody took it over."""

    conversation_id: int
    epoch: int


def take(session: Session, owner: str) -> Lease | None:
    """Lease the conversation whose mail waits longest, if one is free; see :func:`take_locked`."""
    conversation = take_locked(session, owner)
    return of(conversation) if conversation else None


def take_locked(session: Session, owner: str) -> Conversation | None:
    """Lease the conversation whose mail waits longest, if one is free; it stays locked until the transaction ends.

    The database's clock decides, so workers need not agree on the time. The contact is not locked, and must not be in
    this transaction: see :func:`gateway.conversations.thread`.
    """
    return session.scalars(_TAKE, {"owner": owner}).one_or_none()


def take_back(session: Session, owner: str, lease: Lease) -> Conversation | None:
    """Take a lease again that was rolled back with what else its transaction did; None if somebody else was quicker."""
    asked = {"conversation_id": lease.conversation_id, "before": lease.epoch - 1, "owner": owner}
    return session.scalars(_TAKE_BACK, asked).one_or_none()


def of(conversation: Conversation) -> Lease:
    """The lease as it stands in the row."""
    return Lease(conversation.id, conversation.lease_epoch)


def held(session: Session, lease: Lease) -> Conversation:
    """The leased conversation and its contact, read afresh and locked. Raises :class:`LeaseLost`.

    The lease is not renewed: nobody can take the conversation before this transaction ends.
    """
    asked = {"conversation_id": lease.conversation_id}
    # Who waits here for a message that turned the conversation to its other contact finds no such pair; the next look
    # sees the new one.
    looks = (session.scalars(_HELD, asked).one_or_none() for _ in range(LOOKS))
    conversation = next((found for found in looks if found is not None), None)
    if conversation is None:
        raise Refused(404, "no_such_conversation")
    if conversation.lease_epoch != lease.epoch:
        raise LeaseLost
    return conversation


def renew(conversation: Conversation) -> None:
    """Another whole lease from now on, for the next message of the same conversation."""
    conversation.lease_until = func.now() + LEASE


def give_back(conversation: Conversation) -> None:
    """Let the next worker have it."""
    conversation.lease_owner = conversation.lease_until = None
