"""What came with a text, from the press that asks for it to its end: who may ask and look, and what became of it.

A row is made by the press; the worker does the rest (:mod:`gateway.fetching`), so that no thread of the process that
accepts residents' texts waits for a file. Each look is an entry of the trail, written before anything is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from gateway import attendance, audit, escalations
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import Attachment, AuditEntry, Conversation, Escalation, Message, Responder
from gateway.pictures import Picture

WANTED, FETCHING, KEPT, UNSHOWN, FAILED, DROPPED = "wanted", "fetching", "kept", "unshown", "failed", "dropped"
WANT_ACT, LOOK_ACT = "want_picture", "look_at_picture"
MOST_TRIES = 3
TRIED_AGAIN_AFTER = timedelta(seconds=5)
LEFT_BEHIND = timedelta(minutes=2)  # longer than a fetch and a decoder may take: its worker is dead
LOOK_LASTS = timedelta(minutes=1)  # from the press to the last byte; a later request needs a press of its own
DROPPED_AFTER = timedelta(days=30)
AT_ONCE = 200

# state before -> the states that it may become. What failed may be asked for again; what was dropped may not.
TRANSITIONS = {
    WANTED: {FETCHING},
    FETCHING: {WANTED, FETCHING, KEPT, UNSHOWN, FAILED},
    FAILED: {WANTED},
    KEPT: {DROPPED},
}

Places = Mapping[tuple[int, int], Attachment]
"""The attachments that were asked for, by message and place."""


@dataclass(frozen=True)
class Errand:
    """What the worker is to fetch: which row, from where, and which try it is."""

    id: int
    url: str
    tries: int


@dataclass(frozen=True)
class Found:
    """What an attachment turned out to be: a media type by its first bytes, and its size in bytes."""

    kind: str
    size: int


def may_look(session: Session, row: Escalation, responder: Responder) -> bool:
    """Whoever is on the thread now: its owner, or who has joined it or listens. Who only passes by has no need to."""
    owns = row.status == escalations.CLAIMED and row.owner_id == responder.id
    return owns or attendance.of_responder(session, row.id, responder.id) is not None


def of_conversation(session: Session, conversation_id: int) -> Places:
    """All that was ever asked for in a conversation, without the pictures themselves."""
    found = session.scalars(select(Attachment).where(Attachment.conversation_id == conversation_id))
    return {(each.message_id, each.place): each for each in found}


def any_came(session: Session, conversation_id: int) -> bool:
    """Whether anything came with a text of this conversation."""
    # A text by which nothing came holds JSON's null, which is not the null of SQL.
    something = func.jsonb_typeof(Message.media) == "array"
    wanted = select(Message.id).where(Message.conversation_id == conversation_id, something)
    return session.scalar(wanted.limit(1)) is not None


def want(  # noqa: PLR0913 - which of a message, and who asks
    session: Session, escalation_id: int, message_id: int, place: int, responder: Responder, now: datetime
) -> Attachment:
    """Ask for what came with a message. Asked for twice, or while it is under way, it is the same row.

    Raises :class:`Refused` with 403 for who is not on the thread, and 404 for what is no attachment of it or lies
    nowhere that may be asked.
    """
    row = _on_thread(session, escalation_id, responder)
    message = session.get(Message, message_id)
    if message is None or message.conversation_id != row.conversation_id or _address(message, place) is None:
        raise Refused(404, "no_such_attachment")
    wanted = select(Attachment).where(Attachment.message_id == message_id, Attachment.place == place)
    found = session.scalar(wanted.with_for_update())
    if found is not None and found.state != FAILED:
        return found
    if found is None:
        found = Attachment(
            message_id=message_id, conversation_id=row.conversation_id, place=place, state=WANTED, tries=0,
            wanted_by=responder.id, wanted_at=now, next_try_at=now,
        )  # fmt: skip
        session.add(found)
    else:
        move(found, WANTED)
        found.tries, found.why, found.settled_at = 0, None, None
        found.wanted_by, found.wanted_at, found.next_try_at = responder.id, now, now
    session.flush()
    audit.note(session, now, WANT_ACT, "escalation", row.id, responder.id, attachment=found.id)
    escalations.touch(session, row.id)
    return found


def take_next(session: Session, now: datetime) -> Errand | None:
    """The next to fetch, which nobody else takes meanwhile; also what a dead worker left, until it had its tries."""
    found = session.scalar(
        select(Attachment)
        .where(Attachment.state.in_((WANTED, FETCHING)), Attachment.next_try_at <= now)
        .order_by(Attachment.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if found is None:
        return None
    if found.tries >= MOST_TRIES:  # each of its workers died of it, or with it
        move(found, FAILED)
        found.why, found.settled_at = "gave_up", now
        return None
    message = session.get_one(Message, found.message_id)
    move(found, FETCHING)
    found.tries += 1
    found.next_try_at = now + LEFT_BEHIND
    return Errand(found.id, _address(message, found.place) or "", found.tries)


def keep(  # noqa: PLR0913 - what was found, and where it goes
    session: Session, keys: Keys, errand: Errand, what: Found, picture: Picture, now: datetime
) -> int | None:
    """Keep a picture under seal; returns the conversation, None when it was taken over by somebody else."""
    row = _settle(session, errand, KEPT, now)
    if row is None:
        return None
    row.kind, row.size, row.width, row.height = what.kind, what.size, picture.width, picture.height
    row.sealed, row.glance = keys.seal_bytes(picture.content), keys.seal_bytes(picture.glance)
    return row.conversation_id


def leave_unshown(session: Session, errand: Errand, what: Found, why: str, now: datetime) -> int | None:
    """Note what it is and that it is not shown, because of its kind or what it does; returns as :func:`keep`."""
    row = _settle(session, errand, UNSHOWN, now)
    if row is None:
        return None
    row.kind, row.size, row.why = what.kind, what.size, why
    return row.conversation_id


def fail(session: Session, errand: Errand, why: str, now: datetime, *, retryable: bool) -> int | None:
    """Note that it did not come: tried again by itself a little later, or, in the end, when somebody asks again."""
    again = retryable and errand.tries < MOST_TRIES
    row = _settle(session, errand, WANTED if again else FAILED, now)
    if row is None:
        return None
    row.why, row.next_try_at = why, now + TRIED_AGAIN_AFTER * errand.tries
    row.settled_at = None if again else now
    return row.conversation_id


def look(session: Session, escalation_id: int, attachment_id: int, responder: Responder, now: datetime) -> Attachment:
    """Write down that this responder looks at a picture now. Raises as :func:`shown`."""
    row = _kept(session, escalation_id, attachment_id, responder)
    audit.note(session, now, LOOK_ACT, "escalation", escalation_id, responder.id, attachment=row.id)
    return row


def shown(  # noqa: PLR0913 - which picture, to whom and when
    session: Session, keys: Keys, escalation_id: int, attachment_id: int, responder: Responder, now: datetime
) -> bytes:
    """The picture, for who pressed for it within the last minute.

    Raises :class:`Refused` with 403 for who did not press or is not on the thread, 404 for what is not kept.
    """
    row = _kept(session, escalation_id, attachment_id, responder)
    pressed = select(AuditEntry.id).where(
        AuditEntry.subject == "escalation",
        AuditEntry.subject_id == escalation_id,
        AuditEntry.act == LOOK_ACT,
        AuditEntry.responder_id == responder.id,
        AuditEntry.at > now - LOOK_LASTS,
        AuditEntry.detail["attachment"].as_integer() == row.id,
    )
    if session.scalar(pressed.limit(1)) is None:
        raise Refused(403, "press_first")
    return keys.open_bytes(row.sealed or b"")


def glance(session: Session, keys: Keys, escalation_id: int, attachment_id: int, responder: Responder) -> bytes:
    """The picture's colours, which tell that there is one and not what it shows. Raises as :func:`shown`."""
    return keys.open_bytes(_kept(session, escalation_id, attachment_id, responder).glance or b"")


def drop_old(session: Session, now: datetime) -> Sequence[int]:
    """Forget the pictures of conversations that were closed a month ago; returns which conversations those are."""
    old = session.scalars(
        select(Attachment)
        .join(Conversation, Conversation.id == Attachment.conversation_id)
        .where(Attachment.state == KEPT, Conversation.closed_at < now - DROPPED_AFTER)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, of=Attachment)
    ).all()
    for row in old:
        move(row, DROPPED)
        row.sealed = row.glance = None
    return sorted({row.conversation_id for row in old})


def move(row: Attachment, state: str) -> None:
    """Give an attachment another state. Raises :class:`ValueError` for one that the table does not lead to."""
    if state not in TRANSITIONS.get(row.state, set()):
        raise ValueError(f"an attachment that is {row.state} cannot become {state}")
    row.state = state


def _settle(session: Session, errand: Errand, state: str, now: datetime) -> Attachment | None:
    row = session.get_one(Attachment, errand.id)
    # The conversation and its thread first, as everybody else does: so no two can wait for each other.
    if (thread := escalations.of_conversation(session, row.conversation_id)) is not None:
        escalations.lock(session, thread.id)
        escalations.touch(session, thread.id)
    session.refresh(row, with_for_update=True)
    if row.state != FETCHING or row.tries != errand.tries:
        return None
    move(row, state)
    row.settled_at = now
    return row


def _on_thread(session: Session, escalation_id: int, responder: Responder) -> Escalation:
    row = session.get(Escalation, escalation_id)
    if row is None:
        raise Refused(404, "no_such_escalation")
    escalations.lock(session, escalation_id)
    session.refresh(row)
    if not may_look(session, row, responder):
        raise Refused(403, "not_on_thread")
    return row


def _kept(session: Session, escalation_id: int, attachment_id: int, responder: Responder) -> Attachment:
    row = session.get(Escalation, escalation_id)
    found = session.get(Attachment, attachment_id, options=[undefer(Attachment.sealed), undefer(Attachment.glance)])
    if row is None or found is None or found.conversation_id != row.conversation_id or found.state != KEPT:
        raise Refused(404, "no_such_attachment")
    if not may_look(session, row, responder):
        raise Refused(403, "not_on_thread")
    return found


def _address(message: Message, place: int) -> str | None:
    """Where an attachment lies, when that is with us, or with Twilio under our own account (:mod:`gateway.media`)."""
    media = message.media or []
    kept = media[place] if 0 <= place < len(media) else None
    return kept.get("url") if isinstance(kept, dict) and kept.get("host_ok") else None


def fetchable(message: Message, place: int) -> bool:
    """Whether an attachment lies somewhere that may be asked."""
    return _address(message, place) is not None
