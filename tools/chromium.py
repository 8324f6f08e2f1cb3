"""The browser that tools and benches drive."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playwright.sync_api import Browser, CDPSession, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "there is no Chromium on PATH; `make browser` installs it"


class Phone(NamedTuple):
    """How slow a phone and its line are: times the processor, bytes a second, milliseconds of delay."""

    processor: int
    bytes_a_second: int
    delay: int


SLOW_PHONE, SLOW_LINE = Phone(4, 1_600_000 // 8, 150), Phone(4, 400_000 // 8, 400)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A real browser without a window. Raises ``SystemExit`` where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise SystemExit(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def slow(session: CDPSession, phone: Phone) -> None:
    """Let a page run as on this phone."""
    session.send("Network.enable")
    line = {"downloadThroughput": phone.bytes_a_second, "uploadThroughput": phone.bytes_a_second}
    session.send("Network.emulateNetworkConditions", {"offline": False, "latency": phone.delay} | line)
    session.send("Emulation.setCPUThrottlingRate", {"rate": phone.processor})
