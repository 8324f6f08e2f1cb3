"""On which days an HSDS schedule holds: an iCalendar RRULE (RFC 5545) in columns."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Protocol

ORDER = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = frozenset(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
DAY = timedelta(days=1)
AHEAD = timedelta(days=2 * 366)  # how far the next day of a rule is looked for: a season, a yearly day
LONGEST_COUNT = timedelta(days=40 * 366)  # "a million times" is for ever
TOKEN = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
FOURTH = 4  # the first week of a year is the one that holds its fourth day (ISO 8601)


class Rule(Protocol):
    """What is read of a schedule. ``words`` are the publisher's own: notes and description."""

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
    words: str | None


@dataclass(frozen=True, eq=False, slots=True)
class Recurrence:
    """The days of one rule. Where they are not ``known``, they are all days that it may touch.

    ``days`` pairs which one of its month or year (0: every) with the day of the week (0: Monday).
    """

    known: bool
    freq: str
    days: tuple[tuple[int, int], ...]
    in_month: tuple[int, ...]
    in_year: tuple[int, ...]
    in_weeks: tuple[int, ...]
    interval: int
    first_of_week: int
    start: date | None
    first: date
    last: date

    def falls_on(self, day: date) -> bool:
        """Whether the rule holds on a day."""
        return self.first <= day <= self.last and self._fits(day) and self._in_turn(day)

    def weekly(self) -> bool:
        """Whether every week is like the other."""
        every = self.interval == 1 and not (self.in_month or self.in_year or self.in_weeks)
        return self.known and every and self.freq in {"DAILY", "WEEKLY"}

    def weekdays(self) -> frozenset[int]:
        """The days of the week on which it can fall (0: Monday)."""
        if self.days:
            return frozenset(weekday for _, weekday in self.days)
        if self.freq == "WEEKLY" and self.start:
            return frozenset((self.start.weekday(),))
        return frozenset(range(7))

    def _fits(self, day: date) -> bool:
        if self.days and not self._weekday_fits(day):
            return False
        if not (self.in_month or self.in_year or self.in_weeks):
            return bool(self.days) or self._like_the_first(day)
        if self.in_weeks and not self._week_fits(day):
            return False
        from_end = day.day - length_of_month(day) - 1
        if self.in_month and day.day not in self.in_month and from_end not in self.in_month:
            return False
        number = day.timetuple().tm_yday
        return not self.in_year or number in self.in_year or number - length_of_year(day.year) - 1 in self.in_year

    def _weekday_fits(self, day: date) -> bool:
        """ "4SA" is the fourth of its month, or of its year in a yearly rule; elsewhere the number means nothing."""
        weekday = day.weekday()
        wanted = [nth for nth, name in self.days if name == weekday]
        if not wanted or 0 in wanted or self.freq not in {"MONTHLY", "YEARLY"} or self.in_weeks:
            return bool(wanted)
        number, length = day.day, length_of_month(day)
        if self.freq == "YEARLY":
            number, length = day.timetuple().tm_yday, length_of_year(day.year)
        return (number - 1) // 7 + 1 in wanted or -((length - number) // 7 + 1) in wanted

    def _like_the_first(self, day: date) -> bool:
        """A rule without days repeats the day on which it starts."""
        if self.freq == "DAILY" or self.start is None:
            return True
        if self.freq == "WEEKLY":
            return day.weekday() == self.start.weekday()
        return day.day == self.start.day and (self.freq == "MONTHLY" or day.month == self.start.month)

    def _week_fits(self, day: date) -> bool:
        """A week belongs to the year of its fourth day, so that the first may begin in December."""
        year = (self._week(day) + timedelta(days=FOURTH - 1)).year
        begins = _first_week(year, self.first_of_week)
        number = (day - begins).days // 7 + 1
        weeks = (_first_week(year + 1, self.first_of_week) - begins).days // 7
        return number in self.in_weeks or number - weeks - 1 in self.in_weeks

    def _in_turn(self, day: date) -> bool:
        """Every second week, every third month: counted from the week or month of the start."""
        if self.interval <= 1 or self.start is None:
            return True
        if self.freq == "DAILY":
            steps = (day - self.start).days
        elif self.freq == "WEEKLY":
            steps = (self._week(day) - self._week(self.start)).days // 7
        else:
            steps = day.year - self.start.year
            steps = steps * 12 + day.month - self.start.month if self.freq == "MONTHLY" else steps
        return steps % self.interval == 0

    def _week(self, day: date) -> date:
        return day - timedelta(days=(day.weekday() - self.first_of_week) % 7)


def recurrence(rule: Rule) -> Recurrence:
    """The days of a rule.

    They are not known when it names none, when it counts ("every second week") and does not say from where, or when
    a part of it is not understood.
    """
    return _recurrence(
        rule.freq, rule.byday, rule.bymonthday, rule.byyearday, rule.byweekno, rule.interval, rule.count, rule.wkst,
        rule.dtstart, rule.until, rule.valid_from, rule.valid_to,
    )  # fmt: skip


def falls_on(rule: Rule, day: date) -> bool:
    """Whether a rule holds on a day, by RFC 5545. False where its days are not known."""
    days = recurrence(rule)
    return days.known and days.falls_on(day)


@lru_cache(maxsize=16_384)
def next_on(days: Recurrence, day: date) -> date | None:
    """The first day from this one on, on which the rule holds; None when there is none within two years."""
    end = min(days.last, day + AHEAD)
    day = max(day, days.first)
    while day <= end:
        if days.falls_on(day):
            return day
        day += DAY
    return None


def length_of_month(day: date) -> int:
    """Days in the month of this day."""
    return calendar.monthrange(day.year, day.month)[1]


def length_of_year(year: int) -> int:
    """Days in a year."""
    return 366 if calendar.isleap(year) else 365


@lru_cache(maxsize=16_384)
def _recurrence(  # noqa: PLR0913, PLR0917 - the columns of a schedule
    freq: str | None,
    byday: str | None,
    bymonthday: str | None,
    byyearday: str | None,
    byweekno: str | None,
    interval: int | None,
    count: int | None,
    wkst: str | None,
    dtstart: date | None,
    until: date | None,
    valid_from: date | None,
    valid_to: date | None,
) -> Recurrence:
    days, in_month, in_year, in_weeks = _days(byday), _numbers(bymonthday), _numbers(byyearday), _numbers(byweekno)
    start, steps = dtstart or valid_from, interval or 1
    known = (
        freq in FREQUENCIES
        and bool(freq == "DAILY" or dtstart or byday or bymonthday or byyearday)
        and None not in {days, in_month, in_year, in_weeks}
        and (not in_weeks or (freq == "YEARLY" and bool(days)))  # RFC 5545 and dateutil differ on weeks without days
        and (start is not None or (steps == 1 and count is None))
    )
    found = Recurrence(
        known=known,
        freq=freq or "WEEKLY",
        days=days or (),
        in_month=in_month or () if known else (),
        in_year=in_year or () if known else (),
        in_weeks=in_weeks or () if known else (),
        interval=steps if known else 1,
        first_of_week=ORDER.index(wkst) if wkst in ORDER else 0,
        start=start if known else None,
        first=max((d for d in (valid_from, dtstart) if d), default=date.min),
        last=min((d for d in (valid_to, until) if d), default=date.max),
    )
    return _counted(found, count) if known and count is not None else found


def _counted(days: Recurrence, count: int) -> Recurrence:
    """``count`` ends a rule on the day of its last time, counted from its start."""
    day = max(days.start or days.first, date.min + DAY)
    if day > date.max - LONGEST_COUNT:
        return days
    limit = min(days.last, day + LONGEST_COUNT)
    whole = Recurrence(**{name: getattr(days, name) for name in days.__slots__} | {"first": day, "last": limit})
    times, last = 0, day - DAY
    while times < count and day <= limit:
        if whole.falls_on(day):
            times, last = times + 1, day
        day += DAY
    ends = last if times >= count else days.last
    return Recurrence(**{name: getattr(days, name) for name in days.__slots__} | {"last": ends})


def _days(text: str | None) -> tuple[tuple[int, int], ...] | None:
    """ "4SA,-1FR" -> ((4, 5), (-1, 4)); None when a token is no day."""
    tokens = [TOKEN.fullmatch(token) for token in (text or "").replace(" ", "").upper().split(",") if token]
    if not all(tokens):
        return None
    return tuple((int(token.group(1) or 0), ORDER.index(token.group(2))) for token in tokens if token)


def _numbers(text: str | None) -> tuple[int, ...] | None:
    parts = [part for part in (text or "").replace(" ", "").split(",") if part]
    return tuple(map(int, parts)) if all(re.fullmatch(r"[+-]?\d{1,3}", part) for part in parts) else None


@lru_cache(maxsize=1024)
def _first_week(year: int, first_of_week: int) -> date:
    """The day on which the first week of a year begins."""
    fourth = date(year, 1, FOURTH)
    return fourth - timedelta(days=(fourth.weekday() - first_of_week) % 7)
