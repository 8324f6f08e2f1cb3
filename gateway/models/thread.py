"""What responders write beside a thread: notes to each other, who is named in them, drafts of replies."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from gateway.models.row import Id, Row, of


class Note(Row):
    """A responder's words for colleagues; never shown to a resident."""

    __tablename__ = "notes"

    id: Mapped[Id]
    conversation_id: Mapped[int] = of("conversations")
    escalation_id: Mapped[int] = of("escalations")
    responder_id: Mapped[int] = of("responders")
    text: Mapped[str]
    at: Mapped[datetime]


class Mention(Row):
    """That a note names a colleague, who has seen it at ``seen_at``."""

    __tablename__ = "mentions"
    __table_args__ = (UniqueConstraint("note_id", "responder_id"),)

    id: Mapped[Id]
    note_id: Mapped[int] = of("notes", index=False)
    responder_id: Mapped[int] = of("responders")
    seen_at: Mapped[datetime | None]


class Draft(Row):
    """A reply that is not sent yet, kept so that it can be gone on with on another device."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("conversation_id", "responder_id"),)

    id: Mapped[Id]
    conversation_id: Mapped[int] = of("conversations", index=False)
    responder_id: Mapped[int] = of("responders")
    text: Mapped[str]
    changed_at: Mapped[datetime]
