"""Who works here and as what: roles, and the end of somebody's time; each takes effect with the next request."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway import audit, escalations, invitations, log_ins, ownership, phones, shifts
from gateway.errors import Refused
from gateway.models import Escalation, PushSubscription, Responder
from gateway.models.people import EDITOR

ADMIN = "admin"


def everybody(session: Session) -> Sequence[Responder]:
    """All people, those who still work here first, by name."""
    return session.scalars(select(Responder).order_by(Responder.active.desc(), Responder.name, Responder.id)).all()


def change_role(session: Session, by: Responder, responder_id: int, role: str, now: datetime) -> list[int]:
    """Give somebody another role; who may answer nobody any more gives their threads back.

    Returns the conversations that changed. Raises :class:`Refused` for an unknown role, for oneself, and for the last
    admin.
    """
    if role not in log_ins.ROLES:
        raise Refused(400, "unknown_role")
    changed = _leave_work(session, by, responder_id, now) if role == EDITOR else []
    who = _somebody_else(session, by, responder_id)
    before, who.role = who.role, role
    _keep_an_admin(session)
    if role != ADMIN:
        invitations.revoke_of(session, who.id, now, by.id)
    audit.note(session, now, "change_role", "responder", who.id, by.id, before=before, role=role)
    return changed


def deactivate(session: Session, by: Responder, responder_id: int, now: datetime) -> list[int]:
    """End somebody's time here: no log-in, no push, no phone, no shift, no thread of theirs any more, and no link
    that they made works.

    Returns the conversations that changed. Raises :class:`Refused` for oneself and for the last admin.
    """
    changed = _leave_work(session, by, responder_id, now)
    who = _somebody_else(session, by, responder_id)
    who.active, who.deactivated_at = False, now
    _keep_an_admin(session)
    invitations.revoke_of(session, who.id, now, by.id)
    phones.forget(who)
    log_ins.revoke_all(session, who.id, now, by.id, reason="deactivated")
    theirs = (PushSubscription.responder_id == who.id, PushSubscription.ended_at.is_(None))
    session.execute(update(PushSubscription).where(*theirs).values(ended_at=now))
    audit.note(session, now, "deactivate", "responder", who.id, by.id, given_back=len(changed))
    return changed


def activate(session: Session, by: Responder, responder_id: int, now: datetime) -> None:
    """Let somebody work here again; their phone must be verified anew. Raises :class:`Refused` with 404 for nobody."""
    who = session.get(Responder, responder_id)
    if who is None:
        raise Refused(404, "no_such_person")
    who.active, who.deactivated_at = True, None
    audit.note(session, now, "activate", "responder", who.id, by.id)


def log_out(session: Session, by: Responder, responder_id: int, now: datetime) -> int:
    """Log somebody out everywhere; returns how many log-ins that were. Raises :class:`Refused` with 404 for nobody."""
    if session.get(Responder, responder_id) is None:
        raise Refused(404, "no_such_person")
    return log_ins.revoke_all(session, responder_id, now, by.id, reason="by_admin")


def _leave_work(session: Session, by: Responder, responder_id: int, now: datetime) -> list[int]:
    """Put every thread of theirs back and end their shift, before any other row is locked: conversations, shifts,
    people is the order of locks."""
    if session.get(Responder, responder_id) is None:
        raise Refused(404, "no_such_person")
    mine = (Escalation.owner_id == responder_id, Escalation.status == escalations.CLAIMED)
    found = session.scalars(select(Escalation.id).where(*mine).order_by(Escalation.conversation_id)).all()
    changed = [each for key in found if (each := _give_back(session, key, responder_id, now)) is not None]
    shifts.leave(session, by, responder_id, now)
    return changed


def _give_back(session: Session, escalation_id: int, responder_id: int, now: datetime) -> int | None:
    """Put one thread back, as it stands once it is locked; its conversation, or None when it is theirs no more."""
    escalations.lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    if row.owner_id != responder_id or row.status != escalations.CLAIMED:
        return None
    return ownership.lapse(session, row.id, row.epoch, responder_id, now, "away").conversation_id


def _somebody_else(session: Session, by: Responder, responder_id: int) -> Responder:
    """The person, with every active admin locked, so that two admins cannot take each other's role at once."""
    admins = select(Responder.id).where(Responder.role == ADMIN, Responder.active).order_by(Responder.id)
    if by.id not in session.scalars(admins.with_for_update()).all():
        raise Refused(403, "admins_only")
    who = session.get(Responder, responder_id, populate_existing=True)
    if who is None:
        raise Refused(404, "no_such_person")
    if who.id == by.id:
        raise Refused(403, "not_oneself")
    return who


def _keep_an_admin(session: Session) -> None:
    session.flush()
    if session.scalar(select(Responder.id).where(Responder.role == ADMIN, Responder.active).limit(1)) is None:
        raise Refused(409, "last_admin")
