"""What is said: conversations, their messages, and what became of each outbound message."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.models.people import Contact
from gateway.models.row import Id, Named, Row, Word, of


class Conversation(Row):
    """The thread with one contact, open until closed.

    ``handler`` is ``bot`` or ``responder``; ``epoch`` rises whenever the handler changes, so that an answer
    prepared for an earlier handler can be recognised and dropped. ``lease_*`` fence the workers: only the holder
    of the newest ``lease_epoch`` may write a bot turn. ``menu_open`` names the question that a digit would answer now;
    ``check_asked_at`` is when the resident was last asked whether they are safe. ``answers_told`` says of each of the
    ``answers`` when, in which message and by whom it was told: ``{"at": ..., "message_id": ..., "by": ...}``.
    ``other_contact_id`` is the second way to the same person, where they moved to texts: they wrote last over
    ``contact_id``, and only there they are answered.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index("uq_conversations_open", "contact_id", unique=True, postgresql_where="closed_at IS NULL"),
        Index("uq_conversations_open_other", "other_contact_id", unique=True, postgresql_where="closed_at IS NULL"),
        Index("ix_conversations_pending", "pending_since", postgresql_where="pending_since IS NOT NULL"),
        Index("ix_conversations_checked", "check_asked_at", postgresql_where="menu_open = 'check'"),
    )

    id: Mapped[Id]
    public_id: Mapped[UUID] = mapped_column(unique=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"), index=True)
    other_contact_id: Mapped[int | None] = of("contacts")
    channel: Mapped[Word]
    handler: Mapped[Word]
    epoch: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[Word | None]
    language: Mapped[str | None] = mapped_column(String(8))
    language_memory: Mapped[dict[str, Any] | None]
    bot_state: Mapped[dict[str, Any] | None]
    menu_open: Mapped[Word | None]
    check_asked_at: Mapped[datetime | None]
    last_search: Mapped[dict[str, Any] | None]
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answers_told: Mapped[Named]
    last_inbound_at: Mapped[datetime | None]
    pending_since: Mapped[datetime | None]
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    lease_epoch: Mapped[int] = mapped_column(default=0)

    contact: Mapped[Contact] = relationship(lazy="joined", innerjoin=True, foreign_keys=[contact_id])
    other_contact: Mapped[Contact | None] = relationship(foreign_keys=[other_contact_id])


class Message(Row):
    """One text. ``id`` is the order of acceptance within a conversation.

    ``provider_id`` is unique, so that a webhook delivered twice finds the row of the first. ``answers_id`` names
    the inbound message that an outbound one answers, ``ordinal`` its place among those answers: the pair is unique,
    so that a bot turn can be written once only. ``raw`` keeps the bytes when ``text`` could not hold them. ``media``
    holds references in quarantine (:mod:`gateway.media`); rows from before that hold bare addresses. ``pair`` is the
    key of the prepared reply, kept in both languages, that a responder sent. ``offers`` are the answers that a question
    in a web chat offers (:mod:`gateway.offers`).
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_conversation", "conversation_id", "id"),
        Index("uq_messages_provider", "provider_id", unique=True),
        Index("uq_messages_answer", "answers_id", "ordinal", unique=True),
        Index(
            "ix_messages_unhandled", "conversation_id", "id", postgresql_where="direction = 'in' AND handled_at IS NULL"
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    direction: Mapped[str] = mapped_column(String(3))
    author: Mapped[Word]
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    text: Mapped[str]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    media: Mapped[list[Any] | None]
    language: Mapped[str | None] = mapped_column(String(16))
    provider_id: Mapped[str | None] = mapped_column(String(80))
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    ordinal: Mapped[int | None] = mapped_column(SmallInteger)
    in_webhook: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[Word | None]
    pair: Mapped[Word | None]
    offers: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)


class Delivery(Row):
    """What became of one outbound message: queued, sending, sent, delivered, failed or cancelled.

    ``confirms_stop`` marks the one text that may follow a STOP (FCC: a single confirmation, within five minutes).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_waiting", "priority", "id", postgresql_where="status IN ('queued', 'sending')"),
        Index("uq_deliveries_provider", "provider_id", unique=True),
    )

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    status: Mapped[Word]
    priority: Mapped[int] = mapped_column(SmallInteger)
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_attempt_at: Mapped[datetime]
    sending_since: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(String(80))
    error_code: Mapped[int | None]
    segments: Mapped[int] = mapped_column(SmallInteger)
    confirms_stop: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime]

    message: Mapped[Message] = relationship(lazy="joined", innerjoin=True)


class EarlyReceipt(Row):
    """A receipt that overtook the answer to the call it belongs to: kept until that answer names the text."""

    __tablename__ = "early_receipts"

    provider_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    status: Mapped[Word]
    error_code: Mapped[int | None]
    created_at: Mapped[datetime]
