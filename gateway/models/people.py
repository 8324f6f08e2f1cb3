"""Who writes to us and who answers: contacts, responders, their log-ins and their shifts."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Row, Word

EDITOR = "directory_editor"  # may change the directory, and read nothing that a resident wrote


class Contact(Row):
    """One address of a resident on one channel.

    ``address_hash`` is a keyed hash for look-up; ``address_sealed`` is the encrypted number for sending
    (absent for web visitors, who have no number).
    """

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("channel", "address_hash"),)

    id: Mapped[Id]
    channel: Mapped[Word]
    address_hash: Mapped[str] = mapped_column(String(64))
    address_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    language_memory: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]


class OptOut(Row):
    """A resident's STOP for one address; in force while ``ended_at`` is empty."""

    __tablename__ = "opt_outs"
    __table_args__ = (
        Index("uq_opt_outs_in_force", "channel", "address_hash", unique=True, postgresql_where="ended_at IS NULL"),
    )

    id: Mapped[Id]
    channel: Mapped[Word]
    address_hash: Mapped[str] = mapped_column(String(64))
    source: Mapped[Word]
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Responder(Row):
    """A person who may work in the console; ``role`` is responder, supervisor, admin or directory_editor."""

    __tablename__ = "responders"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[Word]
    password_hash: Mapped[str]
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_hash: Mapped[str | None] = mapped_column(String(64))
    languages: Mapped[list[Any]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class LogIn(Row):
    """A server-side log-in, revocable at any time; the cookie holds the token, the row only its hash."""

    __tablename__ = "log_ins"

    id: Mapped[Id]
    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Shift(Row):
    """When a responder is on call."""

    __tablename__ = "shifts"
    __table_args__ = (Index("ix_shifts_span", "starts_at", "ends_at"),)

    id: Mapped[Id]
    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
