"""Gaps are warned of once, swaps have one winner, a shift begins when its sound is heard."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from gateway import paging, shift_feed, shifts, swaps, texts
from gateway.db import Database
from gateway.errors import Conflict, Refused
from gateway.models import GapWarning, Notice, Responder, Shift, Swap
from gateway.settings import Settings
from tests.gateway.duty import HOUR, Duty


@pytest.fixture
def duty(database: Database, settings: Settings) -> Duty:
    return Duty(database, settings.keys)


def warn(duty: Duty) -> int:
    with duty.database.begin() as session:
        return shifts.warn_gaps(session, duty.community, duty.at)


def gaps(duty: Duty, hours: float = 24) -> list[tuple[float, float]]:
    with duty.database.begin() as session:
        found = shifts.gaps(session, duty.at, duty.at + hours * HOUR)
    return [((gap.starts_at - duty.at) / HOUR, (gap.ends_at - duty.at) / HOUR) for gap in found]


def test_gaps_are_what_no_shift_covers(duty: Duty) -> None:
    ana, ben = duty.person("Ana"), duty.person("Ben")
    eda = duty.person("Eda", role="directory_editor")
    assert gaps(duty) == [(0, 24)]
    duty.shift(ana, -1, 4)
    duty.shift(ben, 3, 8)
    duty.shift(ana, 8, 10)
    duty.shift(eda, 10, 20)
    last = duty.shift(ben, 12, 24)
    assert gaps(duty) == [(10, 12)]
    with duty.database.begin() as session:
        session.get_one(Shift, last).state = "cancelled"
    assert gaps(duty) == [(10, 24)]


def test_a_gap_is_warned_of_once_and_thirty_minutes_ahead(duty: Duty) -> None:
    ana = duty.person("Ana", locale="es")
    sol = duty.person("Sol", role="supervisor", push=True)
    duty.shift(ana, -1, 2)
    assert warn(duty) == 0
    duty.at += timedelta(minutes=89)
    assert warn(duty) == 0
    duty.at += timedelta(minutes=1)
    assert warn(duty) == 1
    assert warn(duty) == 0
    with duty.database.begin() as session:
        told = session.scalars(select(Notice).order_by(Notice.responder_id)).all()
        row = session.scalars(select(GapWarning)).one()
        assert shifts.gap_warned(session, duty.at) is not None
    assert row.starts_at == duty.at + timedelta(minutes=30)
    name = duty.community.called("es")
    at = row.starts_at.astimezone(duty.community.clock)
    assert [(each.responder_id, each.means, each.kind) for each in told] == [(ana, "sms", "gap"), (sol, "push", "gap")]
    assert told[0].text == texts.say("shift_gap", "es", name=name, time=f"{at:%H:%M}")
    duty.at += timedelta(hours=3)
    assert warn(duty) == 0  # the same gap, from within


def test_who_fills_the_gap_ends_the_warning(duty: Duty) -> None:
    ana, ben = duty.person("Ana"), duty.person("Ben")
    duty.shift(ana, -1, 0.25)
    assert warn(duty) == 1
    duty.shift(ben, 0.25, 200)
    with duty.database.begin() as session:
        assert shifts.gap_warned(session, duty.at) is None


def test_a_shift_that_ends_early_is_a_gap_at_once(duty: Duty) -> None:
    ana = duty.person("Ana")
    shift = duty.shift(ana, -1, 5)
    with duty.database.begin() as session:
        shifts.end(session, shift, session.get_one(Responder, ana), duty.at)
        assert paging.on_call(session, duty.at) == []
    assert warn(duty) == 1
    with duty.database.begin() as session:
        assert session.scalars(select(GapWarning.starts_at)).one() == duty.at


def test_a_town_that_never_planned_is_not_warned(duty: Duty) -> None:
    duty.person("Sol", role="supervisor")
    assert warn(duty) == 0


def test_a_shift_begins_when_its_sound_is_heard(duty: Duty) -> None:
    ana, ben = duty.on_shift("Ana"), duty.person("Ben")
    with duty.database.begin() as session:
        found = shifts.heard(session, session.get_one(Responder, ana), duty.at)
        assert found is not None
        assert (found.state, found.begun_at, found.sound_heard_at) == ("begun", duty.at, duty.at)
        assert shifts.heard(session, session.get_one(Responder, ben), duty.at) is None
    with duty.database.begin() as session:  # an unheard one counts, too
        duty.shift(ben)
        assert [each.name for each in paging.on_call(session, duty.at)] == ["Ana", "Ben"]


def test_only_a_time_that_may_be_worked_is_planned(duty: Duty) -> None:
    ana, sol = duty.person("Ana"), duty.person("Sol", role="supervisor")

    def plan(start: float, end: float, who: int = ana) -> Shift:
        with duty.database.begin() as session:
            by = session.get_one(Responder, sol)
            return shifts.plan(session, by, who, duty.at + start * HOUR, duty.at + end * HOUR, duty.at)

    assert plan(1, 9).created_by == sol
    for start, end in ((3, 3), (4, 3), (-9, -1), (0, 40)):
        with pytest.raises(Refused, match="no_time"):
            plan(start, end)
    with pytest.raises(Refused, match="not_on_call"):
        plan(1, 2, duty.person("Eda", role="directory_editor"))


def ask(duty: Duty, shift: int, who: int, of: int | None = None) -> int:
    with duty.database.begin() as session:
        return swaps.ask(session, shift, session.get_one(Responder, who), duty.at, of).id


def take(duty: Duty, swap: int, who: int) -> str:
    try:
        with duty.database.begin() as session:
            swaps.take(session, swap, session.get_one(Responder, who), duty.at)
    except Refused as refused:
        return refused.code
    return "taken"


def settle(duty: Duty, verb: Callable[..., Swap], swap: int, who: int) -> str:
    try:
        with duty.database.begin() as session:
            return verb(session, swap, session.get_one(Responder, who), duty.at).state
    except Refused as refused:
        return refused.code


@pytest.mark.slow
def test_of_ten_who_take_a_shift_at_once_one_gets_it(duty: Duty) -> None:
    ana = duty.person("Ana")
    others = [duty.person(f"r{number}") for number in range(10)]
    shift = duty.shift(ana, 2, 10)
    swap = ask(duty, shift, ana)
    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(lambda who: take(duty, swap, who), others))
    assert sorted(told) == ["swap_settled"] * 9 + ["taken"]
    with duty.database.begin() as session:
        winner = session.get_one(Shift, shift).responder_id
        row = session.get_one(Swap, swap)
        assert winner == others[told.index("taken")] == row.taken_by
        assert [each.id for each in paging.on_call(session, duty.at + 3 * HOUR)] == [winner]


def at_once(*acts: Callable[[], str]) -> list[str]:
    gate = threading.Barrier(len(acts))

    def press(act: Callable[[], str]) -> str:
        gate.wait(30)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(press, acts))


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(5))
def test_who_takes_two_shifts_of_the_same_hours_at_once_gets_one(duty: Duty, turn: int) -> None:
    ana, ben, cai = duty.person("Ana"), duty.person("Ben"), duty.person("Cai")
    one, two = duty.shift(ana, 2, 10), duty.shift(cai, 6, 14)
    first, second = ask(duty, one, ana), ask(duty, two, cai)
    told = at_once(lambda: take(duty, first, ben), lambda: take(duty, second, ben))
    assert sorted(told) == ["on_call_then", "taken"]
    with duty.database.begin() as session:
        assert len(paging.on_call(session, duty.at + 7 * HOUR)) == 2  # as many as before


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(5))
def test_a_swap_that_is_taken_refused_and_taken_back_at_once_ends_in_one_way(duty: Duty, turn: int) -> None:
    ana, ben = duty.person("Ana"), duty.person("Ben")
    shift = duty.shift(ana, 2, 10)
    swap = ask(duty, shift, ana, ben)
    told = at_once(
        lambda: take(duty, swap, ben),
        lambda: settle(duty, swaps.decline, swap, ben),
        lambda: settle(duty, swaps.withdraw, swap, ana),
    )
    assert told.count("swap_settled") == 2
    with duty.database.begin() as session:
        row = session.get_one(Swap, swap)
        assert [row.state] == [each for each in told if each != "swap_settled"]
        assert session.get_one(Shift, shift).responder_id == (ben if row.state == "taken" else ana)


@pytest.mark.slow
def test_two_who_take_each_other_s_shifts_at_once_both_get_them(duty: Duty) -> None:
    ana, ben = duty.person("Ana"), duty.person("Ben")
    one, two = duty.shift(ana, 2, 10), duty.shift(ben, 26, 34)
    first, second = ask(duty, one, ana), ask(duty, two, ben)
    assert at_once(lambda: take(duty, first, ben), lambda: take(duty, second, ana)) == ["taken", "taken"]
    with duty.database.begin() as session:
        assert (session.get_one(Shift, one).responder_id, session.get_one(Shift, two).responder_id) == (ben, ana)


def test_a_swap_has_rules(duty: Duty) -> None:
    ana, ben, cai = duty.person("Ana"), duty.person("Ben"), duty.person("Cai")
    eda = duty.person("Eda", role="directory_editor")
    shift, past = duty.shift(ana, 2, 10), duty.shift(ana, -9, -5)
    for who, of, which, code in (
        (ben, None, shift, "not_your_shift"), (ana, eda, shift, "not_on_call"), (ana, ana, shift, "not_on_call"),
        (ana, None, past, "shift_over"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=code):
            ask(duty, which, who, of)
    swap = ask(duty, shift, ana, ben)
    with pytest.raises(Conflict, match="asked_already"):
        ask(duty, shift, ana)
    assert take(duty, swap, cai) == "not_asked"
    duty.shift(ben, 9, 12)
    assert take(duty, swap, ben) == "on_call_then"
    with duty.database.begin() as session:
        swaps.decline(session, swap, session.get_one(Responder, ben), duty.at)
        assert swaps.open_for(session, session.get_one(Responder, ben), duty.at) == []
    assert take(duty, swap, ben) == "swap_settled"
    again = ask(duty, shift, ana)
    assert take(duty, again, ana) == "own_shift"
    with duty.database.begin() as session:
        assert [name for _, _, name in swaps.open_for(session, session.get_one(Responder, cai), duty.at)] == ["Ana"]
        swaps.withdraw(session, again, session.get_one(Responder, ana), duty.at)
    assert take(duty, again, cai) == "swap_settled"
    third = ask(duty, shift, ana)
    with duty.database.begin() as session:
        assert swaps.lapse(session, duty.at) == 0
        assert swaps.lapse(session, duty.at + 10 * HOUR) == 1
        assert session.get_one(Swap, third).state == "lapsed"


def test_a_calendar_holds_times_and_nothing_else(duty: Duty) -> None:
    from icalendar import Calendar  # noqa: PLC0415

    ana, ben = duty.person("Ana", locale="es"), duty.person("Ben")
    first, gone = duty.shift(ana, 2, 10), duty.shift(ana, 30, 40)
    duty.shift(ben, 2, 10)
    with duty.database.begin() as session:
        who = session.get_one(Responder, ana)
        session.get_one(Shift, gone).state = "cancelled"
        token = shift_feed.make(session, who, duty.at)
        assert shift_feed.owner_of(session, token) == who
        drawn = shift_feed.calendar(session, who, "demo.example", duty.at)
    [event] = Calendar.from_ical(drawn).walk("VEVENT")
    assert (event["uid"], event["summary"]) == (f"shift-{first}@demo.example", "De guardia")
    read: tuple[datetime, datetime] = (event["dtstart"].dt, event["dtend"].dt)
    assert read == (duty.at + 2 * HOUR, duty.at + 10 * HOUR)
    assert b"Ana" not in drawn
    with duty.database.begin() as session:
        newer = shift_feed.make(session, session.get_one(Responder, ana), duty.at)
        assert shift_feed.owner_of(session, token) is None
        assert shift_feed.revoke(session, session.get_one(Responder, ana), duty.at)
        assert shift_feed.owner_of(session, newer) is None
        assert not shift_feed.given(session, session.get_one(Responder, ana))
