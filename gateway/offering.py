"""Offers services: searches as the bot asks, remembers the search, and writes down what was told."""

from typing import Any

from gateway import endings, gaps, referrals, texts
from gateway.directory import answers
from gateway.directory.place import zip_in
from gateway.directory.search import search
from gateway.directory.wanted import Found, Wanted
from gateway.scene import Scene, needs_of, short

AT_ONCE = 3  # services in one text
MOST_NEEDS = 8  # as many as the bot keeps


def find_services(scene: Scene, command: dict[str, Any]) -> list[str]:
    """Search the directory and remember the search, so that MORE can go on with it."""
    wanted = {
        "needs": needs_of(command)[:MOST_NEEDS],
        "zip": short(command.get("zip")),
        "place": short(command.get("place")),
        "for_whom": short(command.get("for_whom")),
        "offset": 0,
    }
    return [*_outside(scene, short(command.get("zip"))), *_search(scene, wanted)]


def more_services(scene: Scene, command: dict[str, Any]) -> list[str]:
    """The next three of the last search."""
    last = scene.conversation.last_search
    if not last:
        return [texts.say("no_more_services", scene.language)]
    return _search(scene, last | {"offset": int(last["offset"]) + AT_ONCE})


def _outside(scene: Scene, code: str | None) -> list[str]:
    conversation = scene.conversation
    told = endings.outside(scene.community, conversation.answers, code, scene.language)
    if told:
        conversation.answers = {**conversation.answers, endings.TOLD_OUTSIDE: zip_in(code or "")}
    return told


def _search(scene: Scene, wanted: dict[str, Any]) -> list[str]:
    found = search(
        scene.session,
        Wanted(
            needs=tuple(wanted["needs"]),
            zip=wanted["zip"],
            place=wanted["place"],
            for_whom=wanted["for_whom"],
            language=scene.language,
            offset=wanted["offset"],
        ),
        scene.now,
        limit=AT_ONCE,
        home=scene.home,
    )
    scene.conversation.last_search = wanted
    _after_offer(scene, found, wanted["needs"])
    own_names = scene.community.zone_names if scene.community else {}
    return answers.render(found, scene.language, scene.conversation.channel, own_names)


def _after_offer(scene: Scene, found: Found, needs: list[str]) -> None:
    """What is written down of every search, once its answer is known."""
    gaps.note_search(scene, found, needs)
    offers = [
        referrals.Offer(service.id, service.name, service.need or (needs[0] if needs else "other"), service.location_id)
        for service in found.services
    ]
    referrals.refer(scene.session, scene.conversation, scene.message, offers, scene.now)
