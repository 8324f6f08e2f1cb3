"""Which files a tier has to read at all, and which tests keep together when a tier has two hands."""

import re
from collections import OrderedDict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.expression import Expression
from xdist.scheduler import LoadScopeScheduling

MARKS = frozenset({"alone", "bot", "e2e", "faults", "slow"})
OF_THE_FILE = re.compile(r"^pytestmark = (.+)$", re.MULTILINE)
MARK = re.compile(r"pytest\.mark\.(\w+)")
# Rasa takes half a minute to start and a gigabyte: one for a folder, and so one worker.
TOGETHER = ("tests/bot/", "tests/conversations/")
# Roughly the seconds of one test, where it is no small part of one: whoever comes last keeps one core idle.
SECONDS = {
    "tests/console/test_console_everybody.py": 40.0,
    "tests/directory/test_directory_quality.py": 20.0,
    "_browser.py": 10.0,
    "tests/chat/test_widget_": 3.0,
    "tests/chat/test_chat_": 3.0,
    "tests/directory/test_directory_import.py": 3.0,
    "tests/conversations/": 3.0,
    "tests/bot/": 3.0,
}
ANY = 0.3


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file unread all of whose tests the tier leaves out: what they need can take seconds to import."""
    if config.option.markexpr and collection_path.name.startswith("test_") and collection_path.suffix == ".py":
        found = OF_THE_FILE.search(collection_path.read_text(encoding="utf-8"))
        if found and left_out(config.option.markexpr, set(MARK.findall(found[1]))):
            return True
    return None


def left_out(expression: str, marks: set[str]) -> bool:
    """Whether ``-m expression`` takes no test with these marks, whatever other marks of the house it has as well."""
    wanted = Expression.compile(expression)
    return not any(wanted.evaluate(lambda name, all_=all_, **_: name in all_) for all_ in _with_more(marks))


def _with_more(marks: set[str]) -> Iterator[set[str]]:
    others = sorted(MARKS - marks)
    for number in range(len(others) + 1):
        yield from (marks | set(more) for more in combinations(others, number))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling | None:
    """With ``--dist loadfile`` give a folder that starts a bot to one worker, as it is done with a file."""
    return Together(config, log) if config.option.dist == "loadfile" else None


class Together(LoadScopeScheduling):
    """Keeps together what shares something dear. (``--dist loadgroup`` of xdist 3.8 does nothing under pytest 9.2.)"""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        self.workqueue = LongestFirst()

    def _split_scope(self, nodeid: str) -> str:
        return kept_together(nodeid)


class LongestFirst(OrderedDict[str, dict[str, bool]]):
    """Gives what takes longest, and not, as xdist does, what has most tests: a browser's file has three in a minute."""

    def popitem(self, last: bool = True) -> tuple[str, dict[str, bool]]:
        longest = max(self, key=lambda scope: seconds(scope, len(self[scope])))
        return longest, self.pop(longest)


def seconds(scope: str, tests: int) -> float:
    """How long so many tests of a file or folder take, roughly."""
    return tests * next((each for part, each in SECONDS.items() if part in scope), ANY)


def kept_together(nodeid: str) -> str:
    """The folder with a bot, else the file, that a test is in."""
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid.split("::", 1)[0])
