"""The directory's pages in a real browser: by keyboard alone, on a small phone, and for everybody."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from gateway import log_ins
from gateway.db import Database
from gateway.models.directory import Service
from gateway.models.listing import Closure
from tests.console.conftest import PASSWORD, utc_now
from tests.console.test_console_browser import Served, check_everybody_can_use, chromium, served, shoot
from tests.console.test_console_directory import PANTRY, county

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
__all__ = ["chromium", "county", "served"]  # fixtures


@pytest.fixture
def enter(chromium: Browser, served: Served, database: Database) -> Iterator[Callable[..., Page]]:
    """Log an editor in; fails on any script error or policy violation."""
    complaints: list[str] = []
    contexts = []

    def make(width: int = 1100) -> Page:
        with database.begin() as session:
            log_ins.create_responder(session, "eda@example.org", "Eda", log_ins.EDITOR, PASSWORD, utc_now())
        context = chromium.new_context(viewport={"width": width, "height": 740})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{served.url}/console/directory/")
        page.get_by_label("Email").fill("eda@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Directory")).to_be_visible()
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints


@pytest.mark.parametrize("width", [360, 1100])
def test_every_page_is_for_everybody(enter: Callable[..., Page], county: None, served: Served, width: int) -> None:
    page = enter(width)
    for path in ("", f"service?id={PANTRY}", f"edit?id={PANTRY}", "new", "corrections", "imports"):
        page.goto(f"{served.url}/console/directory/{path}")
        check_everybody_can_use(page)
        shoot(page, f"directory-{path.partition('?')[0] or 'search'}-{width}")


def reach(page: Page, name: str) -> None:
    """Go by the tab key to what has this name."""
    for _ in range(80):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(document.activeElement.labels?.[0]?.textContent || document.activeElement.textContent).trim()"
        )
        if here.startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


def go(page: Page) -> None:
    """Press Enter and wait for the page that it leads to."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_record_is_found_changed_and_closed_by_keyboard(
    enter: Callable[..., Page], county: None, database: Database
) -> None:
    page = enter()
    reach(page, "Words of the name")
    page.keyboard.type("pantry")
    go(page)
    reach(page, "Food pantry")
    go(page)
    expect(page.get_by_role("heading", name="Food pantry")).to_be_visible()
    reach(page, "Edit")
    go(page)
    reach(page, "Name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Food bank")
    go(page)
    expect(page.get_by_role("status")).to_have_text("Saved.")
    reach(page, "Close for a while")
    page.keyboard.press("Enter")
    for name in ("Until", "Why", "Close"):
        reach(page, name)
    go(page)
    expect(page.locator(".bar.hot")).to_contain_text("Closed: No reason given")
    with database.begin() as session:
        assert session.get_one(Service, ("county", "s1")).name == "Food bank"
        assert len(session.scalars(select(Closure)).all()) == 1


def test_the_fault_is_at_its_field(enter: Callable[..., Page], county: None, served: Served) -> None:
    page = enter(360)
    page.goto(f"{served.url}/console/directory/edit?id={PANTRY}")
    page.get_by_label("Hours", exact=True).fill("when the moon is full")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved.")
    field = page.get_by_label("Hours", exact=True)
    expect(field).to_have_value("when the moon is full")
    expect(field).to_have_attribute("aria-invalid", "true")
    check_everybody_can_use(page)
