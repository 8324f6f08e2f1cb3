"""From the webhook to the pixel: how long until a text stands on a responder's screen, also in an outage.

Starts a demo of its own (stores, web, worker, bot, as `make run` does) and a real Chromium with two windows of a
responder: the queue, and a thread that they hold. Then residents text, by signed webhooks as Twilio sends them, in turn
a danger from a new phone, which opens a row of the queue, and one more text in the thread:

    .venv/bin/python -m bench.pixel [--texts 100] [--outage-texts 30] [--gap 1] [--json FILE]

A text counts from the moment before its webhook is posted until the page has shown it. The page itself notes when the
row or the message is in the document (drawn) and when the next frame was painted (painted). The browser's clock is that
of this machine; by how much the two differ is printed. The same is done with Redis killed and with the worker killed in
the midst (another is started by itself): how many texts were slow, how long after the kill the last of them was sent,
and whether any was lost or shown twice.
"""

import argparse
import json
import random
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, Page, expect

from bench.demo import Demo, demo
from bench.residents import percentile
from bench.town import line_of_the_machine
from gateway.demo.webhooks import Caller, WebhookAnswer, inbound_form
from gateway.keys import demo_keys
from tools.chromium import chromium

NUMBER = "+15555550100"
HOLDER = "+15555550150"  # whose thread is open
SLOW_MS = 500.0  # the promise for 99 of 100
ARRIVE_SECONDS = 60.0
KEY = re.compile(r"\bno (\d+)\b")
QUEUE, THREAD = "queue", "thread"
# Where a text appears, and what is noted of it: once for each element that is new.
WATCHED = {QUEUE: "#queue .row a[id]", THREAD: "#messages .message.resident[id]"}
WATCH = """(() => {
  const now = () => performance.timeOrigin + performance.now();
  const known = new Set();
  window.pixels = [];
  performance.setResourceTimingBufferSize(9999);
  const asks = ({ name }) => /\\/(live|rows|newest)(\\?|$)/.test(name);
  const note = (each) => {
    const key = each.textContent.match(/\\bno (\\d+)\\b/);
    if (known.has(each.id) || !key) return;
    known.add(each.id);
    const read = performance.getEntriesByType("resource").findLast(asks);
    const of = (time) => performance.timeOrigin + (read ? read[time] : 0);
    const mark = { key: Number(key[1]), asked: of("startTime"), answered: of("responseEnd"), drawn: now(), painted: 0 };
    window.pixels.push(mark);
    requestAnimationFrame(() => {
      const after = new MessageChannel();
      after.port1.onmessage = () => (mark.painted = now());
      after.port2.postMessage(0);
    });
  };
  new MutationObserver(() => document.querySelectorAll("%s").forEach(note))
    .observe(document, { childList: true, subtree: true });
})()"""
CLOCK = "performance.timeOrigin + performance.now()"


@dataclass
class Sent:
    """One text: when its webhook was posted (milliseconds of the machine's clock), and how long that took."""

    key: int
    where: str
    at: float
    webhook_ms: float
    status: int
    safe: bool


@dataclass
class Street:
    """Residents who text, and the two windows in which it shows."""

    demo: Demo
    gap: float = 1.0
    pages: dict[str, Page] = field(default_factory=dict)
    _keys: int = 0

    def __post_init__(self) -> None:
        kept = demo_keys(self.demo.var / "keys.json")
        self._account = kept["account_sid"]
        self._caller = Caller(kept["auth_tokens"].split(",")[0])
        self._dice = random.Random(6)

    def text(self, number: str, body: str) -> WebhookAnswer:
        """One text, as Twilio brings it."""
        sid = "SM" + uuid4().hex
        form = inbound_form(self._account, sid, from_=number, to=NUMBER, body=body, segments=1)
        return self._caller.post(f"{self.demo.url}/sms/inbound", form, sid)

    def _next(self, where: str) -> Sent:
        """The next text that shows there."""
        self._keys += 1
        new, body = (where == QUEUE, "i took all my pills" if where == QUEUE else "are you here")
        at = time.time() * 1000
        answer = self.text(f"+1555556{self._keys:04d}" if new else HOLDER, f"{body} no {self._keys}")
        safe = not new or any("911" in text for text in answer.twiml)
        return Sent(self._keys, where, at, answer.elapsed * 1000, answer.status, safe)

    def texts(self, count: int, midway: Callable[[], Any] | None = None) -> "Run":
        """So many texts, both kinds in turn, with something that happens after a third of them; waits for all."""
        run = Run()
        for place in range(count):
            if midway and place == count // 3:
                threading.Thread(target=run.broken, args=(midway,), daemon=True).start()
            run.sent.append(self._next((QUEUE, THREAD)[place % 2]))
            # By chance: no text meets the same beat of a timer each time.
            time.sleep(self._dice.uniform(0.5, 1.5) * self.gap)
        self._wait(run)
        return run

    def clocks(self) -> float:
        """Milliseconds that the browser's clock is ahead, as far as a question and its answer can tell."""
        asked = []
        for page in self.pages.values():
            for _ in range(20):
                before = time.time() * 1000
                there = float(page.evaluate(CLOCK))
                after = time.time() * 1000
                asked.append((after - before, there - (before + after) / 2))
        return round(min(asked)[1], 2)

    def _wait(self, run: "Run") -> None:
        """Until every text is on its page, or it is too late; then keep what the pages noted."""
        until = time.monotonic() + ARRIVE_SECONDS
        wanted = {each.key for each in run.sent}
        while time.monotonic() < until:
            noted = [mark for page in self.pages.values() for mark in page.evaluate("window.pixels")]
            run.marks = [mark for mark in noted if mark["key"] in wanted and mark["painted"]]
            if wanted <= {mark["key"] for mark in run.marks}:
                return
            time.sleep(0.5)


@dataclass
class Run:
    """What was sent and what the pages noted of it."""

    sent: list[Sent] = field(default_factory=list)
    marks: list[dict[str, float]] = field(default_factory=list)
    killed_at: float = 0.0
    back_after: float = 0.0

    def broken(self, midway: Callable[[], Any]) -> None:
        """Break something and note when, and how long until it ran again."""
        self.killed_at = time.time() * 1000
        midway()
        self.back_after = time.time() * 1000 - self.killed_at

    def took(self, name: str, where: str | None = None) -> list[float]:
        """Milliseconds from each webhook until it was ``drawn`` or ``painted``."""
        at = {each.key: each.at for each in self.sent if where in {None, each.where}}
        return [mark[name] - at[int(mark["key"])] for mark in self.marks if int(mark["key"]) in at]

    def stages(self, where: str) -> dict[str, float]:
        """By when, in the middle, the page asked for what changed, was answered, had drawn and had painted it."""
        names = ("asked", "answered", "drawn", "painted")
        return {name: round(percentile(self.took(name, where), 50), 1) for name in names}

    def figures(self) -> dict[str, Any]:
        """What is printed."""
        found: dict[str, Any] = {
            "texts": len(self.sent),
            "webhook_ms": spread([each.webhook_ms for each in self.sent]),
            "drawn_ms": spread(self.took("drawn")),
            "painted_ms": spread(self.took("painted")),
            "stages_p50_ms": {where: self.stages(where) for where in (QUEUE, THREAD)},
            "queue_painted_ms": spread(self.took("painted", QUEUE)),
            "thread_painted_ms": spread(self.took("painted", THREAD)),
            "refused": sum(each.status != 200 or not each.safe for each in self.sent),
            "lost": len({each.key for each in self.sent} - {int(mark["key"]) for mark in self.marks}),
            "twice": sum(times > 1 for times in Counter(int(mark["key"]) for mark in self.marks).values()),
        }
        return found | (self._outage() if self.killed_at else {})

    def _outage(self) -> dict[str, Any]:
        """When the part ran again, how many texts were slow, and how long after the kill the last of them was sent."""
        at = {each.key: each.at for each in self.sent}
        slow = [at[int(mark["key"])] for mark in self.marks if mark["painted"] - at[int(mark["key"])] > SLOW_MS]
        return {
            "runs_again_ms": round(self.back_after),
            "slow_texts": len(slow),
            "last_slow_after_ms": round(max(slow, default=self.killed_at) - self.killed_at),
        }


def spread(values: list[float]) -> dict[str, float]:
    """The middle, the edge and the worst of some milliseconds."""
    return {
        "p50": round(percentile(values, 50), 1),
        "p99": round(percentile(values, 99), 1),
        "max": round(max(values, default=0.0), 1),
    }


def console(browser: Browser, street: Street) -> None:
    """Two windows of one new responder: the queue, and the thread that they claimed."""
    url = street.demo.url
    email, password = street.demo.log_in
    windows = {name: browser.new_context(viewport={"width": 1100, "height": 800}) for name in WATCHED}
    for name, window in windows.items():
        page = street.pages[name] = window.new_page()
        page.goto(f"{url}/console/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#live-word")).to_have_text("Live")
    street.text(HOLDER, "i took all my pills")
    thread = street.pages[THREAD]
    thread.locator("#queue .row a").first.click()
    thread.get_by_role("button", name="Claim").click()
    expect(thread.locator("#holder")).to_contain_text("You have it.")
    for name, page in street.pages.items():
        page.add_init_script(WATCH % WATCHED[name])
        page.reload()
        expect(page.locator("#live-word")).to_have_text("Live")


def wait_whole(running: Demo) -> None:
    """Until every part is up and every text is answered. Raises ``TimeoutError``."""
    until = time.monotonic() + ARRIVE_SECONDS
    while not running.whole():
        if time.monotonic() > until:
            raise TimeoutError(f"not whole within {ARRIVE_SECONDS:.0f} s")
        time.sleep(0.5)


def measure(street: Street, texts: int, outage_texts: int) -> dict[str, Any]:
    """Healthy, with Redis killed, with the worker killed."""
    street.texts(20)  # the first of everything is slow
    wait_whole(street.demo)
    found: dict[str, Any] = {"clock_ms": street.clocks(), "healthy": street.texts(texts).figures()}
    for part in ("redis", "worker"):
        found[f"{part} killed"] = street.texts(outage_texts, partial(street.demo.kill, part)).figures()
        wait_whole(street.demo)
    return found | {"clock_after_ms": street.clocks()} | line_of_the_machine()


def table(found: dict[str, Any]) -> str:
    """A line for each state."""
    lines = ["state           texts  webhook p50/p99  painted p50 / p99 / max ms  lost  twice  slow, last after ms"]
    for name, each in found.items():
        if isinstance(each, dict):
            webhook, painted = each["webhook_ms"], each["painted_ms"]
            slow = f"{each['slow_texts']}, {each['last_slow_after_ms']}" if "slow_texts" in each else ""
            lines.append(
                f"{name:15} {each['texts']:5}  {webhook['p50']:6} / {webhook['p99']:<6}  {painted['p50']:6} / "
                f"{painted['p99']:<6} / {painted['max']:<8}  {each['lost']:4}  {each['twice']:5}  {slow}"
            )
    return "\n".join(
        [*lines, f"clocks {found['clock_ms']} and {found['clock_after_ms']} ms apart, load {found['load']}"]
    )


def main() -> int:
    """Measure and print; 1 when a text was lost, drawn twice or refused."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100)
    parser.add_argument("--outage-texts", type=int, default=30)
    parser.add_argument("--gap", type=float, default=1.0, help="seconds between two texts, on average")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    expect.set_options(timeout=30_000)
    with demo() as running, chromium() as browser:
        street = Street(running, given.gap)
        console(browser, street)
        found = measure(street, given.texts, given.outage_texts)
    sys.stdout.write(table(found) + "\n")
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")
    states = [each for each in found.values() if isinstance(each, dict)]
    return int(any(each["lost"] or each["twice"] or each["refused"] for each in states))


if __name__ == "__main__":
    sys.exit(main())
