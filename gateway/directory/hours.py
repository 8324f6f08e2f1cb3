"""Whether a place is open at a moment, from HSDS schedules (an iCalendar RRULE in columns)."""

import calendar
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol

from gateway.directory.times import ORDER

AHEAD = timedelta(days=35)  # "the fourth Saturday" comes round within five weeks
SOON_AHEAD = timedelta(days=8)  # every weekly rule comes round within these
DAY = timedelta(days=1)
LAST_MINUTE = time(23, 59)
FREQUENCIES = frozenset(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
LONG_AGO = date(2024, 1, 1)  # a Monday: where "every second" counts from when nothing says


class Rule(Protocol):
    """What is read of a schedule; a row of the ``schedule`` table fits."""

    freq: str | None
    byday: str | None
    bymonthday: str | None
    byyearday: str | None
    byweekno: str | None
    interval: int | None
    count: int | None
    wkst: str | None
    dtstart: date | None
    until: date | None
    valid_from: date | None
    valid_to: date | None
    opens_at: time | None
    closes_at: time | None


@dataclass(frozen=True)
class OpenState:
    """Open at the moment asked about? ``None`` means that the directory does not say.

    ``until`` is when an open place closes (None for one that never does), ``opens`` when a closed one opens next;
    both are aware, in the location's own time zone.
    """

    open: bool | None
    until: datetime | None = None
    opens: datetime | None = None


UNKNOWN = OpenState(None)
ALWAYS = OpenState(open=True)


def state_at(schedules: Iterable[Rule], when: datetime, zone: tzinfo | None) -> OpenState:
    """The state at an aware moment, in the location's time zone.

    Without a zone only a place that never closes is known to be open. Rules that have no hours, or no days, or that
    have run out say nothing; they never make a place "closed".
    """
    rules = [rule for rule in schedules if _speaks(rule)]
    if any(_never_closes(rule) for rule in rules) and _valid_on_any(rules, when.date()):
        return ALWAYS
    if zone is None:
        return UNKNOWN
    here = when.astimezone(zone)
    current = [rule for rule in rules if not _run_out(rule, here.date() - DAY)]
    if not current:
        return UNKNOWN
    weekly = all(rule.freq == "WEEKLY" and (rule.interval or 1) == 1 for rule in current)
    spans = _merged(_spans(current, here.date(), SOON_AHEAD if weekly else AHEAD, zone))
    return _state(spans, here, zone)


def falls_on(rule: Rule, day: date) -> bool:
    """Whether a rule holds on a day, by RFC 5545; weeks of the year are not understood and say nothing."""
    if not _valid_on(rule, day) or not _fits(rule, day) or not _in_turn(rule, day):
        return False
    return rule.count is None or _times_before(rule, day) < rule.count


def _speaks(rule: Rule) -> bool:
    if rule.opens_at is None or rule.closes_at is None or rule.freq not in FREQUENCIES or rule.byweekno:
        return False
    return rule.freq == "DAILY" or bool(rule.byday or rule.bymonthday or rule.byyearday or rule.dtstart)


def _never_closes(rule: Rule) -> bool:
    """All day on every day; publishers write the end as 00:00, 24:00 or 23:59."""
    if rule.opens_at != time(0) or rule.closes_at not in {time(0), LAST_MINUTE} or (rule.interval or 1) != 1:
        return False
    names = {name for _, name in _days(rule)}
    return (rule.freq == "DAILY" and not names) or (rule.freq == "WEEKLY" and names == set(ORDER))


def _valid_on_any(rules: list[Rule], day: date) -> bool:
    return any(_never_closes(rule) and _valid_on(rule, day) for rule in rules)


def _valid_on(rule: Rule, day: date) -> bool:
    starts = max((d for d in (rule.valid_from, rule.dtstart) if d), default=date.min)
    return starts <= day and not _run_out(rule, day)


def _run_out(rule: Rule, day: date) -> bool:
    return day > min((d for d in (rule.valid_to, rule.until) if d), default=date.max)


def _days(rule: Rule) -> list[tuple[int, str]]:
    """ "4SA,-1FR" -> [(4, "SA"), (-1, "FR")]; 0 stands for every one."""
    return [(int(token[:-2] or 0), token[-2:]) for token in (rule.byday or "").split(",") if token]


def _numbers(text: str | None) -> list[int]:
    return [int(part) for part in (text or "").replace(" ", "").split(",") if part.lstrip("-+").isdigit()]


def _fits(rule: Rule, day: date) -> bool:
    days, in_month, in_year = _days(rule), _numbers(rule.bymonthday), _numbers(rule.byyearday)
    if not (days or in_month or in_year):
        return _like_the_first(rule, day)
    month, year = _length_of_month(day), _length_of_year(day)
    number = day.timetuple().tm_yday
    return (
        (not days or _weekday_fits(rule, days, day))
        and (not in_month or day.day in in_month or day.day - month - 1 in in_month)
        and (not in_year or number in in_year or number - year - 1 in in_year)
    )


def _like_the_first(rule: Rule, day: date) -> bool:
    """A rule without days repeats the day on which it starts."""
    if rule.freq == "DAILY":
        return True
    if rule.dtstart is None:
        return False
    if rule.freq == "WEEKLY":
        return day.weekday() == rule.dtstart.weekday()
    return day.day == rule.dtstart.day and (rule.freq == "MONTHLY" or day.month == rule.dtstart.month)


def _weekday_fits(rule: Rule, days: list[tuple[int, str]], day: date) -> bool:
    """ "4SA" is the fourth of its month, or of its year in a yearly rule; elsewhere the number means nothing."""
    number, length = day.day, _length_of_month(day)
    if rule.freq == "YEARLY":
        number, length = day.timetuple().tm_yday, _length_of_year(day)
    which = {0, (number - 1) // 7 + 1, -((length - number) // 7 + 1)}
    counted = rule.freq in {"MONTHLY", "YEARLY"}
    return any(name == ORDER[day.weekday()] and (nth in which or not counted) for nth, name in days)


def _in_turn(rule: Rule, day: date) -> bool:
    """Every second week, every third month: counted from the week or month of the start."""
    interval = rule.interval or 1
    if interval <= 1:
        return True
    start = _start(rule)
    if rule.freq == "DAILY":
        steps = (day - start).days
    elif rule.freq == "WEEKLY":
        steps = (_week(rule, day) - _week(rule, start)).days // 7
    else:
        steps = day.year - start.year
        steps = steps * 12 + day.month - start.month if rule.freq == "MONTHLY" else steps
    return steps % interval == 0


def _times_before(rule: Rule, day: date) -> int:
    """How often the rule has held before; ``count`` ends it."""
    start, times = _start(rule), 0
    for number in range((day - start).days):
        earlier = start + timedelta(days=number)
        times += _fits(rule, earlier) and _in_turn(rule, earlier)
        if rule.count is not None and times >= rule.count:
            break
    return times


def _start(rule: Rule) -> date:
    return rule.dtstart or rule.valid_from or LONG_AGO


def _week(rule: Rule, day: date) -> date:
    """The first day of a day's week, which begins with ``wkst``."""
    first = ORDER.index(rule.wkst) if rule.wkst in ORDER else 0
    return day - timedelta(days=(day.weekday() - first) % 7)


def _length_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _length_of_year(day: date) -> int:
    return 366 if calendar.isleap(day.year) else 365


def _spans(rules: list[Rule], today: date, ahead: timedelta, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """Opening spans in UTC, from yesterday on because a night shelter's last night may still be going on."""
    for number in range(-1, ahead.days):
        day = today + timedelta(days=number)
        for rule in rules:
            if rule.opens_at is None or rule.closes_at is None or not falls_on(rule, day):
                continue
            ends = day if rule.closes_at > rule.opens_at else day + DAY
            start, end = _moment(day, rule.opens_at, zone), _moment(ends, rule.closes_at, zone)
            if rule.closes_at == LAST_MINUTE:
                end = _moment(day + DAY, time(0), zone)
            if start < end:
                yield start, end


def _moment(day: date, clock: time, zone: tzinfo) -> datetime:
    """A wall-clock time as a moment; a time that a change of the clocks skips is one hour later on the wall."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _merged(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _state(spans: list[tuple[datetime, datetime]], here: datetime, zone: tzinfo) -> OpenState:
    for start, end in spans:
        if start <= here < end:
            return OpenState(open=True, until=end.astimezone(zone) if end - here < SOON_AHEAD - 2 * DAY else None)
        if here < start:
            return OpenState(open=False, opens=start.astimezone(zone))
    return OpenState(open=False)
