"""What axe finds in a page that a browser shows, and in the frames in it."""

from typing import Any, NamedTuple

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Frame, Page

VERSION = AXE_SCRIPT.partition("axe v")[2].partition("\n")[0]
GRAVE = frozenset(("serious", "critical"))
# What passed is as long as the page; to bring it here takes a fifth of the time of all the looking.
RUN = """axe.run(document, { iframes: false, resultTypes: ['violations'] })
  .then(({ violations, passes }) => [violations, passes.map((each) => each.id)])"""
# Axe reads colours as they are at that moment: of a message that is still fading in, too pale ones.
STILL = """Promise.all(document.getAnimations()
  .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
  .map((each) => each.finished.catch(() => 0)))"""


class Looked(NamedTuple):
    """What axe finds wrong, whatever its impact, and which of its rules had something to look at and passed."""

    broken: list[dict[str, Any]]
    passed: frozenset[str]

    @property
    def grave(self) -> list[str]:
        """What is serious or critical, each with where it is."""
        return [
            f"{each['id']}: {node['html'][:120]} {node['failureSummary']}"
            for each in self.broken
            if each["impact"] in GRAVE
            for node in each["nodes"]
        ]


def look(page: Page) -> Looked:
    """Look at a page as it is now."""
    found = [_in(frame) for frame in page.frames]
    broken = [each for violations, _ in found for each in violations]
    passed = frozenset(rule for _, passes in found for rule in passes) - {each["id"] for each in broken}
    return Looked(broken, passed)


def look_when_still(page: Page) -> Looked:
    """Look at a page once nothing in it moves any more."""
    for frame in page.frames:
        frame.evaluate(STILL)
    return look(page)


def _in(frame: Frame) -> tuple[list[dict[str, Any]], list[str]]:
    if frame.evaluate("typeof axe") == "undefined":  # half a megabyte, once for each document
        frame.evaluate(AXE_SCRIPT)
    violations, passes = frame.evaluate(RUN)
    return violations, passes
