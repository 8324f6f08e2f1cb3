"""What leaves by phone for whoever is no resident in a thread, what they text back, and the drill of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Count, Id, Named, Row, Word, of


class Notice(Row):
    """One text, call or push to a responder or a team member: the only way in which anything leaves for them.

    ``kind`` is page, relay, answer, team, gap, transfer, broadcast, invite or drill; ``state`` is queued, sending,
    sent, delivered, failed or cancelled. No number stands here: it is opened at the moment of sending. The code that
    proves a resident's number (``phone_move_id``) goes this way too: it is in no conversation, and nobody reads it.
    """

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_waiting", "priority", "id", postgresql_where="state IN ('queued', 'sending')"),
        Index("uq_notices_provider", "provider_id", unique=True),
    )

    id: Mapped[Id]
    kind: Mapped[Word]
    means: Mapped[Word]
    responder_id: Mapped[int | None] = of("responders")
    member_id: Mapped[int | None] = of("team_members")
    escalation_id: Mapped[int | None] = of("escalations")
    message_id: Mapped[int | None] = of("messages")
    phone_move_id: Mapped[int | None] = of("phone_moves")
    text: Mapped[str]
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[Word]
    priority: Mapped[int] = mapped_column(SmallInteger)
    attempts: Mapped[Count]
    next_attempt_at: Mapped[datetime]
    sending_since: Mapped[datetime | None]
    give_up_at: Mapped[datetime]
    provider_id: Mapped[str | None] = mapped_column(String(80))
    error_code: Mapped[int | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class PushSubscription(Row):
    """A browser of a responder that takes pushes (RFC 8030, keys of RFC 8291).

    ``log_in_id`` is the log-in in which it was last said that it may ring: whoever ends that one ends this. Without one
    it ends with the account.
    """

    __tablename__ = "push_subscriptions"

    id: Mapped[Id]
    responder_id: Mapped[int] = of("responders")
    endpoint: Mapped[str] = mapped_column(unique=True)
    p256dh: Mapped[str] = mapped_column(String(200))
    auth: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str | None] = mapped_column(String(120))
    log_in_id: Mapped[int | None] = of("log_ins")
    created_at: Mapped[datetime]
    last_ok_at: Mapped[datetime | None]
    failures: Mapped[Count]
    ended_at: Mapped[datetime | None]


class RelayLine(Row):
    """Which thread a responder's plain text goes to."""

    __tablename__ = "relay_lines"

    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"), primary_key=True)
    escalation_id: Mapped[int] = of("escalations")
    since: Mapped[datetime]


class RelayText(Row):
    """One text that a responder sent us: what it meant and what was answered; once for each of the provider's ids.

    ``kept`` are its words, sealed, while they wait to be told for which thread they are: ten minutes at most.
    """

    __tablename__ = "relay_texts"

    id: Mapped[Id]
    provider_id: Mapped[str] = mapped_column(String(80), unique=True)
    responder_id: Mapped[int] = of("responders")
    escalation_id: Mapped[int | None] = of("escalations")
    command: Mapped[Word]
    message_id: Mapped[int | None] = of("messages")
    answer: Mapped[str]
    refused: Mapped[Word | None]
    at: Mapped[datetime]
    kept: Mapped[bytes | None] = mapped_column(LargeBinary)


class Drill(Row):
    """One trial of the ladder; ``detail`` says of each rung whether and when it was answered.

    ``outcome`` is passed, failed, broken_off or skipped: then ``detail`` has its ``why``, and no escalation was opened.
    """

    __tablename__ = "drills"

    id: Mapped[Id]
    escalation_id: Mapped[int | None] = of("escalations")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[Word | None]
    detail: Mapped[Named]
