"""What leaves for responders, team members and numbers that are to be proved: rows that wait, and how far each came.

Nobody else writes to them: a page, a relayed text or a dispatch is a notice first, so that it is sent once and from the
worker, never from the process that accepts residents' messages.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Exists, and_, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from gateway.models import Notice

QUEUED, SENDING, SENT, DELIVERED, FAILED, CANCELLED = "queued", "sending", "sent", "delivered", "failed", "cancelled"
SETTLED = frozenset((DELIVERED, FAILED, CANCELLED))
GIVE_UP_AFTER = timedelta(minutes=15)
RELAY = "relay"  # words of a resident: the only notices whose order matters
# How long a try holds its notice. A living sender is long done by then, so whoever finds one that is still being sent
# knows that its process died.
HELD = timedelta(seconds=60)
PATIENT_TRIES = 3
VOICE = "voice"
ONE_BY_ONE = ("page", "drill")  # calls that ask for a thread; an SOS waits for no other call
# How long a call that was begun keeps the next one to the same phone waiting, unless it is over before: it rings for 25
# seconds and is then heard. A receipt that is lost must not hold the next for longer.
ONE_CALL = timedelta(seconds=45)

# state before -> the states that it may become. A failed attempt goes back to the queue while there is time.
TRANSITIONS = {
    QUEUED: {SENDING, CANCELLED, FAILED},
    SENDING: {SENT, QUEUED, FAILED, CANCELLED},
    SENT: {DELIVERED, FAILED},
}


def queue(  # noqa: PLR0913 - a notice is these facts
    session: Session,
    *,
    kind: str,
    means: str,
    text: str,
    language: str,
    now: datetime,
    responder_id: int | None = None,
    member_id: int | None = None,
    escalation_id: int | None = None,
    message_id: int | None = None,
    phone_move_id: int | None = None,
    priority: int = 1,
    give_up_after: timedelta = GIVE_UP_AFTER,
) -> Notice:
    """Queue one notice to one responder, one team member or one number that is to be proved, sent from now on and
    dropped after ``give_up_after``.

    ``means`` is sms, voice or push; the lowest ``priority`` leaves first. Raises :class:`ValueError` unless exactly one
    of ``responder_id``, ``member_id`` and ``phone_move_id`` says whom it is for.
    """
    if [responder_id, member_id, phone_move_id].count(None) != 2:  # noqa: PLR2004 - of three
        raise ValueError("a notice is for one responder, for one team member or for one number")
    row = Notice(
        kind=kind, means=means, text=text, language=language, state=QUEUED, priority=priority,
        responder_id=responder_id, member_id=member_id, escalation_id=escalation_id, message_id=message_id,
        phone_move_id=phone_move_id, created_at=now, next_attempt_at=now, give_up_at=now + give_up_after,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def move(row: Notice, state: str, now: datetime) -> bool:
    """Move a notice, locked by the caller, to another state; false when it may not go there from where it is."""
    if state not in TRANSITIONS.get(row.state, set()):
        return False
    row.state = state
    if state in SETTLED:
        row.settled_at = now
    return True


def take_next(session: Session, means: Collection[str], now: datetime) -> tuple[Notice, bool] | None:
    """Take the most urgent notice of these means that may go now, marked as being sent; the flag says whether an
    earlier try may have left already.

    Words of one resident's thread reach one phone in the order in which they were written, while the first of them
    has not failed again and again. Calls that ask somebody to take a thread ring their phone one after another.
    """
    row = session.scalar(
        select(Notice)
        .where(
            Notice.state.in_((QUEUED, SENDING)),
            Notice.next_attempt_at <= now,
            Notice.means.in_(means),
            (Notice.kind != RELAY) | ~_held_up(),
            (Notice.means != VOICE) | Notice.kind.not_in(ONE_BY_ONE) | ~_rings(now),
        )
        .order_by(Notice.priority, Notice.id)
        .limit(1)
        .with_for_update(of=Notice, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return None
    in_doubt = not move(row, SENDING, now)
    row.attempts += 1
    row.sending_since, row.next_attempt_at = now, now + HELD
    session.flush()
    return row, in_doubt


def _held_up() -> Exists:
    """Whether an earlier text of the relay to the same phone has not left."""
    earlier = aliased(Notice)
    return (
        select(earlier.id)
        .where(
            earlier.kind == RELAY,
            earlier.responder_id == Notice.responder_id,
            earlier.id < Notice.id,
            earlier.state.in_((QUEUED, SENDING)),
            earlier.attempts < PATIENT_TRIES,
        )
        .exists()
    )


def _rings(now: datetime) -> Exists:
    """Whether another call rings this phone, or is to ring it before: two workers must not begin both at once."""
    other = aliased(Notice)
    before = and_(
        other.state == QUEUED, other.next_attempt_at <= now,
        tuple_(other.priority, other.id) < tuple_(Notice.priority, Notice.id),
    )  # fmt: skip
    begun = and_(other.state.in_((SENDING, SENT)), other.sending_since > now - ONE_CALL)
    return (
        select(other.id)
        .where(
            other.means == VOICE, other.responder_id == Notice.responder_id, other.id != Notice.id, or_(before, begun)
        )
        .exists()
    )


def held(session: Session, notice_id: int, attempt: int) -> Notice | None:
    """A notice, locked, while try number ``attempt`` is the one that holds it; a sender that slept has lost it."""
    row = session.get_one(Notice, notice_id, with_for_update=True, populate_existing=True)
    return row if row.state == SENDING and row.attempts == attempt else None


def put_back(row: Notice, now: datetime, wait: float, *, doubtful: bool = False) -> None:
    """Let a notice that is held go again after ``wait`` seconds. One that may have left stays marked as being sent."""
    if not doubtful:
        move(row, QUEUED, now)
    row.next_attempt_at = now + timedelta(seconds=wait)
