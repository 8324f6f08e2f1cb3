"""No test falls between the tiers: a file is passed over only where none of its tests could be taken."""

import ast
import re
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

from tests.tiers import MARKS, SECONDS, LongestFirst, _with_more, kept_together, left_out

ROOT = Path(__file__).resolve().parent.parent
VERBS = (ROOT / "Makefile").read_text(encoding="utf-8")
NAMED = dict(re.findall(r"^([A-Z]+) := (.+)$", VERBS, re.MULTILINE))
FAST, ALONE = NAMED["FAST"], NAMED["ALONE"]
TIERS = [re.sub(r"\$\((\w+)\)", lambda found: NAMED[found[1]], tier) for tier in re.findall(r'-m "(.+)"', VERBS)]


@pytest.mark.parametrize(
    ("expression", "marks", "passed_over"),
    [
        (FAST, {"slow"}, True),
        (FAST, {"e2e", "bot"}, True),
        (FAST, {"timeout"}, False),
        ("slow", {"bot"}, False),  # one of its tests may be slow too
        ("slow and not bot", {"bot"}, True),
        (f"not ({FAST})", {"slow"}, False),
        (ALONE, {"e2e"}, False),
    ],
)
def test_a_file_is_passed_over_only_where_no_test_could_be_taken(
    expression: str, marks: set[str], passed_over: bool
) -> None:
    assert left_out(expression, marks) is passed_over


def test_each_test_is_in_exactly_one_tier_of_make_test() -> None:
    tiers = [Expression.compile(tier) for tier in sorted(set(TIERS))]
    assert len(tiers) == 3
    for marks in _with_more(set()):
        assert sum(tier.evaluate(lambda name, marks=marks, **_: name in marks) for tier in tiers) == 1, marks


def test_the_marks_are_those_of_the_house(pytestconfig: pytest.Config) -> None:
    ours = {line.split(":")[0] for line in pytestconfig.getini("markers")}
    assert ours >= MARKS


def test_one_worker_has_a_bot_and_one_has_a_file() -> None:
    assert kept_together("tests/bot/test_bot_door.py::a[x::y]") == kept_together("tests/bot/test_bot_facts.py::b")
    assert kept_together("tests/chat/test_chat_api.py::a[x::y]") == "tests/chat/test_chat_api.py"
    assert kept_together("tests/chat/test_chat_api.py::a") != kept_together("tests/chat/test_chat_live.py::a")


def test_what_takes_longest_comes_first_and_all_of_it_comes() -> None:
    queue = LongestFirst()
    scopes = {"tests/gateway/test_truth.py": 74, "tests/console/test_console_everybody.py": 4, "tests/bot/": 400}
    for scope, number in scopes.items():
        queue[scope] = dict.fromkeys(map(str, range(number)), False)
    given = [queue.popitem(last=False) for _ in scopes]
    assert [scope for scope, _ in given] == ["tests/bot/", "tests/console/test_console_everybody.py",
                                             "tests/gateway/test_truth.py"]  # fmt: skip
    assert {scope: len(tests) for scope, tests in given} == scopes
    assert not queue


def test_what_is_said_to_take_long_is_there() -> None:
    files = [str(file.relative_to(ROOT)) for file in (ROOT / "tests").rglob("test_*.py")]
    assert [part for part in SECONDS if not any(part in file for file in files)] == []


CHANCE = {
    "now",
    "today",
    "utcnow",
    "time_ns",
    "monotonic",
    "uuid4",
    "getpid",
    "randint",
    "choice",
    "shuffle",
    "token_hex",
}


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.stem)
def test_no_case_is_named_after_the_clock_or_by_chance(path: Path) -> None:
    """Each worker collects for itself, and a run in which two of them found different tests stops before the first."""
    decorators = [
        decorator
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
    ]
    inside = [node for decorator in decorators for node in ast.walk(decorator)]
    asked = {node.attr for node in inside if isinstance(node, ast.Attribute)}
    asked |= {node.id for node in inside if isinstance(node, ast.Name)}
    assert not asked & CHANCE
