"""Notes of responders to each other beside a thread; ``@Ana`` names a colleague, who is then told. No resident ever
reads one: they are no messages, and no channel knows of them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from gateway import audit, escalations, optout, paging
from gateway.errors import Refused
from gateway.models import AuditEntry, Escalation, Mention, Note, Responder
from gateway.models.people import EDITOR

LONGEST = 1_600
MOST_SHOWN = 50
CALLED = re.compile(r"(?<!\w)@(\w+)")
ACT = "note"


@dataclass(frozen=True)
class Shown:
    """One note as a thread shows it: who wrote it, whom it names, and whether it calls for who reads it now."""

    note: Note
    by: str
    names: Sequence[str]
    calls: bool


def add(session: Session, escalation_id: int, responder: Responder, text: str, now: datetime) -> Note:
    """Keep a note and tell those whom it names, of the people on the thread or on shift; other names stay words.

    Where nobody may write to the resident, the owner's note is what a reply is elsewhere: new danger counts as seen.
    Raises :class:`Refused` when there is no such escalation, and for a note that is empty or too long.
    """
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text or len(text) > LONGEST:
        raise Refused(400, "note_too_long" if text else "note_empty")
    conversation = escalations.lock(session, escalation_id)
    made = Note(
        conversation_id=conversation.id, escalation_id=escalation_id, responder_id=responder.id, text=text, at=now
    )
    session.add(made)
    session.flush()
    called = [each for each in _called(session, made, now) if each.id != responder.id]
    session.add_all(Mention(note_id=made.id, responder_id=each.id) for each in called)
    audit.note(
        session, now, ACT, "escalation", escalation_id, responder.id, note=made.id, named=[each.id for each in called]
    )
    row = session.get_one(Escalation, escalation_id)
    if row.owner_id == responder.id and optout.why_no_text(session, conversation):
        row.alerted_at = None
    escalations.touch(session, escalation_id)
    return made


def of(session: Session, conversation_id: int, reader: Responder) -> list[Shown]:
    """The newest notes of a conversation, oldest first."""
    wanted = (
        select(Note, Responder.name)
        .join(Responder, Responder.id == Note.responder_id)
        .where(Note.conversation_id == conversation_id)
        .order_by(Note.id.desc())
        .limit(MOST_SHOWN)
    )
    found = session.execute(wanted).all()[::-1]
    named: dict[int, list[tuple[Mention, str]]] = {}
    mentions = (
        select(Mention, Responder.name)
        .join(Responder, Responder.id == Mention.responder_id)
        .where(Mention.note_id.in_([note.id for note, _ in found]))
        .order_by(Mention.id)
    )
    for mention, name in session.execute(mentions):
        named.setdefault(mention.note_id, []).append((mention, name))
    return [
        Shown(
            note,
            by,
            [name for _, name in named.get(note.id, ())],
            any(each.responder_id == reader.id and each.seen_at is None for each, _ in named.get(note.id, ())),
        )
        for note, by in found
    ]


def seen(session: Session, conversation_id: int, reader: Responder, now: datetime) -> None:
    """The reader has the notes of this conversation before them."""
    of_conversation = select(Note.id).where(Note.conversation_id == conversation_id)
    session.execute(
        update(Mention)
        .where(Mention.note_id.in_(of_conversation), Mention.responder_id == reader.id, Mention.seen_at.is_(None))
        .values(seen_at=now)
    )


def calling_for(session: Session, reader: Responder) -> list[Note]:
    """The notes that name this responder and that they have not seen, oldest first."""
    wanted = (
        select(Note)
        .join(Mention, Mention.note_id == Note.id)
        .where(Mention.responder_id == reader.id, Mention.seen_at.is_(None))
    )
    return list(session.scalars(wanted.order_by(Note.id)))


def _called(session: Session, note: Note, now: datetime) -> list[Responder]:
    """Whom a note names: by first name, whatever the accents and capitals; of two with one name both."""
    names = {_plain(name) for name in CALLED.findall(note.text)}
    if not names:
        return []
    on_shift = {each.id for each in paging.on_call(session, now)}
    acted = exists().where(
        AuditEntry.responder_id == Responder.id,
        AuditEntry.subject == "escalation",
        AuditEntry.subject_id.in_(select(Escalation.id).where(Escalation.conversation_id == note.conversation_id)),
    )
    people = select(Responder).where(Responder.active, Responder.role != EDITOR, or_(Responder.id.in_(on_shift), acted))
    found = session.scalars(people.order_by(Responder.id))
    return [each for each in found if _plain(each.name.partition(" ")[0]) in names]


def _plain(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
