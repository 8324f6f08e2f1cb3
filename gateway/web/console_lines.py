"""The messages of a thread as its page shows them: the newest 200 of a long one, or those around one that is asked for.

The message that raised the alarm always stands there, before the others if it is older.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from gateway import reply_pairs
from gateway.models import Assessment, Delivery, Message, Responder
from gateway.risk import Level
from gateway.web.console_evidence import marked, spans

MOST = 200
AFTER = 50  # of those, so many come after a message that was asked for
Findings = list[dict[str, Any]]


@dataclass(frozen=True)
class Line:
    """One message of a thread."""

    message: Message
    html: Markup
    who: str
    delivery: Delivery | None
    level: str
    findings: Findings = field(default_factory=list)
    not_screened: str | None = None
    retraction: str | None = None
    set_aside: Findings = field(default_factory=list)
    counterpart: tuple[str, str] | None = None


@dataclass(frozen=True)
class Lines:
    """Some messages of a thread, oldest first.

    ``earlier`` and ``later`` count those that are not shown; ``at`` is the message that was asked for, if the newest
    are not all shown because of it. ``evidence`` is the one that raised the alarm, where it is older than the rest.
    """

    shown: Sequence[Line]
    earlier: int = 0
    later: int = 0
    at: int | None = None
    evidence: Line | None = None


def of(session: Session, conversation_id: int, evidence_id: int | None = None, at: int | None = None) -> Lines:
    """The newest messages of a conversation, or those around ``at``, if that is one of it."""
    of_it = Message.conversation_id == conversation_id
    last = _last(session, conversation_id, at) if at is not None else None
    wanted = [of_it] if last is None else [of_it, Message.id <= last]
    shown = _read(session, *wanted)
    if len(shown) < MOST and last is None:
        return Lines(shown)
    first, newest = shown[0].message.id, shown[-1].message.id
    counted = select(func.count().filter(Message.id < first), func.count().filter(Message.id > newest)).where(of_it)
    earlier, later = session.execute(counted).one()
    missing = evidence_id is not None and evidence_id < first
    evidence = _read(session, of_it, Message.id == evidence_id) if missing else []
    return Lines(shown, earlier, later, at if later else None, evidence[0] if evidence else None)


def since(session: Session, conversation_id: int, after: int) -> list[Line]:
    """The messages that came after one, at most the newest 200 of them."""
    return _read(session, Message.conversation_id == conversation_id, Message.id > after)


def _last(session: Session, conversation_id: int, at: int) -> int | None:
    """The last message to be shown with ``at``; None when it is none of this conversation."""
    of_it = (Message.conversation_id == conversation_id, Message.id >= at)
    found = session.scalars(select(Message.id).where(*of_it).order_by(Message.id).limit(AFTER + 1)).all()
    return found[-1] if found and found[0] == at else None


def _read(session: Session, *which: Any) -> list[Line]:
    found = session.execute(
        select(Message, Delivery, Assessment, Responder.name)
        .outerjoin(Delivery, Delivery.message_id == Message.id)
        .outerjoin(Assessment, Assessment.message_id == Message.id)
        .outerjoin(Responder, Responder.id == Message.responder_id)
        .where(*which)
        .order_by(Message.id.desc())
        .limit(MOST)
        .options(lazyload(Delivery.message))  # its own inner join would leave out what has no delivery
    ).all()
    return [_line(*row) for row in reversed(found)]


def _line(message: Message, delivery: Delivery | None, assessment: Assessment | None, name: str | None) -> Line:
    findings: Findings = sorted(assessment.findings, key=danger, reverse=True) if assessment else []
    return Line(
        message=message,
        html=marked(message.text, spans(findings, len(message.text))),
        who=name or message.author,
        delivery=delivery,
        level=assessment.level if assessment else Level.NONE.value,
        findings=findings,
        not_screened=assessment.not_screened if assessment else None,
        retraction=assessment.retraction if assessment else None,
        set_aside=assessment.set_aside if assessment else [],
        counterpart=reply_pairs.counterpart(message.pair, message.text) if message.pair else None,
    )


def danger(finding: dict[str, Any]) -> tuple[int, bool]:
    """What sorts the findings of a message by how grave they are."""
    return Level(finding["level"]).rank, not finding.get("earlier", False)
