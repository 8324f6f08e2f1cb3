"""The directory beside a thread: what a responder finds for a resident, and the text by which the resident is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gateway import offering, texts
from gateway.community import Community
from gateway.directory import asking, freshness, gazetteer, locating, one_service, search, stored
from gateway.directory.place import Place, zip_in
from gateway.directory.wanted import Found, FoundService, Wanted
from gateway.models import Conversation

MOST = 6
LONGEST = 200  # characters of what is looked for


@dataclass(frozen=True)
class Offer:
    """One service with what the resident would read of it: in their language, or in both where none is known."""

    service: FoundService
    said: tuple[tuple[str, str], ...]
    """Language and text, the resident's own first."""


@dataclass(frozen=True)
class Looked:
    """What was found; ``places`` are the readings of a place that may be one of several, then nothing was searched."""

    offers: tuple[Offer, ...] = ()
    places: tuple[str, ...] = ()
    near: str | None = None


def look(  # noqa: PLR0913 - what is looked for, by whom, for whom and where
    session: Session,
    community: Community,
    conversation: Conversation,
    words: str,
    place: str,
    typed_in: str,
    now: datetime,
) -> Looked:
    """Search for a resident in the words of a responder, who types in the language ``typed_in``.

    What the resident told (ages, gender, papers, access, when) counts as it does when the bot searches. ``place`` goes
    before a place in the words; without either nothing is near.
    """
    facts = offering.about_them(session, conversation, now, community.time_zone)
    asked = (words[:LONGEST], place[:LONGEST], typed_in)
    wanted = _wanted(session, community, conversation, *asked, now, facts=facts)
    found = _search(session, community, wanted, now)
    if found.places:
        return Looked(places=tuple(each.name for each in found.places))
    where = {service.id: service.location_id for service in found.services}
    told = {
        code: _texts(session, community, conversation, where, code, now, wanted, about=Wanted(**facts))
        for code in languages_of(conversation)
    }
    offers = (
        Offer(service, tuple((code, each[service.id]) for code, each in told.items() if service.id in each))
        for service in found.services
    )
    return Looked(tuple(offer for offer in offers if offer.said), near=found.place_understood)


def one(  # noqa: PLR0913 - which service, where, and who is told
    session: Session, community: Community, conversation: Conversation, service_id: str, at: str | None, now: datetime
) -> Offer | None:
    """One service as it is told now, at the location ``at``; None when the directory has lost it since."""
    known = stored.by_ids(session, [service_id], _asking(community, "en", now), {service_id: at})
    if not known:
        return None
    about = Wanted(**offering.about_them(session, conversation, now, community.time_zone))
    said = [
        (code, text)
        for code in languages_of(conversation)
        for text in _texts(session, community, conversation, {service_id: at}, code, now, about=about).values()
    ]
    return Offer(known[0], tuple(said))


def languages_of(conversation: Conversation) -> tuple[str, ...]:
    """The language that a resident is told in; both, where none is known."""
    return (conversation.language,) if conversation.language in texts.LANGUAGES else texts.LANGUAGES


def _wanted(  # noqa: PLR0913 - as :func:`look`
    session: Session,
    community: Community,
    conversation: Conversation,
    words: str,
    place: str,
    typed_in: str,
    now: datetime,
    *,
    facts: Mapping[str, Any],
) -> Wanted:
    town, tags = gazetteer.town(community), asking.tags_of(community)
    asked = asking.wanted(session, words, tags, town, typed_in, now, community.time_zone)
    code = zip_in(place)
    here: dict[str, Any] = {"zip": code, "place": None if code else place} if place else {}
    # What the responder types goes before what the resident told.
    known = {name: value for name, value in facts.items() if not getattr(asked, name)}
    return replace(asked, language=languages_of(conversation)[0], **known, **here)


def _search(session: Session, community: Community, wanted: Wanted, now: datetime) -> Found:
    return search.search(
        session,
        wanted,
        now,
        limit=MOST,
        home=community.time_zone,
        town=gazetteer.town(community),
        rules=freshness.rules_of(community),
    )


def _texts(  # noqa: PLR0913 - which services, for whom, in which language
    session: Session,
    community: Community,
    conversation: Conversation,
    where: dict[str, str | None],
    language: str,
    now: datetime,
    wanted: Wanted | None = None,
    *,
    about: Wanted,
) -> dict[str, str]:
    near = None
    if wanted and (wanted.zip or wanted.place):
        near = locating.read(session, wanted.zip, wanted.place, gazetteer.town(community), language, None).place
    ask = replace(_asking(community, language, now, wanted, near), about=about)
    known = stored.by_ids(session, list(where), ask, where)
    weeks = stored.weeks(session, list(where), ask, where)
    return dict(_told(known, weeks, ask, conversation.channel))


def _told(
    known: list[FoundService], weeks: dict[str, str], ask: stored.Asking, channel: str
) -> Iterator[tuple[str, str]]:
    """Each as its details are told, without the number that it has in a list: a person tells of one."""
    for service in known:
        yield service.id, one_service.detail(service, 1, weeks.get(service.id, ""), ask, channel).removeprefix("1) ")


def _asking(
    community: Community, language: str, now: datetime, wanted: Wanted | None = None, near: Place | None = None
) -> stored.Asking:
    return stored.Asking(
        language,
        now,
        wanted.needs if wanted else (),
        near,
        community.time_zone,
        community.directory.calendar,
        freshness.rules_of(community),
    )
