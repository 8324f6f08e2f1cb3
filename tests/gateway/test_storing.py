"""A message and its assessment, written in one statement: the rows are those that two would write."""

from datetime import datetime

from sqlalchemy import inspect, select, text

from gateway.conversations import SMS, Inbound
from gateway.cursors import Columns
from gateway.db import Database
from gateway.door import Door
from gateway.models import Assessment, Message
from gateway.receiving import receive, receive_unread
from gateway.settings import Settings
from tests.conftest import RESIDENT
from tests.gateway.road import heard, rows, sid


def test_the_row_that_is_kept_is_the_row_that_was_written(
    database: Database, settings: Settings, door: Door, now: datetime
) -> None:
    with database.begin() as session:
        inbound = Inbound(SMS, RESIDENT, sid(1), "need food", media=("https://api.twilio.com/x",))
        receipt = receive(session, settings.keys, door.community, inbound, now)
        kept = session.get_one(Message, receipt.message_id)
        names = set(Message.__table__.columns.keys())
        assert not inspect(kept).unloaded & names  # no column is asked for again
        seen = {name: getattr(kept, name) for name in names}
    with database.begin() as session:
        again = session.scalars(select(Message).where(Message.direction == "in")).one()
        assert {name: getattr(again, name) for name in seen} == seen


def test_what_is_not_given_is_what_it_is_in_a_message_that_was_stored_by_itself(
    database: Database, settings: Settings, door: Door, now: datetime
) -> None:
    heard(database, settings, door, 1, "need food", now)
    with database.begin() as session:
        receive_unread(session, settings.keys, Inbound(SMS, RESIDENT, sid(2), "need food"), now)
        empty = "SELECT media IS NULL, media::text, answers_id, ordinal, in_webhook, attempts, pair FROM messages"
        first, second = session.execute(text(empty)).all()
    assert first == second


def test_a_message_has_one_assessment_that_names_it(
    database: Database, settings: Settings, door: Door, now: datetime
) -> None:
    heard(database, settings, door, 1, "my husband has a gun", now)
    message = next(row for row in rows(database, Message) if row.direction == "in")
    [assessed] = rows(database, Assessment)
    assert (assessed.message_id, assessed.conversation_id) == (message.id, message.conversation_id)
    assert assessed.created_at == message.created_at
    assert assessed.findings


def test_columns_are_described_to_who_looks(database: Database) -> None:
    with database.asking() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor:
            cursor.execute("SELECT 1 AS one, 'x' AS two")
            columns = cursor.description
            assert isinstance(columns, Columns)
            assert len(columns) == 2
            assert [each.name for each in columns] == ["one", "two"]
            assert [columns[0].name, columns[-1].name] == ["one", "two"]
            assert [each.name for each in columns[1:]] == ["two"]
            cursor.execute("SET LOCAL work_mem = '4MB'")
            nothing = cursor.description
            assert nothing is None
