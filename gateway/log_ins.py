"""Who may sit at the console: responders, their passwords, and log-ins that live on the server and can be revoked.

The browser holds a random token, the table only its hash: a stolen copy of the table opens nothing.
"""

import hashlib
import re
import secrets
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session

from gateway import audit
from gateway.errors import Refused
from gateway.models import LogIn, Responder, Shift
from gateway.models.people import EDITOR

IDLE = timedelta(minutes=30)  # CJIS Security Policy: the screen locks after 30 minutes
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
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
    if not EMAIL.fullmatch(_plain(email)):
        raise Refused(400, "bad_email")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise Refused(400, "password_length")
    if _by_email(session, email) is not None:
        raise Refused(409, "email_taken")
    responder = Responder(
        email=_plain(email),
        name=name.strip(),
        role=role,
        password_hash=_HASHER.hash(password),
        languages=list(languages),
        active=True,
        created_at=now,
    )
    session.add(responder)
    session.flush()
    audit.note(session, now, "create", "responder", responder.id, role=role)
    return responder


def first_log_in(session: Session, now: datetime) -> tuple[str, str] | None:
    """Make an admin, on call from now on, when there is no responder at all; returns address and password, once.

    None when somebody exists already. Safe to call from several processes at once.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    if session.scalar(select(func.count()).select_from(Responder)):
        return None
    return FIRST_EMAIL, add_responder(session, FIRST_EMAIL, "Admin", "admin", now, FIRST_SHIFT / HOUR)


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


def log_in(session: Session, email: str, password: str, now: datetime) -> str:
    """Check a password and open a log-in; returns the token for the cookie.

    Raises :class:`Refused` with 401 and the same work whether the account is unknown, inactive or the password wrong
    (OWASP ASVS 5, V6.3: no enumeration of accounts), and with 503 when too many try at once.
    """
    # The turn comes before the first query, so that those who wait for it hold no connection.
    if not _TURNS.acquire(timeout=_PATIENCE):
        raise Refused(503, "busy")
    try:
        responder = _by_email(session, email)
        known = responder is not None and responder.active
        right = _verify(responder.password_hash if responder and known else _NOBODY, password[:LONGEST_PASSWORD])
    finally:
        _TURNS.release()
    if responder is None or not known or not right:
        raise Refused(401, "wrong_log_in")
    token = secrets.token_urlsafe(32)
    row = LogIn(
        responder_id=responder.id,
        token_hash=_hash(token),
        created_at=now,
        last_seen_at=now,
        expires_at=now + LONGEST,
    )
    session.add(row)
    session.flush()
    audit.note(session, now, "log_in", "log_in", row.id, responder.id)
    return token


def note_failure(session: Session, email: str, now: datetime) -> None:
    """Write down a log-in that failed, with the account when there is one; the same work when there is none."""
    responder = _by_email(session, email)
    audit.note(session, now, "log_in_failed", "responder", responder.id if responder else None)


def responder_of(session: Session, token: str, now: datetime) -> Responder | None:
    """Whose token this is; None when it is unknown, revoked, 12 hours old, or was idle for 30 minutes.

    Does not count as being seen: a page that refreshes itself must not keep its screen unlocked. See :func:`seen`.
    """
    return session.scalar(_living(token, now).where(LogIn.last_seen_at > now - IDLE))


def alarms_of(session: Session, token: str, now: datetime) -> Responder | None:
    """Who should still hear alarms: like :func:`responder_of`, but an idle, locked screen keeps its alarms."""
    return session.scalar(_living(token, now))


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


def revoke_all(session: Session, responder_id: int, now: datetime, by: int | None = None) -> int:
    """Log a responder out everywhere, by themselves or by ``by``; returns how many log-ins that were."""
    ended = session.execute(
        update(LogIn)
        .where(LogIn.responder_id == responder_id, LogIn.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(LogIn.id)
    ).all()
    audit.note(session, now, "revoke_all", "responder", responder_id, by, count=len(ended))
    return len(ended)


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


def _by_email(session: Session, email: str) -> Responder | None:
    return session.scalar(select(Responder).where(Responder.email == _plain(email)))


def _plain(email: str) -> str:
    return email.replace("\x00", "").strip().casefold()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _verify(kept: str, password: str) -> bool:
    with suppress(VerificationError, InvalidHashError):
        return _HASHER.verify(kept, password.encode("utf-8", "replace"))
    return False
