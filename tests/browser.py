"""The browsers that the tests drive, and what axe finds in a page."""

import os
import shutil
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Playwright

# A new tab of the whole browser takes 1.6 s of one core and one of the same engine without windows 0.4 s. But only the
# whole browser has notifications, and profiles that last.
SHELL = "chromium-headless-shell"
WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find(*, whole: bool = False) -> str:
    """The path of a browser, or the test is skipped, saying why; ``FRONTDOOR_CHROMIUM`` names another."""
    names = WHOLE if whole else (SHELL, *WHOLE)
    found = os.environ.get("FRONTDOOR_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("there is no Chromium on PATH; `make browser` installs it")
    return found


def launch(playwright: Playwright, *arguments: str, whole: bool = False) -> Browser:
    """Start a browser without a window."""
    return playwright.chromium.launch(executable_path=find(whole=whole), args=["--no-sandbox", *arguments])


# What passed is as long as the page; to bring it here takes a fifth of the time of all the looking.
BROKEN = "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)"


def broken_rules(page: Page) -> list[dict[str, Any]]:
    """What axe finds wrong in a page as it is now: the violations, whatever their impact."""
    if page.evaluate("typeof axe") == "undefined":  # half a megabyte, once for each document
        page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.evaluate(BROKEN)
    return found
