"""Writes many rows at once."""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection, sql

BATCH = 2_000


def copy(connection: Connection[Any], table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """COPY rows into all columns of a table, in batches: the rows may come from a cursor of the same connection."""
    batch: list[tuple[Any, ...]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            _write(connection, table, batch)
            batch = []
    _write(connection, table, batch)


def _write(connection: Connection[Any], table: str, rows: list[tuple[Any, ...]]) -> None:
    statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))
    with connection.cursor() as cursor, cursor.copy(statement) as lines:
        for row in rows:
            lines.write_row(row)
