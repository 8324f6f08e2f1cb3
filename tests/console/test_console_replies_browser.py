"""The reply's helpers in a real browser, on a wide screen and on a phone: ready replies, hints, drafts, notes."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gateway import texts
from gateway.db import Database
from gateway.directory.demo import load_demo
from gateway.models import Conversation, Draft, Escalation, Message
from tests.console.conftest import utc_now
from tests.console.test_console_browser import check_everybody_can_use, chromium, enter, served, shoot

__all__ = ["chromium", "enter", "served"]  # fixtures

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
Written = Callable[..., Escalation]


def claimed(page: Page, written: Written, database: Database) -> Escalation:
    """A thread of a Spanish resident that this page has just claimed."""
    row = written()
    with database.begin() as session:
        load_demo(session, utc_now())
        session.get_one(Conversation, row.conversation_id).language = "es"
    page.goto(page.url.split("/console/")[0] + f"/console/threads/{row.id}")
    page.get_by_role("button", name="Claim").click()
    expect(page.locator("#holder")).to_contain_text("You have it.")
    return row


@pytest.mark.parametrize(("width", "height"), [(1100, 800), (360, 740)])
def test_a_ready_reply_goes_out_and_the_draft_stays(
    enter: Callable[..., Page], written: Written, database: Database, width: int, height: int
) -> None:
    page = enter("Ana", width, height)
    claimed(page, written, database)
    page.locator("#text").fill("You refused to see the addict")
    expect(page.locator("#hints")).to_contain_text("a person who uses drugs")
    expect(page.locator("#hints")).to_contain_text("The resident reads Spanish")
    shoot(page, f"hints-{width}")
    check_everybody_can_use(page)
    page.locator("#pairs > summary").click()
    shoot(page, f"pairs-{width}")
    check_everybody_can_use(page)
    page.locator("#pair_where").get_by_role("button", name="Send this").click()
    said, meant = (texts.wording("pair_where")[code] for code in ("es", "en"))
    expect(page.locator(".message.responder .said")).to_have_text(said)
    expect(page.locator(".message.responder .counterpart")).to_have_text(meant)
    expect(page.locator("#text")).to_have_value("You refused to see the addict")
    page.reload()
    expect(page.locator("#text")).to_have_value("You refused to see the addict")
    page.locator("#text").fill("Estoy aquí.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.responder")).to_have_count(2)
    expect(page.locator("#text")).to_have_value("")
    with database.begin() as session:
        assert session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize(("width", "height"), [(1100, 800), (360, 740)])
def test_a_note_and_the_directory_stand_beside_the_thread(
    enter: Callable[..., Page], written: Written, database: Database, width: int, height: int
) -> None:
    page = enter("Ana", width, height)
    claimed(page, written, database)
    page.locator("#noting > summary").click()
    page.locator("#note-text").fill("Her sister called us on Monday.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("#panel-notes .said")).to_have_text("Her sister called us on Monday.")
    expect(page.locator("#note-text")).to_be_hidden()
    page.locator("#beside > summary").click()
    page.locator("#beside-q").fill("food")
    page.locator("#beside-place").fill("94110")
    page.locator("#beside-form").get_by_role("button", name="Search").click()
    found = page.locator("#beside-found li").first
    expect(found).to_be_visible(timeout=20_000)  # the first search reads the words of the directory
    shoot(page, f"beside-{width}")
    check_everybody_can_use(page)
    shown = found.locator(".said").inner_text()
    found.get_by_role("button", name="Send this").click()
    expect(page.locator(".message.responder .said")).to_have_text(shown)
    expect(page.locator("#beside-found li").first).to_be_visible()
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    shoot(page, f"told-{width}")
    with database.begin() as session:
        assert session.scalars(select(Message.language).where(Message.author == "responder")).all() == ["es"]
