"""What must be true where a conversation ends, for each way in which it may."""

import re
from collections.abc import Callable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gateway import escalations
from gateway.conversations import RESPONDER
from gateway.models import Conversation, Escalation, Message, OptOut, Referral
from gateway.risk import Level
from tests.conversations.script import Script

# What a resident can do next: answer a question, use a word or a digit that we know, or call.
NEXT_STEP = re.compile(r"\?|PERSON|MORE|MÁS|MAS|START|INICIAR|911|988|211|^\d ", re.MULTILINE)
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
    """STOP is in force, and its one confirmation is the last thing that was said."""
    in_force = session.scalar(select(func.count()).select_from(OptOut).where(OptOut.ended_at.is_(None)))
    confirmed = [place for place, move in enumerate(made) if "opt_out_confirm" in move]
    return in_force == 1 and len(confirmed) <= 1 and (not confirmed or confirmed[0] == len(made) - 1)


def _closed(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    return conversation.closed_at is not None


def _question(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """The screening waits for an answer."""
    return bool(made) and re.match(r"(\w\w:)?(asks|again)_", made[-1]) is not None


def _menu(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    """The menu without the bot is open."""
    return conversation.menu_open is not None


def _with_a_person(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
    return conversation.handler == RESPONDER


def _reason(*wanted: str) -> Check:
    """A person is asked for, for one of these reasons."""

    def check(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
        row = _open(session, conversation)
        return row is not None and row.reason in wanted

    return check


def _said(*wanted: str) -> Check:
    """One of these moves was made."""

    def check(session: Session, conversation: Conversation, made: Sequence[str]) -> bool:
        return any(move.split(":")[-1].startswith(wanted) for move in made)

    return check


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
    "resumed": _services,
    "menu": _menu,
    "with_a_person": _with_a_person,
    "team": _reason("team_request"),
    "mediation": _reason("mediation", "mediation_intake", "team_request"),
    "interpreter": _reason("interpreter"),
    "elsewhere": _said("elsewhere", "refer_elsewhere", "out_of_scope"),
    "follow_up": _said("follow_up"),
}
