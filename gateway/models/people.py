"""Who writes to us and who answers: contacts, responders and their log-ins."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Items, Row, Word, of

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
    """A person who may work in the console; ``role`` is responder, supervisor, admin or directory_editor.

    ``locale`` is the language of their console, ``languages`` those they write with residents. The phone is used once
    ``phone_verified_at`` is set, and for texts until ``texts_stopped_at`` (they sent STOP, and carriers block us).
    ``capacity`` is how much they may own at once, in the weights of the town's file; ``desks`` are codes of its desks.
    Threads of ``muted_themes`` are not offered to them first. Without a ``password_hash`` no password opens it.
    """

    __tablename__ = "responders"
    __table_args__ = (
        Index("uq_responders_phone", "phone_hash", unique=True, postgresql_where="active AND phone_hash IS NOT NULL"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[Word]
    locale: Mapped[str] = mapped_column(String(2), default="en", server_default=text("'en'"))
    password_hash: Mapped[str | None]
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_hash: Mapped[str | None] = mapped_column(String(64))
    phone_verified_at: Mapped[datetime | None]
    phone_next_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    texts_stopped_at: Mapped[datetime | None]
    languages: Mapped[list[Any]]
    skills: Mapped[Items]
    desks: Mapped[Items]
    capacity: Mapped[int] = mapped_column(SmallInteger, default=3, server_default=text("3"))
    muted_themes: Mapped[Items]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]


class LogIn(Row):
    """A server-side log-in, revocable at any time; the cookie holds the token, the row only its hash.

    ``strength`` is how it was opened: password, totp, passkey, recovery or oidc. ``browser`` is the browser's name and
    nothing more of it. ``ended_by`` is who ended it from elsewhere, ``end_reason`` why.
    """

    __tablename__ = "log_ins"

    id: Mapped[Id]
    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    strength: Mapped[Word] = mapped_column(default="password", server_default=text("'password'"))
    device_id: Mapped[int | None] = of("known_devices")
    browser: Mapped[str | None] = mapped_column(String(120))
    ended_by: Mapped[int | None] = of("responders")
    end_reason: Mapped[Word | None]
