"""Of each answer of the screening is kept when and in which message it was told: who passes it on must say so."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from gateway import commands, escalations
from gateway.conversations import WEBCHAT, Inbound, thread
from gateway.db import Database
from gateway.keys import Keys
from gateway.models import Conversation, Message
from gateway.risk import Level
from gateway.scene import Scene
from gateway.settings import Settings

NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)


def a_scene(session: Session, keys: Keys) -> Scene:
    conversation = thread(session, keys, Inbound(WEBCHAT, "visitor", "hello", "x"), NOW)
    message = Message(conversation_id=conversation.id, direction="in", author="resident", text="94103", created_at=NOW)
    session.add(message)
    session.flush()
    return Scene(session, conversation, message, NOW)


def test_an_answer_keeps_its_time_and_its_message(database: Database, settings: Settings) -> None:
    with database.begin() as session:
        scene = a_scene(session, settings.keys)
        for field, value in (
            ("zip", "94103"),
            ("need", "food"),
            ("need", "shelter"),
            ("unheard_of", "x"),
            ("place", ""),
        ):
            commands.record(scene, {"field": field, "value": value})
        message_id, conversation_id = scene.message.id, scene.conversation.id
    with database.begin() as session:
        kept = session.get_one(Conversation, conversation_id)
        assert kept.answers == {"zip": "94103", "needs": ["food", "shelter"]}
        when = {"at": NOW.isoformat(), "message_id": message_id, "by": "resident"}
        assert kept.answers_told == {"zip": when, "needs": when}


def test_a_touch_takes_the_next_number(database: Database, settings: Settings) -> None:
    with database.begin() as session:
        scene = a_scene(session, settings.keys)
        row = escalations.open_(session, scene.conversation, "risk", Level.URGENT, NOW)
        before = row.version
        escalations.touch(session, row.id)
        session.refresh(row)
        assert row.version > before
