"""Whether it helped: what residents allow us to text them for, and the one question that follows services."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Row, Word


class Consent(Row):
    """One address's answer to being asked whether we may text it for one purpose.

    ``wording`` are the very words that were asked and ``version`` names them, so that a yes can be proved after the
    messages are forgotten (FCC 47 CFR 64.1200(f)(9)). ``message_id`` is the answer. A yes is in force while
    ``ended_at`` is empty; ``end_reason`` says what ended it.
    """

    __tablename__ = "consents"
    __table_args__ = (
        Index(
            "uq_consents_in_force",
            "channel",
            "address_hash",
            "purpose",
            unique=True,
            postgresql_where="given AND ended_at IS NULL",
        ),
        Index("ix_consents_address", "channel", "address_hash", "purpose"),
    )

    id: Mapped[Id]
    channel: Mapped[Word]
    address_hash: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[Word]
    given: Mapped[bool]
    wording: Mapped[str]
    version: Mapped[str] = mapped_column(String(80))
    language: Mapped[str | None] = mapped_column(String(8))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[Word | None]


class FollowUp(Row):
    """The question whether services helped: offered, agreed to, asked when due, answered.

    ``conversation_id`` is where the services were given; the question may be asked in a later one. ``result`` and
    ``barrier_code`` are the answer in the words of the data dictionary; ``void_reason`` says why it is not asked or no
    longer counts. A contact has at most one that is under way.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        Index(
            "uq_follow_ups_under_way",
            "contact_id",
            unique=True,
            postgresql_where="state IN ('offered', 'agreed', 'asked')",
        ),
        Index("ix_follow_ups_due", "due_at", postgresql_where="state = 'agreed'"),
        Index("ix_follow_ups_waiting", "changed_at", postgresql_where="state IN ('offered', 'asked')"),
        Index("ix_follow_ups_contact", "contact_id"),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id"))
    offer_message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    consent_id: Mapped[int | None] = mapped_column(ForeignKey("consents.id"))
    question_message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    state: Mapped[Word]
    result: Mapped[Word | None]
    barrier_code: Mapped[Word | None]
    void_reason: Mapped[Word | None]
    offered_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
