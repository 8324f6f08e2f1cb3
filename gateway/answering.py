"""What a resident is told in the very answer to their message, and who has dealt with it then.

:data:`ORDER` is the order in which a message is heard: danger, a wish for no more texts, the check question, keywords;
what is left waits for the bot or the responder.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import (
    checking,
    closings,
    conversations,
    dispatches,
    endings,
    escalations,
    follow_up_answers,
    keywords,
    language,
    optout,
    phrases,
    risk,
    stopping,
    strangers,
    texts,
)
from gateway.commands import in_their_language, nobody_on_shift, record
from gateway.community import Community
from gateway.conversations import RESPONDER, SMS, Inbound
from gateway.keywords import Keyword
from gateway.models import Conversation, Message
from gateway.risk import Level
from gateway.risk.raising import DISCREET
from gateway.scene import Scene

log = logging.getLogger(__name__)

REPEAT_WITHIN = timedelta(minutes=10)
DANGER_LASTS = timedelta(hours=12)  # how long after danger a word about an end is taken for more than an opt-out

Told = tuple[list[str], str | None]


@dataclass(frozen=True)
class Heard:
    """One message that was just stored and screened, and everything that bears on its answer.

    ``now`` is when it came; ``read_at`` is later than that when it had to wait in the journal. ``said_stop`` is
    whether an opt-out of its sender was in force before it; ``closed`` and ``followed`` are told by
    :class:`gateway.storing.Stored`.
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
    said_stop: bool
    closed: int | None
    followed: bool

    @property
    def scene(self) -> Scene:
        """The same, as commands act on it."""
        return Scene(self.session, self.conversation, self.message, self.now)

    @property
    def held(self) -> bool:
        """Whether a responder holds the conversation."""
        return self.conversation.handler == RESPONDER

    @property
    def opted_out(self) -> bool:
        """Whether the resident had said STOP before this message."""
        return self.inbound.channel == SMS and self.said_stop

    @cached_property
    def keyword(self) -> Keyword | None:
        """The carrier's word that the message is, if it is one. On a page a responder answers it themselves."""
        if self.held and self.inbound.channel != SMS:
            return None
        return _keyword_in(self.inbound, opted_out=self.opted_out)

    @cached_property
    def stops(self) -> bool:
        """Whether the message asks for no more texts, by a word or in a sentence; beside whatever else it says."""
        return wants_no_texts(self.inbound)


def decide(heard: Heard) -> Told:
    """What is said in this very answer, and who has dealt with the message (None: the bot is still to)."""
    for hear in ORDER:
        told = hear(heard)
        if told is not None:
            return told
    return [], None


def _wrote_again(heard: Heard) -> None:
    """After a danger that was closed lately a person reads on, whatever else is answered; a STOP asks for nobody."""
    if heard.keyword is not Keyword.STOP or heard.level >= Level.URGENT:
        closings.open_again(heard.session, heard.closed, heard.conversation, heard.message, heard.level, heard.now)


def _follow_up(heard: Heard) -> Told | None:
    """The answer to a question of ours; danger and an opt-out end the follow-up and are answered as such."""
    if heard.stops and heard.level < Level.URGENT:
        return None
    return follow_up_answers.hear(heard.scene, heard.community, heard.level, concerned=heard.followed)


def _danger(heard: Heard) -> Told | None:
    """Danger is answered first. A STOP, a HELP or a picture in the same message is answered beside it."""
    if heard.level < Level.URGENT:
        return None
    said, by = _answer_danger(heard)
    said += _about_media(heard)
    if heard.keyword is Keyword.HELP and DISCREET.isdisjoint(heard.assessment.categories):
        said += _help_beside_danger(heard.inbound, heard.conversation.language, heard.community)
    if heard.stops:
        said += _stop(heard)
    return said, by


def _answer_danger(heard: Heard) -> Told:
    """Ask a person to take over and give the safety text; under a responder's eyes it is not repeated, unless the
    danger is greater than what was answered lately.

    Who has no roof in bad weather needs the list of shelters as much as a person: the bot reads that message too.
    """
    conversation, message, level = heard.conversation, heard.message, heard.level
    since = message.created_at - REPEAT_WITHIN
    if conversation.menu_open == checking.MENU:
        checking.put_down(heard.scene)
    repeated = escalations.danger_since(heard.session, conversation.id, since, before=message.id, least=level)
    escalations.open_(heard.session, conversation, "risk", level, heard.now, message.id)
    if heard.held and repeated:
        return [], RESPONDER
    said = safety_texts(heard.assessment, level, conversation.language, heard.community)
    said = [*strangers.beside_danger(heard.scene), *said, *nobody_on_shift(heard.session, conversation, heard.read_at)]
    return said, None if _bot_helps_beside(heard) else checking.SAFETY


def _bot_helps_beside(heard: Heard) -> bool:
    shown = escalations.practical(heard.level, heard.assessment.categories)
    return shown and not (heard.held or heard.stops or heard.opted_out or heard.keyword) and bool(heard.inbound.text)


def _opt_out(heard: Heard) -> Told | None:
    """A wish for no more texts is obeyed at once, whoever holds the conversation and whatever was asked."""
    if not heard.stops:
        return None
    if heard.inbound.channel != SMS and not _has_number(heard):
        return None if heard.held else (in_their_language(heard.conversation, "opt_out_web"), "keyword")
    despair = keywords.may_be_despair(heard.inbound.text)
    said: list[str] = []
    if heard.conversation.menu_open == checking.MENU:
        said = checking.left_by_stop(heard.scene, heard.community, despair=despair)
    elif despair and _was_in_danger(heard):
        escalations.open_(
            heard.session, heard.conversation, "stop_in_danger", Level.URGENT, heard.now, heard.message.id
        )
    return [*said, *_stop(heard)], checking.SAFETY if said else "keyword"


def _was_in_danger(heard: Heard) -> bool:
    since = heard.now - DANGER_LASTS
    return escalations.danger_since(heard.session, heard.conversation.id, since, before=heard.message.id)


def _stop(heard: Heard) -> list[str]:
    """Obey an opt-out; one confirmation and no second, and none where Twilio confirms its own words.

    Who went on by text may ask for no more texts on the page, too: the confirmation is read there.
    """
    if heard.inbound.channel != SMS and not _has_number(heard):
        return []
    source = "keyword" if heard.keyword is Keyword.STOP else "sentence"
    new = stopping.stop(heard.session, heard.conversation, source, heard.now)
    if not new or answered_by_twilio(heard.inbound):
        return []
    return [stopping.confirmation(heard.session, heard.conversation)]


def _has_number(heard: Heard) -> bool:
    return conversations.phone_contact(heard.conversation).channel == SMS


def _no_team(heard: Heard) -> Told | None:
    """A no to a team that was sent stops it, and to one that was only asked for takes the consent back, whoever holds
    the conversation; other words are the owner's to read."""
    words = heard.inbound.text
    if not endings.says_no_team(words):
        return None
    if dispatches.resident_says_no(heard.session, heard.conversation, heard.message.id, heard.now):
        key = "dispatch_declined"
    elif dispatches.resident_takes_back(heard.session, heard.conversation, heard.message.id, heard.now):
        record(heard.scene, {"field": "team_consent", "value": "no"})
        key = "team_taken_back"
    else:
        return None
    quiet = heard.opted_out or not conversations.safe_to_text(heard.conversation)
    return [] if quiet else in_their_language(heard.conversation, key), RESPONDER


def _check_answer(heard: Heard) -> Told | None:
    if heard.conversation.menu_open != checking.MENU:
        return None
    return checking.hear(heard.scene, heard.community)


def _keyword(heard: Heard) -> Told | None:
    """START and HELP; a STOP was obeyed before."""
    if heard.keyword is None:
        return None
    contact, new = heard.conversation.contact, True
    if heard.keyword is Keyword.START:
        new = optout.start(heard.session, contact.channel, contact.address_hash, heard.now)
    first = heard.conversation.language
    return keyword_answer(heard.keyword, heard.inbound, first, heard.community, new=new), "keyword"


def _responder(heard: Heard) -> Told | None:
    """Who holds the conversation answers; only the machine knows what becomes of a picture."""
    return (_about_media(heard), RESPONDER) if heard.held else None


def _opted_out(heard: Heard) -> Told | None:
    return ([], "opted_out") if heard.opted_out else None


def _media_only(heard: Heard) -> Told | None:
    if heard.inbound.text.strip():
        return None
    return [texts.one("media_only", heard.conversation.language)], "media"


def _distress(heard: Heard) -> Told | None:
    if not checking.wanted(heard.scene, heard.assessment, heard.read_at):
        return None
    said, by = checking.ask(heard.scene, heard.assessment.categories, heard.read_at)
    return [*_about_media(heard), *said], by


def _other_language(heard: Heard) -> Told | None:
    told = strangers.hear(heard.scene)
    return None if told is None else ([*_about_media(heard), *told[0]], told[1])


def _picture_with_words(heard: Heard) -> Told | None:
    """The words go on to the bot; what becomes of the picture is said now."""
    said = _about_media(heard)
    return (said, None) if said else None


# The first that has an answer gives it; what none of them answers is the bot's to read.
ORDER: tuple[Callable[[Heard], Told | None], ...] = (
    _wrote_again,
    _follow_up,
    _danger,
    _opt_out,
    _no_team,
    _check_answer,
    _keyword,
    _responder,
    _opted_out,
    _media_only,
    _distress,
    _other_language,
    _picture_with_words,
)


def _about_media(heard: Heard) -> list[str]:
    """What becomes of a picture that came with words or before a responder, said once in a conversation."""
    key = "media_with_words"
    if not heard.inbound.media or heard.opted_out or heard.stops:
        return []
    known = [*texts.wording(key).values(), *(texts.both(key, code) for code in texts.LANGUAGES)]
    before = select(Message.id).where(
        Message.conversation_id == heard.conversation.id, Message.direction == "out", Message.text.in_(known)
    )
    if heard.session.scalar(before.limit(1)) is not None:
        return []
    return [texts.one(key, heard.conversation.language)]


def without_store(community: Community, inbound: Inbound, assessment: risk.Assessment) -> list[str]:
    """What is said while the store is down: the same, as far as this one text can tell.

    Whether danger or a STOP came earlier is not known, nor who is on shift; what that adds is sent afterwards.
    """
    first = first_guess(inbound.text)
    keyword = _keyword_in(inbound)
    stops = wants_no_texts(inbound)
    if assessment.level >= Level.URGENT:
        said = safety_texts(assessment, assessment.level, first, community)
        if keyword is Keyword.HELP and DISCREET.isdisjoint(assessment.categories):
            said += _help_beside_danger(inbound, first, community)
        if stops and inbound.channel == SMS and not answered_by_twilio(inbound):
            said.append(texts.both("opt_out_confirm_risk", first or "es"))
        return said
    if stops:
        return _confirmed(inbound, first)
    if keyword is Keyword.START and answered_by_twilio(inbound):
        return []  # whether there was a STOP before is not known
    if keyword is not None:
        return keyword_answer(keyword, inbound, first, community, new=True)
    return [] if inbound.text.strip() else [texts.both("media_only", first or "en")]


def _confirmed(inbound: Inbound, first: str | None) -> list[str]:
    if inbound.channel != SMS:
        return [texts.say("opt_out_web", first)] if first else texts.each("opt_out_web", None)
    return [] if answered_by_twilio(inbound) else [texts.both("opt_out_confirm", first or "es")]


def keyword_answer(
    keyword: Keyword, inbound: Inbound, first: str | None, community: Community, *, new: bool
) -> list[str]:
    """The answer to START or HELP; ``new`` is whether the word changed anything."""
    values: dict[str, Any] = {"name": community.name}
    # Who starts with START, as posters tell people to, gets an answer too; Twilio gives none to that.
    start_only = keyword is Keyword.START and not new
    by_twilio = answered_by_twilio(inbound)
    if keyword is Keyword.HELP or (start_only and by_twilio):
        return texts.each("help" if inbound.channel == SMS else "help_web", first, **values)
    return [] if by_twilio else [texts.both("opt_in_confirm", first or "es", **values)]


def _keyword_in(inbound: Inbound, *, opted_out: bool = False) -> Keyword | None:
    """The carrier's word that a text is. On a page there is nothing to stop or start; INFO and AYUDA ask the same."""
    found = keywords.read(inbound.text, opted_out=opted_out)
    return found if inbound.channel == SMS or found is Keyword.HELP else None


def _help_beside_danger(inbound: Inbound, first: str | None, community: Community) -> list[str]:
    """Who we are and how to reach a person, beside the safety texts of who wrote nothing but HELP."""
    if inbound.channel == SMS:
        return [texts.both("help_footer", first or "en", name=community.name)]
    return texts.each("help_footer_web", first, name=community.name)


def answered_by_twilio(inbound: Inbound) -> bool:
    """Twilio confirms its own words itself, and says so with OptOutType when Advanced Opt-Out did."""
    return inbound.text.strip().upper() in optout.ANSWERED_BY_TWILIO or "OptOutType" in inbound.facts


def wants_no_texts(inbound: Inbound) -> bool:
    """Whether this asks for no more texts: the word alone, on SMS, or a whole sentence (47 CFR 64.1200(a)(10)).

    No failure here may cost the answer itself.
    """
    if inbound.channel == SMS and keywords.read(inbound.text) is Keyword.STOP:
        return True
    try:
        return phrases.asks_to_stop(inbound.text)
    except Exception:
        log.exception("opt-out phrases could not be read")
        return False


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
