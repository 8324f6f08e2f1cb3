"""What a thread shows of consent and of the question whether services helped."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from gateway import follow_ups
from gateway.marking import N_
from gateway.models import Consent, Contact

STATES = {
    "offered": N_("Offered, not answered yet"),
    "agreed": N_("Said yes, not asked yet"),
    "declined": N_("Said no"),
    "asked": N_("Asked, no answer yet"),
    "answered": N_("Answered"),
    "no_answer": N_("Not answered"),
    "void": N_("Cancelled"),
}
RESULTS = {
    "got_it": N_("Got the help"),
    "still_trying": N_("Still trying"),
    "need_other_help": N_("Needs other help"),
    "do_not_contact": N_("Does not want to be contacted"),
}
REASONS = {
    "opted_out": N_("opted out"),
    "danger": N_("danger showed"),
    "person": N_("a person took over"),
    "too_late": N_("could not be asked in time"),
    "not_safe": N_("texts are not safe for them"),
    "no_consent": N_("no consent"),
}
BARRIERS = {
    "full": N_("full or a waitlist"),
    "not_eligible": N_("did not qualify"),
    "documents": N_("papers"),
    "cost": N_("cost"),
    "transport": N_("transport"),
    "hours": N_("hours"),
    "language": N_("language"),
    "no_answer": N_("nobody answered"),
    "treated_badly": N_("treated badly"),
    "changed_mind": N_("changed their mind"),
    "other": N_("other"),
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
