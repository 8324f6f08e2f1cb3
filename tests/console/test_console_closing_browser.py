"""The form of closing in a real browser: its needs stand side by side where there is room."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from gateway.models import Escalation
from tests.console.test_console_browser import Served, chromium, enter, served

__all__ = ["chromium", "enter", "served"]
pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.parametrize(("width", "least"), [(360, 1), (1100, 3)])
def test_the_needs_stand_in_columns_and_none_sticks_out(
    served: Served, enter: Callable[..., Page], written: Callable[..., Escalation], width: int, least: int
) -> None:
    page = enter("Ana", width)
    page.goto(f"{served.url}/console/threads/{written().id}")
    page.locator("#act-claim").click()
    page.locator("#resolve-sheet > summary").click()
    needs = page.locator("#resolve .needs label")
    expect(needs.first).to_be_visible()
    boxes = [box for box in (each.bounding_box() for each in needs.all()) if box]
    assert len({round(box["x"]) for box in boxes}) >= least
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
