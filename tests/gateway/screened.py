"""Messages that were screened, and people who say what they think of it, for the tests of labels and their figures."""

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.conversations import SMS, Inbound, thread
from gateway.db import Database
from gateway.keys import Keys
from gateway.models import Assessment, Conversation, Message, Responder
from gateway.risk import Level, SetAside

_numbers = itertools.count()


def reader(database: Database, now: datetime, name: str) -> Responder:
    """A supervisor."""
    with database.begin() as session:
        row = Responder(
            email=f"{name}@demo.example",
            name=name,
            role="supervisor",
            password_hash="-",
            languages=["en"],
            created_at=now,
        )
        session.add(row)
    return row


def write(
    database: Database,
    keys: Keys,
    now: datetime,
    text: str,
    level: Level = Level.NONE,
    cards: tuple[str, ...] = (),
    *,
    language: str | None = "en",
    number: str = "+15555550117",
    set_aside: tuple[SetAside, ...] = (),
) -> int:
    """A resident's message with the assessment that a test wants it to have; returns its id."""
    findings: list[dict[str, Any]] = [{"card_id": card, "level": level.value} for card in cards]
    with database.begin() as session:
        inbound = Inbound(SMS, number, f"SM{next(_numbers):032x}", text)
        return store(session, keys, now, inbound, level, findings, language=language, set_aside=set_aside)[1].id


def store(
    session: Session,
    keys: Keys,
    now: datetime,
    inbound: Inbound,
    level: Level,
    findings: list[dict[str, Any]],
    *,
    language: str | None = None,
    set_aside: tuple[SetAside, ...] = (),
) -> tuple[Conversation, Message]:
    """A resident's message and what screening is to have made of it, without the road in."""
    conversation = thread(session, keys, inbound, now)
    message = Message(
        conversation_id=conversation.id,
        direction="in",
        author="resident",
        text=inbound.text,
        language=language,
        provider_id=inbound.provider_id,
        created_at=now,
        attempts=0,
    )
    session.add(message)
    session.flush()
    session.add(
        Assessment(
            message_id=message.id,
            conversation_id=conversation.id,
            level=level.value,
            categories=[each["category"] for each in findings if "category" in each],
            findings=findings,
            set_aside=[each.to_dict() for each in set_aside],
            version="test",
            created_at=now,
        )
    )
    return conversation, message


def ids(database: Database, drawn: Callable[[Any], Any]) -> list[int]:
    """The ids of the messages that a call returns, in order."""
    with database.begin() as session:
        return [each.message.id for each in drawn(session)]


def conversation_of(database: Database, message_id: int) -> int:
    """The conversation that a message stands in."""
    with database.begin() as session:
        return session.scalars(select(Message.conversation_id).where(Message.id == message_id)).one()
