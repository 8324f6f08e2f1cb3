"""The town's night, by the town's clock, also where it jumps."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway import quiet_hours
from gateway.community import Community, QuietHours, load

HERE = ZoneInfo("America/Los_Angeles")


def town(start: time = time(21), end: time = time(8), zone: str = "America/Los_Angeles") -> Community:
    return load(None).model_copy(update={"quiet_hours": QuietHours(start=start, end=end), "time_zone": zone})


def here(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=HERE, fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(("at", "then"), [
    (here(2026, 11, 23, 20, 59), here(2026, 11, 23, 20, 59)),
    (here(2026, 11, 23, 21, 0), here(2026, 11, 24, 8, 0)),
    (here(2026, 11, 24, 7, 59), here(2026, 11, 24, 8, 0)),
    (here(2026, 11, 24, 8, 0), here(2026, 11, 24, 8, 0)),
    (here(2027, 3, 13, 23, 0), here(2027, 3, 14, 8, 0)),
    (here(2026, 10, 31, 23, 0), here(2026, 11, 1, 8, 0)),
])  # fmt: skip
def test_after_is_the_end_of_the_night(at: datetime, then: datetime) -> None:
    assert quiet_hours.after(town(), at) == then


def test_a_night_in_which_clocks_change_has_another_length() -> None:
    spring, autumn = here(2027, 3, 13, 21, 0), here(2026, 10, 31, 21, 0)
    assert quiet_hours.after(town(), spring) - spring == timedelta(hours=10)
    assert quiet_hours.after(town(), autumn) - autumn == timedelta(hours=12)


def test_an_end_that_the_clock_skips_is_an_hour_later() -> None:
    skipped = town(end=time(2, 30))
    then = quiet_hours.after(skipped, here(2027, 3, 13, 23, 0))
    assert then.astimezone(HERE).time() == time(3, 30)
    assert not quiet_hours.covers(skipped, then)


def test_an_end_that_the_clock_shows_twice_is_its_second_time() -> None:
    twice = town(end=time(1, 30))
    then = quiet_hours.after(twice, here(2026, 10, 31, 23, 0))
    assert then == here(2026, 11, 1, 1, 30, fold=1)
    assert not quiet_hours.covers(twice, then)


def test_quiet_hours_within_one_day_and_none_at_all() -> None:
    noon = town(time(12), time(14))
    assert quiet_hours.after(noon, here(2026, 11, 23, 13, 0)) == here(2026, 11, 23, 14, 0)
    assert not quiet_hours.covers(town(time(8), time(8)), here(2026, 11, 23, 3, 0))


def test_every_moment_of_a_year_comes_out_of_the_night() -> None:
    at, place = datetime(2026, 1, 1, tzinfo=UTC), town(time(22, 15), time(1, 45))
    for _ in range(366 * 48):
        then = quiet_hours.after(place, at)
        assert then >= at
        assert then - at < timedelta(hours=5)
        assert not quiet_hours.covers(place, then)
        at += timedelta(minutes=30)


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "America/New_York", "America/Puerto_Rico"])
def test_each_town_sleeps_by_its_own_clock(zone: str) -> None:
    place = town(zone=zone)
    then = quiet_hours.days_on(place, datetime(2027, 3, 12, 7, 0, tzinfo=UTC), 2).astimezone(ZoneInfo(zone))
    assert not place.quiet_hours.covers(then.time())
