"""The one road in: store a message, screen it, and decide what its sender is told at once.

Everything here happens in one transaction and needs neither Redis, the worker, the bot nor Twilio.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import delivery, escalations, keywords, language, optout, risk, texts
from gateway.community import Community
from gateway.conversations import BOT, RESPONDER, SMS, Inbound, say, thread
from gateway.keys import Keys
from gateway.keywords import Keyword
from gateway.models import Assessment, Conversation, Message
from gateway.risk import Level

SPLIT_WITHIN = timedelta(minutes=30)  # people split one sentence over two or three texts
SPLIT_TEXTS = 2
REPEAT_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True)
class Receipt:
    """What became of a message: where it is, what its sender is told in this very answer, and how dangerous it is.

    ``conversation_id`` is None when the store was down and the message waits in the journal.
    """

    conversation_id: int | None
    replies: list[str]
    level: Level
    duplicate: bool = False
    message_id: int | None = None
    needs_bot: bool = field(default=False, compare=False)


def receive(session: Session, keys: Keys, community: Community, inbound: Inbound, now: datetime) -> Receipt:
    """Store and screen one message. The same ``provider_id`` again changes nothing and gives the same answer."""
    at = inbound.received_at or now
    conversation = thread(session, keys, inbound, at)
    kept = session.scalar(select(Message).where(Message.provider_id == inbound.provider_id))
    if kept is not None:
        return _same_answer(session, kept)
    message = _store(session, conversation, inbound, at)
    assessment = _screen(session, conversation, message, inbound)
    level = fresh_level(assessment)
    _hear_language(session, conversation, message, inbound, at)
    answer, by = _decide(session, conversation, message, assessment, inbound, community, at)
    if inbound.said is not None:
        answer = list(inbound.said)
    for ordinal, text in enumerate(answer):
        priority = delivery.EMERGENCY if level >= Level.URGENT else delivery.BOT
        say(session, conversation, text, "system", at, priority=priority, answers=message.id, ordinal=ordinal,
            in_webhook=True)  # fmt: skip
    if by is None:
        conversation.pending_since = conversation.pending_since or at
    else:
        message.handled_at, message.handled_by = at, by
    return Receipt(conversation.id, answer, level, message_id=message.id, needs_bot=by is None)


def fresh_level(assessment: risk.Assessment) -> Level:
    """How dangerous this very message is. What only its sender's earlier messages said was answered then; the
    escalation, which keeps the highest level, is where danger sticks."""
    if assessment.not_screened:
        return assessment.level
    return max((finding.level for finding in assessment.findings if not finding.earlier), default=Level.NONE)


def provisional(community: Community, inbound: Inbound) -> Receipt:
    """The same decision without the store: what is said when the message can only be kept in the journal."""
    assessment = risk.screen(inbound.text)
    detected = language.detect(inbound.text).lang
    first = detected if detected in {"en", "es"} else None
    keyword = keywords.read(inbound.text) if inbound.channel == SMS else None
    if assessment.level >= Level.URGENT:
        replies = safety_texts(assessment, assessment.level, first, community)
    elif keyword is not None:
        replies = _keyword_answer(keyword, inbound, first, community, new=True)
    elif not inbound.text.strip():
        replies = [texts.both("media_only", first or "en")]
    else:
        replies = []
    return Receipt(None, replies, assessment.level)


def safety_texts(assessment: risk.Assessment, level: Level, first: str | None, community: Community) -> list[str]:
    """The fixed texts for danger; what could not be screened, and showed nothing until then, is told just that."""
    if assessment.not_screened and not assessment.findings:
        return [texts.say("not_screened", code) for code in (("es", "en") if first == "es" else ("en", "es"))]
    return texts.safety(assessment.categories, level.value, first, community)


def _same_answer(session: Session, kept: Message) -> Receipt:
    said = session.scalars(
        select(Message.text).where(Message.answers_id == kept.id, Message.in_webhook).order_by(Message.ordinal)
    )
    level = session.scalar(select(Assessment.level).where(Assessment.message_id == kept.id))
    return Receipt(kept.conversation_id, list(said), Level(level or "none"), duplicate=True, message_id=kept.id)


def _store(session: Session, conversation: Conversation, inbound: Inbound, now: datetime) -> Message:
    text = inbound.text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    message = Message(
        conversation_id=conversation.id,
        direction="in",
        author="resident",
        text=text,
        raw=inbound.text.encode("utf-8", "surrogatepass") if text != inbound.text else None,
        media=list(inbound.media) or None,
        provider_id=inbound.provider_id,
        created_at=now,
        attempts=0,
    )
    session.add(message)
    session.flush()
    conversation.last_inbound_at = now
    return message


def _screen(session: Session, conversation: Conversation, message: Message, inbound: Inbound) -> risk.Assessment:
    earlier = session.scalars(
        select(Message.text)
        .where(
            Message.conversation_id == conversation.id,
            Message.direction == "in",
            Message.id < message.id,
            Message.created_at > message.created_at - SPLIT_WITHIN,
        )
        .order_by(Message.id.desc())
        .limit(SPLIT_TEXTS)
    ).all()
    result = risk.screen(inbound.text, tuple(reversed(earlier)))
    session.add(
        Assessment(
            message_id=message.id,
            conversation_id=conversation.id,
            level=fresh_level(result).value,
            categories=list(result.categories),
            findings=[finding.to_dict() for finding in result.findings],
            not_screened=result.not_screened,
            version=result.version,
            created_at=message.created_at,
        )
    )
    return result


def _hear_language(
    session: Session, conversation: Conversation, message: Message, inbound: Inbound, now: datetime
) -> None:
    """Update which language we answer in; the conversation holds it, not the single message.

    The language of the page that a web visitor writes from is a first guess, which any plain sentence overrules.
    """
    memory = language.Memory.from_dict(conversation.language_memory)
    page = inbound.facts.get("language")
    if memory.lang is None and page in {"en", "es"}:
        memory = language.Memory(page, strong=False, opposite_run=0, locked=False)
    chosen = language.command(message.text, menu_open=conversation.menu_open == "language")
    detection = language.detect(message.text)
    if chosen is not None:
        memory, switched = language.Memory(chosen, strong=True, opposite_run=0, locked=True), False
    else:
        memory, switched = language.remember(memory, detection)
    message.language = chosen or detection.lang
    conversation.language, conversation.language_memory = memory.lang, memory.to_dict()
    conversation.contact.language_memory = memory.to_dict()
    if switched and memory.lang and conversation.handler == BOT:
        say(session, conversation, texts.say("language_switched", memory.lang), "system", now)


def _decide(  # noqa: PLR0913 - everything that bears on the answer
    session: Session,
    conversation: Conversation,
    message: Message,
    assessment: risk.Assessment,
    inbound: Inbound,
    community: Community,
    now: datetime,
) -> tuple[list[str], str | None]:
    """What is said in this very answer, and who has dealt with the message (None: the bot is still to)."""
    contact, first = conversation.contact, conversation.language
    opted_out = inbound.channel == SMS and optout.in_force(session, contact.channel, contact.address_hash)
    if fresh_level(assessment) >= Level.URGENT:
        return _answer_danger(session, conversation, message, assessment, community, now)
    keyword = keywords.read(inbound.text, opted_out=opted_out) if inbound.channel == SMS else None
    if keyword is not None:
        return _obey(session, conversation, keyword, inbound, community, now), "keyword"
    if conversation.handler == RESPONDER:
        return [], RESPONDER
    if opted_out:
        return [], "opted_out"
    if not inbound.text.strip():
        return [texts.say("media_only", first) if first else texts.both("media_only")], "media"
    return [], None


def _answer_danger(  # noqa: PLR0913
    session: Session,
    conversation: Conversation,
    message: Message,
    assessment: risk.Assessment,
    community: Community,
    now: datetime,
) -> tuple[list[str], str]:
    """Ask a person to take over and give the safety text; under a responder's eyes it is not repeated."""
    level = fresh_level(assessment)
    repeated = danger_since(session, conversation.id, message.created_at - REPEAT_WITHIN, before=message.id)
    escalations.open_(session, conversation, "risk", level, now, message.id)
    if conversation.handler == RESPONDER and repeated:
        return [], RESPONDER
    return safety_texts(assessment, level, conversation.language, community), "safety"


def _obey(  # noqa: PLR0913
    session: Session,
    conversation: Conversation,
    keyword: Keyword,
    inbound: Inbound,
    community: Community,
    now: datetime,
) -> list[str]:
    contact = conversation.contact
    new = True
    if keyword is Keyword.STOP:
        new = optout.stop(session, contact.channel, contact.address_hash, "keyword", now)
        delivery.cancel(session, conversation.id, now, least=delivery.EMERGENCY)
    elif keyword is Keyword.START:
        new = optout.start(session, contact.channel, contact.address_hash, now)
    answer = _keyword_answer(keyword, inbound, conversation.language, community, new=new)
    return _with_lines_for_life(session, conversation, answer) if keyword is Keyword.STOP else answer


def _with_lines_for_life(session: Session, conversation: Conversation, answer: list[str]) -> list[str]:
    """Where danger is open, the one confirmation of a STOP names 911 and 988."""
    if not answer or not escalations.in_danger(session, conversation.id):
        return answer
    return [texts.both("opt_out_confirm_risk", conversation.language or "es")]


def _keyword_answer(
    keyword: Keyword, inbound: Inbound, first: str | None, community: Community, *, new: bool
) -> list[str]:
    values: dict[str, Any] = {"name": community.name}
    if keyword is Keyword.HELP:
        return [texts.say("help", code, **values) for code in (("es", "en") if first == "es" else ("en", "es"))]
    # Twilio confirms its own words itself, and says so with OptOutType when Advanced Opt-Out did.
    by_twilio = inbound.text.strip().upper() in optout.ANSWERED_BY_TWILIO or "OptOutType" in inbound.facts
    if by_twilio or not new:
        return []
    key = "opt_out_confirm" if keyword is Keyword.STOP else "opt_in_confirm"
    return [texts.both(key, first or "es", **values)]


def danger_since(session: Session, conversation_id: int, since: datetime, before: int | None = None) -> bool:
    """Whether a message of this conversation showed danger after ``since`` (and, if given, before another message)."""
    found = (
        select(Message.id)
        .join(Assessment, Assessment.message_id == Message.id)
        .where(
            Message.conversation_id == conversation_id,
            Message.created_at > since,
            Assessment.level.in_([Level.URGENT.value, Level.EMERGENCY.value]),
        )
    )
    if before is not None:
        found = found.where(Message.id < before)
    return session.scalar(found.limit(1)) is not None
