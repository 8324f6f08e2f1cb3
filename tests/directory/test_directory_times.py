"""Hours as publishers write them."""

from datetime import time

import pytest

from gateway.directory import times


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("09:00", time(9)),
        ("9am", time(9)),
        ("4:00 PM", time(16)),
        ("3pm", time(15)),
        ("12 a.m.", time(0)),
        ("12pm", time(12)),
        ("0930", time(9, 30)),
        ("17:30:00", time(17, 30)),
        ("09:00Z", time(9)),
        ("24:00", time(0)),
        ("noon", time(12)),
    ],
)
def test_a_clock_time_is_read(written: str, meant: time) -> None:
    assert times.time_of(written) == meant


@pytest.mark.parametrize("written", ["by appointment", "25:00", "13pm", "9:75", "", "call"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the value itself
        times.time_of(written)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("MO,WE", ["MO", "WE"]),
        ("4SA", ["4SA"]),
        ("-1FR", ["-1FR"]),
        ("Monday", ["MO"]),
        ("Mon-Fri", ["MO", "TU", "WE", "TH", "FR"]),
        ("MO-WE, SA", ["MO", "TU", "WE", "SA"]),
        ("Friday to Sunday", ["FR", "SA", "SU"]),
        ("Sat-Mon", ["SA", "SU", "MO"]),
        ("lunes a viernes", ["MO", "TU", "WE", "TH", "FR"]),
        ("sábado y domingo", ["SA", "SU"]),
        ("daily", ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]),
        ("by appointment", None),
        ("", None),
    ],
)
def test_days_are_read(written: str, days: list[str] | None) -> None:
    assert times.days_of(written) == days


def row(**given: str | None) -> dict[str, str | None]:
    return dict.fromkeys(("freq", "byday", "opens_at", "closes_at", "as_given")) | given


@pytest.mark.parametrize(
    ("opens", "closes", "read"),
    [
        ("9am", "03:00", time(15)),  # the sample of San Mateo County has this
        ("10:00", "05:30", time(17, 30)),
        ("09:00", "3am", time(3)),  # said outright
        ("18:00", "07:00", time(7)),  # a night shelter
        ("16:00", "02:00", time(2)),
        ("08:00", "12:00", time(12)),
    ],
)
def test_an_afternoon_written_short_is_understood(opens: str, closes: str, read: time) -> None:
    given = row(freq="WEEKLY", byday="MO", opens_at=opens, closes_at=closes)
    times.mend(given)
    assert given["closes_at"] == read


def test_what_was_changed_is_kept_as_given() -> None:
    given = row(byday="Mon-Tue", opens_at="9am - 5pm")
    notes = times.mend(given)
    assert (given["opens_at"], given["closes_at"]) == (time(9), time(17))
    assert (given["freq"], given["byday"]) == ("WEEKLY", "MO,TU")
    assert given["as_given"] is not None
    assert "9am - 5pm" in given["as_given"]
    assert len(notes) == 5


def test_hours_that_are_prose_are_kept_as_text() -> None:
    given = row(byday="by appointment", opens_at="call first", closes_at="call first")
    times.mend(given)
    assert given["opens_at"] is given["closes_at"] is given["byday"] is None
    assert given["as_given"] is not None
    assert "call first" in given["as_given"]
    assert "by appointment" in given["as_given"]


def test_a_fourth_saturday_is_no_weekly_rule() -> None:
    given = row(freq="weekly", byday="4SA", opens_at="09:00", closes_at="10:00")
    assert times.mend(given) == ["freq WEEKLY with 4SA read as MONTHLY"]
    assert given["freq"] == "MONTHLY"
