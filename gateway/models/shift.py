"""Who works when, and who rests: shifts, the rota that makes them, swaps, gaps, breaks and debriefs."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Row, Word, of


class RotaEntry(Row):
    """A shift that comes again: on these days, every so many weeks, at local hours that may pass midnight.

    ``byday`` is that of an RRULE (RFC 5545), such as ``MO,TU``. An entry that no longer holds has ``ended_at``.
    """

    __tablename__ = "rota_entries"

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    byday: Mapped[str] = mapped_column(String(30))
    every_weeks: Mapped[int] = mapped_column(SmallInteger, default=1, server_default=text("1"))
    starts: Mapped[time]
    ends: Mapped[time]
    time_zone: Mapped[str] = mapped_column(String(60))
    from_date: Mapped[date]
    until_date: Mapped[date | None]
    created_by: Mapped[int] = of("responders")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Shift(Row):
    """When a responder is on call.

    ``state`` is planned, begun, ended or cancelled. One that a rota made names its entry and the local day it begins
    on. ``sound_heard_at`` is when the responder said that they hear the console's alarm.
    """

    __tablename__ = "shifts"
    __table_args__ = (
        Index("ix_shifts_span", "starts_at", "ends_at"),
        UniqueConstraint("rota_entry_id", "local_date"),
        CheckConstraint("ends_at > starts_at", "span"),
    )

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders", index=False)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    rota_entry_id: Mapped[int | None] = of("rota_entries", index=False)
    local_date: Mapped[date | None]
    state: Mapped[Word] = mapped_column(default="planned", server_default=text("'planned'"))
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    sound_heard_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = of("responders")


class Swap(Row):
    """That somebody asks to be relieved of a shift, of one colleague or of whoever can.

    ``state`` is open, taken, declined, withdrawn or lapsed; a shift has at most one that is open.
    """

    __tablename__ = "swaps"
    __table_args__ = (Index("uq_swaps_open", "shift_id", unique=True, postgresql_where="state = 'open'"),)

    id: Mapped[Id]
    shift_id: Mapped[int] = of("shifts")
    asked_by: Mapped[int] = of("responders")
    asked_of: Mapped[int | None] = of("responders")
    state: Mapped[Word]
    note: Mapped[str | None]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    taken_by: Mapped[int | None] = of("responders")


class ShiftFeed(Row):
    """The address under which a calendar reads one responder's shifts; the row holds only its hash."""

    __tablename__ = "shift_feeds"

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class GapWarning(Row):
    """That supervisors were warned of hours in which nobody is on call."""

    __tablename__ = "gap_warnings"

    id: Mapped[Id]
    starts_at: Mapped[datetime] = mapped_column(unique=True)
    ends_at: Mapped[datetime]
    warned_at: Mapped[datetime]


class Break(Row):
    """A rest that is offered after an emergency, or taken on one's own: ``kind`` is after_emergency or own.

    ``state`` is offered, taken, declined or ended.
    """

    __tablename__ = "breaks"
    __table_args__ = (
        Index(
            "uq_breaks_offered", "escalation_id", "responder_id", unique=True,
            postgresql_where="escalation_id IS NOT NULL",
        ),
    )  # fmt: skip

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    escalation_id: Mapped[int | None] = of("escalations")
    kind: Mapped[Word]
    state: Mapped[Word]
    offered_at: Mapped[datetime]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]


class Debrief(Row):
    """That a responder wishes to talk a hard thread over: asked, taken (``with_id``), done or withdrawn."""

    __tablename__ = "debriefs"

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    escalation_id: Mapped[int | None] = of("escalations")
    state: Mapped[Word]
    with_id: Mapped[int | None] = of("responders")
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
