"""Whether a place is open at a moment, from HSDS schedules (an iCalendar RRULE in columns)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, Protocol

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, rruleset, weekday

from gateway.directory.times import ORDER

AHEAD = timedelta(days=35)  # "the fourth Saturday" comes round within five weeks
SOON_AHEAD = timedelta(days=8)  # every weekly rule comes round within these
DAY = timedelta(days=1)
LAST_MINUTE = time(23, 59)
Frequency = Literal[0, 1, 2, 3, 4, 5, 6]
FREQUENCIES: dict[str, Frequency] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}


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
    """Whether a rule holds on a day. The common rules are worked out here; the rest is left to dateutil."""
    if not _valid_on(rule, day):
        return False
    if rule.count or rule.byyearday or rule.byweekno or rule.freq == "YEARLY" or (rule.interval or 1) != 1:
        return _by_dateutil(rule, day)
    if rule.freq == "MONTHLY":
        return _monthly(rule, day)
    days = _days(rule)
    if rule.freq == "WEEKLY" and not days:
        return rule.dtstart is not None and rule.dtstart.weekday() == day.weekday()
    return (not days or any(name == ORDER[day.weekday()] for _, name in days)) and _monthday(rule, day)


def _speaks(rule: Rule) -> bool:
    if rule.opens_at is None or rule.closes_at is None or rule.freq not in FREQUENCIES:
        return False
    if rule.freq == "DAILY":
        return True
    return bool(rule.byday or rule.bymonthday or rule.byyearday or rule.byweekno or rule.dtstart)


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


def _monthday(rule: Rule, day: date) -> bool:
    wanted = _numbers(rule.bymonthday)
    return not wanted or day.day in wanted or day.day - _length(day) - 1 in wanted


def _length(day: date) -> int:
    """Days in the month of a day."""
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY).day


def _monthly(rule: Rule, day: date) -> bool:
    days = _days(rule)
    if not days and not rule.bymonthday:
        return rule.dtstart is not None and rule.dtstart.day == day.day
    nth, last = (day.day - 1) // 7 + 1, -((_length(day) - day.day) // 7 + 1)
    fits = any(name == ORDER[day.weekday()] and which in {0, nth, last} for which, name in days)
    return (fits or not days) and _monthday(rule, day)


def _by_dateutil(rule: Rule, day: date) -> bool:
    start = rule.dtstart or rule.valid_from or date(2024, 1, 1)  # a Monday, and far enough back for any current rule
    midnight = datetime.combine(day, time())
    weekdays = [weekday(ORDER.index(name), which or None) for which, name in _days(rule)]
    rules = rruleset()
    rules.rrule(
        rrule(
            FREQUENCIES[rule.freq or "WEEKLY"],
            dtstart=datetime.combine(start, time()),
            interval=rule.interval or 1,
            count=rule.count,
            wkst=ORDER.index(rule.wkst) if rule.wkst in ORDER else None,
            byweekday=weekdays or None,
            bymonthday=_numbers(rule.bymonthday) or None,
            byyearday=_numbers(rule.byyearday) or None,
            byweekno=_numbers(rule.byweekno) or None,
        )
    )
    return bool(rules.between(midnight, midnight, inc=True))


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
