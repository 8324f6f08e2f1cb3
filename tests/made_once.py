"""What two thousand applications of one run need not make anew: code out of addresses, templates and statements.

Only how long it takes is different; each application has its own settings, stores and connections all the same.
"""

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


def share(patch: pytest.MonkeyPatch) -> None:
    """Keep each of them for the rest of the run."""
    _addresses(patch)
    patch.setattr(Flask, "jinja_options", Flask.jinja_options | {"bytecode_cache": Templates()})
    _statements(patch)


def _addresses(patch: pytest.MonkeyPatch) -> None:
    """What Werkzeug reads out of an address, and the code it makes to build one, which knows its rule as an argument.

    It does so for each of some 190 addresses of every application.
    """
    kept: dict[tuple[Any, ...], Compiled] = {}
    plain = Rule.compile

    def remembered(rule: Rule) -> None:
        around = rule.map
        assert around is not None
        where = (rule.rule, rule.subdomain, rule.host, around.host_matching, tuple(around.converters.items()))
        key = (*where, rule.merge_slashes, repr(rule.defaults))
        if key not in kept:
            plain(rule)
            kept[key] = Compiled(rule)
        kept[key].give(rule)

    patch.setattr(Rule, "compile", remembered)


class Compiled:
    """What the first rule with an address was compiled to."""

    def __init__(self, rule: Rule) -> None:
        self._parts, self._trace, self._converters = tuple(rule._parts), tuple(rule._trace), dict(rule._converters)
        self._builders: tuple[Any, Any] = (rule._build, rule._build_unknown)

    def give(self, rule: Rule) -> None:
        """Give it to another; lists of its own, so that none can change what all have."""
        rule._parts, rule._trace, rule._converters = list(self._parts), list(self._trace), dict(self._converters)
        rule.arguments.update(self._converters)
        rule._build, rule._build_unknown = (made.__func__.__get__(rule, None) for made in self._builders)


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
