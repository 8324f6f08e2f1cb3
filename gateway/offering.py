"""Offers services: searches as the bot asks, remembers the list, tells the next three of it, and writes down what was
told.

``Conversation.last_search`` is the list: what was asked (``needs zip place for_whom chosen``), which needs the words
named beside it (``also``), whether the menu was (``by_menu``), ``ids`` of the whole ranked list and ``all`` as it was
first, ``next`` the place in it to go on from, ``shown`` the ids under the numbers of the last text, ``at`` the location
that each was told with, ``near`` how the place was read, ``message_id`` the message that was answered from it last,
``told`` when, ``current`` the service that was asked about last, and ``places`` the readings to choose from while the
question which place was meant is open.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gateway import endings, gaps, referrals, texts, written
from gateway.directory import answers, asking, choices, freshness, gazetteer, hours, locating, stored
from gateway.directory.holidays import FEDERAL
from gateway.directory.place import Place, zip_in
from gateway.directory.search import search
from gateway.directory.wanted import Found, FoundService, PlaceChoice, Wanted
from gateway.models import Conversation
from gateway.scene import Scene, needs_of, short

AT_ONCE = 3  # services in one text
MOST_NEEDS = 8  # as many as the bot keeps
WANTED = ("needs", "also", "zip", "place", "for_whom", "by_menu")

Last = dict[str, Any]


def find_services(scene: Scene, command: dict[str, Any]) -> list[str]:
    """Search the directory and remember the list, so that the next word can be about it."""
    wanted = {
        "needs": needs_of(command)[:MOST_NEEDS],
        "zip": short(command.get("zip")),
        "place": _place(command),
        "for_whom": short(command.get("for_whom")),
        "chosen": None,
        "by_menu": scene.conversation.menu_open is not None,
    }
    wanted["also"] = also(scene, wanted)
    return [*_outside(scene, short(command.get("zip"))), *_search(scene, wanted)]


def also(scene: Scene, wanted: Last) -> list[str]:
    """The needs that the resident's words since the last list name beside those that the bot heard in them; none where
    they were chosen from the menu."""
    last = scene.conversation.last_search or {}
    if wanted.get("by_menu"):
        return []
    said, tags = scene.said_after(last.get("message_id", 0)), asking.tags_of(scene.community)
    return asking.also_named(said, wanted["needs"], wanted["place"], scene.language, tags)


def _place(command: dict[str, Any]) -> str | None:
    """Where they are, in their words. "Open now" in answer to that question is about the list, and no place."""
    said = short(command.get("place"))
    choice = choices.read(said) if said else None
    return None if choice and choice.kind in choices.PLAIN else said


def more_services(scene: Scene, command: dict[str, Any] | None = None) -> list[str]:
    """The next three of the list that was made: none of it is told twice, and its end is said."""
    last = scene.conversation.last_search
    if not last or "ids" not in last:
        return [texts.say("no_more_services", scene.language)]
    if last.get("places"):  # which place was meant is still open
        return _search(scene, {key: last.get(key) for key in WANTED})
    return tell(scene, last, last["ids"], int(last["next"]))


def choose_place(scene: Scene, last: Last, choice: PlaceChoice) -> list[str]:
    """Search again from the place that was chosen of several."""
    return _search(scene, {key: last.get(key) for key in WANTED} | {"chosen": asdict(choice)})


def search_near(scene: Scene, last: Last, code: str | None, place: str | None = None) -> list[str]:
    """Search again for the same needs, near a ZIP code or a place in their words."""
    wanted = {key: last.get(key) for key in ("needs", "also", "for_whom", "by_menu")}
    return _search(scene, wanted | {"zip": code, "place": place, "chosen": None})


def tell(scene: Scene, last: Last, ids: Sequence[str], start: int, *, of_now: bool = False) -> list[str]:
    """Tell three services of a list from its place ``start`` on, leaving out what the directory has lost since.

    With the hours of the day that was asked about, or ``of_now``.
    """
    found, following = _next_three(scene, last, ids, start, None if of_now else _another_day(scene))
    total = start + len(found) + max(0, len(ids) - following)
    offset = start if found else max(start, 1)  # where nothing is left it is the end of a list, not a search
    # That a place was not found was said with the first of the list.
    asked = _asked(last) if last.get("near") else None
    result = Found(found, total, last.get("near"), asked, offset, scene.now)
    if found:
        _remember(scene, last, ids, following, found)
        _refer(scene, result, last["needs"])
    else:
        touch(scene, last, ids=list(ids), next=following)  # the numbers that were told last can still be chosen
        _after_offer(scene, result, last["needs"])
    return _said(scene, result)


def tell_again(scene: Scene, last: Last) -> list[str]:
    """The services of the last text once more, in the language that holds now; that is no new offer."""
    found = services(scene, last, last["shown"], _another_day(scene))
    start = int(last["next"]) - len(last["shown"])
    result = Found(found, len(last["ids"]), last.get("near"), _asked(last), max(0, start), scene.now)
    _remember(scene, last, last["ids"], int(last["next"]), found)
    _refer(scene, result, last["needs"])
    return _said(scene, result)


def services(scene: Scene, last: Last, ids: Sequence[str], then: datetime | None = None) -> list[FoundService]:
    """What is known now of services of the list, as far as a list tells it, with the hours of now or of ``then``."""
    return stored.by_ids(scene.session, ids, _asking(scene, last, then), last["at"], in_full=False)


def asking_about(scene: Scene, last: Last) -> stored.Asking:
    """Who asks about services of the list, from where and for whom."""
    return replace(_asking(scene, last), about=Wanted(**_facts(scene, last)))


def _asking(scene: Scene, last: Last, then: datetime | None = None) -> stored.Asking:
    return stored.Asking(
        scene.language,
        scene.now,
        _needs(last),
        where(scene, last),
        scene.home,
        scene.community.directory.calendar if scene.community else FEDERAL,
        freshness.rules_of(scene.community),
        then,
    )


def about_them(session: Session, conversation: Conversation, now: datetime, home: str | None) -> dict[str, Any]:
    """What a conversation says of whom help is for and when, as fields of :class:`Wanted`."""
    last: Last = conversation.last_search or {}
    said = [each.text for each in written.said_in(session, conversation.id)]
    return asking.facts(conversation.answers, now, home, said, last.get("for_whom"))


def where(scene: Scene, last: Last) -> Place | None:
    """The place that the list was made for."""
    town = gazetteer.town(scene.community)
    read = locating.read(scene.session, last.get("zip"), last.get("place"), town, scene.language, chosen_of(last))
    return read.place


def chosen_of(last: Last) -> PlaceChoice | None:
    """The reading of the place that was chosen, if one was."""
    return PlaceChoice(**last["chosen"]) if last.get("chosen") else None


def touch(scene: Scene, last: Last, **values: Any) -> None:
    """Note that this message was answered from the list."""
    told = scene.now.isoformat()
    scene.conversation.last_search = {**last, "message_id": scene.message.id, "told": told, **values}


def told_at(last: Last) -> datetime:
    """When the list was last spoken of."""
    return datetime.fromisoformat(last["told"])


def _outside(scene: Scene, code: str | None) -> list[str]:
    conversation = scene.conversation
    told = endings.outside(scene.community, conversation.answers, code, scene.language)
    if told:
        conversation.answers = {**conversation.answers, endings.TOLD_OUTSIDE: zip_in(code or "")}
    return told


def beyond(scene: Scene, last: Last, **preferred: Any) -> list[str]:
    """Ids that a new search with a preference (``open_only``, ``nearest``) finds and the list does not have."""
    known = set(last["all"])
    return [service_id for service_id in _found(scene, last, **preferred).ids if service_id not in known]


def _facts(scene: Scene, wanted: Last) -> dict[str, Any]:
    return asking.facts(scene.conversation.answers, scene.now, scene.home, scene.said, wanted.get("for_whom"))


def as_searched(scene: Scene, wanted: Last, **preferred: Any) -> Wanted:
    """What is searched for: what the bot asks for, with all that the resident's own words say beside it."""
    tags, facts = asking.tags_of(scene.community), _facts(scene, wanted) | preferred
    # What the needs are about in particular, in the resident's own latest words: no town called Rancho is a farm.
    needs = _needs(wanted)
    said = [asking.without(each, wanted["place"]) for each in scene.said]
    topics, guessed = asking.topics_and_guesses(said, needs, scene.language, tags, facts.get("ages", ()))
    facts["serves"] = tuple(dict.fromkeys((*facts.get("serves", ()), *asking.served_by(topics))))
    return Wanted(
        needs=needs,
        zip=wanted["zip"],
        place=wanted["place"],
        language=scene.language,
        chosen=chosen_of(wanted),
        topics=topics,
        guessed=guessed,
        known_topics=tags.topics,
        **facts,
    )


def _needs(wanted: Last) -> tuple[str, ...]:
    """All needs of a list, those that were heard first."""
    return (*wanted["needs"], *(wanted.get("also") or ()))


def _found(scene: Scene, wanted: Last, **preferred: Any) -> Found:
    return search(
        scene.session,
        as_searched(scene, wanted, **preferred),
        scene.now,
        limit=AT_ONCE,
        home=scene.home,
        town=gazetteer.town(scene.community),
        rules=freshness.rules_of(scene.community),
    )


def _search(scene: Scene, wanted: Last) -> list[str]:
    found = _found(scene, wanted)
    if found.places:
        return _ask_place(scene, wanted, found)
    ids = list(found.ids) or [service.id for service in found.services]
    last = {**wanted, "all": ids, "at": {}, "near": found.place_understood}
    _remember(scene, last, ids, len(found.services), found.services)
    _after_offer(scene, found, wanted["needs"])
    return _said(scene, replace(found, total=len(ids)))


def _another_day(scene: Scene) -> datetime | None:
    """The moment that they asked about, where it is not today."""
    answers = scene.conversation.answers
    if not answers.get("when"):
        return None
    when = asking.facts(answers, scene.now, scene.home, scene.said).get("when")
    return hours.another_day(when, scene.now, scene.home)


def _said(scene: Scene, found: Found) -> list[str]:
    own_names = scene.community.zone_names if scene.community else {}
    return answers.render(found, scene.language, scene.conversation.channel, own_names)


def _ask_place(scene: Scene, wanted: Last, found: Found) -> list[str]:
    """Ask which place was meant; nothing was searched yet."""
    nothing: Last = {"ids": [], "all": [], "shown": [], "next": 0, "at": {}, "near": None, "current": None}
    touch(scene, {**wanted, **nothing}, places=[asdict(place) for place in found.places])
    return _said(scene, found)


def _next_three(
    scene: Scene, last: Last, ids: Sequence[str], start: int, then: datetime | None
) -> tuple[list[FoundService], int]:
    found: list[FoundService] = []
    while start < len(ids) and len(found) < AT_ONCE:
        block = ids[start : start + AT_ONCE - len(found)]
        found += services(scene, last, block, then)
        start += len(block)
    return found, start


def _remember(scene: Scene, last: Last, ids: Sequence[str], following: int, found: Sequence[FoundService]) -> None:
    touch(
        scene,
        {key: value for key, value in last.items() if key != "places"},
        ids=list(ids),
        next=following,
        shown=[service.id for service in found],
        at={**last["at"], **{service.id: service.location_id for service in found}},
        current=None,
    )


def _asked(last: Last) -> str | None:
    return last.get("zip") or last.get("place")


def _after_offer(scene: Scene, found: Found, needs: list[str]) -> None:
    """What is written down of every search, once its answer is known."""
    gaps.note_search(scene, found, needs)
    _refer(scene, found, needs)


def _refer(scene: Scene, found: Found, needs: list[str]) -> None:
    offers = [
        referrals.Offer(service.id, service.name, service.need or (needs[0] if needs else "other"), service.location_id)
        for service in found.services
    ]
    referrals.refer(scene.session, scene.conversation, scene.message, offers, scene.now)
