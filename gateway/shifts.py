"""Shifts: who works when, that their console can be heard, and hours in which nobody works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import audit, notices, paging, reaching, swaps, texts
from gateway.community import Community
from gateway.errors import Refused
from gateway.models import GapWarning, Responder, Shift
from gateway.models.people import EDITOR
from gateway.paging import NOT_WORKED

ENDED, CANCELLED, BEGUN = "ended", "cancelled", "begun"
LONGEST = timedelta(hours=36)
GAP = "gap"
NO_GAP = timedelta(minutes=1)  # between two who follow each other
# One that was ended early covers what was worked of it.
_END = case((Shift.state == ENDED, func.least(Shift.ends_at, Shift.ended_at)), else_=Shift.ends_at)


@dataclass(frozen=True)
class Span:
    """Some time in which nobody is on call."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Worked:
    """A shift, whose it is, and the languages that they write with residents."""

    shift: Shift
    name: str
    languages: Sequence[str] = ()


def plan(  # noqa: PLR0913 - a shift is these facts
    session: Session, by: Responder, responder_id: int, starts_at: datetime, ends_at: datetime, now: datetime
) -> Shift:
    """Put somebody on call once. Raises :class:`Refused` for who may not be, and for a time that is none."""
    who = session.get(Responder, responder_id)
    if who is None or not who.active or who.role == EDITOR:
        raise Refused(400, "not_on_call")
    if not starts_at < ends_at <= starts_at + LONGEST or ends_at <= now:
        raise Refused(400, "no_time")
    shift = Shift(responder_id=who.id, starts_at=starts_at, ends_at=ends_at, created_by=by.id)
    session.add(shift)
    session.flush()
    audit.note(session, now, "shift_plan", "shift", shift.id, by.id, who=who.id)
    return shift


def cancel(session: Session, by: Responder, shift_id: int, now: datetime) -> Shift:
    """Let a shift not be worked, or no longer. Raises :class:`Refused` when it is over."""
    shift = _running(session, shift_id, now)
    if shift.starts_at < now:
        shift.state, shift.ended_at = ENDED, now
    else:
        shift.state = CANCELLED
    swaps.void(session, [shift.id], now)
    audit.note(session, now, "shift_cancel", "shift", shift.id, by.id, who=shift.responder_id)
    return shift


def heard(session: Session, responder: Responder, now: datetime) -> Shift | None:
    """They are here and hear the console's alarm: their shift has begun. None when they are on no shift."""
    shift = of_now(session, responder, now, lock=True)
    if shift is not None and shift.sound_heard_at is None:
        shift.sound_heard_at = now
        shift.begun_at = shift.begun_at or now
        shift.state = BEGUN
        audit.note(session, now, "shift_begin", "shift", shift.id, responder.id)
    return shift


def end(session: Session, shift_id: int, responder: Responder, now: datetime) -> Shift:
    """Go off one's own shift before its time. Raises :class:`Refused` for somebody else's."""
    shift = _running(session, shift_id, now)
    if shift.responder_id != responder.id:
        raise Refused(403, "not_your_shift")
    if shift.starts_at >= now:
        raise Refused(409, "not_begun")
    shift.state, shift.ended_at = ENDED, now
    swaps.void(session, [shift.id], now)
    audit.note(session, now, "shift_end", "shift", shift.id, responder.id)
    return shift


def leave(session: Session, by: Responder, responder_id: int, now: datetime) -> None:
    """End what somebody works at this moment: they may answer nobody any more.

    What they were to work later covers nothing as long as that is so.
    """
    running = (Shift.responder_id == responder_id, Shift.starts_at < now, Shift.ends_at > now)
    of_theirs = select(Shift).where(*running, Shift.state.not_in(NOT_WORKED)).order_by(Shift.id)
    ended = session.scalars(of_theirs.with_for_update().execution_options(populate_existing=True)).all()
    for shift in ended:
        shift.state, shift.ended_at = ENDED, now
        audit.note(session, now, "shift_end", "shift", shift.id, by.id, who=responder_id)
    swaps.void(session, [shift.id for shift in ended], now)


def of_now(session: Session, responder: Responder, now: datetime, *, lock: bool = False) -> Shift | None:
    """The shift that this person works now; of several that overlap, the one that lasts longest.

    With ``lock`` nobody else can end it or take it before the transaction does.
    """
    found = (
        select(Shift)
        .where(
            Shift.responder_id == responder.id, Shift.starts_at <= now, Shift.ends_at > now,
            Shift.state.not_in(NOT_WORKED),
        )
        .order_by(Shift.ends_at.desc(), Shift.id)
        .limit(1)
    )  # fmt: skip
    return session.scalar(found.with_for_update().execution_options(populate_existing=True) if lock else found)


def between(session: Session, start: datetime, until: datetime) -> list[Worked]:
    """Every shift that is worked in this time, by when it begins."""
    found = session.execute(
        select(Shift, Responder.name, Responder.languages)
        .join(Responder, Responder.id == Shift.responder_id)
        .where(
            Responder.active, Responder.role != EDITOR, Shift.starts_at < until, Shift.ends_at > start,
            Shift.state.not_in(NOT_WORKED),
        )
        .order_by(Shift.starts_at, Shift.id)
    )  # fmt: skip
    return [Worked(shift, name, languages) for shift, name, languages in found]


def gaps(session: Session, now: datetime, until: datetime) -> list[Span]:
    """The times from ``now`` to ``until`` in which nobody is on call."""
    found, covered = [], now
    for worked in between(session, now, until):
        if worked.shift.starts_at > covered + NO_GAP:
            found.append(Span(covered, worked.shift.starts_at))
        covered = max(covered, worked.shift.ends_at)
    return [*found, Span(covered, until)] if covered + NO_GAP < until else found


def warn_gaps(session: Session, community: Community, now: datetime) -> int:
    """Warn of hours without anybody: supervisors, and those whose shift ends there, once; returns how many gaps.

    A town that never planned a shift is not warned: it does not promise anybody yet.
    """
    ahead = now + timedelta(minutes=community.shifts.gap_minutes)
    soon = [span for span in gaps(session, now, now + timedelta(days=7)) if span.starts_at <= ahead]
    warned = 0
    for span in soon:
        begins = span.starts_at if span.starts_at > now else _since(session, now)
        if begins is not None and _once(session, Span(begins, span.ends_at), now):
            _warn(session, community, begins, now)
            warned += 1
    return warned


def gap_warned(session: Session, now: datetime) -> GapWarning | None:
    """The gap that was warned of and is not over, if there is one: who fills it ends the warning."""
    row = session.scalar(
        select(GapWarning).where(GapWarning.ends_at > now).order_by(GapWarning.starts_at.desc()).limit(1)
    )
    if row is None:
        return None
    begins = max(now, row.starts_at)
    open_ = gaps(session, begins, begins + 2 * NO_GAP)
    return row if open_ else None


def _since(session: Session, now: datetime) -> datetime | None:
    """Since when nobody has been on call; None when nobody ever was."""
    # Of who left, what they worked until then: their later shifts covered nothing.
    worked = or_(
        Shift.state == ENDED,
        and_(Responder.role != EDITOR, or_(Responder.active, Shift.ends_at <= Responder.deactivated_at)),
    )
    since: datetime | None = session.scalar(
        select(func.max(_END))
        .join(Responder, Responder.id == Shift.responder_id)
        .where(Shift.state != CANCELLED, _END <= now, worked)
    )
    return since


def _once(session: Session, span: Span, now: datetime) -> bool:
    made = session.scalar(
        insert(GapWarning)
        .values(starts_at=span.starts_at, ends_at=span.ends_at, warned_at=now)
        .on_conflict_do_nothing(index_elements=["starts_at"])
        .returning(GapWarning.id)
    )
    if made is not None:
        audit.note(session, now, "gap_warned", "gap_warning", made)
    return made is not None


def _warn(session: Session, community: Community, begins: datetime, now: datetime) -> None:
    ending = session.scalars(
        select(Responder).join(Shift, Shift.responder_id == Responder.id)
        .where(Responder.active, Responder.role != EDITOR, Shift.ends_at == begins, Shift.state.not_in(NOT_WORKED))
    )  # fmt: skip
    people = {each.id: each for each in [*reaching.supervisors(session), *ending]}
    at = begins.astimezone(community.clock)
    for each in people.values():
        means = next((way for way in ("push", "sms") if reaching.why_not(session, each, way) is None), None)
        if means is not None:
            text = texts.say("shift_gap", each.locale, name=community.called(each.locale), time=f"{at:%H:%M}")
            notices.queue(session, kind=GAP, means=means, text=text, language=each.locale, now=now,
                          responder_id=each.id, priority=1)  # fmt: skip


def _running(session: Session, shift_id: int, now: datetime) -> Shift:
    shift = session.get(Shift, shift_id, with_for_update=True, populate_existing=True)
    if shift is None:
        raise Refused(404, "no_such_shift")
    if shift.ends_at <= now or shift.state in paging.NOT_WORKED:
        raise Refused(409, "shift_over")
    return shift
