"""Requests that a person take over: open, claim, release, resolve; the only module that assigns their status.

Every change of owner is a compare-and-set on (status, epoch): of two responders who claim at once one wins, and the
other is told who did.
"""

from datetime import datetime

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from gateway import audit, delivery, paging, texts
from gateway.conversations import hand_back, hand_over, say
from gateway.errors import Conflict, Refused
from gateway.models import Conversation, Escalation, Responder
from gateway.risk import Level

WAITING, CLAIMED, RESOLVED = "waiting", "claimed", "resolved"

# (status before, verb) -> status after. Anything else is refused.
TRANSITIONS = {
    (WAITING, "claim"): CLAIMED,
    (CLAIMED, "release"): WAITING,
    (CLAIMED, "resolve"): RESOLVED,
}

DISPOSITIONS = {
    "helped": "Helped in this conversation",
    "referred": "Referred to a service",
    "team_sent": "Mobile team asked to go",
    "handed_to_911": "Handed to 911",
    "handed_to_988": "Handed to 988",
    "declined": "Said no to help",
    "no_reply": "No reply from the resident",
    "out_of_area": "Outside our area",
    "wrong_number": "Wrong number or test",
    "not_in_danger": "No danger found",
    "returned_to_bot": "Returned to the bot",
}

DANGER_FIRST = case(
    {level.value: rank for rank, level in enumerate(sorted(Level, reverse=True))}, value=Escalation.level, else_=9
)


def open_(  # noqa: PLR0913 - an escalation is these facts
    session: Session,
    conversation: Conversation,
    reason: str,
    level: Level,
    now: datetime,
    message_id: int | None = None,
) -> Escalation:
    """Open an escalation, or raise the one that is open already. A level only ever rises here."""
    row = of_conversation(session, conversation.id)
    if row is None:
        row = Escalation(
            conversation=conversation,
            message_id=message_id,
            reason=reason,
            level=level.value,
            status=WAITING,
            epoch=0,
            opened_at=now,
        )
        session.add(row)
        session.flush()
        audit.note(session, now, "open", "escalation", row.id, reason=reason, level=level.value)
        paging.page(session, row, now)
    else:
        _raise(session, row, reason, level, now, message_id)
    return row


def of_conversation(session: Session, conversation_id: int) -> Escalation | None:
    """The escalation that is open for this conversation, if one is."""
    return session.scalar(
        select(Escalation).where(Escalation.conversation_id == conversation_id, Escalation.status != RESOLVED)
    )


def in_danger(session: Session, conversation_id: int) -> bool:
    """Whether an escalation is open here because someone may be in danger."""
    row = of_conversation(session, conversation_id)
    return row is not None and Level(row.level) >= Level.URGENT


def queue(session: Session, limit: int = 500) -> list[Escalation]:
    """Open escalations, the most dangerous first and then the longest waiting."""
    return list(
        session.scalars(
            select(Escalation)
            .where(Escalation.status != RESOLVED)
            .order_by(DANGER_FIRST, Escalation.opened_at, Escalation.id)
            .limit(limit)
        )
    )


def claim(session: Session, escalation_id: int, epoch: int, responder: Responder, now: datetime) -> Escalation:
    """Make ``responder`` the owner and silence the bot, from this commit on.

    Raises :class:`Conflict`, naming the owner, when somebody was first or the page was stale.
    """
    conversation = _lock_conversation(session, escalation_id)
    row = _move(session, escalation_id, epoch, "claim", owner_id=responder.id, claimed_at=now)
    hand_over(session, conversation, now)
    cancelled = delivery.cancel(session, conversation.id, now)
    _tell(session, conversation, "responder_joined", now, name=responder.name.split()[0])
    paging.acknowledge(session, row.id, responder.id, now)
    audit.note(session, now, "claim", "escalation", row.id, responder.id, cancelled=cancelled)
    return row


def release(session: Session, escalation_id: int, epoch: int, responder: Responder, now: datetime) -> Escalation:
    """Put an owned escalation back into the queue; the bot may speak again meanwhile."""
    conversation = _lock_conversation(session, escalation_id)
    row = _move(session, escalation_id, epoch, "release", responder, owner_id=None, claimed_at=None)
    hand_back(session, conversation, now)
    _tell(session, conversation, "responder_left", now)
    audit.note(session, now, "release", "escalation", row.id, responder.id)
    paging.page(session, row, now)
    return row


def resolve(  # noqa: PLR0913 - the verb's own facts
    session: Session,
    escalation_id: int,
    epoch: int,
    responder: Responder,
    disposition: str,
    now: datetime,
    note: str | None = None,
) -> Escalation:
    """End an escalation, by a named person and with a disposition; the conversation returns to the bot."""
    if disposition not in DISPOSITIONS:
        raise Refused(400, "unknown_disposition")
    conversation = _lock_conversation(session, escalation_id)
    row = _move(
        session, escalation_id, epoch, "resolve", responder, disposition=disposition, note=note, resolved_at=now
    )
    hand_back(session, conversation, now)
    _tell(session, conversation, "responder_left", now)
    audit.note(session, now, "resolve", "escalation", row.id, responder.id, disposition=disposition)
    return row


def owned(session: Session, escalation_id: int, epoch: int, responder: Responder) -> Escalation:
    """The escalation, when ``responder`` owns it at this very epoch; raises :class:`Conflict` otherwise."""
    _lock_conversation(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    if row.status != CLAIMED or row.epoch != epoch or row.owner_id != responder.id:
        raise Conflict("not_yours", row.owner.name if row.owner else None)
    return row


def replied(row: Escalation, now: datetime) -> None:
    """Note that the owner wrote to the resident; new danger that was shown counts as seen."""
    row.first_reply_at = row.first_reply_at or now
    row.alerted_at = None


def _tell(session: Session, conversation: Conversation, key: str, now: datetime, **values: str) -> None:
    """Tell the resident, in plain words, who is there now."""
    language = conversation.language
    text = texts.say(key, language, **values) if language else texts.both(key, **values)
    say(session, conversation, text, "system", now, priority=delivery.RESPONDER)


def _raise(  # noqa: PLR0913
    session: Session, row: Escalation, reason: str, level: Level, now: datetime, message_id: int | None
) -> None:
    if level > Level(row.level):
        row.level, row.reason, row.message_id = level.value, reason, message_id or row.message_id
        audit.note(session, now, "raise", "escalation", row.id, level=level.value)
        paging.page(session, row, now)
    if row.status == CLAIMED and level >= Level.URGENT:
        # A page drawn before this must not resolve or release what its reader has not seen.
        row.alerted_at = now
        row.epoch += 1


def _lock_conversation(session: Session, escalation_id: int) -> Conversation:
    """Lock the conversation before its escalation, as every other writer does: so no two can wait for each other."""
    found = session.scalar(
        select(Conversation)
        .join(Escalation, Escalation.conversation_id == Conversation.id)
        .where(Escalation.id == escalation_id)
        .with_for_update(key_share=True, of=Conversation)
    )
    if found is None:
        raise Refused(404, "no_such_escalation")
    return found


def _move(
    session: Session, escalation_id: int, epoch: int, verb: str, responder: Responder | None = None, **values: object
) -> Escalation:
    before = next(status for status, known in TRANSITIONS if known == verb)
    wanted = [Escalation.id == escalation_id, Escalation.status == before, Escalation.epoch == epoch]
    if responder is not None:
        wanted.append(Escalation.owner_id == responder.id)
    done = session.execute(
        update(Escalation)
        .where(*wanted)
        .values(status=TRANSITIONS[before, verb], epoch=Escalation.epoch + 1, **values)
        .returning(Escalation.id)
    )
    won = done.first() is not None
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    if not won:
        raise Conflict(f"cannot_{verb}", row.owner.name if row.owner else None)
    return row
