"""Builds the index of the nearest anew once a large set has come in, while searches go on."""

import logging

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.db import Database

log = logging.getLogger(__name__)

MANY = 5_000  # services: a search of fewer reads few pages, however they lie
INDEX = "ix_search_need_near"
PATIENCE = ("statement_timeout", "lock_timeout")
# What one that was broken off has left: no search reads it, and every import would write it.
LEFT = """
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT i.indisvalid AND starts_with(c.relname, :name) AND c.relnamespace = CAST(current_schema() AS regnamespace)
"""


def after(database: Database, services: int) -> bool:
    """Build the index anew after a set of so many services was indexed; returns whether it was.

    An import writes row by row, and what grows so is read at half the speed: at 500,000 services a search computes
    twice as long. Nothing is locked but imports, and where it fails the old index is as good as it was. Call it when
    the import is committed: it waits for transactions that are open.
    """
    if services < MANY:
        return False
    try:
        with database.asking() as connection:
            for name in PATIENCE:
                connection.execute(text(f"SET {name} = 0"))
            try:
                _build(connection)
            finally:
                for name in PATIENCE:
                    connection.execute(text(f"RESET {name}"))
    except SQLAlchemyError as failure:
        log.warning("index not packed", extra={"reason": type(failure).__name__})
        return False
    return True


def _build(connection: Connection) -> None:
    for name in connection.scalars(text(LEFT), {"name": f"{INDEX}_cc"}).all():
        connection.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
    connection.execute(text(f"REINDEX INDEX CONCURRENTLY {INDEX}"))
