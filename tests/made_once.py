"""What two thousand applications of one run need not make anew: code out of addresses, templates and statements.

Only how long it takes is different; each application has its own settings, stores and connections all the same.
"""

from collections.abc import Callable
from functools import partial
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from werkzeug.routing import Rule

from gateway import db

Builder = Callable[..., tuple[str, str]]


def share(patch: pytest.MonkeyPatch) -> None:
    """Keep each of them for the rest of the run."""
    _addresses(patch)
    patch.setattr(Flask, "jinja_options", Flask.jinja_options | {"bytecode_cache": Templates()})
    _statements(patch)


def _addresses(patch: pytest.MonkeyPatch) -> None:
    """What Werkzeug compiles of an address to build it: code that knows its rule only as an argument.

    It compiles each of some 190 addresses twice for every application.
    """
    compiled: dict[tuple[Any, ...], Builder] = {}
    plain = Rule._compile_builder

    def remembered(rule: Rule, append_unknown: bool = True) -> Builder:
        key = (rule.rule, append_unknown, tuple(rule._trace), repr(rule.defaults))
        if key not in compiled:
            compiled[key] = plain(rule, append_unknown)
        return compiled[key]

    patch.setattr(Rule, "_compile_builder", remembered)


def _statements(patch: pytest.MonkeyPatch) -> None:
    """What SQLAlchemy makes of a statement for one dialect object: here all of them talk to the same kind of server."""
    patch.setattr(PGDialect_psycopg, "__eq__", lambda mine, other: type(mine) is type(other))
    patch.setattr(PGDialect_psycopg, "__hash__", lambda mine: hash(type(mine)))
    compiled: dict[Any, Any] = {}
    patch.setattr(db, "create_engine", partial(create_engine, execution_options={"compiled_cache": compiled}))


class Templates(BytecodeCache):
    """Jinja's code of a template, as long as its source is the same."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Bring what is kept; nothing is as good as a new bucket."""
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        if bucket.code is not None:
            self.kept[bucket.key, bucket.checksum] = bucket.code
