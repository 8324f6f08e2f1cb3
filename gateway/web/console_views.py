"""What the console's pages show: rows read from the store and made ready to be drawn, nothing decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session, lazyload

from gateway import audit, calling, closings, drafts, escalations, labels, reply_pairs
from gateway.commands import MEDIATION
from gateway.conversations import SMS, safe_to_text
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
from gateway.web import console_dispatch_words, console_handoff_words
from gateway.web.console_evidence import marked, spans

VIEW_NOTED_EVERY = timedelta(minutes=10)
HISTORY_ACTS = (
    *console_dispatch_words.ACTS,
    *console_handoff_words.ACTS,
    *("open", "raise", "claim", "release", "lower", "silent", "interpreter", "resolve", "opted_out"),
    *("lapse", "pass_on", "transfer", "offer", "decline", "take_over", "assign", "join", "leave"),
    calling.ACT,
    *("note", "view_earlier", "tell_service"),
)
LOWER_LEVELS = (Level.URGENT.value, Level.ROUTINE.value)
DANGER = (Level.URGENT.value, Level.EMERGENCY.value)
ASKS_PEOPLE = frozenset(("team_request", MEDIATION))
Findings = list[dict[str, Any]]


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
    counterpart: tuple[str, str] | None = None


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
    not_safe_to_text: bool = False
    draft: str = ""

    @property
    def can_text(self) -> bool:
        """Whether a reply may be written: the thread is ours, and its resident has not said STOP."""
        return self.mine and not self.opted_out


def is_silent(row: Escalation) -> bool:
    """Whether a silence was shown that still goes on."""
    last = row.conversation.last_inbound_at
    return row.silent_since is not None and (last is None or last <= row.silent_since)


def thread(session: Session, keys: Keys, escalation_id: int, responder: Responder, now: datetime) -> Thread | None:
    """One escalation's thread, or None when there is no such escalation."""
    row = session.get(Escalation, escalation_id)
    if row is None:
        return None
    contact = row.conversation.contact
    newer = escalations.of_conversation(session, row.conversation_id)
    return Thread(
        escalation=row,
        age=seconds(row.opened_at, now),
        mine=row.status == escalations.CLAIMED and row.owner_id == responder.id,
        opted_out=contact.id in opted_out_of(session, [contact]),
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
        not_safe_to_text=not safe_to_text(row.conversation),
        draft=drafts.of(session, row.conversation_id, responder.id),
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
    if not (again and audit.lately(session, "view", "escalation", row.id, responder.id, now, VIEW_NOTED_EVERY)):
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
    findings: Findings = sorted(assessment.findings, key=danger, reverse=True) if assessment else []
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
        counterpart=reply_pairs.counterpart(message.pair, message.text) if message.pair else None,
    )


def _history(session: Session, escalation_id: int) -> list[tuple[AuditEntry, str | None]]:
    found = session.execute(
        select(AuditEntry, Responder.name)
        .outerjoin(Responder, Responder.id == AuditEntry.responder_id)
        .where(
            AuditEntry.subject == "escalation",
            AuditEntry.subject_id.in_(closings.chain(session, session.get_one(Escalation, escalation_id))),
            AuditEntry.act.in_(HISTORY_ACTS),
        )
        .order_by(AuditEntry.id)
    )
    return [(entry, name) for entry, name in found]


def opted_out_of(session: Session, contacts: Sequence[Contact]) -> set[int]:
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


def danger(finding: dict[str, Any]) -> tuple[int, bool]:
    return Level(finding["level"]).rank, not finding.get("earlier", False)


def seconds(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()))
