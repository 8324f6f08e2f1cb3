"""When a person must take over: assessments, escalations, pages and the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.models.conversation import Conversation
from gateway.models.people import Responder
from gateway.models.row import Id, Row, Word


class Assessment(Row):
    """The result of screening one inbound message, with the cards that fired and the words that fired them.

    ``set_aside`` holds the words that a card matched and that were not meant: denied, fiction, laughed at, a saying.
    ``retraction`` says how the message takes back an earlier one, if it does: for the responder to read, no more.
    """

    __tablename__ = "assessments"

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    level: Mapped[Word]
    categories: Mapped[list[Any]]
    findings: Mapped[list[Any]]
    set_aside: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    not_screened: Mapped[str | None] = mapped_column(Text)
    retraction: Mapped[Word | None]
    version: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]


class Escalation(Row):
    """A request that a person take over: waiting, claimed or resolved.

    ``epoch`` rises with every change of owner; claim, release and resolve compare it, so a stale page loses.
    ``level`` only rises, except where a person lowers it (:class:`Lowering`). ``alerted_at`` marks new danger in a
    thread that somebody already owns, or an opt-out while danger is open; ``silent_since`` the resident's last word
    before a silence that was shown.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        Index("uq_escalations_open", "conversation_id", unique=True, postgresql_where="status <> 'resolved'"),
        Index("ix_escalations_queue", "status", "opened_at", postgresql_where="status <> 'resolved'"),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    reason: Mapped[Word]
    level: Mapped[Word]
    status: Mapped[Word]
    epoch: Mapped[int] = mapped_column(default=0)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    opened_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]
    alerted_at: Mapped[datetime | None]
    silent_since: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    disposition: Mapped[Word | None]
    note: Mapped[str | None]

    conversation: Mapped[Conversation] = relationship(lazy="joined", innerjoin=True)
    owner: Mapped[Responder | None] = relationship(lazy="joined")


class Lowering(Row):
    """A person lowered the level of an escalation: who, from what to what, and why."""

    __tablename__ = "lowerings"

    id: Mapped[Id]
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"))
    at: Mapped[datetime]
    from_level: Mapped[Word]
    to_level: Mapped[Word]
    reason: Mapped[Word]
    note: Mapped[str | None]


class Page(Row):
    """An alert sent to one responder about one escalation."""

    __tablename__ = "pages"

    id: Mapped[Id]
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"))
    means: Mapped[Word]
    sent_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]


class AuditEntry(Row):
    """Who did what to which row, written in the same transaction as the act; never changed or removed."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject", "subject_id"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    act: Mapped[Word]
    subject: Mapped[Word]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[dict[str, Any]]
