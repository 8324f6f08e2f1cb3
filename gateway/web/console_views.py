"""What the console's pages show: rows read from the store and made ready to be drawn, nothing decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from gateway import attachments, audit, calling, closings, drafts, escalations, labels, lost_texts
from gateway.commands import MEDIATION
from gateway.conversations import SMS, may_be_told, phone_contact, safe_to_text
from gateway.keys import Keys
from gateway.models import (
    AuditEntry,
    Contact,
    Escalation,
    Lowering,
    OptOut,
    Responder,
)
from gateway.risk import Level
from gateway.web import console_dispatch_words, console_handoff_words, console_lines
from gateway.web.console_lines import Lines

VIEW_NOTED_EVERY = timedelta(minutes=10)
HISTORY_ACTS = (
    *console_dispatch_words.ACTS,
    *console_handoff_words.ACTS,
    *("open", "raise", "page_anew", "claim", "release", "lower"),
    *("silent", "interpreter", "resolve", "opted_out", "by_text"),
    *("lapse", "pass_on", "transfer", "offer", "decline", "take_over", "assign", "join", "leave"),
    calling.ACT,
    *("note", "view_earlier", "tell_service"),
    *(attachments.WANT_ACT, attachments.LOOK_ACT),
)
LOWER_LEVELS = (Level.URGENT.value, Level.ROUTINE.value)
DANGER = (Level.URGENT.value, Level.EMERGENCY.value)
ASKS_PEOPLE = frozenset(("team_request", MEDIATION))


@dataclass(frozen=True)
class Thread:
    """One escalation with everything that was said and done in its thread."""

    escalation: Escalation
    age: int
    mine: bool
    opted_out: bool
    address: str
    lines: Lines
    history: Sequence[tuple[AuditEntry, str | None]]
    newer: int | None
    lower_to: Sequence[str]
    notes: Sequence[str]
    silent: bool
    labels: dict[int, str] = field(default_factory=dict)
    may_call: bool = False
    number: str | None = None
    not_safe_to_text: bool = False
    page_only: bool = False
    draft: str = ""
    lost: bool = False

    @property
    def two_ways(self) -> bool:
        """Whether its resident writes on a web page and by text."""
        return self.escalation.conversation.other_contact_id is not None

    @property
    def can_text(self) -> bool:
        """Whether a reply may be written: the thread is ours, and its resident has not said STOP."""
        return self.mine and not self.opted_out

    @property
    def asks_before_text(self) -> bool:
        """Whether a reply goes out only after a tick: it is a text, and its resident said that one is not safe."""
        return self.can_text and not may_be_told(self.escalation.conversation)


def is_silent(row: Escalation) -> bool:
    """Whether a silence was shown that still goes on."""
    last = row.conversation.last_inbound_at
    return row.silent_since is not None and (last is None or last <= row.silent_since)


def thread(  # noqa: PLR0913 - which thread, for whom, from where on
    session: Session, keys: Keys, escalation_id: int, responder: Responder, now: datetime, at: int | None = None
) -> Thread | None:
    """One escalation's thread, or None when there is no such escalation; ``at`` is a message that must be shown."""
    row = session.get(Escalation, escalation_id)
    if row is None:
        return None
    contact, texted = row.conversation.contact, phone_contact(row.conversation)
    stopped = opted_out_of(session, [contact, texted])
    newer = escalations.of_conversation(session, row.conversation_id)
    return Thread(
        escalation=row,
        age=seconds(row.opened_at, now),
        mine=row.status == escalations.CLAIMED and row.owner_id == responder.id,
        opted_out=contact.id in stopped,
        address=masked(texted, keys),
        lines=console_lines.of(session, row.conversation_id, row.message_id, at),
        history=_history(session, row.id),
        newer=newer.id if newer and newer.id != row.id else None,
        labels=labels.of_responder(session, row.conversation_id, responder),
        lower_to=_lower_to(row, responder),
        notes=_notes(session, row.id),
        silent=row.status != escalations.RESOLVED and is_silent(row),
        may_call=calling.may_call(session, row, responder),
        number=calling.number(session, keys, row, responder, now),
        not_safe_to_text=not safe_to_text(row.conversation),
        page_only=contact.id not in stopped and texted.id in stopped,
        draft=drafts.of(session, row.conversation_id, responder.id),
        lost=lost_texts.since(session, row.id) is not None,
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


def seconds(since: datetime, now: datetime) -> int:
    return max(0, int((now - since).total_seconds()))
