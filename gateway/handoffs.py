"""Hand-offs to 911, 988 and 211: prepared, told, answered, closed; the only module that moves one.

Nothing here calls or texts anybody but the resident: a responder dials, and writes down what was said to whom, when and
with whose leave ([decision 40](docs/decisions/0040-the-911-packet-and-the-second-look.md)).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, conversations, delivery, escalations, handoff911, handoff_script, optout, texts
from gateway.community import Community
from gateway.errors import Conflict, Refused
from gateway.handoff911 import EMERGENCY, RESPONDER, WORDS, Fact, names_for
from gateway.handoff_packet import CLOSED, PREPARED, for_service, kept, known, packed, theirs
from gateway.models import Attendance, Conversation, Escalation, Handoff, HandoffEvent, Message, Responder
from gateway.scene import short

TOLD, ANSWERED = "told", "answered"
# (state before, verb) -> state after. Anything else is refused.
TRANSITIONS = {
    (PREPARED, "tell"): TOLD,
    (TOLD, "answer"): ANSWERED,
    (ANSWERED, "answer"): ANSWERED,
    (PREPARED, "close"): CLOSED,
    (TOLD, "close"): CLOSED,
    (ANSWERED, "close"): CLOSED,
}
CRISIS, INFORMATION = "988", "211"
SERVICES = (EMERGENCY, CRISIS, INFORMATION)
GIVEN, REFUSED, NOT_ASKED, NO_ANSWER = "given", "refused", "not_asked", "no_answer"
CONSENTS = (GIVEN, REFUSED, NO_ANSWER, NOT_ASKED)
REASONS = ("imminent", "minor", "cannot_answer")
OUTCOMES = ("accepted", "declined", "referred_back", "no_answer", "unknown")
LONGEST_WORDS, LONGEST_REFERENCE = 1_600, 80


def may_hand_over(session: Session, row: Escalation, responder: Responder) -> bool:
    """Whether this responder may: the owner, who joined, and supervisors; anybody while nobody owns the thread. A drill
    is nobody's to hand over."""
    if row.status == escalations.RESOLVED or row.drill:
        return False
    if row.status == escalations.WAITING or theirs(row, responder):
        return True
    joined = select(Attendance.id).where(
        Attendance.escalation_id == row.id, Attendance.responder_id == responder.id,
        Attendance.kind == "joined", Attendance.left_at.is_(None),
    )  # fmt: skip
    return session.scalar(joined.limit(1)) is not None


def prepare(  # noqa: PLR0913 - the verb's own facts
    session: Session, community: Community, escalation_id: int, to: str, responder: Responder, now: datetime
) -> Handoff:
    """Gather the facts of a thread for 911, 988 or 211; one that is open for the same service is gone on with.

    Raises :class:`Refused` for a service that is none of the three and for a thread that is not theirs to hand over.
    """
    if to not in SERVICES:
        raise Refused(400, "unknown_service")
    escalations.lock(session, escalation_id)
    row = session.get_one(Escalation, escalation_id, populate_existing=True)
    if not may_hand_over(session, row, responder):
        raise Refused(403, "not_yours_to_hand_over")
    found = session.scalar(
        select(Handoff).where(Handoff.escalation_id == row.id, Handoff.to == to, Handoff.state != CLOSED)
    )
    if found is None:
        facts = handoff911.facts(row, handoff911.what_was_said(session, row), responder, now)
        found = Handoff(
            escalation_id=row.id, to=to, packet=packed(for_service(facts, to)), consent=NOT_ASKED, state=PREPARED,
            created_by=responder.id, created_at=now,
        )  # fmt: skip
        _point(found, community, facts)
        session.add(found)
        session.flush()
        _note(session, found, row, responder, now, PREPARED)
    return found


def ask(session: Session, handoff_id: int, responder: Responder, now: datetime) -> Message:
    """Ask the resident, by a fixed text, whether this may be told.

    Raises :class:`Conflict` where the thread is not the responder's, the resident opted out, or said that it is not
    safe to text them.
    """
    handoff, row, conversation = _locked(session, handoff_id, responder)
    if handoff.state != PREPARED or row.owner_id != responder.id:
        raise Conflict("cannot_ask", row.owner.name if row.owner else None)
    _may_text(session, conversation)
    said = _tell_resident(session, conversation, handoff, "ask", responder, now)
    handoff.asked_message_id, handoff.consent = said.id, NO_ANSWER
    _note(session, handoff, row, responder, now, "asked", message=said.id)
    escalations.replied(row, now)
    return said


def consent(  # noqa: PLR0913 - the verb's own facts
    session: Session, handoff_id: int, responder: Responder, answer: str, now: datetime, message_id: int | None = None
) -> Handoff:
    """Keep what the resident says to it, with the message in which they do, if it was in one.

    Raises :class:`Refused` for a message that is not the resident's, or came before the question.
    """
    handoff, row, conversation = _locked(session, handoff_id, responder)
    if answer not in CONSENTS:
        raise Refused(400, "unknown_consent")
    if handoff.state != PREPARED:
        raise Conflict("handoff_moved")
    if message_id is not None:
        message = session.get(Message, message_id)
        if message is None or message.conversation_id != conversation.id or message.direction != "in":
            raise Refused(404, "no_such_message")
        if handoff.asked_message_id is not None and message.id < handoff.asked_message_id:
            raise Refused(400, "answer_before_question")
    handoff.consent, handoff.consent_message_id = answer, message_id
    _note(session, handoff, row, responder, now, "consent", consent=answer, message=message_id)
    return handoff


def tell(  # noqa: PLR0913 - what was told, and with whose leave
    session: Session,
    community: Community,
    handoff_id: int,
    responder: Responder,
    now: datetime,
    *,
    reason: str | None = None,
    reason_text: str | None = None,
    supervisor_id: int | None = None,
    alone: bool = False,
    tell_resident: bool = False,
) -> Handoff:
    """Write down that it was told just now, as it stands, and freeze what was said.

    With the resident's consent; without it to 911 only, for a reason. Against their word a supervisor is named, or why
    none could be reached (``alone``, then ``reason_text``): a call that saves a life waits for nobody. Raises
    :class:`Refused` where that is missing, :class:`Conflict` when it was told already.
    """
    handoff, row, conversation = _locked(session, handoff_id, responder)
    reason_text = short(reason_text)
    supervisor = _leave(session, handoff, reason, reason_text, supervisor_id, alone=alone)
    told = known(handoff, row, handoff911.what_was_said(session, row), responder, now)
    _move(handoff, "tell")
    handoff.packet, handoff.told_at = packed(told), now
    _point(handoff, community, told)
    without = handoff.consent != GIVEN
    handoff.reason, handoff.reason_text = (reason, reason_text) if without else (None, None)
    handoff.supervisor_id = supervisor.id if supervisor and without else None
    _note(
        session, handoff, row, responder, now, TOLD, consent=handoff.consent, why=handoff.reason,
        supervisor=handoff.supervisor_id, alone=alone and handoff.consent == REFUSED,
    )  # fmt: skip
    # That it was told stands, whether or not the resident can be told so.
    if tell_resident and row.owner_id == responder.id and optout.why_no_text(session, conversation) is None:
        _tell_resident(session, conversation, handoff, "told", responder, now)
        escalations.replied(row, now)
    return handoff


def answer(  # noqa: PLR0913 - what they answered
    session: Session,
    handoff_id: int,
    responder: Responder,
    now: datetime,
    *,
    outcome: str,
    reference: str | None = None,
    words: str | None = None,
) -> Handoff:
    """Keep what the other side answered: taken on or not, their reference, their words. They may answer again."""
    handoff, row, _ = _locked(session, handoff_id, responder)
    if outcome not in OUTCOMES:
        raise Refused(400, "unknown_outcome")
    _move(handoff, "answer")
    handoff.outcome, handoff.answered_at = outcome, now
    handoff.reference = (reference or "").strip()[:LONGEST_REFERENCE] or handoff.reference
    handoff.answer = (words or "").strip()[:LONGEST_WORDS] or handoff.answer
    _note(session, handoff, row, responder, now, ANSWERED, outcome=outcome)
    return handoff


def correct(  # noqa: PLR0913 - a fact is these
    session: Session,
    handoff_id: int,
    responder: Responder,
    now: datetime,
    *,
    name: str,
    value: str | None,
    confirmed: bool = False,
    asked: bool = False,
) -> Handoff:
    """Add what a responder found out, or (no ``value``) that the resident was asked and did not answer.

    It stands before what was found in the thread, which stays in the packet beside it.
    """
    handoff, row, _ = _locked(session, handoff_id, responder)
    value = short(value)
    if name not in set(names_for(handoff.to)) - {"caller", "callback"} or (value is None and not asked):
        raise Refused(400, "unknown_fact")
    if handoff.state == CLOSED:
        raise Conflict("handoff_moved")
    fact = Fact(name, value, WORDS, RESPONDER, by=responder.name, at=now, confirmed=confirmed and value is not None,
                asked=asked)  # fmt: skip
    handoff.packet = packed([*kept(handoff), fact])
    _note(session, handoff, row, responder, now, "corrected", name=name)
    return handoff


def close(session: Session, handoff_id: int, responder: Responder, now: datetime) -> Handoff:
    """Put it away: told or not, it stays on record."""
    handoff, row, _ = _locked(session, handoff_id, responder)
    _move(handoff, "close")
    _note(session, handoff, row, responder, now, CLOSED)
    return handoff


def _leave(  # noqa: PLR0913 - what may stand for a consent
    session: Session, handoff: Handoff, reason: str | None, words: str | None, supervisor_id: int | None, *, alone: bool
) -> Responder | None:
    """Whether it may be told as it stands; returns the supervisor who is named. Raises :class:`Refused` else."""
    supervisor = session.get(Responder, supervisor_id) if supervisor_id is not None else None
    if supervisor_id is not None and (
        supervisor is None or not supervisor.active or supervisor.role not in escalations.SUPERVISING
    ):
        raise Refused(400, "no_such_supervisor")
    if handoff.consent == GIVEN:
        return supervisor
    if handoff.to != EMERGENCY:
        raise Refused(400, "consent_needed")
    if reason not in REASONS:
        raise Refused(400, "reason_needed")
    if handoff.consent == REFUSED and supervisor is None and not (alone and words):
        raise Refused(400, "supervisor_needed")
    return supervisor


def _locked(session: Session, handoff_id: int, responder: Responder) -> tuple[Handoff, Escalation, Conversation]:
    """The hand-off behind the locks of its conversation, for whom it concerns: 403 for anybody else."""
    found = session.get(Handoff, handoff_id)
    if found is None:
        raise Refused(404, "no_such_handoff")
    conversation = escalations.lock(session, found.escalation_id)
    handoff = session.get_one(Handoff, handoff_id, populate_existing=True, with_for_update=True)
    row = session.get_one(Escalation, handoff.escalation_id, populate_existing=True)
    # What came of it may be heard after the thread was closed.
    if not (handoff.created_by == responder.id or theirs(row, responder) or may_hand_over(session, row, responder)):
        raise Refused(403, "not_yours_to_hand_over")
    return handoff, row, conversation


def _move(handoff: Handoff, verb: str) -> None:
    after = TRANSITIONS.get((handoff.state, verb))
    if after is None:
        raise Conflict("handoff_moved")
    handoff.state = after


def _point(handoff: Handoff, community: Community, known_now: Sequence[Fact]) -> None:
    """Whom to call: the centre of the place that is known, or the town's line of the service."""
    if handoff.to == EMERGENCY:
        centre, _ = handoff911.answering_point(community, handoff_script.zip_of(known_now))
        handoff.psap_name, handoff.psap_line = centre.name, centre.line
    else:
        lines = {CRISIS: community.handoff.line_988, INFORMATION: community.handoff.line_211}
        handoff.psap_name, handoff.psap_line = handoff.to, lines[handoff.to]


def _note(  # noqa: PLR0913 - the verb's own facts
    session: Session, handoff: Handoff, row: Escalation, responder: Responder, now: datetime, act: str, **detail: Any
) -> None:
    """Keep the step with the hand-off, and in the thread's own history; and that its owner is at work."""
    told = {key: value for key, value in detail.items() if value not in (None, False)}
    session.add(HandoffEvent(handoff_id=handoff.id, at=now, responder_id=responder.id, act=act, detail=told))
    which = {"handoff": handoff.id, "service": handoff.to}
    audit.note(session, now, f"handoff_{act}", "escalation", row.id, responder.id, **which, **told)
    if row.owner_id == responder.id:
        row.owner_acted_at = now
    session.flush()
    escalations.touch(session, row.id)


def _may_text(session: Session, conversation: Conversation) -> None:
    if why := optout.why_no_text(session, conversation):
        raise Conflict(why)


def _tell_resident(  # noqa: PLR0913 - the verb's own facts
    session: Session, conversation: Conversation, handoff: Handoff, which: str, responder: Responder, now: datetime
) -> Message:
    said = texts.one(f"handoff_{handoff.to}_{which}", conversation.language, line=handoff.psap_line)
    return conversations.say(
        session, conversation, said, "responder", now, priority=delivery.RESPONDER, responder_id=responder.id
    )
