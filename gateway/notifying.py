"""Sends what waits for responders and teams: claimed and committed first, sent outside any transaction, then settled.

Every means (:mod:`gateway.means`) goes the same way: taken by priority, tried again while it is of use, and never sent
blindly a second time by a worker that finds another's half-done try. What a page came to is told to its ladder.
"""

import logging
import random
from collections.abc import Callable
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, delivery, escalations, ladder, moving, notices, paging, phones
from gateway.db import Database
from gateway.keys import Keys
from gateway.means import OPTED_OUT, SMS, STALE, Leaving, Means, Outcome, failed
from gateway.models import Delivery, EarlyReceipt, Escalation, Notice, Page, PhoneMove, Responder, TeamMember

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Why = Callable[[int | None], str]
"""What a page keeps of the provider's code for why a text did not arrive."""
PAGING = frozenset((ladder.PAGES, ladder.DRILLS))
NEEDED_NO_MORE = frozenset((paging.SKIPPED, paging.ACKNOWLEDGED))
MOST_MATCHED = 100
UNSEALABLE = "unsealable"


def send_next(database: Database, means: Means, keys: Keys, clock: Clock | None = None) -> bool:
    """Send the most urgent notice that waits; returns whether there was one."""
    with database.begin() as session:
        leaving = _begin(session, means, keys, _now(session, clock))
    if leaving is None:
        return False
    outcome = _try(means, leaving)
    with database.begin() as session:
        _settle(session, leaving, outcome, _now(session, clock))
    if outcome.why == OPTED_OUT and leaving.means == SMS:
        _stopped(database, leaving, clock)
    return True


def receipt(  # noqa: PLR0913 - a receipt is these facts
    session: Session, provider_id: str, status: str, code: int | None, why: str, now: datetime
) -> bool:
    """Take in a carrier's receipt; returns whether it belongs to a notice. ``why`` is what ``code`` means for a page.

    One that comes before the notice has its name is kept as a resident's is (:func:`gateway.delivery.receipt`).
    """
    row = session.scalar(select(Notice).where(Notice.provider_id == provider_id).with_for_update(of=Notice))
    if row is None:
        return False
    _hear(session, row, delivery.RECEIPTS.get(status), code, why, now)
    return True


def match_early(database: Database, why: Why, clock: Clock | None = None) -> None:
    """Bring kept receipts and their notices together where the two crossed."""
    kept = (
        select(EarlyReceipt.provider_id)
        .join(Notice, Notice.provider_id == EarlyReceipt.provider_id)
        .order_by(EarlyReceipt.created_at)
        .limit(MOST_MATCHED)
    )
    with database.begin() as session:
        waiting = session.scalars(kept).all()
    for provider_id in waiting:
        with database.begin() as session:
            early = session.get(EarlyReceipt, provider_id, with_for_update=True)
            if early is None:
                continue
            receipt(session, provider_id, early.status, early.error_code, why(early.error_code), _now(session, clock))
            session.delete(early)


def _begin(session: Session, means: Means, keys: Keys, now: datetime) -> Leaving | None:
    """The next notice that is still of use, marked as being sent; what is of no use any more is ended on the way."""
    while (taken := notices.take_next(session, list(means), now)) is not None:
        row, in_doubt = taken
        to = session.get(Responder, row.responder_id) if row.responder_id else None
        if _needless(session, row, to):
            notices.move(row, notices.CANCELLED, now)
        elif now >= row.give_up_at:
            _fail(session, row, STALE, None, now)
        elif row.means == SMS and to is not None and to.texts_stopped_at is not None and row.kind != phones.KIND:
            _fail(session, row, OPTED_OUT, None, now)
        else:
            try:
                return _leaving(session, keys, row, to, now, in_doubt=in_doubt)
            except InvalidToken:
                log.error("number cannot be opened, are the seal keys complete?", extra={"notice": row.id})
                _fail(session, row, UNSEALABLE, None, now)
        session.flush()
    return None


def _needless(session: Session, row: Notice, to: Responder | None) -> bool:
    """Whether this concerns its reader no longer: the thread waits for nobody, or is another's by now."""
    if to is not None and not to.active:
        return True
    if row.escalation_id is None or row.kind not in {*PAGING, notices.RELAY}:
        return False
    about = session.get_one(Escalation, row.escalation_id, populate_existing=True)
    if row.kind == notices.RELAY:
        return about.status != escalations.CLAIMED or about.owner_id != row.responder_id
    page = session.scalar(select(Page.state).where(Page.notice_id == row.id))
    return about.status != escalations.WAITING or page in NEEDED_NO_MORE


def _leaving(  # noqa: PLR0913 - a notice, to whom and when
    session: Session, keys: Keys, row: Notice, to: Responder | None, now: datetime, *, in_doubt: bool
) -> Leaving:
    sealed = phones.sealed_for(to, row.kind) if to is not None else _sealed(session, row)
    about = session.get(Escalation, row.escalation_id) if row.escalation_id else None
    return Leaving(
        notice_id=row.id, kind=row.kind, means=row.means, text=row.text, language=row.language,
        number=keys.open(sealed) if sealed is not None else None, responder_id=row.responder_id,
        member_id=row.member_id, escalation_id=row.escalation_id, code=about.code if about is not None else None,
        attempts=row.attempts, in_doubt=in_doubt, since=row.created_at,
        seconds_left=max(1, int((row.give_up_at - now).total_seconds())),
    )  # fmt: skip


def _sealed(session: Session, row: Notice) -> bytes | None:
    """The number of a team member, or one that is to be proved."""
    member = session.get(TeamMember, row.member_id) if row.member_id else None
    move = session.get(PhoneMove, row.phone_move_id) if row.phone_move_id else None
    return member.phone_sealed if member is not None else move.address_sealed if move is not None else None


def _stopped(database: Database, leaving: Leaving, clock: Clock | None) -> None:
    """The carrier says that this number sent STOP."""
    # In a transaction of its own: a person is locked before a notice, never after it.
    with database.begin() as session:
        if leaving.kind == moving.KIND:
            moving.stopped(session, leaving.notice_id, _now(session, clock))
        elif leaving.responder_id and leaving.kind != phones.KIND:
            phones.stop_texts(session, leaving.responder_id, _now(session, clock), "carrier")


def _try(means: Means, leaving: Leaving) -> Outcome:
    try:
        outcome = means[leaving.means](leaving)
    except Exception as fault:  # its text may quote a number
        log.error("a means broke: %s", type(fault).__name__, extra={"notice": leaving.notice_id})
        outcome = failed("broke", permanent=False, doubtful=True)
    if not outcome.left:
        log.warning(
            "notice not taken",
            extra={"notice": leaving.notice_id, "means": leaving.means, "why": outcome.why,
                   "error_code": outcome.error_code, "attempt": leaving.attempts},
        )  # fmt: skip
    return outcome


def _settle(session: Session, leaving: Leaving, outcome: Outcome, now: datetime) -> None:
    row = notices.held(session, leaving.notice_id, leaving.attempts)
    if row is None:
        return  # a later try holds it: that one will tell
    row.error_code = outcome.error_code
    if outcome.left and not _is_anothers(session, row, outcome.provider_id):
        _sent(session, row, outcome.provider_id, now)
        return
    if outcome.permanent:
        _fail(session, row, outcome.why or "failed", outcome.error_code, now)
        return
    doubtful = outcome.doubtful
    usual = (delivery.backoff_in_doubt if doubtful else delivery.backoff)(row.attempts, _spread())
    notices.put_back(row, now, max(outcome.after or 0.0, usual), doubtful=doubtful)


def _is_anothers(session: Session, row: Notice, provider_id: str | None) -> bool:
    """Whether what was found at the provider is an equal text of ours and not this one."""
    if provider_id is None:
        return False
    other = select(Notice.id).where(Notice.provider_id == provider_id, Notice.id != row.id)
    theirs = select(Delivery.id).where(Delivery.provider_id == provider_id)
    return session.scalar(other) is not None or session.scalar(theirs) is not None


def _sent(session: Session, row: Notice, provider_id: str | None, now: datetime) -> None:
    row.provider_id = provider_id
    notices.move(row, notices.SENT, now)
    session.flush()
    if row.kind in PAGING:
        ladder.settled(session, row, "sent", now)


def _hear(  # noqa: PLR0913 - a receipt
    session: Session, row: Notice, then: str | None, code: int | None, why: str, now: datetime
) -> None:
    if then == "delivered" and notices.move(row, notices.DELIVERED, now):
        if row.kind in PAGING:
            ladder.settled(session, row, "delivered", now)
    elif then == "failed" and row.state == notices.SENT:
        _fail(session, row, why, code, now)


def _fail(session: Session, row: Notice, why: str, code: int | None, now: datetime) -> None:
    if not notices.move(row, notices.FAILED, now):
        return
    row.error_code = code if code is not None else row.error_code
    session.flush()
    if row.kind in PAGING:
        ladder.settled(session, row, why, now)
    else:
        audit.note(session, now, "notice_failed", "notice", row.id, kind=row.kind, means=row.means, why=why)


def _now(session: Session, clock: Clock | None) -> datetime:
    return clock() if clock else delivery.clock(session)


def _spread() -> float:
    return random.random()  # noqa: S311 - spreads load
