"""What a resident is told in the very answer to their message, and who has dealt with it then.

Danger first, then the check question, then STOP and its kin; what is left waits for the bot or the responder.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gateway import checking, delivery, escalations, keywords, language, optout, risk, texts
from gateway.commands import Scene
from gateway.community import Community
from gateway.conversations import RESPONDER, SMS, Inbound
from gateway.keywords import Keyword
from gateway.models import Conversation, Message
from gateway.risk import Level

log = logging.getLogger(__name__)

REPEAT_WITHIN = timedelta(minutes=10)
DISCREET = frozenset({"partner_violence", "trafficking"})  # their texts may be read by the one who is feared


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


def decide(heard: Heard) -> tuple[list[str], str | None]:
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
    answer = keyword_answer(keyword, heard.inbound, conversation.language, heard.community, new=new)
    return _with_lines_for_life(session, conversation, answer) if keyword is Keyword.STOP else answer


def _with_lines_for_life(session: Session, conversation: Conversation, answer: list[str]) -> list[str]:
    """Where danger is open, the one confirmation of a STOP names 911 and 988."""
    if not answer or not escalations.in_danger(session, conversation.id):
        return answer
    return [texts.both("opt_out_confirm_risk", conversation.language or "es")]


def keyword_answer(
    keyword: Keyword, inbound: Inbound, first: str | None, community: Community, *, new: bool
) -> list[str]:
    """The answer to a word such as STOP or HELP.

    ``new`` is whether the word changed anything: a repeated STOP gets no second confirmation.
    """
    values: dict[str, Any] = {"name": community.name}
    # Who starts with START, as posters tell people to, gets an answer too; Twilio gives none to that.
    start_only = keyword is Keyword.START and not new
    by_twilio = answered_by_twilio(inbound)
    if keyword is Keyword.HELP or (start_only and by_twilio):
        return texts.each("help", first, **values)
    if by_twilio or (keyword is Keyword.STOP and not new):
        return []
    key = "opt_out_confirm" if keyword is Keyword.STOP else "opt_in_confirm"
    return [texts.both(key, first or "es", **values)]


def answered_by_twilio(inbound: Inbound) -> bool:
    """Twilio confirms its own words itself, and says so with OptOutType when Advanced Opt-Out did."""
    return inbound.text.strip().upper() in optout.ANSWERED_BY_TWILIO or "OptOutType" in inbound.facts


def confirms_stop(inbound: Inbound) -> bool:
    """Whether the answer to this is the one confirmation that may follow an opt-out."""
    return inbound.channel == SMS and keywords.read(inbound.text) is Keyword.STOP


def first_guess(text: str) -> str | None:
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
