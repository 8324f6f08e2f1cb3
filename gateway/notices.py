"""What leaves for responders and team members: rows that wait to be sent, and how far each has come.

Nobody else writes to them: a page, a relayed text or a dispatch is a notice first, so that it is sent once and from the
worker, never from the process that accepts residents' messages.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway.models import Notice

QUEUED, SENDING, SENT, DELIVERED, FAILED, CANCELLED = "queued", "sending", "sent", "delivered", "failed", "cancelled"
SETTLED = frozenset((DELIVERED, FAILED, CANCELLED))
GIVE_UP_AFTER = timedelta(minutes=15)

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
    priority: int = 1,
    give_up_after: timedelta = GIVE_UP_AFTER,
) -> Notice:
    """Queue one notice to one responder or one team member, sent from now on and dropped after ``give_up_after``.

    ``means`` is sms, voice or push; the lowest ``priority`` leaves first. Raises :class:`ValueError` unless exactly one
    of ``responder_id`` and ``member_id`` says whom it is for.
    """
    if (responder_id is None) == (member_id is None):
        raise ValueError("a notice is for one responder or for one team member")
    row = Notice(
        kind=kind, means=means, text=text, language=language, state=QUEUED, priority=priority,
        responder_id=responder_id, member_id=member_id, escalation_id=escalation_id, message_id=message_id,
        created_at=now, next_attempt_at=now, give_up_at=now + give_up_after,
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
