"""A picture in a real browser: blurred until it is pressed, hidden again, and gone when the page locks."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from gateway import fetching
from gateway.db import Database
from gateway.models import AuditEntry, Escalation, LogIn
from tests.console.test_console_browser import Served, chromium, enter, served
from tests.console.test_console_handoff_browser import look
from tests.console.test_console_pictures import came, standin, watch

__all__ = ["came", "chromium", "enter", "served", "standin", "watch"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def looks(database: Database) -> int:
    with database.begin() as session:
        return len(session.scalars(select(AuditEntry).where(AuditEntry.act == "look_at_picture")).all())


@pytest.mark.parametrize("width", [360, 1100])
def test_a_picture_stays_behind_glass_until_it_is_pressed(
    served: Served,
    enter: Callable[..., Page],
    came: Callable[..., Escalation],
    watch: fetching.Watch,
    database: Database,
    width: int,
) -> None:
    row = came("image/jpeg", "audio/amr")
    ana = enter("Ana", width)
    asked: list[str] = []
    ana.on("request", lambda request: asked.append(request.url))
    ana.goto(f"{served.url}/console/threads/{row.id}")
    ana.locator("#act-claim").click()
    expect(ana.locator("#holder")).to_contain_text("You have it.")
    ana.get_by_role("button", name="Fetch the picture").click()
    expect(ana.locator(".attachment").first).to_contain_text("Being fetched from Twilio.")
    ana.get_by_role("button", name="Find out what it is").click()
    assert watch.fetch_one()
    assert watch.fetch_one()
    glass, press = ana.locator(".glass"), ana.get_by_role("button", name="Press to see")
    expect(press).to_be_visible(timeout=8_000)  # by itself
    expect(ana.locator(".attachment").nth(1)).to_contain_text("Ask the resident to describe it.")
    expect(glass.get_by_role("img")).to_have_accessible_name("A picture, blurred")
    expect(glass.locator(".glance")).to_have_css("filter", "blur(18px)")
    assert glass.locator(".glance").evaluate("each => each.naturalWidth") <= 16  # no more than its colours is here
    look(ana, "picture-blurred")
    whole = [url for url in asked if "/pictures/" in url and not url.endswith("/glance")]
    assert (whole, looks(database)) == ([], 0)
    press.focus()
    ana.keyboard.press("Enter")
    seen = ana.get_by_role("img", name="The picture that came with this text")
    expect(seen).to_be_visible()
    expect(seen).to_have_js_property("naturalWidth", 1200)
    expect(ana.get_by_role("button", name="Hide it")).to_be_focused()
    assert looks(database) == 1
    look(ana, "picture-seen")
    ana.locator("#text").fill("thank you for the picture")
    ana.get_by_role("button", name="Send", exact=True).click()
    expect(ana.locator("#messages")).to_contain_text("thank you for the picture")
    expect(seen).to_be_visible()  # the page was drawn anew around it
    ana.keyboard.press("Escape")
    expect(seen).to_have_count(0)
    press.click()
    expect(seen).to_be_visible()
    assert looks(database) == 2
    ana.get_by_role("button", name="Hide it").click()
    expect(press).to_be_focused()
    expect(seen).to_have_count(0)
    press.click()
    expect(seen).to_be_visible()
    with database.begin() as session:
        session.execute(delete(LogIn))  # it ended: the page locks
    expect(ana.locator("#locked")).to_be_visible(timeout=12_000)
    expect(ana.locator(".glass, .seen, .glance")).to_have_count(0)
