"""STOP and START, which everybody writes in English, set no language; what is written after them does."""

import pytest
from sqlalchemy import select

from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import Conversation
from gateway.receiving import receive
from tests.conftest import RESIDENT, Clock


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["START", "hola"], "es"), (["START"], None), (["hola necesito comida", "STOP"], "es"),
        (["hola necesito comida", "STOP", "START"], "es"), (["ALTO"], "es"), (["START", "hello"], "en"),
    ],
)  # fmt: skip
def test_a_carriers_word_sets_no_language(
    database: Database, door: Door, clock: Clock, texts: list[str], language: str | None
) -> None:
    for number, text in enumerate(texts):
        with database.begin() as session:
            inbound = Inbound(SMS, RESIDENT, f"SM{number:032x}", text)
            receive(session, door.settings.keys, door.community, inbound, clock())
    with database.begin() as session:
        last = session.scalars(select(Conversation).order_by(Conversation.id.desc()).limit(1)).one()
    assert last.language == language
