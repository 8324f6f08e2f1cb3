"""A cursor for the driver that describes the columns of an answer only to who asks.

SQLAlchemy knows the columns of nearly every statement that it has seen before, and only looks whether there are any.
psycopg describes all of them each time: a fifteenth of what a turn computes.
"""

from collections.abc import Iterator, Sequence
from typing import Any, overload

import psycopg


class Columns(Sequence[psycopg.Column]):
    """The columns of the answer that a cursor holds, described when one of them is looked at."""

    def __init__(self, cursor: "Cursor", count: int) -> None:
        self._cursor, self._count = cursor, count
        self._described: list[psycopg.Column] | None = None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> psycopg.Column: ...
    @overload
    def __getitem__(self, place: slice) -> list[psycopg.Column]: ...
    def __getitem__(self, place: int | slice) -> psycopg.Column | list[psycopg.Column]:
        return self._all()[place]

    def __iter__(self) -> Iterator[psycopg.Column]:
        return iter(self._all())

    def _all(self) -> list[psycopg.Column]:
        if self._described is None:
            self._described = self._cursor.described()
        return self._described


class Cursor(psycopg.Cursor[Any]):
    """psycopg's own, but for its ``description``: hand it to ``psycopg.connect`` as ``cursor_factory``."""

    @property
    def description(self) -> Sequence[psycopg.Column] | None:  # type: ignore[override]  # as DB-API has it: a sequence
        """The columns of the answer; None where a statement has none (PEP 249)."""
        answer = self.pgresult
        return Columns(self, answer.nfields) if answer is not None and answer.nfields else super().description

    def described(self) -> list[psycopg.Column]:
        """Every column of the answer that is held now."""
        return super().description or []
