"""What the town's own system has still to hear of a dispatch: the only module that says how far a call has come.

A call tells the whole as it stands, so of each dispatch only the newest is on its way: one that did not get through
before the next event is set aside for it. They come in order, and never at the same time
([decision 47](docs/decisions/0047-what-the-towns-own-system-hears.md)).
"""

import http.client
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from gateway.dispatch_states import TRANSITIONS
from gateway.models import Dispatch, DispatchEvent, Escalation, WebhookCall

QUEUED, SENDING, DONE, FAILED, SUPERSEDED, GONE = "queued", "sending", "done", "failed", "superseded", "gone"
UNSETTLED = (QUEUED, SENDING)
LOST = (FAILED, GONE)
TELLS = frozenset(verb for _, verb in TRANSITIONS) | {"edit", "more_help", "destination", "sos", "safe"}
"""The steps after which something is told; what the clock sees and what a page marks as read is our own affair."""
LEASE = timedelta(seconds=60)  # of one try: then its process is dead, as a call takes 10 s and a name some 20
FIRST_PAUSE, FACTOR, LONGEST_PAUSE = 10.0, 3, 6 * 3600.0  # seconds
MANY = 12  # tries after which the pause is the longest in any case
TRIED_FOR = timedelta(hours=24)
PASSING = (http.client.REQUEST_TIMEOUT, http.client.TOO_EARLY, http.client.TOO_MANY_REQUESTS)
"""Refusals that may pass (RFC 9110, RFC 8470, RFC 6585); any other of the 4xx is final."""


@dataclass(frozen=True)
class Taken:
    """One call that is to be made now, with what it tells of."""

    id: int
    attempts: int
    dispatch: Dispatch
    event: DispatchEvent
    row: Escalation


def collect(session: Session, endpoint: str, now: datetime) -> None:
    """Queue a call for each dispatch with news, in place of what waits; while they want none, note that it is lost."""
    stopped = is_stopped(session, endpoint)
    for dispatch_id, event_id in session.execute(_news(now)).all():
        session.execute(
            update(WebhookCall)
            .where(WebhookCall.dispatch_id == dispatch_id, WebhookCall.state == QUEUED)
            .values(state=SUPERSEDED, settled_at=now)
        )
        made = {
            "event_id": event_id, "dispatch_id": dispatch_id, "endpoint": endpoint, "attempts": 0, "created_at": now,
            "next_attempt_at": now, "state": FAILED if stopped else QUEUED, "settled_at": now if stopped else None,
            "status_code": int(http.client.GONE) if stopped else None,
        }  # fmt: skip
        session.execute(insert(WebhookCall).values(made).on_conflict_do_nothing())


def take(session: Session, now: datetime) -> Taken | None:
    """The next call to be made, marked as being made; None when nothing is due.

    One whose process died is made again, with the same key. Read together with what it tells of: when that has moved
    on since, the call is set aside and the next :func:`collect` makes another.
    """
    while (call := session.scalar(_due(now))) is not None:
        dispatch, event, row = session.execute(_newest(call.dispatch_id)).one()
        if event.id == call.event_id:
            call.state, call.attempts, call.next_attempt_at = SENDING, call.attempts + 1, now + LEASE
            return Taken(call.id, call.attempts, dispatch, event, row)
        call.state, call.settled_at = SUPERSEDED, now
        session.flush()
    return None


def settle(  # noqa: PLR0913 - what came of which try
    session: Session, call_id: int, attempts: int, status: int | None, after: float | None, now: datetime
) -> str | None:
    """Write down what came of a try: its HTTP ``status``, if any, and after how many seconds they ask for the next.

    Returns the state of the call; None where another process has taken it over meanwhile.
    """
    call = session.get_one(WebhookCall, call_id, with_for_update=True)
    if (call.state, call.attempts) != (SENDING, attempts):
        return None
    call.status_code = status
    again_at = now + timedelta(seconds=pause(attempts, after))
    call.state = _verdict(status)
    if call.state == QUEUED and _is_outdated(session, call):
        call.state = SUPERSEDED
    elif call.state == QUEUED and again_at > call.created_at + TRIED_FOR:
        call.state = FAILED
    call.next_attempt_at = again_at
    call.settled_at = None if call.state == QUEUED else now
    if call.state == GONE:
        _stop(session, call.endpoint, now)
    return call.state


def is_stopped(session: Session, endpoint: str) -> bool:
    """Whether they asked to be called no more (410)."""
    gone = select(WebhookCall.id).where(WebhookCall.state == GONE, WebhookCall.endpoint == endpoint)
    return session.scalar(gone.limit(1)) is not None


def begin_again(session: Session, endpoint: str) -> bool:
    """Call them again although they once asked us to stop; whether they had."""
    lifted = session.execute(
        update(WebhookCall).where(WebhookCall.state == GONE, WebhookCall.endpoint == endpoint).values(state=FAILED)
    )
    return bool(lifted.rowcount)  # type: ignore[attr-defined]


def pause(attempts: int, after: float | None = None) -> float:
    """Seconds before the next try: 10 s, then three times as long each time up to 6 h, a fifth more or less.

    What they ask for goes before where it is longer, but not beyond 6 h.
    """
    longest = min(FIRST_PAUSE * float(FACTOR ** (min(attempts, MANY) - 1)), LONGEST_PAUSE)
    return max(longest * random.uniform(0.8, 1.2), min(after or 0.0, LONGEST_PAUSE))  # noqa: S311 - no secret


def _verdict(status: int | None) -> str:
    """What a status means. A redirect is not followed, and is no answer of theirs."""
    if status is None or status in PASSING:
        return QUEUED
    if http.client.OK <= status < http.client.MULTIPLE_CHOICES:
        return DONE
    if status == http.client.GONE:
        return GONE
    return FAILED if http.client.BAD_REQUEST <= status < http.client.INTERNAL_SERVER_ERROR else QUEUED


def _news(now: datetime) -> Select[int, int]:
    """The newest event of the last day of each dispatch, where they were not told of it."""
    told = select(func.max(WebhookCall.event_id)).where(WebhookCall.dispatch_id == Dispatch.id).scalar_subquery()
    newest = func.max(DispatchEvent.id)
    return (
        select(Dispatch.id, newest)
        .join(DispatchEvent, DispatchEvent.dispatch_id == Dispatch.id)
        .where(
            Dispatch.assigned_at.is_not(None),
            DispatchEvent.detail["act"].astext.in_(TELLS),
            DispatchEvent.at > now - TRIED_FOR,
        )
        .group_by(Dispatch.id)
        .having(newest > func.coalesce(told, 0))
    )


def _due(now: datetime) -> Select[WebhookCall]:
    """A call whose time has come and that no other of its dispatch goes before; the first tries come first."""
    other = aliased(WebhookCall)
    in_flight = exists().where(
        other.dispatch_id == WebhookCall.dispatch_id, other.id != WebhookCall.id, other.state == SENDING,
        other.next_attempt_at > now,
    )  # fmt: skip
    return (
        select(WebhookCall)
        .where(WebhookCall.state.in_(UNSETTLED), WebhookCall.next_attempt_at <= now, ~in_flight)
        .order_by(WebhookCall.attempts, WebhookCall.next_attempt_at, WebhookCall.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _newest(dispatch_id: int) -> Select[Dispatch, DispatchEvent, Escalation]:
    """A dispatch with the newest event that tells, in one look: between two of them it could change."""
    other = aliased(DispatchEvent)
    newest = select(func.max(other.id)).where(other.dispatch_id == dispatch_id, other.detail["act"].astext.in_(TELLS))
    return (
        select(Dispatch, DispatchEvent, Escalation)
        .join(DispatchEvent, DispatchEvent.dispatch_id == Dispatch.id)
        .join(Escalation, Escalation.id == Dispatch.escalation_id)
        .where(Dispatch.id == dispatch_id, DispatchEvent.id == newest.scalar_subquery())
        .execution_options(populate_existing=True)
    )


def _is_outdated(session: Session, call: WebhookCall) -> bool:
    newer = select(WebhookCall.id).where(
        WebhookCall.dispatch_id == call.dispatch_id, WebhookCall.event_id > call.event_id
    )
    return session.scalar(newer.limit(1)) is not None


def _stop(session: Session, endpoint: str, now: datetime) -> None:
    session.execute(
        update(WebhookCall)
        .where(WebhookCall.state == QUEUED, WebhookCall.endpoint == endpoint)
        .values(state=FAILED, status_code=int(http.client.GONE), settled_at=now)
    )
