"""What residents are told about hours, in both languages."""

from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory import week_text
from gateway.directory.hours import OpenState
from gateway.directory.hours_words import hours_words, week_of, week_words
from gateway.directory.week_text import Week
from tests.directory.test_directory_hours import HERE, Hours, at

NOON = at(23, 12)  # a Monday
TODAY = NOON.date()


@pytest.mark.parametrize(
    ("until", "english", "spanish"),
    [
        (at(23, 17), "Open until 5pm", "Abierto hasta 5pm"),
        (at(24, 0), "Open until midnight", "Abierto hasta 12am"),
        (at(24, 8), "Open until 8am", "Abierto hasta 8am"),
        (at(24, 17), "Open until tomorrow 5pm", "Abierto hasta mañana 5pm"),
        (at(25, 0), "Open through tomorrow", "Abierto hasta mañana inclusive"),
        (at(26, 17), "Open until Thu 5pm", "Abierto hasta jue 5pm"),
        (at(28, 0), "Open through Fri", "Abierto hasta vie inclusive"),
    ],
)
def test_the_day_until_which_it_is_open_is_named(until: datetime, english: str, spanish: str) -> None:
    assert hours_words(OpenState(open=True, until=until), "en", NOON) == english
    assert hours_words(OpenState(open=True, until=until), "es", NOON) == spanish


@pytest.mark.parametrize(
    ("state", "english", "spanish"),
    [
        (OpenState(None), "Call for hours", "Llame para saber el horario"),
        (
            OpenState(None, holiday="thanksgiving"),
            "Holiday: call for hours",
            "Día festivo: llame para saber el horario",
        ),
        (OpenState(open=False, opens=datetime(2027, 6, 1, 9, tzinfo=HERE)), "Opens Tue 6/1", "Abre mar 1 jun"),
        (OpenState(open=False, opens=datetime(2028, 6, 1, 9, tzinfo=HERE)), "Opens 6/1/2028", "Abre el 1 jun 2028"),
    ],
)
def test_what_is_not_known_or_far_is_said(state: OpenState, english: str, spanish: str) -> None:
    assert hours_words(state, "en", NOON) == english
    assert hours_words(state, "es", NOON) == spanish


def test_without_a_number_nobody_is_told_to_call() -> None:
    holiday = OpenState(None, holiday="christmas")
    assert hours_words(holiday, "en", NOON, can_call=False) == "Holiday: hours not known"
    assert hours_words(holiday, "es", NOON, can_call=False) == "Día festivo: no sabemos el horario"


def test_a_week_in_one_line() -> None:
    hours = [
        Hours(closes_at=time(12), words="Closed on holidays"),
        Hours(opens_at=time(13)),
        Hours(freq="MONTHLY", byday="1SA,3SA", opens_at=time(10), closes_at=time(14)),
        Hours(byday="SU", opens_at=None, words="by appointment"),
    ]
    assert week_words(week_of(hours, TODAY), "en") == (
        "Mon-Fri 9am-noon, 1pm-5pm; 1st & 3rd Sat 10am-2pm; Sun: call for hours; closed on holidays"
    )
    assert week_words(week_of(hours, TODAY), "es") == (
        "lun-vie 9am-12pm, 1pm-5pm; 1er y 3er sáb 10am-2pm; dom: llame para saber el horario; cerrado en días festivos"
    )


def test_a_season_that_has_not_begun_is_no_week() -> None:
    later = Hours(valid_from=datetime(2027, 6, 1, tzinfo=HERE).date())
    assert week_words(week_of([later], TODAY), "en") == "Mon-Fri: call for hours"


CLOCKS = st.integers(1, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    """Weeks of plausible hours: one or two spans a day, whole days, nights, days of the month, days not known."""
    days = draw(st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True))
    spans: list[tuple[tuple[int, int], time, time]] = []
    doubtful = set()
    for weekday in days:
        for nth in draw(st.sampled_from([(0,), (0,), (0,), (1,), (2, 4), (1, 3, 5), (-1,)])):
            day = (nth, weekday)
            kind = draw(st.sampled_from(["span", "span", "span", "two", "all", "night", "doubt"]))
            if kind == "doubt":
                doubtful.add(day)
            elif kind == "all":
                spans.append((day, time(0), time(23, 59)))
            elif kind == "night":
                spans.append((day, time(20), draw(st.sampled_from([time(0), time(6), time(7, 30)]))))
            else:
                edges = sorted(
                    draw(st.lists(CLOCKS.filter(lambda at: at >= time(6)), min_size=4, max_size=4, unique=True))
                )
                spans.append((day, edges[0], edges[1]))
                spans += [(day, edges[2], edges[3])] if kind == "two" else []
    closed, otherwise = draw(st.booleans()), bool(spans) and not doubtful and draw(st.booleans())
    return Week(tuple(spans), frozenset(doubtful), closed_on_holidays=closed, otherwise=otherwise)


@given(weeks(), st.sampled_from(["en", "es"]))
def test_what_is_said_is_read_back_as_the_same(told: Week, language: str) -> None:
    read = week_text.read(week_words(told, language))
    assert read is not None
    assert sorted(read.spans) == sorted(told.spans)
    assert (read.doubtful, read.closed_on_holidays, read.otherwise) == (
        told.doubtful,
        told.closed_on_holidays,
        told.otherwise,
    )


def test_all_day_and_every_day() -> None:
    always = week_of([Hours(freq="DAILY", byday=None, opens_at=time(0), closes_at=time(23, 59))], TODAY)
    assert week_words(always, "en") == "Mon-Sun 24 hours"
    assert week_words(always, "es") == "lun-dom 24 horas"
