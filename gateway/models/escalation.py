"""When a person must take over: assessments, escalations, pages and the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gateway.models.conversation import Conversation
from gateway.models.people import Responder
from gateway.models.row import Count, Id, Row, Word, of


class Assessment(Row):
    """The result of screening one inbound message, with the cards that fired and the words that fired them.

    ``set_aside`` holds the words that a card matched and that were not meant: denied, fiction, laughed at, a saying.
    ``retraction`` says how the message takes back an earlier one, if it does: for the responder to read, no more.
    """

    __tablename__ = "assessments"

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    level: Mapped[Word]
    categories: Mapped[list[Any]]
    findings: Mapped[list[Any]]
    set_aside: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    not_screened: Mapped[str | None] = mapped_column(Text)
    retraction: Mapped[Word | None]
    version: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]


class Escalation(Row):
    """A request that a person take over: waiting, claimed or resolved.

    ``epoch`` rises with every change of owner; claim, release and resolve compare it, so a stale page loses.
    ``level`` only rises, except where a person lowers it (:class:`Lowering`). ``alerted_at`` marks new danger in a
    thread that somebody already owns, or an opt-out while danger is open; ``silent_since`` the resident's last word
    before a silence that was shown.

    ``code`` is the short number (10 to 9999) by which responders name it over a phone: the database gives it, and no
    two that are open share one. ``desk`` whom it was passed on to.
    ``waiting_since`` is when it last began to wait, at first when it was opened. ``owner_means`` is how the owner works
    (console, sms, voice), ``owner_acted_at`` when they last did something and ``owner_wrote_at`` when a key of theirs
    was last pressed. ``rung`` is the last one of the ladder that was climbed since ``ladder_since`` (``paging.ENDED``
    after all of them), the next page is due at ``next_page_at``; at ``told_nobody_at`` the resident was told that
    nobody answers. A ``drill`` is no resident's. ``reopens_id`` is the closed one that this goes on from.

    ``version`` and ``changed_at`` are the database's own (a trigger): every change of the row, and every new message of
    its conversation, takes the next number of one sequence, by which readers know what they have not seen.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        Index("uq_escalations_open", "conversation_id", unique=True, postgresql_where="status <> 'resolved'"),
        Index("uq_escalations_code", "code", unique=True, postgresql_where="status <> 'resolved'"),
        Index("ix_escalations_queue", "status", "opened_at", postgresql_where="status <> 'resolved'"),
        Index("ix_escalations_ladder", "next_page_at", postgresql_where="status = 'waiting'"),
        Index("ix_escalations_version", "version"),
        Index("ix_escalations_closed", "conversation_id", postgresql_where="status = 'resolved'"),
        Index("ix_escalations_ended", "resolved_at", postgresql_where="status = 'resolved'"),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    reason: Mapped[Word]
    level: Mapped[Word]
    status: Mapped[Word]
    epoch: Mapped[int] = mapped_column(default=0)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    opened_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    first_reply_at: Mapped[datetime | None]
    alerted_at: Mapped[datetime | None]
    silent_since: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    disposition: Mapped[Word | None]
    note: Mapped[str | None]
    code: Mapped[int | None] = mapped_column(SmallInteger, server_default=FetchedValue())
    desk: Mapped[Word | None]
    waiting_since: Mapped[datetime] = mapped_column(server_default=FetchedValue())
    owner_means: Mapped[Word | None]
    owner_acted_at: Mapped[datetime | None]
    owner_wrote_at: Mapped[datetime | None]
    ladder_since: Mapped[datetime | None]
    next_page_at: Mapped[datetime | None]
    rung: Mapped[int] = mapped_column(SmallInteger, default=-1, server_default=text("-1"))
    told_nobody_at: Mapped[datetime | None]
    drill: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    reopens_id: Mapped[int | None] = of("escalations")
    version: Mapped[int] = mapped_column(
        BigInteger, server_default=FetchedValue(), server_onupdate=FetchedValue(), nullable=False
    )
    changed_at: Mapped[datetime] = mapped_column(server_default=FetchedValue(), server_onupdate=FetchedValue())

    conversation: Mapped[Conversation] = relationship(lazy="joined", innerjoin=True)
    owner: Mapped[Responder | None] = relationship(lazy="joined")


class Lowering(Row):
    """A person lowered the level of an escalation: who, from what to what, and why."""

    __tablename__ = "lowerings"

    id: Mapped[Id]
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"))
    at: Mapped[datetime]
    from_level: Mapped[Word]
    to_level: Mapped[Word]
    reason: Mapped[Word]
    note: Mapped[str | None]


class Page(Row):
    """An alert sent to one responder about one escalation, on one rung of the ladder.

    ``state`` is planned, sent, delivered, acknowledged, timed_out, failed or skipped, the last two with ``why``
    (wrong_number, opted_out, no_device, resting). ``answered_by`` is the means by which it was acknowledged.
    """

    __tablename__ = "pages"
    __table_args__ = (Index("ix_pages_times_out", "times_out_at", postgresql_where="state IN ('sent', 'delivered')"),)

    id: Mapped[Id]
    escalation_id: Mapped[int] = mapped_column(ForeignKey("escalations.id"), index=True)
    responder_id: Mapped[int] = mapped_column(ForeignKey("responders.id"))
    means: Mapped[Word]
    sent_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    rung: Mapped[Count]
    state: Mapped[Word] = mapped_column(default="sent", server_default=text("'sent'"))
    times_out_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    answered_by: Mapped[Word | None]
    notice_id: Mapped[int | None] = of("notices")
    why: Mapped[Word | None]


class AuditEntry(Row):
    """Who did what to which row, written in the same transaction as the act; a trigger refuses to change or remove it.

    ``seal_no`` and ``hash`` chain the entries afterwards, in the order in which they could be seen: each ``hash`` is
    over the one before and the entry itself, and neither can be given twice.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_subject", "subject", "subject_id"),
        Index("uq_audit_entries_seal_no", "seal_no", unique=True),
        Index("ix_audit_entries_unsealed", "id", postgresql_where="seal_no IS NULL"),
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    responder_id: Mapped[int | None] = mapped_column(ForeignKey("responders.id"))
    act: Mapped[Word]
    subject: Mapped[Word]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[dict[str, Any]]
    seal_no: Mapped[int | None] = mapped_column(BigInteger)
    hash: Mapped[str | None] = mapped_column(String(64))
