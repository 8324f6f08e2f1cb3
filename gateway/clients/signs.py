"""Signs that pass: somebody writes, a page is open. Only the fact, never a letter of it, and never in the store.

They lie in Redis alone and go by themselves: who writes after six seconds, when a page was last open after half an
hour. Without Redis there are none, and nobody waits for them.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

WRITES_SECONDS = 6
KEPT_SECONDS = 30 * 60
LEFT_SECONDS = 20  # the stream of a page that is gone may be found cut, and counts as open, for almost so long
PATIENCE, PAUSE = 0.05, 1.0  # seconds: as the bell's, and for the same reason
MOST_CONNECTIONS = 32
NAME = "front-door:signs"


@dataclass(frozen=True)
class Resident:
    """How many seconds ago a resident's page said that they write, if just now, and was last open, if lately; and
    whether it said that it closes."""

    writes: float | None = None
    seen: int | None = None
    left: bool = False


class Signs:
    """Sets and reads them, by the keyed hash of a resident's address. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, decode_responses=True,
            max_connections=MOST_CONNECTIONS,
        )  # fmt: skip
        self._silent_until = 0.0

    def resident_writes(self, resident: str) -> None:
        """The resident writes just now."""
        self._ask(
            lambda line: line.set(_key("resident", resident), 1, ex=WRITES_SECONDS).delete(_key("left", resident))
        )

    def resident_left(self, resident: str) -> None:
        """The resident's page closes just now; another one of theirs is believed when it next asks for something."""
        self._ask(lambda line: line.set(_key("left", resident), 1, ex=LEFT_SECONDS).delete(_key("resident", resident)))

    def of_resident(self, resident: str) -> Resident:
        """What the resident's page does."""
        found = self._ask(
            lambda line: (
                line.pttl(_key("resident", resident)).ttl(_key("open", resident)).exists(_key("left", resident))
            )
        )
        if not found:
            return Resident()
        writes, kept, gone = found
        return Resident(
            WRITES_SECONDS - writes / 1_000 if writes > 0 else None,
            KEPT_SECONDS - kept if kept > 0 else None,
            bool(gone),
        )

    def responder_writes(self, resident: str, name: str) -> None:
        """A responder of this first name writes to the resident just now."""
        value = f"{secrets.token_hex(4)} {name}"
        self._ask(lambda line: line.set(_key("responder", resident), value, ex=WRITES_SECONDS))

    def look(self, resident: str, *, asks: bool = False) -> tuple[str, str] | None:
        """Who writes to the resident, and a mark that differs with each sign; notes that their page is open.

        Where the page itself ``asks`` it is there, whatever one of theirs said before; a stream that looks by itself
        may be one that nobody hears any more.
        """

        def what(line: Any) -> None:
            line.set(_key("open", resident), 1, ex=KEPT_SECONDS).get(_key("responder", resident))
            if asks:
                line.delete(_key("left", resident))

        found = self._ask(what)
        if not found or not found[1]:
            return None
        mark, _, name = found[1].partition(" ")
        return mark, name

    def pages_open(self, residents: Iterable[str]) -> None:
        """The pages of these residents are open just now."""

        def note(line: Any) -> None:
            for resident in residents:
                line.set(_key("open", resident), 1, ex=KEPT_SECONDS)

        self._ask(note)

    def close(self) -> None:
        """Give the connections back."""
        self._redis.connection_pool.disconnect(inuse_connections=False)

    def _ask(self, what: Callable[[Any], Any]) -> list[Any]:
        """The answers to some commands at once; none without Redis, which is then left alone for a second."""
        if time.monotonic() < self._silent_until:
            return []
        try:
            line = self._redis.pipeline(transaction=False)
            what(line)
            found: list[Any] = line.execute()
        except RedisError as failure:
            self._silent_until = time.monotonic() + PAUSE
            log.warning("no signs: %s", type(failure).__name__)
            return []
        return found


def _key(what: str, resident: str) -> str:
    return f"{NAME}:{what}:{resident}"
