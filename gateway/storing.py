"""Stores an inbound message together with what the screen made of it, in one statement.

The same statement tells what bears on the answer. It begins when its sender's row is locked, so it sees all that was
written about them; and a question of its own would cost as much as most answers do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.orm import Session, make_transient_to_detached

from gateway import closings, follow_ups
from gateway.models import Assessment, Contact, Message
from gateway.risk import Assessment as Screened
from gateway.risk import Level

_MESSAGES, _ASSESSMENTS = cast(Table, Message.__table__), cast(Table, Assessment.__table__)
SAID = ("conversation_id", "direction", "author", "text", "raw", "media", "language", "provider_id", "in_webhook",
        "created_at", "attempts")  # fmt: skip
SCREENED = ("level", "categories", "findings", "set_aside", "not_screened", "retraction", "version")


@dataclass(frozen=True)
class Stored:
    """A message that was just stored, and what there is of its sender: the danger of theirs that was closed after
    ``since`` (:func:`gateway.closings.open_again`), and whether a follow-up or a yes to one is in force."""

    message: Message
    closed: int | None
    followed: bool


def store(  # noqa: PLR0913 - a message, what was made of it, and by whom it is
    session: Session,
    said: dict[str, Any],
    screened: Screened,
    level: Level,
    retraction: str | None,
    contact: Contact,
    since: datetime,
) -> Stored:
    """Write a message (its columns, :data:`SAID`) and its assessment; returns the row, which the session keeps.

    At once, and nothing else of the session's with it: what there is to write of the conversation is written at the
    end. Raises as any insert does, where the message was stored before. The ``contact`` is locked.
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
    asked = {"contact_id": contact.id, "since": since, "channel": contact.channel, "address_hash": contact.address_hash}
    message_id, closed, followed = session.connection().execute(_STORE, said | assessed | asked).one()
    message = Message(**dict.fromkeys(_MESSAGES.columns.keys()) | said | {"id": message_id})
    make_transient_to_detached(message)
    session.add(message)
    return Stored(message, closed, followed)


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
    .returning(_ASSESSMENTS.c.message_id, closings.LAST_CLOSED.scalar_subquery(), follow_ups.CONCERNED)
)
