"""Tells open pages what is new: server-sent events that resume by number, few enough that webhooks keep their threads.

An open stream holds no database connection while it waits. Under our own server (:mod:`gateway.web.giving`) a stream of
the chat holds no thread either; elsewhere, and in the console, it holds one, and looks for itself, at each beat and,
when Redis is gone, every two seconds. One listener per process hears the bell for all of them.
"""

import json
import logging
import signal
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from flask import Response, request
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from gateway.clients.bell import CHANGED, Bell
from gateway.errors import Refused
from gateway.web.giving import GIVES, Given
from gateway.web.idle_streams import IdleStreams, Line
from gateway.web.numbers import LONGEST_NUMBER
from gateway.web.server import THREADS

log = logging.getLogger(__name__)

OTHERS_THREADS = 128  # 48 streams of the console, and 80 for webhooks and pages at once
STREAMS = max(8, THREADS - OTHERS_THREADS)
EACH = 5  # open tabs of one visitor; security.md S25
COME_BACK_SECONDS = 60
BEAT_SECONDS = 5.0
LOOK_SECONDS = 2.0
POLLS_AT_ONCE = 4  # connections that streams may take from the pool of the accepting process
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
    what is heard of the bell. With ``idle`` streams hold no thread where the server can give their connections away:
    ``missed`` then names now and then whom there is something for, told by a ring or not.
    """

    def __init__(  # noqa: PLR0913 - two kinds of streams
        self,
        bell: Bell,
        whose: Callable[[int], str | None],
        most: int = STREAMS,
        beat: float = BEAT_SECONDS,
        topics: Sequence[str] = (CHANGED,),
        idle: IdleStreams | None = None,
        missed: Callable[[], set[str]] = set,
    ) -> None:
        self._bell, self._whose, self._most, self._beat, self._topics = bell, whose, most, beat, topics
        self._idle, self._missed, self._sweep_at = idle, missed, 0.0
        self._open: dict[str | None, set[Stream]] = defaultdict(set)
        self._held, self._given = 0, 0
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
        return self._held + self._given

    def stream(
        self, poll: Poll, last_id: int, about: str | None = None, *, idle: IdleStreams | None = None
    ) -> "Stream":
        """Open a stream of what ``poll`` finds after ``last_id``, in order.

        ``about`` is what the stream belongs to (see ``whose``); without it every change wakes it. ``poll`` may raise
        :class:`Refused` to end it. Raises :class:`Full`.
        """
        made = Stream(self, poll, last_id, about, idle)
        with self._lock:
            # Until its connection is given away a stream holds a thread: so many may be on their way at once.
            full = self._held >= self._most or (idle is not None and self._given >= idle.most)
            if self.stopping or full or (about is not None and len(self._open.get(about, ())) >= EACH):
                raise Full
            self._open[about].add(made)
            self._held += 1
            self._listen()
        return made

    def given(self, stream: "Stream") -> None:
        """It holds no thread any more."""
        with self._lock:
            self._held -= 1
            self._given += 1
            stream.given = True

    def answer(self, poll: Poll, last_id: int, about: str | None = None) -> Response:
        """The same as an HTTP answer; 503 with the time to come back when there are too many."""
        idle = self._idle if GIVES in request.environ else None
        try:
            stream = self.stream(poll, last_id, about, idle=idle)
            stream.chunked = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.1"
        except Full as full:
            return Response(status=full.status, headers={"Retry-After": str(COME_BACK_SECONDS)})
        # nginx would hold back what is said until its buffer is full.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(stream, mimetype="text/event-stream", headers=headers, direct_passthrough=True)

    def closed(self, stream: "Stream") -> None:
        """Give its place to another."""
        with self._lock:
            of_them = self._open.get(stream.about, set())
            if stream in of_them:
                of_them.remove(stream)
                if stream.given:
                    self._given -= 1
                else:
                    self._held -= 1
            if not of_them:
                self._open.pop(stream.about, None)

    def stop(self) -> None:
        """End every stream; safe to call from a signal handler of the main thread."""
        self._stop.set()
        if self._idle:
            self._idle.end_all()
        for some in list(self._open.values()):  # without the lock, which the interrupted thread may hold
            for stream in list(some):
                if not stream.given:
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
            self._sweep()
        self.wake_all()

    def _sweep(self) -> None:
        """Wake whom no ring told of, among the streams that do not look by themselves."""
        now = time.monotonic()
        if not self._given or now < self._sweep_at:
            return
        self._sweep_at = now + self.pause
        with self._lock:
            behind = [stream for some in self._open.values() for stream in some if stream.given and stream.behind]
        for stream in behind:
            stream.wake()
        try:
            for about in self._missed():
                self._wake_those(about)
        except SQLAlchemyError as failure:
            log.warning("streams cannot read the store: %s", type(failure).__name__)

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
        return self._wake_those(about)

    def _wake_those(self, about: str | None) -> None:
        with self._lock:
            found = [*self._open.get(None, ()), *(self._open.get(about, ()) if about is not None else ())]
        for stream in found:
            stream.wake()

    def wake_all(self) -> None:
        """Let every stream look now; of those that hold no thread, whoever there is something for."""
        with self._lock:
            found = [stream for some in self._open.values() for stream in some if not stream.given]
        self._sweep_at = 0.0
        for stream in found:
            stream.wake()


class Stream:
    """One open stream: bytes for the WSGI server, which must call ``close``."""

    def __init__(self, live: Live, poll: Poll, last_id: int, about: str | None, idle: IdleStreams | None) -> None:
        self._live, self._poll, self._last, self.about, self.idle = live, poll, last_id, about, idle
        self._rung = threading.Event()
        self.given = self.behind = self.chunked = False
        self._gives = False
        self._line: Line | None = None
        self._pieces = self._run()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def wake(self) -> None:
        """Look now."""
        self._rung.set()
        if self._line is not None and self.idle is not None:
            self.idle.ring(self._line)

    def close(self) -> None:
        """Give the place back, also when nothing was ever read; nothing once the connection was given away."""
        if not self._gives:
            self._live.closed(self)
            self._pieces.close()

    def left(self) -> None:
        """The reader of a connection that was given away has gone."""
        self._live.closed(self)

    def look_again(self) -> bytes | None:
        """What is new, on a connection that was given away; None when it is to end."""
        if self._live.stopping:
            return None
        try:
            return b"".join(event.encoded() for event in self._look())
        except Refused as refusal:
            log.info("stream ended", extra={"code": refusal.code})
            return None

    def _give(self, connection: socket.socket) -> None:
        assert self.idle is not None  # noqa: S101 - only such a stream gives its connection away
        try:
            if self._live.stopping:
                self._live.closed(self)
                return self.idle.end_now(connection, chunked=self.chunked)
            self._live.given(self)
            self._line = self.idle.take(connection, self, chunked=self.chunked)
        except Exception:
            self._live.closed(self)
            connection.close()
            raise
        if self._rung.is_set():
            self.wake()
        return None

    def _run(self) -> Generator[bytes]:
        yield b"retry: 2000\n\n"
        try:
            while not self._live.stopping:
                self._rung.clear()  # before the look: a ring in its midst is not lost
                events = self._look()
                yield b"".join(event.encoded() for event in events) or b": beat\n\n"
                if not events and self.idle:
                    self._gives = True
                    raise Given(self._give)
                if not events:
                    self._rung.wait(self._live.pause)
        except Refused as refusal:
            log.info("stream ended", extra={"code": refusal.code})
        finally:
            if not self._gives:
                self._live.closed(self)

    def _look(self) -> list[Event]:
        """What is new; nothing, for now, when the store does not answer."""
        self.behind = True  # until a look succeeds: a stream that holds no thread looks again with the next sweep
        if not self._live.polls.acquire(timeout=LOOK_SECONDS):
            return []
        try:
            events = self._poll(self._last)
        except SQLAlchemyError as failure:
            log.warning("stream cannot read the store: %s", type(failure).__name__)
            return []
        finally:
            self._live.polls.release()
        self.behind = False
        self._last = max([self._last, *(event.id for event in events)])
        return events
