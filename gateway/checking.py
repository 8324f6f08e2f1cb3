"""The check question: who is asked whether they are safe, what each answer does, and what no answer means."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import audit, escalations, language, risk, texts
from gateway.commands import in_their_language, nobody_on_shift, person_asked_each
from gateway.community import Community
from gateway.conversations import BOT
from gateway.models import Message
from gateway.risk import Level
from gateway.scene import Scene

MENU = "check"  # what Conversation.menu_open holds while the question waits for its answer
ASKED, REPEATED, ANSWERED, SAFETY = "check_asked", "check_repeated", "check_answered", "safety"
PATIENCE = timedelta(minutes=3)
NOT_AGAIN_WITHIN = timedelta(minutes=30)
DISTRESS, PERSON, UNSAFE = "distress", "person", "unsafe"
# The bot numbers its answers from 0. It answers the same message once the question is out of the way.
FIRST_ORDINAL = 90

Told = tuple[list[str], str]


def wanted(scene: Scene, assessment: risk.Assessment, now: datetime) -> bool:
    """Whether to ask: distress without danger, nobody looking after it yet, and not asked in the last half hour."""
    conversation = scene.conversation
    if assessment.level is not Level.ROUTINE or DISTRESS not in assessment.categories:
        return False
    asked = conversation.check_asked_at
    if conversation.handler != BOT or (asked is not None and now - asked < NOT_AGAIN_WITHIN):
        return False
    return not escalations.in_danger(scene.session, conversation.id)


def ask(scene: Scene, categories: Collection[str], now: datetime) -> Told:
    """Ask, and keep the message for the bot until there is an answer. A person who was asked for is asked for now."""
    conversation = scene.conversation
    conversation.menu_open, conversation.check_asked_at = MENU, now
    _note(scene, "check_asked")
    return [*(_ask_person(scene) if PERSON in categories else []), question(scene)], ASKED


def question(scene: Scene) -> str:
    """The question in the resident's language, or in both where none is known."""
    return texts.one("safety_check", scene.conversation.language)


def hear(scene: Scene, community: Community) -> Told | None:
    """Take the answer to the open question; None when the message was none and still has to be dealt with."""
    conversation, text = scene.conversation, scene.message.text
    if language.command(text, menu_open=False) is not None:
        return [question(scene)], REPEATED  # they could not read it; the clock goes on
    meaning = risk.check_answer(text)
    put_down(scene)
    _note(scene, "check_answered", meaning=meaning or "other")
    held = conversation.handler != BOT
    if meaning is not None:
        said, by = ANSWERS[meaning](scene, community)
        return ([] if held else said), by
    # They write, so they are not silent; but what was asked is still not known, and that is for a person to see.
    escalations.open_(scene.session, conversation, "check_unanswered", Level.ROUTINE, scene.now, scene.message.id)
    _back_to_bot(scene)
    return None


def left_by_stop(scene: Scene, community: Community, *, despair: bool) -> list[str]:
    """The open question is answered with an opt-out; returns what is said before the confirmation.

    "No. Stop texting me" is still a no, and ``despair`` says that the opt-out may itself be one ("END"): both are
    urgent. Any other opt-out leaves the question open, for a person to see. Nothing goes back to the bot.
    """
    meaning = risk.check_answer(scene.message.text)
    put_down(scene)
    _note(scene, "check_answered", meaning=meaning or "other")
    if meaning == UNSAFE:
        said, _ = _unsafe(scene, community)
        return [] if scene.conversation.handler != BOT else said
    reason, level = ("stop_in_danger", Level.URGENT) if despair else ("check_unanswered", Level.ROUTINE)
    escalations.open_(scene.session, scene.conversation, reason, level, scene.now, scene.message.id)
    return []


def put_down(scene: Scene) -> None:
    """The question waits for no answer any longer."""
    scene.conversation.menu_open = None


def kept_for_bot(session: Session, conversation_id: int) -> Message | None:
    """The message that the question was asked about, while the bot has not read it."""
    return session.scalar(
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.handled_by == ASKED)
        .order_by(Message.id.desc())
        .limit(1)
    )


def _safe(scene: Scene, community: Community) -> Told:
    _back_to_bot(scene)
    return in_their_language(scene.conversation, "safety_check_thanks"), ANSWERED


def _unsafe(scene: Scene, community: Community) -> Told:
    escalations.open_(scene.session, scene.conversation, "not_safe", Level.URGENT, scene.now, scene.message.id)
    said = texts.safety((), Level.URGENT.value, scene.conversation.language, community)
    return [*said, *nobody_on_shift(scene.session, scene.conversation, scene.now)], SAFETY


def _person(scene: Scene, community: Community) -> Told:
    return _ask_person(scene), ANSWERED


ANSWERS: dict[str, Callable[[Scene, Community], Told]] = {"safe": _safe, "unsafe": _unsafe, "person": _person}


def _ask_person(scene: Scene) -> list[str]:
    escalations.open_(scene.session, scene.conversation, "asked_for_person", Level.ROUTINE, scene.now, scene.message.id)
    return person_asked_each(scene)


def _back_to_bot(scene: Scene) -> None:
    """The bot now reads what it was kept from, and goes on from there."""
    conversation = scene.conversation
    kept = kept_for_bot(scene.session, conversation.id)
    if kept is None or conversation.handler != BOT:
        return
    kept.handled_at = kept.handled_by = None
    conversation.pending_since = conversation.pending_since or scene.now


def _note(scene: Scene, act: str, meaning: str | None = None) -> None:
    detail = {"message": scene.message.id} | ({"meaning": meaning} if meaning else {})
    audit.note(scene.session, scene.now, act, "conversation", scene.conversation.id, None, **detail)
