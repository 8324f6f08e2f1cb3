"""Who is on call, the pages that tell them, and where a ladder of pages begins and ends (:mod:`gateway.ladder`).

This much works in the process that accepts residents' messages: it reads no town's file and sends nothing.
"""

from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, exists, select, update
from sqlalchemy.orm import Session

from gateway import notices
from gateway.models import Break, Escalation, Notice, Page, Responder, Shift
from gateway.models.people import EDITOR

PLANNED, SENT, DELIVERED = "planned", "sent", "delivered"
ACKNOWLEDGED, TIMED_OUT, FAILED, SKIPPED = "acknowledged", "timed_out", "failed", "skipped"
LIVING = (PLANNED, SENT, DELIVERED)  # somebody may still answer it
CONSOLE = "console"
WAITING = "waiting"
NOT_WORKED = ("cancelled", "ended")
CLAIMED, RESTARTED, RESTING = "claimed", "restarted", "resting"  # why a page is needed no longer, or is not sent
CODES, FIRST_CODE = 9_990, 10  # two to four digits
ENDED = 99  # the rung of a ladder that was climbed to its end: how many it has only the town's file knows
ANEW = timedelta(minutes=10)  # between two beginnings for new danger: a flood of texts must be no flood of calls


# Built once: they are asked with every danger.
_NOW = bindparam("now", type_=Shift.starts_at.type)
_SHIFT_NOW = and_(
    Shift.responder_id == Responder.id,
    Responder.active,
    Responder.role != EDITOR,
    Shift.starts_at <= _NOW,
    Shift.ends_at > _NOW,
    Shift.state.not_in(NOT_WORKED),
)
_ON_CALL = select(Responder).where(exists(Shift.id).where(_SHIFT_NOW)).order_by(Responder.id)
_SOMEBODY = select(exists(Shift.id).where(_SHIFT_NOW))


def on_call(session: Session, now: datetime) -> list[Responder]:
    """Active responders whose shift covers ``now``, resting ones too: the truth, as residents are told it.

    An editor of the directory may read no thread, and is none.
    """
    return list(session.scalars(_ON_CALL, {"now": now}))


def somebody_on_call(session: Session, now: datetime) -> bool:
    """Whether anybody is on call."""
    return bool(session.connection().scalar(_SOMEBODY, {"now": now}))


def resting(session: Session, now: datetime) -> set[int]:
    """Who is on a break."""
    return set(
        session.scalars(
            select(Break.responder_id).where(Break.state == "taken", Break.starts_at <= now, Break.ends_at > now)
        )
    )


def page(session: Session, escalation: Escalation, now: datetime, but: Responder | None = None) -> list[Page]:
    """Page everybody on call about an escalation, on the console's queue, and let its ladder begin there (anew).

    ``but`` is who just let go of it: they are paged only where nobody else is on call. Who rests is left out likewise.
    """
    if escalation.ladder_since is not None:
        settle(session, escalation.id, now, RESTARTED)
    people = on_call(session, now)
    away = (resting(session, now) if people else set()) | ({but.id} if but else set())
    rows = [
        Page(escalation_id=escalation.id, responder_id=responder.id, means=CONSOLE, sent_at=now)
        for responder in [each for each in people if each.id not in away] or people
    ]
    session.add_all(rows)
    if escalation.code is None:
        escalation.code = _free_code(session, escalation.id)
    escalation.ladder_since, escalation.rung = now, 0
    escalation.next_page_at = now if escalation.status == WAITING else None
    return rows


def begin_again(session: Session, escalation: Escalation, now: datetime) -> bool:
    """Let a ladder that was climbed to its end in vain begin anew, as the resident wrote of danger again.

    The first of a wait has no other before it, so it may at once; every later one lasts ten minutes at least. One
    that is being climbed goes on: beginning anew would keep it from those whom it asks last.
    """
    since = escalation.ladder_since
    if escalation.status != WAITING or escalation.rung != ENDED or since is None:
        return False
    if since > now - ANEW and since != escalation.waiting_since:
        return False
    page(session, escalation, now)
    return True


def paged_at(session: Session, escalation_id: int, now: datetime) -> bool:
    """Whether this very moment has paged about the escalation already."""
    found = select(Page.id).where(Page.escalation_id == escalation_id, Page.sent_at == now).limit(1)
    return session.scalar(found) is not None


def acknowledge(session: Session, escalation_id: int, responder_id: int, now: datetime) -> None:
    """A claim ends the ladder: the winner's pages are acknowledged, the others' needed no longer.

    Nothing else acknowledges a page: a call that was heard, a text that arrived, a page that was seen claim nothing.
    """
    _cancel_notices(session, escalation_id, now)
    row = session.get_one(Escalation, escalation_id)
    row.next_page_at = None
    theirs = (Page.escalation_id == escalation_id, Page.responder_id == responder_id)
    session.execute(update(Page).where(*theirs, Page.acknowledged_at.is_(None)).values(acknowledged_at=now))
    session.execute(
        update(Page)
        .where(*theirs, Page.state.in_(LIVING))
        .values(state=ACKNOWLEDGED, settled_at=now, answered_by=row.owner_means or CONSOLE)
    )
    _skip(session, escalation_id, now, CLAIMED)


def settle(session: Session, escalation_id: int, now: datetime, why: str) -> None:
    """No page of this escalation is needed any longer; what was not sent yet is not sent."""
    _cancel_notices(session, escalation_id, now)
    _skip(session, escalation_id, now, why)


def _skip(session: Session, escalation_id: int, now: datetime, why: str) -> None:
    session.execute(
        update(Page)
        .where(Page.escalation_id == escalation_id, Page.state.in_(LIVING))
        .values(state=SKIPPED, settled_at=now, why=why)
    )


def _cancel_notices(session: Session, escalation_id: int, now: datetime) -> None:
    # Before the pages, as who sends holds the notice first.
    waiting = (
        select(Notice)
        .where(
            Notice.escalation_id == escalation_id, Notice.kind.in_(("page", "drill")), Notice.state == notices.QUEUED
        )
        .order_by(Notice.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for notice in session.scalars(waiting):
        notices.move(notice, notices.CANCELLED, now)
    session.flush()


def _free_code(session: Session, escalation_id: int) -> int:
    """A short number that no other open escalation has, for a person to say or to type."""
    for step in range(CODES):
        code = FIRST_CODE + (escalation_id + step) % CODES
        if not session.scalar(select(exists().where(Escalation.code == code, Escalation.status != "resolved"))):
            return code
    raise ValueError("every code is taken")
