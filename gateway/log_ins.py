"""Who may sit at the console: responders, their passwords, and log-ins that live on the server and can be revoked.

The browser holds a random token, the table only its hash: a stolen copy of the table opens nothing.
"""

import re
import secrets
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Select, func, select, text, true, update
from sqlalchemy.orm import Session

from gateway import audit, challenges, credentials, devices
from gateway.errors import Refused
from gateway.models import KnownDevice, LogIn, Responder, Shift
from gateway.models.people import EDITOR
from gateway.tokens import fingerprint as _hash

IDLE = timedelta(minutes=30)  # CJIS Security Policy: the screen locks after 30 minutes
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
FRESH = timedelta(minutes=15)  # what proves who somebody is may be changed this long after they proved it
PASSWORD, TOTP, PASSKEY, RECOVERY, OIDC = "password", "totp", "passkey", "recovery", "oidc"
ROLES = ("responder", "supervisor", "admin", EDITOR)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 256
FIRST_EMAIL = "admin@frontdoor.local"
FIRST_SHIFT = timedelta(days=365)
HOUR = timedelta(hours=1)
READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # without the letters that are taken for digits
ONE_AT_A_TIME = 720_912  # any constant: processes that start together must not both make the first log-in

# OWASP's second profile: 19 MiB, two passes, one lane. At most two at once, so that a flood of log-ins takes neither
# the memory nor the threads (and connections) that accept residents' messages.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_TURNS = threading.BoundedSemaphore(2)
_PATIENCE = 3.0
# What the browsers' email field lets through, or nobody could ever log in with it (WHATWG HTML, 4.10.5.1.5).
EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
)
# Verified when the account is not known, so that the answer takes as long as for one that is.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


def create_responder(  # noqa: PLR0913 - a responder is these facts
    session: Session,
    email: str,
    name: str,
    role: str,
    password: str,
    now: datetime,
    languages: Iterable[str] = ("en", "es"),
) -> Responder:
    """Add a person who may work in the console.

    Raises :class:`Refused` for an unknown role, a password too short or long, an address that is none or taken.
    """
    if role not in ROLES:
        raise Refused(400, "unknown_role")
    if not EMAIL.fullmatch(plain(email)):
        raise Refused(400, "bad_email")
    hashed = hash_password(password)
    if by_email(session, email) is not None:
        raise Refused(409, "email_taken")
    responder = Responder(
        email=plain(email),
        name=name.strip(),
        role=role,
        password_hash=hashed,
        languages=list(languages),
        active=True,
        created_at=now,
    )
    session.add(responder)
    session.flush()
    audit.note(session, now, "create", "responder", responder.id, role=role)
    return responder


def first_log_in(session: Session, now: datetime, on_call: timedelta = FIRST_SHIFT) -> tuple[str, str] | None:
    """Make an admin, on call from now on, when there is no responder at all; returns address and password, once.

    With no time ``on_call`` they are not: then residents are told that nobody is, until the town plans its own shifts.
    None when somebody exists already. Safe to call from several processes at once.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    if session.scalar(select(func.count()).select_from(Responder)):
        return None
    return FIRST_EMAIL, add_responder(session, FIRST_EMAIL, "Admin", "admin", now, on_call / HOUR)


def add_responder(  # noqa: PLR0913 - a responder is these facts
    session: Session, email: str, name: str, role: str, now: datetime, on_call_hours: float = 0.0
) -> str:
    """Add a person with a password made here, on call from ``now`` for so many hours; returns the password, once.

    Raises :class:`Refused` as :func:`create_responder` does, and for an editor on call: residents would wait for them.
    """
    if role == EDITOR and on_call_hours > 0:
        raise Refused(400, "editors_are_not_on_call")
    password = new_password()
    added = create_responder(session, email, name, role, password, now)
    if on_call_hours > 0:
        session.add(Shift(responder_id=added.id, starts_at=now, ends_at=now + on_call_hours * HOUR))
    return password


def new_password() -> str:
    """A password that can be read out over a phone: sixteen characters, about 79 bits."""
    return "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))


def prove(session: Session, email: str, password: str) -> Responder:
    """Whose password this is; that alone opens nothing.

    Raises :class:`Refused` with 401 and the same work whether the account is unknown, inactive or the password wrong
    (OWASP ASVS 5, V6.3: no enumeration of accounts), and with 503 when too many try at once.
    """
    # The turn comes before the first query, so that those who wait for it hold no connection.
    if not _TURNS.acquire(timeout=_PATIENCE):
        raise Refused(503, "busy")
    try:
        responder = by_email(session, email)
        known = responder is not None and responder.active
        kept = responder.password_hash if responder and known else None
        right = _verify(kept or _NOBODY, password[:LONGEST_PASSWORD])
    finally:
        _TURNS.release()
    if responder is None or not known or not right or kept is None:
        raise Refused(401, "wrong_log_in")
    return responder


def log_in(session: Session, email: str, password: str, now: datetime) -> str:
    """Check a password and open a log-in by it alone; returns the token for the cookie.

    Raises :class:`Refused` as :func:`prove` does, and for who has a second factor: they go through :func:`begin`.
    """
    responder = prove(session, email, password)
    if credentials.factors(session, responder.id).any:
        raise Refused(401, "second_factor_needed")
    return open_(session, responder, PASSWORD, now)


def begin(session: Session, email: str, password: str, now: datetime, device: KnownDevice | None = None) -> str:
    """Check a password and open a log-in half; :func:`enter` opens the rest. Raises as :func:`prove` does."""
    return half(session, prove(session, email, password), now, device)


def half(session: Session, responder: Responder, now: datetime, device: KnownDevice | None = None) -> str:
    """Open a log-in half for somebody whose password was right."""
    return challenges.begin(session, challenges.SECOND_FACTOR, now, responder.id, None, device.id if device else None)


def enter(  # noqa: PLR0913 - which half, how it was proved, and where
    session: Session,
    challenge: str,
    strength: str,
    now: datetime,
    device: KnownDevice | None = None,
    user_agent: str | None = None,
) -> str:
    """Open the log-in whose second step was proved by ``strength``; once. Raises :class:`Refused` with 401."""
    row = challenges.find(session, challenge, challenges.SECOND_FACTOR, now)
    responder = session.get(Responder, row.responder_id) if row is not None and row.responder_id else None
    if row is None or responder is None or not responder.active:
        raise Refused(401, "log_in_needed")
    row.used_at = now
    return open_(session, responder, strength, now, device, user_agent)


def open_(  # noqa: PLR0913 - a log-in is these facts
    session: Session,
    responder: Responder,
    strength: str,
    now: datetime,
    device: KnownDevice | None = None,
    user_agent: str | None = None,
) -> str:
    """Open a log-in for somebody who proved who they are, by ``strength``; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    row = LogIn(
        responder_id=responder.id,
        token_hash=_hash(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + LONGEST,
        strength=strength,
        device_id=device.id if device else None,
        browser=devices.browser(user_agent) if user_agent else None,
    )
    session.add(row)
    session.flush()
    audit.note(session, now, "log_in", "log_in", row.id, responder.id, strength=strength)
    return token


def strengthen(session: Session, token: str, strength: str, now: datetime) -> str:
    """A log-in by password alone has proved more since; returns the new token, as the old one is worth nothing now."""
    made = secrets.token_urlsafe(32)
    row = current(session, token, now)
    if row is None:
        raise Refused(401, "log_in_needed")
    row.token_hash, row.strength = _hash(made), strength
    audit.note(session, now, "log_in_strengthened", "log_in", row.id, row.responder_id, strength=strength)
    return made


def note_failure(session: Session, email: str, now: datetime) -> None:
    """Write down a log-in that failed, with the account when there is one; the same work when there is none."""
    responder = by_email(session, email)
    audit.note(session, now, "log_in_failed", "responder", responder.id if responder else None)


def inside(session: Session, token: str, now: datetime) -> tuple[Responder, LogIn] | None:
    """Whose token this is, and its log-in; None when it is unknown, revoked, 12 hours old, or was idle for 30 minutes.

    Does not count as being seen: a page that refreshes itself must not keep its screen unlocked. See :func:`seen`.
    """
    found = session.execute(_living(token, now).add_columns(LogIn).where(LogIn.last_seen_at > now - IDLE)).first()
    return (found[0], found[1]) if found is not None else None


def responder_of(session: Session, token: str, now: datetime) -> Responder | None:
    """Whose token this is, as :func:`inside` says."""
    found = inside(session, token, now)
    return found[0] if found else None


def alarms_of(session: Session, token: str, now: datetime, *, strong: bool = False) -> Responder | None:
    """Who should still hear alarms: like :func:`responder_of`, but an idle, locked screen keeps its alarms.

    With ``strong`` a log-in by password alone hears none.
    """
    return session.scalar(_living(token, now).where(LogIn.strength != PASSWORD if strong else true()))


def current(session: Session, token: str, now: datetime) -> LogIn | None:
    """The log-in of this token, while it lives."""
    return session.scalar(
        select(LogIn).where(LogIn.token_hash == _hash(token), LogIn.revoked_at.is_(None), LogIn.expires_at > now)
    )


def living(session: Session, responder_id: int, now: datetime) -> list[LogIn]:
    """Every log-in of a person that is open, the newest first."""
    mine = (LogIn.responder_id == responder_id, LogIn.revoked_at.is_(None), LogIn.expires_at > now)
    return list(session.scalars(select(LogIn).where(*mine).order_by(LogIn.created_at.desc(), LogIn.id.desc())))


def seen(session: Session, token: str, now: datetime) -> None:
    """The person did something: the idle time starts anew. Written at most once a minute."""
    session.execute(
        update(LogIn)
        .where(LogIn.token_hash == _hash(token), LogIn.revoked_at.is_(None), LogIn.last_seen_at < now - SEEN_EVERY)
        .values(last_seen_at=now)
    )


def log_out(session: Session, token: str, now: datetime) -> None:
    """Revoke one log-in; its token is worthless from this commit on."""
    ended = session.execute(
        update(LogIn)
        .where(LogIn.token_hash == _hash(token), LogIn.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(LogIn.id, LogIn.responder_id)
    ).first()
    if ended is not None:
        audit.note(session, now, "log_out", "log_in", ended.id, ended.responder_id)


def revoke(session: Session, responder: Responder, log_in_id: int, now: datetime) -> None:
    """End one of one's own log-ins, and forget its browser. Raises :class:`Refused` with 404 for any other."""
    row = session.get(LogIn, log_in_id)
    if row is None or row.responder_id != responder.id or row.revoked_at is not None:
        raise Refused(404, "no_such_log_in")
    row.revoked_at, row.ended_by, row.end_reason = now, responder.id, "ended"
    if row.device_id is not None:
        session.execute(update(KnownDevice).where(KnownDevice.id == row.device_id).values(revoked_at=now))
    audit.note(session, now, "revoke", "log_in", row.id, responder.id)


def revoke_all(  # noqa: PLR0913 - whose, by whom, why, and which stays
    session: Session,
    responder_id: int,
    now: datetime,
    by: int | None = None,
    keep: LogIn | None = None,
    reason: str = "everywhere",
) -> int:
    """Log a responder out everywhere, by themselves or by ``by``, but for ``keep``; returns how many log-ins that were.

    Their browsers are strangers again.
    """
    ended = session.execute(
        update(LogIn)
        .where(LogIn.responder_id == responder_id, LogIn.revoked_at.is_(None))
        .where(LogIn.id.is_distinct_from(keep.id if keep else None))
        .values(revoked_at=now, ended_by=by, end_reason=reason)
        .returning(LogIn.id)
    ).all()
    devices.forget(session, responder_id, now, keep.device_id if keep else None)
    audit.note(session, now, "revoke_all", "responder", responder_id, by, count=len(ended))
    return len(ended)


def change_password(session: Session, responder: Responder, old: str, new: str, now: datetime) -> None:
    """Set another password. Raises :class:`Refused` when the old one is wrong (401) or the new one unfit (400)."""
    prove(session, responder.email, old)
    row = session.get_one(Responder, responder.id)
    row.password_hash = hash_password(new)
    audit.note(session, now, "change_password", "responder", row.id, row.id)


def hash_password(password: str) -> str:
    """How a password is kept. Raises :class:`Refused` with 400 for one too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused(400, "password_length")
    return _HASHER.hash(password)


def _living(token: str, now: datetime) -> Select[Responder]:
    return (
        select(Responder)
        .join(LogIn, LogIn.responder_id == Responder.id)
        .where(
            LogIn.token_hash == _hash(token),
            LogIn.revoked_at.is_(None),
            LogIn.expires_at > now,
            Responder.active,
        )
    )


def by_email(session: Session, email: str) -> Responder | None:
    """The account of an address, however it is typed."""
    return session.scalar(select(Responder).where(Responder.email == plain(email)))


def plain(email: str) -> str:
    """An address as it is kept, however it is typed."""
    return email.replace("\x00", "").strip().casefold()


def _verify(kept: str, password: str) -> bool:
    with suppress(VerificationError, InvalidHashError):
        return _HASHER.verify(kept, password.encode("utf-8", "replace"))
    return False
