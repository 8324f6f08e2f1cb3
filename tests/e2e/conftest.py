"""One running installation for the whole folder, phones that text it, and browsers in which people work."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from gateway import escalations
from gateway.models import Responder
from tests.browser import launch
from tests.e2e.front_door import FrontDoor
from tests.e2e.handset import Handset

HERE = "tests/e2e/"
WARM = "necesito comida, 94110"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put this folder last: what takes seconds to fail comes first, and nobody else shares the machine with it."""
    items.sort(key=lambda item: HERE in item.nodeid)


@pytest.fixture(scope="session")
def running() -> Iterator[FrontDoor]:
    """The whole product as one command starts it; it must end as it should, whatever the tests did to it."""
    front_door = FrontDoor()
    try:
        front_door.start()
        front_door.wait_whole()
        # The first search reads every ZIP of the country; the bot's first turn loads what it needs.
        Handset(front_door.standin).until_services(WARM)
        yield front_door
        front_door.wait_whole()
        front_door.stop()
    finally:
        front_door.remove()


@pytest.fixture
def front_door(running: FrontDoor) -> FrontDoor:
    """The same, whole again after whatever the test before did, and with nobody waiting in the queue."""
    running.wait_whole()
    database, now = running.database(), datetime.now(UTC)
    with database.begin() as session:
        somebody = session.query(Responder).order_by(Responder.id).first()
        assert somebody is not None
        for row in escalations.queue(session):
            if row.status == escalations.WAITING:
                escalations.claim(session, row.id, row.epoch, somebody, now)
            escalations.resolve(session, row.id, row.epoch, row.owner or somebody, "wrong_number", now)
    database.close()
    return running


@pytest.fixture
def handset(front_door: FrontDoor) -> Handset:
    """A phone that never texted before."""
    return Handset(front_door.standin)


@pytest.fixture
def handsets(front_door: FrontDoor) -> Callable[[], Handset]:
    """As many phones as a test asks for."""
    return lambda: Handset(front_door.standin)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for a file."""
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Browser windows, each with cookies of its own; a script error or a broken policy in one fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def make(width: int = 1100, height: int = 800) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height})
        opened.append(context)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        return context.new_page()

    yield make
    for context in opened:
        context.close()
    assert not complaints


@pytest.fixture
def responder(front_door: FrontDoor, new_page: Callable[..., Page]) -> Callable[[str], Page]:
    """Add a responder by the command line and log them in; gives their console."""

    def make(name: str) -> Page:
        email = f"{name.lower()}-{datetime.now(UTC):%H%M%S%f}@example.org"
        done = front_door.run("responder", "add", email, "--name", name)
        assert done.returncode == 0, done.stderr
        found = re.search(r"password: (\S+)", done.stdout)
        assert found
        return log_in(new_page(), front_door.url, email, found[1])

    return make


def log_in(page: Page, url: str, email: str, password: str) -> Page:
    """Go to the console and log in."""
    page.goto(f"{url}/console/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#live-word")).to_have_text("Live")
    return page
