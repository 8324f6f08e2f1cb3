"""The services of a list as data, so that the page can draw a card for each: the same that the text says."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import offering, referrals
from gateway.community import Community
from gateway.directory import answers, freshness, one_service, stored
from gateway.directory.hours_words import is_then
from gateway.directory.wanted import FoundService, Wanted
from gateway.models import Conversation, Message, Referral, ReferralEvent

LISTED = re.compile(r"(?m)^1\) ")
MILES = re.compile(r"\((\d+(?:\.\d)? mi)\)")
ITEM = re.compile(r"(?m)^(\d)\) (.*(?:\n.+)*)")

Card = dict[str, Any]


@dataclass(frozen=True)
class _Told:
    """One service as it was told: under which number, and for which need."""

    number: int
    service_id: str
    location_id: str | None
    need: str


def lists(messages: Iterable[Message]) -> bool:
    """Whether any of these lists services."""
    return any(map(_is_list, messages))


def of(session: Session, messages: Iterable[Message], town: Community, now: datetime) -> dict[int, list[Card]]:
    """The cards of each message that lists services, by the message's id. What the directory lost since has none."""
    by_answer = {each.answers_id: each for each in messages if _is_list(each)}
    found: dict[int, list[Card]] = {}
    about: dict[int, Wanted] = {}
    for answered, told in _told(session, [key for key in by_answer if key is not None]).items():
        message = by_answer[answered]
        if message.conversation_id not in about:
            about[message.conversation_id] = _about(session, message.conversation_id, town, now)
        found[message.id] = _cards(session, message, told, town, now, about[message.conversation_id])
    return found


def _is_list(message: Message) -> bool:
    return message.author == "bot" and message.answers_id is not None and bool(LISTED.search(message.text))


def _told(session: Session, answered: list[int]) -> dict[int, list[_Told]]:
    """What was told in answer to which message: a later list that names the same service changes nothing here."""
    if not answered:
        return {}
    events = session.execute(
        select(ReferralEvent.message_id, ReferralEvent.ordinal, Referral)
        .join(Referral, Referral.id == ReferralEvent.referral_id)
        .where(
            ReferralEvent.message_id.in_(answered),
            ReferralEvent.by == referrals.BOT,
            ReferralEvent.ordinal.is_not(None),
        )
        .order_by(ReferralEvent.message_id, ReferralEvent.ordinal, ReferralEvent.id)
    )
    found: dict[int, list[_Told]] = defaultdict(list)
    for message_id, number, row in events:
        if message_id is not None and number is not None:
            found[message_id].append(_Told(number, row.service_id, row.location_id, row.need))
    return found


def _about(session: Session, conversation_id: int, town: Community, now: datetime) -> Wanted:
    conversation = session.get_one(Conversation, conversation_id)
    return Wanted(**offering.about_them(session, conversation, now, town.time_zone))


def _cards(  # noqa: PLR0913 - what was told, to whom, where and when
    session: Session, message: Message, told: list[_Told], town: Community, now: datetime, about: Wanted
) -> list[Card]:
    language = message.language if message.language in answers.MOST_SEGMENTS else "en"
    asking = stored.Asking(
        language,
        now,
        tuple(dict.fromkeys(each.need for each in told)),
        None,
        town.time_zone,
        town.directory.calendar,
        freshness.rules_of(town),
        about=about,
    )
    places = {each.service_id: each.location_id for each in told}
    known = {each.id: each for each in stored.by_ids(session, list(places), asking, places, in_full=False)}
    items = {int(number): item for number, item in ITEM.findall(message.text)}
    return [
        _card(known[each.service_id], each.number, items.get(each.number, ""), asking, town)
        for each in told
        if each.service_id in known
    ]


def _card(service: FoundService, number: int, said: str, asking: stored.Asking, town: Community) -> Card:
    """What is true of it now, and what was ``said`` that is not of now: how far it is, and another day's hours."""
    way = MILES.search(said)
    miles = way.group(1) if way else None
    then = next((line for line in said.splitlines() if is_then(line, asking.language)), None)
    where = ", ".join(part for part in (service.address, service.city) if part and service.address_public)
    return {
        "number": number,
        "name": service.name,
        "phone": service.phone,
        "note": service.phone_note,
        "text": answers.text_line(service, asking.language),
        "where": f"{where} ({miles})" if where and miles else where or miles,
        "hours": then or answers.hours_of(service, asking.language, asking.now),
        "map": one_service.link_of(service, town.directory.map_of, asking),
        "url": service.url,
        "unknown": one_service.not_said(service, asking.language),
        "checked": freshness.checked(service, asking.language),
    }
