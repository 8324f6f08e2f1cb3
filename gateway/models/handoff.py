"""How a thread ends or is passed on to another service: hand-offs to 911, 988 or 211, and closings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Items, Named, Row, Word, of


class Handoff(Row):
    """What one other service was told of a resident, by whom, and with whose leave.

    ``to`` is 911, 988 or 211; ``packet`` are the facts, each with its value, source and time. ``consent`` is given,
    refused, not_asked or no_answer; nothing is told without it unless ``reason`` (imminent, minor, cannot_answer) says
    why. ``asked_message_id`` is our question, ``consent_message_id`` the message that answers it. ``state`` is
    prepared, told, answered or closed; ``outcome`` accepted, declined, referred_back, no_answer or unknown.
    """

    __tablename__ = "handoffs"
    __table_args__ = (CheckConstraint("told_at IS NULL OR consent = 'given' OR reason IS NOT NULL", "told_with_leave"),)

    id: Mapped[Id]
    escalation_id: Mapped[int] = of("escalations")
    to: Mapped[Word]
    packet: Mapped[Named]
    psap_name: Mapped[str | None]
    psap_line: Mapped[str | None] = mapped_column(String(20))
    consent: Mapped[Word]
    asked_message_id: Mapped[int | None] = of("messages")
    consent_message_id: Mapped[int | None] = of("messages")
    reason: Mapped[Word | None]
    reason_text: Mapped[str | None]
    supervisor_id: Mapped[int | None] = of("responders")
    state: Mapped[Word]
    outcome: Mapped[Word | None]
    reference: Mapped[str | None] = mapped_column(String(80))
    answer: Mapped[str | None]
    created_by: Mapped[int] = of("responders")
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]


class HandoffEvent(Row):
    """One act on a hand-off: prepared, shown, printed, downloaded, told, answered or corrected."""

    __tablename__ = "handoff_events"

    id: Mapped[Id]
    handoff_id: Mapped[int] = of("handoffs")
    at: Mapped[datetime]
    responder_id: Mapped[int] = of("responders")
    act: Mapped[Word]
    detail: Mapped[Named]


class Closing(Row):
    """How an escalation was closed, and, after an emergency, the second look of somebody else.

    ``disposition`` is a code of the town's list, ``standard`` the one of ours that it stands for. ``follow_up`` is
    none, asked, agreed or declined; ``look`` is agree or reopen.
    """

    __tablename__ = "closings"
    __table_args__ = (
        UniqueConstraint("escalation_id"),
        CheckConstraint("looked_by IS NULL OR looked_by <> responder_id", "second_person"),
    )

    id: Mapped[Id]
    escalation_id: Mapped[int] = of("escalations", index=False)
    responder_id: Mapped[int] = of("responders")
    at: Mapped[datetime]
    disposition: Mapped[Word]
    standard: Mapped[Word]
    needs: Mapped[Items]
    referral_ids: Mapped[Items]
    follow_up: Mapped[Word]
    note: Mapped[str | None]
    look_due_at: Mapped[datetime | None]
    looked_by: Mapped[int | None] = of("responders")
    looked_at: Mapped[datetime | None]
    look: Mapped[Word | None]
    look_note: Mapped[str | None]
