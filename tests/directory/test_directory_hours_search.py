"""Hours on their whole way: from a publisher's file through the tables to what a resident is told."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from gateway import segments
from gateway.directory import answers, said
from gateway.directory.importing import import_path
from gateway.directory.search import Wanted, search
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow  # many conversations on the real store

HERE = ZoneInfo("America/Los_Angeles")
Written = Callable[[dict[str, Rows], str], Path]
WEEK = {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR", "opens_at": "9am", "closes_at": "5pm"}


def of_the_place(schedules: Rows) -> Rows:
    """The same as a package has them: each with all columns and a number."""
    columns = {name: "" for row in schedules for name in row}
    return [columns | {"id": f"h{number}", "location_id": "l1"} | row for number, row in enumerate(schedules, 1)]


@pytest.mark.parametrize(
    ("schedules", "when", "english", "spanish"),
    [
        ([WEEK], "2026-11-26 12:00", "Holiday: call for hours", "Día festivo: llame para saber el horario"),
        ([WEEK | {"notes": "Closed on holidays"}], "2026-11-26 12:00", "Opens tomorrow 9am", "Abre mañana 9am"),
        ([WEEK | {"byday": "Mon-Fri except holidays"}], "2026-11-26 12:00", "Opens tomorrow 9am", "Abre mañana 9am"),
        ([WEEK, {"byday": "SA", "opens_at": "by appointment"}], "2026-11-28 12:00", "Call for hours", "Llame para"),
        ([WEEK, {"byday": "SA", "opens_at": "Closed"}], "2026-11-28 12:00", "Opens Mon 9am", "Abre lun 9am"),
        ([WEEK, {"byday": "SU", "opens_at": "00:00", "closes_at": "00:00"}], "2026-11-29 12:00", "Call for", "Llame"),
        (
            [{"byday": "4th Saturday", "opens_at": "10", "closes_at": "2"}],
            "2026-11-28 12:00",
            "Open until 2pm",
            "Abierto",
        ),
        (
            [{"byday": "4th Saturday", "opens_at": "10", "closes_at": "2"}],
            "2026-11-26 12:00",
            "Opens Sat 10am",
            "Abre sáb",
        ),
        ([{"byday": "Tue", "opens_at": "1:00", "closes_at": "4:00"}], "2026-11-24 15:00", "Open until 4pm", "Abierto"),
        ([WEEK | {"valid_from": "2027-06-01"}], "2026-11-23 12:00", "Opens Tue 6/1", "Abre mar 1 jun"),
        (
            [WEEK | {"opens_at": "00:00", "closes_at": "24:00"}],
            "2026-12-07 12:00",
            "Open through Fri",
            "Abierto hasta vie",
        ),
    ],
)
def test_what_a_resident_is_told(
    session: Session,
    package: dict[str, Rows],
    written: Written,
    schedules: Rows,
    when: str,
    english: str,
    spanish: str,
) -> None:
    package["schedule"] = of_the_place(schedules)
    now = datetime.fromisoformat(when).replace(tzinfo=HERE)
    import_path(session, written(package, "county"), now)
    for language, told in (("en", english), ("es", spanish)):
        found = search(session, Wanted(needs=("food",), language=language), now, home="America/Los_Angeles")
        assert len(found.services) == 1
        assert segments.gsm_safe(told) in answers.render(found, language, answers.SMS)[0]


WEEKEND = [
    {"byday": "SA,SU", "freq": "WEEKLY", "opens_at": "09:00", "closes_at": "13:00"},
    {"byday": "MO,TU", "freq": "WEEKLY", "opens_at": "14:00", "closes_at": "17:30"},
]


@pytest.mark.parametrize(
    ("schedules", "asked", "english", "spanish"),
    [
        (WEEKEND, "food on sunday", "Sun: open until 1pm", "dom: abierto hasta 1pm"),
        (WEEKEND, "food tomorrow at 8am", "Sun: opens 9am", "dom: abre 9am"),
        (WEEKEND, "food on monday", "Mon: opens 2pm", "lun: abre 2pm"),
        (WEEKEND, "food on wednesday", "Wed: closed", "mié: cerrado"),
        (WEEKEND, "food today", "Open until 1pm", "Abierto hasta 1pm"),
        (WEEKEND, "they shut off my lights monday", "Open until 1pm", "Abierto hasta 1pm"),
        ([{"byday": "SU", "freq": "WEEKLY", "opens_at": "20:00", "closes_at": "02:00"}], "food sunday at 9pm",
         "Sun: open until 2am", "dom: abierto hasta 2am"),
        ([{"byday": "MO,TU,WE,TH,FR,SA,SU", "freq": "WEEKLY", "opens_at": "00:00", "closes_at": "24:00"}],
         "food on sunday", "Sun: open 24 hours", "dom: abierto las 24 horas"),
        ([{"description": "ask at the desk"}], "food on sunday", "Call for hours", "Llame"),
    ],
)  # fmt: skip
def test_for_another_day_it_is_told_as_it_is_then(
    session: Session,
    package: dict[str, Rows],
    written: Callable[..., Path],
    schedules: Rows,
    asked: str,
    english: str,
    spanish: str,
) -> None:
    package["schedule"] = of_the_place(schedules)
    saturday = datetime(2026, 11, 28, 11, tzinfo=HERE)
    import_path(session, written(package, "county"), saturday)
    zone = "America/Los_Angeles"
    for language, told in (("en", english), ("es", spanish)):
        wanted = Wanted(needs=("food",), language=language, when=said.moment_in(asked, saturday, zone))
        found = search(session, wanted, saturday, home=zone)
        for channel in (answers.SMS, "webchat"):
            assert told in answers.render(found, language, channel)[0]


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("rent is due friday", True),
        ("they gonna shut it off monday", True),
        ("need it by tuesday", True),
        ("me cortan la luz el lunes", True),
        ("nos echan mañana", True),
        ("necesito comida antes del viernes", True),
        ("food on sunday", False),
        ("comida para el domingo", False),
        ("albergue para mañana", False),
        ("open until 8pm on saturday", False),
        ("my rent is too high", False),
    ],
)
def test_a_day_on_which_something_is_due(text: str, due: bool) -> None:
    assert said.due_in(text) is due
