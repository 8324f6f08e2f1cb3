"""What must be true where a conversation ends, for each way in which it may."""

import re
from collections.abc import Callable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import consents, escalations, follow_ups, strangers
from gateway.conversations import BOT, RESPONDER
from gateway.models import AuditEntry, Consent, Conversation, Delivery, Escalation, FollowUp, Message, OptOut, Referral
from gateway.risk import Level
from tests.conversations.script import Script

# What a resident can do next: answer a question, use a word or a digit that we know, or call.
NEXT_STEP = re.compile(r"\?|PERSON|MORE|MÁS|MAS|START|INICIAR|911|988|211|311|^\d ", re.MULTILINE)
NEED_NO_NEXT_STEP = {"closed", "with_a_person"}

Check = Callable[[Session, Conversation, Sequence[str]], bool]


def missing(session: Session, script: Script, made: Sequence[str], last: str) -> str | None:
    """What the end lacks, if anything."""
    conversation = session.scalar(select(Conversation).order_by(Conversation.id.desc()).limit(1))
    if conversation is None:
        return "the end: nothing was ever stored"
    left = session.scalar(
        select(func.count()).select_from(Message).where(Message.direction == "in", Message.handled_at.is_(None))
    )
    if left and conversation.menu_open != "check":
        return f"the end: {left} messages that nobody dealt with"
    if not CHECKS[script.ends](session, conversation, made):
        return f"the end is not {script.ends!r}; moves were {list(made)}"
    if script.ends not in NEED_NO_NEXT_STEP and not NEXT_STEP.search(last):
        return f"the end tells no next step: {last!r}"
    return None


def _services(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """Services were given, and no person is left waiting without a word of it."""
    given = session.scalar(select(func.count()).select_from(Referral))
    return bool(given) and any("services" in move for move in made) and _open(session, conversation) is None


def _person(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """A person is asked for, and the resident was told the truth about it."""
    row = _open(session, conversation)
    return row is not None and any(move.split(":")[-1].startswith("person_asked") for move in made)


def _safety(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """Danger: it stands in the queue as such, and the safety text was said in both languages."""
    told = any(move.startswith("both:safety.") for move in made)
    return told and escalations.in_danger(session, conversation.id)


def _opted_out(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """STOP is in force, nothing else allows or awaits a text, and its one confirmation is the last thing said."""
    in_force = session.scalar(select(func.count()).select_from(OptOut).where(OptOut.ended_at.is_(None)))
    allowed = session.scalar(select(Consent.id).where(Consent.given, Consent.ended_at.is_(None)).limit(1))
    waits = session.scalar(select(Delivery.id).where(Delivery.status == "queued").limit(1))
    confirmed = [place for place, move in enumerate(made) if "opt_out_confirm" in move]
    is_last = len(confirmed) <= 1 and (not confirmed or confirmed[0] == len(made) - 1)
    return in_force == 1 and allowed is None and waits is None and is_last


def _closed(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    return conversation.closed_at is not None


def _question(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """The screening waits for an answer."""
    return bool(made) and re.match(r"(\w\w:)?(asks|again)_", made[-1]) is not None


def _with_a_person(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    return conversation.handler == RESPONDER


def _resumed(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """Services, in the same conversation that was left half done, after a welcome."""
    conversations = session.scalar(select(func.count()).select_from(Conversation))
    return conversations == 1 and "welcome_back" in made and _services(session, conversation, made)


def _team(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """A person is asked about a team, for a place and with a yes to it on the record; and it was said who may come."""
    told = conversation.answers
    agreed = told.get("team_consent") == "yes" and told.get("safe_to_text") == "yes" and bool(told.get("place"))
    return agreed and _waits_for(session, conversation, "team_request") and _said(made, "team_may_come", "team_not_out")


def _mediation(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """A person is asked about a mediator, with a yes to it on the record; and it was said who steps in."""
    agreed = conversation.answers.get("mediation_consent") == "yes"
    return agreed and _waits_for(session, conversation, "mediation") and _said(made, "mediation_asked")


def _interpreter(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """A person is asked for an interpreter of the very language whose line was said, and the bot asks nothing."""
    said = [move.split(".")[1] for move in made if move.startswith("other_language.")]
    noted = session.scalars(select(AuditEntry.detail).where(AuditEntry.act == strangers.INTERPRETER)).all()
    is_asked = bool(said) and said == [detail["language"] for detail in noted]
    quiet = conversation.menu_open == strangers.INTERPRETER
    return is_asked and quiet and _waits_for(session, conversation, "interpreter")


def _elsewhere(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """Another line was named; nobody is asked for, no service is counted as given, and the bot goes on listening."""
    given = session.scalar(select(func.count()).select_from(Referral))
    listens = _open(session, conversation) is None and conversation.handler == BOT
    return _said(made, "elsewhere_") and not given and listens


def _follow_up(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """Asked once, with a consent that is used up since; answered, and the answer is on the record."""
    row = session.scalars(select(FollowUp)).one_or_none()
    consent = session.get(Consent, row.consent_id) if row is not None and row.consent_id is not None else None
    if row is None or consent is None:
        return False
    used = consent.given and consent.end_reason == consents.USED and row.offer_message_id < (consent.message_id or 0)
    answered = row.state == follow_ups.ANSWERED and row.result is not None
    return used and answered and [move for move in made if move == "follow_up_question"] == ["follow_up_question"]


def _waits_for(session: Session, conversation: Conversation, reason: str) -> bool:
    """A person is asked for, for this reason."""
    row = _open(session, conversation)
    return row is not None and row.reason == reason


def _said(made: Sequence[str], *wanted: str) -> bool:
    """One of these moves was made."""
    return any(move.split(":")[-1].startswith(wanted) for move in made)


def _emergency_line(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """An emergency, with 911 first."""
    row = _open(session, conversation)
    told = any(move.startswith("both:safety.emergency") for move in made)
    return told and row is not None and Level(row.level) is Level.EMERGENCY


def _open(session: Session, conversation: Conversation) -> Escalation | None:
    return escalations.of_conversation(session, conversation.id)


CHECKS: dict[str, Check] = {
    "services": _services,
    "person": _person,
    "safety": _safety,
    "emergency_line": _emergency_line,
    "opted_out": _opted_out,
    "closed": _closed,
    "question": _question,
    "resumed": _resumed,
    "with_a_person": _with_a_person,
    "team": _team,
    "mediation": _mediation,
    "interpreter": _interpreter,
    "elsewhere": _elsewhere,
    "follow_up": _follow_up,
}
