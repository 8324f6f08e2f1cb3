"""A resident and a responder in two browsers at once: each sees that the other writes, and when it is over."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from gateway import conversations, escalations
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation
from gateway.risk import Level
from tests.console.conftest import utc_now
from tests.console.test_console_browser import Served, check_everybody_can_use, chromium, enter, served, shoot

__all__ = ["chromium", "enter", "served"]
BEFORE_IT_GOES_BY_ITSELF = 7_000  # ms: a sign is of now or up to five seconds old, and holds for twelve
LASTS = 30_000  # ms: six seconds, and the looks of a busy machine
pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _end_visitors_streams(app: Flask, served: Served) -> None:
    """The widget's streams end before the server does; ``served`` ends those of the console."""


@pytest.fixture
def resident(chromium: Browser, served: Served, app: Flask) -> Page:
    context = chromium.new_context(viewport={"width": 375, "height": 740}, locale="es-MX")
    page = context.new_page()
    page.goto(f"{served.url}/chat/frame?language=es")
    expect(page.locator("#status")).to_be_empty()
    return page


def opened(database: Database, door: Door) -> int:
    """The thread of the visitor who wrote, asked for."""
    with database.begin() as session:
        conversation = conversations.lock(session, session.scalars(select(Conversation.id)).one())
        row = escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, utc_now())
    door.bell.announce(row.conversation_id)
    return row.id


@pytest.mark.parametrize("width", [360, 1100])
def test_each_sees_that_the_other_writes(
    resident: Page, served: Served, enter: Callable[..., Page], database: Database, door: Door, app: Flask, width: int
) -> None:
    try:
        resident.locator("#input").fill("necesito hablar con una persona")
        resident.locator("#form button[type=submit]").click()
        expect(resident.locator(".message.resident [data-word=received]")).to_be_visible()
        ana = enter("Ana", width)
        ana.goto(f"{served.url}/console/threads/{opened(database, door)}")
        expect(ana.locator("#signs-seen")).to_have_text("Their page is open.")
        resident.locator("#input").press_sequentially("tengo")
        expect(ana.locator("#signs-writing")).to_have_text("They are writing…")
        shoot(ana, f"typing-console-{width}")
        check_everybody_can_use(ana)
        expect(ana.locator("#signs-writing")).to_be_empty(timeout=LASTS)  # by itself, and the page stays open
        ana.locator("#act-claim").click()
        ana.locator("#note-text").evaluate("field => field.dispatchEvent(new Event('input', {bubbles: true}))")
        expect(ana.locator("#holder")).to_contain_text("You have it.")
        expect(resident.locator("#writing")).to_be_hidden()
        ana.locator("#text").press_sequentially("Hola, soy")
        expect(resident.locator("#writing")).to_have_text("Ana está escribiendo…")
        expect(resident.locator("#writing-said")).to_have_text("Ana está escribiendo…")
        shoot(resident, f"typing-widget-{width}")
        check_everybody_can_use(resident)
        expect(resident.locator("#writing")).to_be_hidden(timeout=LASTS)
        ana.locator("#text").press_sequentially(" Ana")  # again: shown, and not read out a second time
        expect(resident.locator("#writing")).to_be_visible()
        expect(resident.locator("#writing-said")).to_be_empty()
        resident.locator("#language").click()
        expect(resident.locator("#writing")).to_have_text("Ana is writing…")
        expect(ana.locator("#signs-seen")).to_be_in_viewport()
        shoot(ana, f"typing-console-mine-{width}")
        ana.locator("#send").click()
        expect(resident.locator(".message.responder")).to_contain_text("Hola, soy Ana")
        expect(resident.locator("#writing")).to_be_hidden()
        expect(resident.locator("#log")).not_to_contain_text(re.compile("escribiendo|is writing"))
    finally:
        resident.context.close()
        app.extensions["live"].stop()


def test_a_page_that_is_closed_is_seen_to_be_closed_and_one_that_is_loaded_again_is_open(
    resident: Page, served: Served, enter: Callable[..., Page], database: Database, door: Door, app: Flask
) -> None:
    try:
        resident.locator("#input").fill("necesito hablar con una persona")
        resident.locator("#form button[type=submit]").click()
        expect(resident.locator(".message.resident [data-word=received]")).to_be_visible()
        ana = enter("Ana", 1100)
        ana.goto(f"{served.url}/console/threads/{opened(database, door)}")
        seen = ana.locator("#signs-seen")
        expect(seen).to_have_text("Their page is open.")
        resident.reload()
        expect(resident.locator(".message.resident")).to_be_visible()
        with resident.expect_request("**/chat/stream"):
            resident.reload()
        expect(seen).to_have_text("Their page is open.")
        resident.wait_for_timeout(4_000)  # the console's next look
        expect(seen).to_have_text("Their page is open.")
        resident.goto("about:blank")
        expect(seen).to_have_text("Their page was open a moment ago.", timeout=BEFORE_IT_GOES_BY_ITSELF)
    finally:
        resident.context.close()
        app.extensions["live"].stop()
