"""Shifts that come again: by the town's clock, over midnight, over the days on which clocks change, and never twice."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from gateway import paging, rota, shifts, swaps
from gateway.community import load
from gateway.db import Database
from gateway.errors import Refused
from gateway.models import AuditEntry, Responder, RotaEntry, Shift
from gateway.settings import Settings
from tests.gateway.duty import Duty

pytestmark = pytest.mark.slow

DEMO = load()
WEEK = timedelta(weeks=1)


@pytest.fixture
def duty(database: Database, settings: Settings) -> Duty:
    return Duty(database, settings.keys)


def entry(days: str, starts: str, ends: str, first: date, weeks: int = 1, until: date | None = None) -> RotaEntry:
    return RotaEntry(
        byday=days, starts=time.fromisoformat(starts), ends=time.fromisoformat(ends), every_weeks=weeks,
        time_zone="America/Los_Angeles", from_date=first, until_date=until,
    )  # fmt: skip


def hours(made: RotaEntry, day: date) -> tuple[str, str, float]:
    begins, ends = rota.span(made, day)
    return f"{begins:%d %H:%M}", f"{ends:%d %H:%M}", (ends - begins) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("starts", "ends", "day", "expected"),
    [
        ("09:00", "17:00", date(2026, 7, 1), ("01 16:00", "02 00:00", 8)),
        ("09:00", "17:00", date(2026, 12, 1), ("01 17:00", "02 01:00", 8)),
        ("22:00", "06:00", date(2026, 7, 1), ("02 05:00", "02 13:00", 8)),
        ("00:00", "00:00", date(2026, 7, 1), ("01 07:00", "02 07:00", 24)),
        # 8 March 2026: 02:00 to 03:00 does not happen.
        ("22:00", "06:00", date(2026, 3, 7), ("08 06:00", "08 13:00", 7)),
        ("02:30", "08:00", date(2026, 3, 8), ("08 10:30", "08 15:00", 4.5)),
        # 1 November 2026: 01:00 to 02:00 happens twice; who begins begins the first time, who ends the second.
        ("22:00", "06:00", date(2026, 10, 31), ("01 05:00", "01 14:00", 9)),
        ("01:30", "09:00", date(2026, 11, 1), ("01 08:30", "01 17:00", 8.5)),
        ("20:00", "01:30", date(2026, 10, 31), ("01 03:00", "01 09:30", 6.5)),
    ],
)
def test_a_shift_is_by_the_local_clock(starts: str, ends: str, day: date, expected: tuple[str, str, float]) -> None:
    assert hours(entry("MO", starts, ends, day), day) == expected


def test_two_that_follow_each_other_leave_no_gap_when_clocks_change() -> None:
    for day in (date(2026, 3, 7), date(2026, 10, 31)):
        for seam in ("01:30", "02:00", "02:30", "03:00"):
            _, ends = rota.span(entry("SA", "20:00", seam, day), day)
            begins, _ = rota.span(entry("SU", seam, "09:00", day), day + timedelta(days=1))
            assert begins <= ends, (day, seam)


@pytest.mark.parametrize(("monday", "long"), [(date(2026, 3, 2), 167), (date(2026, 10, 26), 169)])
@pytest.mark.parametrize("seams", [(6, 14, 22), (2, 10, 18), (1, 9, 17)])
def test_a_week_in_which_clocks_change_has_no_hour_without_anybody(
    duty: Duty, monday: date, long: int, seams: tuple[int, int, int]
) -> None:
    people = [duty.person(name) for name in ("Ana", "Ben", "Cai")]
    sol = duty.person("Sol", role="supervisor")
    begins, ends = (datetime.combine(day, time(0), DEMO.clock).astimezone(UTC) for day in (monday, monday + WEEK))
    assert ends - begins == timedelta(hours=long)
    duty.at = begins - WEEK
    with duty.database.begin() as session:
        by = session.get_one(Responder, sol)
        for who, starts, until in zip(people, seams, (*seams[1:], seams[0]), strict=True):
            rota.add(session, DEMO, by, who, duty.at, days=list(rota.DAYS), starts=time(starts), ends=time(until),
                     from_date=monday - WEEK)  # fmt: skip
    with duty.database.begin() as session:
        assert shifts.gaps(session, begins, ends) == []
        worked = timedelta()
        for shift in session.scalars(select(Shift)):
            worked += max(timedelta(), min(ends, shift.ends_at) - max(begins, shift.starts_at))
        # Who begins in the hour that comes twice begins the first time, who ends ends the second: one hour has both.
        both = timedelta(hours=1 if long > 168 and 1 in seams else 0)
        assert worked == ends - begins + both
        for hour in range(long):
            assert paging.on_call(session, begins + timedelta(hours=hour, minutes=30))


def test_every_second_week_counts_from_the_first_day() -> None:
    made = entry("MO,FR", "09:00", "17:00", date(2026, 11, 23), weeks=2, until=date(2026, 12, 25))
    found = rota.days_of(made, date(2026, 11, 1), date(2027, 1, 31))
    assert [f"{day:%m-%d}" for day in found] == ["11-23", "11-27", "12-07", "12-11", "12-21", "12-25"]


def test_it_is_laid_out_once_and_some_weeks_ahead(duty: Duty) -> None:
    ana, sol = duty.person("Ana"), duty.person("Sol", role="supervisor")
    today = duty.at.astimezone(DEMO.clock).date()
    with duty.database.begin() as session:
        by = session.get_one(Responder, sol)
        rota.add(session, DEMO, by, ana, duty.at, days=list(rota.DAYS), starts=time(8), ends=time(20), from_date=today)
    with duty.database.begin() as session:
        laid = session.scalars(select(Shift).order_by(Shift.starts_at)).all()
        assert rota.materialise(session, DEMO, duty.at) == 0
    assert len({shift.local_date for shift in laid}) == len(laid)
    assert duty.at <= laid[0].ends_at
    assert timedelta(weeks=4, days=5) < laid[-1].starts_at - duty.at <= timedelta(weeks=5, days=1)
    assert {shift.state for shift in laid} == {"planned"}
    duty.at += timedelta(days=3)
    with duty.database.begin() as session:
        assert rota.materialise(session, DEMO, duty.at) == 3
        assert rota.materialise(session, DEMO, duty.at) == 0


def test_a_shift_that_was_swapped_or_cancelled_stays_so(duty: Duty) -> None:
    ana, ben, sol = duty.person("Ana"), duty.person("Ben"), duty.person("Sol", role="supervisor")
    day = duty.at.astimezone(DEMO.clock).date() + timedelta(days=2)
    with duty.database.begin() as session:
        by = session.get_one(Responder, sol)
        made = rota.add(session, DEMO, by, ana, duty.at, days=list(rota.DAYS), starts=time(8), ends=time(20),
                        from_date=day)  # fmt: skip
        first, second = session.scalars(select(Shift).order_by(Shift.starts_at).limit(2)).all()
        second.state = "cancelled"
        swap = swaps.ask(session, first.id, session.get_one(Responder, ana), duty.at)
        swaps.take(session, swap.id, session.get_one(Responder, ben), duty.at)
        assert rota.materialise(session, DEMO, duty.at) == 0
    at = rota.span(made, day)[0]
    with duty.database.begin() as session:
        assert [each.name for each in paging.on_call(session, at)] == ["Ben"]
        assert paging.on_call(session, at + timedelta(days=1)) == []


def test_an_entry_that_ends_cancels_what_has_not_begun(duty: Duty) -> None:
    ana, sol = duty.person("Ana"), duty.person("Sol", role="supervisor")
    today = duty.at.astimezone(DEMO.clock).date()
    with duty.database.begin() as session:
        by = session.get_one(Responder, sol)
        made = rota.add(session, DEMO, by, ana, duty.at, days=list(rota.DAYS), starts=time(0), ends=time(0),
                        from_date=today)  # fmt: skip
    with duty.database.begin() as session:
        rota.end(session, session.get_one(Responder, sol), made.id, duty.at)
        rota.end(session, session.get_one(Responder, sol), made.id, duty.at)
    with duty.database.begin() as session:
        assert [each.name for each in paging.on_call(session, duty.at)] == ["Ana"]
        assert paging.on_call(session, duty.at + timedelta(days=2)) == []
        assert rota.materialise(session, DEMO, duty.at) == 0
        assert rota.standing(session) == []
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.act.like("rota%")).order_by(AuditEntry.id))
        assert acts.all() == ["rota_add", "rota_end"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"days": []}, "no_day"),
        ({"days": ["XX"]}, "no_day"),
        ({"every_weeks": 0}, "weeks"),
        ({"every_weeks": 9}, "weeks"),
        ({"until_date": date(2026, 11, 1)}, "ends_before"),
    ],
)
def test_what_is_no_rota_is_refused(duty: Duty, change: dict[str, object], code: str) -> None:
    sol = duty.person("Sol", role="supervisor")
    given = {"days": ["MO"], "starts": time(8), "ends": time(9), "from_date": date(2026, 12, 1)} | change
    with duty.database.begin() as session, pytest.raises(Refused, match=code):
        rota.add(session, DEMO, session.get_one(Responder, sol), sol, duty.at, **given)  # type: ignore[arg-type]


def test_an_editor_is_in_no_rota(duty: Duty) -> None:
    sol, eda = duty.person("Sol", role="supervisor"), duty.person("Eda", role="directory_editor")
    with duty.database.begin() as session, pytest.raises(Refused, match="not_on_call"):
        rota.add(session, DEMO, session.get_one(Responder, sol), eda, duty.at, days=["MO"], starts=time(8),
                 ends=time(9), from_date=datetime(2026, 12, 1, tzinfo=UTC).date())  # fmt: skip
