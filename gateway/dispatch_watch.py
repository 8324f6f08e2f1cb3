"""What a clock sees of the teams: one that does not answer, does not leave or is not heard of, an SOS nobody took up.

And what stands until a person looks after it: a team that said no or asked for help, a resident who could not be told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from gateway import dispatch_telling, dispatches, escalations, paging
from gateway.community import Community
from gateway.dispatch_presses import ALARM_AGAIN
from gateway.dispatch_states import ACCEPTED, ASKED, ASSIGNED, ENDED, HEARD_OF, RUNNING, UNANSWERED
from gateway.handoff_packet import theirs
from gateway.models import Conversation, Dispatch, DispatchEvent, Escalation, Responder

AGAIN = timedelta(minutes=10)  # supervisors are told again until somebody does something
SOS, NO_ANSWER, NOT_HEARD, NOT_LEFT = "sos", "no_answer", "not_heard", "not_left"
MORE_HELP, SAID_NO, UNTOLD, OUTSIDE = "more_help", "said_no", dispatches.UNTOLD, dispatches.OUTSIDE_MISSED
MOST = 20  # in one go: the rest is seen in the next
NO_SIGN = frozenset((dispatches.NOTED, dispatches.UNTOLD, dispatches.OUTSIDE_MISSED, dispatches.OUTSIDE_HEARD))
"""Steps that say nothing of how the team is."""
STANDS = dict(zip(dispatches.STANDING, (MORE_HELP, UNTOLD, SAID_NO, OUTSIDE), strict=True))
"""Step that stands -> the alarm that it is."""

Alarm = tuple[Dispatch, Escalation, str, datetime]


class Step(NamedTuple):
    """One event of a dispatch: what was done and when; ``what`` is the step that somebody looks after."""

    act: str
    at: datetime
    what: str | None


def overdue(session: Session, community: Community, now: datetime) -> Iterable[int]:
    """Tell supervisors of every team that is overdue, and ring again for every open SOS; the conversations changed.

    An SOS comes first. A conversation that somebody holds right now is left for the next look; several may look.
    """
    found = session.execute(
        select(Dispatch.id, Dispatch.conversation_id)
        .join(Conversation, Conversation.id == Dispatch.conversation_id)
        .where(
            or_(Dispatch.state.in_(RUNNING), dispatches.SOS_OPEN),
            or_(Dispatch.answer_due_at <= now, Dispatch.check_in_due_at <= now),
        )
        .order_by(
            case((dispatches.SOS_OPEN, 0), else_=1), func.least(Dispatch.answer_due_at, Dispatch.check_in_due_at),
            Dispatch.id,
        )
        .limit(MOST)
        .with_for_update(key_share=True, skip_locked=True, of=Conversation)
    ).all()  # fmt: skip
    return [conversation_id for number, conversation_id in found if _late(session, community, number, now)]


def alarms(session: Session) -> list[Alarm]:
    """Every team that somebody must see to now: which, in which thread, why and since when."""
    found = session.execute(
        select(Dispatch, Escalation)
        .join(Escalation, Escalation.id == Dispatch.escalation_id)
        .where(or_(Dispatch.state.in_(RUNNING), dispatches.SOS_OPEN, Escalation.status != escalations.RESOLVED))
        .order_by(Dispatch.id)
    ).all()
    steps = _steps(session, [dispatch.id for dispatch, _ in found])
    newest = {dispatch.escalation_id: dispatch.id for dispatch, _ in found}
    told = [
        (dispatch, row, *_why(dispatch, row, steps[dispatch.id], last=newest[row.id] == dispatch.id))
        for dispatch, row in found
    ]
    return [(dispatch, row, kind, since) for dispatch, row, kind, since in told if kind and since]


def alarms_for(session: Session, responder: Responder, now: datetime) -> list[Alarm]:
    """Those that ask for this responder: an SOS asks for everybody, another alarm for the owner of the thread and for
    supervisors; while nobody owns it, for all who are on shift."""
    found = alarms(session)
    nobody_owns = any(row.owner_id is None for _, row, _, _ in found)
    on_shift = nobody_owns and responder.id in {each.id for each in paging.on_call(session, now)}
    return [each for each in found if each[2] == SOS or theirs(each[1], responder)
            or (on_shift and each[1].owner_id is None)]  # fmt: skip


def alarm(session: Session, dispatch: Dispatch) -> tuple[str | None, datetime | None]:
    """Why somebody must see to this team now, and since when; nothing where all is well."""
    row = session.get_one(Escalation, dispatch.escalation_id)
    newest = session.scalar(select(func.max(Dispatch.id)).where(Dispatch.escalation_id == row.id))
    return _why(dispatch, row, _steps(session, [dispatch.id])[dispatch.id], last=newest == dispatch.id)


def _why(
    dispatch: Dispatch, row: Escalation, steps: Sequence[Step], *, last: bool
) -> tuple[str | None, datetime | None]:
    if dispatches.sos_open(dispatch):
        return SOS, dispatch.sos_at
    stands = _stands(dispatch, row, steps, last=last)
    if stands is not None and stands.act != OUTSIDE:
        return STANDS[stands.act], stands.at
    if dispatch.state == UNANSWERED:
        return NO_ANSWER, dispatch.assigned_at
    heard = [step for step in steps if step.act not in NO_SIGN]
    if dispatch.state in HEARD_OF and heard and heard[-1].act in {NOT_HEARD, NOT_LEFT}:
        return heard[-1].act, heard[-1].at
    return (OUTSIDE, stands.at) if stands is not None else (None, None)  # a team that is silent goes before


def _stands(dispatch: Dispatch, row: Escalation, steps: Sequence[Step], *, last: bool) -> Step | None:
    """The gravest of what nobody looked after yet; a no is looked after by who prepares the next team."""
    if row.status == escalations.RESOLVED:
        return None
    noted = {_looked_after(step): place for place, step in enumerate(steps)}
    over = {act for act, moot in (("more_help", dispatch.state in ENDED), ("decline", not last)) if moot}
    open_ = {
        step.act: step for place, step in enumerate(steps) if step.act not in over and place > noted.get(step.act, -1)
    }
    return next((open_[act] for act in STANDS if act in open_), None)


def _looked_after(step: Step) -> str | None:
    """What this step puts an end to, if it does: somebody looks after it, or it has settled itself."""
    if step.act == dispatches.NOTED:
        return step.what
    return dispatches.OUTSIDE_MISSED if step.act == dispatches.OUTSIDE_HEARD else None


def _steps(session: Session, numbers: Sequence[int]) -> Mapping[int, list[Step]]:
    """What each team and the clock did, and that somebody looks after it, oldest first."""
    found: dict[int, list[Step]] = defaultdict(list)
    act = DispatchEvent.detail["act"].astext
    if numbers:
        wanted = or_(DispatchEvent.by.in_((dispatches.TEAM, dispatches.SYSTEM)), act == dispatches.NOTED)
        rows = session.execute(
            select(DispatchEvent.dispatch_id, act, DispatchEvent.at, DispatchEvent.detail["what"].astext)
            .where(DispatchEvent.dispatch_id.in_(numbers), wanted)
            .order_by(DispatchEvent.id)
        )
        for number, *told in rows:
            found[number].append(Step(*told))
    return found


def _late(session: Session, community: Community, dispatch_id: int, now: datetime) -> bool:
    locked = dispatches.lock(session, dispatch_id)
    dispatch, row, _ = locked
    silent = dispatch.check_in_due_at is not None and dispatch.check_in_due_at <= now
    if silent and dispatches.sos_open(dispatch):
        dispatch.check_in_due_at = now + ALARM_AGAIN
        dispatches.step(session, locked, now, "sos_again", dispatches.SYSTEM)
        dispatch_telling.everybody(session, row, "staff_sos", now)
        return True
    if dispatch.state in ASKED and dispatch.answer_due_at and dispatch.answer_due_at <= now:
        if dispatch.state == ASSIGNED:
            dispatches.move(session, locked, now, "miss", dispatches.SYSTEM)
        dispatch.answer_due_at = now + AGAIN
        dispatch_telling.supervisors(session, community, row, "staff_no_answer", now)
        return True
    if not silent:
        return False
    if dispatch.state not in HEARD_OF:
        dispatch.check_in_due_at = None
        return False
    dispatch.check_in_due_at = now + AGAIN
    act = NOT_LEFT if dispatch.state == ACCEPTED else NOT_HEARD
    dispatches.step(session, locked, now, act, dispatches.SYSTEM)
    dispatch_telling.supervisors(session, community, row, f"staff_{act}", now)
    return True
