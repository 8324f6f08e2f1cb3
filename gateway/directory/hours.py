"""Whether a place is open at a moment: from HSDS schedules, holidays and closures."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from gateway.directory import opening
from gateway.directory.closures import ORDINARY, Closure, Exceptions
from gateway.directory.opening import MIDNIGHT, Opening
from gateway.directory.recurrence import AHEAD, DAY, Rule, falls_on, next_on
from gateway.directory.wanted import OpenState

__all__ = ["ALWAYS", "UNKNOWN", "OpenState", "Rule", "falls_on", "state_at", "week"]

NEAR = 8  # every weekly rule comes round within so many days
NEVER_ENDS = timedelta(days=7)  # what stays open so long is not said to close
DAY_MINUTES, WEEK_MINUTES = 24 * 60, 7 * 24 * 60

Span = tuple[datetime, datetime]


UNKNOWN = OpenState(None)
ALWAYS = OpenState(open=True)


def state_at(
    schedules: Iterable[Rule], when: datetime, zone: tzinfo | None, exceptions: Exceptions = ORDINARY
) -> OpenState:
    """The state at an aware moment, in the location's time zone.

    Without a zone only a place that never closes is known to be open. A schedule that cannot be read makes the days
    that it touches doubtful and never "closed"; one that has run out says nothing. On a holiday what is listed as
    open is doubtful, but a place that never closes keeps no holidays.
    """
    here = when.astimezone(zone) if zone else when
    today = here.date()
    openings = opening.plan(schedules, today)
    if not exceptions.of_the_place and opening.never_closes(openings, today):
        return ALWAYS
    closed = exceptions.closed_at(when)
    if zone is None or not any(one.sure for one in openings):
        return OpenState(open=False) if closed else UNKNOWN
    first = _first(_cut(_spans(openings, today, zone, exceptions), exceptions.closures), here)
    if first and first[0] <= here:
        return OpenState(open=True, until=first[1].astimezone(zone) if first[1] - here < NEVER_ENDS else None)
    doubt = None if closed else _doubt(openings, here, zone, exceptions)
    return doubt or OpenState(open=False, opens=first[0].astimezone(zone) if first else None)


def another_day(when: datetime | None, now: datetime, home: str | None) -> datetime | None:
    """The moment that was asked about, by the town's clock, where it is not today."""
    if when is None:
        return None
    zone = ZoneInfo(home) if home else when.tzinfo
    then = when.astimezone(zone)
    return None if then.date() == now.astimezone(zone).date() else then


def week(schedules: Iterable[Rule], today: date) -> tuple[tuple[int, int], ...] | None:
    """The minutes of every week in which a place is open, from Monday 0:00, as spans without their ends.

    None where weeks differ from now on, or a schedule cannot be read: then only :func:`state_at` can tell.
    """
    openings = opening.plan(schedules, today)
    if not openings or not all(one.sure and one.days.weekly() for one in openings):
        return None
    if any(one.days.first > today or one.days.last < date.max for one in openings):
        return None
    spans = sorted(span for one in openings for day in one.days.weekdays() for span in _minutes(one, day))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _minutes(one: Opening, day: int) -> Iterator[tuple[int, int]]:
    start = day * DAY_MINUTES + one.starts.hour * 60 + one.starts.minute
    end = (day + 1) * DAY_MINUTES
    if one.ends is not None:
        end = (day + one.next_morning()) * DAY_MINUTES + one.ends.hour * 60 + one.ends.minute
    yield start, min(end, WEEK_MINUTES)
    if end > WEEK_MINUTES:
        yield 0, end - WEEK_MINUTES


def _days(openings: list[Opening], today: date) -> Iterator[date]:
    """Yesterday, because a night shelter's last night may still be going on, the days to come, and far ones."""
    for number in range(-1, NEAR + 1):
        yield today + timedelta(days=number)
    day, end = today + timedelta(days=NEAR + 1), today + AHEAD
    while day <= end:
        found = min((far for one in openings if (far := next_on(one.days, day))), default=None)
        if found is None:
            return
        yield found
        day = found + DAY


def _spans(openings: list[Opening], today: date, zone: tzinfo, exceptions: Exceptions) -> Iterator[Span]:
    """The sure spans in UTC, by their starts."""
    sure = [one for one in openings if one.sure]
    for day in _days(sure, today):
        if (special := exceptions.special_on(day)) is not None:
            if special.opens_at is not None and special.closes_at is not None:
                yield _span(day, special.opens_at, special.closes_at, zone)
            continue
        holds = [one for one in sure if one.days.falls_on(day)]
        if holds and (exceptions.doubted_on(day) or exceptions.closed_all(day)):
            holds = [one for one in holds if one.on_holidays]
        yield from sorted(_span(day, one.starts, one.ends, zone) for one in holds)


def _span(day: date, starts: time, ends: time | None, zone: tzinfo) -> Span:
    closing = ends or MIDNIGHT
    return _moment(day, starts, zone), _moment(day if closing > starts else day + DAY, closing, zone)


def _moment(day: date, clock: time, zone: tzinfo) -> datetime:
    """A wall-clock time as a moment; a time that a change of the clocks skips is one hour later on the wall."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _cut(spans: Iterable[Span], closures: tuple[Closure, ...]) -> Iterator[Span]:
    """What closures leave of the spans."""
    for span in spans:
        if any(closure.end is None and closure.start <= span[0] for closure in closures):
            return
        pieces = [span]
        for closure in closures:
            pieces = [piece for whole in pieces for piece in _without(whole, closure)]
        yield from pieces


def _without(span: Span, closure: Closure) -> Iterator[Span]:
    start, end = span
    if start < closure.start:
        yield start, min(end, closure.start)
    if closure.end is not None and end > closure.end:
        yield max(start, closure.end), end


def _first(spans: Iterable[Span], here: datetime) -> Span | None:
    """The first span that has not ended, joined with those that follow without a gap."""
    first: Span | None = None
    for start, end in spans:
        if end <= here or start >= end:  # a change of the clocks may leave nothing of a short one
            continue
        if first is None:
            first = (start, end)
        elif start <= first[1]:
            first = (first[0], max(first[1], end))
        else:
            break
        if first[1] - max(here, first[0]) >= NEVER_ENDS:
            break
    return first


def _doubt(openings: list[Opening], here: datetime, zone: tzinfo, exceptions: Exceptions) -> OpenState | None:
    """What cannot be told now: a day that an unread schedule touches, a holiday until its last listed span ends."""
    for day in (here.date() - DAY, here.date()):
        if exceptions.special_on(day) or exceptions.closed_all(day):
            continue
        holiday = exceptions.doubted_on(day)
        for one in openings:
            if one.days.falls_on(day) and _doubted(one, day, here, zone, holiday):
                return OpenState(None, holiday=holiday)
    return None


def _doubted(one: Opening, day: date, here: datetime, zone: tzinfo, holiday: str | None) -> bool:
    if not one.sure:
        return day == here.date()
    return holiday is not None and one.on_holidays is None and here < _span(day, one.starts, one.ends, zone)[1]
