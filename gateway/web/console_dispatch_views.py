"""How a mobile team is shown to responders: the panel beside a thread, and the page of one dispatch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import (
    closings,
    dispatch_facts,
    dispatch_states,
    dispatch_telling,
    dispatch_watch,
    dispatches,
    escalations,
    handoffs,
    optout,
    teams,
    webhook_lag,
)
from gateway.community_duty import Team
from gateway.door import Door
from gateway.models import Dispatch, DispatchEvent, Escalation, Responder, TeamMember
from gateway.teams import Choice
from gateway.web.console_dispatch_words import WORDS
from gateway.webhook_lag import Lag

WELFARE_ASKED = "team_request"


@dataclass(frozen=True)
class Panel:
    """What a thread shows of teams: whether one may be sent, those that were, and what rings."""

    may: bool
    made: Sequence[tuple[Dispatch, str, str | None, Lag | None]]
    wanted: bool
    words: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Shown:
    """One dispatch as its page shows it."""

    dispatch: Dispatch
    escalation: Escalation
    code: str
    team: Team | None
    team_name: str
    choices: Sequence[Choice]
    answers: Mapping[str, str]
    against: Sequence[str]
    needs: Sequence[str]
    languages: Sequence[str]
    roles: Sequence[str]
    may: bool
    editable: bool
    before: bool
    supervises: bool
    may_cancel: bool
    may_end: bool
    to_note: str | None
    may_end_sos: bool
    alarm: str | None
    running: bool
    unseen: bool
    no_texts: str | None
    lag: Lag | None
    events: Sequence[tuple[DispatchEvent, str | None]]


def panel(session: Session, door: Door, row: Escalation, who: Responder, _now: datetime) -> Panel | None:
    """The teams of the whole story, and the button for a new one."""
    made = session.scalars(
        select(Dispatch).where(Dispatch.escalation_id.in_(closings.chain(session, row))).order_by(Dispatch.id.desc())
    ).all()
    may = bool(door.community.teams) and handoffs.may_hand_over(session, row, who)
    if not made and not may:
        return None
    shown = [
        (each, _name(door, each), dispatch_watch.alarm(session, each)[0], webhook_lag.of_dispatch(session, each.id))
        for each in made
    ]
    free = not any(each.escalation_id == row.id and each.state not in dispatch_states.ENDED for each in made)
    return Panel(may and free, shown, row.reason == WELFARE_ASKED, WORDS)


def shown(  # noqa: PLR0913 - what a page is drawn from
    session: Session, door: Door, dispatch: Dispatch, row: Escalation, who: Responder, now: datetime
) -> Shown:
    """The dispatch with all that may be chosen for it."""
    town, team = door.community, teams.by_code(door.community, dispatch.team)
    members = teams.members(session)
    before = dispatch.state in {dispatch_states.DRAFTED, dispatch_states.UNANSWERED}
    may = handoffs.may_hand_over(session, row, who)
    alarm = dispatch_watch.alarm(session, dispatch)[0]
    return Shown(
        dispatch=dispatch,
        escalation=row,
        code=dispatch_telling.code(row),
        team=team,
        team_name=_name(door, dispatch),
        choices=teams.fit(town, members, dispatch.needs, None, dispatch.roles_wanted, dispatch.languages,
                          now.astimezone(town.clock)),
        answers={each["code"]: each["answer"] for each in dispatch.checklist},
        against=dispatch_facts.speaks_against(team, dispatch) if team else [],
        needs=_of_all(need for each in town.teams for need in each.needs),
        languages=_of_all(code for each in town.teams for code in each.languages),
        roles=_of_all(role for each in town.teams for role in each.roles),
        may=may,
        editable=may and dispatch.state not in dispatch_states.ENDED,
        before=before,
        supervises=who.role in escalations.SUPERVISING,
        may_cancel=may and dispatch_states.after(dispatch.state, "cancel") is not None,
        may_end=may and dispatch_states.after(dispatch.state, "done") is not None,
        to_note=next((act for act, kind in dispatch_watch.STANDS.items() if may and kind == alarm), None),
        may_end_sos=dispatches.sos_open(dispatch) and dispatches.may_end_sos(session, row, who),
        alarm=alarm,
        running=dispatch.state in dispatch_states.RUNNING,
        unseen=dispatch.state in dispatch_states.RUNNING and dispatch.seen_version < dispatch.version,
        no_texts=optout.why_no_text(session, row.conversation),
        lag=webhook_lag.of_dispatch(session, dispatch.id),
        events=_events(session, dispatch),
    )  # fmt: skip


def _events(session: Session, dispatch: Dispatch) -> list[tuple[DispatchEvent, str | None]]:
    """Every step with the name of who took it, the newest first."""
    found = session.execute(
        select(DispatchEvent, Responder.name, TeamMember.name)
        .outerjoin(Responder, Responder.id == DispatchEvent.responder_id)
        .outerjoin(TeamMember, TeamMember.id == DispatchEvent.member_id)
        .where(DispatchEvent.dispatch_id == dispatch.id)
        .order_by(DispatchEvent.id.desc())
    )
    return [(event, responder or member) for event, responder, member in found]


def _name(door: Door, dispatch: Dispatch) -> str:
    team = teams.by_code(door.community, dispatch.team)
    return team.name if team else dispatch.team


def _of_all(codes: Any) -> list[str]:
    return list(dict.fromkeys(codes))
