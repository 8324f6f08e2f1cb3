"""What became of each outbound message; the only module that assigns a delivery's status.

queued -> sending -> sent -> delivered | failed, and queued -> cancelled. Forward only: receipts from Twilio come late,
twice and out of order, and none of that may take a text back.
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, and_, bindparam, delete, exists, func, or_, select, update
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
LONGEST_IN_DOUBT = 600.0
STUCK_AFTER = timedelta(seconds=40)  # a living sender needs 8 s to send and 16 s to look for what it sent
MOST_MATCHED = 100
OPTED_OUT = 21610  # Twilio: "Attempt to send to unsubscribed recipient"


def clock(session: Session) -> datetime:
    """What time it is for every host alike: when this transaction began, by the database's clock."""
    return session.scalars(select(func.now())).one()


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


def take_next(session: Session, now: datetime, *, quiet: bool = False) -> Delivery | None:
    """Claim the most urgent text that may go now and mark it ``sending``, in this transaction.

    In ``quiet`` hours what nobody wrote to us for stays where it is, also where it was tried before.

    The contact's row is locked first, so that a STOP that is being stored either comes before (and the text is
    cancelled) or after (and the text was under way already).
    """
    for delivery_id, contact_id in session.execute(_WAITING, {"now": now, "last": BOT if quiet else BULK}):
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
        .order_by(Delivery.sending_since, Delivery.id)
        .limit(1)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    if row is not None:
        row.sending_since = now
    return row


def sent(session: Session, delivery_id: int, attempt: int, provider_id: str, now: datetime) -> None:
    """Twilio took the text at try number ``attempt`` and named it.

    News of an earlier try spares a text that waits to go again; one that is being sent again is for the later try to
    tell about.
    """
    row = _locked(session, delivery_id)
    if row.attempts != attempt and row.status != "queued":
        return
    row.provider_id = row.provider_id or provider_id
    if is_further(row.status, "sent"):
        _move(row, "sent", now)
    early = session.get(EarlyReceipt, row.provider_id)
    if early is not None and is_further(row.status, early.status):
        _move(row, early.status, now, early.error_code)
    if early is not None and early.status != "failed":  # a failure must still be shown to somebody
        session.delete(early)


def retry(  # noqa: PLR0913 - which try of which text, and what came of it
    session: Session, delivery_id: int, attempt: int, now: datetime, code: int | None, wait: float
) -> bool:
    """Try number ``attempt`` did not get through; again after ``wait`` seconds, or give up when the text is old.

    Says nothing about a later try: a sender that slept must not free a text that another is sending. Returns whether
    the text was given up.
    """
    row = _locked(session, delivery_id)
    if row.status != "sending" or row.attempts != attempt:
        return False
    if _is_old(row, now):
        _move(row, "failed", now, code)
        return True
    row.next_attempt_at = now + timedelta(seconds=wait)
    row.error_code = code
    row.status = "queued"  # the one step back: the text is known not to have left
    row.updated_at = now
    return False


def fail(session: Session, delivery_id: int, attempt: int, now: datetime, code: int | None) -> bool:
    """The text will never arrive (a wrong number, an opt-out); returns whether that is news."""
    row = _locked(session, delivery_id)
    news = row.attempts == attempt and row.status == "sending"
    if news:
        _move(row, "failed", now, code)
    return news


def give_up(session: Session, delivery_id: int, attempt: int, now: datetime) -> bool:
    """Whether a text of which nobody can say if it left is too old to ask about any longer; if so it failed."""
    row = _locked(session, delivery_id)
    return _is_old(row, now) and fail(session, delivery_id, attempt, now, None)


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


def is_news(status: str) -> bool:
    """Whether a receipt may change anything. A text that has an id is sent already, and most receipts say no more."""
    then = RECEIPTS.get(status)
    return then is not None and is_further("sent", then)


def receipt(session: Session, provider_id: str, status: str, code: int | None, now: datetime) -> bool:
    """Take in one of Twilio's receipts; returns whether it belongs to a text that we know already.

    An unknown status is ignored, a late or repeated one changes nothing. One that is here before the call that sent
    its text has returned is kept for that call to find; one that tells of a failure is kept until :func:`match_early`
    has shown it to somebody.
    """
    row = session.scalar(select(Delivery).where(Delivery.provider_id == provider_id).with_for_update(of=Delivery))
    then = RECEIPTS.get(status)
    news = then is not None and (RANK[then] > RANK["sent"] if row is None else is_further(row.status, then))
    if then and news and (row is None or then == "failed"):
        _keep_early(session, provider_id, then, code, now)
    if then and news and row is not None:
        _move(row, then, now, code)
    return row is not None


def early(session: Session) -> list[tuple[str, int]]:
    """Kept receipts whose text is known by now, and the conversation of each."""
    found = session.execute(
        select(EarlyReceipt.provider_id, Delivery.conversation_id)
        .join(Delivery, Delivery.provider_id == EarlyReceipt.provider_id)
        .order_by(EarlyReceipt.created_at)
        .limit(MOST_MATCHED)
    )
    return [(provider_id, conversation_id) for provider_id, conversation_id in found]


def match_early(session: Session, provider_id: str, now: datetime) -> bool:
    """Apply one kept receipt and drop it; returns whether its text failed and somebody must see that.

    A receipt and the call it belongs to may cross: each looks for the other before either has committed.
    """
    row = session.scalar(select(Delivery).where(Delivery.provider_id == provider_id).with_for_update(of=Delivery))
    kept = session.get(EarlyReceipt, provider_id, with_for_update=True)
    if row is None or kept is None:
        return False
    if is_further(row.status, kept.status):
        _move(row, kept.status, now, kept.error_code)
    session.delete(kept)
    return row.status == kept.status == "failed" and matters(row.error_code, quietly=lost_quietly(row))


def lost_quietly(row: Delivery) -> bool:
    """Whether nobody needs to know that this text never arrives: it confirms a STOP, or nobody waits for it."""
    return row.confirms_stop or row.priority == BULK


def matters(code: int | None, *, quietly: bool) -> bool:
    """Whether a failure concerns a person: not where the resident asked for silence."""
    return code != OPTED_OUT and not quietly


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


def backoff_in_doubt(attempts: int, spread: float) -> float:
    """As :func:`backoff`, after a try whose answer was lost: from four seconds to ten minutes.

    A text that left after all comes twice, so such tries follow each other ever more slowly: four in six minutes.
    """
    return float(min(LONGEST_IN_DOUBT, 4.0 ** min(attempts, 10)) * (0.5 + spread / 2))


def _waiting(limit: int = 20) -> Select[int, int]:
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
    # A first try waits for no clock: the host that queued the text may be ahead of this one.
    due = or_(Delivery.attempts == 0, Delivery.next_attempt_at <= bindparam("now"))
    return (
        select(Delivery.id, Conversation.contact_id)
        .join(Conversation, Conversation.id == Delivery.conversation_id)
        .where(Delivery.priority <= bindparam("last"), Delivery.status == "queued", due, ~ahead)
        .order_by(Delivery.priority, Delivery.id)
        .limit(limit)
    )


_WAITING = _waiting()  # once: it takes a millisecond to put together, and is asked for every text


def _keep_early(session: Session, provider_id: str, status: str, code: int | None, now: datetime) -> None:
    session.execute(
        insert(EarlyReceipt)
        .values(provider_id=provider_id, status=status, error_code=code, created_at=now)
        .on_conflict_do_nothing()
    )


def _is_old(row: Delivery, now: datetime) -> bool:
    return now - row.message.created_at > (CONFIRM_WITHIN if row.confirms_stop else GIVE_UP_AFTER)


def _locked(session: Session, delivery_id: int) -> Delivery:
    return session.scalars(select(Delivery).where(Delivery.id == delivery_id).with_for_update(of=Delivery)).one()


def _move(row: Delivery, status: str, now: datetime, code: int | None = None) -> None:
    row.status = status
    row.updated_at = now
    if code is not None:
        row.error_code = code
