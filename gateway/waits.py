"""How long people lately waited for a person, from what happened and never from a plan; how many wait before one."""

from datetime import datetime, timedelta
from statistics import median_high

from sqlalchemy import and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from gateway import paging
from gateway.conversations import WEBCHAT, with_contact
from gateway.escalations import DANGER_FIRST, WAITING
from gateway.models import Contact, Conversation, Escalation
from gateway.risk import Level

LATELY = timedelta(hours=6)
FEWEST = 5  # below this a figure would say more of one person than of the wait
STEPS = (5, 15, 30)  # minutes; a finer figure would promise more than five people can bear out
NEWEST = 200  # rows looked at, by primary key: the answer is given under a lock


def usual(session: Session, level: Level, now: datetime) -> int | None:
    """Within how many minutes most of those who asked in the last six hours were taken on: 5, 15 or 30.

    None where nobody is on call, fewer than five were taken on, or most waited longer than half an hour: then nothing
    honest and useful can be said. Who still waits counts as soon as they have waited longer than most.
    """
    rows = _lately(session, level, now)
    taken = [claimed - opened for opened, claimed in rows if claimed is not None]
    if len(taken) < FEWEST or not paging.somebody_on_call(session, now):
        return None
    waiting = [now - opened for opened, claimed in rows if claimed is None]
    longest = median_high(taken)
    most = median_high([*taken, *(wait for wait in waiting if wait > longest)])
    return next((minutes for minutes in STEPS if most <= timedelta(minutes=minutes)), None)


def _lately(session: Session, level: Level, now: datetime) -> list[tuple[datetime, datetime | None]]:
    newest = select(Escalation.id).order_by(Escalation.id.desc()).limit(NEWEST)
    found = session.execute(
        select(Escalation.opened_at, Escalation.claimed_at).where(
            Escalation.id.in_(newest),
            Escalation.level == level.value,
            Escalation.opened_at > now - LATELY,
            ~Escalation.drill,
        )
    )
    return [(opened, claimed) for opened, claimed in found]


def ahead(session: Session, visitor: str, now: datetime) -> int | None:
    """How many people wait for a person before this visitor of the web chat (by the hash of their token).

    In the order of the console's queue: danger first, then who asked first, so the number can rise. None where they do
    not wait, and where nobody is on call: a place in a line that nobody serves is no news.
    """
    mine = session.execute(
        select(Escalation.id, Escalation.opened_at, DANGER_FIRST.label("rank"))
        .join(Conversation, Escalation.conversation_id == Conversation.id)
        .join(Contact, with_contact(Contact.id))
        .where(Contact.channel == WEBCHAT, Contact.address_hash == visitor)
        .where(Conversation.closed_at.is_(None), Escalation.status == WAITING)
    ).first()
    if mine is None or not paging.somebody_on_call(session, now):
        return None
    sooner = tuple_(Escalation.opened_at, Escalation.id) < tuple_(mine.opened_at, mine.id)
    before = or_(mine.rank > DANGER_FIRST, and_(mine.rank == DANGER_FIRST, sooner))
    waiting = (
        select(func.count()).select_from(Escalation).where(Escalation.status == WAITING, ~Escalation.drill, before)
    )
    return session.scalar(waiting)
