"""A closed store leaves no connection open, whoever had one in hand when it was closed or asks for one later."""

from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.models import Responder


def wire_of(session: Session) -> Any:
    return session.connection().connection.dbapi_connection


def test_one_in_use_is_closed_when_its_transaction_ends(migrated_url: str) -> None:
    database = Database(migrated_url)
    with database.begin() as session:
        wire = wire_of(session)
        database.close()
        assert session.scalar(text("SELECT 1")) == 1
    assert wire.closed


def test_one_made_after_the_end_is_not_kept(migrated_url: str) -> None:
    database = Database(migrated_url)
    database.close()
    with database.begin() as session:
        wire = wire_of(session)
    assert wire.closed


def test_idle_ones_are_closed_at_once(migrated_url: str) -> None:
    database = Database(migrated_url)
    with database.begin() as session:
        wire = wire_of(session)
    assert not wire.closed
    database.close()
    assert wire.closed


def test_one_look_finds_rows_without_a_transaction(migrated_url: str) -> None:
    database = Database(migrated_url)
    with database.looking() as session:
        session.scalars(select(Responder)).all()
        state = wire_of(session).info.transaction_status
    assert state == TransactionStatus.IDLE
    with database.begin() as session:  # the same connection, and it has its transaction again
        session.scalars(select(Responder)).all()
        assert wire_of(session).info.transaction_status == TransactionStatus.INTRANS
    database.close()
