"""Repeated dates as Illinois Legal Aid's export has them."""

import pytest

from gateway.directory import repeats_text, times

THIRD_TUESDAY = "Repeats every month on the third Tuesday 100 times. Tuesday, January 15, 2019 - 5:00pm to 7:00pm"
EVERY_SECOND = (
    "Repeats every 2 weeks every Tuesday 48 times except Tue Dec 13 2016, Tue Dec 12 2017."
    " Tuesday, July 26, 2016 - 5:00pm to 7:00pm"
)
UNTIL = (
    "Repeats every week every Monday until Sat Dec 31 2016 except Mon Aug 01 2016."
    " Monday, July 25, 2016 - 7:00pm to 9:00pm Monday, August 8, 2016 - 7:00pm to 9:00pm"
)
SOME_MONTHS = (
    "Repeats every month on January, March on the second Saturday 12 times. Saturday, July 9, 2016 - 12:00pm to 1:00pm"
)
OTHER_HOURS = (
    "Repeats every month on the third Friday 24 times. Friday, June 17, 2016 - 1:00pm to 3:00pm"
    " Friday, November 18, 2016 - 2:00pm to 4:00pm"
)
OTHER_DAYS = (
    "Repeats every month 24 times. Tuesday, August 2, 2016 - 5:30pm to 6:30pm"
    " Thursday, September 1, 2016 - 5:30pm to 6:30pm"
)
LEFT_OUT = "Repeats every week every Monday except Mon Aug 01 2016. Monday, July 25, 2016 - 7:00pm to 9:00pm"


@pytest.mark.parametrize(
    ("written", "days", "hours"),
    [
        (THIRD_TUESDAY, "MONTHLY 2019-01-15 3TU 100", "17:00-19:00"),
        (EVERY_SECOND, "WEEKLY 2016-07-26 TU 2 48", "17:00-19:00"),
        (UNTIL, "WEEKLY 2016-07-25 MO 2016-12-31", "19:00-21:00"),
        ("Repeats every month. Friday, December 9, 2016 - 10:00am to 5:00pm", "MONTHLY 2016-12-09 9", "10:00-17:00"),
        (SOME_MONTHS, "MONTHLY 2016-07-09 2SA", None),  # HSDS has no column for months
        (OTHER_HOURS, "MONTHLY 2016-06-17 3FR 24", None),
        (OTHER_DAYS, "MONTHLY 2016-08-02 2 24", None),
        (LEFT_OUT, "WEEKLY 2016-07-25 MO", None),
    ],
)
def test_a_repetition_is_one_schedule(written: str, days: str, hours: str | None) -> None:
    """Without hours its days are doubtful."""
    read = repeats_text.read(written)
    assert read is not None
    columns = ("freq", "dtstart", "byday", "bymonthday", "interval", "count", "until")
    assert " ".join(read[name] for name in columns if name in read) == days
    assert (f"{read['opens_at']}-{read['closes_at']}" if "opens_at" in read else None) == hours


@pytest.mark.parametrize(
    "written",
    [
        "Saturday, July 23, 2016 - 4:00pm to 6:00pm",
        "Repeats every month on the third Tuesday. Tuesday, Janvier 45, 2019 - 5:00pm to 7:00pm",
        "Mon-Fri 9-5",
        "",
    ],
)
def test_anything_else_is_none(written: str) -> None:
    assert repeats_text.read(written) is None


def test_it_is_split_like_any_other_sentence() -> None:
    given = dict.fromkeys(("id", "freq", "byday", "opens_at", "closes_at", "as_given", "notes")) | {
        "id": "h1",
        "description": THIRD_TUESDAY,
    }
    (row,) = times.split(given)
    assert (row["id"], row["freq"], row["byday"], row["opens_at"]) == ("h1", "MONTHLY", "3TU", "17:00")
    assert (row["as_given"], row["description"]) == (THIRD_TUESDAY, None)
