"""How a thread passes from hand to hand, and who is at it: transfers, attendances, heartbeats."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Row, Word, of


class Transfer(Row):
    """One change of owner that somebody asked for or made, or that a clock made (``lapse``).

    ``kind`` is cold, warm, desk, assign, take_over or lapse; ``state`` is offered, accepted, declined, withdrawn or
    done. A thread has at most one that is offered.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        Index("uq_transfers_offered", "escalation_id", unique=True, postgresql_where="state = 'offered'"),
        Index("ix_transfers_lapsed", "at", postgresql_where="kind = 'lapse'"),
    )

    id: Mapped[Id]
    escalation_id: Mapped[int] = of("escalations")
    kind: Mapped[Word]
    from_id: Mapped[int | None] = of("responders")
    to_id: Mapped[int | None] = of("responders")
    desk: Mapped[Word | None]
    note: Mapped[str | None]
    state: Mapped[Word]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Attendance(Row):
    """That somebody besides the owner is at a thread: viewing, listening (told to nobody in it) or joined."""

    __tablename__ = "attendances"
    __table_args__ = (
        Index("uq_attendances_here", "escalation_id", "responder_id", unique=True, postgresql_where="left_at IS NULL"),
    )

    id: Mapped[Id]
    escalation_id: Mapped[int] = of("escalations")
    responder_id: Mapped[int] = of("responders")
    kind: Mapped[Word]
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Heartbeat(Row):
    """When a responder's console (or phone) was last known to be alive."""

    __tablename__ = "heartbeats"

    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"), primary_key=True)
    at: Mapped[datetime]
    means: Mapped[Word]
