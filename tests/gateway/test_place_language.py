"""The name of a street in answer to "where are you?" turns no conversation to English; a sentence does."""

import pytest
from sqlalchemy import select

from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation, Message
from gateway.receiving import receive
from tests.conftest import RESIDENT, Clock

SENTENCE = "i live near the old hospital with my kids"


@pytest.mark.parametrize(
    ("asked", "answer", "language"),
    [
        ("place", "demo town", "es"), ("place", "Market Street", "es"), ("spot", "downtown", "es"),
        ("place", SENTENCE, "en"), ("needs", "help with rent please", "en"), (None, "i need some food", "en"),
    ],
)  # fmt: skip
def test_the_name_of_a_place_is_in_no_language(
    database: Database, door: Door, clock: Clock, asked: str | None, answer: str, language: str
) -> None:
    def write(number: int, text: str) -> Conversation:
        with database.begin() as session:
            receive(
                session, door.settings.keys, door.community, Inbound(SMS, RESIDENT, f"SM{number:032x}", text), clock()
            )
        with database.begin() as session:
            row = session.scalars(select(Conversation)).one()
            row.bot_state = {"slots": {"requested_slot": asked}}
            return row

    assert write(1, "hola").language == "es"
    write(2, answer)
    with database.begin() as session:
        assert session.scalars(select(Conversation)).one().language == language
        assert session.scalars(select(Message).where(Message.text == answer)).one().language is not None
