"""Takes the next word after a list of services before the bot reads it, so that it works without the bot, too.

It stands behind everything in :mod:`gateway.answering`, behind a question of the bot's and behind any numbered text
that was said later. What it answers leaves every open question open, such as whether we may ask how it went.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, select

from gateway import asides, follow_up_standing, follow_ups, language, menu, offering, referrals, texts
from gateway.commands import DONE
from gateway.conversations import with_contact
from gateway.directory import choices, gazetteer, locating, one_service, stored
from gateway.directory.choices import Choice
from gateway.directory.folding import fold
from gateway.directory.place import zip_in
from gateway.directory.wanted import FoundService, PlaceChoice
from gateway.models import Conversation, Message
from gateway.offering import Last
from gateway.scene import Scene

BY = "listing"  # who dealt with the message, in Message.handled_by
LASTS = timedelta(days=3)  # hours are read anew; longer after, the numbers are forgotten
AGAIN, PLACE, WHERE, WRONG_NUMBER = choices.AGAIN, "place", "where", "number"
NUMBERED = re.compile(r"(?:^|\s)1[).:]? \S.*?(?:^|\s)2[).:]? \S", re.DOTALL)
ZIP_ALONE = re.compile(
    r"(?:[a-z' ]{0,20}\b(?:zip|zip code|near|in|at|en|cerca del?|codigo postal)[: ]+)?\d{5}(?:-\d{4})?[ .!]*"
)
LOOKED_AT = 20  # texts said since the list; more of them are no conversation about it
LEAST_NAME = 4  # letters of a place's name that are taken for it
LONGEST_PLACE = 60  # characters; more of them tell something else


@dataclass(frozen=True)
class Meant:
    """A message that is about the list: what is wanted of it, and the reading of a place where that was asked."""

    choice: Choice
    last: Last
    place: PlaceChoice | None = None


def concerns(scene: Scene) -> bool:
    """Whether this message is about the list that was told last."""
    return meant(scene) is not None


def meant(scene: Scene) -> Meant | None:
    """What the message wants of the list that was told last; None when it is about something else."""
    if BY not in scene.made_out:
        scene.made_out[BY] = _meant(scene)
    found: Meant | None = scene.made_out[BY]
    return found


def _meant(scene: Scene) -> Meant | None:
    choice, tongue = choices.read(scene.message.text), language.command(scene.message.text)
    last = scene.conversation.last_search or (_closed_list(scene) if choice else None)
    if last is None or not stands(scene, last):
        return None
    if last.get("places"):
        chosen = _chosen_place(scene, last)
        return Meant(Choice(PLACE), last, chosen) if chosen else None
    if not last["shown"]:
        return None
    if tongue is not None and choice is None:
        return None if _said_since(scene, last) else Meant(Choice(AGAIN), last)
    if choice is None and last.get("asked_where") and _still_asked(scene, last) and _says_where(scene):
        return Meant(Choice(WHERE), last)
    return _checked(scene, last, choice) if choice else None


def _says_where(scene: Scene) -> bool:
    """Whether the message is a ZIP code, or a place that is known here or may be one of several."""
    said = scene.message.text
    if ZIP_ALONE.fullmatch(fold(said)):
        return True
    if len(said) > LONGEST_PLACE:
        return False
    return locating.Reader(scene.session, gazetteer.town(scene.community), scene.language).knows(said)


def answer(scene: Scene) -> list[str]:
    """What is said to a message that is about the list."""
    found = meant(scene)
    if found is None:
        raise LookupError(scene.message.id)
    return ANSWERS[found.choice.kind](scene, found)


def _closed_list(scene: Scene) -> Last | None:
    """The list of the conversation that "thanks" ended a while ago."""
    return scene.session.scalar(
        select(Conversation.last_search)
        .where(
            with_contact(scene.conversation.contact_id),
            Conversation.id < scene.conversation.id,
            Conversation.close_reason == DONE,
            Conversation.closed_at > scene.now - asides.RECENT,
        )
        .order_by(Conversation.id.desc())
        .limit(1)
    )


def stands(scene: Scene, last: Last) -> bool:
    """Whether a word may be about this list: one of before an update has no ids, an old one was forgotten."""
    return "told" in last and scene.now - offering.told_at(last) <= LASTS and not _bot_asks(scene.conversation)


def _bot_asks(conversation: Conversation) -> bool:
    """Whether a question or a menu of the bot's is open: its digits are the bot's."""
    state: dict[str, Any] = conversation.bot_state or {}
    slots = state.get("slots") or {}
    return bool(state.get("loop") or slots.get("requested_slot") or slots.get("menu"))


def _newest(scene: Scene, last: Last) -> bool:
    """Whether no later text had numbers to reply with."""
    return not any(NUMBERED.search(text) for text in _said_since(scene, last))


def just_told(scene: Scene) -> bool:
    """Whether a list, or something about one of its services, is what was said last."""
    last = scene.conversation.last_search
    return last is not None and bool(last.get("shown")) and stands(scene, last) and _still_asked(scene, last)


def _still_asked(scene: Scene, last: Last) -> bool:
    """Whether nothing was said between the question and this message."""
    return scene.session.scalar(_later(scene, last).where(Message.id < scene.message.id).limit(1)) is None


def _said_since(scene: Scene, last: Last) -> list[str]:
    return list(scene.session.scalars(_later(scene, last).order_by(Message.id.desc()).limit(LOOKED_AT)))


def _later(scene: Scene, last: Last) -> Select[str]:
    """Texts of ours beyond what was said to the message that was answered from the list last."""
    return (
        select(Message.text)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            with_contact(scene.conversation.contact_id),
            Message.direction == "out",
            func.coalesce(Message.answers_id, Message.id) > last["message_id"],
        )
    )


def _checked(scene: Scene, last: Last, choice: Choice) -> Meant | None:
    """The choice, where its numbers are those of the list and not of a text that came after it."""
    if choice.kind == choices.DETAIL and not _newest(scene, last):
        return None
    if choice.kind == choices.ABOUT and _one_of(Meant(choice, last)) is None:
        return Meant(Choice(WRONG_NUMBER), last)
    if any(number > len(last["shown"]) for number in choice.numbers):
        is_menu = last.get("by_menu") or scene.conversation.menu_open in {menu.OPEN, menu.MISSED}
        return None if is_menu else Meant(Choice(WRONG_NUMBER), last)
    return Meant(choice, last)


def _chosen_place(scene: Scene, last: Last) -> PlaceChoice | None:
    places = [PlaceChoice(**each) for each in last["places"]]
    numbers = choices.numbers_in(scene.message.text)
    if numbers:
        fits = len(numbers) == 1 and numbers[0] <= len(places) and _newest(scene, last)
        return places[numbers[0] - 1] if fits else None
    said = fold(scene.message.text).strip(" .!?")
    named = [place for place in places if len(said) >= LEAST_NAME and said in fold(place.name)]
    return named[0] if len(named) == 1 else None


def _place(scene: Scene, found: Meant) -> list[str]:
    return offering.choose_place(scene, found.last, found.place) if found.place else []


def _details(scene: Scene, found: Meant) -> list[str]:
    """One text for each service that was asked about."""
    last = found.last
    numbers = list(dict.fromkeys(found.choice.numbers))
    ids = [last["shown"][number - 1] for number in numbers]
    asking = offering.asking_about(scene, last)
    known = _services(scene, last, ids, asking)
    weeks = stored.weeks(scene.session, ids, asking, last["at"])
    offering.touch(scene, last, current=ids[-1])
    return [
        one_service.detail(known[key], number, weeks.get(key, ""), asking, scene.conversation.channel)
        if key in known
        else texts.say("service_gone", scene.language)
        for number, key in zip(numbers, ids, strict=True)
    ]


def _fact(scene: Scene, found: Meant) -> list[str]:
    """One question about the service that is meant, or about each of the list where none is."""
    last = found.last
    only = _one_of(found)
    ids = [only] if only else last["shown"]
    asking = offering.asking_about(scene, last)
    known = _services(scene, last, ids, asking)
    weeks = stored.weeks(scene.session, ids, asking, last["at"])
    offering.touch(scene, last, **({"current": only} if only else {}))
    told = [(last["shown"].index(key) + 1, known[key], weeks.get(key, "")) for key in ids if key in known]
    if not told:
        return [texts.say("service_gone", scene.language)]
    return [one_service.answer(told, found.choice.kind, asking, scene.conversation.channel)]


def _reach(scene: Scene, found: Meant) -> list[str]:
    """The way to the service that is meant, or how to call it; which one, where none is."""
    last, by_map = found.last, found.choice.kind == choices.MAP
    service_id = _one_of(found)
    if service_id is None:
        offering.touch(scene, last)
        return [texts.say("which_map" if by_map else "which_call", scene.language)]
    asking = offering.asking_about(scene, last)
    service = _services(scene, last, [service_id], asking, in_full=False).get(service_id)
    offering.touch(scene, last, current=service_id)
    if service is None:
        return [texts.say("service_gone", scene.language)]
    if not by_map:
        return [one_service.call(service, asking, scene.conversation.channel)]
    link = scene.community.directory.map_of if scene.community else lambda *_: None
    return [one_service.map_of(service, link, asking, scene.conversation.channel)]


def _one_of(found: Meant) -> str | None:
    """The service that is meant: by its number, as the one asked about last, or as the only one."""
    shown: list[str] = found.last["shown"]
    if found.choice.numbers:
        return shown[found.choice.numbers[0] - 1]
    return found.last.get("current") or (shown[0] if len(shown) == 1 else None)


def _services(
    scene: Scene, last: Last, ids: Sequence[str], asking: stored.Asking, *, in_full: bool = True
) -> dict[str, FoundService]:
    """What is known of them now, by id; that they were asked about is noted with their referrals."""
    for row in referrals.open_of(scene.session, scene.conversation.id):
        if row.service_id in ids:
            referrals.view(scene.session, row, scene.now)
    found = stored.by_ids(scene.session, ids, asking, last["at"], in_full=in_full)
    return {service.id: service for service in found}


def _more(scene: Scene, found: Meant) -> list[str]:
    last = found.last
    return offering.tell(scene, last, last["ids"], int(last["next"]))


def _open_now(scene: Scene, found: Meant) -> list[str]:
    """Those that are surely open, of the list and then of a new search, and after them those whose hours nobody knows.

    Where none is surely open, that is said, before those to call or the one that opens first, as they are ranked. "Open
    today" takes those in as well that open later today.
    """
    last, today = found.last, found.choice.kind == choices.OPEN_TODAY
    known = offering.services(scene, last, last["all"])
    if sum(_opens(service, scene, today=today) for service in known) < offering.AT_ONCE:
        known += offering.services(scene, last, offering.beyond(scene, last, open_only=True))
    surely, others = _by_door(known, scene, today=today)
    if surely:
        return offering.tell(scene, last, [*surely, *others], 0, of_now=True)
    opening = [(service.open_state.opens, service.id) for service in known if service.open_state.opens is not None]
    first = [service_id for _, service_id in sorted(opening)[:1]]
    if not (others or first):
        return [texts.say("no_more_services", scene.language)]
    doubt = bool(others) and (not first or next(each.id for each in known if each.id in {*others, *first}) in others)
    lead = texts.say("open_not_known" if doubt else "none_open", scene.language)
    told = others if doubt else [*first, *others]
    return [lead, *offering.tell(scene, last, told, 0, of_now=True)]


def _by_door(known: Sequence[FoundService], scene: Scene, *, today: bool) -> tuple[list[str], list[str]]:
    """Ids of those that are surely open and of those that may be, each in the order of their rank.

    A line that is open at any hour comes before places whose hours are not known only where it ranked before them.
    """
    may_be = [_opens(each, scene, today=today) or _hours_unknown(each) for each in known]
    first_doubt = next((n for n, each in enumerate(known) if _hours_unknown(each)), len(known))
    surely = [
        each.id
        for number, each in enumerate(known)
        if _opens(each, scene, today=today) and (number < first_doubt or each.distance_miles is not None or each.city)
    ]
    told = set(surely)
    return surely, [each.id for each, may in zip(known, may_be, strict=True) if may and each.id not in told]


def _hours_unknown(service: FoundService) -> bool:
    return service.open_state.open is None and not service.stale and not service.closed


def _opens(service: FoundService, scene: Scene, *, today: bool) -> bool:
    """Whether it is surely open: now, or at a time of this day by its own clock."""
    state = service.open_state
    if service.stale:
        return False
    later = state.opens is not None and state.opens.date() == scene.now.astimezone(state.opens.tzinfo).date()
    return bool(state.open) or (today and later)


def _closer(scene: Scene, found: Meant) -> list[str]:
    """The list and others of a new search by the way to go; those without a place come last."""
    last = found.last
    if offering.where(scene, last) is None:
        offering.touch(scene, last, asked_where=True)
        return [texts.say("closer_where", scene.language)]
    known = offering.services(scene, last, [*last["all"], *offering.beyond(scene, last, nearest=True)])
    near = sorted((service.distance_miles, service.id) for service in known if service.distance_miles is not None)
    ids = [service_id for _, service_id in near]
    if not ids or set(ids[: len(last["shown"])]) == set(last["shown"]):
        offering.touch(scene, last)
        return [texts.say("closer_none", scene.language)]
    return offering.tell(scene, last, [*ids, *(each for each in last["all"] if each not in ids)], 0)


def _where(scene: Scene, found: Meant) -> list[str]:
    """The place that was asked for: the same needs, near there."""
    code = zip_in(scene.message.text)
    return offering.search_near(scene, found.last, code, None if code else scene.message.text)


def _again(scene: Scene, found: Meant) -> list[str]:
    """The list in the other language, and the question that was open beside it."""
    said = offering.tell_again(scene, found.last)
    row = follow_up_standing.under_way(scene.session, scene.conversation.contact_id)
    if scene.community and row and scene.conversation.menu_open == follow_ups.OFFER_MENU:
        said.append(texts.say("follow_up_offer", scene.language, days=scene.community.follow_up.days))
    return said


def _wrong_number(scene: Scene, found: Meant) -> list[str]:
    offering.touch(scene, found.last)
    return [texts.say("list_number", scene.language, most=len(found.last["shown"]))]


ANSWERS: dict[str, Callable[[Scene, Meant], list[str]]] = {
    **dict.fromkeys(choices.FACTS, _fact),
    choices.DETAIL: _details,
    choices.MORE: _more,
    choices.OPEN_NOW: _open_now,
    choices.OPEN_TODAY: _open_now,
    choices.CLOSER: _closer,
    choices.MAP: _reach,
    choices.CALL: _reach,
    AGAIN: _again,
    PLACE: _place,
    WHERE: _where,
    WRONG_NUMBER: _wrong_number,
}
