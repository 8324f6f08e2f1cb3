"""A console page that is kept from reading what changed: it reads again, and is not called live meanwhile."""

import contextlib
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect
from playwright.sync_api import Error as PlaywrightError

from gateway.door import Door
from gateway.models import Escalation
from tests.console.test_console_browser import Served, at_a_thread, chromium, enter, served, wait_until_held

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
__all__ = ["chromium", "enter", "served"]  # fixtures
Written = Callable[..., Escalation]
Enter = Callable[..., Page]
WITHIN = 12_000  # the promise is 10 s; a crowded machine needs some of its own


def refuse(route: Route) -> None:
    route.fulfill(status=503, body="busy")


def forget(_route: Route) -> None:
    """Nothing is ever answered."""


def test_a_page_whose_stream_is_refused_asks_again_and_again(enter: Enter, served: Served, written: Written) -> None:
    page = enter("Ana")
    served.freeze()
    expect(page.locator("#not-live")).to_be_visible(timeout=WITHIN)
    served.thaw()
    for texts in range(1, 4):
        written(number=f"+1555555010{texts}")
        expect(page.locator(".row.emergency")).to_have_count(texts, timeout=WITHIN)


@pytest.mark.parametrize("fate", [refuse, forget])
def test_a_queue_that_cannot_be_read_is_not_called_live(
    enter: Enter, written: Written, fate: Callable[[Route], None]
) -> None:
    page = enter("Ana")
    page.route("**/console/queue**", fate)
    written()
    expect(page.locator("#not-live")).to_be_visible(timeout=WITHIN)
    expect(page.locator("#live-word")).to_have_text("Not live")
    page.unroute("**/console/queue**")
    expect(page.locator(".row.emergency")).to_be_visible(timeout=WITHIN)
    expect(page.locator("#not-live")).to_be_hidden()


@pytest.mark.parametrize("fate", ["aborted", "refused"])
def test_a_reading_of_rows_that_fails_is_made_up_for(enter: Enter, written: Written, door: Door, fate: str) -> None:
    page = enter("Ana")
    page.route("**/queue/rows?*", refuse if fate == "refused" else lambda route: route.abort(), times=1)
    with page.expect_request("**/queue/rows?*"):
        written()
    expect(page.locator(".row.emergency")).to_be_visible(timeout=WITHIN)
    expect(page.locator("#live-word")).to_have_text("Live")


def test_a_thread_whose_rest_fails_is_read_again(enter: Enter, served: Served, written: Written, door: Door) -> None:
    row = written()
    page = at_a_thread(enter, served, row)
    page.route("**/live", refuse)
    with page.expect_response("**/live"):
        page.evaluate("window.htmx.trigger(document.body, 'read-again')")
    with page.expect_request("**/live", timeout=WITHIN):
        pass
    page.unroute("**/live")
    with page.expect_response("**/live", timeout=WITHIN) as read:
        pass
    assert read.value.status == 200
    expect(page.locator("#live-word")).to_have_text("Live")


def test_the_inbox_is_read_again_though_it_is_being_read(enter: Enter, served: Served, written: Written) -> None:
    page = enter("Ana")
    sol = enter("Sol", role="supervisor")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/console/inbox", lambda route: held.append((route, route.fetch())), times=1)
    page.evaluate("window.htmx.trigger(document.getElementById('inbox'), 'read-this')")
    wait_until_held(page, held, 1)
    with page.expect_request("**/console/inbox"):
        tell(sol, served)
    with contextlib.suppress(PlaywrightError):  # the page may not wait for it any longer
        held[0][0].fulfill(response=held[0][1])
    expect(page.locator("#inbox")).to_contain_text("The line is down")


def tell(page: Page, served: Served) -> None:
    """Tell everybody, from a supervisor's page."""
    page.goto(f"{served.url}/console/broadcasts")
    page.locator("textarea[name=text]").fill("The line is down")
    page.locator("form:has(textarea[name=text]) button").click()


def test_an_old_reading_of_the_queue_does_not_undo_a_newer_row(enter: Enter, written: Written, door: Door) -> None:
    page = enter("Ana")
    expect(page.locator("#queue.htmx-request")).to_have_count(0)
    held: list[tuple[Route, APIResponse]] = []
    queue = re.compile(r"/console/queue$")
    page.route(queue, lambda route: held.append((route, route.fetch())), times=1)
    page.evaluate("window.htmx.trigger(document.body, 'read-again')")
    wait_until_held(page, held, 1)
    written()
    expect(page.locator(".row.emergency")).to_be_visible()
    page.evaluate("document.getElementById('queue').dataset.drawn = 'before'")
    with contextlib.suppress(PlaywrightError):  # the page may not wait for it any longer
        held[0][0].fulfill(response=held[0][1])
    expect(page.locator("#queue[data-drawn=before]")).to_have_count(0, timeout=WITHIN)  # a whole queue was drawn
    expect(page.locator(".row.emergency")).to_be_visible()
