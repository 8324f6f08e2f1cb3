"""Browsers in which somebody logged in before: strangers who guess elsewhere cannot lock them out."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.models import KnownDevice, Responder
from gateway.tokens import fingerprint

KNOWN_FOR = timedelta(days=180)


def find(session: Session, token: str, email: str, now: datetime) -> KnownDevice | None:
    """The browser that holds this token, if this account (its address as it is kept) logged in there before."""
    if not token:
        return None
    return session.scalar(
        select(KnownDevice)
        .join(Responder, Responder.id == KnownDevice.responder_id)
        .where(KnownDevice.token_hash == fingerprint(token), KnownDevice.revoked_at.is_(None))
        .where(KnownDevice.last_seen_at > now - KNOWN_FOR, Responder.email == email)
    )


def known(session: Session, token: str, now: datetime) -> bool:
    """Whether anybody who works here logged in before in the browser that holds this token."""
    if not token:
        return False
    found = (
        select(KnownDevice.id)
        .join(Responder, Responder.id == KnownDevice.responder_id)
        .where(KnownDevice.token_hash == fingerprint(token), KnownDevice.revoked_at.is_(None))
        .where(KnownDevice.last_seen_at > now - KNOWN_FOR, Responder.active)
    )
    return session.scalar(found) is not None


def seen(session: Session, token: str, responder: Responder, now: datetime) -> tuple[KnownDevice, str]:
    """Know this browser from now on; returns it and the token that it must keep."""
    known = find(session, token, responder.email, now)
    if known is not None:
        known.last_seen_at = now
        return known, token
    made = secrets.token_urlsafe(32)
    row = KnownDevice(responder_id=responder.id, token_hash=fingerprint(made), created_at=now, last_seen_at=now)
    session.add(row)
    session.flush()
    return row, made


def forget(session: Session, responder_id: int, now: datetime, keep: int | None = None) -> None:
    """Forget the browsers of a person, except ``keep``."""
    session.execute(
        update(KnownDevice)
        .where(KnownDevice.responder_id == responder_id, KnownDevice.revoked_at.is_(None))
        .where(KnownDevice.id.is_distinct_from(keep))
        .values(revoked_at=now)
    )


_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox"))
_ENGINES = (("Chrome/", "Chrome"), ("CriOS", "Chrome"), ("FxiOS", "Firefox"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def browser(user_agent: str) -> str | None:
    """A browser's name, as a person would say it ("Firefox on Android"); nothing else of the header is kept."""
    name = next((called for mark, called in (*_BROWSERS, *_ENGINES) if mark in user_agent), None)
    system = next((called for mark, called in _SYSTEMS if mark in user_agent), None)
    return " on ".join(filter(None, (name, system))) or None
