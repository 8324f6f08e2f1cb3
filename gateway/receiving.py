"""The one road in: store a message, screen it, and decide what its sender is told at once.

Everything here happens in one transaction and needs neither Redis, the worker, the bot nor Twilio.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import (
    ahead,
    answering,
    checking,
    closings,
    delivery,
    escalations,
    keywords,
    known,
    language,
    media,
    replay,
    risk,
    storing,
    strangers,
    texts,
    watched,
)
from gateway.community import Community
from gateway.conversations import (
    BOT,
    SMS,
    Inbound,
    keep_language,
    lock_contact,
    open_new,
    say,
    say_all,
    turn_to_page,
)
from gateway.keys import Keys
from gateway.known import First, Known
from gateway.models import Assessment, Conversation, Message
from gateway.risk import Level

log = logging.getLogger(__name__)

WHERE = frozenset(("place", "spot"))  # the bot's questions for a place
LONGEST_NAME = 3  # words


@dataclass(frozen=True)
class Receipt:
    """What became of a message: where it is, what its sender is told in this very answer, and how dangerous it is.

    ``conversation_id`` is None when the store was down and the message waits in the journal. ``not_screened`` says
    why screening was not completed, if it was not, ``texts_wait`` that there is something to send beside the answer.
    """

    conversation_id: int | None
    replies: list[str]
    level: Level
    duplicate: bool = False
    message_id: int | None = None
    needs_bot: bool = field(default=False, compare=False)
    not_screened: str | None = None
    texts_wait: bool = field(default=False, compare=False)


def receive(  # noqa: PLR0913 - a message, its town, and what was asked about it before
    session: Session,
    keys: Keys,
    community: Community,
    inbound: Inbound,
    now: datetime,
    first: First | None = None,
    guess: ahead.Guess | None = None,
) -> Receipt:
    """Store and screen one message. The same ``provider_id`` again changes nothing and gives the same answer.

    One out of the journal was answered when it came: what else is to be said is queued. ``first`` was asked here.
    With a ``guess`` the bot begins to work on it meanwhile.
    """
    at = inbound.received_at or now
    kept, found = _find_or_lock(session, keys, inbound, at, first)
    if kept is not None or found is None or found.conversation is None:
        return _same_answer(session, kept, inbound, now)
    conversation = found.conversation
    spoken = _hear_language(conversation, inbound)
    if conversation.channel == SMS and watched.says_so(inbound.text):
        conversation.answers = {**conversation.answers, "safe_to_text": "no"}
    if guess is not None:
        guess.ask(conversation, inbound, at)
    assessment, level, retraction = _screen(conversation, inbound, found)
    stored = storing.store(session, _said(conversation, inbound, at, spoken), assessment, level, retraction,
                           conversation.contact, closings.reopens_since(community, at))  # fmt: skip
    conversation.last_inbound_at = at
    heard = answering.Heard(
        session, community, conversation, stored.message, inbound, assessment, level, at, now,
        found.opted_out, stored.closed, stored.followed)  # fmt: skip
    return _answer(heard, switched=spoken is not None and spoken.switched)


def _answer(heard: answering.Heard, *, switched: bool) -> Receipt:
    """Say at once what is to be said at once, and leave the rest to the bot."""
    session, conversation, inbound, at = heard.session, heard.conversation, heard.inbound, heard.now
    answer, by = answering.decide(heard)
    danger = heard.level >= Level.URGENT or by == checking.SAFETY
    lowest = checking.FIRST_ORDINAL if by in {checking.ASKED, None} else 0  # the places before are the bot's, later
    now_said = answer if inbound.said is None else list(inbound.said)
    said = [*now_said, *replay.missing(answer, inbound.said, danger=danger)]
    say_all(session, conversation, said, "system", at, priority=delivery.EMERGENCY if danger else delivery.BOT,
            answers=heard.message.id, lowest=lowest, in_webhook=len(now_said), confirms_stop=heard.stops)  # fmt: skip
    if heard.stops:
        turn_to_page(conversation)
    if by is None:
        conversation.pending_since = conversation.pending_since or at
        if switched:
            _say_switched(session, conversation, at)
    else:
        heard.message.handled_at, heard.message.handled_by = at, by
    return Receipt(conversation.id, now_said, heard.level, message_id=heard.message.id,
                   needs_bot=conversation.pending_since is not None)  # fmt: skip


def receive_unread(session: Session, keys: Keys, inbound: Inbound, now: datetime) -> Receipt:
    """Store a message that :func:`receive` breaks on: its words and nothing more, and a person who must look."""
    at = inbound.received_at or now
    kept, found = _find_or_lock(session, keys, inbound, at)
    if kept is not None or found is None or found.conversation is None:
        return _same_answer(session, kept, replace(inbound, said=None), now)
    conversation = found.conversation
    message = Message(**_said(conversation, replace(inbound, media=()), at, None))
    session.add(message)
    session.flush()
    conversation.last_inbound_at = at
    message.raw = inbound.text.encode("utf-8", "surrogatepass")
    message.handled_at, message.handled_by = at, "could_not_process"
    for ordinal, text in enumerate(inbound.said or ()):
        say(session, conversation, text, "system", at, answers=message.id, ordinal=ordinal, in_webhook=True)
    level = Level(inbound.level) if inbound.level else Level.URGENT
    escalations.open_(session, conversation, "could_not_process", max(level, Level.ROUTINE), at, message.id)
    return Receipt(conversation.id, list(inbound.said or ()), level, message_id=message.id)


def fresh_level(assessment: risk.Assessment) -> Level:
    """How dangerous this very message is. What only its sender's earlier messages said was answered then; the
    escalation, which keeps the highest level, is where danger sticks."""
    if assessment.not_screened:
        return assessment.level
    return max((finding.level for finding in assessment.findings if not finding.earlier), default=Level.NONE)


def provisional(community: Community, inbound: Inbound) -> Receipt:
    """The same decision without the store: what is said when the message can only be kept in the journal."""
    assessment = risk.screen(inbound.text)
    replies = answering.without_store(community, inbound, assessment)
    return Receipt(None, replies, assessment.level, not_screened=assessment.not_screened)


def _find_or_lock(
    session: Session, keys: Keys, inbound: Inbound, now: datetime, first: First | None = None
) -> tuple[Message | None, Known | None]:
    """The row of a message that came before, or else what is known of its sender, locked, and an open conversation.

    Looked for before anything is locked or opened: a late duplicate must not open a conversation that was closed.
    Looked for again under the lock: the first may have been under way.
    """
    kept_id = (first or known.at_first(session, keys, inbound)).kept_id
    if kept_id is not None and inbound.said is None:
        return session.get_one(Message, kept_id), None
    contact = lock_contact(session, keys, inbound, now)
    found = known.of(session, contact, inbound.provider_id, now)
    if found.kept_id is not None:
        return session.get_one(Message, found.kept_id), None
    return None, found if found.conversation else replace(found, conversation=open_new(session, contact, now))


def _same_answer(session: Session, kept: Message | None, inbound: Inbound, now: datetime) -> Receipt:
    if kept is None:
        raise LookupError(inbound.provider_id)
    if inbound.said is not None:
        replay.reconcile(session, kept, inbound, now)
    said = session.scalars(
        select(Message.text).where(Message.answers_id == kept.id, Message.in_webhook).order_by(Message.ordinal)
    )
    level = session.scalar(select(Assessment.level).where(Assessment.message_id == kept.id))
    return Receipt(kept.conversation_id, list(said), Level(level or "none"), duplicate=True, message_id=kept.id)


def _said(conversation: Conversation, inbound: Inbound, now: datetime, spoken: "_Spoken | None") -> dict[str, Any]:
    """The message as it is stored."""
    text = _storable(inbound.text)
    return {
        "conversation_id": conversation.id,
        "direction": "in",
        "author": "resident",
        "text": text,
        "raw": inbound.text.encode("utf-8", "surrogatepass") if text != inbound.text else None,
        "media": [_clean(media.kept(each)) for each in inbound.media] or None,
        "language": spoken.language if spoken else None,
        "provider_id": inbound.provider_id,
        "in_webhook": False,
        "created_at": now,
        "attempts": 0,
    }


def _storable(text: str) -> str:
    """Postgres takes no NUL and no half of a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _clean(reference: media.Reference) -> media.Reference:
    return {name: _storable(value) if isinstance(value, str) else value for name, value in reference.items()}


def _screen(conversation: Conversation, inbound: Inbound, found: Known) -> tuple[risk.Assessment, Level, str | None]:
    """Screen the raw text; of what was found now and what was found when it came, the higher level counts.

    With how it takes back what was said here before, if it does.
    """
    result = risk.screen(inbound.text, found.earlier)
    level = max(fresh_level(result), Level(inbound.level or "none"))
    result = replace(result, not_screened=result.not_screened or inbound.not_screened)
    return result, level, _taken_back(found, conversation, inbound.text, level)


def _taken_back(found: Known, conversation: Conversation, text: str, level: Level) -> str | None:
    """How this takes back what was said here, where there is something to take back. It changes nothing."""
    asked = conversation.menu_open == checking.MENU
    if level < Level.URGENT and not asked and not found.escalated:
        return None
    try:
        return risk.retraction(text)
    except Exception:  # a label is never worth the answer itself
        log.exception("retraction could not be read")
        return None


@dataclass(frozen=True)
class _Spoken:
    """What one message tells of its sender's language: what to remember, and whether we answer in another now."""

    memory: language.Memory
    language: str
    switched: bool


def _hear_language(conversation: Conversation, inbound: Inbound) -> _Spoken | None:
    """Which language to answer in from now on; the conversation holds it, not the message.

    Nothing that breaks in here may cost a resident the safety text: then the memory stays as it was.
    """
    try:
        spoken = _Spoken(*_remember(conversation, _storable(inbound.text), inbound.facts))
        keep_language(conversation, spoken.memory)
        return spoken
    except Exception:
        log.exception("language step failed", extra={"conversation": conversation.id})
        return None


def _say_switched(session: Session, conversation: Conversation, now: datetime) -> None:
    """Tell of a switch where the bot will answer in the new language; never between a resident and a person."""
    if conversation.handler == BOT and conversation.language and not escalations.in_danger(session, conversation.id):
        say(session, conversation, texts.say("language_switched", conversation.language), "system", now)


def _remember(conversation: Conversation, text: str, facts: dict[str, str]) -> tuple[language.Memory, str, bool]:
    """The memory after this text, the language of the text itself, and whether the conversation switches.

    The language of the page that a web visitor writes from is a first guess, which any plain sentence overrules; one
    that they picked by its button just before is asked for, as if they had written its name. A name of a third
    language, a yes or no to the line that was said in one, the name of a place in answer to "where are you?", and the
    carriers' own STOP and START, which everybody writes in English, tell nothing of English or Spanish.
    """
    page, picked = facts.get("language"), facts.get("chosen")
    known = language.Memory.from_dict(conversation.language_memory)
    memory = language.Memory.asked_for(picked) if picked is not None else known
    chosen = language.command(text, menu_open=conversation.menu_open == "language")
    if chosen is not None:
        return language.Memory.asked_for(chosen), chosen, False
    detection = language.detect(text)
    if detection.lang == "en" and keywords.read(text) in {keywords.Keyword.STOP, keywords.Keyword.START}:
        return memory, detection.lang, False
    if conversation.menu_open == strangers.INTERPRETER and strangers.acknowledges(text):
        return memory, detection.lang, False
    if (asked := language.asked_other(text)) is not None:
        return memory, f"other:{asked}", False
    if picked is not None or (memory.lang is not None and _names_a_place(conversation, text)):
        return memory, detection.lang, False
    if memory.lang is None and page in {"en", "es"} and not detection.lang.startswith("other:"):
        memory = language.Memory(page, strong=False, opposite_run=0, locked=False)
    memory, switched = language.remember(memory, detection)
    return memory, detection.lang, switched


def _names_a_place(conversation: Conversation, text: str) -> bool:
    """Whether this is the name of a place, asked for by the bot: those of streets and towns are English here."""
    slots: dict[str, Any] = (conversation.bot_state or {}).get("slots") or {}
    return slots.get("requested_slot") in WHERE and len(text.split()) <= LONGEST_NAME
