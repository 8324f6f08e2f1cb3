"""From hand to hand in real browsers: a race by keyboard, a question, a closed lid, a supervisor; and the queue."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from gateway import owner_watch
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation, Escalation, Heartbeat, Message
from gateway.risk import Level
from tests.console.conftest import utc_now
from tests.console.test_console_browser import SHOTS, Served, check_everybody_can_use, chromium, enter, served

__all__ = ["chromium", "enter", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

Written = Callable[..., Escalation]
Enter = Callable[..., Page]
numbers = count(500)


def look(page: Page, name: str) -> None:
    """Everybody can use the page, in light and in dark; a picture of each where pictures are wanted."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        check_everybody_can_use(page)
        if SHOTS:
            width = page.evaluate("window.innerWidth")
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")


def said(database: Database) -> str:
    """The last that the resident was told."""
    with database.begin() as session:
        wanted = select(Message.text).where(Message.author == "system").order_by(Message.id.desc()).limit(1)
        return str(session.scalar(wanted))


def english(database: Database) -> None:
    with database.begin() as session:
        session.execute(update(Conversation).values(language="en"))


def test_a_race_by_keyboard_a_question_and_a_yes(
    served: Served, enter: Enter, written: Written, database: Database
) -> None:
    row = written()
    english(database)
    ana, ben = enter("Ana"), enter("Ben")
    for page in (ana, ben):
        expect(page.locator(f"#row-{row.id}")).to_be_visible()
        page.keyboard.press("j")
        expect(page.locator(f"#row-{row.id}")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#thread")).to_be_visible()
    ana.keyboard.press("c")
    expect(ana.locator("#act-claim")).to_be_focused()
    ana.keyboard.press("Enter")
    expect(ana.locator("#holder")).to_contain_text("You have it.")
    expect(ben.locator("#holder")).to_contain_text("Ana has it.", timeout=8000)
    expect(ben.locator("#act-claim")).to_have_count(0)
    ana.keyboard.press("r")
    expect(ana.locator("#text")).to_be_focused()
    ana.keyboard.type("j k c g q ?")  # while somebody types, keys are letters
    expect(ana.locator("#text")).to_have_value("j k c g q ?")

    # Ben came after this page was drawn.
    with ana.expect_response(lambda answer: "/console/colleagues" in answer.url):
        ana.locator("#pass-sheet > summary").click()
    choice = ana.locator("#pass-to option", has_text="Ben (")
    expect(choice).to_have_count(1)
    ana.locator("#pass-to").select_option(value=choice.get_attribute("value"))
    ana.locator("#pass-note").fill("knows his brother")
    ana.locator("#pass-on button").click()
    expect(ana.locator("#asked")).to_contain_text("Ben was asked to take it.")
    expect(ben.locator("#offer")).to_contain_text("knows his brother", timeout=8000)
    expect(ben.locator("#inbox")).to_contain_text("You are asked to take a thread", timeout=8000)
    expect(ben.locator("body")).to_have_attribute("data-last-ring", "urgent")
    expect(ben.locator("#said")).to_have_text("You are asked to take a thread")
    look(ben, "ownership-offer")
    ben.locator("#act-accept").click()
    expect(ben.locator("#holder")).to_contain_text("You have it.")
    expect(ana.locator("#holder")).to_contain_text("Ben has it.", timeout=8000)
    expect(ana.locator("#reply")).to_be_hidden()
    assert "Ben is here now in place of Ana" in said(database)
    ana.keyboard.press("Escape")
    ana.locator("#home").focus()
    ana.keyboard.press("g")
    ana.keyboard.press("q")
    expect(ana.locator("#queue")).to_be_visible()


def test_a_closed_lid_gives_the_thread_back_and_rings(
    enter: Enter, written: Written, database: Database, door: Door
) -> None:
    row = written()
    english(database)
    ana, ben = enter("Ana"), enter("Ben")
    ana.locator(f"#row-{row.id}").click()
    ana.locator("#act-claim").click()
    expect(ana.locator("#holder")).to_contain_text("You have it.")
    expect(ben.locator("#rows-others .row")).to_have_count(1, timeout=8000)
    ben.evaluate("delete document.body.dataset.lastRing")
    then = utc_now() - timedelta(seconds=40)
    with database.begin() as session:
        session.execute(update(Heartbeat).values(at=then))
        session.execute(update(Escalation).values(claimed_at=then))
    with database.begin() as session:
        assert owner_watch.lapse_due(session, door.community, utc_now()) == [row.conversation_id]
    door.bell.announce(row.conversation_id)
    expect(ben.locator("#rows-waiting .row.emergency")).to_be_visible(timeout=8000)
    expect(ben.locator("body")).to_have_attribute("data-last-ring", "emergency", timeout=8000)
    expect(ana.locator("#lapsed")).to_contain_text("Your console gave no sign of life", timeout=8000)
    expect(ana.locator("#inbox")).to_contain_text("went back to the queue", timeout=8000)
    assert "is away right now" in said(database)
    look(ana, "ownership-lapsed")


@pytest.mark.parametrize("width", [360, 1100])
def test_an_owner_is_warned_before_the_thread_goes_back(
    enter: Enter, written: Written, database: Database, width: int
) -> None:
    row = written()
    ana = enter("Ana", width)
    ana.locator(f"#row-{row.id}").click()
    ana.locator("#act-claim").click()
    expect(ana.locator("#holder")).to_contain_text("You have it.")
    expect(ana.locator("#answer-soon")).to_be_hidden()
    with database.begin() as session:
        then = utc_now() - timedelta(seconds=70)
        session.execute(update(Message).values(created_at=then))
        session.execute(update(Escalation).values(claimed_at=then))
    expect(ana.locator("#answer-soon")).to_contain_text("goes back to the queue in", timeout=8000)
    expect(ana.locator("body")).to_have_attribute("data-last-ring", "urgent")
    ana.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    expect(ana.locator("#answer-soon")).to_be_in_viewport()
    look(ana, "ownership-warned")
    ana.get_by_role("button", name="I am on it").click()
    expect(ana.locator("#answer-soon")).to_be_hidden()
    with database.begin() as session:
        session.execute(update(Escalation).values(owner_acted_at=utc_now() - timedelta(minutes=9, seconds=10)))
    ana.goto(ana.url.split("/console/")[0] + "/console/account")
    expect(ana.locator("#going-back")).to_contain_text("goes back to the queue in", timeout=8000)
    expect(ana.locator("body")).to_have_attribute("data-last-ring", "urgent")
    look(ana, "ownership-warned-elsewhere")
    ana.locator("#going-back-link").click()
    expect(ana.locator("#answer-soon")).to_be_visible()


def test_a_page_gives_signs_of_life_and_says_that_its_reader_writes(
    enter: Enter, written: Written, database: Database
) -> None:
    row = written()
    ana = enter("Ana")
    ana.locator(f"#row-{row.id}").click()
    ana.locator("#act-claim").click()
    expect(ana.locator("#holder")).to_contain_text("You have it.")
    ana.locator("#text").press_sequentially("I am")
    with ana.expect_response(lambda answer: answer.url.endswith("/console/here"), timeout=15_000) as heard:
        pass
    assert heard.value.json() == {"soon": []}
    with ana.expect_response(lambda answer: answer.url.endswith("/console/here"), timeout=15_000):
        ana.locator("#text").press_sequentially(" here")
    with database.begin() as session:
        assert session.get_one(Escalation, row.id).owner_wrote_at is not None
    expect(ana.locator("#text")).to_have_value("I am here")


@pytest.mark.parametrize("width", [360, 1100])
def test_a_supervisor_listens_joins_and_takes_over(
    enter: Enter, written: Written, database: Database, width: int
) -> None:
    row = written()
    english(database)
    ana, sam = enter("Ana"), enter("Sam", width, role="supervisor")
    ana.locator(f"#row-{row.id}").click()
    sam.locator(f"#row-{row.id}").click()
    expect(sam.locator("#assign-place")).to_be_visible()
    ana.locator("#act-claim").click()
    expect(sam.locator("#supervise-place")).to_be_visible(timeout=8000)
    expect(sam.locator("#assign-place")).to_be_hidden()
    sam.get_by_role("button", name="Listen in").click()
    expect(sam.locator("#attending")).to_contain_text("You listen.")
    look(sam, "ownership-listening")
    sam.get_by_role("button", name="Join").click()
    expect(ana.locator("#also-here")).to_contain_text("Sam is here too", timeout=8000)
    assert "Sam is here now too" in said(database)
    sam.locator("#take-over-sheet > summary").click()
    sam.locator("#take-over-reason").select_option("owner_silent")
    look(sam, "ownership-take-over")
    sam.locator("#take-over button").click()
    expect(sam.locator("#holder")).to_contain_text("You have it.")
    expect(sam.locator("#supervise-place")).to_be_hidden()
    expect(ana.locator("#holder")).to_contain_text("Sam has it.", timeout=8000)
    look(sam, "ownership-mine")


def test_one_row_changes_and_the_others_stay_as_they_are(
    enter: Enter, written: Written, database: Database, door: Door
) -> None:
    kept = written(number=f"+1555555{next(numbers):04d}")
    urgent = written("quiero morir", "morir", Level.URGENT, number=f"+1555555{next(numbers):04d}")
    page = enter("Ana")
    expect(page.locator("#rows-waiting .row")).to_have_count(2)
    worst = written(number=f"+1555555{next(numbers):04d}")  # once it stands there, nothing older is still to be told
    expect(page.locator("#rows-waiting .row a")).to_have_count(3, timeout=8000)
    page.evaluate("id => { document.getElementById(id).dataset.kept = '1'; }", f"row-{kept.id}")
    page.locator(f"#row-{urgent.id}").focus()
    worse = written(number=f"+1555555{next(numbers):04d}")
    expect(page.locator("#rows-waiting .row a")).to_have_count(4, timeout=8000)
    ids = [each.get_attribute("id") for each in page.locator("#rows-waiting .row a").all()]
    assert ids == [f"row-{kept.id}", f"row-{worst.id}", f"row-{worse.id}", f"row-{urgent.id}"]
    expect(page.locator("#count-waiting")).to_have_text("4")
    with database.begin() as session:
        session.execute(update(Escalation).where(Escalation.id == urgent.id).values(level="emergency"))
    door.bell.announce(urgent.conversation_id)
    expect(page.locator(".row.emergency")).to_have_count(4, timeout=8000)
    expect(page.locator(f"#row-{urgent.id}")).to_be_focused()  # drawn anew, and still under the finger
    assert page.locator(f"#row-{kept.id}").get_attribute("data-kept") == "1"


@pytest.mark.parametrize("width", [360, 1100])
def test_the_queue_is_usable_with_filters_and_keys(
    served: Served, enter: Enter, written: Written, database: Database, width: int
) -> None:
    for place, level in enumerate((Level.EMERGENCY, Level.URGENT, Level.ROUTINE)):
        row = written(f"help {place}", "help", level, number=f"+1555555{next(numbers):04d}", who="other")
        with database.begin() as session:
            found = session.get_one(Escalation, row.id)
            found.code = 40 + place
            found.conversation.answers = {
                "ages": "9",
                "place": "atrás de la biblioteca, junto a la parada del 22",
            }
    page = enter("Ana", width)
    expect(page.locator(".row")).to_have_count(3)
    look(page, "queue")
    page.locator("#home").focus()
    page.keyboard.press("f")
    expect(page.locator("#filters > summary")).to_be_focused()
    page.locator("#filter-level").select_option("urgent")
    look(page, "queue-filters")
    page.get_by_role("button", name="Show these").click()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator("#filtered")).to_contain_text("1 of them in an emergency")
    look(page, "queue-filtered")
    page.goto(f"{served.url}/console/")
    expect(page).to_have_url(re.compile("level=urgent"))  # the filters stay in this tab
    expect(page.locator(".row")).to_have_count(1)
    page.locator("#show-all").click()
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator("body")).to_have_attribute("data-ready", "1")
    page.locator("#home").focus()
    page.keyboard.press("?")
    if width > 360:
        expect(page.locator("#keys dl")).to_be_visible()
