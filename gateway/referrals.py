"""Referrals: what was offered to whom and what came of it. The only module that writes or moves one.

States as in the data dictionary (2.6). Each step is compared and set, and kept as a :class:`ReferralEvent`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, text, update
from sqlalchemy.orm import Session

from gateway.follow_up_words import codes
from gateway.models import Conversation, Message, Referral, ReferralEvent

OFFERED, DECLINED, ACCEPTED, SENT = "offered", "declined", "accepted", "sent"
CONTACTED, CONNECTED = "contacted", "connected"
OBTAINED, NOT_OBTAINED, LOST = "service_obtained", "not_obtained", "lost"
OPEN = (OFFERED, ACCEPTED, SENT, CONTACTED, CONNECTED)
RESULTS = frozenset((OBTAINED, NOT_OBTAINED))
# state -> what it may become. A step may be left out, because nobody hears of each; none is taken back. Who was lost
# from sight, or did not get it, may still be heard of.
TRANSITIONS: dict[str, frozenset[str]] = {
    OFFERED: frozenset((ACCEPTED, DECLINED, SENT, CONTACTED, CONNECTED, OBTAINED, NOT_OBTAINED, LOST)),
    ACCEPTED: frozenset((DECLINED, SENT, CONTACTED, CONNECTED, OBTAINED, NOT_OBTAINED, LOST)),
    SENT: frozenset((DECLINED, CONTACTED, CONNECTED, OBTAINED, NOT_OBTAINED, LOST)),
    CONTACTED: frozenset((DECLINED, CONNECTED, OBTAINED, NOT_OBTAINED, LOST)),
    CONNECTED: frozenset((OBTAINED, NOT_OBTAINED, LOST)),
    LOST: RESULTS,
    NOT_OBTAINED: frozenset((OBTAINED,)),
    DECLINED: frozenset(),
    OBTAINED: frozenset(),
}
BOT, RESIDENT, RESPONDER, PROVIDER = "bot", "resident", "responder", "provider"
# who -> what they may say that it became. A provider cannot know what a resident wants; software only loses sight.
MAY_SAY: dict[str, frozenset[str]] = {
    BOT: frozenset((LOST,)),
    RESIDENT: frozenset((ACCEPTED, DECLINED, CONTACTED, CONNECTED, OBTAINED, NOT_OBTAINED)),
    RESPONDER: frozenset(TRANSITIONS) - {OFFERED},
    PROVIDER: frozenset((CONTACTED, CONNECTED, OBTAINED, NOT_OBTAINED)),
}


@dataclass(frozen=True)
class Offer:
    """One service as it is told: ``service_id`` is ``FoundService.id``, ``need`` the need that it is told for."""

    service_id: str
    name: str
    need: str
    location_id: str | None = None


@dataclass(frozen=True)
class By:
    """Who makes a step: bot, resident, responder (then who) or provider, and the message by which it was made.

    A provider stands for the service itself, whoever opened the link.
    """

    kind: str = BOT
    responder_id: int | None = None
    message_id: int | None = None


def refer(  # noqa: PLR0913 - what was told to whom, and by whom
    session: Session,
    conversation: Conversation,
    message: Message | None,
    offers: Sequence[Offer],
    now: datetime,
    by: By | None = None,
) -> list[Referral]:
    """Write down what is told in answer to a message, numbered from 1 in this order; returns the referrals.

    A service told again for the same need, while its referral is open, is the same referral, told again. The caller
    holds the conversation's lock.
    """
    if not offers:
        return []
    if any(isinstance(row, Referral) for row in session.dirty):
        session.flush()  # its rows are read anew
    answered = message.id if message else None
    by, told = by or By(message_id=answered), list({_key(each): each for each in offers}.values())
    asked = {
        "conversation_id": conversation.id, "message_id": answered, "now": now, "by": by.kind,
        "responder_id": by.responder_id, "step_on": by.message_id,
        "services": [each.service_id for each in told], "needs": [each.need for each in told],
        "names": [each.name for each in told], "places": [each.location_id for each in told],
    }  # fmt: skip
    with session.no_autoflush:  # the rest of what a turn has to write is written once, at its end
        return list(session.scalars(_REFER, asked))


def _key(offer: Offer) -> tuple[str, str]:
    return offer.service_id, offer.need


def open_of(session: Session, conversation_id: int) -> list[Referral]:
    """The referrals of a conversation whose end is not known, as they were written."""
    return list(session.scalars(_OPEN, {"conversation_id": conversation_id}))


def move(  # noqa: PLR0913 - what moves where, when and by whom
    session: Session, row: Referral, state: str, now: datetime, by: By, *, barrier: str | None = None
) -> bool:
    """Compare and set: whether it went from the state it was seen in to another that the tables allow ``by``.

    Raises ``ValueError`` for a barrier that is no code, or for one where nothing was in the way.
    """
    if barrier is not None and (state != NOT_OBTAINED or barrier not in codes()):
        raise ValueError(f"no barrier of a referral that is {state}")
    before = row.state
    if state not in open_to(row, by.kind):
        return False
    done = session.execute(
        update(Referral)
        .where(Referral.id == row.id, Referral.state == before)
        .values(state=state, barrier_code=barrier, changed_at=now)
        .returning(Referral.id)
    )
    won = done.first() is not None
    session.refresh(row)
    if won:
        _note(session, row, before, now, by)
    return won


def open_to(row: Referral, kind: str) -> frozenset[str]:
    """What it may become by the word of a resident, a responder, a provider or the bot."""
    return TRANSITIONS[row.state] & MAY_SAY.get(kind, frozenset())


def note_barrier(session: Session, conversation_id: int, code: str, now: datetime, by: By) -> None:
    """What got in the way, where a service was not obtained and nobody had said why."""
    missed = select(Referral).where(
        Referral.conversation_id == conversation_id, Referral.state == NOT_OBTAINED, Referral.barrier_code.is_(None)
    )
    for row in session.scalars(missed.order_by(Referral.id).with_for_update()):
        row.barrier_code, row.changed_at = code, now
        _note(session, row, row.state, now, by)


def view(session: Session, row: Referral, now: datetime) -> None:
    """The resident asked for its details: that is interest, and no yes."""
    row.viewed_at = row.viewed_at or now
    session.flush()


def events(session: Session, row: Referral) -> list[ReferralEvent]:
    """Every step of a referral, in order."""
    taken = select(ReferralEvent).where(ReferralEvent.referral_id == row.id).order_by(ReferralEvent.id)
    return list(session.scalars(taken))


def _note(session: Session, row: Referral, before: str | None, now: datetime, by: By) -> None:
    session.flush()
    session.connection().execute(_STEPS, [_step(row, before, now, by)])


def _step(row: Referral, before: str | None, now: datetime, by: By) -> dict[str, Any]:
    return {
        "referral_id": row.id,
        "at": now,
        "from_state": before,
        "state": row.state,
        "by": by.kind,
        "responder_id": by.responder_id,
        "message_id": by.message_id,
        "ordinal": row.ordinal,
        "barrier_code": row.barrier_code,
    }


# Built once: they are asked for with every list that is told, and take longer to put together than to answer.
_OPEN = (
    select(Referral)
    .where(Referral.conversation_id == bindparam("conversation_id"), Referral.state.in_(OPEN))
    .order_by(Referral.id)
)
_STEPS = insert(cast(Table, ReferralEvent.__table__)).inline()
_ROW = Referral.__table__.columns
# New ones, those that are told again, and the step of each, in one statement: a question costs as much as its answer.
_TELL = f"""
WITH offer AS (
    SELECT * FROM unnest(CAST(:services AS text[]), CAST(:needs AS text[]), CAST(:names AS text[]),
                         CAST(:places AS text[])) WITH ORDINALITY AS o(service_id, need, name, location_id, ordinal)
), told AS (
    INSERT INTO referrals (conversation_id, message_id, service_id, location_id, name, need, state, ordinal, offered_at,
                           changed_at)
    SELECT :conversation_id, CAST(:message_id AS bigint), service_id, location_id, name, need, '{OFFERED}', ordinal,
           :now, :now FROM offer ORDER BY ordinal
    ON CONFLICT (conversation_id, service_id, need) WHERE state IN ({", ".join(f"'{each}'" for each in OPEN)})
    DO UPDATE SET offered_again_at = excluded.offered_at, message_id = excluded.message_id, name = excluded.name,
                  ordinal = excluded.ordinal, location_id = excluded.location_id
    RETURNING *
), steps AS (
    INSERT INTO referral_event (referral_id, at, from_state, state, by, responder_id, message_id, ordinal, barrier_code)
    SELECT id, :now, CASE WHEN offered_again_at IS NOT NULL THEN state END, state, :by, CAST(:responder_id AS bigint),
           CAST(:step_on AS bigint), ordinal, barrier_code FROM told ORDER BY ordinal
)
SELECT {", ".join(_ROW.keys())} FROM told ORDER BY ordinal
"""  # noqa: S608 - states and names of our own
_REFER = select(Referral).from_statement(text(_TELL).columns(*_ROW)).execution_options(populate_existing=True)
