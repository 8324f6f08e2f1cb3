"""How much each responder owns and may own, who is here to take a thread, and who rests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from gateway import paging
from gateway.community import Community
from gateway.escalations import CLAIMED
from gateway.models import Break, Escalation, Heartbeat, Responder
from gateway.models.people import EDITOR
from gateway.risk import Level

USUAL_CAPACITY = 3  # a responder's own number, where it is another, goes before the town's
Verdict = Literal["yes", "full", "resting"]


@dataclass(frozen=True)
class Colleague:
    """Somebody to whom a thread may be given: whether their console is open, and how much of it they have taken."""

    id: int
    name: str
    languages: Sequence[str]
    on_shift: bool
    is_here: bool
    load: int
    capacity: int


def load(session: Session, community: Community, responder_id: int) -> int:
    """How much a responder owns now, by the weights of the town's file."""
    weights = case(community.ownership.weights.model_dump(), value=Escalation.level, else_=1)
    owned = select(func.coalesce(func.sum(weights), 0)).where(
        Escalation.owner_id == responder_id, Escalation.status == CLAIMED
    )
    return int(session.scalar(owned) or 0)


def capacity(community: Community, responder: Responder) -> int:
    """How much a responder may own at once: their own number where one was set, else the town's."""
    return responder.capacity if responder.capacity != USUAL_CAPACITY else community.ownership.capacity


def may_take(session: Session, community: Community, row: Escalation, responder: Responder, now: datetime) -> Verdict:
    """Whether one more thread is for this responder: not while they rest, nor beyond what they may own."""
    resting = select(Break.id).where(
        Break.responder_id == responder.id, Break.state == "taken", Break.starts_at <= now, Break.ends_at > now
    )
    if session.scalar(resting.limit(1)) is not None:
        return "resting"
    weight = getattr(community.ownership.weights, row.level, 1)
    return "yes" if load(session, community, responder.id) + weight <= capacity(community, responder) else "full"


def others_have_room(
    session: Session, community: Community, row: Escalation, responder: Responder, now: datetime
) -> bool:
    """Whether somebody else on shift, whose console is open, may take this thread."""
    return any(
        each.id != responder.id
        and is_here(session, community, each.id, now)
        and may_take(session, community, row, each, now) == "yes"
        for each in paging.on_call(session, now)
    )


def leaves_it(  # noqa: PLR0913 - which thread, for whom, and what was found
    session: Session, community: Community, row: Escalation, responder: Responder, now: datetime, verdict: Verdict
) -> bool:
    """Whether a claim is refused: of a routine thread, while somebody else has room. Nobody in danger waits for it."""
    calm = Level(row.level) < Level.URGENT and verdict != "yes"
    return calm and others_have_room(session, community, row, responder, now)


def is_here(session: Session, community: Community, responder_id: int, now: datetime) -> bool:
    """Whether this responder's console gave a sign of life lately."""
    beat = session.get(Heartbeat, responder_id)
    return beat is not None and beat.at > now - timedelta(seconds=community.ownership.heartbeat_seconds)


def colleagues(session: Session, community: Community, responder: Responder, now: datetime) -> list[Colleague]:
    """Everybody to whom a thread may be given, those whose console is open first, then those with the most room."""
    on_shift = {each.id for each in paging.on_call(session, now)}
    wanted = select(Responder).where(Responder.active, Responder.role != EDITOR, Responder.id != responder.id)
    found = [
        Colleague(
            each.id, each.name, each.languages, each.id in on_shift, is_here(session, community, each.id, now),
            load(session, community, each.id), capacity(community, each),
        )
        for each in session.scalars(wanted)
    ]  # fmt: skip
    return sorted(
        (each for each in found if each.is_here or each.on_shift),
        key=lambda each: (not each.is_here, each.load - each.capacity, each.name),
    )
