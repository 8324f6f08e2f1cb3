"""How soon the chat is there on a slow phone: its first paint, and when one can write.

    .venv/bin/python -m bench.widget [--loads 20] [--json FILE]

Starts stores and the web application of its own, and opens the chat in Chromium with nothing kept, as often as asked,
in each language in turn. Chromium slows its own processor and line: "slow phone" is the one that Lighthouse takes for
phones (four times slower, 1.6 Mbit/s, 150 ms), "slow line" the slowest that Chromium names (400 kbit/s, 400 ms). The
line is plain http, so the files come in gzip and not in Brotli; a safe one adds two round trips to the first visit.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, expect

from bench.residents import percentile
from bench.town import line_of_the_machine
from tools.chromium import SLOW_LINE, SLOW_PHONE, Phone, chromium, slow
from tools.console_shots import served

GOAL_MS = 1_000
PATIENCE = 60_000  # milliseconds
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
NOW = "performance.now()"


PHONES = {"slow phone": SLOW_PHONE, "slow line": SLOW_LINE}


class Load(NamedTuple):
    """Milliseconds from the press of a link: until the first words were painted, and until one could write."""

    painted: float
    ready: float


def load(browser: Browser, address: str, phone: Phone) -> Load:
    """Open the chat once, on a device that was never there before."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    slow(context.new_cdp_session(page), phone)
    page.goto(address, wait_until="commit")
    expect(page.locator("#log")).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
    ready = page.evaluate(NOW)
    page.wait_for_load_state()
    found = Load(page.evaluate(PAINTED), ready)
    context.close()
    return found


def measure(url: str, loads: int) -> dict[str, list[Load]]:
    """Open it so often on each phone."""
    with chromium() as browser:
        addresses = [f"{url}/chat/frame?language={('en', 'es')[turn % 2]}" for turn in range(loads)]
        load(browser, addresses[0], SLOW_PHONE)  # the browser's own first time
        found = {name: [load(browser, each, phone) for each in addresses] for name, phone in PHONES.items()}
    return found


def told(name: str, loads: list[Load]) -> str:
    """One line of the answer."""
    parts = [
        f"{what} p50 {percentile(times, 50):.0f}, worst {max(times):.0f}"
        for what, times in (("painted", [each.painted for each in loads]), ("ready", [each.ready for each in loads]))
    ]
    return f"{name}: {'; '.join(parts)} ms of {len(loads)} loads\n"


def main() -> int:
    """Measure, and print; 1 when the first paint on the slow phone took longer than a second."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--loads", type=int, default=20)
    asked.add_argument("--json", type=Path)
    given = asked.parse_args()
    with served() as (_, url):
        found = measure(url, given.loads)
    sys.stdout.write(f"{line_of_the_machine()}\n")
    for name, loads in found.items():
        sys.stdout.write(told(name, loads))
    if given.json:
        given.json.write_text(json.dumps({name: [each._asdict() for each in loads] for name, loads in found.items()}))
    return int(max(each.painted for each in found["slow phone"]) > GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
