"""Who may see a resident's number: only where they may not be texted in danger, so that a call is the one way left."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gateway import audit, escalations, optout
from gateway.conversations import SMS, phone_contact, safe_to_text
from gateway.errors import Refused
from gateway.keys import Keys
from gateway.models import Escalation, Responder
from gateway.risk import Level

SHOWN_FOR = timedelta(minutes=30)
ACT = "show_number"


def may_call(session: Session, row: Escalation, responder: Responder) -> bool:
    """Whether this responder may see the number: the owner and supervisors may, while danger is open and the resident
    opted out of texts or said that one may be read by somebody else."""
    contact = phone_contact(row.conversation)
    theirs = row.owner_id == responder.id or responder.role in escalations.SUPERVISING
    open_danger = row.status != escalations.RESOLVED and Level(row.level) >= Level.URGENT
    on_sms = contact.channel == SMS and contact.address_sealed is not None
    return theirs and open_danger and on_sms and _may_not_be_texted(session, row)


def _may_not_be_texted(session: Session, row: Escalation) -> bool:
    contact = phone_contact(row.conversation)
    return not safe_to_text(row.conversation) or optout.in_force(session, contact.channel, contact.address_hash)


def show_number(session: Session, escalation_id: int, responder: Responder, now: datetime) -> Escalation:
    """Write down that this responder looks at the number; from now on their page shows it for half an hour.

    Raises :class:`Refused` with 404 for an unknown escalation and 403 where the number is not theirs to see.
    """
    row = session.get(Escalation, escalation_id)
    if row is None:
        raise Refused(404, "no_such_escalation")
    if not may_call(session, row, responder):
        raise Refused(403, "may_not_call")
    if not _shown(session, row, responder, now):
        audit.note(session, now, ACT, "escalation", row.id, responder.id)
    return row


def number(session: Session, keys: Keys, row: Escalation, responder: Responder, now: datetime) -> str | None:
    """The number, for a responder who asked for it lately and may still see it."""
    sealed = phone_contact(row.conversation).address_sealed
    if sealed is None or not may_call(session, row, responder) or not _shown(session, row, responder, now):
        return None
    return keys.open(sealed)


def _shown(session: Session, row: Escalation, responder: Responder, now: datetime) -> bool:
    return audit.lately(session, ACT, "escalation", row.id, responder.id, now, SHOWN_FOR)
