"""Obeys what the bot suggests, through the same verbs as everybody else, and says what came of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gateway import conversations, delivery, endings, escalations, language, paging, stopping, texts, waits, welfare
from gateway.models import Conversation
from gateway.offering import find_services, more_services
from gateway.risk import Level
from gateway.scene import Scene, needs_of, short

REASONS = frozenset(("asked_for_person", "bot_could_not_help", "danger_said", "team_request", "bot_unavailable"))
MEDIATION = "mediation"
DONE = "resident_done"
CONSENTS = ("team_consent", "mediation_consent", "safe_to_text")
FACTS = ("people", "ages", "when", "access", "speaks")
FIELDS = frozenset(("screen_safety", "for_whom", "need", "zip", "place", "feedback", *CONSENTS, *FACTS))


def obey(scene: Scene, command: dict[str, Any]) -> list[str]:
    """Carry out one command; returns the texts that are to be said because of it."""
    return VERBS[command["command"]](scene, command)


def escalate(scene: Scene, command: dict[str, Any]) -> list[str]:
    """Ask a person to take over; the resident is told only now, when the escalation stands."""
    reason = command.get("reason")
    reason = reason if reason in REASONS else "bot_could_not_help"
    level = level_of(reason, command.get("level"))
    if reason == "team_request" and command.get("need") == welfare.NEED:
        level = _welfare(scene)
    _open(scene, reason, level)
    if reason == "danger_said" and scene.community is not None:
        said = texts.safety((), level.value, scene.conversation.language, scene.community)
        return [*said, *nobody_on_shift(scene.session, scene.conversation, scene.now)]
    return person_asked_each(scene)


def request_team(scene: Scene, command: dict[str, Any]) -> list[str]:
    """A team may go to a place that the resident confirmed: a person decides, and who may come is said now.

    Without a place nobody can go, so that a person is asked for all the same.
    """
    place, needs = short(command.get("place")), needs_of(command)
    _open(scene, "team_request", _welfare(scene) if welfare.NEED in needs else Level.ROUTINE)
    if not conversations.safe_to_text(scene.conversation):
        return [_not_safe_to_text(scene)]
    if place is None or scene.community is None:
        return [person_asked(scene)]
    told = endings.team(scene.community, needs, place, short(command.get("zip")), scene.now, scene.language)
    return [told, person_asked(scene)]


def open_mediation(scene: Scene, command: dict[str, Any]) -> list[str]:
    """Somebody may step in between two sides: a person reads it, and the other side is told nothing."""
    _open(scene, MEDIATION)
    if not conversations.safe_to_text(scene.conversation):
        return [_not_safe_to_text(scene)]
    told = [endings.mediation(scene.community, scene.language)] if scene.community else []
    return [*told, person_asked(scene)]


def refer_elsewhere(scene: Scene, command: dict[str, Any]) -> list[str]:
    """A matter of another line: which one, and what this one does."""
    if scene.community is None or command.get("kind") != endings.CITY:
        return [texts.say("no_services", scene.language)]
    return [endings.elsewhere(scene.community, scene.language)]


def level_of(reason: str, suggested: str | None) -> Level:
    """How urgent the bot's request for a person is: it may raise where danger was said, and nowhere else.

    A check on somebody is raised by what was written, in :mod:`gateway.welfare`.

    A wish to talk to a person is routine (the level guide), so that it never stands before somebody in danger.
    """
    if reason != "danger_said":
        return Level.ROUTINE
    return Level.EMERGENCY if suggested == Level.EMERGENCY.value else Level.URGENT


def _not_safe_to_text(scene: Scene) -> str:
    """That it was noted, and no detail; who can be called where nobody of the team reads it now."""
    staffed = paging.somebody_on_call(scene.session, scene.now)
    return texts.say("not_safe_to_text" if staffed else "not_safe_to_text_nobody_on_shift", scene.language)


def person_asked(scene: Scene) -> str:
    """The truth about who will read this: a person was asked, or nobody is on call just now."""
    key, values = _who_reads(scene)
    return texts.say(key, scene.language, **values)


def person_asked_each(scene: Scene) -> list[str]:
    """The same, in both languages where none was ever heard."""
    key, values = _who_reads(scene)
    return in_their_language(scene.conversation, key, **values)


def in_their_language(conversation: Conversation, key: str, **values: object) -> list[str]:
    """A text in the resident's language, or in both, as two texts, where none was ever heard."""
    known = conversation.language
    return [texts.say(key, known, **values)] if known else texts.each(key, None, **values)


def nobody_on_shift(session: Session, conversation: Conversation, now: datetime) -> list[str]:
    """What stands beside a safety text while no person of the team can read it; nothing when somebody can.

    In both languages, as a safety text: one SMS, and on a web page, where texts cost nothing, one for each.
    """
    if conversation.handler == conversations.RESPONDER or paging.somebody_on_call(session, now):
        return []
    said = texts.each("nobody_on_shift_danger", conversation.language)
    return ["\n".join(said)] if conversation.channel == conversations.SMS else said


def _who_reads(scene: Scene) -> tuple[str, dict[str, object]]:
    if not paging.somebody_on_call(scene.session, scene.now):
        return "person_asked_nobody_on_shift", {}
    row = escalations.of_conversation(scene.session, scene.conversation.id)
    minutes = waits.usual(scene.session, Level(row.level) if row else Level.ROUTINE, scene.now)
    return ("person_asked", {}) if minutes is None else ("person_asked_wait", {"minutes": minutes})


def set_language(scene: Scene, command: dict[str, Any]) -> list[str]:
    """The resident asked for a language: hold on to it."""
    chosen = command.get("language")
    if chosen in {"en", "es"}:
        conversations.keep_language(scene.conversation, language.Memory.asked_for(chosen))
    return []


def record(scene: Scene, command: dict[str, Any]) -> list[str]:
    """Keep one answer of the screening, for the responder and for the figures."""
    field, value = command.get("field"), short(command.get("value"))
    known = scene.conversation.answers
    if field == "need" and value:
        _keep(scene, "needs", list(dict.fromkeys([*known.get("needs", []), value])))
    elif field in FIELDS and value:
        _keep(scene, field, value)
    return []


def _keep(scene: Scene, field: str, value: str | list[str]) -> None:
    """An answer, and when and in which message it was told: who passes it on must say so."""
    conversation = scene.conversation
    told = {"at": scene.now.isoformat(), "message_id": scene.message.id, "by": "resident"}
    conversation.answers = {**conversation.answers, field: value}
    conversation.answers_told = {**conversation.answers_told, field: told}


def opt_out(scene: Scene, command: dict[str, Any]) -> list[str]:
    """The resident asked in a sentence not to be texted: as good as STOP (FCC, since April 2025)."""
    conversation = scene.conversation
    if conversations.phone_contact(conversation).channel != conversations.SMS:
        return in_their_language(conversation, "opt_out_web")
    if stopping.stop(scene.session, conversation, "sentence", scene.now):
        confirm = stopping.confirmation(scene.session, conversation)
        conversations.say(
            scene.session, conversation, confirm, "system", scene.now, priority=delivery.EMERGENCY, confirms_stop=True
        )
    conversations.turn_to_page(conversation)
    return []


def close(scene: Scene, command: dict[str, Any]) -> list[str]:
    """The resident is done. A conversation that a person was asked for stays open for that person."""
    if escalations.of_conversation(scene.session, scene.conversation.id) is None:
        conversations.close(scene.session, scene.conversation, DONE, scene.now)
    return []


VERBS: dict[str, Callable[[Scene, dict[str, Any]], list[str]]] = {
    "find_services": find_services,
    "more_services": more_services,
    "escalate": escalate,
    "set_language": set_language,
    "record": record,
    "opt_out": opt_out,
    "request_team": request_team,
    "open_mediation": open_mediation,
    "refer_elsewhere": refer_elsewhere,
    "close": close,
}


def _open(scene: Scene, reason: str, level: Level = Level.ROUTINE) -> None:
    escalations.open_(scene.session, scene.conversation, reason, level, scene.now, scene.message.id)


def _welfare(scene: Scene) -> Level:
    """How urgent a check on somebody is, by all that was written in this conversation."""
    return welfare.level(scene.said, scene.conversation.answers)
