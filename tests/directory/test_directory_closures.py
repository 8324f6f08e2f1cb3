"""Hours that cannot be taken for certain: unread schedules, holidays, closures, midnights written twice."""

import random
from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from gateway.directory import holidays
from gateway.directory.closures import Closure, Exceptions, SpecialDays
from gateway.directory.hours import ALWAYS, UNKNOWN, OpenState, state_at, week
from tests.directory.test_directory_hours import HERE, Hours, at

NOBODY_CLOSES = Exceptions(calendar=holidays.calendar([]))
NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@pytest.mark.parametrize("clock", [time(0), time(7)])
def test_the_same_time_twice_on_some_days_is_not_known(clock: time) -> None:
    """Exports write "closed" as 00:00 to 00:00."""
    hours = [Hours(), Hours(byday="SU", opens_at=clock, closes_at=clock)]
    assert state_at(hours, at(29, 12), HERE) == UNKNOWN
    assert state_at(hours, at(28, 12), HERE) == OpenState(open=False, opens=at(30, 9))
    assert state_at(hours, at(27, 18), HERE).opens == at(30, 9)


def test_midnight_twice_on_all_seven_days_never_closes() -> None:
    days = [Hours(byday=name, opens_at=time(0), closes_at=time(0)) for name in NAMES]
    assert state_at(days, at(26, 3), HERE) == ALWAYS
    assert state_at(days[:6], at(23, 3), HERE) == UNKNOWN


def test_midnight_twice_is_all_day_where_the_publisher_says_so() -> None:
    sunday = Hours(byday="SU", opens_at=time(0), closes_at=time(0), words="24 hours")
    assert state_at([sunday], at(29, 12), HERE) == OpenState(open=True, until=at(30, 0))


@pytest.mark.parametrize(
    "unread",
    [
        Hours(byday="SA", opens_at=None, closes_at=None, words="by appointment"),
        Hours(byday="SA", words="By appointment only"),
        Hours(byday="SA", opens_at=time(10), closes_at=None),
        Hours(freq=None, byday="SA"),
        Hours(byday="SA", interval=2),  # every second Saturday, counted from nobody knows when
        Hours(byday="SA", byweekno="1,2"),
        Hours(byday="SA", bymonthday="first"),
    ],
)
def test_a_schedule_that_cannot_be_read_doubts_its_own_days_only(unread: Hours) -> None:
    hours = [Hours(), unread]
    assert state_at(hours, at(28, 12), HERE) == UNKNOWN
    assert state_at(hours, at(29, 12), HERE) == OpenState(open=False, opens=at(30, 9))
    assert state_at(hours, at(27, 12), HERE) == OpenState(open=True, until=at(27, 17))
    assert state_at(hours, at(27, 18), HERE) == OpenState(open=False, opens=at(30, 9))


def test_a_schedule_without_days_doubts_all_that_is_not_sure() -> None:
    hours = [Hours(), Hours(byday=None, words="and other times, call us")]
    assert state_at(hours, at(23, 12), HERE).open is True
    assert state_at(hours, at(23, 18), HERE) == UNKNOWN


def test_an_unread_schedule_that_has_run_out_doubts_nothing() -> None:
    past = Hours(byday="SA", opens_at=None, closes_at=None, valid_to=date(2026, 11, 1))
    assert state_at([Hours(), past], at(28, 12), HERE) == OpenState(open=False, opens=at(30, 9))


def test_a_day_said_to_be_closed_is_closed() -> None:
    closed = Hours(byday="SA", opens_at=None, closes_at=None, words="Closed")
    assert state_at([Hours(), closed], at(28, 12), HERE) == OpenState(open=False, opens=at(30, 9))


def test_every_second_week_is_known_from_its_start() -> None:
    hours = Hours(byday="SA", interval=2, dtstart=date(2026, 11, 21))
    assert state_at([hours], at(28, 12), HERE) == OpenState(open=False, opens=at(5, 9, month=12))


@pytest.mark.parametrize(
    ("hours", "opens"),
    [
        (Hours(valid_from=date(2027, 6, 1), valid_to=date(2027, 8, 31)), datetime(2027, 6, 1, 9, tzinfo=HERE)),
        (Hours(freq="YEARLY", byday=None, dtstart=date(2020, 2, 3)), datetime(2027, 2, 3, 9, tzinfo=HERE)),
        (Hours(freq="MONTHLY", byday="5SA"), datetime(2027, 1, 30, 9, tzinfo=HERE)),
        (Hours(freq="MONTHLY", byday="1MO", interval=3, dtstart=date(2026, 9, 1)), at(7, 9, month=12)),
        (Hours(valid_from=date(2029, 6, 1)), None),  # not told two years ahead
    ],
)
def test_the_next_opening_may_be_far(hours: Hours, opens: datetime | None) -> None:
    assert state_at([hours], at(30, 12), HERE) == OpenState(open=False, opens=opens)


def test_a_long_count_ends_on_its_day() -> None:
    """ "100 times" from January 2019 are over in April 2027, from June 2016 in September 2024."""
    third = Hours(freq="MONTHLY", byday="3TU", count=100, dtstart=date(2019, 1, 15), opens_at=time(17))
    third.closes_at = time(19)
    assert state_at([third], datetime(2027, 4, 1, 12, tzinfo=HERE), HERE).opens == datetime(
        2027, 4, 20, 17, tzinfo=HERE
    )
    assert state_at([third], datetime(2027, 4, 22, 12, tzinfo=HERE), HERE) == UNKNOWN
    third.dtstart = date(2016, 6, 21)
    assert state_at([third], at(17, 18), HERE) == UNKNOWN


@pytest.mark.parametrize("start", [date.min, date(1900, 1, 1), date.max])
@pytest.mark.parametrize("count", [None, 0, 5, 2**31 - 1])
@pytest.mark.parametrize("freq", ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_dates_at_the_ends_of_time_break_nothing(start: date, count: int | None, freq: str) -> None:
    """Ohana writes "every year" as the year 1."""
    hours = Hours(freq=freq, byday=None, count=count, dtstart=start)
    assert isinstance(state_at([hours], at(23, 12), HERE), OpenState)
    assert isinstance(state_at([hours, Hours()], at(23, 12), HERE), OpenState)


def test_thanksgiving_is_never_open() -> None:
    """26 November 2026. What is listed as open is not known, what is listed as closed is closed."""
    assert state_at([Hours()], at(26, 12), HERE) == OpenState(None, holiday="thanksgiving")
    assert state_at([Hours()], at(26, 8), HERE) == OpenState(None, holiday="thanksgiving")
    assert state_at([Hours()], at(26, 18), HERE) == OpenState(open=False, opens=at(27, 9))
    assert state_at([Hours()], at(25, 18), HERE) == OpenState(open=False, opens=at(27, 9))
    assert state_at([Hours(byday="MO")], at(26, 12), HERE) == OpenState(open=False, opens=at(30, 9))


def test_a_holiday_on_a_weekend_counts_twice() -> None:
    """4 July 2026 is a Saturday: federal offices close on Friday the 3rd."""
    daily = Hours(freq="DAILY", byday=None)
    days = [day for day in range(1, 8) if state_at([daily], at(day, 12, month=7), HERE).open is None]
    assert days == [3, 4]


def test_a_night_into_a_holiday_and_one_out_of_it() -> None:
    """The night belongs to the day on which it begins."""
    shelter = Hours(freq="DAILY", byday=None, opens_at=time(18), closes_at=time(8))
    assert state_at([shelter], at(26, 3), HERE) == OpenState(open=True, until=at(26, 8))
    assert state_at([shelter], at(26, 20), HERE) == OpenState(None, holiday="thanksgiving")
    assert state_at([shelter], at(27, 3), HERE) == OpenState(None, holiday="thanksgiving")
    assert state_at([shelter], at(27, 9), HERE) == OpenState(open=False, opens=at(27, 18))


def test_what_never_closes_keeps_no_holidays() -> None:
    days = [Hours(byday=name, opens_at=time(0), closes_at=time(23, 59)) for name in NAMES]
    assert state_at(days, at(26, 12), HERE) == ALWAYS


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Closed on all major holidays", OpenState(open=False, opens=at(27, 9))),
        ("Cerrado los días festivos", OpenState(open=False, opens=at(27, 9))),
        ("Open 365 days", OpenState(open=True, until=at(26, 17))),
        ("Open holidays", OpenState(open=True, until=at(26, 17))),
        ("Walk-ins welcome", OpenState(None, holiday="thanksgiving")),
        ("Open most holidays", OpenState(None, holiday="thanksgiving")),
        ("Closed on some holidays", OpenState(None, holiday="thanksgiving")),
    ],
)
def test_the_publisher_may_say_what_becomes_of_holidays(words: str, state: OpenState) -> None:
    assert state_at([Hours(words=words)], at(26, 12), HERE) == state


@pytest.mark.parametrize(
    "words",
    [
        "By appointment only",
        "con cita previa",
        "Temporarily closed",
        "Closed until March",
        "Hours may vary",
        "Los horarios varían",
        "Sujeto a cambios",
    ],
)
def test_words_may_take_back_the_hours(words: str) -> None:
    assert state_at([Hours(words=words)], at(23, 12), HERE) == UNKNOWN


@pytest.mark.parametrize(
    "words", ["Walk in, or by appointment", "con o sin cita", "Closed on holidays", "Ring the bell"]
)
def test_other_words_leave_them(words: str) -> None:
    assert state_at([Hours(words=words)], at(23, 12), HERE) == OpenState(open=True, until=at(23, 17))


def test_a_list_of_holidays_takes_the_calendars_place() -> None:
    listed = Exceptions(closed_on=frozenset(("thanksgiving", "day_after_thanksgiving")))
    assert state_at([Hours()], at(26, 12), HERE, listed) == OpenState(open=False, opens=at(30, 9))
    assert state_at([Hours()], at(11, 12), HERE, listed).open is True  # Veterans Day is not on it


def test_a_town_names_its_own_days() -> None:
    town = Exceptions(calendar=holidays.calendar(["federal", "day_after_thanksgiving", "2026-11-24"]))
    assert state_at([Hours()], at(24, 12), HERE, town) == OpenState(None, holiday="town")
    assert state_at([Hours()], at(27, 12), HERE, town).holiday == "day_after_thanksgiving"


def test_special_days_stand_in_for_the_listed_hours() -> None:
    special = Exceptions(
        special=(
            SpecialDays(date(2026, 11, 23), date(2026, 11, 27)),
            SpecialDays(date(2026, 11, 26), date(2026, 11, 26), time(11), time(14)),
        )
    )
    assert state_at([Hours()], at(23, 12), HERE, special) == OpenState(open=False, opens=at(26, 11))
    assert state_at([Hours()], at(26, 12), HERE, special) == OpenState(open=True, until=at(26, 14))
    assert state_at([Hours()], at(26, 15), HERE, special) == OpenState(open=False, opens=at(30, 9))


def test_a_closure_is_cut_out_of_the_hours() -> None:
    today = Exceptions(closures=(Closure(at(23, 12), at(24, 0)),))
    assert state_at([Hours()], at(23, 11), HERE, today) == OpenState(open=True, until=at(23, 12))
    assert state_at([Hours()], at(23, 12), HERE, today) == OpenState(open=False, opens=at(24, 9))
    night = Exceptions(closures=(Closure(at(23, 12), at(24, 10)),))
    assert state_at([Hours()], at(23, 13), HERE, night) == OpenState(open=False, opens=at(24, 10))


def test_closed_until_further_notice() -> None:
    closed = Exceptions(closures=(Closure(at(24, 0)),))
    always = Hours(freq="DAILY", byday=None, opens_at=time(0), closes_at=time(23, 59))
    assert state_at([Hours()], at(23, 18), HERE, closed) == OpenState(open=False)
    assert state_at([always], at(25, 12), HERE, closed) == OpenState(open=False)
    assert state_at([always], at(25, 12), None, closed) == OpenState(open=False)
    assert state_at([always], at(23, 12), HERE, closed) == OpenState(open=True, until=at(24, 0))
    assert state_at([], at(25, 12), HERE, closed) == OpenState(open=False)


def some_weeks(rolled: random.Random) -> list[Hours]:
    """Weekly schedules with nights, whole days, lunch breaks and overlaps."""
    clocks = [time(rolled.randrange(24), rolled.choice((0, 15, 30))) for _ in range(8)]
    hours = []
    for _ in range(rolled.randint(1, 4)):
        opens, closes = rolled.sample(clocks, 2)
        days = ",".join(rolled.sample(NAMES, rolled.randint(1, 5)))
        if opens == closes:
            opens, closes = time(0), time(23, 59)
        hours.append(Hours(byday=days, opens_at=opens, closes_at=closes))
    return hours


def test_the_week_agrees_with_the_state_at_any_minute() -> None:
    """10,000 minutes of ordinary weeks, in which no clocks change."""
    rolled = random.Random(2026)
    zone = ZoneInfo("America/Chicago")
    for _ in range(200):
        hours = some_weeks(rolled)
        minutes = week(hours, date(2026, 6, 1))
        assert minutes is not None
        for _ in range(50):
            minute = rolled.randrange(7 * 24 * 60)
            when = datetime(2026, 6, 1, tzinfo=zone) + timedelta(minutes=minute)
            told = any(start <= minute < end for start, end in minutes)
            assert (state_at(hours, when, zone, NOBODY_CLOSES).open is True) == told, (hours, when)


@pytest.mark.parametrize(
    "hours",
    [
        [],
        [Hours(freq="MONTHLY", byday="1MO")],
        [Hours(), Hours(byday="SA", opens_at=None)],
        [Hours(valid_from=date(2026, 12, 1))],
        [Hours(valid_to=date(2026, 12, 1))],
        [Hours(interval=2, dtstart=date(2026, 1, 5))],
    ],
)
def test_there_is_no_week_where_weeks_differ(hours: list[Hours]) -> None:
    assert week(hours, date(2026, 11, 23)) is None


def test_what_never_closes_is_a_whole_week() -> None:
    always = Hours(freq="DAILY", byday=None, opens_at=time(0), closes_at=time(0))
    assert week([always], date(2026, 11, 23)) == ((0, 7 * 24 * 60),)


def test_how_long_twelve_candidates_take() -> None:
    """Printed, not promised: the goal is 5 ms for twelve services of five schedules each."""
    rolled = random.Random(7)
    kinds = {
        "weekly": [Hours(byday=name) for name in NAMES[:5]],
        "monthly": [Hours(freq="MONTHLY", byday=f"{number}{name}") for number, name in enumerate(NAMES[:4], 1)],
        "season": [Hours(valid_from=date(2027, 6, 1), valid_to=date(2027, 8, 31))],
        "yearly": [Hours(freq="YEARLY", byday=None, dtstart=date(2020, 2, 3))],
    }
    for kind, hours in kinds.items():
        begun = process_time()
        told = [state_at(hours, at(23, rolled.randrange(24)), HERE) for _ in range(120)]
        print(f"{kind}: {(process_time() - begun) * 100:.2f} ms for twelve")  # noqa: T201
        assert all(state.open is not None for state in told)


def test_a_moment_in_another_zone_is_the_locations_day() -> None:
    """Half past seven in the evening of the 26th in UTC is still Thanksgiving noon at the Pacific."""
    assert state_at([Hours()], datetime(2026, 11, 26, 20, tzinfo=UTC), HERE).holiday == "thanksgiving"
    assert state_at([Hours()], datetime(2026, 11, 27, 5, tzinfo=UTC), HERE) == OpenState(open=False, opens=at(27, 9))
