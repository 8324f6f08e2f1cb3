"""The rota: shifts that come again by local hours, laid out some weeks ahead."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil import rrule
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import audit, swaps
from gateway.community import Community
from gateway.errors import Refused
from gateway.models import Responder, RotaEntry, Shift
from gateway.models.people import EDITOR

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")  # RFC 5545
RULE_DAYS = dict(zip(DAYS, (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU), strict=True))
MOST_WEEKS = 8
DAY = timedelta(days=1)


def add(  # noqa: PLR0913 - an entry is these facts
    session: Session,
    community: Community,
    by: Responder,
    responder_id: int,
    now: datetime,
    *,
    days: list[str],
    starts: time,
    ends: time,
    from_date: date,
    every_weeks: int = 1,
    until_date: date | None = None,
) -> RotaEntry:
    """Let somebody be on call again and again, by the town's clock; ``ends`` not after ``starts`` is the next day.

    The first shifts are laid out at once. Raises :class:`Refused` for nobody who may be on call, no day, too many
    weeks, or an end before the beginning.
    """
    days = [day for day in DAYS if day in days]
    who = session.get(Responder, responder_id)
    if who is None or not who.active or who.role == EDITOR:
        raise Refused(400, "not_on_call")
    if not days:
        raise Refused(400, "no_day")
    if not 1 <= every_weeks <= MOST_WEEKS:
        raise Refused(400, "weeks")
    if until_date is not None and until_date < from_date:
        raise Refused(400, "ends_before")
    entry = RotaEntry(
        responder_id=who.id, byday=",".join(days), every_weeks=every_weeks, starts=starts, ends=ends,
        time_zone=community.time_zone, from_date=from_date, until_date=until_date, created_by=by.id, created_at=now,
    )  # fmt: skip
    session.add(entry)
    session.flush()
    audit.note(session, now, "rota_add", "rota_entry", entry.id, by.id, who=who.id, days=entry.byday)
    _lay_out(session, community, entry, now)
    return entry


def end(session: Session, by: Responder, entry_id: int, now: datetime) -> None:
    """Let an entry hold no longer: its shifts that have not begun are cancelled. Raises :class:`Refused` with 404."""
    entry = session.get(RotaEntry, entry_id, with_for_update=True)
    if entry is None:
        raise Refused(404, "no_such_entry")
    if entry.ended_at is not None:
        return
    entry.ended_at = now
    cancelled = session.scalars(
        update(Shift)
        .where(Shift.rota_entry_id == entry.id, Shift.starts_at > now, Shift.state == "planned")
        .values(state="cancelled")
        .returning(Shift.id)
    ).all()
    swaps.void(session, cancelled, now)
    audit.note(session, now, "rota_end", "rota_entry", entry.id, by.id, cancelled=len(cancelled))


def standing(session: Session) -> list[RotaEntry]:
    """The entries that hold, by person."""
    return list(
        session.scalars(
            select(RotaEntry).where(RotaEntry.ended_at.is_(None)).order_by(RotaEntry.responder_id, RotaEntry.id)
        )
    )


def materialise(session: Session, community: Community, now: datetime) -> int:
    """Lay the rota out, from the shifts that run now to so many weeks ahead; returns how many shifts are new.

    Safe to run again and by several at once: each entry has one shift for each local day, whatever became of it.
    """
    holding = select(RotaEntry).where(
        RotaEntry.ended_at.is_(None), or_(RotaEntry.until_date.is_(None), RotaEntry.until_date >= now.date() - 2 * DAY)
    )
    return sum(_lay_out(session, community, entry, now) for entry in session.scalars(holding).all())


def days_of(entry: RotaEntry, first: date, last: date) -> list[date]:
    """The local days on which a shift of this entry begins, from ``first`` to ``last``."""
    rule = rrule.rrule(
        rrule.WEEKLY,
        interval=entry.every_weeks,
        byweekday=[RULE_DAYS[day] for day in entry.byday.split(",")],
        dtstart=datetime.combine(entry.from_date, time()),
        until=datetime.combine(min(last, entry.until_date or last), time()),
    )
    return [moment.date() for moment in rule.between(_midnight(first), _midnight(last), inc=True)]


def span(entry: RotaEntry, day: date) -> tuple[datetime, datetime]:
    """From when to when the shift of that local day lasts, in UTC.

    A time of day that the clock shows twice is its first time where a shift begins and its second where one ends, and
    one that it skips is an hour later: rather two people for an hour than nobody.
    """
    zone = ZoneInfo(entry.time_zone)
    last = day if entry.ends > entry.starts else day + DAY
    begins = datetime.combine(day, entry.starts, zone).replace(fold=0)
    ends = datetime.combine(last, entry.ends, zone)
    return begins.astimezone(UTC), max(ends.replace(fold=fold).astimezone(UTC) for fold in (0, 1))


def _lay_out(session: Session, community: Community, entry: RotaEntry, now: datetime) -> int:
    made, known = 0, set(session.scalars(select(Shift.local_date).where(Shift.rota_entry_id == entry.id)))
    for day, begins, ends in _spans(entry, now, now + timedelta(weeks=community.shifts.ahead_weeks)):
        if day in known:
            continue
        row = session.scalar(
            insert(Shift)
            .values(responder_id=entry.responder_id, starts_at=begins, ends_at=ends, rota_entry_id=entry.id,
                    local_date=day, created_by=entry.created_by)
            .on_conflict_do_nothing(index_elements=["rota_entry_id", "local_date"])
            .returning(Shift.id)
        )  # fmt: skip
        made += row is not None
    return made


def _spans(entry: RotaEntry, now: datetime, until: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    zone = ZoneInfo(entry.time_zone)
    for day in days_of(entry, now.astimezone(zone).date() - DAY, until.astimezone(zone).date()):
        begins, ends = span(entry, day)
        if now < ends and begins < ends:
            yield day, begins, ends


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
