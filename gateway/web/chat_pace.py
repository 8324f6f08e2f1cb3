"""Holds off who writes too fast in a web chat, instead of asking them to solve a riddle.

What is held off waits in the writer's own page and comes again by itself after some seconds: nothing is refused, and
nothing is lost. One visitor may send 20 texts a minute. Of all who come new from one address 60 a minute get through at
once, so that a shelter or a school behind one address is not locked out by one of its guests; who talks already is not
counted there. Of IPv6 a network (/64) counts as one address: one machine in it may take any. Words of danger, and
everything in a conversation in which danger showed, never wait.

No address is kept: a keyed hash of it counts in Redis (in this process alone while Redis is down) for a
minute, of who sends a photo for an hour.
"""

from flask import current_app, request
from flask.blueprints import BlueprintSetupState
from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from sqlalchemy import exists, select
from sqlalchemy.exc import SQLAlchemyError

from gateway import risk
from gateway.conversations import WEBCHAT, with_contact
from gateway.door import Door
from gateway.errors import Refused
from gateway.models import Contact, Conversation, Escalation
from gateway.risk import Level
from gateway.web.guards import door
from gateway.web.limiting import Pace, whose

PER_VISITOR = RateLimitItemPerMinute(20)
NEW_PER_ADDRESS = RateLimitItemPerMinute(60)
PICTURES_PER_VISITOR = RateLimitItemPerHour(10)
PICTURES_PER_ADDRESS = RateLimitItemPerHour(100)
LONGEST_WAIT = 10  # seconds; the page asks again, and again, until there is room
PACES, PICTURE_PACES = "chat_paces", "chat_picture_paces"


def prepare(state: BlueprintSetupState) -> None:
    """Open the counts; for ``Blueprint.record``."""
    parts: Door = state.app.extensions["front_door"]
    url = parts.settings.redis_url
    state.app.extensions[PACES] = (Pace(url, PER_VISITOR, "chat"), Pace(url, NEW_PER_ADDRESS, "chat_arrivals"))
    state.app.extensions[PICTURE_PACES] = (
        Pace(url, PICTURES_PER_VISITOR, "chat_pictures"),
        Pace(url, PICTURES_PER_ADDRESS, "chat_pictures_from"),
    )


def in_turn(visitor: str, text: str) -> None:
    """Let one text through, or raise :class:`Refused` (429) with the seconds after which it may come again."""
    known_as = door().settings.keys.hash(visitor)
    seconds = _seconds_to_wait(known_as)
    if seconds and not _in_danger(known_as, text):
        raise Refused(429, "too_many_requests", after=min(seconds, LONGEST_WAIT))


def room_for_picture(visitor: str) -> None:
    """Raise :class:`Refused` (429) where one more picture would be too many, before it is sent. Nothing is counted."""
    _hold_off([pace.full(who) for pace, who in _who_sends(visitor)])


def picture_in_turn(visitor: str) -> None:
    """Let one picture through, or raise :class:`Refused` (429): ten an hour, and a hundred from one address."""
    for pace, who in _who_sends(visitor):
        _hold_off([pace.wait(who)])


def _who_sends(visitor: str) -> list[tuple[Pace, str]]:
    of_visitor, of_address = current_app.extensions[PICTURE_PACES]
    hashed = door().settings.keys.hash
    address = _address()
    return [(of_visitor, hashed(visitor)), *([(of_address, hashed(address))] if address else [])]


def _hold_off(seconds: list[int]) -> None:
    if longest := max(seconds):
        raise Refused(429, "too_many_requests", after=longest)


def _seconds_to_wait(visitor: str) -> int:
    own, arrivals = current_app.extensions[PACES]
    if (address := _address()) and own.untouched(visitor):
        seconds: int = arrivals.wait(door().settings.keys.hash(address))
        if seconds:
            return seconds
    return int(own.wait(visitor))


def _address() -> str | None:
    """Where the request came from; None for this machine itself: that is a proxy that does not say whom it serves,
    and all of its guests would count as one."""
    given = whose(request.remote_addr)
    return None if given is None or given.is_loopback else str(given)


def _in_danger(visitor: str, text: str) -> bool:
    """Whether this text must not wait: what it says, or what was said before; a doubt is for the person's good."""
    found = risk.screen(text)
    if found.level is not Level.NONE or found.not_screened:
        return True
    asked = select(
        exists()
        .where(Escalation.conversation_id == Conversation.id, with_contact(Contact.id))
        .where(Contact.channel == WEBCHAT, Contact.address_hash == visitor)
        .where(Conversation.closed_at.is_(None), Escalation.level.in_((Level.URGENT.value, Level.EMERGENCY.value)))
    )
    try:
        with door().database.begin() as session:
            return bool(session.scalar(asked))
    except SQLAlchemyError:
        return True
