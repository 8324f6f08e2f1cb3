"""Tells open pages what is new: server-sent events that resume by number, few enough that webhooks keep their threads.

Each open stream holds one thread of the process, and no database connection while it waits. One listener per process
hears the bell for all of them; when Redis is gone they look for themselves, every two seconds.
"""

import json
import logging
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from flask import Response
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from gateway.clients.bell import CHANGED, Bell
from gateway.errors import Refused
from gateway.web.server import THREADS

log = logging.getLogger(__name__)

OTHERS_THREADS = 128  # 48 streams of the console, and 80 for webhooks and pages at once
STREAMS = max(8, THREADS - OTHERS_THREADS)
EACH = 5  # open tabs of one visitor; security.md S25
COME_BACK_SECONDS = 60
BEAT_SECONDS = 5.0
LOOK_SECONDS = 2.0
POLLS_AT_ONCE = 4  # connections that streams may take from the pool of the accepting process
LONGEST_NUMBER = 18  # digits that surely fit into the column
STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


@dataclass(frozen=True)
class Event:
    """One thing that happened; ``id`` is its place in the sequence, from which a cut stream resumes."""

    id: int
    body: dict[str, Any] | str
    name: str = "message"

    def encoded(self) -> bytes:
        """The event as it goes over the wire."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
        return f"id: {self.id}\nevent: {self.name}\n{lines}\n".encode()


def last_number(given: str | None) -> int:
    """The ``Last-Event-ID`` of a stream that comes back; 0 for none and for what is no number of ours."""
    return int(given) if given and given.isdecimal() and given.isascii() and len(given) <= LONGEST_NUMBER else 0


Poll = Callable[[int], list[Event]]


class Full(Refused):
    """This process has as many streams open as it may; the page polls for a while and tries again."""

    def __init__(self) -> None:
        super().__init__(503, "too_many_streams")


class Live:
    """The open streams of one process. Thread-safe.

    ``whose`` names what a conversation belongs to, so that a change wakes only the streams it is about; ``topics`` are
    what is heard of the bell.
    """

    def __init__(
        self,
        bell: Bell,
        whose: Callable[[int], str | None],
        most: int = STREAMS,
        beat: float = BEAT_SECONDS,
        topics: Sequence[str] = (CHANGED,),
    ) -> None:
        self._bell, self._whose, self._most, self._beat, self._topics = bell, whose, most, beat, topics
        self._open: set[Stream] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.heard = True
        self.ring: Callable[[int], None] = self._wake
        self._listener: threading.Thread | None = None
        self.polls = threading.BoundedSemaphore(POLLS_AT_ONCE)

    @property
    def stopping(self) -> bool:
        """Whether the process is about to end."""
        return self._stop.is_set()

    @property
    def pause(self) -> float:
        """Seconds that a stream may wait before it looks by itself."""
        return self._beat if self.heard else min(self._beat, LOOK_SECONDS)

    @property
    def count(self) -> int:
        """How many streams are open."""
        return len(self._open)

    def stream(self, poll: Poll, last_id: int, about: str | None = None) -> "Stream":
        """Open a stream of what ``poll`` finds after ``last_id``, in order.

        ``about`` is what the stream belongs to (see ``whose``); without it every change wakes it. ``poll`` may raise
        :class:`Refused` to end it. Raises :class:`Full`.
        """
        made = Stream(self, poll, last_id, about)
        with self._lock:
            mine = sum(1 for other in self._open if about is not None and other.about == about)
            if self.stopping or len(self._open) >= self._most or mine >= EACH:
                raise Full
            self._open.add(made)
            self._listen()
        return made

    def answer(self, poll: Poll, last_id: int, about: str | None = None) -> Response:
        """The same as an HTTP answer; 503 with the time to come back when there are too many."""
        try:
            stream = self.stream(poll, last_id, about)
        except Full as full:
            return Response(status=full.status, headers={"Retry-After": str(COME_BACK_SECONDS)})
        # nginx would hold back what is said until its buffer is full.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(stream, mimetype="text/event-stream", headers=headers, direct_passthrough=True)

    def closed(self, stream: "Stream") -> None:
        """Give its place to another."""
        with self._lock:
            self._open.discard(stream)

    def stop(self) -> None:
        """End every stream; safe to call from a signal handler of the main thread."""
        self._stop.set()
        for stream in list(self._open):  # without the lock, which the interrupted thread may hold
            stream.wake()

    def stop_with_process(self) -> None:
        """End the streams before gunicorn waits for their threads: it has no hook of its own that is early enough."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in STOPPING:
            before = signal.getsignal(number)
            if callable(before) and before is not signal.default_int_handler:
                signal.signal(number, self._first(before))

    def _first(self, then: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], None]:
        def stop(number: int, frame: FrameType | None) -> None:
            self.stop()
            then(number, frame)

        return stop

    def _listen(self) -> None:
        """Begin to listen with the first stream, hence in the process that serves it and not in its parent."""
        if self._listener is None:
            self._listener = threading.Thread(target=self._run, name="live", daemon=True)
            self._listener.start()

    def _run(self) -> None:
        for conversation_id in self._bell.listen(self._topics, self._stop):
            if conversation_id is None:
                self._ask_bell()
            elif self._open:
                self.ring(conversation_id)
        self.wake_all()

    def _ask_bell(self) -> None:
        try:
            self._bell.ping()
            heard = True
        except RedisError:
            heard = False
        if heard != self.heard:
            self.heard = heard
            self.wake_all()

    def _wake(self, conversation_id: int) -> None:
        try:
            about = self._whose(conversation_id)
        except SQLAlchemyError:
            return self.wake_all()
        for stream in self._copy():
            if stream.about is None or stream.about == about:
                stream.wake()
        return None

    def wake_all(self) -> None:
        """Let every stream look now."""
        for stream in self._copy():
            stream.wake()

    def _copy(self) -> list["Stream"]:
        with self._lock:
            return list(self._open)


class Stream:
    """One open stream: bytes for the WSGI server, which must call ``close``."""

    def __init__(self, live: Live, poll: Poll, last_id: int, about: str | None) -> None:
        self._live, self._poll, self._last, self.about = live, poll, last_id, about
        self._rung = threading.Event()
        self._pieces = self._run()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def wake(self) -> None:
        """Look now."""
        self._rung.set()

    def close(self) -> None:
        """Give the place back, also when nothing was ever read."""
        self._live.closed(self)
        self._pieces.close()

    def _run(self) -> Generator[bytes]:
        yield b"retry: 2000\n\n"
        try:
            while not self._live.stopping:
                self._rung.clear()  # before the look: a ring in its midst is not lost
                events = self._look()
                yield b"".join(event.encoded() for event in events) or b": beat\n\n"
                if not events:
                    self._rung.wait(self._live.pause)
        except Refused as refusal:
            log.info("stream ended", extra={"code": refusal.code})
        finally:
            self._live.closed(self)

    def _look(self) -> list[Event]:
        """What is new; nothing, for now, when the store does not answer."""
        if not self._live.polls.acquire(timeout=LOOK_SECONDS):
            return []
        try:
            events = self._poll(self._last)
        except SQLAlchemyError as failure:
            log.warning("stream cannot read the store: %s", type(failure).__name__)
            return []
        finally:
            self._live.polls.release()
        self._last = max([self._last, *(event.id for event in events)])
        return events
