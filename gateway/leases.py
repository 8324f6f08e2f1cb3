"""One worker at a time for each conversation: a lease in Postgres, with a fencing epoch on every write."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gateway.conversations import lock
from gateway.models import Contact, Conversation

LEASE = timedelta(seconds=20)


class LeaseLost(Exception):
    """Another worker holds the conversation now; whatever was prepared must be dropped."""


@dataclass(frozen=True)
class Lease:
    """The right to answer one conversation, while nobody took it over."""

    conversation_id: int
    epoch: int


def take(session: Session, owner: str) -> Lease | None:
    """Lease the conversation whose mail waits longest, if one is free.

    The database's clock decides, so workers need not agree on the time.
    """
    free = (
        select(Conversation.id)
        .where(
            Conversation.pending_since.is_not(None),
            (Conversation.lease_until.is_(None)) | (Conversation.lease_until < func.now()),
        )
        .order_by(Conversation.pending_since)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
    )
    row = session.execute(
        update(Conversation)
        .where(Conversation.id == free.scalar_subquery())
        .values(lease_owner=owner, lease_until=func.now() + LEASE, lease_epoch=Conversation.lease_epoch + 1)
        .returning(Conversation.id, Conversation.lease_epoch)
        .execution_options(synchronize_session=False)
    ).first()
    return Lease(*row) if row else None


def held(session: Session, lease: Lease) -> Conversation:
    """The leased conversation, locked, and its lease renewed. Raises :class:`LeaseLost`."""
    # The contact first, as the accepting process does: a turn may change what is remembered of the contact.
    session.execute(
        select(Contact.id)
        .join(Conversation, Conversation.contact_id == Contact.id)
        .where(Conversation.id == lease.conversation_id)
        .with_for_update(key_share=True, of=Contact)
    )
    conversation = lock(session, lease.conversation_id)
    if conversation.lease_epoch != lease.epoch:
        raise LeaseLost
    conversation.lease_until = session.scalars(select(func.now())).one() + LEASE
    return conversation


def give_back(conversation: Conversation) -> None:
    """Let the next worker have it."""
    conversation.lease_owner = conversation.lease_until = None
