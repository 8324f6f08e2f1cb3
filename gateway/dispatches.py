"""Sending a mobile team: drafted, sent, changed, called off by responders; the only module that moves a dispatch.

Every verb locks the conversation and then the dispatch, keeps what was done as an event, and notes it in the trail.
The team's own presses are in :mod:`gateway.dispatch_presses`, what a clock does in :mod:`gateway.dispatch_watch`
([decision 42](docs/decisions/0042-a-team-that-goes-out.md)).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from gateway import (
    audit,
    dispatch_facts,
    dispatch_links,
    dispatch_states,
    dispatch_telling,
    escalations,
    handoffs,
    teams,
)
from gateway.community import Community
from gateway.community_duty import Team
from gateway.dispatch_facts import ELIGIBLE, GIVEN, OVERRIDDEN, REFUSED
from gateway.dispatch_states import ACCEPTED, CLEAR, DRAFTED, ENDED, HEARD_OF, RUNNING, UNANSWERED
from gateway.errors import Conflict, Refused
from gateway.models import Conversation, Dispatch, DispatchEvent, Escalation, Responder

RESPONDER, TEAM, SYSTEM, RESIDENT = "responder", "team", "system", "resident"
NOTED, UNTOLD = "noted", "untold"
OUTSIDE_MISSED, OUTSIDE_HEARD = "outside_missed", "outside_heard"
STANDING = ("more_help", UNTOLD, "decline", OUTSIDE_MISSED)
"""What stands until a person says that they look after it, what is gravest first."""
CHECK_IN_MINUTES = 30  # of a team that is not in the town's file any more
SOS_OPEN = and_(
    Dispatch.sos_at.is_not(None), or_(Dispatch.sos_cleared_at.is_(None), Dispatch.sos_cleared_at < Dispatch.sos_at)
)
"""As :func:`sos_open`, for a query."""
Locked = tuple[Dispatch, Escalation, Conversation]


def under_way(session: Session, escalation_id: int) -> Dispatch | None:
    """The dispatch of a thread that is drafted or out, if there is one."""
    return session.scalar(select(Dispatch).where(Dispatch.escalation_id == escalation_id, Dispatch.state.not_in(ENDED)))


def refuse_while_out(session: Session, escalation_id: int) -> None:
    """Raise :class:`Refused` while a team is asked, on its way or there, and while its SOS is open, however it ended:
    its thread is not closed over its head. The conversation is locked from here on."""
    escalations.lock(session, escalation_id)
    found = under_way(session, escalation_id)
    if found is not None and found.state in RUNNING:
        raise Refused(400, "team_is_out")
    in_danger = select(Dispatch.id).where(Dispatch.escalation_id == escalation_id, SOS_OPEN)
    if session.scalar(in_danger.limit(1)) is not None:
        raise Refused(400, "team_sos")


def draft(session: Session, community: Community, escalation_id: int, responder: Responder, now: datetime) -> Dispatch:
    """Begin a dispatch with what the thread says; one that is under way is gone on with.

    Raises :class:`Refused` where the thread is not theirs to act on, and where the town has no team.
    """
    escalations.lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    _theirs(session, row, responder)
    found = under_way(session, row.id)
    if found is not None:
        return found
    if not community.teams:
        raise Refused(400, "no_such_team")
    known = dispatch_facts.prefilled(community, row)
    zip_code = row.conversation.answers.get("zip")
    fit = teams.fit(
        community, teams.members(session), known["needs"], zip_code, (), known["languages"],
        now.astimezone(community.clock),
    )  # fmt: skip
    made = Dispatch(
        escalation_id=row.id, conversation_id=row.conversation_id, state=DRAFTED, version=1, seen_version=0,
        team=fit[0].team.code if fit else community.teams[0].code, place_confirmed=False,
        place_precision=dispatch_facts.NEAR, checklist=[], eligibility=ELIGIBLE, reason_codes=[], safety_flags=[],
        roles_wanted=[], supplies=[], created_by=responder.id, created_at=now, **known,
    )  # fmt: skip
    session.add(made)
    session.flush()
    step(session, (made, row, row.conversation), now, "draft", RESPONDER, responder=responder)
    return made


def edit(  # noqa: PLR0913 - what is changed, by whom, on which page
    session: Session,
    community: Community,
    dispatch_id: int,
    version: int,
    changes: Mapping[str, Any],
    responder: Responder,
    now: datetime,
    *,
    public_url: str,
) -> Dispatch:
    """Change what the team is told; one that is out already gets a text that says what changed, and a link.

    A compare-and-set on ``version``: raises :class:`Conflict` when somebody changed it since the page was drawn.
    """
    locked = lock(session, dispatch_id)
    dispatch, row, _ = locked
    _theirs(session, row, responder)
    if dispatch.version != version or dispatch.state in ENDED:
        raise Conflict("dispatch_moved")
    made = dispatch_facts.cleaned(community, dispatch, changes)
    if not made:
        return dispatch
    if "place" in made and not made["place"] and dispatch.state != DRAFTED:
        raise Refused(400, "place_missing")
    asked_first = dispatch.team
    for name, value in made.items():
        setattr(dispatch, name, value)
    dispatch.version += 1
    step(session, locked, now, "edit", RESPONDER, responder=responder, changed=sorted(made))
    if "team" in made:
        dispatch_links.revoke(session, dispatch.id, now)  # who was asked first must not say yes now
        if dispatch.state == UNANSWERED:
            dispatch_telling.stop(session, row, asked_first, "team_other", now)
    elif dispatch.state in RUNNING - {UNANSWERED}:  # one that does not answer is asked again, and reads it then
        _tell_changed(session, locked, set(made), now, public_url)
    return dispatch


def send(  # noqa: PLR0913 - what is sent, by whom, from which page
    session: Session,
    community: Community,
    dispatch_id: int,
    version: int,
    responder: Responder,
    now: datetime,
    public_url: str,
) -> Dispatch:
    """Ask the team to go: its people get a link by text, and its answer is due after ``answer_minutes``.

    Also again, when nobody answered. Raises :class:`Refused` where a place, a leave (or a reason without one), an
    answer of the checklist or anybody in the team is missing, :class:`Conflict` when the page was stale.
    """
    locked = lock(session, dispatch_id)
    dispatch, row, _ = locked
    _theirs(session, row, responder)
    if dispatch.version != version or dispatch_states.after(dispatch.state, "send") is None:
        raise Conflict("dispatch_moved")
    team = teams.by_code(community, dispatch.team)
    if team is None or not teams.members(session, dispatch.team):
        raise Refused(400, "team_has_nobody")
    if not team.is_out(now.astimezone(community.clock)):
        raise Refused(400, "team_not_out")
    _may_go(team, dispatch, responder)
    move(session, locked, now, "send", RESPONDER, responder=responder, team=team.code)
    dispatch.answer_due_at = now + timedelta(minutes=team.answer_minutes)
    dispatch_telling.team(session, row, dispatch, "team_asked", now, public_url)
    return dispatch


def cancel(session: Session, dispatch_id: int, responder: Responder, now: datetime) -> Dispatch:
    """Call the team off; whoever was told that it comes is told that it does not."""
    locked = lock(session, dispatch_id)
    dispatch, row, _ = locked
    _theirs(session, row, responder)
    was = dispatch.state
    move(session, locked, now, "cancel", RESPONDER, responder=responder)
    if was in RUNNING:
        dispatch_telling.stop(session, row, dispatch.team, "team_stop", now)
    if dispatch.told_resident_at is not None:
        tell_resident(session, locked, "dispatch_not_coming", now)
    return dispatch


def safe(session: Session, community: Community, dispatch_id: int, responder: Responder, now: datetime) -> Dispatch:
    """Note that the team that pressed SOS is safe: somebody spoke with them. Also after the end of the dispatch, and of
    its thread: an SOS is open until a person ends it."""
    locked = lock(session, dispatch_id)
    dispatch, row, _ = locked
    if not may_end_sos(session, row, responder):
        raise Refused(403, "not_yours_to_send")
    if not sos_open(dispatch):
        raise Conflict("dispatch_moved")
    dispatch.sos_cleared_at = now
    dispatch.check_in_due_at = check_in_due(community, dispatch, now) if dispatch.state in HEARD_OF else None
    step(session, locked, now, "safe", RESPONDER, responder=responder)
    return dispatch


def may_end_sos(session: Session, row: Escalation, responder: Responder) -> bool:
    """Whether this responder may end an SOS; once the thread is closed it is nobody's, so anybody may."""
    return row.status == escalations.RESOLVED or handoffs.may_hand_over(session, row, responder)


def done(session: Session, dispatch_id: int, responder: Responder, now: datetime, disposition: str) -> Dispatch:
    """Note that the team told a responder that it is done, and how it ended: its phone may be dead.

    Raises :class:`Refused` for an end that is on no list, :class:`Conflict` unless the team is there.
    """
    locked = lock(session, dispatch_id)
    _theirs(session, locked[1], responder)
    if disposition not in dispatch_facts.DISPOSITIONS:
        raise Refused(400, "dispatch_field")
    move(session, locked, now, "done", RESPONDER, responder=responder, disposition=disposition)
    locked[0].disposition = disposition
    return locked[0]


def note(session: Session, dispatch_id: int, responder: Responder, now: datetime, what: str) -> Dispatch:
    """Note that a responder looks after what the team said, or what the resident could not be told: ``what`` is one of
    :data:`STANDING`, and the others stand."""
    locked = lock(session, dispatch_id)
    _theirs(session, locked[1], responder)
    if what not in STANDING:
        raise Refused(400, "dispatch_field")
    step(session, locked, now, NOTED, RESPONDER, responder=responder, what=what)
    return locked[0]


def tell_resident(session: Session, locked: Locked, key: str, now: datetime) -> None:
    """Say one fixed text to the resident; where nothing may be sent, a person must tell them, and it stands so."""
    if not dispatch_telling.resident(session, locked[2], key, now):
        step(session, locked, now, UNTOLD, SYSTEM, text=key)


def resident_says_no(session: Session, conversation: Conversation, message_id: int, now: datetime) -> bool:
    """The resident does not want the team: it is told so at once. False where no team can be stopped any more."""
    row = escalations.of_conversation(session, conversation.id)
    found = under_way(session, row.id) if row is not None else None
    if found is None:
        return False
    locked = lock(session, found.id)
    dispatch, row, _ = locked
    if dispatch.state == DRAFTED or dispatch_states.after(dispatch.state, "decline") is None:
        return False
    dispatch.resident_declined_at = now
    move(session, locked, now, "decline", RESIDENT, message=message_id)
    dispatch_telling.stop(session, row, dispatch.team, "team_said_no", now)
    return True


def resident_takes_back(session: Session, conversation: Conversation, message_id: int, now: datetime) -> bool:
    """The resident, who had agreed to a team, does not want one that was not sent yet: a draft stands without their
    leave from now on. False where they had not agreed, or a team is out."""
    if conversation.answers.get("team_consent") != "yes":
        return False
    row = escalations.of_conversation(session, conversation.id)
    found = under_way(session, row.id) if row is not None else None
    if found is None:
        return True
    locked = lock(session, found.id)
    dispatch = locked[0]
    if dispatch.state != DRAFTED:
        return False
    dispatch.consent, dispatch.consent_message_id = REFUSED, message_id
    dispatch.version += 1
    step(session, locked, now, "edit", RESIDENT, changed=["consent"])
    return True


def sos_open(dispatch: Dispatch) -> bool:
    """Whether the team pressed SOS and nobody has said since that it is safe, whatever became of the dispatch."""
    called, ended = dispatch.sos_at, dispatch.sos_cleared_at
    return called is not None and (ended is None or ended < called)


def check_in_due(community: Community, dispatch: Dispatch, now: datetime, eta: int | None = None) -> datetime:
    """By when the team must be heard of; one that says how long it takes, a little after that (``eta`` in minutes)."""
    found = teams.by_code(community, dispatch.team)
    minutes = found.check_in_minutes if found else CHECK_IN_MINUTES
    if eta is not None:
        minutes = eta + (found.answer_minutes if found else 0)
    return now + timedelta(minutes=minutes)


def lock(session: Session, dispatch_id: int) -> Locked:
    """A dispatch behind the locks of its conversation, read afresh. Raises :class:`Refused` with 404."""
    found = session.get(Dispatch, dispatch_id)
    if found is None:
        raise Refused(404, "no_such_dispatch")
    conversation = escalations.lock(session, found.escalation_id)
    dispatch = session.get_one(Dispatch, dispatch_id, populate_existing=True, with_for_update=True)
    return dispatch, session.get_one(Escalation, dispatch.escalation_id, populate_existing=True), conversation


def move(  # noqa: PLR0913 - who does what
    session: Session,
    locked: Locked,
    now: datetime,
    verb: str,
    by: str,
    *,
    responder: Responder | None = None,
    member_id: int | None = None,
    **detail: Any,
) -> DispatchEvent:
    """Say one verb: the state it leads to, its time, its event. Raises :class:`Conflict` where it may not be said."""
    dispatch = locked[0]
    before, state = dispatch.state, dispatch_states.after(dispatch.state, verb)
    if state is None:
        raise Conflict("dispatch_moved")
    dispatch.state = state
    if verb in dispatch_states.TIMES:
        setattr(dispatch, dispatch_states.TIMES[verb], now)
    if state in {ACCEPTED, *ENDED}:
        dispatch.answer_due_at = None
    if state in ENDED and before not in ENDED:
        dispatch.ended_at = now
        dispatch.check_in_due_at = dispatch.check_in_due_at if sos_open(dispatch) else None
    if state == CLEAR:
        dispatch_links.revoke(session, dispatch.id, now)
    return step(
        session, locked, now, verb, by, before=before, responder=responder, member_id=member_id, **detail
    )  # fmt: skip


def step(  # noqa: PLR0913 - an event is these facts
    session: Session,
    locked: Locked,
    now: datetime,
    verb: str,
    by: str,
    *,
    before: str | None = None,
    responder: Responder | None = None,
    member_id: int | None = None,
    **detail: Any,
) -> DispatchEvent:
    """Keep one step with the dispatch and in the thread's own history, and that its owner is at work."""
    dispatch, row, _ = locked
    told = {key: value for key, value in detail.items() if value not in (None, False, "", [])}
    event = DispatchEvent(
        dispatch_id=dispatch.id, at=now, by=by, responder_id=responder.id if responder else None, member_id=member_id,
        from_state=before or dispatch.state, state=dispatch.state, version=dispatch.version,
        detail={"act": verb} | told,
    )  # fmt: skip
    session.add(event)
    session.flush()
    who = {"dispatch": dispatch.id, "by": by} | ({"member": member_id} if member_id else {})
    noted = {key: value for key, value in told.items() if key not in {"press"}}
    audit.note(session, now, f"dispatch_{verb}", "escalation", row.id, event.responder_id, **who, **noted)
    if responder is not None and row.owner_id == responder.id:
        row.owner_acted_at = now
        session.flush()
    escalations.touch(session, row.id)
    return event


def _tell_changed(session: Session, locked: Locked, made: set[str], now: datetime, public_url: str) -> None:
    dispatch, row, _ = locked
    told = sorted(made & dispatch_facts.TEAM_IS_TOLD)
    if told:
        dispatch_telling.team(session, row, dispatch, "team_changed", now, public_url, told)
    if "place" in made and dispatch.told_resident_at is not None:
        tell_resident(session, locked, "dispatch_place_changed", now)


def _theirs(session: Session, row: Escalation, responder: Responder) -> None:
    if not handoffs.may_hand_over(session, row, responder):
        raise Refused(403, "not_yours_to_send")


def _may_go(team: Team, dispatch: Dispatch, responder: Responder) -> None:
    """Whether the team may be asked as the dispatch stands; notes whether a supervisor went over a question."""
    if not dispatch.place:
        raise Refused(400, "place_missing")
    if not (dispatch.place_confirmed and dispatch.consent == GIVEN) and not dispatch.consent_reason:
        raise Refused(400, "leave_missing")
    if dispatch_facts.unanswered(team, dispatch):
        raise Refused(400, "checklist_open")
    against = dispatch_facts.speaks_against(team, dispatch)
    if against and (responder.role not in escalations.SUPERVISING or not dispatch.reason_codes):
        raise Refused(400, "checklist_refuses")
    dispatch.eligibility = OVERRIDDEN if against else ELIGIBLE
