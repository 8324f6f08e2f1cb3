"""How far the town's own system is behind a dispatch, and the alarm when it stays so: then a person tells them.

A step of the dispatch's own, so that it stands in the inbox of its owner and of supervisors until somebody says that
they look after it, or the system has caught up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Function, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from gateway import dispatches
from gateway.dispatches import OUTSIDE_HEARD, OUTSIDE_MISSED
from gateway.models import DispatchEvent, WebhookCall
from gateway.webhook_calls import DONE, LOST, SENDING, TRIED_FOR

PATIENCE = timedelta(minutes=15)
LOOKED_AT = TRIED_FOR * 2  # how old a call may be and still ring


@dataclass(frozen=True)
class Lag:
    """What they lack: ``version`` where they have not got the newest of what the team is told, else a mere step."""

    version: int | None
    lost: bool


def of_dispatch(session: Session, dispatch_id: int) -> Lag | None:
    """What the town's own system lacks of a dispatch after a try that failed; None where it has all."""
    got = session.scalar(_heard(dispatch_id, func.max(DispatchEvent.version)))
    lacking = session.execute(
        select(WebhookCall, DispatchEvent.version)
        .join(DispatchEvent, DispatchEvent.id == WebhookCall.event_id)
        .where(
            WebhookCall.dispatch_id == dispatch_id,
            WebhookCall.event_id > func.coalesce(_heard(dispatch_id, func.max(DispatchEvent.id)).scalar_subquery(), 0),
        )
        .order_by(WebhookCall.event_id)
    ).all()
    if not any(_failed(call) for call, _ in lacking):
        return None
    newest, version = lacking[-1]
    return Lag(version if version > (got or 0) else None, newest.state in LOST)


def ring(session: Session, dispatch_id: int, now: datetime) -> int | None:
    """Raise or end the alarm of one dispatch, behind its locks; the conversation, where something changed."""
    locked = dispatches.lock(session, dispatch_id)
    late = session.scalar(select(_late(now).where(WebhookCall.dispatch_id == dispatch_id).exists()))
    rings = _rings(session, dispatch_id)
    if late and not rings:
        dispatches.step(session, locked, now, OUTSIDE_MISSED, dispatches.SYSTEM)
    elif rings and not late and of_dispatch(session, dispatch_id) is None:
        dispatches.step(session, locked, now, OUTSIDE_HEARD, dispatches.SYSTEM)
    else:
        return None
    return locked[0].conversation_id


def to_ring(session: Session, now: datetime) -> Iterator[int]:
    """The dispatches whose alarm may have to be raised or ended."""
    late = set(session.scalars(_late(now)))
    last = func.max(DispatchEvent.id)
    spoken = (
        select(last)
        .where(DispatchEvent.detail["act"].astext.in_((OUTSIDE_MISSED, OUTSIDE_HEARD)))
        .where(DispatchEvent.at > now - LOOKED_AT)
        .group_by(DispatchEvent.dispatch_id)
    )
    ringing = set(
        session.scalars(
            select(DispatchEvent.dispatch_id).where(
                DispatchEvent.id.in_(spoken), DispatchEvent.detail["act"].astext == OUTSIDE_MISSED
            )
        )
    )
    yield from sorted(late ^ ringing)


def _late(now: datetime) -> Select[int]:
    """Dispatches of which they lack something for a quarter of an hour, or have refused it."""
    other = aliased(WebhookCall)
    heard = select(func.max(other.event_id)).where(other.dispatch_id == WebhookCall.dispatch_id, other.state == DONE)
    return (
        select(WebhookCall.dispatch_id)
        .where(
            WebhookCall.created_at > now - LOOKED_AT,
            or_(WebhookCall.state.in_(LOST), WebhookCall.created_at <= now - PATIENCE),
            WebhookCall.state != DONE,
            WebhookCall.event_id > func.coalesce(heard.scalar_subquery(), 0),
        )
        .distinct()
    )


def _failed(call: WebhookCall) -> bool:
    """Whether a try of it failed: one that is under way may be the first."""
    return call.state in LOST or call.attempts > int(call.state == SENDING)


def _heard(dispatch_id: int, what: Function[int]) -> Select[int]:
    return (
        select(what)
        .join(WebhookCall, WebhookCall.event_id == DispatchEvent.id)
        .where(WebhookCall.state == DONE, WebhookCall.dispatch_id == dispatch_id)
    )


def _rings(session: Session, dispatch_id: int) -> bool:
    last = session.scalar(
        select(DispatchEvent.detail["act"].astext)
        .where(
            DispatchEvent.dispatch_id == dispatch_id,
            DispatchEvent.detail["act"].astext.in_((OUTSIDE_MISSED, OUTSIDE_HEARD)),
        )
        .order_by(DispatchEvent.id.desc())
        .limit(1)
    )
    return last == OUTSIDE_MISSED
