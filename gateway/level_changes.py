"""How a thread came to its level: every change of it, by whom or by what, and why; read from the trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import closings
from gateway.models import Assessment, AuditEntry, Escalation, Lowering, Responder

OPEN, RAISE, LOWER = "open", "raise", "lower"


@dataclass(frozen=True)
class Change:
    """One change: ``before`` is empty where the thread was opened; ``by`` is the person who made it, if one did.

    ``reason`` is a code, of an escalation or of a lowering. ``findings`` are those of the ``message_id`` that was
    screened then, the gravest first; ``note`` is what the person wrote.
    """

    at: datetime
    act: str
    before: str
    after: str
    by: str | None
    reason: str
    message_id: int | None = None
    findings: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    note: str | None = None


def of(session: Session, row: Escalation) -> list[Change]:
    """Every change of the level of this thread and of those that it goes on from, the oldest first."""
    chain = closings.chain(session, row)
    found = session.execute(
        select(AuditEntry, Responder.name)
        .outerjoin(Responder, Responder.id == AuditEntry.responder_id)
        .where(
            AuditEntry.subject == "escalation",
            AuditEntry.subject_id.in_(chain),
            AuditEntry.act.in_((OPEN, RAISE, LOWER)),
        )
        .order_by(AuditEntry.id)
    ).all()
    asked = [entry.detail["message"] for entry, _ in found if entry.detail.get("message")]
    screened = select(Assessment.message_id, Assessment.findings).where(Assessment.message_id.in_(asked))
    findings: dict[int, Sequence[Mapping[str, Any]]] = dict(session.execute(screened).all())
    lowered = session.scalars(select(Lowering).where(Lowering.escalation_id.in_(chain)))
    notes = {(each.escalation_id, each.at): each.note for each in lowered}
    changes: list[Change] = []
    levels: dict[int | None, str] = {}
    for entry, name in found:
        changes.append(_change(entry, name, levels.get(entry.subject_id, ""), findings, notes))
        levels[entry.subject_id] = changes[-1].after
    return changes


def _change(
    entry: AuditEntry,
    by: str | None,
    before: str,
    findings: Mapping[int, Sequence[Mapping[str, Any]]],
    notes: Mapping[tuple[int, datetime], str | None],
) -> Change:
    detail, key = entry.detail, (entry.subject_id or 0, entry.at)
    message = detail.get("message")
    return Change(
        at=entry.at,
        act=entry.act,
        before=detail.get("before") or before,
        after=detail.get("level", ""),
        by=by,
        reason=detail.get("why") or detail.get("reason") or "",
        message_id=message,
        findings=findings.get(message, ()) if message else (),
        note=notes.get(key) if entry.act == LOWER else None,
    )
