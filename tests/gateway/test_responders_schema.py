"""The responder's side in the database: as the models say, both ways, numbered by itself, and a trail that stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from gateway import audit, escalations, schema
from gateway.conversations import say
from gateway.db import Database
from gateway.models import AuditEntry, Contact, Conversation, Escalation, Responder, Row, Shift
from gateway.risk import Level
from tests.conftest import Phone, new_database

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)
FILLED = """
INSERT INTO responders (email, name, role, password_hash, languages, active, created_at)
VALUES ('ana@demo.example', 'Ana', 'responder', 'x', '["es"]', true, now());
INSERT INTO shifts (responder_id, starts_at, ends_at)
VALUES (1, '2026-11-01Z', '2026-11-02Z'), (1, '2026-11-02Z', '2026-11-02Z');
INSERT INTO log_ins (responder_id, token_hash, created_at, last_seen_at, expires_at)
VALUES (1, 'h', now(), now(), now());
INSERT INTO contacts (channel, address_hash, created_at) VALUES ('web', 'x', now());
INSERT INTO conversations (public_id, contact_id, channel, handler, epoch, opened_at, answers, lease_epoch)
VALUES (gen_random_uuid(), 1, 'web', 'bot', 0, now(), '{"zip": "94103"}', 0);
INSERT INTO messages (conversation_id, direction, author, text, in_webhook, created_at, attempts)
VALUES (1, 'in', 'resident', 'help', false, now(), 0);
INSERT INTO escalations (conversation_id, message_id, reason, level, status, epoch, opened_at)
VALUES (1, 1, 'screened', 'urgent', 'resolved', 3, '2026-10-01Z'),
       (1, 1, 'screened', 'urgent', 'waiting', 0, '2026-11-01Z');
INSERT INTO pages (escalation_id, responder_id, means, sent_at, acknowledged_at)
VALUES (2, 1, 'console', '2026-11-01Z', NULL), (1, 1, 'console', '2026-10-01Z', '2026-10-01 00:01Z');
INSERT INTO audit_entries (at, responder_id, act, subject, subject_id, detail)
VALUES (now(), 1, 'view', 'escalation', 2, '{}');
"""


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction."""
    with database.begin() as opened:
        yield opened


def a_thread(session: Session) -> Escalation:
    contact = Contact(channel="web", address_hash="x", created_at=NOW)
    session.add(contact)
    session.flush()
    conversation = Conversation(
        public_id="5f2a1c1e-8f0e-4d0e-9a55-0d3a9d8b7c6f", contact_id=contact.id, channel="web", handler="bot",
        opened_at=NOW,
    )  # fmt: skip
    session.add(conversation)
    session.flush()
    return escalations.open_(session, conversation, "screened", Level.URGENT, NOW)


def version_of(session: Session, row: Escalation) -> int:
    found = session.scalar(select(Escalation.version).where(Escalation.id == row.id))
    assert found is not None
    return found


def test_the_models_are_the_migrated_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Row.metadata) == []


def test_a_filled_database_goes_up_down_and_up_again(postgres_url: str) -> None:
    database = Database(new_database(postgres_url))
    with database.engine.begin() as connection:
        command.downgrade(schema._config(connection), "0007")
        assert "dispatches" not in inspect(connection).get_table_names()
        before = columns(connection)
    with database.engine.begin() as connection:
        connection.execute(text(FILLED.strip()))
    for _ in range(2):
        schema.upgrade(database)
        with database.engine.begin() as connection:
            assert found(connection) == [(1, datetime(2026, 10, 1, tzinfo=UTC)), (2, datetime(2026, 11, 1, tzinfo=UTC))]
            assert connection.scalars(text("SELECT state FROM pages ORDER BY id")).all() == ["sent", "acknowledged"]
            assert connection.scalars(text("SELECT state FROM shifts")).all() == ["planned"]
            assert connection.scalars(text("SELECT answers_told FROM conversations")).all() == [{}]
            connection.execute(text("UPDATE responders SET password_hash = NULL"))
        with database.engine.begin() as connection:
            command.downgrade(schema._config(connection), "0007")
            assert connection.scalars(text("SELECT password_hash FROM responders")).all() == ["-"]
            assert columns(connection) == before
    database.close()


def columns(connection: Connection) -> dict[str, set[str]]:
    known = inspect(connection)
    return {table: {column["name"] for column in known.get_columns(table)} for table in known.get_table_names()}


def found(connection: Connection) -> list[tuple[int, datetime]]:
    query = text("SELECT id, waiting_since FROM escalations WHERE version > 0 AND changed_at IS NOT NULL ORDER BY id")
    return [tuple(row) for row in connection.execute(query)]


def test_a_change_of_the_row_takes_the_next_number(session: Session) -> None:
    row = a_thread(session)
    first = version_of(session, row)
    assert first == row.version
    escalations.fell_silent(session, row, NOW, NOW + timedelta(minutes=5))
    session.flush()
    assert version_of(session, row) > first
    assert row.waiting_since == row.opened_at


def test_a_new_message_takes_the_next_number_for_its_open_thread_only(session: Session) -> None:
    row = a_thread(session)
    first = version_of(session, row)
    say(session, row.conversation, "We are here.", "system", NOW)
    session.flush()
    second = version_of(session, row)
    assert second > first
    row.status = "resolved"
    session.flush()
    third = version_of(session, row)
    say(session, row.conversation, "We were here.", "system", NOW)
    session.flush()
    assert version_of(session, row) == third


def test_a_residents_text_takes_the_next_number(phone: Phone, database: Database) -> None:
    phone.text("I want to kill myself")
    with database.begin() as session:
        [first] = session.scalars(select(Escalation.version))
    phone.text("hello?")
    with database.begin() as session:
        [second] = session.scalars(select(Escalation.version))
    assert second > first


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entries SET act = 'release'",
        "UPDATE audit_entries SET responder_id = NULL, seal_no = 1, hash = 'x'",
        "UPDATE audit_entries SET seal_no = 1",
        "DELETE FROM audit_entries",
    ],
)
def test_an_entry_of_the_trail_cannot_be_changed_or_removed(session: Session, change: str) -> None:
    ana = a_responder(session)
    audit.note(session, NOW, "claim", "escalation", 1, ana.id)
    session.flush()
    with pytest.raises(DatabaseError, match="append-only"):
        session.execute(text(change))
    session.rollback()


def test_an_entry_is_sealed_once(session: Session) -> None:
    audit.note(session, NOW, "claim", "escalation", 1)
    session.flush()
    session.execute(text("UPDATE audit_entries SET seal_no = 1, hash = 'first'"))
    assert session.scalars(select(AuditEntry.hash)).all() == ["first"]
    with pytest.raises(DatabaseError, match="append-only"):
        session.execute(text("UPDATE audit_entries SET seal_no = 1, hash = 'second'"))
    session.rollback()


def test_a_shift_ends_after_it_begins(session: Session) -> None:
    ana = a_responder(session)
    session.add(Shift(responder_id=ana.id, starts_at=NOW, ends_at=NOW))
    with pytest.raises(IntegrityError, match="ck_shifts_span"):
        session.flush()
    session.rollback()


def test_one_phone_is_one_active_responders(session: Session) -> None:
    first = a_responder(session, "ana")
    first.phone_hash = "h"
    session.flush()
    first.active = False
    a_responder(session, "ben").phone_hash = "h"
    session.flush()
    a_responder(session, "cai").phone_hash = "h"
    with pytest.raises(IntegrityError, match="uq_responders_phone"):
        session.flush()
    session.rollback()


def a_responder(session: Session, name: str = "ana") -> Responder:
    row = Responder(email=f"{name}@demo.example", name=name, role="responder", languages=[], created_at=NOW)
    session.add(row)
    session.flush()
    return row
