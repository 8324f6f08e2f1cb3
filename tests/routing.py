"""Makes an application of the tests in a quarter of the time: the same addresses are compiled once in a run."""

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_once(patch: pytest.MonkeyPatch) -> None:
    """Keep what Werkzeug compiles of an address to build it: code that knows its rule only as an argument.

    It compiles each of some 190 addresses twice for every application, and nearly every test makes one.
    """
    compiled: dict[tuple[Any, ...], Builder] = {}
    plain = Rule._compile_builder

    def remembered(rule: Rule, append_unknown: bool = True) -> Builder:
        key = (rule.rule, append_unknown, tuple(rule._trace), repr(rule.defaults))
        if key not in compiled:
            compiled[key] = plain(rule, append_unknown)
        return compiled[key]

    patch.setattr(Rule, "_compile_builder", remembered)
