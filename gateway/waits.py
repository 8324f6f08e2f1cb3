"""How long people lately waited for a person, from what happened and never from a plan."""

from datetime import datetime, timedelta
from statistics import median_high

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import paging
from gateway.models import Escalation
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
    if len(taken) < FEWEST or not paging.on_call(session, now):
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
