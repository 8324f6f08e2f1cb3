"""Which follow-up of a contact is under way, and what speaks against asking or offering one."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, or_, select
from sqlalchemy.orm import Session

from gateway import consents, escalations
from gateway.conversations import with_contact
from gateway.models import Assessment, Conversation, Escalation, FollowUp, Lowering
from gateway.risk import Level

NONE_UNDER_WAY = "no follow-up is under way"  # made out in a scene, under the contact's lock
DANGER = [level.value for level in Level if level >= Level.URGENT]


def under_way(session: Session, contact_id: int) -> FollowUp | None:
    """The follow-up of a contact that is offered, agreed to or asked."""
    with session.no_autoflush:  # what else a session has to write is not about follow-ups, which are written at once
        return session.scalar(_UNDER_WAY, {"contact_id": contact_id})


def is_under_way(contact_id: Any) -> ColumnElement[bool]:
    """Whether there is one: a part for questions that are about something else, too."""
    return select(FollowUp.id).where(*_is_of(contact_id)).exists()


def _is_of(contact_id: Any) -> tuple[ColumnElement[bool], ...]:
    return FollowUp.contact_id == contact_id, FollowUp.state.in_(consents.UNDER_WAY)


def against(session: Session, contact_id: int, since: datetime) -> str | None:
    """``danger`` where any message or person showed it since then, also when it is over; ``person`` where a responder
    is asked for or took over since then."""
    _write_danger(session)
    with session.no_autoflush:  # the rest of what a session has to write is not asked about
        return session.scalar(_REASON, {"contact_id": contact_id, "since": since})


def under_way_and_against(session: Session, contact_id: int) -> tuple[FollowUp | None, str | None]:
    """The follow-up of a contact that is under way, and what came up since it was offered (:func:`against`).

    Asked together after each turn that ends a dialogue.
    """
    _write_danger(session)
    with session.no_autoflush:
        found = session.execute(_UNDER_WAY_AND_AGAINST, {"contact_id": contact_id}).first()
    return (found[0], found[1]) if found is not None else (None, None)


def _write_danger(session: Session) -> None:
    if any(isinstance(row, Assessment | Escalation | Lowering) for row in (*session.new, *session.dirty)):
        session.flush()


def _reason(since: Any) -> Select[str | None]:
    threads = select(Conversation.id).where(with_contact(bindparam("contact_id")))
    mine = Escalation.conversation_id.in_(threads)
    shown = select(Assessment.id).where(
        Assessment.conversation_id.in_(threads), Assessment.level.in_(DANGER), Assessment.created_at >= since
    )
    raised = select(Escalation.id).where(mine, Escalation.level.in_(DANGER), Escalation.opened_at >= since)
    lowered = (
        select(Lowering.id)
        .join(Escalation, Escalation.id == Lowering.escalation_id)
        .where(mine, Lowering.from_level.in_(DANGER), Lowering.at >= since)
    )
    person = select(Escalation.id).where(
        mine, or_(Escalation.status != escalations.RESOLVED, Escalation.claimed_at >= since)
    )
    danger = or_(shown.exists(), raised.exists(), lowered.exists())
    return select(case((danger, "danger"), (person.exists(), "person")))


# Once: they are asked for with every text or turn, and take longer to put together than to answer.
_UNDER_WAY = select(FollowUp).where(*_is_of(bindparam("contact_id")))
_REASON = _reason(bindparam("since", type_=Escalation.opened_at.type))
_UNDER_WAY_AND_AGAINST = _UNDER_WAY.add_columns(_reason(FollowUp.offered_at).correlate(FollowUp).scalar_subquery())
