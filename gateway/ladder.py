"""The ladder of pages: while nobody claims a thread, the next people are asked by the next means, until somebody does.

A ladder begins with :func:`gateway.paging.page`, in the transaction that made the thread wait. From there this module
climbs it, in the worker, once a second: the rungs are the town's (``[paging.ladder]``), each page is a row and, unless
it is the console's, a notice that waits to be sent. Only a claim ends a ladder.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from gateway import audit, conversations, delivery, notices, optout, paging, reaching, spoken, texts
from gateway.community import Community
from gateway.community_duty import Rung
from gateway.escalations import DANGER_FIRST, WAITING
from gateway.means import VOICE
from gateway.models import Conversation, Escalation, Notice, Page, Responder
from gateway.paging import CONSOLE, DELIVERED, ENDED, FAILED, LIVING, PLANNED, SENT, SKIPPED, TIMED_OUT
from gateway.risk import Level

log = logging.getLogger(__name__)

AT_ONCE = 50
AGAIN = timedelta(minutes=10)  # after the last rung: all who can come, in danger; else whoever came on shift meanwhile
ONE_AT_A_TIME = timedelta(seconds=1)  # what is overdue after a time without a worker is not sent in one burst
TOLD = "told"
PHONES = frozenset(("sms", "voice"))
OUTCOMES = {"sent": SENT, "delivered": DELIVERED}
PAGES, DRILLS = "page", "drill"
EXHAUSTED, REACHED_NOBODY = "ladder_exhausted", "ladder_reached_nobody"
REPAIR = timedelta(seconds=5)  # until a ladder that could not be climbed is tried again; it must not hold the first 50


def climb(session: Session, community: Community, now: datetime) -> list[int]:
    """Climb every ladder on which something is due; returns the conversations that changed.

    A conversation that somebody holds right now is left for the next look, a second later. Several may climb at once.
    """
    return [each for each in _free(session, now) if _climb_alone(session, community, each, now)]


def settled(session: Session, notice: Notice, outcome: str, now: datetime) -> None:
    """What became of a notice that was a page: ``outcome`` is sent, delivered, or why it failed (wrong_number,
    opted_out, no_device, failed, ...).

    The caller holds the notice, so no earlier lock may be taken here: the climb finds what failed within a second, and
    goes on at once when nobody else was reached on that rung.
    """
    state = OUTCOMES.get(outcome, FAILED)
    before = LIVING if state == FAILED else tuple(each for each in LIVING if each != state)
    values = {"state": state} | ({"why": outcome, "settled_at": now} if state == FAILED else {})
    if state == SENT:
        before = (PLANNED,)  # a receipt may come first
    session.execute(update(Page).where(Page.notice_id == notice.id, Page.state.in_(before)).values(**values))


def rungs_of(community: Community, row: Escalation) -> tuple[Rung, ...]:
    """The rungs of this escalation. A drill tries those of an emergency that are for people who know that it may come:
    on shift, then the supervisors; it is no resident's, and calls nobody who is off."""
    ladder = community.paging.ladder
    if row.drill:
        return tuple(rung for rung in ladder.emergency if rung.whom in {"on_shift", "supervisors"})
    return {"emergency": ladder.emergency, "urgent": ladder.urgent}.get(row.level, ladder.routine)


def finished(community: Community, row: Escalation) -> bool:
    """Whether the last rung was climbed."""
    return row.rung >= len(rungs_of(community, row)) - 1


def _free(session: Session, now: datetime) -> Sequence[int]:
    """Conversations with a ladder that has something to do, the most dangerous first, locked."""
    failed = exists().where(Page.escalation_id == Escalation.id, Page.state == FAILED, Page.times_out_at.is_not(None))
    return session.scalars(
        select(Conversation.id)
        .join(Escalation, Escalation.conversation_id == Conversation.id)
        .where(
            Escalation.status == WAITING,
            or_(Escalation.next_page_at <= now, Escalation.next_page_at.is_(None), failed),
        )
        .order_by(DANGER_FIRST, Escalation.next_page_at, Escalation.id)
        .limit(AT_ONCE)
        .with_for_update(key_share=True, skip_locked=True, of=Conversation)
    ).all()


def _climb_alone(session: Session, community: Community, conversation_id: int, now: datetime) -> bool:
    """Climb one ladder so that its failure undoes nothing of the others; it is noted, and tried again.

    Only a store that is gone ends the whole look.
    """
    row = session.scalar(
        select(Escalation)
        .where(Escalation.conversation_id == conversation_id, Escalation.status == WAITING)
        .execution_options(populate_existing=True)
    )
    if row is None:
        return False
    escalation_id = row.id
    try:
        with session.begin_nested():
            return _climb(session, community, row, now)
    except OperationalError:
        raise
    except Exception:
        log.exception("a ladder could not be climbed", extra={"escalation": escalation_id})
        tried = update(Escalation).where(Escalation.id == escalation_id)
        session.execute(tried.values(next_page_at=now + REPAIR))
        audit.note(session, now, "ladder_failed", "escalation", escalation_id)
        return False


def _climb(session: Session, community: Community, row: Escalation, now: datetime) -> bool:
    if row.ladder_since is None or row.next_page_at is None:  # it waits, and nothing would ever ask anybody
        paging.page(session, row, now)
    rungs = rungs_of(community, row)
    due, last = row.next_page_at is not None and row.next_page_at <= now, row.rung >= len(rungs) - 1
    if not due and (not _all_failed(session, row, rungs) or last or rungs[row.rung + 1].means == TOLD):
        return False  # somebody may still answer, or nobody is left who could be asked sooner
    if not last and now < _time_of(row, rungs[row.rung + 1].after) and not _is_stuck(session, row, rungs):
        row.next_page_at = _next(row, rungs, row.rung, now)
        _keep_time_of_console(session, row)
        return True
    _time_out(session, row, now)
    if last:
        _ask_again(session, community, row, rungs, now)
    else:
        _go_on(session, community, row, rungs, now)
    if finished(community, row):
        row.rung = ENDED
    return True


def _go_on(session: Session, community: Community, row: Escalation, rungs: Sequence[Rung], now: datetime) -> None:
    """Climb the next rungs: those of one time together; further at once, in danger, while they reach nobody."""
    while row.rung < len(rungs) - 1:
        first = row.rung + 1
        after = rungs[first].after
        last = max(index for index, rung in enumerate(rungs) if rung.after == after)
        if rungs[first].means == TOLD and now < _time_of(row, after):
            break
        row.next_page_at = _next(row, rungs, last, now)
        for index in range(first, last + 1):
            _fire(session, community, row, index, rungs[index], now)
        row.rung = last
        _keep_time_of_console(session, row)
        if not _is_stuck(session, row, rungs):
            break
    else:
        row.next_page_at = now + AGAIN
        return
    row.next_page_at = _next(row, rungs, row.rung, now)


def _ask_again(session: Session, community: Community, row: Escalation, rungs: Sequence[Rung], now: datetime) -> None:
    """After the last rung: in danger all on shift and the supervisors again, by each means that asked them; else only
    whoever came on shift since this ladder began. Who slept through a text and a call may hear the next one."""
    row.next_page_at = now + AGAIN
    assert row.ladder_since is not None  # noqa: S101 - a climb begins it
    since = now if _hurries(row) else row.ladder_since  # a supervisor on shift is of two rungs, and is called once
    done = set()
    for index, rung in enumerate(rungs):
        if (rung.means, rung.whom) in done:
            continue
        done.add((rung.means, rung.whom))
        if rung.whom == "on_shift":
            _fire(session, community, row, index, rung, now, since=since)
        elif rung.whom == "supervisors" and _hurries(row):
            _fire(session, community, row, index, rung, now, since=since)


def _next(row: Escalation, rungs: Sequence[Rung], last: int, now: datetime) -> datetime:
    if last + 1 >= len(rungs):
        return now + AGAIN
    return max(_time_of(row, rungs[last + 1].after), now + ONE_AT_A_TIME)


def _time_of(row: Escalation, after: int) -> datetime:
    assert row.ladder_since is not None  # noqa: S101 - a climb begins it
    return row.ladder_since + timedelta(seconds=after)


def _hurries(row: Escalation) -> bool:
    """A rung that reaches nobody is left at once in danger; who asked about food wakes no supervisor sooner for it."""
    return row.drill or Level(row.level) >= Level.URGENT


def _fire(  # noqa: PLR0913 - one rung, and for whom
    session: Session,
    community: Community,
    row: Escalation,
    index: int,
    rung: Rung,
    now: datetime,
    *,
    since: datetime | None = None,
) -> None:
    """Page the people of a rung; those who were paged by its means after ``since`` are left out."""
    if rung.means == TOLD:
        _tell_resident(session, row, now)
        return
    people = reaching.whom(session, community, row, rung.whom, rung.means, now)
    if since is not None:
        known = _paged(session, row, rung.means, since)
        people = [each for each in people if each.responder.id not in known]
        if not people:
            return
    for each in people:
        _page(session, community, row, index, rung, each, now)
    reached = sum(each.why is None for each in people)
    audit.note(
        session, now, "page", "escalation", row.id,
        rung=index, means=rung.means, whom=rung.whom, paged=reached, skipped=len(people) - reached,
    )  # fmt: skip


def _page(  # noqa: PLR0913 - one page, of which rung, to whom
    session: Session,
    community: Community,
    row: Escalation,
    index: int,
    rung: Rung,
    to: reaching.Reach,
    now: datetime,
) -> None:
    made = Page(escalation_id=row.id, responder_id=to.responder.id, means=rung.means, rung=index, sent_at=now,
                times_out_at=row.next_page_at, state=SENT)  # fmt: skip
    if to.why is not None:
        made.state, made.why, made.settled_at, made.times_out_at = SKIPPED, to.why, now, None
    elif rung.means != CONSOLE:
        made.state = PLANNED
        made.notice_id = _notice(session, community, row, rung.means, to.responder, now).id
    session.add(made)
    session.flush()


def _notice(  # noqa: PLR0913 - one notice, about what, to whom
    session: Session, community: Community, row: Escalation, means: str, responder: Responder, now: datetime
) -> Notice:
    about = "drill" if row.drill else row.level if row.level in {"emergency", "urgent"} else "routine"
    code = spoken.thread(row.code, aloud=means == VOICE)
    text = texts.say(f"page_{means}_{about}", responder.locale, code=code, name=community.called(responder.locale))
    return notices.queue(
        session, kind=DRILLS if row.drill else PAGES, means=means, text=text, language=responder.locale, now=now,
        responder_id=responder.id, escalation_id=row.id, priority=0 if _hurries(row) and not row.drill else 1,
    )  # fmt: skip


def _tell_resident(session: Session, row: Escalation, now: datetime) -> None:
    """Say plainly that nobody answers: once, and only where we may write."""
    if row.told_nobody_at is not None or row.drill:
        return
    conversation, contact = row.conversation, row.conversation.contact
    stopped = optout.in_force(session, contact.channel, contact.address_hash)
    unsafe = not conversations.may_be_told(conversation)
    row.told_nobody_at = now
    audit.note(session, now, "told_nobody", "escalation", row.id, said=not (stopped or unsafe))
    if stopped or unsafe:
        return
    known, key = conversation.language, EXHAUSTED if _asked_somebody(session, row) else REACHED_NOBODY
    for text in [texts.say(key, known)] if known else texts.each(key, None):
        conversations.say(session, conversation, text, "system", now, priority=delivery.EMERGENCY)


def _asked_somebody(session: Session, row: Escalation) -> bool:
    """Whether a page really left: it stands in somebody's queue, or their carrier took it."""
    on_console = and_(Page.means == CONSOLE, Page.state != SKIPPED)
    left = Notice.state.in_((notices.SENT, notices.DELIVERED))
    found = select(Page.id).outerjoin(Notice, Notice.id == Page.notice_id)
    return session.scalar(found.where(Page.escalation_id == row.id, or_(on_console, left)).limit(1)) is not None


def _paged(session: Session, row: Escalation, means: str, since: datetime) -> set[int]:
    """Who was paged by these means since then."""
    found = select(Page.responder_id).where(
        Page.escalation_id == row.id, Page.means == means, Page.sent_at >= since, Page.state != SKIPPED
    )
    return set(session.scalars(found))


def _keep_time_of_console(session: Session, row: Escalation) -> None:
    """The pages that began the ladder know no town's file, so no time to wait either: it is that of the first climb."""
    session.execute(
        update(Page)
        .where(Page.escalation_id == row.id, Page.state == SENT, Page.times_out_at.is_(None),
               Page.sent_at >= row.ladder_since)
        .values(times_out_at=row.next_page_at)
    )  # fmt: skip


def _time_out(session: Session, row: Escalation, now: datetime) -> None:
    late = (Page.escalation_id == row.id, Page.state.in_(LIVING), Page.times_out_at <= now)
    session.execute(update(Page).where(*late).values(state=TIMED_OUT, settled_at=now))


def _all_failed(session: Session, row: Escalation, rungs: Sequence[Rung]) -> bool:
    """Whether what failed leaves nobody of the rungs climbed last; each failure is looked at once."""
    session.execute(update(Page).where(Page.escalation_id == row.id, Page.state == FAILED).values(times_out_at=None))
    return _is_stuck(session, row, rungs)


def _is_stuck(session: Session, row: Escalation, rungs: Sequence[Rung]) -> bool:
    """Whether the next rung is tried before its time: in danger, where the ones before it reach nobody."""
    return _hurries(row) and not _lives(session, row, rungs)


def _lives(session: Session, row: Escalation, rungs: Sequence[Rung]) -> bool:
    """Whether somebody of the rungs climbed last may still answer. A console that nobody may be looking at is not
    enough where phones were to ring."""
    after = rungs[min(row.rung, len(rungs) - 1)].after
    group = [index for index, rung in enumerate(rungs) if rung.after == after]
    living = select(Page.id).where(
        Page.escalation_id == row.id, Page.state.in_(LIVING), Page.rung.in_(group), Page.sent_at >= row.ladder_since
    )
    if any(rungs[index].means in PHONES for index in group):
        living = living.where(Page.means != CONSOLE)
    return session.scalar(living.limit(1)) is not None
