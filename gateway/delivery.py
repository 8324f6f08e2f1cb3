"""What became of each outbound message; the only module that assigns a delivery's status.

queued -> sending -> sent -> delivered | failed, and queued -> cancelled. Forward only: receipts from Twilio come late,
twice and out of order, and none of that may take a text back.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CTE, Connection, Insert, Table, bindparam, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import delivery_questions
from gateway.models import Conversation, Delivery, EarlyReceipt, Message
from gateway.segments import count

Quiet = Callable[[datetime], bool]
EMERGENCY, RESPONDER, BOT, BULK = range(4)
ROAD = ("status", "priority", "segments", "confirms_stop")
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


_CLOCK = select(func.now())


def clock(session: Session) -> datetime:
    """What time it is for every host alike: when this transaction began, by the database's clock."""
    return session.scalars(_CLOCK).one()


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
        attempts=0,
        next_attempt_at=now,
        updated_at=now,
        **road(message.text, priority, in_webhook=in_webhook, confirms_stop=confirms_stop),
    )
    session.add(row)
    return row


def queueing(said: CTE) -> Insert:
    """The statement that writes and queues a message at once; it is given what :func:`road` says, and ``now``."""
    row = cast(Table, Delivery.__table__)
    now = bindparam("now", type_=row.c.updated_at.type)
    given = {name: bindparam(name, type_=row.c[name].type) for name in ROAD}
    values = {
        "message_id": said.c.id, "conversation_id": said.c.conversation_id, "attempts": literal(0),
        "next_attempt_at": now, "updated_at": now,
    } | given  # fmt: skip
    return insert(row).from_select(list(values), select(*values.values()), include_defaults=False)


def road(words: str, priority: int, *, in_webhook: bool = False, confirms_stop: bool = False) -> dict[str, Any]:
    """What a text needs beside itself (:data:`ROAD`); one that rides in the webhook's own answer counts as sent."""
    status = "sent" if in_webhook else "queued"
    values = (status, priority, count(words).segments, confirms_stop)
    return dict(zip(ROAD, values, strict=True))


@dataclass(frozen=True)
class Taken:
    """A text that is marked as being sent, and where it goes: all that its sender needs to know."""

    id: int
    conversation_id: int
    priority: int
    attempts: int
    confirms_stop: bool
    text: str = field(repr=False)
    written_at: datetime
    address_sealed: bytes | None = field(repr=False)


def take_next(session: Session, now: datetime | None, *, quiet: Quiet = lambda _at: False) -> Taken | None:
    """Claim the most urgent text that may go now and mark it ``sending``, in this transaction.

    Without a ``now`` it is now by the database's clock. ``quiet`` says of a time whether the town sleeps: then what
    nobody wrote to us for stays where it is, also where it was tried before.

    The contact's row is locked first, so that a STOP that is being stored either comes before (and the text is
    cancelled) or after (and the text was under way already). A statement sees what was committed before it began:
    therefore the opt-out is looked for in the next one, when the lock is held.
    """
    session.flush()
    free, connection = {"now": now, "last": BULK}, session.connection()
    while (found := connection.execute(delivery_questions.FREE, free).mappings().first()) is not None:
        if found["priority"] == BULK and quiet(found["at"]):
            free["last"] = BOT  # something more urgent may have been held by somebody else
            continue
        asked = {name: found[name] for name in ("id", "confirms_stop", "channel", "address_hash")}
        if connection.scalar(delivery_questions.MARK, asked | {"now": now, "opted_out": OPTED_OUT}) == "sending":
            return Taken(
                **{each.name: found[each.name] for each in fields(Taken) if each.name != "attempts"},
                attempts=found["attempts"] + 1,
            )
    return None


def take_of(session: Session, conversation: Conversation) -> Taken | None:
    """Claim the text of one conversation that may go first, as :func:`take_next`; None where another is under way.

    For who holds the conversation and its contact, in the transaction that wrote the text: no STOP can come between, so
    that the opt-out is looked for in the same statement, and no sender has to look for the text.
    """
    contact = conversation.contact
    if conversation.channel != "sms" or contact.channel != "sms":
        return None  # it goes to another contact, whom nobody holds
    asked = {"conversation": conversation.id, "channel": contact.channel, "address_hash": contact.address_hash,
             "last": BOT}  # fmt: skip
    found = session.connection().execute(delivery_questions.TAKE_OF, asked).mappings().first()
    return Taken(**found, conversation_id=conversation.id, address_sealed=contact.address_sealed) if found else None


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


def sent(session: Session, delivery_id: int, attempt: int, provider_id: str, now: datetime | None) -> None:
    """Twilio took the text at try number ``attempt`` and named it; without a ``now`` that is now.

    News of an earlier try spares a text that waits to go again; one that is being sent again is for the later try to
    tell about.
    """
    session.flush()
    told = {"id": delivery_id, "attempt": attempt, "provider_id": provider_id, "now": now}
    if session.connection().execute(delivery_questions.SENT, told).first() is None:
        return
    row, now = _locked(session, delivery_id), now or clock(session)
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


def arrived(connection: Connection, provider_id: str, now: datetime) -> bool:
    """The receipt that nearly every text gets, in one statement; False where :func:`receipt` must see what it means."""
    return connection.scalar(delivery_questions.ARRIVED, {"provider_id": provider_id, "now": now}) is not None


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


def early(session: Session) -> list[tuple[str, int, int | None]]:
    """Kept receipts whose text is known by now, with the conversation and the code of each."""
    found = session.execute(
        select(EarlyReceipt.provider_id, Delivery.conversation_id, EarlyReceipt.error_code)
        .join(Delivery, Delivery.provider_id == EarlyReceipt.provider_id)
        .order_by(EarlyReceipt.created_at)
        .limit(MOST_MATCHED)
    )
    return [(provider_id, conversation_id, code) for provider_id, conversation_id, code in found]


def match_early(session: Session, provider_id: str, now: datetime) -> int | None:
    """Apply one kept receipt and drop it; returns the number of its text where that failed.

    A receipt and the call it belongs to may cross: each looks for the other before either has committed.
    """
    row = session.scalar(select(Delivery).where(Delivery.provider_id == provider_id).with_for_update(of=Delivery))
    kept = session.get(EarlyReceipt, provider_id, with_for_update=True)
    if row is None or kept is None:
        return None
    if is_further(row.status, kept.status):
        _move(row, kept.status, now, kept.error_code)
    session.delete(kept)
    return row.id if row.status == kept.status == "failed" else None


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


def _keep_early(session: Session, provider_id: str, status: str, code: int | None, now: datetime) -> None:
    session.execute(
        insert(EarlyReceipt)
        .values(provider_id=provider_id, status=status, error_code=code, created_at=now)
        .on_conflict_do_nothing()
    )


def _is_old(row: Delivery, now: datetime) -> bool:
    return now - row.message.created_at > (CONFIRM_WITHIN if row.confirms_stop else GIVE_UP_AFTER)


def _locked(session: Session, delivery_id: int) -> Delivery:
    return session.scalars(
        select(Delivery)
        .where(Delivery.id == delivery_id)
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    ).one()


def _move(row: Delivery, status: str, now: datetime, code: int | None = None) -> None:
    row.status = status
    row.updated_at = now
    if code is not None:
        row.error_code = code
