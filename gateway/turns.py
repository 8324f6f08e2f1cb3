"""One turn of one conversation: read its oldest unanswered message, ask the bot, write the answer once.

Three steps, so that no transaction is open while the bot thinks: note (locked), ask (nothing locked), write (locked
again, and only if nobody took the conversation over meanwhile). Each commit costs as much as the rest of a step, so a
conversation is leased and its first message noted in one transaction, and who writes the last answer gives it back.
"""

import logging
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, literal_column, select, update
from sqlalchemy.orm import Session, aliased

from gateway import (
    as_it_stands,
    asides,
    corrections,
    delivery,
    escalations,
    follow_ups,
    holding,
    language,
    leases,
    listing,
    menu,
    paging,
    strangers,
    texts,
)
from gateway.ahead import Turn
from gateway.clients.rasa import Answer, Rasa
from gateway.commands import obey, person_asked_each
from gateway.community import Community
from gateway.conversations import BOT, RESPONDER, say_all
from gateway.db import GONE, Database
from gateway.delivery import Taken
from gateway.directory import asking
from gateway.errors import BotUnavailable
from gateway.known import person_asked_in
from gateway.leases import Lease
from gateway.models import Conversation, Message
from gateway.risk import Level
from gateway.scene import Scene

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
HOLD = timedelta(minutes=3)
MENUS_BEFORE_PERSON = 3
MOST_LETTERS = 1600
ASKED_FOR = "asked_for"  # made out in a scene: whether a person is
LETTER = re.compile(r"[^\W_]")  # a lone letter or an emoji tells the bot nothing
# Commands that ask the store for nothing that a turn may have changed: what it did change is written once, at its end.
READING = frozenset(("record", "find_services", "more_services"))
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Answered:
    """That a message was answered: whether another waits, and the first text of the answer where it was taken along."""

    more: bool
    text: Taken | None = None


@dataclass(frozen=True)
class Question:
    """A message that is to be answered, as it stood when it was read; without a ``turn`` the bot is not needed."""

    message_id: int
    epoch: int
    turn: Turn | None


def take_next(
    database: Database, community: Community, owner: str, clock: Clock
) -> tuple[Lease, Question | None] | None:
    """Lease the conversation that waits longest and note its oldest unanswered message, if one waits."""
    lease = None
    try:
        with database.begin() as session:
            conversation = leases.take_locked(session, owner)
            if conversation is None:
                return None
            lease = leases.of(conversation)
            return lease, _read(session, community, conversation, clock())
    except _Unreadable:
        if lease is None:
            raise
    with database.begin() as session:
        taken = leases.take_back(session, owner, lease)
        if taken is not None:
            _next_attempt(session, taken.id)
    return lease, None


def note_next(database: Database, community: Community, lease: Lease, clock: Clock) -> Question | None:
    """The oldest unanswered message of a leased conversation; when there is none, the lease is given back.

    Raises :class:`gateway.leases.LeaseLost` when another worker holds the conversation now.
    """
    try:
        with database.begin() as session:
            conversation = leases.held(session, lease)
            leases.renew(conversation)
            return _read(session, community, conversation, clock())
    except _Unreadable:
        with database.begin() as session:
            conversation = leases.held(session, lease)
            leases.renew(conversation)
            _next_attempt(session, conversation.id)
    return None


def answer(  # noqa: PLR0913 - what is asked of whom, and by which right
    database: Database,
    rasa: Rasa,
    community: Community,
    lease: Lease,
    question: Question,
    clock: Clock,
    *,
    takes: bool = False,
) -> Answered:
    """Answer a message that was noted. If no other waits, the lease is given back.

    Who ``takes`` the first text of the answer along has to send it (:func:`gateway.sending.send_all`): it is claimed
    where it may go at once. Raises :class:`gateway.leases.LeaseLost` when another worker holds the conversation now.
    """
    suggested = _ask(rasa, question)
    with database.begin() as session:
        conversation = leases.held(session, lease)
        _write(session, community, conversation, question, suggested, clock())
        if conversation.pending_since is None:
            leases.give_back(conversation)
        text = delivery.take_of(session, conversation) if takes else None
        return Answered(conversation.pending_since is not None, text)


def answer_next(database: Database, rasa: Rasa, community: Community, lease: Lease, clock: Clock) -> int | None:
    """Note and answer one message; returns its id, or None when there was nothing left. Raises as :func:`answer`."""
    question = note_next(database, community, lease, clock)
    if question is None:
        return None
    answer(database, rasa, community, lease, question, clock)
    return question.message_id


class _Unreadable(Exception):
    """A message that breaks its own reading: what that wrote is rolled back, and only the attempt is kept."""


def _read(session: Session, community: Community, conversation: Conversation, now: datetime) -> Question | None:
    """Read the message. Raises :class:`_Unreadable` where that breaks: then the attempt is counted by itself, so that
    a person gets the message after the last one, and the lease is left to run out, so that a message which breaks
    everything keeps nobody else waiting. A store that is gone is no fault of the message, and is raised as it is.
    """
    conversation_id = conversation.id  # a session that could not write knows its rows no more
    try:
        question = _note(session, community, conversation, now)
        session.flush()
    except GONE:
        raise
    except Exception:
        log.exception("message could not be read", extra={"conversation": conversation_id})
        raise _Unreadable from None
    return question


def _note(session: Session, community: Community, conversation: Conversation, now: datetime) -> Question | None:
    """Read the message and count the attempt, so that one which breaks us every time is found out."""
    taken = None if conversation.handler == RESPONDER else _next_attempt(session, conversation.id)
    if taken is None:
        conversation.pending_since = None
        leases.give_back(conversation)
        return None
    message, asked_for = taken
    scene = Scene(session, conversation, message, now, community.time_zone, community, made_out={ASKED_FOR: asked_for})
    if _without_bot(scene) is not None:
        return Question(message.id, conversation.epoch, None)
    earlier = asides.before(session, message)
    words = asides.with_unheard(earlier, _words(earlier, conversation, message))
    turn = Turn(
        turn_id=str(message.id),
        conversation=str(conversation.public_id),
        channel=conversation.channel,
        language=scene.language,
        text=words,
        state=asides.state(session, conversation, now),
        community={"name": community.name},
        away_hours=asides.away_hours(earlier, message),
        **asking.named_needs(words, scene.language, asking.tags_of(community))._asdict(),
    )
    return Question(message.id, conversation.epoch, turn)


def _without_bot(scene: Scene) -> str | None:
    """Why this message needs no bot, if it needs none."""
    if scene.message.attempts > MOST_ATTEMPTS:
        return "failed"
    if strangers.concerns(scene):
        return strangers.INTERPRETER
    if scene.conversation.language is None:
        return "language_menu"
    listed = listing.concerns(scene)
    if not listed and menu.applies(scene.conversation.menu_open, scene.message.text):
        return "menu"
    if _on_hold(scene):
        return "hold"
    return "correction" if corrections.concerns(scene) else listing.BY if listed else None


def _failed(scene: Scene) -> list[str]:
    log.error("message could not be processed", extra={"message_id": scene.message.id})
    escalations.open_(
        scene.session, scene.conversation, "could_not_process", Level.ROUTINE, scene.now, scene.message.id
    )
    return person_asked_each(scene)


def _language_menu(scene: Scene) -> list[str]:
    """Ask for the language. Who cannot be understood three times in a row gets a person, and is asked again after.

    Nothing here says that they need an interpreter: "k" and "94110" are in no language.
    """
    scene.conversation.menu_open = "language"
    if len(asides.before(scene.session, scene.message).unread) % MENUS_BEFORE_PERSON < MENUS_BEFORE_PERSON - 1:
        return [texts.say("ask_language", "en")]
    escalations.open_(
        scene.session, scene.conversation, "bot_could_not_help", Level.ROUTINE, scene.now, scene.message.id
    )
    staffed = paging.somebody_on_call(scene.session, scene.now)
    return texts.each("person_asked" if staffed else "person_asked_nobody_on_shift", None)


def _menu(scene: Scene) -> list[str]:
    return menu.answer(scene, scene.message.text)


WITHOUT_BOT: dict[str, Callable[[Scene], list[str]]] = {
    "failed": _failed,
    "language_menu": _language_menu,
    strangers.INTERPRETER: strangers.late,
    "menu": _menu,
    "correction": corrections.answer,
    listing.BY: listing.answer,
    "hold": holding.answer,
}


def _on_hold(scene: Scene) -> bool:
    """After danger showed, the bot steps back until a person comes; if nobody does, it helps again. It goes on finding
    a roof for who has none, and of the carriers' word for help, it asks what about."""
    if not scene.made_out.get(ASKED_FOR, True):
        return False
    row = escalations.of_conversation(scene.session, scene.conversation.id)
    if row is None or Level(row.level) < Level.URGENT:
        return False
    said_by_bot = row.reason in {"danger_said", "not_safe"} and scene.now - row.opened_at < HOLD
    since = scene.now - HOLD
    in_danger = escalations.danger_since(scene.session, scene.conversation.id, since, besides_practical=True)
    return said_by_bot or (in_danger and not holding.only_called(scene, since))


def _words(earlier: asides.Before, conversation: Conversation, message: Message) -> str:
    """What the bot is to read: what was written before a language was known, and this, unless it only names one."""
    unread = list(earlier.unread)[::-1]
    said = [text for text in unread if len(LETTER.findall(text)) > 1] or unread[-1:]
    chosen = conversation.menu_open == "language" and language.command(message.text, menu_open=True) is not None
    while sum(map(len, said)) > MOST_LETTERS:
        said = said[1:]
    return "\n".join([*said, *([] if chosen and said else [message.text])])


def _ask(rasa: Rasa, question: Question) -> Answer | None:
    if question.turn is None:
        return None
    try:
        return rasa.turn(question.turn)
    except BotUnavailable as failure:
        log.warning("bot unavailable", extra={"reason": str(failure), "message_id": question.message_id})
        return None


def _write(  # noqa: PLR0913 - what was asked, what was answered, and whether we may still write it
    session: Session,
    community: Community,
    conversation: Conversation,
    question: Question,
    answer: Answer | None,
    now: datetime,
) -> None:
    now_known = as_it_stands.read(session, conversation, question.message_id)
    message, more = now_known.message, now_known.more_waits
    if conversation.handler != BOT or conversation.epoch != question.epoch or message.handled_at is not None:
        log.info("answer dropped", extra={"message_id": message.id, "reason": "taken_over"})
        return
    known = now_known.made_out
    scene = Scene(session, conversation, message, now, community.time_zone, community, more_waits=more, made_out=known)
    if answer is not None:
        conversation.menu_open = None
        _obey_all(scene, _with_person(answer) if now_known.wants_person else answer)
        conversation.bot_state = answer.state
        _done(scene, "bot")
        follow_ups.after_turn(scene, community, bot_asks=bool(answer.state.get("loop")))
        return
    by = "menu" if question.turn is not None else _without_bot(scene) or "menu"
    served = by == "menu" and menu.understands(conversation.menu_open, message.text)
    _say_all(scene, WITHOUT_BOT[by](scene))
    listed = by == listing.BY and conversation.menu_open not in {menu.OPEN, menu.MISSED}
    if served or listed:
        follow_ups.after_turn(scene, community, bot_asks=False)
    _done(scene, asides.SERVED if served else by)


def _with_person(answer: Answer) -> Answer:
    """A wish for a person that the screen heard counts, also where the bot took it for something else."""
    if any(command["command"] == "escalate" for command in answer.commands):
        return answer
    return replace(answer, commands=(*answer.commands, {"command": "escalate", "reason": "asked_for_person"}))


def _obey_all(scene: Scene, answer: Answer) -> None:
    """Say the bot's texts and then what came of its commands; languages change before anything is said."""
    said: list[str] = []
    is_danger = False
    for command in sorted(answer.commands, key=_order):
        if scene.more_waits and command["command"] == "close":
            continue  # they wrote on after their goodbye, and that must be read
        is_danger = is_danger or command.get("reason") == "danger_said"
        with scene.session.no_autoflush if command["command"] in READING else nullcontext():
            said += obey(scene, command)
    _say_all(scene, [*answer.texts, *said], delivery.EMERGENCY if is_danger else delivery.BOT)


def _order(command: dict[str, Any]) -> int:
    return {"set_language": 0, "record": 1, "close": 9}.get(command["command"], 5)


def _say_all(scene: Scene, said: list[str], priority: int = delivery.BOT) -> None:
    say_all(scene.session, scene.conversation, said, "bot", scene.now, priority=priority, answers=scene.message.id)


def _done(scene: Scene, by: str) -> None:
    scene.message.handled_at, scene.message.handled_by = scene.now, by
    if not scene.more_waits:
        scene.conversation.pending_since = None


def _oldest_unanswered() -> Select[int]:
    waits = aliased(Message)
    return (
        select(waits.id)
        .where(
            waits.conversation_id == bindparam("conversation"),
            waits.direction == literal_column("'in'"),  # as in the index, or a prepared statement could not use it
            waits.handled_at.is_(None),
        )
        .order_by(waits.id)
        .limit(1)
    )


_NEXT_ATTEMPT = (
    update(Message)
    .where(Message.id == _oldest_unanswered().scalar_subquery())
    .values(attempts=Message.attempts + 1)
    .returning(Message, person_asked_in(bindparam("conversation")))
    .execution_options(synchronize_session=False, populate_existing=True)
)


def _next_attempt(session: Session, conversation_id: int) -> tuple[Message, bool] | None:
    """The oldest unanswered message of a conversation that is locked, with this attempt counted, and whether a person
    is asked for there."""
    found = session.execute(_NEXT_ATTEMPT, {"conversation": conversation_id}).one_or_none()
    return None if found is None else (found[0], found[1])
