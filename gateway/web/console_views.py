"""What the console's pages show: rows read from the store and made ready to be drawn, nothing decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup, escape
from sqlalchemy import or_, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, lazyload

from gateway import audit, calling, escalations, labels
from gateway.commands import MEDIATION
from gateway.conversations import SMS
from gateway.keys import Keys
from gateway.models import (
    Assessment,
    AuditEntry,
    Contact,
    Delivery,
    Escalation,
    Lowering,
    Message,
    OptOut,
    Responder,
)
from gateway.risk import Level
from gateway.web import console_follow_ups, console_told
from gateway.web.console_evidence import marked, snippet, spans

VIEW_NOTED_EVERY = timedelta(minutes=10)
HISTORY_ACTS = (
    *("open", "raise", "claim", "release", "lower", "silent", "interpreter", "resolve", "opted_out"),
    calling.ACT,
)
LOWER_LEVELS = (Level.URGENT.value, Level.ROUTINE.value)
DANGER = (Level.URGENT.value, Level.EMERGENCY.value)
ASKS_PEOPLE = frozenset(("team_request", MEDIATION))
Findings = list[dict[str, Any]]


@dataclass(frozen=True)
class QueueRow:
    """One open escalation, as the queue shows it."""

    escalation: Escalation
    age: int
    why: str
    snippet: Markup
    categories: Sequence[str]
    opted_out: bool
    mine: bool
    retraction: str | None
    silent: bool


@dataclass(frozen=True)
class Line:
    """One message of a thread."""

    message: Message
    html: Markup
    who: str
    delivery: Delivery | None
    level: str
    findings: Findings = field(default_factory=list)
    not_screened: str | None = None
    retraction: str | None = None
    set_aside: Findings = field(default_factory=list)


@dataclass(frozen=True)
class Thread:
    """One escalation with everything that was said and done in its thread."""

    escalation: Escalation
    age: int
    mine: bool
    opted_out: bool
    address: str
    lines: Sequence[Line]
    history: Sequence[tuple[AuditEntry, str | None]]
    newer: int | None
    lower_to: Sequence[str]
    notes: Sequence[str]
    silent: bool
    labels: dict[int, str] = field(default_factory=dict)
    may_call: bool = False
    number: str | None = None
    follow_up: console_follow_ups.Shown | None = None
    told: Sequence[console_told.Told] = ()
    not_safe_to_text: bool = False

    @property
    def can_text(self) -> bool:
        """Whether a reply may be written: the thread is ours, and its resident has not said STOP."""
        return self.mine and not self.opted_out


def queue(session: Session, responder: Responder, now: datetime) -> list[QueueRow]:
    """All open escalations, the most dangerous first and then the longest waiting."""
    rows = escalations.queue(session)
    ids = [row.message_id for row in rows if row.message_id]
    texts = dict(session.execute(select(Message.id, Message.text).where(Message.id.in_(ids))).all())
    screened = {
        row.message_id: row for row in session.scalars(select(Assessment).where(Assessment.message_id.in_(ids)))
    }
    stopped = _opted_out(session, [row.conversation.contact for row in rows])
    taken_back = _taken_back(session, [row.conversation_id for row in rows])
    return [
        _queue_row(
            row,
            texts.get(row.message_id or 0),
            screened.get(row.message_id or 0),
            now,
            opted_out=row.conversation.contact_id in stopped,
            mine=row.owner_id == responder.id,
            retraction=taken_back.get(row.conversation_id),
        )
        for row in rows
    ]


def _queue_row(
    row: Escalation, text: str | None, assessment: Assessment | None, now: datetime, **more: Any
) -> QueueRow:
    findings: Findings = assessment.findings if assessment else []
    worst = max(findings, key=_danger, default=None)
    return QueueRow(
        escalation=row,
        age=_seconds(row.opened_at, now),
        why=worst["why_en"] if worst else "",
        snippet=_snippet(row, text, findings),
        categories=assessment.categories if assessment else (),
        silent=is_silent(row),
        **more,
    )


def _snippet(row: Escalation, text: str | None, findings: Findings) -> Markup:
    """The resident's words; of a request for people to come or step in, which a "yes" ends, what and where instead."""
    asked = console_told.asked_for(row.conversation.answers) if row.reason in ASKS_PEOPLE and not findings else ""
    if asked:
        return escape(asked)
    return snippet(text, findings) if text else Markup("")


def is_silent(row: Escalation) -> bool:
    """Whether a silence was shown that still goes on."""
    last = row.conversation.last_inbound_at
    return row.silent_since is not None and (last is None or last <= row.silent_since)


def _taken_back(session: Session, conversation_ids: Sequence[int]) -> dict[int, str | None]:
    """How each conversation takes its danger back, where nothing dangerous was written since."""
    newest = (
        select(Assessment.conversation_id, Assessment.retraction)
        .ext(distinct_on(Assessment.conversation_id))
        .where(
            Assessment.conversation_id.in_(conversation_ids),
            or_(Assessment.retraction.is_not(None), Assessment.level.in_(DANGER)),
        )
        .order_by(Assessment.conversation_id, Assessment.message_id.desc())
    )
    return dict(session.execute(newest).all())


def thread(session: Session, keys: Keys, escalation_id: int, responder: Responder, now: datetime) -> Thread | None:
    """One escalation's thread, or None when there is no such escalation."""
    row = session.get(Escalation, escalation_id)
    if row is None:
        return None
    contact = row.conversation.contact
    newer = escalations.of_conversation(session, row.conversation_id)
    return Thread(
        escalation=row,
        age=_seconds(row.opened_at, now),
        mine=row.status == escalations.CLAIMED and row.owner_id == responder.id,
        opted_out=contact.id in _opted_out(session, [contact]),
        address=masked(contact, keys),
        lines=_lines(session, row.conversation_id),
        history=_history(session, row.id),
        newer=newer.id if newer and newer.id != row.id else None,
        labels=labels.of_responder(session, row.conversation_id, responder),
        lower_to=_lower_to(row, responder),
        notes=_notes(session, row.id),
        silent=row.status != escalations.RESOLVED and is_silent(row),
        may_call=calling.may_call(session, row, responder),
        number=calling.number(session, keys, row, responder, now),
        follow_up=console_follow_ups.of_contact(session, contact),
        told=console_told.answers(row.conversation.answers),
        not_safe_to_text=console_told.not_safe_to_text(row.conversation.answers),
    )


def _lower_to(row: Escalation, responder: Responder) -> list[str]:
    if not escalations.may_lower(row, responder):
        return []
    return [level for level in LOWER_LEVELS if Level(level) < Level(row.level)]


def _notes(session: Session, escalation_id: int) -> list[str]:
    wanted = select(Lowering.note).where(Lowering.escalation_id == escalation_id, Lowering.note.is_not(None))
    return [note for note in session.scalars(wanted.order_by(Lowering.id)) if note]


def masked(contact: Contact, keys: Keys) -> str:
    """The last two digits of a number: enough to tell two threads apart, too little to call or look up."""
    if contact.channel != SMS or contact.address_sealed is None:
        return ""
    return "•••• " + keys.open(contact.address_sealed)[-2:]


def note_view(session: Session, row: Escalation, responder: Responder, now: datetime, *, again: bool = False) -> None:
    """Write down that somebody read a thread; a page that refreshes itself (``again``) only every ten minutes."""
    if again and session.scalar(
        select(AuditEntry.id)
        .where(
            AuditEntry.subject == "escalation",
            AuditEntry.subject_id == row.id,
            AuditEntry.act == "view",
            AuditEntry.responder_id == responder.id,
            AuditEntry.at > now - VIEW_NOTED_EVERY,
        )
        .limit(1)
    ):
        return
    audit.note(session, now, "view", "escalation", row.id, responder.id)


def _lines(session: Session, conversation_id: int) -> list[Line]:
    found = session.execute(
        select(Message, Delivery, Assessment, Responder.name)
        .outerjoin(Delivery, Delivery.message_id == Message.id)
        .outerjoin(Assessment, Assessment.message_id == Message.id)
        .outerjoin(Responder, Responder.id == Message.responder_id)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.id)
        .options(lazyload(Delivery.message))  # its own inner join would leave out what has no delivery
    )
    return [_line(*row) for row in found]


def _line(message: Message, delivery: Delivery | None, assessment: Assessment | None, name: str | None) -> Line:
    findings: Findings = sorted(assessment.findings, key=_danger, reverse=True) if assessment else []
    return Line(
        message=message,
        html=marked(message.text, spans(findings, len(message.text))),
        who=name or message.author,
        delivery=delivery,
        level=assessment.level if assessment else Level.NONE.value,
        findings=findings,
        not_screened=assessment.not_screened if assessment else None,
        retraction=assessment.retraction if assessment else None,
        set_aside=assessment.set_aside if assessment else [],
    )


def _history(session: Session, escalation_id: int) -> list[tuple[AuditEntry, str | None]]:
    found = session.execute(
        select(AuditEntry, Responder.name)
        .outerjoin(Responder, Responder.id == AuditEntry.responder_id)
        .where(
            AuditEntry.subject == "escalation",
            AuditEntry.subject_id == escalation_id,
            AuditEntry.act.in_(HISTORY_ACTS),
        )
        .order_by(AuditEntry.id)
    )
    return [(entry, name) for entry, name in found]


def _opted_out(session: Session, contacts: Sequence[Contact]) -> set[int]:
    """The ids of those contacts who said STOP and not START since."""
    addresses = {(each.channel, each.address_hash) for each in contacts}
    stopped = set(
        session.execute(
            select(OptOut.channel, OptOut.address_hash).where(
                OptOut.ended_at.is_(None), tuple_(OptOut.channel, OptOut.address_hash).in_(addresses)
            )
        )
    )
    return {each.id for each in contacts if (each.channel, each.address_hash) in stopped}


def _danger(finding: dict[str, Any]) -> tuple[int, bool]:
    return Level(finding["level"]).rank, not finding.get("earlier", False)


def _seconds(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()))
