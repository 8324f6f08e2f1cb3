"""What a thread shows of consent and of the question whether services helped."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gateway import follow_ups
from gateway.models import Consent, Contact

STATES = {
    "offered": "Offered, not answered yet",
    "agreed": "Said yes, not asked yet",
    "declined": "Said no",
    "asked": "Asked, no answer yet",
    "answered": "Answered",
    "no_answer": "Not answered",
    "void": "Cancelled",
}
RESULTS = {
    "got_it": "Got the help",
    "still_trying": "Still trying",
    "need_other_help": "Needs other help",
    "do_not_contact": "Does not want to be contacted",
}
REASONS = {
    "opted_out": "opted out",
    "danger": "danger showed",
    "person": "a person took over",
    "too_late": "could not be asked in time",
    "not_safe": "texts are not safe for them",
    "no_consent": "no consent",
}
BARRIERS = {
    "full": "full or a waitlist",
    "not_eligible": "did not qualify",
    "documents": "papers",
    "cost": "cost",
    "transport": "transport",
    "hours": "hours",
    "language": "language",
    "no_answer": "nobody answered",
    "treated_badly": "treated badly",
    "changed_mind": "changed their mind",
    "other": "other",
}


@dataclass(frozen=True)
class Shown:
    """The newest follow-up of a contact in plain words; ``consent`` is their answer to the offer, if they gave one."""

    state: str
    result: str | None
    barrier: str | None
    reason: str | None
    due_at: datetime | None
    consent: Consent | None


def of_contact(session: Session, contact: Contact) -> Shown | None:
    """The newest follow-up of a contact, or None where none was ever offered."""
    row = follow_ups.latest(session, contact.id)
    if row is None:
        return None
    return Shown(
        state=STATES[row.state],
        result=RESULTS.get(row.result or ""),
        barrier=BARRIERS.get(row.barrier_code or ""),
        reason=REASONS.get(row.void_reason or ""),
        due_at=row.due_at if row.state == follow_ups.AGREED else None,
        consent=session.get(Consent, row.consent_id) if row.consent_id else None,
    )
