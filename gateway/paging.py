"""Who is on call, and the pages that tell them; the ladder of pages grows from here."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.models import Escalation, Page, Responder, Shift
from gateway.models.people import EDITOR


def on_call(session: Session, now: datetime) -> list[Responder]:
    """Active responders whose shift covers ``now``; an editor of the directory may read no thread, and is none."""
    return list(
        session.scalars(
            select(Responder)
            .join(Shift, Shift.responder_id == Responder.id)
            .where(Responder.active, Responder.role != EDITOR, Shift.starts_at <= now, Shift.ends_at > now)
            .order_by(Responder.id)
            .distinct()
        )
    )


def page(session: Session, escalation: Escalation, now: datetime) -> list[Page]:
    """Page everybody on call about an escalation, on the console's queue."""
    rows = [
        Page(escalation_id=escalation.id, responder_id=responder.id, means="console", sent_at=now)
        for responder in on_call(session, now)
    ]
    session.add_all(rows)
    return rows


def paged_at(session: Session, escalation_id: int, now: datetime) -> bool:
    """Whether this very moment has paged about the escalation already."""
    found = select(Page.id).where(Page.escalation_id == escalation_id, Page.sent_at == now).limit(1)
    return session.scalar(found) is not None


def acknowledge(session: Session, escalation_id: int, responder_id: int, now: datetime) -> None:
    """A claim acknowledges the pages that the winner had got."""
    session.execute(
        update(Page)
        .where(Page.escalation_id == escalation_id, Page.responder_id == responder_id, Page.acknowledged_at.is_(None))
        .values(acknowledged_at=now)
    )
