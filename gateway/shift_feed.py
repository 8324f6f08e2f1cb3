"""The calendar of one responder's shifts (iCalendar, RFC 5545), under an address that only they know.

It holds times and "On call", and nothing else: calendars are copied to other people's servers.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway import audit
from gateway.models import Responder, Shift, ShiftFeed
from gateway.models.people import EDITOR
from gateway.paging import NOT_WORKED

BEFORE = timedelta(days=31)
WORDS = {"en": "On call", "es": "De guardia"}


def make(session: Session, responder: Responder, now: datetime) -> str:
    """A new address for this person's calendar, shown once; the one before is worthless from now on."""
    revoke(session, responder, now)
    token = secrets.token_urlsafe(24)
    row = ShiftFeed(responder_id=responder.id, token_hash=_hash(token), created_at=now)
    session.add(row)
    session.flush()
    audit.note(session, now, "feed_make", "shift_feed", row.id, responder.id)
    return token


def revoke(session: Session, responder: Responder, now: datetime) -> bool:
    """Let the address of this person's calendar open nothing any longer; false when there is none."""
    mine = (ShiftFeed.responder_id == responder.id, ShiftFeed.revoked_at.is_(None))
    done = session.scalars(update(ShiftFeed).where(*mine).values(revoked_at=now).returning(ShiftFeed.id)).all()
    for row_id in done:
        audit.note(session, now, "feed_revoke", "shift_feed", row_id, responder.id)
    return bool(done)


def given(session: Session, responder: Responder) -> bool:
    """Whether this person has an address for their calendar."""
    mine = (ShiftFeed.responder_id == responder.id, ShiftFeed.revoked_at.is_(None))
    return session.scalar(select(ShiftFeed.id).where(*mine).limit(1)) is not None


def owner_of(session: Session, token: str) -> Responder | None:
    """Whose calendar this address opens; None for one that is unknown, revoked, or of somebody who left."""
    return session.scalar(
        select(Responder)
        .join(ShiftFeed, ShiftFeed.responder_id == Responder.id)
        .where(
            ShiftFeed.token_hash == _hash(token), ShiftFeed.revoked_at.is_(None), Responder.active,
            Responder.role != EDITOR,
        )
    )  # fmt: skip


def calendar(session: Session, responder: Responder, host: str, now: datetime) -> bytes:
    """Their shifts from a month back, as text/calendar, in UTC; an event keeps its UID whatever becomes of it."""
    from icalendar import Calendar, Event  # noqa: PLC0415 - slow, and no other request needs it

    made = Calendar()
    made.add("prodid", "-//Front Door//shifts//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    words = WORDS.get(responder.locale, WORDS["en"])
    made.add("x-wr-calname", words)
    found = session.scalars(
        select(Shift)
        .where(Shift.responder_id == responder.id, Shift.ends_at > now - BEFORE, Shift.state.not_in(NOT_WORKED))
        .order_by(Shift.starts_at, Shift.id)
    )
    for shift in found:
        event = Event()
        event.add("uid", f"shift-{shift.id}@{host}")
        event.add("dtstamp", now)
        event.add("dtstart", shift.starts_at)
        event.add("dtend", shift.ends_at)
        event.add("summary", words)
        made.add_component(event)
    drawn: bytes = made.to_ical()
    return drawn


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
