"""What supervisors tell everybody at once, and who has seen it."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped

from gateway.models.row import Id, Row, Word, of


class Broadcast(Row):
    """A supervisor's words for every console, or for those of one desk, until ``ends_at``."""

    __tablename__ = "broadcasts"

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    text: Mapped[str]
    urgent: Mapped[bool]
    desk: Mapped[Word | None]
    at: Mapped[datetime]
    ends_at: Mapped[datetime | None]


class BroadcastReading(Row):
    """That a responder has seen a broadcast."""

    __tablename__ = "broadcast_readings"
    __table_args__ = (UniqueConstraint("broadcast_id", "responder_id"),)

    id: Mapped[Id]
    broadcast_id: Mapped[int] = of("broadcasts", index=False)
    responder_id: Mapped[int] = of("responders")
    seen_at: Mapped[datetime]
