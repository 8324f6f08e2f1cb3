"""Reads one schedule: on which days it opens, from when to when, and what the publisher's words add."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache

from gateway.directory.recurrence import DAY, ORDER, Recurrence, Rule, recurrence

LAST_MINUTE = time(23, 59)
MIDNIGHT = time(0)
EVERY_DAY = frozenset(range(len(ORDER)))
ALL_DAY = re.compile(r"\b24\s*(?:/\s*7|hours?|hrs?|horas)\b|\ball day\b|\btodo el día\b|\baround the clock\b", re.I)
BY_APPOINTMENT = re.compile(
    r"(?<!or )(?<!and )(?<!\bo )(?<!\by )\b(?:by (?:appointment|appt)|appointments? (?:only|required|needed)"
    r"|con (?:previa )?cita|(?:con )?cita previa|previa cita|por cita|s[oó]lo (?:con )?citas?)\b",
    re.I,
)
HOLIDAYS = r"[: ]+(?:[\w.]+ ){0,4}?(?:holidays?|festivos|feriados)"
CLOSED_ON_HOLIDAYS = re.compile(rf"\b(?:closed|cerrad[oa]s?|except|excepto|not open|excluding){HOLIDAYS}", re.I)
OPEN_ON_HOLIDAYS = re.compile(rf"\b(?:open|abiert[oa]s?|including|incluso|incluye|incluidos){HOLIDAYS}|\b365\b", re.I)
SOME_OF_THEM = re.compile(r"\b(?:most|some|many|certain|select|selected|algunos|ciertos)\b", re.I)
NOT_NOW = re.compile(
    r"\btemporar\w+ (?:closed|suspended)|\bclosed (?:temporarily|until|through|indefinitely)"
    r"|\bhours (?:may |can )?var(?:y|ies)|\bhorarios? (?:puede[n]? )?var(?:[ií]an?|iar)\b"
    r"|\bsubject to change|\bcerrad[oa] (?:temporalmente|hasta)|\bsujeto a cambios?",
    re.I,
)
CLOSED = re.compile(r"\b(?:closed|cerrad[oa])\b(?! (?:for|on|para|por|en)\b)", re.I)


@dataclass(frozen=True, eq=False, slots=True)
class Opening:
    """One schedule as it is understood. Where it is not ``sure`` it makes the days that it touches doubtful.

    ``ends`` is None for midnight after the last hour of the day. ``on_holidays`` is what the publisher says of them.
    """

    days: Recurrence
    sure: bool
    starts: time = MIDNIGHT
    ends: time | None = None
    on_holidays: bool | None = None
    midnight_twice: bool = False

    def next_morning(self) -> bool:
        """Whether it closes on the day after it opened."""
        return self.ends is not None and self.ends <= self.starts

    def all_day(self) -> bool:
        """Whether it never closes on its days."""
        return self.sure and self.starts == MIDNIGHT and self.ends is None


def plan(schedules: Iterable[Rule], today: date) -> list[Opening]:
    """What the schedules of one place say, without those that ran out before yesterday.

    From 00:00 to 00:00 is how many publishers write "closed": it means all day only on every day of the week at once,
    or where they say so.
    """
    found = [opening for opening in map(_of_rule, schedules) if opening and opening.days.last >= today - DAY]
    midnights = [opening for opening in found if opening.midnight_twice]
    if not midnights:
        return found
    days = frozenset[int]().union(*(opening.days.weekdays() for opening in midnights if opening.days.weekly()))
    return [_whole(opening) if opening.midnight_twice and days == EVERY_DAY else opening for opening in found]


def never_closes(openings: Iterable[Opening], today: date) -> bool:
    """Whether they are open all day on every day of the week."""
    days = frozenset[int]()
    for opening in openings:
        if opening.all_day() and opening.days.weekly() and opening.days.first <= today <= opening.days.last:
            days |= opening.days.weekdays()
    return days == EVERY_DAY


def _of_rule(rule: Rule) -> Opening | None:
    return _opening(recurrence(rule), rule.opens_at, rule.closes_at, rule.words)


@lru_cache(maxsize=4_096)
def _opening(days: Recurrence, opens: time | None, closes: time | None, words: str | None) -> Opening | None:
    """None for a schedule that says nothing, or that it is closed."""
    said = words or ""
    if opens is None or closes is None:
        silent = opens is closes is None and not said and not days.days
        of_holidays = not days.days and CLOSED_ON_HOLIDAYS.search(said)
        return None if silent or of_holidays or CLOSED.search(said) else Opening(days, sure=False)
    if opens == closes:
        whole = opens == MIDNIGHT and days.known
        return Opening(days, whole and bool(ALL_DAY.search(said)), midnight_twice=whole)
    return Opening(
        days,
        sure=days.known and not BY_APPOINTMENT.search(said) and not NOT_NOW.search(said),
        starts=opens,
        ends=None if closes in {LAST_MINUTE, MIDNIGHT} else closes,
        on_holidays=_on_holidays(said),
    )


def _on_holidays(words: str) -> bool | None:
    closed, open_too = CLOSED_ON_HOLIDAYS.search(words), OPEN_ON_HOLIDAYS.search(words)
    found = closed or open_too
    if found is None or SOME_OF_THEM.search(found[0]):
        return None
    return closed is None


@lru_cache(maxsize=4_096)
def _whole(opening: Opening) -> Opening:
    return Opening(opening.days, sure=True, on_holidays=opening.on_holidays)
