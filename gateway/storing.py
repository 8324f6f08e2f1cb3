"""Stores an inbound message together with what the screen made of it, in one statement."""

from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.orm import Session, make_transient_to_detached

from gateway.models import Assessment, Message
from gateway.risk import Assessment as Screened
from gateway.risk import Level

_MESSAGES, _ASSESSMENTS = cast(Table, Message.__table__), cast(Table, Assessment.__table__)
SAID = ("conversation_id", "direction", "author", "text", "raw", "media", "language", "provider_id", "in_webhook",
        "created_at", "attempts")  # fmt: skip
SCREENED = ("level", "categories", "findings", "set_aside", "not_screened", "retraction", "version")


def store(session: Session, said: dict[str, Any], screened: Screened, level: Level, retraction: str | None) -> Message:
    """Write a message (its columns, :data:`SAID`) and its assessment; returns the row, which the session keeps.

    At once, and nothing else of the session's with it: what there is to write of the conversation is written at the
    end. Raises as any insert does, where the message was stored before.
    """
    assessed = {
        "level": level.value,
        "categories": list(screened.categories),
        "findings": [finding.to_dict() for finding in screened.findings],
        "set_aside": [each.to_dict() for each in screened.set_aside],
        "not_screened": screened.not_screened,
        "retraction": retraction,
        "version": screened.version,
    }
    message_id = session.connection().execute(_STORE, said | assessed).scalar_one()
    message = Message(**dict.fromkeys(_MESSAGES.columns.keys()) | said | {"id": message_id})
    make_transient_to_detached(message)
    session.add(message)
    return message


def _given(table: Table, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: bindparam(name, type_=table.c[name].type) for name in names}


_message = (
    insert(_MESSAGES).values(_given(_MESSAGES, SAID)).returning(_MESSAGES.c.id, _MESSAGES.c.conversation_id,
                                                              _MESSAGES.c.created_at).cte("message")
)  # fmt: skip
_assessed = {
    "message_id": _message.c.id,
    "conversation_id": _message.c.conversation_id,
    "created_at": _message.c.created_at,
} | _given(_ASSESSMENTS, SCREENED)
_STORE = (
    insert(_ASSESSMENTS)
    .from_select(list(_assessed), select(*_assessed.values()), include_defaults=False)
    .returning(_ASSESSMENTS.c.message_id)
)
