"""What a thread's page shows of what came with its texts: nothing of a picture but its colours, until it is pressed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gateway import attachments
from gateway.door import Door
from gateway.models import Attachment, Escalation, Message, Responder
from gateway.web import console_picture_words


@dataclass(frozen=True)
class Pictures:
    """What a thread's page says of attachments to somebody who is on it."""

    escalation_id: int
    places: attachments.Places

    def of(self, message: Message) -> list[tuple[int, str | None, Attachment | None, bool]]:
        """Each attachment of a message: its place, the type that its sender gave, its row, and whether it may be
        asked for."""
        found = []
        for place, each in enumerate(message.media or []):
            given = each.get("type") if isinstance(each, dict) else None
            row = self.places.get((message.id, place))
            found.append((place, given, row, attachments.fetchable(message, place)))
        return found


def panel(session: Session, _door: Door, row: Escalation, who: Responder, _now: datetime) -> Pictures | None:
    """What the page says of attachments, for who is on the thread; None where nothing came with its texts."""
    if not attachments.may_look(session, row, who):
        return None
    if not attachments.any_came(session, row.conversation_id):
        return None
    return Pictures(row.id, attachments.of_conversation(session, row.conversation_id))


def words() -> dict[str, Any]:
    """The words for the templates."""
    return {"kinds": console_picture_words.KINDS, "why": console_picture_words.WHY}
