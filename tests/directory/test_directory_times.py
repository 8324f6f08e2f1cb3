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


def test_closed_in_a_cell_goes_to_the_notes() -> None:
    given = row(freq="WEEKLY", byday="SU", opens_at="Closed", closes_at="closed", notes=None)
    times.mend(given)
    assert (given["opens_at"], given["closes_at"], given["notes"]) == (None, None, "Closed")


def test_days_without_holidays_keep_the_words() -> None:
    given = row(byday="Mon-Fri except holidays", opens_at="9", closes_at="5", notes="Ring the bell.")
    times.mend(given)
    assert given["byday"] == "MO,TU,WE,TH,FR"
    assert given["notes"] == "Ring the bell. Closed on holidays"
    assert (given["opens_at"], given["closes_at"]) == (time(9), time(17))


@pytest.mark.parametrize(
    ("opens", "closes", "read"),
    [
        ("1:00", "4:00", (time(13), time(16))),
        ("9am - 5pm", "9am - 5pm", (time(9), time(17))),
        ("24 hours", None, (time(0), time(23, 59))),
        ("00:00", "24:00", (time(0), time(23, 59))),
        ("09:00:00-05:00", None, (time(9), None)),
        ("9:00 AM EST", "12 noon", (time(9), time(12))),
        ("00:00", "00:00", (time(0), time(0))),  # gateway.directory.opening asks how many days have it
        ("22:00", "20:00", (None, None)),
        ("01:00", "04:00", (None, None)),
        ("01:00-06:00", "04:00-06:00", (time(1), time(4))),  # a publisher who keeps to the standard
        ("09:00Z", "03:00Z", (time(9), time(3))),
        ("10am-12pm, 1-4pm", None, (None, None)),  # two rows: see below
    ],
)
def test_both_cells_are_read_together(opens: str, closes: str | None, read: tuple[time | None, time | None]) -> None:
    given = row(freq="WEEKLY", byday="MO", opens_at=opens, closes_at=closes)
    times.mend(given)
    assert (given["opens_at"], given["closes_at"]) == read


def test_days_that_were_not_read_are_not_every_day() -> None:
    """A daily rule without its days would hold on all of them."""
    given = row(freq="DAILY", byday="by appointment", opens_at="09:00", closes_at="17:00")
    times.mend(given)
    assert (given["freq"], given["byday"]) == (None, None)


def test_how_often_is_not_guessed() -> None:
    given = row(freq="every other week", byday="MO", opens_at="09:00", closes_at="17:00")
    times.mend(given)
    assert (given["freq"], given["byday"]) == (None, "MO")


def test_two_spans_in_a_cell_are_two_rows() -> None:
    given = row(id="h1", byday="Mon-Fri", opens_at="10am-12pm, 1-4pm", service_id="s1")
    rows = times.split(given)
    assert [(r["id"], r["opens_at"], r["closes_at"], r["service_id"]) for r in rows] == [
        ("h1", "10:00", "12:00", "s1"),
        ("h1-2", "13:00", "16:00", "s1"),
    ]
    assert all(r["byday"] == "Mon-Fri" and r["as_given"] == "10am-12pm, 1-4pm" for r in rows)


@pytest.mark.parametrize("cell", ["byday", "opens_at", "description"])
def test_a_sentence_about_the_week_is_as_many_rows_as_it_needs(cell: str) -> None:
    given = row(id="h1", description=None) | {cell: "Mon-Fri 9-5, Sat by appointment, closed holidays"}
    rows = times.split(given)
    assert [(r["freq"], r["byday"], r["opens_at"], r["notes"]) for r in rows] == [
        ("WEEKLY", "MO,TU,WE,TH,FR", "09:00", "Closed on holidays"),
        ("WEEKLY", "SA", None, "Closed on holidays"),
    ]
    assert [times.mend(r) for r in rows] == [[], []]


def test_what_needs_no_splitting_comes_back_as_it_is() -> None:
    for given in (
        row(freq="WEEKLY", byday="MO", opens_at="9am", closes_at="5pm", description="Mon-Fri 9-5"),
        row(byday="Mon-Fri"),
        row(opens_at="9am-5pm"),
        row(description="Bring a letter"),
    ):
        assert times.split(given) == [given]
