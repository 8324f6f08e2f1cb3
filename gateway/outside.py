"""Who comes by the town's own log-in: known here already, or nobody; no account is ever made by it."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gateway import audit, log_ins
from gateway.models import OidcIdentity, Responder


def match(  # noqa: PLR0913 - what the issuer says of somebody
    session: Session, issuer: str, subject: str, email: str, now: datetime, *, verified: bool
) -> Responder | None:
    """The person whom the issuer means by ``subject``; None when nobody here is.

    The first time they are found by their address, if the issuer has verified it; from then on by the subject alone,
    so that an address which the issuer gives to somebody else opens nothing.
    """
    known = session.scalar(select(OidcIdentity).where(OidcIdentity.issuer == issuer, OidcIdentity.subject == subject))
    if known is not None:
        who = session.get(Responder, known.responder_id)
        return who if who is not None and who.active else None
    who = log_ins.by_email(session, email) if verified and email else None
    if who is None or not who.active:
        return None
    session.refresh(who, with_for_update=True)
    taken = select(OidcIdentity.id).where(OidcIdentity.issuer == issuer, OidcIdentity.responder_id == who.id)
    if session.scalar(taken) is not None:
        return None
    session.add(OidcIdentity(responder_id=who.id, issuer=issuer, subject=subject, created_at=now))
    audit.note(session, now, "oidc_known", "responder", who.id, who.id)
    return who


def forget(session: Session, responder_id: int) -> None:
    """Know nobody at the issuer as this person any more: the next time they are found by their address again."""
    session.execute(delete(OidcIdentity).where(OidcIdentity.responder_id == responder_id))
