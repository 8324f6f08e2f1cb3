"""Watches for owners who are not there, and takes their threads back (decision 35)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, exists, func, select
from sqlalchemy.orm import Session, aliased

from gateway import optout, ownership
from gateway.community import Community
from gateway.community_duty import Ownership
from gateway.escalations import CLAIMED, CONSOLE
from gateway.models import Conversation, Delivery, Escalation, Heartbeat, Message
from gateway.ownership import AWAY, SILENT
from gateway.risk import Level

AT_WORK = timedelta(minutes=10)  # how long what an owner did, or a reply that they write, may stand for an answer
UNTEXTED = timedelta(minutes=10)  # how long a phone that gives no sign holds a resident who can only be called
CALM = timedelta(minutes=10)  # how long a routine thread in which nothing waits may do without its owner's console
INTERRUPTED = timedelta(seconds=10)
AT_ONCE = 50


@dataclass(frozen=True)
class Held:
    """An owned thread, as the clock sees it.

    ``unanswered`` is when the first message came that no reply of a person followed; ``acted`` when its owner last did
    something in the thread (a note, a hand-off, "I am on it"), ``wrote`` when they last pressed a key there.
    """

    level: Level
    means: str
    claimed_at: datetime
    beat: datetime | None
    unanswered: datetime | None
    can_text: bool = True
    acted: datetime | None = None
    wrote: datetime | None = None


def goes_back_at(held: Held, rules: Ownership, floor: datetime) -> datetime | None:
    """When an owner who does not answer loses the thread; None while nothing is asked of them.

    Nothing before ``floor`` counts against them. What they do buys ten minutes each time, and a key that they press
    the time for an answer anew, ten minutes in all: a hand that rests on the keys must not hold a thread. Who may not
    text the resident answers nothing: at the console their page shows that they are there, a phone shows nothing, so
    that they must do something every ten minutes.
    """
    if not held.can_text:
        return None if held.means == CONSOLE else _without_a_sign(held, floor) + UNTEXTED
    if held.unanswered is None:
        return None
    waits, silent = max(held.unanswered, floor), timedelta(seconds=rules.silent_seconds)
    at_work = max(AT_WORK, silent)
    if held.acted and held.acted > waits:
        return held.acted + at_work
    if held.wrote and held.wrote > waits:
        return min(held.wrote + silent, waits + at_work)
    return waits + silent


def _without_a_sign(held: Held, floor: datetime) -> datetime:
    return max(each for each in (floor, held.unanswered, held.acted) if each is not None)


def due(held: Held, rules: Ownership, now: datetime, since: datetime | None = None) -> str | None:
    """Why a thread goes back to those who wait, or None when its owner keeps it.

    Nothing before ``since`` counts against an owner: before it nobody could hear them. An owner by phone gives no sign
    of life but what they text.
    """
    floor = max(held.claimed_at, since) if since else held.claimed_at
    ends = goes_back_at(held, rules, floor)
    if ends and ends < now:
        return SILENT
    calm = held.level < Level.URGENT and held.unanswered is None
    patience = CALM if calm else timedelta(seconds=rules.heartbeat_seconds)
    alive = max(held.beat or floor, floor)
    return AWAY if held.means == CONSOLE and alive < now - patience else None


class Watch:
    """Looks every second for owners who are not there.

    When the look itself was interrupted (a restart, a store that was down), consoles could not be heard either: then
    all that counts against an owner begins anew.
    """

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._looked: datetime | None = None

    def __call__(self, session: Session, community: Community, now: datetime) -> list[int]:
        """Take back what is due; returns the conversations that changed."""
        if self._looked is None or now - self._looked > INTERRUPTED:
            self._since = now
        self._looked = now
        return lapse_due(session, community, now, self._since)


def lapse_due(session: Session, community: Community, now: datetime, since: datetime | None = None) -> list[int]:
    """Put every thread back whose owner is not there (see :func:`due`); returns the conversations that changed.

    Several may look at once. A conversation that somebody holds right now is left for the next look: it may be its
    owner who writes.
    """
    found = [row for row in session.execute(_held()) if due(_of(session, row), community.ownership, now, since)]
    return [row.conversation_id for row in found[:AT_ONCE] if _lapse(session, community, row, now, since)]


def _lapse(session: Session, community: Community, found: Row[Any], now: datetime, since: datetime | None) -> bool:
    free = (
        select(Conversation.id)
        .where(Conversation.id == found.conversation_id)
        .with_for_update(key_share=True, skip_locked=True, of=Conversation)
    )
    if session.scalar(free) is None:
        return False
    again = session.execute(_held(Escalation.id == found.id)).first()
    why = due(_of(session, again), community.ownership, now, since) if again else None
    if again is None or why is None:
        return False
    ownership.lapse(session, again.id, again.epoch, again.owner_id, now, why)
    return True


def left(session: Session, rules: Ownership, escalation_id: int, now: datetime) -> int | None:
    """Whole seconds until this thread goes back to the queue without an answer; None while nothing waits for one."""
    row = session.execute(_held(Escalation.id == escalation_id)).first()
    return _left(_of(session, row), rules, now) if row is not None else None


def soon(session: Session, rules: Ownership, responder_id: int, now: datetime) -> dict[int, int]:
    """The threads of a responder that go back before half of ``silent_seconds`` is over: how many seconds are left."""
    rows = session.execute(_held(Escalation.owner_id == responder_id)).all()
    found = {row.id: _left(_of(session, row), rules, now) for row in rows}
    return {key: each for key, each in found.items() if each is not None and each <= rules.silent_seconds / 2}


def _left(held: Held, rules: Ownership, now: datetime) -> int | None:
    ends = goes_back_at(held, rules, held.claimed_at)
    return None if ends is None else max(0, int((ends - now).total_seconds()))


def unanswered_since() -> ScalarSelect[Any]:
    """When the first message came in a thread that no reply of a person followed, for a select over escalations.

    A text that did not arrive is no reply: the resident waits on.

    A select in a select in a select finds the outermost table by itself only if it is told to: without that the newest
    reply in *any* thread counted as an answer in this one, and who slept here was saved by who worked there.
    """
    answer = aliased(Message)
    is_lost = exists().where(Delivery.message_id == answer.id, Delivery.status == "failed")
    answered = (
        select(func.coalesce(func.max(answer.id), 0))
        .where(answer.conversation_id == Escalation.conversation_id, answer.author == "responder", ~is_lost)
        .correlate(Escalation)
        .scalar_subquery()
    )
    return (
        select(func.min(Message.created_at))
        .where(Message.conversation_id == Escalation.conversation_id, Message.direction == "in", Message.id > answered)
        .correlate(Escalation)
        .scalar_subquery()
    )


def _held(*which: ColumnElement[bool]) -> Any:
    """Owned threads with the last sign of life of their owners and the first message that waits for them."""
    wanted = select(
        Escalation.id, Escalation.conversation_id, Escalation.epoch, Escalation.level, Escalation.owner_id,
        Escalation.owner_means, Escalation.owner_acted_at, Escalation.owner_wrote_at,
        func.coalesce(Escalation.claimed_at, Escalation.opened_at).label("claimed_at"),
        Heartbeat.at.label("beat"), unanswered_since().label("unanswered"),
    ).outerjoin(Heartbeat, Heartbeat.responder_id == Escalation.owner_id)  # fmt: skip
    return wanted.where(Escalation.status == CLAIMED, *which).order_by(Escalation.id)


def _of(session: Session, row: Row[Any]) -> Held:
    means = row.owner_means or CONSOLE
    answered_at_console = row.unanswered is None and means == CONSOLE
    return Held(
        level=Level(row.level),
        means=means,
        claimed_at=row.claimed_at,
        beat=row.beat,
        unanswered=row.unanswered,
        can_text=answered_at_console or _may_text(session, row.conversation_id),
        acted=row.owner_acted_at,
        wrote=row.owner_wrote_at,
    )


def _may_text(session: Session, conversation_id: int) -> bool:
    return optout.why_no_text(session, session.get_one(Conversation, conversation_id)) is None
