"""What a team does from its page: one press, one step, however often a bad line sends it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import dispatch_links, dispatch_states, dispatch_telling, dispatches, teams
from gateway.community import Community
from gateway.dispatch_facts import DISPOSITIONS
from gateway.dispatch_states import HEARD_OF
from gateway.errors import Conflict, Refused
from gateway.models import DispatchEvent, DispatchLink

LONGEST_ETA = 240  # minutes
SUPPLIES = ("water", "food", "blanket", "clothes", "hygiene", "naloxone", "first_aid", "ride")
OUTCOME = ("police", "force", "hold", "injury", "voluntary")
ALARM_AGAIN = timedelta(minutes=2)  # an SOS that nobody has cleared rings again


@dataclass(frozen=True)
class Press:
    """One press: which verb, a ``key`` that stays the same when it is sent again, the ``version`` that was shown.

    ``eta`` are minutes; ``disposition``, ``supplies`` and ``outcome`` come with "clear".
    """

    verb: str
    key: str
    version: int
    eta: int | None = None
    disposition: str | None = None
    supplies: tuple[str, ...] = ()
    outcome: dict[str, bool] = field(default_factory=dict)


def press(
    session: Session, community: Community, link: DispatchLink, pressed: Press, now: datetime
) -> dispatches.Locked:
    """Do what was pressed; the same press again changes nothing.

    Raises :class:`Conflict` where it may not be said (any more), :class:`Refused` for what is on no list, and with 404
    for a link that ended while the press waited.
    """
    if pressed.verb not in (*dispatch_states.TEAM_VERBS, *dispatch_states.TEAM_MARKS):
        raise Refused(400, "unknown_press")
    locked = dispatches.lock(session, link.dispatch_id)
    dispatch = locked[0]
    if _pressed_before(session, dispatch.id, pressed.key):
        return locked
    if not dispatch_links.holds(session, link, now):
        raise Refused(404, "link_gone")
    if dispatch_states.after(dispatch.state, pressed.verb) is None:
        raise Conflict("dispatch_moved")
    detail = _facts(locked, pressed)
    dispatches.move(
        session, locked, now, pressed.verb, dispatches.TEAM, member_id=link.member_id, press=pressed.key[:40], **detail
    )
    if pressed.verb == "sos":
        dispatch.check_in_due_at = now + ALARM_AGAIN
    elif dispatch.state in HEARD_OF and not dispatches.sos_open(dispatch):  # no other press puts off an open SOS
        eta = pressed.eta if pressed.verb == "accept" else None
        dispatch.check_in_due_at = dispatches.check_in_due(community, dispatch, now, eta)
    _tell(session, community, locked, link.member_id, pressed, now)
    return locked


def _pressed_before(session: Session, dispatch_id: int, key: str) -> bool:
    same = select(DispatchEvent.id).where(
        DispatchEvent.dispatch_id == dispatch_id, DispatchEvent.detail["press"].astext == key[:40]
    )
    return session.scalar(same.limit(1)) is not None


def _facts(locked: dispatches.Locked, pressed: Press) -> dict[str, Any]:
    """Keep what came with the press; returns what stands in its event."""
    dispatch = locked[0]
    if pressed.verb == "seen":
        # Never further than what there is: a page may not say that it saw what nobody wrote yet.
        dispatch.seen_version = max(dispatch.seen_version, min(pressed.version, dispatch.version))
        return {"seen": dispatch.seen_version}
    if pressed.verb in {"accept", "go"}:
        dispatch.seen_version = max(dispatch.seen_version, min(pressed.version, dispatch.version))
        if pressed.eta is None:
            return {}
        if not 0 < pressed.eta <= LONGEST_ETA:
            raise Refused(400, "unknown_press")
        changed, dispatch.eta_minutes = pressed.eta != dispatch.eta_minutes, pressed.eta
        return {"eta": pressed.eta, "changed": changed}
    if pressed.verb == "clear":
        return _ended(locked, pressed)
    return {}


def _ended(locked: dispatches.Locked, pressed: Press) -> dict[str, Any]:
    dispatch = locked[0]
    known = pressed.disposition in DISPOSITIONS and set(pressed.supplies) <= set(SUPPLIES)
    if not known or not set(pressed.outcome) <= set(OUTCOME):
        raise Refused(400, "unknown_press")
    dispatch.disposition, dispatch.supplies = pressed.disposition, list(pressed.supplies)
    dispatch.outcome = {name: pressed.outcome.get(name, False) for name in OUTCOME}
    return {"disposition": pressed.disposition}


def _tell(  # noqa: PLR0913 - who pressed what
    session: Session, community: Community, locked: dispatches.Locked, member_id: int, pressed: Press, now: datetime
) -> None:
    """Who else hears of it: the resident of who comes, supervisors of a no and of a call for help, and of a no the
    others of the team too, who may be on their way."""
    dispatch, row, conversation = locked
    verb, team = pressed.verb, teams.by_code(community, dispatch.team)
    told = dispatch.told_resident_at is not None
    if team is not None and (verb == "accept" or (verb == "go" and told)):
        dispatch_telling.coming(session, conversation, dispatch, team, now, pressed.eta)
    elif verb == "decline":
        dispatch_telling.stop(session, row, dispatch.team, "team_one_said_no", now, but=member_id)
        dispatch_telling.supervisors(session, community, row, "staff_team_declined", now)
        if told:
            dispatches.tell_resident(session, locked, "dispatch_not_coming", now)
    elif verb == "more_help":
        dispatch_telling.supervisors(session, community, row, "staff_more_help", now)
    elif verb == "sos":
        dispatch_telling.everybody(session, row, "staff_sos", now)
