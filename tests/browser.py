"""The browsers that the tests drive."""

import os
import shutil

import pytest
from playwright.sync_api import Browser, Playwright

from tools.chromium import MISSING, NAMES

# A new tab of the whole browser takes 1.6 s of one core and one of the same engine without windows 0.4 s. But only the
# whole browser has notifications, and profiles that last.
SHELL = "chromium-headless-shell"


def find(*, whole: bool = False) -> str:
    """The path of a browser, or the test is skipped, saying why; ``FRONTDOOR_CHROMIUM`` names another."""
    names = NAMES if whole else (SHELL, *NAMES)
    found = os.environ.get("FRONTDOOR_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(MISSING)
    return found


def launch(playwright: Playwright, *arguments: str, whole: bool = False) -> Browser:
    """Start a browser without a window."""
    return playwright.chromium.launch(executable_path=find(whole=whole), args=["--no-sandbox", *arguments])
