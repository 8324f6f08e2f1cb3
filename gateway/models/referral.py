"""What was offered and what came of it: referrals, each step they took, and what was looked for."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.row import Id, Row, Word


class Referral(Row):
    """We told a resident about a service; :mod:`gateway.referrals` alone moves ``state``.

    ``name`` is the service's name as it was told, because a later import may drop the service. ``message_id`` is the
    message whose answer told of it last, at ``offered_again_at`` if not at first, and ``ordinal`` its number there.
    ``viewed_at`` is when its details were asked for, which is no yes. While it is open there is one for a service and a
    need in a conversation.
    """

    __tablename__ = "referrals"
    __table_args__ = (
        Index(
            "uq_referrals_open",
            "conversation_id",
            "service_id",
            "need",
            unique=True,
            postgresql_where="state IN ('offered', 'accepted', 'sent', 'contacted', 'connected')",
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    service_id: Mapped[str] = mapped_column(String(80), index=True)
    location_id: Mapped[str | None] = mapped_column(String(55))
    name: Mapped[str | None]
    need: Mapped[Word]
    state: Mapped[Word]
    barrier_code: Mapped[Word | None]
    ordinal: Mapped[int | None] = mapped_column(SmallInteger)
    offered_at: Mapped[datetime]
    offered_again_at: Mapped[datetime | None]
    viewed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class ReferralEvent(Row):
    """One step of a referral: from what to what, by whom, and on which message. Never changed or removed.

    An offer that is made again is a step from ``offered`` to ``offered``. ``by`` is bot, resident,
    responder or provider.
    """

    __tablename__ = "referral_event"

    id: Mapped[Id]
    referral_id: Mapped[int] = mapped_column(ForeignKey("referrals.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    from_state: Mapped[Word | None]
    state: Mapped[Word]
    by: Mapped[Word]
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), index=True)
    ordinal: Mapped[int | None] = mapped_column(SmallInteger)
    barrier_code: Mapped[Word | None]


class SearchLog(Row):
    """One search of a resident, without the resident: the hour, the needs, a part of town or three digits of a ZIP.

    ``offered`` counts the services that were told; ``reason`` says why there were none (none, far, closed,
    not_eligible), null where there were some. ``declined`` marks the end of a list: all of it was told, and more was
    asked for.
    """

    __tablename__ = "search_log"
    __table_args__ = (Index("ix_search_log_at", "at"),)

    id: Mapped[Id]
    at: Mapped[datetime]
    needs: Mapped[list[str]] = mapped_column(ARRAY(Text))
    zone: Mapped[str | None] = mapped_column(String(60))
    zip3: Mapped[str | None] = mapped_column(String(3))
    language: Mapped[str | None] = mapped_column(String(8))
    channel: Mapped[Word]
    offered: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[Word | None]
    declined: Mapped[bool] = mapped_column(default=False)
