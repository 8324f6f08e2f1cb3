"""The board and the broadcasts in a real browser: two responders and a supervisor at once, on a phone and at a desk."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from gateway.db import Database
from gateway.models import Broadcast, Drill, Escalation, Responder, Shift
from gateway.risk import Level
from tests.console.conftest import utc_now
from tests.console.test_console_browser import Served, Written, chromium, enter, served
from tests.console.test_console_handoff_browser import look

__all__ = ["chromium", "enter", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Enter = Callable[..., Page]
HOUR = timedelta(hours=1)
LONG = (
    "The county's line to 911 is down until about 11 pm. Call the ten-digit number of the center instead: it stands on "
    "the 911 page of each thread. If nobody picks up there within a minute, call the sheriff and tell me at once, "
    "please. Do not tell residents that 911 is down: most phones still reach it."
)


def on_shift(database: Database, *names: str, heard: bool = True) -> None:
    now = utc_now()
    with database.begin() as session:
        for who in session.scalars(select(Responder).where(Responder.name.in_(names))):
            session.add(Shift(responder_id=who.id, starts_at=now - HOUR, ends_at=now + 6 * HOUR,
                              sound_heard_at=now if heard else None))  # fmt: skip


@pytest.mark.parametrize("width", [360, 1100])
def test_a_supervisor_watches_gives_and_tells_while_two_answer(
    served: Served, enter: Enter, written: Written, database: Database, width: int
) -> None:
    first = written()
    ana, ben, sol = enter("Ana", width), enter("Benjamin", width), enter("Soledad", width, role="supervisor")
    on_shift(database, "Ana")
    on_shift(database, "Benjamin", heard=False)
    with database.begin() as session:
        session.execute(update(Escalation).values(waiting_since=utc_now() - timedelta(minutes=7)))
        session.add(Drill(started_at=utc_now() - 9 * HOUR, finished_at=utc_now(), outcome="failed", detail={}))
        session.execute(update(Responder).where(Responder.name == "Benjamin").values(texts_stopped_at=utc_now()))
    sol.goto(f"{served.url}/console/board")
    expect(sol.locator("#count-emergency strong")).to_have_text("1")
    expect(sol.locator(".breach")).to_contain_text("Nobody has taken it")
    # Something new shows without a touch, and the keyboard stays where it was.
    sol.locator("#count-urgent").focus()
    written("ya no quiero vivir", "no quiero vivir", Level.URGENT, number="+15555550118")
    expect(sol.locator("#count-urgent strong")).to_have_text("1")
    expect(sol.locator("#count-urgent")).to_be_focused()
    look(sol, "board")
    sol.keyboard.press("j")
    expect(sol.locator(f"#breach-{first.id}")).to_be_focused()
    sol.locator(f"#assign-{first.id}").click()
    look(sol, "board-assign")
    sol.locator(".people li", has_text="Benjamin").get_by_role("button").click()
    expect(sol.locator("#count-owned strong")).to_have_text("1")
    expect(sol.locator("#board")).not_to_contain_text("Nobody has taken it")
    expect(ben.locator("#rows-mine .row")).to_have_count(1)

    sol.goto(f"{served.url}/console/broadcasts")
    sol.get_by_label("Message (up to").fill(LONG)
    sol.get_by_label("Urgent: it is red and rings").check()
    look(sol, "broadcast-form")
    sol.get_by_role("button", name="Send").click()
    expect(sol.locator("#told")).to_contain_text("Not yet read by")
    for page in (ana, ben):
        expect(page.locator(".broadcast")).to_contain_text("line to 911 is down")
        expect(page.locator("body")).to_have_attribute("data-last-ring", "urgent")
        expect(page.locator("#said")).to_have_text("An urgent message from a supervisor")
    look(ana, "broadcast-bar")
    ana.get_by_role("button", name="I have read it").click()
    expect(ana.locator(".broadcast")).to_have_count(0)
    expect(ben.locator(".broadcast")).to_have_count(1)
    ben.goto(f"{served.url}/console/directory")  # on every page of his
    expect(ben.locator(".broadcast")).to_have_count(1)
    sol.reload()
    expect(sol.locator("#told")).to_contain_text("Ana")
    look(sol, "broadcast-told")
    sol.get_by_role("button", name="End it").click()
    expect(ben.locator(".broadcast")).to_have_count(0)
    expect(sol.get_by_role("button", name="End it")).to_have_count(0)
    expect(sol.locator("body")).to_have_attribute("data-ready", "1")
    sol.keyboard.press("g")
    sol.keyboard.press("b")
    expect(sol.locator("#board")).to_be_visible()


def test_a_broadcast_ends_by_its_time_on_a_page_that_is_open(served: Served, enter: Enter, database: Database) -> None:
    ana = enter("Ana")
    with database.begin() as session:
        who = session.scalars(select(Responder)).one()
        session.add(Broadcast(responder_id=who.id, text="A calm one", urgent=False, at=utc_now()))
    expect(ana.locator(".broadcast")).to_contain_text("A calm one")
    with database.begin() as session:
        session.execute(update(Broadcast).values(ends_at=utc_now() + timedelta(seconds=1)))
    expect(ana.locator(".broadcast")).to_have_count(0)


@pytest.mark.parametrize("width", [360, 1100])
def test_a_board_with_much_on_it_is_still_read(
    served: Served, enter: Enter, written: Written, database: Database, width: int
) -> None:
    for place in range(14):
        level = (Level.EMERGENCY, Level.URGENT, Level.ROUTINE)[place % 3]
        written(level=level, number=f"+15555550{120 + place}")
    ana, sol = enter("Ana", width), enter("Soledad", width, role="supervisor")
    on_shift(database, "Ana")
    with database.begin() as session:
        who = session.scalars(select(Responder).where(Responder.name == "Ana")).one()
        session.execute(update(Escalation).values(waiting_since=utc_now() - timedelta(minutes=47)))
        session.execute(
            update(Escalation).where(Escalation.id % 4 == 0)
            .values(status="claimed", owner_id=who.id, claimed_at=utc_now(), alerted_at=utc_now())
        )  # fmt: skip
    ana.close()
    sol.goto(f"{served.url}/console/board")
    expect(sol.locator(".breach").first).to_contain_text("Emergency")
    look(sol, "board-full")
