"""What proves who a responder is: passkeys, one-time codes, invitations, devices that are known."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Count, Id, Items, Row, Word, of


class Passkey(Row):
    """A WebAuthn credential of a responder (W3C WebAuthn 3). ``sign_count`` that falls shows a copied one."""

    __tablename__ = "passkeys"

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[Items]
    name: Mapped[str] = mapped_column(String(60))
    backed_up: Mapped[bool]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class TotpSecret(Row):
    """The sealed secret of a responder's authenticator app (RFC 6238); ``last_step`` was used and counts no more."""

    __tablename__ = "totp_secrets"
    __table_args__ = (UniqueConstraint("responder_id"),)

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders", index=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Row):
    """A code on paper that opens the account once; only its SHA-256 is kept."""

    __tablename__ = "recovery_codes"

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Invitation(Row):
    """A link by which a person joins, or by which one who is here already sets their way in anew (``purpose``)."""

    __tablename__ = "invitations"

    id: Mapped[Id]
    purpose: Mapped[Word]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[Word]
    languages: Mapped[Items]
    invited_by: Mapped[int] = of("responders")
    responder_id: Mapped[int | None] = of("responders")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Challenge(Row):
    """Something begun that must be ended within minutes, such as a log-in that is half open (``purpose``).

    ``challenge`` are the bytes that the answer must sign, or a sealed secret that it must prove. ``device_id`` is the
    known browser in which it began: failures there and elsewhere are counted apart.
    """

    __tablename__ = "challenges"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    responder_id: Mapped[int | None] = of("responders")
    device_id: Mapped[int | None] = of("known_devices")
    purpose: Mapped[Word]
    challenge: Mapped[bytes | None] = mapped_column(LargeBinary)
    attempts: Mapped[Count]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class KnownDevice(Row):
    """A browser in which somebody logged in before: strangers who guess elsewhere cannot lock it out."""

    __tablename__ = "known_devices"

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class OidcIdentity(Row):
    """Whom the town's own log-in (OpenID Connect) means by a subject: ``issuer`` and ``subject`` name one person."""

    __tablename__ = "oidc_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
