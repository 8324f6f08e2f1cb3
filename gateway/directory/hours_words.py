"""Says hours to residents: "Open until 5pm", "abre mañana 9am", or a whole week in one line."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import cast

from gateway.directory import opening
from gateway.directory.clock_text import LAST_MINUTE
from gateway.directory.day_text import Day
from gateway.directory.opening import MIDNIGHT, Opening
from gateway.directory.recurrence import DAY, Rule
from gateway.directory.wanted import OpenState
from gateway.directory.week_text import Week
from gateway.yaml_files import read_yaml

WEEK = 7
ALMOST_A_YEAR = 330
SOON = {0: "opens_today", 1: "opens_tomorrow"}
NOON = 12
AT_LEAST_TO = 3  # days in a row that are said as a span


def hours_words(state: OpenState, language: str, now: datetime | None, *, can_call: bool = True) -> str:
    """ "Open until 5pm", "Opens tomorrow 9am" or what to do when the hours are not known."""
    if state.open:
        return _until(state.until, language, now) if state.until else say("always_open", language)
    if state.opens is None:
        asked = ("holiday_ask", "holiday_call") if state.holiday else ("ask_hours", "call_first")
        return say(asked[can_call], language)
    return _opens(state.opens, language, now)


def then_words(state: OpenState, language: str, at: datetime, *, can_call: bool = True) -> str:
    """The same for another day that was asked about: "Sun: open until 2pm", "Sun: opens 2pm", "Sun: closed"."""
    if state.open is None:
        return hours_words(state, language, at, can_call=can_call)
    key, turn = "then_closed", None
    if state.open:
        through = state.until is None or state.until - at >= DAY
        key, turn = ("then_always", None) if through else ("then_open", state.until)
    elif state.opens is not None and state.opens.date() == at.astimezone(state.opens.tzinfo).date():
        key, turn = "then_opens", state.opens
    return say(key, language, day=_day(at, language), time=clock(turn.time(), language) if turn else "")


def is_then(line: str, language: str) -> bool:
    """Whether a line is one that :func:`then_words` says."""
    return any(line.startswith(f"{say(f'day_{number}', language)}: ") for number in range(WEEK))


def week_words(week: Week, language: str) -> str:
    """A whole week in one line, "Mon-Fri 9am-5pm; 1st & 3rd Sat 10am-2pm"; empty when there is nothing to say.

    :func:`gateway.directory.week_text.read` reads it back to the same week.
    """
    hours: dict[Day, list[tuple[time, time]]] = defaultdict(list)
    for day, opens, closes in week.spans:
        hours[day].append((opens, closes))
    groups: dict[tuple[tuple[time, time], ...], list[Day]] = defaultdict(list)
    for day in sorted(hours, key=_place):
        groups[tuple(sorted(hours[day]))].append(day)
    told = [
        f"{_days(part, language)} {', '.join(_span(span, language) for span in spans)}"
        for spans, days in groups.items()
        for part in _by_nths(days)
    ]
    told += [say("day_not_known", language, days=_days(part, language)) for part in _by_nths(sorted(week.doubtful))]
    told += [say("or_by_appointment", language)] if week.otherwise else []
    told += [say("closed_on_holidays", language)] if week.closed_on_holidays else []
    return "; ".join(told)


def day_words(week: Week) -> list[str] | None:
    """The hours of each weekday from Monday on, "9am-noon, 1pm-5pm"; None where a week is not like every other."""
    if week.doubtful or week.otherwise or any(day[0] for day, _, _ in week.spans):
        return None
    spans = [sorted((opens, closes) for day, opens, closes in week.spans if day[1] == number) for number in range(WEEK)]
    return [", ".join(_span(span, "en") for span in day) for day in spans]


def week_of(schedules: Iterable[Rule], today: date) -> Week:
    """The week that schedules make from now on; days on which they cannot be told, or do not hold yet, are doubtful."""
    spans: list[tuple[Day, time, time]] = []
    doubtful: set[Day] = set()
    openings = opening.plan(schedules, today)
    for one in openings:
        plain = one.sure and one.days.first <= today and _weekly_or_monthly(one)
        for day in one.days.days or [(0, weekday) for weekday in sorted(one.days.weekdays())]:
            if plain:
                spans.append((day, one.starts, one.ends or (MIDNIGHT if one.starts != MIDNIGHT else LAST_MINUTE)))
            else:
                doubtful.add(day)
    told = tuple(span for span in spans if span[0] not in doubtful)
    closed = any(one.on_holidays is False for one in openings)
    return Week(told, frozenset(doubtful), closed_on_holidays=closed)


def clock(at: time, language: str) -> str:
    """ "9am", "4:30pm", "noon"."""
    if at.minute == 0 and at.hour in {0, NOON}:
        return say("noon" if at.hour else "midnight", language)
    minutes = f":{at.minute:02d}" if at.minute else ""
    return f"{(at.hour - 1) % NOON + 1}{minutes}{'pm' if at.hour >= NOON else 'am'}"


def say(key: str, language: str, **values: object) -> str:
    """One of the directory's own words; ``values`` fill its places."""
    return words()[key][language].format(**values)


@cache
def words() -> dict[str, dict[str, str]]:
    """The directory's own words by key and language."""
    file = Path(__file__).parent / "words.yml"
    return cast(dict[str, dict[str, str]], read_yaml(file))


def _until(until: datetime, language: str, now: datetime | None) -> str:
    """A day is named when the clock alone would be taken for an earlier one."""
    told = clock(until.time(), language)
    if now is None or until - now < DAY:
        return say("open_until", language, time=told)
    through = until.time() == MIDNIGHT
    last = until - timedelta(minutes=1) if through else until
    key = "open_through" if through else "open_until"
    if _days_ahead(last, now) == 1:
        return say(f"{key}_tomorrow", language, time=told)
    return say(f"{key}_day", language, day=_day(last, language), time=told)


def _opens(opens: datetime, language: str, now: datetime | None) -> str:
    """The hour within a week, the date beyond, with its year where the date alone would be taken for an earlier one."""
    ahead = _days_ahead(opens, now)
    values = {"time": clock(opens.time(), language), "day": _day(opens, language)}
    values |= {"month": say(f"month_{opens.month}", language), "date": str(opens.day), "year": str(opens.year)}
    if ahead is None or ahead < WEEK:
        return say("opens_on" if ahead is None else SOON.get(ahead, "opens_on"), language, **values)
    return say("opens_later" if ahead < ALMOST_A_YEAR else "opens_in_year", language, **values)


def _weekly_or_monthly(one: Opening) -> bool:
    days = one.days
    monthly = days.freq == "MONTHLY" and days.interval == 1 and not (days.in_month or days.in_year or days.in_weeks)
    return days.weekly() or (monthly and bool(days.days))


def _by_nths(days: list[Day]) -> list[list[Day]]:
    """Days that can be said in one breath: those of every week, and those of the same weeks of a month."""
    weeks: dict[int, list[int]] = defaultdict(list)
    for nth, weekday in days:
        weeks[weekday].append(nth)
    alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for weekday, nths in sorted(weeks.items()):
        for some in ([nth for nth in nths if nth == 0], sorted((nth for nth in nths if nth), key=_order)):
            if some:
                alike[tuple(some)].append(weekday)
    return [[(nth, weekday) for weekday in weekdays for nth in nths] for nths, weekdays in alike.items()]


def _days(days: list[Day], language: str) -> str:
    nths = list(dict.fromkeys(nth for nth, _ in days if nth))
    weekdays = sorted({weekday for _, weekday in days})
    runs: list[list[int]] = []
    for weekday in weekdays:
        if runs and runs[-1][-1] + 1 == weekday:
            runs[-1].append(weekday)
        else:
            runs.append([weekday])
    names: list[str] = []
    for run in runs:
        told = [say(f"day_{weekday}", language) for weekday in run]
        names += [f"{told[0]}-{told[-1]}"] if len(run) >= AT_LEAST_TO and not nths else told
    counted = f" {say('and', language)} ".join(say(f"nth_{nth}", language) for nth in nths)
    return f"{counted} {', '.join(names)}".strip()


def _span(span: tuple[time, time], language: str) -> str:
    if span == (MIDNIGHT, LAST_MINUTE):
        return say("all_day", language)
    return "-".join(clock(at, language) for at in span)


def _place(day: Day) -> tuple[bool, int, int]:
    return bool(day[0]), day[1], _order(day[0])


def _order(nth: int) -> int:
    """The last one comes after the fifth."""
    return nth if nth >= 0 else WEEK


def _day(moment: datetime, language: str) -> str:
    return say(f"day_{moment.weekday()}", language)


def _days_ahead(moment: datetime, now: datetime | None) -> int | None:
    return (moment.date() - now.astimezone(moment.tzinfo).date()).days if now else None
