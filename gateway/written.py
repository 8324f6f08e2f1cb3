"""What residents wrote in a conversation, read together with what they write now."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, literal_column, select, true
from sqlalchemy.orm import Session, aliased

from gateway.conversations import SPLIT_TEXTS, SPLIT_WITHIN
from gateway.models import Message

MOST_SAID = 30  # texts of one conversation that are read together


class Said(NamedTuple):
    """A text of the resident's, and the id of its message."""

    id: int
    text: str


def said_in(session: Session, conversation_id: int) -> list[Said]:
    """The newest texts of the resident in one conversation, oldest first."""
    with session.no_autoflush:  # a message that came in is written at once
        found = session.execute(_SAID_IN, {"conversation_id": conversation_id}).all()
    return [Said(*row) for row in reversed(found)]


def newest_said(conversation_id: Any, *columns: str) -> Select[Any]:
    """These columns of the newest texts of the resident in one conversation, newest first."""
    said = aliased(Message)
    return (
        select(*(getattr(said, column) for column in columns))
        .where(said.conversation_id == conversation_id, said.direction == literal_column("'in'"))
        .order_by(said.id.desc())
        .limit(MOST_SAID)
    )


_SAID_IN = newest_said(bindparam("conversation_id"), *Said._fields)


def just_before(session: Session, messages: Sequence[Message]) -> dict[int, list[str]]:
    """What the sender of each message wrote shortly before it, oldest first; nothing for those who wrote nothing."""
    texts: dict[int, list[str]] = {}
    for message_id, words in session.execute(_JUST_BEFORE, {"ids": [each.id for each in messages]}):
        texts.setdefault(message_id, []).append(words)
    return texts


def _just_before() -> Select[int, str]:
    earlier = aliased(Message)
    recent = (
        select(earlier.id, earlier.text)
        .where(
            earlier.conversation_id == Message.conversation_id,
            earlier.direction == "in",
            earlier.id < Message.id,
            earlier.created_at > Message.created_at - SPLIT_WITHIN,
        )
        .order_by(earlier.id.desc())
        .limit(SPLIT_TEXTS)
        .lateral()
    )
    return (
        select(Message.id, recent.c.text)
        .join(recent, true())
        .where(Message.id.in_(bindparam("ids", expanding=True)))
        .order_by(Message.id, recent.c.id)
    )


_JUST_BEFORE = _just_before()  # once: it takes more than a millisecond to put together
