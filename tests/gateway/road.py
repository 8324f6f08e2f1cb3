"""What several tests of the core need: one resident's numbered texts on the road in, and the rows they leave."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.receiving import receive
from gateway.settings import Settings
from tests.conftest import RESIDENT


def sid(number: int) -> str:
    """The id that Twilio might give to text ``number``."""
    return f"SM{number:032x}"


def incoming(number: int, body: str) -> Inbound:
    """Text ``number`` of the resident."""
    return Inbound(SMS, RESIDENT, sid(number), body)


def rows(database: Database, table: Any) -> list[Any]:
    """Every row of a table, oldest first."""
    with database.begin() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def heard(database: Database, settings: Settings, door: Door, number: int, body: str, at: datetime) -> Any:
    """Take text ``number`` in, and say what became of it."""
    with database.begin() as session:
        return receive(session, settings.keys, door.community, incoming(number, body), at)
