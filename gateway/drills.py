"""The drill: once a night the ladder is tried on nobody's thread, and what became of it is kept.

It opens an escalation that is marked as a drill, on a contact that is no resident. Those on shift are paged as in an
emergency, then the supervisors, in words that say that it is a drill; whoever claims it first has passed it for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import audit, conversations, escalations, ladder, paging
from gateway.community import Community
from gateway.errors import Refused
from gateway.models import Contact, Drill, Escalation, Page
from gateway.risk import Level

CHANNEL = "drill"
PASSED, FAILED, BROKEN_OFF, SKIPPED = "passed", "failed", "broken_off", "skipped"
IN_DANGER, NOT_BEGUN = "danger", "not_begun"  # why one was skipped
WHY_SKIPPED = {
    IN_DANGER: "somebody waited in danger",
    NOT_BEGUN: "nothing began it within its hour: did the worker run?",
}
LAST_CHANCE = timedelta(minutes=2)  # after the last rung
STARTS_WITHIN = timedelta(hours=1)  # of its time of day: later, or while somebody is in danger, it waits for tomorrow
LAST_LOOK = timedelta(minutes=1)  # the end of that hour: whoever waits in danger now keeps it from beginning at all
OLD = timedelta(hours=36)  # with one each day a drill is no older than that, unless one is missing
LONGEST = timedelta(minutes=15)
DISPOSITION = "wrong_number"
ONE_AT_A_TIME = 720_913  # any constant: two workers must not both begin one


def start(session: Session, now: datetime, by: int | None = None) -> Drill | None:
    """Begin a drill now; None when one runs already. Raises :class:`Refused` while somebody waits in danger."""
    if _danger_waits(session):
        raise Refused(409, "drill_in_danger")
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    if running(session) is not None:
        return None
    values = {"channel": CHANNEL, "address_hash": CHANNEL, "created_at": now}
    session.execute(insert(Contact).values(**values).on_conflict_do_nothing())
    contact = session.scalars(
        select(Contact).where(Contact.channel == CHANNEL, Contact.address_hash == CHANNEL).with_for_update()
    ).one()
    conversation = conversations.of_contact(session, contact, now)
    row = escalations.open_(session, conversation, CHANNEL, Level.ROUTINE, now)
    row.drill = True
    made = Drill(escalation_id=row.id, started_at=now, detail={})
    session.add(made)
    session.flush()
    audit.note(session, now, "drill_start", "drill", made.id, by)
    return made


def watch(session: Session, community: Community, now: datetime) -> list[int]:
    """Begin what is due, or keep why it was not run, and end what was claimed, what nobody answered, or what runs while
    somebody waits in danger; returns the conversations that changed."""
    changed = []
    moment = _open_moment(session, community, now)
    if moment is not None:
        changed += _tonight(session, community, moment, now)
    drill = running(session)
    if drill is not None and drill.started_at < now and _end(session, community, drill, now):
        changed.append(_conversation(session, drill))
    return changed


def running(session: Session) -> Drill | None:
    """The drill that is not over."""
    return session.scalar(select(Drill).where(Drill.finished_at.is_(None)).order_by(Drill.id).limit(1))


def waits(session: Session, community: Community, now: datetime) -> bool:
    """Whether tonight's drill is due and waits, for up to its hour, until nobody waits in danger any more."""
    moment = _open_moment(session, community, now)
    return moment is not None and now < moment + STARTS_WITHIN and _danger_waits(session)


def last(session: Session) -> Drill | None:
    """The newest drill that is over."""
    return session.scalar(
        select(Drill).where(Drill.finished_at.is_not(None)).order_by(Drill.started_at.desc()).limit(1)
    )


def failed(session: Session) -> Drill | None:
    """The newest drill that failed, unless one passed after it; one that was broken off proves nothing."""
    found = _newest_of(session, PASSED, FAILED)
    return found if found is not None and found.outcome == FAILED else None


@dataclass(frozen=True)
class Lack:
    """Drills are on and none was run for so many ``days``, or never (None); ``why`` the last was skipped, if it was."""

    days: int | None
    why: str | None


def lack(session: Session, community: Community, now: datetime) -> Lack | None:
    """That the ladder was not tried for longer than a day and a half, though the town's file names a time for it."""
    proof, over = _newest_of(session, PASSED, FAILED), last(session)
    if community.paging.drill_at is None or (proof is not None and now - proof.started_at <= OLD):
        return None
    why = over.detail.get("why") if over is not None and over.outcome == SKIPPED else None
    return Lack((now - proof.started_at).days if proof else None, why)


def stale(session: Session, community: Community, now: datetime) -> int | None:
    """How many hours ago the last drill that passed began, where that is too long ago; None where drills are off."""
    found = _newest_of(session, PASSED)
    if community.paging.drill_at is None or found is None or now - found.started_at <= OLD:
        return None
    return int((now - found.started_at) / timedelta(hours=1))


def newest(session: Session, most: int = 14) -> list[Drill]:
    """The newest drills, the last first."""
    return list(session.scalars(select(Drill).order_by(Drill.started_at.desc()).limit(most)))


def lines(drill: Drill) -> Iterator[str]:
    """What came of a drill, for a terminal: its outcome, and each rung in counts."""
    answered = f" after {drill.detail['seconds']} s by {drill.detail['by']}" if drill.detail.get("by") else ""
    skipped = f": {WHY_SKIPPED[drill.detail['why']]}" if drill.outcome == SKIPPED else ""
    yield f"{drill.started_at:%F %H:%M} UTC  {drill.outcome}{answered}{skipped}"
    for rung in drill.detail.get("rungs", ()):
        why = f" ({rung['why']})" if rung["why"] else ""
        yield f"  {rung['after']:>4} s  {rung['means']:<8} {rung['people']} x {rung['state']}{why}"


def _tonight(session: Session, community: Community, moment: datetime, now: datetime) -> list[int]:
    """Begin tonight's drill, once a day and never beside somebody who waits in danger, or keep why it will not be run.

    Before the first one ever nothing can be told of a night on which nothing looked: the time may stand in the town's
    file since today.
    """
    end = moment + STARTS_WITHIN
    if now < end and not _danger_waits(session):
        made = start(session, now)
        return [_conversation(session, made)] if made else []
    if end - LAST_LOOK <= now < end:
        _skip(session, community, IN_DANGER, now)
    elif now >= end and session.scalar(select(Drill.id).limit(1)) is not None:
        _skip(session, community, NOT_BEGUN, now)
    return []


def _newest_of(session: Session, *outcomes: str) -> Drill | None:
    return session.scalar(select(Drill).where(Drill.outcome.in_(outcomes)).order_by(Drill.started_at.desc()).limit(1))


def _open_moment(session: Session, community: Community, now: datetime) -> datetime | None:
    """When tonight's drill was to begin, while none has begun since nor is running."""
    moment = _moment(community, now)
    if moment is None or running(session) is not None or _is_kept(session, moment):
        return None
    return moment


def _moment(community: Community, now: datetime) -> datetime | None:
    at = community.paging.drill_at
    if at is None:
        return None
    here = now.astimezone(community.clock)
    today = here.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today <= here else today - timedelta(days=1)


def _is_kept(session: Session, moment: datetime) -> bool:
    return session.scalar(select(Drill.id).where(Drill.started_at >= moment).limit(1)) is not None


def _skip(session: Session, community: Community, why: str, now: datetime) -> None:
    """Keep that tonight's drill was not run: a night without one must not look like a night that went well."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
    moment = _open_moment(session, community, now)
    if moment is None:
        return
    made = Drill(started_at=moment, finished_at=now, outcome=SKIPPED, detail={"why": why})
    session.add(made)
    session.flush()
    audit.note(session, now, "drill_skipped", "drill", made.id, why=why)


def _conversation(session: Session, drill: Drill) -> int:
    return session.get_one(Escalation, drill.escalation_id).conversation_id


def _end(session: Session, community: Community, drill: Drill, now: datetime) -> bool:
    assert drill.escalation_id is not None  # noqa: S101 - a drill is started with one
    conversation = escalations.lock(session, drill.escalation_id)
    row = session.get_one(Escalation, drill.escalation_id, populate_existing=True)
    session.refresh(drill, with_for_update=True)
    late = now >= drill.started_at + LONGEST or _asked_all(session, community, row, now)
    waits, danger = row.status == escalations.WAITING, _danger_waits(session)
    if drill.finished_at is not None or (waits and not late and not danger):
        return False
    drill.finished_at, drill.outcome = now, _outcome(waits=waits, late=late)
    drill.detail = _detail(session, row, drill)
    if row.status == escalations.CLAIMED and row.owner is not None:
        escalations.resolve(session, row.id, row.epoch, row.owner, DISPOSITION, now)
    elif row.status == escalations.WAITING:
        paging.settle(session, row.id, now, "drill_over")
        escalations.move(session, row.id, row.epoch, "end_drill", disposition=DISPOSITION, resolved_at=now)
    conversations.close(session, conversation, CHANNEL, now)
    audit.note(session, now, f"drill_{drill.outcome}", "drill", drill.id)
    return True


def _outcome(*, waits: bool, late: bool) -> str:
    if not waits:
        return PASSED
    return FAILED if late else BROKEN_OFF


def _danger_waits(session: Session) -> bool:
    """Whether somebody waits in danger: no page of a drill may ring beside theirs."""
    found = select(Escalation.id).where(
        Escalation.status == escalations.WAITING, Escalation.level.in_(("emergency", "urgent")), ~Escalation.drill
    )
    return session.scalar(found.limit(1)) is not None


def _asked_all(session: Session, community: Community, row: Escalation, now: datetime) -> bool:
    """Whether the last rung was climbed long enough ago."""
    newest_page: datetime | None = session.scalar(select(func.max(Page.sent_at)).where(Page.escalation_id == row.id))
    begun = newest_page or row.opened_at
    return ladder.finished(community, row) and now >= begun + LAST_CHANCE


def _detail(session: Session, row: Escalation, drill: Drill) -> dict[str, Any]:
    """What became of each rung, in counts: no name of anybody."""
    found = session.execute(
        select(Page.rung, Page.means, Page.state, Page.why, func.min(Page.sent_at), func.count())
        .where(Page.escalation_id == row.id)
        .group_by(Page.rung, Page.means, Page.state, Page.why)
        .order_by(Page.rung, Page.means, Page.state)
    )
    return {
        "seconds": int((row.claimed_at - drill.started_at).total_seconds()) if row.claimed_at else None,
        "by": row.owner_means or paging.CONSOLE if row.claimed_at else None,
        "rungs": [
            {
                "rung": rung, "means": means, "state": state, "why": why, "people": count,
                "after": int((at - drill.started_at).total_seconds()),
            }
            for rung, means, state, why, at, count in found
        ],
    }  # fmt: skip
