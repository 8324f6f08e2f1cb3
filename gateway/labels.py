"""What people say of assessments: the weekly reading of what was passed over, and whether an alarm was right."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import audit
from gateway.errors import Conflict, Refused
from gateway.models import Assessment, Escalation, Lowering, Message, Responder, RiskLabel
from gateway.risk import Level
from gateway.written import just_before

OK, MISSED, UNCLEAR, TRUE, OVER_CALL = "ok", "missed", "unclear", "true", "over_call"
READINGS = (OK, MISSED, UNCLEAR)  # of a message in which nothing was found
VERDICTS = (TRUE, OVER_CALL, UNCLEAR)  # of an alarm
READERS = 2
SAMPLE = 50
WEEK = timedelta(days=7)
_WEEK = re.compile(r"(20[0-9]{2})-W([0-9]{2})")


@dataclass(frozen=True)
class Sampled:
    """One message of the weekly sample, what its sender wrote just before, and who said what of it.

    ``set_aside`` is what a rule card matched and screening held not to be meant: where a miss is most easily made.
    """

    message: Message
    earlier: Sequence[str] = ()
    labels: Mapping[int, tuple[str, str]] = field(default_factory=dict)  # responder -> name, label
    set_aside: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Lowered:
    """A level that a person lowered, who that was, and the message that had opened the escalation, if it was one."""

    lowering: Lowering
    name: str
    message: Message | None


def last_week(now: datetime) -> str:
    """The last ISO week that is over, like ``2026-W48``. Weeks begin on Monday, 00:00 UTC."""
    year, week, _ = (now.astimezone(UTC) - WEEK).isocalendar()
    return f"{year:04d}-W{week:02d}"


def span_of(week: str, now: datetime) -> tuple[datetime, datetime]:
    """When that week began and ended. Raises :class:`Refused` for one that does not exist or is not over.

    The sample of a week that goes on would change from one look to the next.
    """
    found = _WEEK.fullmatch(week)
    try:
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        monday = None
    if monday is None or monday > (now.astimezone(UTC) - WEEK).date():
        raise Refused(404, "no_such_week")
    start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
    return start, start + WEEK


def sample(session: Session, week: str, now: datetime) -> list[Sampled]:
    """Up to fifty messages of that week in which nothing was found, always the same ones, in random order.

    Raises :class:`Refused` as :func:`span_of` does.
    """
    messages = list(session.scalars(_drawn(week, now)))
    ids = [message.id for message in messages]
    earlier, said, aside = just_before(session, messages), _said(session, ids), _set_aside(session, ids)
    return [
        Sampled(message, earlier.get(message.id, ()), said.get(message.id, {}), aside.get(message.id, ()))
        for message in messages
    ]


def sampled(session: Session, week: str, message_id: int, now: datetime) -> Sampled:
    """One message of that week's sample. Raises :class:`Refused` when it is not in it."""
    message = next((each for each in session.scalars(_drawn(week, now)) if each.id == message_id), None)
    if message is None:
        raise Refused(404, "not_in_sample")
    said, aside = _said(session, [message_id]).get(message_id, {}), _set_aside(session, [message_id])
    return Sampled(message, just_before(session, [message]).get(message_id, ()), said, aside.get(message_id, ()))


def lowered(session: Session, week: str, now: datetime) -> list[Lowered]:
    """Every level that a person lowered in that week, in order: all of them are read, none is drawn.

    Raises :class:`Refused` as :func:`span_of` does.
    """
    start, end = span_of(week, now)
    found = session.execute(
        select(Lowering, Responder.name, Message)
        .join(Responder, Responder.id == Lowering.responder_id)
        .join(Escalation, Escalation.id == Lowering.escalation_id)
        .outerjoin(Message, Message.id == Escalation.message_id)
        .where(Lowering.at >= start, Lowering.at < end)
        .order_by(Lowering.id)
    )
    return [Lowered(*each) for each in found]


def note_view(session: Session, week: str, seen: Iterable[Message], reader: Responder, now: datetime) -> None:
    """Write down that somebody read the sample, and which messages they saw."""
    shown = [each.id for each in seen]
    audit.note(session, now, "view", "risk_sample", None, reader.id, week=week, messages=shown)


def read(  # noqa: PLR0913 - the verb's own facts
    session: Session, week: str, message_id: int, reader: Responder, label: str, now: datetime
) -> None:
    """Keep what one reader says of a sampled message; a second word of the same reader replaces the first.

    Raises :class:`Refused` for an unknown label or a message that was not drawn, and :class:`Conflict` when two others
    have read it and agree.
    """
    if label not in READINGS:
        raise Refused(400, "unknown_label")
    found = sampled(session, week, message_id, now)
    # Two who press at once must not both be the second reader.
    assessment = session.scalars(of_message(message_id).with_for_update()).one()
    if done(_said(session, [found.message.id]).get(message_id, {}), reader.id):
        raise Conflict("already_read")
    _keep(session, assessment, reader, label, now, week=week)


def done(said: Mapping[int, tuple[str, str]], reader_id: int) -> bool:
    """Whether this reader is not needed any more: two others have said the same."""
    others = [label for responder_id, (_, label) in said.items() if responder_id != reader_id]
    return reader_id not in said and len(others) >= READERS and len(set(others)) == 1


def judge(  # noqa: PLR0913 - the verb's own facts
    session: Session, escalation_id: int, message_id: int, responder: Responder, label: str, now: datetime
) -> None:
    """Keep what a responder says of the alarm on one message of an escalation's thread.

    Raises :class:`Refused` for an unknown label, and for a message that is not in the thread or raised no alarm.
    """
    if label not in VERDICTS:
        raise Refused(400, "unknown_label")
    assessment = session.scalar(
        of_message(message_id)
        .join(Escalation, Escalation.conversation_id == Assessment.conversation_id)
        .where(Escalation.id == escalation_id, Assessment.level != Level.NONE.value)
    )
    if assessment is None:
        raise Refused(404, "no_such_alarm")
    _keep(session, assessment, responder, label, now, escalation=escalation_id)


def of_responder(session: Session, conversation_id: int, responder: Responder) -> dict[int, str]:
    """What this person said of the alarms of one conversation, by message."""
    found = session.execute(
        select(RiskLabel.message_id, RiskLabel.label)
        .join(Message, Message.id == RiskLabel.message_id)
        .where(Message.conversation_id == conversation_id, RiskLabel.responder_id == responder.id)
    )
    return {row.message_id: row.label for row in found}


def _keep(
    session: Session, assessment: Assessment, who: Responder, label: str, now: datetime, **where: str | int
) -> None:
    values = {"assessment_id": assessment.id, "label": label, "created_at": now}
    session.execute(
        insert(RiskLabel)
        .values(message_id=assessment.message_id, responder_id=who.id, **values)
        .on_conflict_do_update(index_elements=["message_id", "responder_id"], set_=values)
    )
    audit.note(session, now, "label", "message", assessment.message_id, who.id, label=label, **where)


def of_message(message_id: int) -> Select[Assessment]:
    """The assessment of one message."""
    return select(Assessment).where(Assessment.message_id == message_id)


def _drawn(week: str, now: datetime) -> Select[Message]:
    """The sample: the week is the seed, so anybody can draw it again and nobody can choose what is read."""
    start, end = span_of(week, now)
    return (
        select(Message)
        .join(Assessment, Assessment.message_id == Message.id)
        .where(
            Assessment.level == Level.NONE.value,
            Assessment.created_at >= start,
            Assessment.created_at < end,
            func.btrim(Message.text) != "",
        )
        .order_by(func.md5(func.concat(week, ":", Message.id)))
        .limit(SAMPLE)
    )


def _set_aside(session: Session, message_ids: Sequence[int]) -> dict[int, list[Any]]:
    wanted = select(Assessment.message_id, Assessment.set_aside).where(Assessment.message_id.in_(message_ids))
    return dict(session.execute(wanted).all())


def _said(session: Session, message_ids: Sequence[int]) -> dict[int, dict[int, tuple[str, str]]]:
    found = session.execute(
        select(RiskLabel.message_id, Responder.id, Responder.name, RiskLabel.label)
        .join(Responder, Responder.id == RiskLabel.responder_id)
        .where(RiskLabel.message_id.in_(message_ids))
        .order_by(RiskLabel.id)
    )
    said: dict[int, dict[int, tuple[str, str]]] = {}
    for message_id, responder_id, name, label in found:
        said.setdefault(message_id, {})[responder_id] = (name, label)
    return said
