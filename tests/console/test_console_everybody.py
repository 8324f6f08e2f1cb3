"""Every page of the console is for everybody: in both languages, on a phone and at a desk, in light and in dark."""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, Page

from gateway.door import Door
from gateway.web.console_log_in import COOKIE
from tests.console.test_console_browser import Served, chromium, served
from tools import console_shots
from tools.console_pages import HALF_INSIDE, INSIDE, NO_PAGES, NOBODY, PAGES, Shown, addresses, endpoints
from tools.console_town import ConsoleTown

__all__ = ["chromium", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

# Of language, width and colours each pair is looked at once.
LOOKS = {"en": ((1100, "light"), (360, "dark")), "es": ((1100, "dark"), (360, "light"))}
ASK = """axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 200))]))"""
OPEN = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"
WIDER = "document.documentElement.scrollWidth - window.innerWidth"


def test_every_page_is_known(app: Flask) -> None:
    """A new route must say in ``PAGES`` what it shows, or in ``NO_PAGES`` why it is no page."""
    assert endpoints(app) == {*PAGES, *NO_PAGES}
    assert len({page.name for page in PAGES.values()}) == len(PAGES)


def test_every_page_has_its_picture() -> None:
    assert console_shots.PAGE.read_text(encoding="utf-8") == console_shots.written()
    wanted = {f"{name}.png" for page in PAGES.values() for name, _, _ in console_shots.names(page)}
    kept = {file.name: file.stat().st_size for file in console_shots.FOLDER.iterdir()}
    assert kept.keys() == wanted
    assert sum(kept.values()) <= console_shots.ALL_OF_THEM


def test_the_question_finds_what_it_asks_for(chromium: Browser) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 800})
    page.set_content(
        '<main style="width: 999px"><button></button><p style="color: #bbb; background: #fff">pale</p></main>'
    )
    page.evaluate(AXE_SCRIPT)
    found = list(findings(page, 360, "light"))
    page.close()
    assert {"button-name", "color-contrast"} <= {each[0] for each in found if isinstance(each, list)}
    assert any("sideways" in each for each in found if isinstance(each, str))


class Windows:
    """One window for each kind of reader, all in one language."""

    def __init__(self, browser: Browser, url: str, town: ConsoleTown, language: str) -> None:
        self._url = url
        self._contexts = {who: browser.new_context(locale=language) for who in (INSIDE, NOBODY, HALF_INSIDE)}
        cookie = town.people["Ana"].client.get_cookie(COOKIE)
        assert cookie
        self._contexts[INSIDE].add_cookies([{"name": COOKIE, "value": cookie.value, "url": url}])
        self._pages = {who: context.new_page() for who, context in self._contexts.items()}
        ben, half = town.people["Ben"], self._pages[HALF_INSIDE]
        half.goto(f"{url}/console/log-in")
        half.locator("[name=email]").fill(ben.email)
        half.locator("[name=password]").fill(ben.password)
        half.locator("[name=password]").press("Enter")
        half.wait_for_url("**/log-in/second*")

    def go(self, shown: Shown, path: str) -> Page:
        """Open a page, as far as it ever opens: whatever is folded up too."""
        page = self._pages[shown.seen_by]
        answer = page.goto(self._url + path)
        assert answer
        assert answer.status == 200, path
        assert page.url.startswith(self._url + path), f"{path} led to {page.url}"
        if shown.seen_by == INSIDE and page.locator("script[src*='console.js']").count():
            page.locator("body[data-ready='1']").wait_for()
        page.evaluate(OPEN)
        page.evaluate(AXE_SCRIPT)
        return page

    def close(self) -> None:
        """Close them."""
        for each in self._contexts.values():
            each.close()


def findings(page: Page, width: int, colours: Any) -> Iterator[object]:
    """What is wrong with a page at this width and in these colours."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=colours)
    yield from page.evaluate(ASK)
    if (over := page.evaluate(WIDER)) > 0:
        yield f"{over} pixels must be scrolled sideways"


def test_every_page_is_for_everybody(app: Flask, door: Door, served: Served, chromium: Browser) -> None:
    town, bad = ConsoleTown(door, app).fill(), {}
    for language, looks in LOOKS.items():
        town.speaks(language)
        windows = Windows(chromium, served.url, town, language)
        for shown, path in addresses(town):
            page = windows.go(shown, path)
            assert page.locator("html").get_attribute("lang") == language, path
            for width, colours in looks:
                if found := list(findings(page, width, colours)):
                    bad[shown.name, language, width, colours] = found
        windows.close()
    assert not bad
