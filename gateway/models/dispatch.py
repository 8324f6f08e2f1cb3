"""When somebody goes out: team members, dispatches, the links by which a team works, calls to a town's own system."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Count, Id, Items, Named, Row, Word, of


class TeamMember(Row):
    """Who works in a mobile team; ``team`` is the code of one in the town's file. The phone is sealed."""

    __tablename__ = "team_members"

    id: Mapped[Id]
    team: Mapped[Word]
    name: Mapped[str] = mapped_column(String(80))
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_hash: Mapped[str | None] = mapped_column(String(64))
    roles: Mapped[Items]
    languages: Mapped[Items]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class Dispatch(Row):
    """A team that is asked to go to somebody.

    ``state`` is drafted, assigned, unanswered, accepted, en_route, on_scene, transport, clear, cancelled or declined;
    a thread has at most one that is under way. ``version`` rises with every change of what the team is told,
    ``seen_version`` is the newest that it saw. ``checklist`` are the town's questions with their answers; a team that
    goes against one has ``eligibility`` ``overridden`` and ``reason_codes``. ``outcome`` tells afterwards whether there
    were police, force, a hold or an injury, and whether all was voluntary.
    """

    __tablename__ = "dispatches"
    __table_args__ = (
        Index(
            "uq_dispatches_under_way",
            "escalation_id",
            unique=True,
            postgresql_where="state NOT IN ('clear', 'cancelled', 'declined')",
        ),
    )

    id: Mapped[Id]
    escalation_id: Mapped[int] = of("escalations")
    conversation_id: Mapped[int] = of("conversations")
    team: Mapped[Word]
    state: Mapped[Word]
    version: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))
    seen_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    needs: Mapped[Items]
    place: Mapped[str]
    place_confirmed: Mapped[bool]
    place_precision: Mapped[Word]
    consent: Mapped[Word]
    consent_message_id: Mapped[int | None] = of("messages")
    consent_reason: Mapped[str | None]
    checklist: Mapped[Items]
    eligibility: Mapped[Word]
    reason_codes: Mapped[Items]
    safety_flags: Mapped[Items]
    people: Mapped[str | None]
    languages: Mapped[Items]
    roles_wanted: Mapped[Items]
    what_to_know: Mapped[str | None]
    eta_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    created_by: Mapped[int] = of("responders")
    created_at: Mapped[datetime]
    assigned_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    en_route_at: Mapped[datetime | None]
    on_scene_at: Mapped[datetime | None]
    more_help_at: Mapped[datetime | None]
    transport_at: Mapped[datetime | None]
    destination_at: Mapped[datetime | None]
    clear_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answer_due_at: Mapped[datetime | None]
    check_in_due_at: Mapped[datetime | None]
    sos_at: Mapped[datetime | None]
    sos_cleared_at: Mapped[datetime | None]
    told_resident_at: Mapped[datetime | None]
    resident_declined_at: Mapped[datetime | None]
    disposition: Mapped[Word | None]
    supplies: Mapped[Items]
    outcome: Mapped[dict[str, Any] | None]


class DispatchEvent(Row):
    """One step of a dispatch. ``by`` is responder, team, system, resident or outside. Never changed or removed."""

    __tablename__ = "dispatch_events"
    __table_args__ = (Index("ix_dispatch_events_at", "at"),)

    id: Mapped[Id]
    dispatch_id: Mapped[int] = of("dispatches")
    at: Mapped[datetime]
    by: Mapped[Word]
    responder_id: Mapped[int | None] = of("responders")
    member_id: Mapped[int | None] = of("team_members")
    from_state: Mapped[Word | None]
    state: Mapped[Word]
    version: Mapped[int]
    detail: Mapped[Named]


class DispatchLink(Row):
    """The link by which one team member works on one dispatch; only its hash is kept."""

    __tablename__ = "dispatch_links"

    id: Mapped[Id]
    dispatch_id: Mapped[int] = of("dispatches")
    member_id: Mapped[int] = of("team_members")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class WebhookCall(Row):
    """One event of a dispatch on its way to the town's own system, which is told the whole as it stands then.

    ``state`` is queued, sending, done, failed (they refused it, or a day passed), superseded (a newer event is told
    instead) or gone (they asked us to stop). ``endpoint`` is a hash of the address. What is told lies nowhere twice:
    it is written down at each try.
    """

    __tablename__ = "webhook_calls"
    __table_args__ = (
        Index("ix_webhook_calls_created_at", "created_at"),
        Index("ix_webhook_calls_gone", "endpoint", postgresql_where="state = 'gone'"),
        Index("ix_webhook_calls_waiting", "next_attempt_at", postgresql_where="state IN ('queued', 'sending')"),
    )

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("dispatch_events.id"), unique=True)
    dispatch_id: Mapped[int] = of("dispatches")
    endpoint: Mapped[str] = mapped_column(String(64))
    state: Mapped[Word]
    attempts: Mapped[Count]
    next_attempt_at: Mapped[datetime]
    status_code: Mapped[int | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
