"""Open or closed, checked by example and against dateutil."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.directory import holidays
from gateway.directory.closures import Exceptions
from gateway.directory.hours import ALWAYS, UNKNOWN, OpenState, falls_on, state_at

HERE = ZoneInfo("America/Los_Angeles")


@dataclass
class Hours:
    freq: str | None = "WEEKLY"
    byday: str | None = "MO,TU,WE,TH,FR"
    opens_at: time | None = time(9)
    closes_at: time | None = time(17)
    bymonthday: str | None = None
    byyearday: str | None = None
    byweekno: str | None = None
    interval: int | None = None
    count: int | None = None
    wkst: str | None = None
    dtstart: date | None = None
    until: date | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    words: str | None = None


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A moment on the wall clock of the location; 23 November 2026 is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=HERE)


def test_open_says_until_when() -> None:
    assert state_at([Hours()], at(23, 12), HERE) == OpenState(open=True, until=at(23, 17))


def test_the_edges_of_a_span() -> None:
    assert state_at([Hours()], at(23, 9), HERE).open is True
    assert state_at([Hours()], at(23, 17), HERE) == OpenState(open=False, opens=at(24, 9))


def test_closed_says_when_it_opens() -> None:
    assert state_at([Hours()], at(23, 8), HERE).opens == at(23, 9)
    assert state_at([Hours()], at(27, 18), HERE).opens == at(30, 9)  # Friday evening to Monday


def test_the_moment_may_be_in_any_zone() -> None:
    assert state_at([Hours()], at(23, 12).astimezone(UTC), HERE) == OpenState(open=True, until=at(23, 17))


def test_a_night_runs_into_the_morning() -> None:
    night = Hours(byday="MO", opens_at=time(20), closes_at=time(7))
    assert state_at([night], at(24, 3), HERE) == OpenState(open=True, until=at(24, 7))
    assert state_at([night], at(24, 7), HERE).opens == at(30, 20)


def test_a_lunch_break_and_joined_spans() -> None:
    day = [Hours(closes_at=time(12)), Hours(opens_at=time(13))]
    assert state_at(day, at(23, 12, 30), HERE) == OpenState(open=False, opens=at(23, 13))
    joined = [Hours(closes_at=time(13)), Hours(opens_at=time(13))]
    assert state_at(joined, at(23, 12), HERE).until == at(23, 17)


def test_the_fourth_saturday() -> None:
    monthly = Hours(freq="MONTHLY", byday="4SA", opens_at=time(10), closes_at=time(12))
    assert state_at([monthly], at(28, 11), HERE).open is True
    assert state_at([monthly], at(21, 11), HERE).opens == at(28, 10)
    assert state_at([monthly], at(28, 13), HERE).opens == at(26, 10, month=12)


def test_a_counted_day_beside_a_plain_one() -> None:
    """RFC 5545: the second Monday, and every Thursday."""
    mixed = Hours(freq="MONTHLY", byday="2MO,TH")
    november = [day for day in range(1, 31) if falls_on(mixed, date(2026, 11, day))]
    assert november == [5, 9, 12, 19, 26]


def test_two_hours_stay_two_hours_when_the_clocks_change() -> None:
    """On 8 March 2026 two o'clock becomes three; on 1 November two o'clock becomes one again."""
    night = Hours(freq="DAILY", byday=None, opens_at=time(22), closes_at=time(6))
    spring = state_at([night], at(8, 1, 30, month=3), HERE)
    assert spring.until == at(8, 6, month=3)
    assert spring.until is not None
    assert spring.until.astimezone(UTC) - at(8, 1, 30, month=3).astimezone(UTC) == timedelta(hours=3.5)
    autumn = state_at([night], at(1, 0, 30), HERE)
    assert autumn.until is not None
    assert autumn.until.astimezone(UTC) - at(1, 0, 30).astimezone(UTC) == timedelta(hours=6.5)


def test_an_hour_that_the_clocks_skip_is_an_hour_later() -> None:
    early = Hours(freq="DAILY", byday=None, opens_at=time(2, 30), closes_at=time(6))
    opens = state_at([early], at(8, 0, month=3), HERE).opens
    assert opens is not None
    assert opens.astimezone(UTC) == datetime(2026, 3, 8, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("closes", [time(0), time(23, 59)])
def test_a_line_that_never_closes_needs_no_zone(closes: time) -> None:
    always = Hours(freq="DAILY", byday=None, opens_at=time(0), closes_at=closes)
    assert state_at([always], at(23, 3), None) == ALWAYS
    assert state_at([Hours()], at(23, 12), None) == UNKNOWN


@pytest.mark.parametrize(
    "hours",
    [
        Hours(opens_at=None),
        Hours(closes_at=None),
        Hours(freq=None, byday=None),
        Hours(byday=None),
        Hours(valid_to=date(2020, 1, 1)),
        Hours(until=date(2020, 1, 1)),
    ],
)
def test_hours_that_say_nothing_never_mean_closed(hours: Hours) -> None:
    assert state_at([hours], at(23, 12), HERE) == UNKNOWN
    assert state_at([], at(23, 12), HERE) == UNKNOWN


def test_a_rule_that_begins_later_is_closed_until_then() -> None:
    ordinary = Exceptions(calendar=holidays.calendar([]))  # or it would be Thanksgiving
    assert state_at([Hours(valid_from=date(2026, 11, 26))], at(23, 12), HERE, ordinary).opens == at(26, 9)


DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
NAMES = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
NTH = st.builds(lambda which, name: f"{which}{name}", st.sampled_from(["1", "2", "3", "4", "5", "-1", "-2"]), NAMES)
START, LAST = date(2024, 1, 1), date(2029, 12, 31)


@st.composite
def rules(draw: st.DrawFn) -> Hours:
    """Rules that fall on some day every few months at least: dateutil looks for others until the year 9999."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    # Never "2MO,TH": RFC 5545 means either of them, dateutil takes it for both at once.
    counted = freq in {"MONTHLY", "YEARLY"} and draw(st.booleans())
    days = draw(st.lists(NTH if counted else NAMES, max_size=3, unique=True))
    hours = Hours(freq=freq, byday=",".join(days) or None, dtstart=draw(st.dates(START, date(2025, 12, 28))))
    hours.interval = draw(st.sampled_from([None, None, 1, 2, 3]))
    hours.count = draw(st.sampled_from([None, None, None, 5]))
    hours.wkst = draw(st.sampled_from([None, "MO", "SU"]))
    if not days and freq != "WEEKLY" and draw(st.booleans()):
        hours.bymonthday = ",".join(map(str, draw(st.lists(st.sampled_from([1, 15, 28, -1]), min_size=1, max_size=2))))
    elif not days and draw(st.booleans()):
        hours.byyearday = "60,200,-1"
        hours.freq, hours.interval = "YEARLY", None
    elif days and not counted and draw(st.booleans()):
        weeks = draw(st.lists(st.sampled_from(["1", "2", "26", "52", "53", "-1", "-2"]), min_size=1, max_size=3))
        hours.byweekno = ",".join(weeks)
        hours.freq, hours.interval = "YEARLY", None
    if hours.count is None:
        hours.until = draw(st.none() | st.dates(START, date(2028, 12, 31)))
    return hours


@settings(max_examples=250, deadline=None)
@given(rules(), DAYS)
def test_a_rule_falls_on_the_days_that_dateutil_says(hours: Hours, day: date) -> None:
    assert hours.dtstart is not None
    parts = [f"FREQ={hours.freq}"]
    parts += [f"BYDAY={hours.byday}"] if hours.byday else []
    parts += [f"BYMONTHDAY={hours.bymonthday}"] if hours.bymonthday else []
    parts += [f"BYYEARDAY={hours.byyearday}"] if hours.byyearday else []
    parts += [f"BYWEEKNO={hours.byweekno}"] if hours.byweekno else []
    parts += [f"INTERVAL={hours.interval}"] if hours.interval else []
    parts += [f"WKST={hours.wkst}"] if hours.wkst else []
    # dateutil looks for the next day of a rule that has none until the year 9999: give it an end, and count here.
    parts += [f"UNTIL={min(hours.until or LAST, LAST):%Y%m%d}"]
    rule = rrulestr(";".join(parts), dtstart=datetime.combine(hours.dtstart, time()))
    midnight = datetime.combine(day, time())
    assert falls_on(hours, day) == (midnight in set(islice(rule, hours.count)))


CLOCKS = st.times().map(lambda t: t.replace(second=0, microsecond=0))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
NO_HOLIDAYS = Exceptions(calendar=holidays.calendar([]))


@settings(max_examples=150, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), CLOCKS, CLOCKS, MOMENTS)
def test_what_it_says_next_is_true_then(days: list[str], opens: time, closes: time, when: datetime) -> None:
    hours = Hours(byday=",".join(days), opens_at=opens, closes_at=closes)
    state = state_at([hours], when, HERE, NO_HOLIDAYS)
    if opens == closes:  # written so for "closed" and for "24 hours"; both at midnight on seven days are the latter
        assert state == UNKNOWN
        return
    if state == ALWAYS or state.open and state.until is None:
        return
    edge = state.until if state.open else state.opens
    assert edge is not None
    assert edge > when
    assert state_at([hours], edge, HERE, NO_HOLIDAYS).open is not state.open
    before = state_at([hours], edge - timedelta(minutes=1), HERE, NO_HOLIDAYS)
    assert before.open is state.open or edge - when < timedelta(minutes=1)


@settings(max_examples=150, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True), CLOCKS, CLOCKS, MOMENTS)
def test_what_it_says_next_is_no_holiday(days: list[str], opens: time, closes: time, when: datetime) -> None:
    hours = Hours(byday=",".join(days), opens_at=opens, closes_at=closes)
    state, plain = state_at([hours], when, HERE), state_at([hours], when, HERE, NO_HOLIDAYS)
    if state.open:
        assert plain.open
    elif state.open is None:
        assert opens == closes or state.holiday
    elif state.opens:
        assert plain.open is False
        assert plain.opens is not None
        assert state.opens >= plain.opens
        assert holidays.FEDERAL.on(state.opens.date()) is None
        assert state_at([hours], state.opens, HERE).open
