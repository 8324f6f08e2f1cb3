"""Closing a service, or all that is at a place, for a while; and opening it again."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from gateway import audit
from gateway.directory import records
from gateway.editing import Editor, there
from gateway.errors import Conflict, Refused
from gateway.models.listing import Closure

REASONS = ("holiday", "staff", "full", "weather", "building", "other")
TODAY, DAY, NOTICE = "today", "day", "notice"
THINGS = (Closure.dataset, Closure.service_id, Closure.location_id)
LONGEST = timedelta(days=730)  # a day farther away is a slip of the pen


def close(  # noqa: PLR0913 - what is closed, until when and why
    session: Session, editor: Editor, service_id: str, until: str, reason: str, last: str = ""
) -> Closure:
    """Close a service: ``until`` its own midnight ("today"), the end of the day ``last`` ("day", as 2026-12-24), or
    further notice ("notice"). Raises :class:`Refused`."""
    dataset, key = there(session, service_id)
    ends = _end(editor, records.zone_of(session, dataset, key), until, last)
    row = _closed(session, editor, Closure(dataset=dataset, service_id=key), ends, reason)
    audit.note(session, editor.now, "close_service", "closure", row.id, editor.who.id, service=service_id)
    return row


def close_place(  # noqa: PLR0913 - as close
    session: Session, editor: Editor, place_id: str, until: str, reason: str, last: str = ""
) -> Closure:
    """Close all that is at a place, as :func:`close` does one service."""
    place = records.load_place(session, place_id, editor.now)
    if place is None:
        raise Refused(404, "no_such_place")
    ends = _end(editor, place.timezone, until, last)
    where = Closure(dataset=place.location.dataset, location_id=place.location.id)
    row = _closed(session, editor, where, ends, reason)
    audit.note(session, editor.now, "close_place", "closure", row.id, editor.who.id, place=place_id)
    return row


def reopen(session: Session, editor: Editor, closure_id: int) -> Closure:
    """End a closure now. Raises :class:`Refused` for an unknown one, :class:`Conflict` for one that has ended."""
    row = session.get(Closure, closure_id)
    if row is None:
        raise Refused(404, "no_such_closure")
    ended = session.execute(
        update(Closure)
        .where(Closure.id == closure_id, Closure.ended_at.is_(None))
        .values(ended_at=editor.now, ended_by=editor.who.id)
        .returning(Closure.id)
    ).first()
    if ended is None:
        raise Conflict("closure_ended")
    audit.note(session, editor.now, "reopen_service", "closure", closure_id, editor.who.id)
    return row


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The midnight that ends a day at a place."""
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _closed(session: Session, editor: Editor, row: Closure, ends: datetime | None, reason: str) -> Closure:
    """Write a closure in the place of one that is in force: what is said last of the same door holds."""
    if reason not in REASONS:
        raise Refused(400, "unknown_closure")
    same = (each.is_not_distinct_from(getattr(row, each.key)) for each in THINGS)
    in_force = Closure.ended_at.is_(None), or_(Closure.to_at.is_(None), Closure.to_at > editor.now)
    session.execute(update(Closure).where(*same, *in_force).values(ended_at=editor.now, ended_by=editor.who.id))
    row.from_at = row.at = editor.now
    row.to_at, row.reason, row.responder_id = ends, reason, editor.who.id
    session.add(row)
    session.flush()
    return row


def _end(editor: Editor, zone_name: str | None, until: str, last: str) -> datetime | None:
    zone = ZoneInfo(zone_name or editor.home)
    if until == NOTICE:
        return None
    today = editor.now.astimezone(zone).date()
    day = today if until == TODAY else _day(last) if until == DAY else None
    if day is None or not today <= day <= today + LONGEST:
        raise Refused(400, "unknown_closure")
    return end_of(day, zone)


def _day(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
