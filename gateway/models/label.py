"""What people say of assessments, so that misses and needless alarms are counted and mended."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Row, Word


class RiskLabel(Row):
    """One person's word on one assessment; ``created_at`` is when they said it last.

    On level none a reader says ``ok``, ``missed`` or ``unclear``; on any other level a responder says ``true``,
    ``over_call`` or ``unclear``.
    """

    __tablename__ = "risk_labels"
    __table_args__ = (UniqueConstraint("message_id", "responder_id"),)

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"), index=True)
    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"))
    label: Mapped[Word]
    created_at: Mapped[datetime]
