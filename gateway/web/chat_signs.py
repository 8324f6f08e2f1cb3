"""Signs at the edge of the web chat: that a visitor writes, that their page is open, who writes, their place."""

from flask import Response, g, jsonify

from gateway import waits
from gateway.clients.signs import Signs
from gateway.web.clock import now
from gateway.web.guards import door
from gateway.web.live import Event

WRITES = "writing"


def writing() -> tuple[str, int]:
    """Note that the visitor writes; the page says so each three seconds, without a word of it."""
    door().signs.resident_writes(door().settings.keys.hash(g.visitor))
    return "", 204


def left() -> tuple[str, int]:
    """Note that the visitor's page closes: its owner must not talk to nobody until the line is found cut."""
    door().signs.resident_left(door().settings.keys.hash(g.visitor))
    return "", 204


def who_writes(visitor: str) -> str | None:
    """The first name of who writes to a visitor, for a page that asks now and then."""
    found = door().signs.look(visitor, asks=True)
    return found[1] if found else None


def place() -> Response:
    """How many wait for a person before this visitor; null where they do not wait, or nobody is on call."""
    with door().database.begin() as session:
        return jsonify(ahead=waits.ahead(session, door().settings.keys.hash(g.visitor), now()))


class Look:
    """What one stream is told beside the messages: each sign once, with the number that it has reached anyway."""

    def __init__(self, signs: Signs, visitor: str) -> None:
        self._signs, self._visitor = signs, visitor
        self._told, self._new = "", True

    def __call__(self, after: int) -> list[Event]:
        """The newest sign, if it was not told."""
        found, self._new = self._signs.look(self._visitor, asks=self._new), False
        if found is None or found[0] == self._told:
            return []
        self._told, name = found
        return [Event(after, {"name": name}, WRITES)]
