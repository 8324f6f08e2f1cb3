"""Whom a rung of the ladder reaches, in which order, and who cannot be reached by its means."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import paging, push_devices
from gateway.community import Community
from gateway.models import Assessment, Escalation, Responder, Shift
from gateway.models.people import EDITOR
from gateway.paging import RESTING

NEXT_WITHIN = timedelta(hours=24)  # who works later than that did not say that they may be called now
MUTED, NO_DEVICE, OPTED_OUT, UNVERIFIED = "muted", "no_device", "opted_out", "unverified"
SUPERVISING = ("supervisor", "admin")


@dataclass(frozen=True)
class Reach:
    """One person of a rung; ``why`` says why they are not paged, if they are not."""

    responder: Responder
    why: str | None = None


def available(session: Session, community: Community, row: Escalation, now: datetime) -> list[Responder]:
    """Who is on shift, does not rest and did not mute the theme; best first.

    First the desk that it was passed on to, then who speaks the resident's language, then who has room, then who has
    the least to do. When that leaves nobody, whoever is on shift: a rest matters less than that somebody comes.
    """
    return [reach.responder for reach in _on_shift(session, community, row, now) if reach.why is None]


def whom(  # noqa: PLR0913 - whom, by what, for what
    session: Session, community: Community, row: Escalation, who: str, means: str, now: datetime
) -> list[Reach]:
    """The people of a rung, each with the reason if they cannot be reached by ``means``; the next on the rota is one
    person, after those who could not be reached."""
    if who == "on_shift":
        people = _on_shift(session, community, row, now)
    elif who == "supervisors":
        people = [Reach(each) for each in supervisors(session)]
    else:
        people = [Reach(each) for each in next_on_rota(session, now)]
    found = [Reach(each.responder, each.why or why_not(session, each.responder, means)) for each in people]
    return _until_the_first(found) if who == "next_on_rota" else found


def _until_the_first(found: list[Reach]) -> list[Reach]:
    upto = next((index for index, each in enumerate(found) if each.why is None), len(found))
    return found[: upto + 1]


def next_on_rota(session: Session, now: datetime) -> list[Responder]:
    """Who is not on call now and comes on shift within 24 hours, the soonest first."""
    soonest = (
        select(Shift.responder_id, func.min(Shift.starts_at).label("starts_at"))
        .where(Shift.starts_at > now, Shift.starts_at <= now + NEXT_WITHIN, Shift.state.not_in(paging.NOT_WORKED))
        .group_by(Shift.responder_id)
        .subquery()
    )
    found = session.scalars(
        select(Responder)
        .join(soonest, soonest.c.responder_id == Responder.id)
        .where(Responder.active, Responder.role != EDITOR)
        .order_by(soonest.c.starts_at, Responder.id)
    )
    here = {each.id for each in paging.on_call(session, now)}
    return [each for each in found if each.id not in here]


def supervisors(session: Session) -> list[Responder]:
    """Every supervisor and admin, on shift or not, resting or not."""
    return list(
        session.scalars(
            select(Responder).where(Responder.active, Responder.role.in_(SUPERVISING)).order_by(Responder.id)
        )
    )


def why_not(session: Session, responder: Responder, means: str) -> str | None:
    """Why this person cannot be reached by ``means``; None when they can."""
    if means == paging.CONSOLE:
        return None
    if means == "push":
        return None if session.scalar(push_devices.living(responder.id).limit(1)) is not None else NO_DEVICE
    if responder.phone_sealed is None:
        return NO_DEVICE
    if responder.phone_verified_at is None:
        return UNVERIFIED
    return OPTED_OUT if means == "sms" and responder.texts_stopped_at is not None else None


def _on_shift(session: Session, community: Community, row: Escalation, now: datetime) -> list[Reach]:
    people = paging.on_call(session, now)
    if not people:
        return []
    away, themes, load = paging.resting(session, now), _themes(session, row), _load(session, community)

    def turn(each: Responder) -> tuple[bool, bool, bool, int, int]:
        speaks = row.conversation.language is None or row.conversation.language in each.languages
        of_desk = row.desk is None or belongs(community, row.desk, each)
        return (not of_desk, not speaks, load[each.id] >= each.capacity, load[each.id], each.id)

    people.sort(key=turn)
    why = {each.id: _put_off(each, away, themes) for each in people}
    if all(why.values()):
        return [Reach(each) for each in people]
    return [Reach(each, why[each.id]) for each in people]


def belongs(community: Community, code: str, each: Responder) -> bool:
    """Whether somebody is of a desk: by name, or because they have every skill that it asks for."""
    desk = next((desk for desk in community.desks if desk.code == code), None)
    return code in each.desks or (desk is not None and bool(desk.skills) and set(desk.skills) <= set(each.skills))


def _put_off(each: Responder, away: set[int], themes: set[str]) -> str | None:
    if each.id in away:
        return RESTING
    return MUTED if themes & set(each.muted_themes) else None


def _themes(session: Session, row: Escalation) -> set[str]:
    if row.message_id is None:
        return set()
    return set(session.scalar(select(Assessment.categories).where(Assessment.message_id == row.message_id)) or ())


def _load(session: Session, community: Community) -> dict[int, int]:
    weights = community.ownership.weights.model_dump()
    load: dict[int, int] = defaultdict(int)
    held = select(Escalation.owner_id, Escalation.level).where(Escalation.status == "claimed")
    for owner_id, level in session.execute(held):
        if owner_id is not None:
            load[owner_id] += weights.get(level, 1)
    return load
