"""What a command of the bot acts on, and how its fields are read."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gateway import written
from gateway.community import Community
from gateway.models import Conversation, Message

LONGEST_ANSWER = 200
SAID = "said"  # made out in a scene: the resident's newest texts


@dataclass(frozen=True)
class Scene:
    """What a command acts on: one conversation, locked, and the message that is being answered.

    ``more_waits`` is whether something that came after it waits to be answered, where that was asked. ``made_out``
    keeps what was made out about the message, so that who answers it need not ask again what who chose them had asked.
    """

    session: Session
    conversation: Conversation
    message: Message
    now: datetime
    home: str | None = None
    community: Community | None = None
    more_waits: bool = False
    made_out: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def language(self) -> str:
        """The language to answer in; English stands in only where none was ever heard."""
        return self.conversation.language or "en"

    @property
    def said(self) -> list[str]:
        """The newest texts of the resident in this conversation, oldest first."""
        return self.said_after(0)

    def said_after(self, message_id: int) -> list[str]:
        """The same, of those that came after a message."""
        if SAID not in self.made_out:
            self.made_out[SAID] = written.said_in(self.session, self.conversation.id)
        said: list[written.Said] = self.made_out[SAID]
        return [each.text for each in said if each.id > message_id]


def short(value: Any) -> str | None:
    """Words of a resident's, cut to 200 characters; None for nothing and for what is no text."""
    return value.strip()[:LONGEST_ANSWER] or None if isinstance(value, str) else None


def needs_of(command: dict[str, Any]) -> list[str]:
    """The need codes that a command names."""
    return [need for need in command.get("needs") or [] if isinstance(need, str)]
