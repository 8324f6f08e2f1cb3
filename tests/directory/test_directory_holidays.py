"""Holidays, computed by rule and read from publishers' lists."""

from datetime import date, timedelta

import pytest

from gateway.directory import holidays


def test_the_federal_holidays_of_a_year() -> None:
    """As the Office of Personnel Management lists them for 2026; Independence Day is a Saturday."""
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    assert {day.isoformat(): found for day in year if (found := holidays.FEDERAL.on(day))} == {
        "2026-01-01": "new_years_day",
        "2026-01-19": "martin_luther_king",
        "2026-02-16": "presidents_day",
        "2026-05-25": "memorial_day",
        "2026-06-19": "juneteenth",
        "2026-07-03": "independence_day",
        "2026-07-04": "independence_day",
        "2026-09-07": "labor_day",
        "2026-10-12": "columbus_day",
        "2026-11-11": "veterans_day",
        "2026-11-26": "thanksgiving",
        "2026-12-25": "christmas",
    }


def test_new_years_day_may_be_kept_in_the_old_year() -> None:
    assert holidays.FEDERAL.on(date(2021, 12, 31)) == "new_years_day"
    assert holidays.FEDERAL.on(date(2022, 1, 1)) == "new_years_day"
    assert holidays.FEDERAL.on(date(2023, 1, 2)) == "new_years_day"  # a Monday


@pytest.mark.parametrize(
    ("code", "day"),
    [
        ("good_friday", date(2026, 4, 3)),
        ("easter", date(2026, 4, 5)),
        ("casimir_pulaski", date(2026, 3, 2)),
        ("cesar_chavez", date(2026, 3, 31)),
        ("election_day", date(2026, 11, 3)),
        ("day_after_thanksgiving", date(2026, 11, 27)),
        ("lincolns_birthday", date(2026, 2, 12)),
    ],
)
def test_a_town_may_name_other_days(code: str, day: date) -> None:
    assert holidays.calendar([code]).on(day) == code
    assert holidays.FEDERAL.on(day) is None


def test_a_town_may_write_dates() -> None:
    town = holidays.calendar(["2026-12-24", "02-29", "11-02"])
    assert town.on(date(2026, 12, 24)) == town.on(date(2028, 2, 29)) == town.on(date(2027, 11, 2)) == "town"
    assert town.on(date(2027, 12, 24)) is town.on(date(2026, 12, 25)) is None


@pytest.mark.parametrize("wrong", ["thanks giving", "2026-13-01", "2026-02-30", "13-01", "US-CA", ""])
def test_what_is_no_holiday_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"no holiday|month|day"):
        holidays.calendar(["federal", wrong])


ILLINOIS = """New Year's Day

    Martin Luther King, Jr. Day

    Lincoln's Birthday

    Presidents' Day

    Casimir Pulaski Day

    Thanksgiving

    Day after Thanksgiving

    Christmas Eve"""
LISTED = (
    "casimir_pulaski christmas_eve day_after_thanksgiving lincolns_birthday martin_luther_king new_years_day"
    " presidents_day thanksgiving"
)


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        (ILLINOIS, LISTED),
        ("Christmas and New Year’s", "christmas new_years_day"),
        ("4th of July, Labor Day & Veterans' Day", "independence_day labor_day veterans_day"),
        ("Washington's Birthday", "presidents_day"),
        ("Indigenous Peoples' Day; MLK Jr. Day", "columbus_day martin_luther_king"),
        ("Día de Acción de Gracias y Navidad", "christmas thanksgiving"),
        ("Año Nuevo, Viernes Santo, 4 de julio", "good_friday independence_day new_years_day"),
    ],
)
def test_a_publishers_list_is_read(written: str, codes: str) -> None:
    found, unread = holidays.read(written)
    assert " ".join(sorted(found)) == codes
    assert unread == ()


@pytest.mark.parametrize("written", ["all major holidays", "federal holidays", "días festivos", "Holidays"])
def test_all_of_them_are_the_federal_ones(written: str) -> None:
    assert holidays.read(written) == (frozenset(holidays.FEDERAL_DAYS), ())


def test_what_is_not_read_is_handed_back() -> None:
    found, unread = holidays.read("Christmas Day\n\nFounder's picnic")
    assert found == {"christmas"}
    assert unread == ("Founder's picnic",)


def test_every_name_has_a_day_and_every_day_a_name() -> None:
    assert holidays.NAMES.keys() == holidays.DAYS.keys()
