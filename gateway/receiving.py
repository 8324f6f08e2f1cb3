"""The one road in: store a message, screen it, and decide what its sender is told at once.

Everything here happens in one transaction and needs neither Redis, the worker, the bot nor Twilio.
"""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import checking, delivery, escalations, keywords, language, optout, replay, risk, texts
from gateway.commands import Scene
from gateway.community import Community
from gateway.conversations import (
    BOT,
    RESPONDER,
    SMS,
    Inbound,
    just_before,
    keep_language,
    lock_contact,
    of_contact,
    say,
)
from gateway.keys import Keys
from gateway.keywords import Keyword
from gateway.models import Assessment, Conversation, Message
from gateway.risk import Level

log = logging.getLogger(__name__)

REPEAT_WITHIN = timedelta(minutes=10)
DISCREET = frozenset({"partner_violence", "trafficking"})  # their texts may be read by the one who is feared


@dataclass(frozen=True)
class Receipt:
    """What became of a message: where it is, what its sender is told in this very answer, and how dangerous it is.

    ``conversation_id`` is None when the store was down and the message waits in the journal. ``not_screened`` says
    why screening was not completed, if it was not.
    """

    conversation_id: int | None
    replies: list[str]
    level: Level
    duplicate: bool = False
    message_id: int | None = None
    needs_bot: bool = field(default=False, compare=False)
    not_screened: str | None = None


@dataclass(frozen=True)
class Heard:
    """One message that was just stored and screened, and everything that bears on its answer.

    ``now`` is when it came; ``read_at`` is later than that when it had to wait in the journal.
    """

    session: Session
    community: Community
    conversation: Conversation
    message: Message
    inbound: Inbound
    assessment: risk.Assessment
    level: Level
    now: datetime
    read_at: datetime

    @property
    def scene(self) -> Scene:
        """The same, as commands act on it."""
        return Scene(self.session, self.conversation, self.message, self.now)


def receive(session: Session, keys: Keys, community: Community, inbound: Inbound, now: datetime) -> Receipt:
    """Store and screen one message. The same ``provider_id`` again changes nothing and gives the same answer.

    One that comes out of the journal was answered when it came: what is to be said beyond that is queued.
    """
    at = inbound.received_at or now
    kept, conversation = _find_or_lock(session, keys, inbound, at)
    if kept is not None or conversation is None:
        return _same_answer(session, kept, inbound, now)
    message = _store(session, conversation, inbound, at)
    assessment, level = _screen(session, conversation, message, inbound)
    _hear_language(session, conversation, message, inbound, at)
    heard = Heard(session, community, conversation, message, inbound, assessment, level, at, now)
    answer, by = _decide(heard)
    danger = level >= Level.URGENT or by == checking.SAFETY
    first = checking.FIRST_ORDINAL if by == checking.ASKED else 0
    now_said = answer if inbound.said is None else list(inbound.said)
    to_send = replay.missing(answer, inbound.said, danger=danger)
    for place, text in enumerate([*now_said, *to_send]):
        priority = delivery.EMERGENCY if danger else delivery.BOT
        say(session, conversation, text, "system", at, priority=priority, answers=message.id, ordinal=first + place,
            in_webhook=place < len(now_said), confirms_stop=_confirms_stop(inbound))  # fmt: skip
    if by is None:
        conversation.pending_since = conversation.pending_since or at
    else:
        message.handled_at, message.handled_by = at, by
    return Receipt(conversation.id, now_said, level, message_id=message.id,
                   needs_bot=conversation.pending_since is not None)  # fmt: skip


def receive_unread(session: Session, keys: Keys, inbound: Inbound, now: datetime) -> Receipt:
    """Store a message that :func:`receive` breaks on: its words and nothing more, and a person who must look."""
    at = inbound.received_at or now
    kept, conversation = _find_or_lock(session, keys, inbound, at)
    if kept is not None or conversation is None:
        return _same_answer(session, kept, replace(inbound, said=None), now)
    message = _store(session, conversation, replace(inbound, media=()), at)
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
    first = _first_guess(inbound.text)
    keyword = keywords.read(inbound.text) if inbound.channel == SMS else None
    if assessment.level >= Level.URGENT:
        replies = safety_texts(assessment, assessment.level, first, community)
    elif keyword is not None:
        known = not (keyword is Keyword.START and _answered_by_twilio(inbound))  # whether there was a STOP is not
        replies = _keyword_answer(keyword, inbound, first, community, new=True) if known else []
    elif not inbound.text.strip():
        replies = [texts.both("media_only", first or "en")]
    else:
        replies = []
    return Receipt(None, replies, assessment.level, not_screened=assessment.not_screened)


def _first_guess(text: str) -> str | None:
    """Which language stands first in an answer in both; no failure here may cost the answer itself."""
    try:
        found = language.detect(text).lang
    except Exception:
        log.exception("language step failed")
        return None
    return found if found in {"en", "es"} else None


def safety_texts(assessment: risk.Assessment, level: Level, first: str | None, community: Community) -> list[str]:
    """The fixed texts for danger; what could not be screened, and showed nothing until then, is told just that."""
    if assessment.not_screened and not assessment.findings:
        return texts.each("not_screened", first)
    gravest = [each.category for each in assessment.findings if each.level >= level or each.category in DISCREET]
    return texts.safety(gravest or assessment.categories, level.value, first, community)


def _find_or_lock(
    session: Session, keys: Keys, inbound: Inbound, now: datetime
) -> tuple[Message | None, Conversation | None]:
    """The row of a message that came before, or else the open conversation, locked, that it belongs to.

    Looked for before anything is locked or opened: a late duplicate must not open a conversation that was closed.
    Looked for again under the lock: the first may have been under way.
    """
    found = select(Message).where(Message.provider_id == inbound.provider_id)
    kept = session.scalar(found)
    if kept is not None and inbound.said is None:
        return kept, None
    contact = lock_contact(session, keys, inbound, now)
    kept = kept or session.scalar(found)
    return (kept, None) if kept is not None else (None, of_contact(session, contact, now))


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


def _store(session: Session, conversation: Conversation, inbound: Inbound, now: datetime) -> Message:
    text = _storable(inbound.text)
    message = Message(
        conversation_id=conversation.id,
        direction="in",
        author="resident",
        text=text,
        raw=inbound.text.encode("utf-8", "surrogatepass") if text != inbound.text else None,
        media=[_storable(address) for address in inbound.media] or None,
        provider_id=inbound.provider_id,
        created_at=now,
        attempts=0,
    )
    session.add(message)
    session.flush()
    conversation.last_inbound_at = now
    return message


def _storable(text: str) -> str:
    """Postgres takes no NUL and no half of a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _screen(
    session: Session, conversation: Conversation, message: Message, inbound: Inbound
) -> tuple[risk.Assessment, Level]:
    """Screen the raw text; of what was found now and what was found when it came, the higher level counts."""
    earlier = just_before(session, [message]).get(message.id, [])
    result = risk.screen(inbound.text, earlier)
    level = max(fresh_level(result), Level(inbound.level or "none"))
    result = replace(result, not_screened=result.not_screened or inbound.not_screened)
    session.add(
        Assessment(
            message_id=message.id,
            conversation_id=conversation.id,
            level=level.value,
            categories=list(result.categories),
            findings=[finding.to_dict() for finding in result.findings],
            set_aside=[each.to_dict() for each in result.set_aside],
            not_screened=result.not_screened,
            retraction=_taken_back(session, conversation, inbound.text, level),
            version=result.version,
            created_at=message.created_at,
        )
    )
    return result, level


def _taken_back(session: Session, conversation: Conversation, text: str, level: Level) -> str | None:
    """How this takes back what was said here, where there is something to take back. It changes nothing."""
    asked = conversation.menu_open == checking.MENU
    if level < Level.URGENT and not asked and escalations.of_conversation(session, conversation.id) is None:
        return None
    try:
        return risk.retraction(text)
    except Exception:  # a label is never worth the answer itself
        log.exception("retraction could not be read")
        return None


def _hear_language(
    session: Session, conversation: Conversation, message: Message, inbound: Inbound, now: datetime
) -> None:
    """Update which language we answer in; the conversation holds it, not the single message.

    Nothing that breaks in here may cost a resident the safety text: then the memory stays as it was.
    """
    try:
        memory, heard, switched = _remember(conversation, message.text, inbound.facts.get("language"))
    except Exception:
        log.exception("language step failed", extra={"message_id": message.id})
        return
    message.language = heard
    keep_language(conversation, memory)
    if switched and memory.lang and conversation.handler == BOT:
        say(session, conversation, texts.say("language_switched", memory.lang), "system", now)


def _remember(conversation: Conversation, text: str, page: str | None) -> tuple[language.Memory, str, bool]:
    """The memory after this text, the language of the text itself, and whether the conversation switches.

    The language of the page that a web visitor writes from is a first guess, which any plain sentence overrules.
    """
    memory = language.Memory.from_dict(conversation.language_memory)
    if memory.lang is None and page in {"en", "es"}:
        memory = language.Memory(page, strong=False, opposite_run=0, locked=False)
    chosen = language.command(text, menu_open=conversation.menu_open == "language")
    detection = language.detect(text)
    if chosen is not None:
        return language.Memory.asked_for(chosen), chosen, False
    memory, switched = language.remember(memory, detection)
    return memory, detection.lang, switched


def _decide(heard: Heard) -> tuple[list[str], str | None]:
    """What is said in this very answer, and who has dealt with the message (None: the bot is still to)."""
    conversation, inbound = heard.conversation, heard.inbound
    if heard.level >= Level.URGENT:
        return _answer_danger(heard)
    contact, sms = conversation.contact, inbound.channel == SMS
    opted_out = sms and optout.in_force(heard.session, contact.channel, contact.address_hash)
    keyword = keywords.read(inbound.text, opted_out=opted_out) if sms else None
    if conversation.menu_open == checking.MENU:
        told = checking.hear(heard.scene, heard.community, stop=keyword is Keyword.STOP)
        if told is not None:
            return told
    if keyword is not None:
        return _obey(heard, keyword), "keyword"
    return _without_danger(heard, opted_out=opted_out)


def _without_danger(heard: Heard, *, opted_out: bool) -> tuple[list[str], str | None]:
    first = heard.conversation.language
    if heard.conversation.handler == RESPONDER:
        return [], RESPONDER
    if opted_out:
        return [], "opted_out"
    if not heard.inbound.text.strip():
        return [texts.say("media_only", first) if first else texts.both("media_only")], "media"
    if checking.wanted(heard.scene, heard.assessment, heard.read_at):
        return checking.ask(heard.scene, heard.assessment.categories, heard.read_at)
    return [], None


def _answer_danger(heard: Heard) -> tuple[list[str], str]:
    """Ask a person to take over and give the safety text; under a responder's eyes it is not repeated, unless the
    danger is greater than what was answered lately."""
    conversation, message, level = heard.conversation, heard.message, heard.level
    since = message.created_at - REPEAT_WITHIN
    if conversation.menu_open == checking.MENU:
        checking.put_down(heard.scene)
    repeated = escalations.danger_since(heard.session, conversation.id, since, before=message.id, least=level)
    escalations.open_(heard.session, conversation, "risk", level, heard.now, message.id)
    if conversation.handler == RESPONDER and repeated:
        return [], RESPONDER
    return safety_texts(heard.assessment, level, conversation.language, heard.community), "safety"


def _obey(heard: Heard, keyword: Keyword) -> list[str]:
    session, conversation = heard.session, heard.conversation
    contact = conversation.contact
    new = True
    if keyword is Keyword.STOP:
        new = optout.stop(session, contact.channel, contact.address_hash, "keyword", heard.now)
        delivery.cancel(session, conversation.id, heard.now, least=delivery.EMERGENCY)
    elif keyword is Keyword.START:
        new = optout.start(session, contact.channel, contact.address_hash, heard.now)
    answer = _keyword_answer(keyword, heard.inbound, conversation.language, heard.community, new=new)
    return _with_lines_for_life(session, conversation, answer) if keyword is Keyword.STOP else answer


def _with_lines_for_life(session: Session, conversation: Conversation, answer: list[str]) -> list[str]:
    """Where danger is open, the one confirmation of a STOP names 911 and 988."""
    if not answer or not escalations.in_danger(session, conversation.id):
        return answer
    return [texts.both("opt_out_confirm_risk", conversation.language or "es")]


def _keyword_answer(
    keyword: Keyword, inbound: Inbound, first: str | None, community: Community, *, new: bool
) -> list[str]:
    """``new`` is whether the word changed anything: a repeated STOP gets no second confirmation."""
    values: dict[str, Any] = {"name": community.name}
    # Who starts with START, as posters tell people to, gets an answer too; Twilio gives none to that.
    start_only = keyword is Keyword.START and not new
    by_twilio = _answered_by_twilio(inbound)
    if keyword is Keyword.HELP or (start_only and by_twilio):
        return texts.each("help", first, **values)
    if by_twilio or (keyword is Keyword.STOP and not new):
        return []
    key = "opt_out_confirm" if keyword is Keyword.STOP else "opt_in_confirm"
    return [texts.both(key, first or "es", **values)]


def _answered_by_twilio(inbound: Inbound) -> bool:
    """Twilio confirms its own words itself, and says so with OptOutType when Advanced Opt-Out did."""
    return inbound.text.strip().upper() in optout.ANSWERED_BY_TWILIO or "OptOutType" in inbound.facts


def _confirms_stop(inbound: Inbound) -> bool:
    return inbound.channel == SMS and keywords.read(inbound.text) is Keyword.STOP
