"""The bell: tells workers that mail lies in Postgres, and open pages that something changed. Redis may be down.

Nothing is ever lost with it: the worker sweeps and the pages poll. So every failure here is noted and swallowed, and
after one the bell stays silent for a second, lest each message wait for a dead Redis again.
"""

import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence

from redis import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

WORK, TEXTS, CHANGED = "front-door:work", "front-door:texts", "front-door:changed"
WRITING = "front-door:writing"
PATIENCE = 0.05  # seconds: the accepting process must never wait for Redis
PAUSE = 1.0
LISTEN_SECONDS = 1.0  # how long a listener may take to see that it is to stop
LONGEST_NUMBER = 18  # digits that surely fit into the column


class Bell:
    """Rings and listens over Redis pub/sub. Thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._redis = Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, decode_responses=True, max_connections=32
        )
        self._silent_until = 0.0

    def ring(self, conversation_id: int) -> None:
        """Tell the workers that a conversation has mail."""
        self._publish(WORK, conversation_id)

    def ring_for_texts(self, conversation_id: int) -> None:
        """Tell the senders that a conversation has texts to be sent which no bot turn wrote."""
        self._publish(TEXTS, conversation_id)

    def announce(self, conversation_id: int) -> None:
        """Tell open pages that a conversation changed."""
        self._publish(CHANGED, conversation_id)

    def announce_writing(self, conversation_id: int) -> None:
        """Tell the resident's open pages that somebody writes to them; nothing changed for anybody else."""
        self._publish(WRITING, conversation_id)

    def listen(self, topic: str | Sequence[str], stop: threading.Event) -> Iterator[int | None]:
        """Yield conversation ids as they are published, and None each second; reconnects for ever until ``stop``."""
        while not stop.is_set():
            try:
                yield from self._subscribe([topic] if isinstance(topic, str) else topic, stop)
            except RedisError:
                yield None
                stop.wait(PAUSE)

    def close(self) -> None:
        """Ring no more, and give the connections back. A listener ends by its own ``stop``."""
        self._silent_until = math.inf
        # One in use is its thread's own: to break it in the middle of an answer breaks the client, not the call.
        self._redis.connection_pool.disconnect(inuse_connections=False)

    def ping(self) -> float:
        """Seconds that Redis took to answer. Raises ``redis.exceptions.RedisError``."""
        started = time.monotonic()
        self._redis.ping()
        return time.monotonic() - started

    def _publish(self, topic: str, conversation_id: int) -> None:
        if time.monotonic() < self._silent_until:
            return
        try:
            self._redis.publish(topic, conversation_id)
        except RedisError as failure:
            self._silent_until = time.monotonic() + PAUSE
            log.warning("bell is silent: %s", type(failure).__name__)

    def _subscribe(self, topics: Sequence[str], stop: threading.Event) -> Iterator[int | None]:
        redis = Redis.from_url(self._url, socket_connect_timeout=PAUSE)
        with redis, redis.pubsub() as inbox:  # type: ignore[no-untyped-call]
            inbox.subscribe(*topics)
            while not stop.is_set():
                note = inbox.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
                yield _number(note["data"]) if note else None


def _number(heard: bytes) -> int | None:
    """The conversation's id; something else on the channel, in whatever bytes, is somebody else's and means nothing."""
    return int(heard) if heard.isdigit() and len(heard) <= LONGEST_NUMBER else None
