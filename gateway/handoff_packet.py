"""What a hand-off holds and what is read of it: the facts before and after it is told, its number, its acts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, escalations, handoff911
from gateway.conversations import phone_contact
from gateway.errors import Refused
from gateway.handoff911 import RESPONDER, Fact, Said
from gateway.keys import Keys
from gateway.models import Escalation, Handoff, HandoffEvent, Responder

PREPARED, CLOSED = "prepared", "closed"
LOOKED = ("shown", "printed", "downloaded")
NOTED_EVERY = timedelta(minutes=10)
NUMBER = "handoff_number"
NUMBER_FOR = timedelta(hours=12)  # after it was told: the centre may call back and ask
PRIVATE = frozenset(("partner_violence", "trafficking"))


def known(handoff: Handoff, row: Escalation, said: Said, responder: Responder, now: datetime) -> list[Fact]:
    """The facts as they are now, until they are told; then as they were told, and what responders added since."""
    held = kept(handoff)
    if handoff.state != PREPARED:
        return held
    fresh = handoff911.facts(row, said, responder, now)
    return for_service([*fresh, *(each for each in held if _typed(each))], handoff.to)


def for_service(known_now: Sequence[Fact], to: str) -> list[Fact]:
    """What of it this service is told."""
    names = handoff911.names_for(to)
    return [each for each in known_now if each.name in names]


def since_told(handoff: Handoff, row: Escalation, said: Said, responder: Responder, now: datetime) -> list[Fact]:
    """What has become known since it was told, and so must be told again; nothing before."""
    if handoff.told_at is None:
        return []
    held = kept(handoff)
    told = {(each.name, each.value) for each in held if not (_typed(each) and _after(each, handoff.told_at))}
    fresh = for_service([*handoff911.facts(row, said, responder, now), *held], handoff.to)
    new = [each for each in fresh if each.value is not None and each.name != "caller"]
    return list({(each.name, each.value): each for each in new if (each.name, each.value) not in told}.values())


def packed(known_now: Sequence[Fact]) -> dict[str, Any]:
    """The facts as a packet keeps them."""
    return {"facts": [each.to_dict() for each in known_now]}


def kept(handoff: Handoff) -> list[Fact]:
    """The facts that a packet holds: those of its making or telling, and what responders added."""
    return [Fact.from_dict(each) for each in handoff.packet.get("facts", [])]


def looked_at(session: Session, handoff: Handoff, responder: Responder, act: str, now: datetime) -> None:
    """Write down that somebody saw, printed or downloaded it; within ten minutes that is one look."""
    before = select(HandoffEvent.id).where(
        HandoffEvent.handoff_id == handoff.id, HandoffEvent.responder_id == responder.id,
        HandoffEvent.act == act, HandoffEvent.at > now - NOTED_EVERY,
    )  # fmt: skip
    if act not in LOOKED:
        raise Refused(400, "unknown_act")
    if session.scalar(before.limit(1)) is None:
        session.add(HandoffEvent(handoff_id=handoff.id, at=now, responder_id=responder.id, act=act, detail={}))
        audit.note(session, now, f"handoff_{act}", "handoff", handoff.id, responder.id)


def number(  # noqa: PLR0913 - whose packet, read by whom and when
    session: Session, keys: Keys, handoff: Handoff, row: Escalation, responder: Responder, now: datetime
) -> str | None:
    """The resident's number, to be told with the packet; that it was looked at is written down.

    For the owner, who made the hand-off, and supervisors; while the thread is open, and twelve hours after telling.
    """
    sealed = phone_contact(row.conversation).address_sealed
    concerned = theirs(row, responder) or handoff.created_by == responder.id
    told_lately = handoff.told_at is not None and handoff.told_at > now - NUMBER_FOR
    still = row.status != escalations.RESOLVED or told_lately
    if sealed is None or not (concerned and still and handoff.state != CLOSED):
        return None
    if not audit.lately(session, NUMBER, "escalation", row.id, responder.id, now, NOTED_EVERY):
        audit.note(session, now, NUMBER, "escalation", row.id, responder.id, handoff=handoff.id)
    return keys.open(sealed)


def of_thread(session: Session, escalation_ids: Sequence[int]) -> list[Handoff]:
    """The hand-offs of one or more threads, the newest first."""
    wanted = select(Handoff).where(Handoff.escalation_id.in_(escalation_ids))
    return list(session.scalars(wanted.order_by(Handoff.id.desc())))


def events(session: Session, handoff: Handoff) -> list[tuple[HandoffEvent, str]]:
    """Every act on it with who did it, in order."""
    taken = select(HandoffEvent, Responder.name).join(Responder, Responder.id == HandoffEvent.responder_id)
    rows = session.execute(taken.where(HandoffEvent.handoff_id == handoff.id).order_by(HandoffEvent.id))
    return [(event, name) for event, name in rows]


def is_private(categories: Sequence[str]) -> bool:
    """Whether somebody who is feared may read the resident's phone: then no text of ours says what was told."""
    return not PRIVATE.isdisjoint(categories)


def theirs(row: Escalation, responder: Responder) -> bool:
    """Whether the thread is this responder's own, or theirs to watch over."""
    return row.owner_id == responder.id or responder.role in escalations.SUPERVISING


def _typed(fact: Fact) -> bool:
    return fact.source == RESPONDER and fact.name != "caller"


def _after(fact: Fact, told_at: datetime) -> bool:
    return fact.at is not None and fact.at > told_at
