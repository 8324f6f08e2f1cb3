"""What became of each outbound message; the only module that assigns a delivery's status.

queued -> sending -> sent -> delivered | failed, and queued -> cancelled. Forward only: receipts from Twilio come late,
twice and out of order, and none of that may take a text back.
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, and_, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from gateway import optout
from gateway.models import Contact, Conversation, Delivery, EarlyReceipt, Message
from gateway.segments import count

EMERGENCY, RESPONDER, BOT, BULK = range(4)
RANK = {"queued": 0, "sending": 1, "sent": 2, "delivered": 3, "failed": 3, "cancelled": 3}
RECEIPTS = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
FIRST_RETRY, LONGEST_RETRY = 1.0, 60.0
GIVE_UP_AFTER = timedelta(hours=4)
CONFIRM_WITHIN = timedelta(minutes=5)  # FCC 47 CFR 64.1200(a)(12): one confirmation, within five minutes
STUCK_AFTER = timedelta(seconds=20)
OPTED_OUT = 21610  # Twilio: "Attempt to send to unsubscribed recipient"


def is_further(now: str, then: str) -> bool:
    """Whether ``then`` lies after ``now`` on a text's way; two ends never replace each other."""
    return RANK[then] > RANK[now]


def queue(  # noqa: PLR0913 - what is sent, and on which road
    session: Session,
    message: Message,
    priority: int,
    now: datetime,
    *,
    in_webhook: bool,
    confirms_stop: bool = False,
) -> Delivery:
    """Write down that a text is to be sent; one that rides in the webhook's own answer counts as sent with it."""
    row = Delivery(
        message_id=message.id,
        conversation_id=message.conversation_id,
        status="sent" if in_webhook else "queued",
        priority=priority,
        attempts=0,
        next_attempt_at=now,
        segments=count(message.text).segments,
        confirms_stop=confirms_stop,
        updated_at=now,
    )
    session.add(row)
    return row


def take_next(session: Session, now: datetime) -> Delivery | None:
    """Claim the most urgent text that may go now and mark it ``sending``, in this transaction.

    The contact's row is locked first, so that a STOP that is being stored either comes before (and the text is
    cancelled) or after (and the text was under way already).
    """
    for delivery_id, contact_id in session.execute(_waiting(now)):
        contact = session.scalar(
            select(Contact).where(Contact.id == contact_id).with_for_update(read=True, skip_locked=True)
        )
        row = session.scalar(
            select(Delivery)
            .where(Delivery.id == delivery_id, Delivery.status == "queued")
            .with_for_update(of=Delivery, skip_locked=True)
        )
        if contact is None or row is None:
            continue
        if not row.confirms_stop and optout.in_force(session, contact.channel, contact.address_hash):
            _move(row, "cancelled", now, OPTED_OUT)
            continue
        row.attempts += 1
        row.sending_since = now
        _move(row, "sending", now)
        return row
    return None


def take_stuck(session: Session, now: datetime) -> Delivery | None:
    """Claim one text that was ``sending`` when its process died; whether it left is not known."""
    row = session.scalar(
        select(Delivery)
        .where(Delivery.status == "sending", Delivery.sending_since < now - STUCK_AFTER)
        .order_by(Delivery.id)
        .limit(1)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    if row is not None:
        row.sending_since = now
    return row


def sent(session: Session, delivery_id: int, provider_id: str, now: datetime) -> None:
    """Twilio took the text and named it."""
    row = _locked(session, delivery_id)
    row.provider_id = provider_id
    if is_further(row.status, "sent"):
        _move(row, "sent", now)
    early = session.get(EarlyReceipt, provider_id)
    if early is not None:
        if is_further(row.status, early.status):
            _move(row, early.status, now, early.error_code)
        session.delete(early)


def retry(  # noqa: PLR0913 - which try of which text, and what came of it
    session: Session, delivery_id: int, attempt: int, now: datetime, code: int | None, wait: float
) -> None:
    """Try number ``attempt`` did not get through; again after ``wait`` seconds, or give up when the text is old.

    Says nothing about a later try: a sender that slept must not free a text that another is sending.
    """
    row = _locked(session, delivery_id)
    if row.status != "sending" or row.attempts != attempt:
        return
    if now - row.message.created_at > (CONFIRM_WITHIN if row.confirms_stop else GIVE_UP_AFTER):
        _move(row, "failed", now, code)
        return
    row.next_attempt_at = now + timedelta(seconds=wait)
    row.error_code = code
    row.status = "queued"  # the one step back: the text is known not to have left
    row.updated_at = now


def fail(session: Session, delivery_id: int, attempt: int, now: datetime, code: int | None) -> bool:
    """The text will never arrive (a wrong number, an opt-out); returns whether that is news."""
    row = _locked(session, delivery_id)
    news = row.attempts == attempt and is_further(row.status, "failed")
    if news:
        _move(row, "failed", now, code)
    return news


def renew(session: Session, delivery_id: int, attempt: int, now: datetime) -> bool:
    """Whether this try still holds the text; if so it holds it for another while."""
    row = _locked(session, delivery_id)
    held = row.status == "sending" and row.attempts == attempt
    if held:
        row.sending_since = now
    return held


def withdraw(session: Session, delivery_id: int, attempt: int, now: datetime) -> None:
    """Take a text back that was about to be sent but had not left: a responder claimed in between."""
    row = _locked(session, delivery_id)
    if row.status == "sending" and row.attempts == attempt:
        _move(row, "cancelled", now)


def known(session: Session, provider_id: str) -> bool:
    """Whether this id of Twilio's belongs to another text of ours already (two equal texts to one number)."""
    return session.scalar(select(Delivery.id).where(Delivery.provider_id == provider_id)) is not None


def receipt(session: Session, provider_id: str, status: str, code: int | None, now: datetime) -> bool:
    """Take in one of Twilio's receipts; returns whether it belongs to a text that we know already.

    An unknown status is ignored, a late or repeated one changes nothing. One that is here before the call that sent
    its text has returned is kept for that call to find.
    """
    row = session.scalar(select(Delivery).where(Delivery.provider_id == provider_id).with_for_update(of=Delivery))
    then = RECEIPTS.get(status)
    if row is None:
        if then and RANK[then] > RANK["sent"]:
            _keep_early(session, provider_id, then, code, now)
        return False
    if then and is_further(row.status, then):
        _move(row, then, now, code)
    return True


def lost(session: Session, provider_id: str) -> int | None:
    """The conversation of a text that failed for good, if this one did."""
    return session.scalar(
        select(Delivery.conversation_id).where(Delivery.provider_id == provider_id, Delivery.status == "failed")
    )


def match_early(session: Session, now: datetime) -> None:
    """Apply receipts that crossed with the call they belong to: each side looked before the other had committed."""
    matched = session.execute(
        select(EarlyReceipt, Delivery.id).join(Delivery, Delivery.provider_id == EarlyReceipt.provider_id)
    ).all()
    for early, delivery_id in matched:
        row = _locked(session, delivery_id)
        if is_further(row.status, early.status):
            _move(row, early.status, now, early.error_code)
        session.delete(early)


def forget_early(session: Session, now: datetime) -> None:
    """Drop early receipts that nothing came to claim: they belong to another system on the same account."""
    session.execute(delete(EarlyReceipt).where(EarlyReceipt.created_at < now - GIVE_UP_AFTER))


def cancel(session: Session, conversation_id: int, now: datetime, *, least: int = BOT) -> int:
    """Cancel what is still queued at priority ``least`` or below; returns how many texts that were."""
    done = session.execute(
        update(Delivery)
        .where(Delivery.conversation_id == conversation_id, Delivery.status == "queued", Delivery.priority >= least)
        .values(status="cancelled", updated_at=now)
        .returning(Delivery.id)
    )
    return len(done.all())


def backoff(attempts: int, spread: float) -> float:
    """Seconds to wait before try ``attempts + 1``: doubling from one second to a minute, ``spread`` in 0..1 jitters."""
    return float(min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(attempts, 10)) * (0.5 + spread / 2))


def _waiting(now: datetime, limit: int = 20) -> Select[int, int]:
    """Texts that may go now, most urgent first; within a conversation none overtakes an equal or more urgent one."""
    earlier = aliased(Delivery)
    ahead = exists().where(
        and_(
            earlier.conversation_id == Delivery.conversation_id,
            earlier.id < Delivery.id,
            earlier.priority <= Delivery.priority,
            or_(earlier.status == "queued", earlier.status == "sending"),
        )
    )
    return (
        select(Delivery.id, Conversation.contact_id)
        .join(Conversation, Conversation.id == Delivery.conversation_id)
        # A first try waits for no clock: the host that queued the text may be ahead of this one.
        .where(Delivery.status == "queued", or_(Delivery.attempts == 0, Delivery.next_attempt_at <= now), ~ahead)
        .order_by(Delivery.priority, Delivery.id)
        .limit(limit)
    )


def _keep_early(session: Session, provider_id: str, status: str, code: int | None, now: datetime) -> None:
    session.execute(
        insert(EarlyReceipt)
        .values(provider_id=provider_id, status=status, error_code=code, created_at=now)
        .on_conflict_do_nothing()
    )


def _locked(session: Session, delivery_id: int) -> Delivery:
    return session.scalars(select(Delivery).where(Delivery.id == delivery_id).with_for_update(of=Delivery)).one()


def _move(row: Delivery, status: str, now: datetime, code: int | None = None) -> None:
    row.status = status
    row.updated_at = now
    if code is not None:
        row.error_code = code
