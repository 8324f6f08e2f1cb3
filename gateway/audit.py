"""Who did what: one entry per act, written in the same transaction as the act."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.models import AuditEntry


def note(  # noqa: PLR0913 - an entry is these facts
    session: Session,
    now: datetime,
    act: str,
    subject: str,
    subject_id: int | None,
    responder_id: int | None = None,
    **detail: Any,
) -> None:
    """Write down an act. ``detail`` may hold ids, levels and codes; never a number or the words of a resident."""
    session.add(
        AuditEntry(at=now, responder_id=responder_id, act=act, subject=subject, subject_id=subject_id, detail=detail)
    )


def lately(  # noqa: PLR0913 - whose act on what, and how long ago it may be
    session: Session, act: str, subject: str, subject_id: int, responder_id: int, now: datetime, within: timedelta
) -> bool:
    """Whether this person did the same within that time."""
    before = select(AuditEntry.id).where(
        AuditEntry.subject == subject,
        AuditEntry.subject_id == subject_id,
        AuditEntry.act == act,
        AuditEntry.responder_id == responder_id,
        AuditEntry.at > now - within,
    )
    return session.scalar(before.limit(1)) is not None
