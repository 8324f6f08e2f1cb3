"""Shifts, rota and rest in a real browser, on a phone and at a desk."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gateway import drills
from gateway.db import Database
from gateway.models import Break, Debrief, Drill, Responder, Shift
from tests.console.conftest import utc_now
from tests.console.test_console_browser import Served, chromium, enter, served
from tests.console.test_console_handoff_browser import look

__all__ = ["chromium", "enter", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Enter = Callable[..., Page]
HOUR = timedelta(hours=1)


def planned(database: Database, name: str, start: float, end: float) -> None:
    with database.begin() as session:
        who = session.scalars(select(Responder).where(Responder.name == name)).one()
        session.add(Shift(responder_id=who.id, starts_at=utc_now() + start * HOUR, ends_at=utc_now() + end * HOUR))


@pytest.mark.parametrize("width", [360, 1100])
def test_a_swap_between_two_and_a_shift_that_begins_with_its_sound(
    served: Served, enter: Enter, database: Database, width: int
) -> None:
    ana, ben = enter("Ana", width), enter("Benjamin", width)
    planned(database, "Ana", -1, 5)
    planned(database, "Ana", 26, 34)
    planned(database, "Benjamin", 5, 13)
    ana.goto(f"{served.url}/console/shifts")
    with ana.expect_response("**/console/shift/heard") as told:
        ana.get_by_role("button", name="Test sound").click()
    assert told.value.status == 204
    expect(ana.locator("#inbox")).not_to_contain_text("test the sound")
    ana.reload()
    expect(ana.get_by_text("Your sound was tested at")).to_be_visible()
    ana.locator("details", has_text="Swap").last.locator("summary").click()
    ana.get_by_label("Whom do you ask?").last.select_option(label="Benjamin")
    ana.get_by_label("Note (you may leave it out)").last.fill("My son has a school play that evening")
    look(ana, "shifts-ask")
    ana.get_by_role("button", name="Ask for a swap").last.click()
    expect(ana.get_by_role("button", name="Ask no longer")).to_be_visible()
    ben.goto(f"{served.url}/console/shifts")
    expect(ben.get_by_text("A colleague asks you to take a shift")).to_be_visible()
    look(ben, "shifts-asked")
    ben.get_by_role("button", name="Take it").click()
    expect(ben.get_by_role("button", name="Take it")).to_have_count(0)
    ben.get_by_role("button", name="Make an address").click()
    expect(ben.locator("#address")).to_contain_text(".ics")
    look(ben, "shifts-address")


@pytest.mark.parametrize("width", [360, 1100])
def test_a_rota_is_made_and_drills_are_shown(served: Served, enter: Enter, database: Database, width: int) -> None:
    sol = enter("Soledad", width, role="supervisor")
    sol.goto(f"{served.url}/console/rota")
    sol.locator("#add").get_by_label("Who").select_option(label="Soledad")
    for day in ("Mon", "Wed", "Fri"):
        sol.get_by_label(day).check()
    sol.get_by_label("Begins at").fill("22:00")
    sol.get_by_label("Ends at").fill("06:00")
    look(sol, "rota-add")
    sol.get_by_role("button", name="Add to the rota").click()
    expect(sol.get_by_text("Mon, Wed, Fri")).to_be_visible()
    sol.get_by_role("button", name="Run a drill now").click()
    expect(sol.get_by_text("Running")).to_be_visible()
    rungs = [
        {"rung": 0, "means": "console", "state": "timed_out", "why": None, "people": 3, "after": 0},
        {"rung": 2, "means": "sms", "state": "failed", "why": "wrong_number", "people": 1, "after": 0},
        {"rung": 3, "means": "voice", "state": "timed_out", "why": None, "people": 2, "after": 45},
    ]
    with database.begin() as session:
        row = session.scalars(select(Drill)).one()
        row.finished_at, row.outcome = utc_now(), drills.FAILED
        row.detail = {"seconds": None, "by": None, "rungs": rungs}
        session.add(Drill(started_at=utc_now() - 24 * HOUR, finished_at=utc_now(), outcome=drills.PASSED,
                          detail={"seconds": 38, "by": "sms", "rungs": rungs[:1]}))  # fmt: skip
    sol.reload()
    sol.locator("#drills summary").first.click()
    expect(sol.get_by_text("Text × 1")).to_be_visible()
    expect(sol.get_by_text("The last drill")).to_be_visible()
    look(sol, "rota-drills")


@pytest.mark.parametrize("width", [360, 1100])
def test_rest_is_taken_and_a_talk_asked_for(served: Served, enter: Enter, database: Database, width: int) -> None:
    sol = enter("Soledad", width, role="supervisor")
    enter("Ana", width)
    with database.begin() as session:
        ids = {each.name: each.id for each in session.scalars(select(Responder))}
        session.add(Break(responder_id=ids["Soledad"], kind="after_emergency", state="offered", offered_at=utc_now()))
        session.add(Debrief(responder_id=ids["Ana"], state="asked", at=utc_now()))
    sol.goto(f"{served.url}/console/rest")
    expect(sol.get_by_text("That was an emergency. You may rest now.")).to_be_visible()
    look(sol, "rest-offered")
    sol.get_by_role("button", name="Take a break").click()
    expect(sol.get_by_text("You are on a break until")).to_be_visible()
    sol.get_by_role("button", name="I wish to talk").click()
    sol.get_by_role("button", name="I take it on").click()
    expect(sol.get_by_role("button", name="I take it on")).to_have_count(0)
    look(sol, "rest-taken")
