"""Holds streams that wait, thousands of them, on one event loop: each costs a socket and some objects, and no thread.

A stream comes here when its answer has begun (:mod:`gateway.web.giving`). It looks at the store when it is rung for,
with a few others at once, and not at each beat: what no ring told of is found for all of them together.
"""

import asyncio
import itertools
import logging
import resource
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

log = logging.getLogger(__name__)

MOST = 6_000  # of one process; two of them hold more than the 10,000 that are promised
FILES_FOR_OTHERS = 1_000  # stores, webhooks, pages
MOST_UNREAD = 1 << 20  # bytes; a page of messages with their services is a part of that
TURNS = 50  # groups that beat one after another, so that webhooks never wait for thousands of beats
END_SECONDS = 2.0  # to end all; whoever is not told in time sees a cut, and comes back as well
LAST_CHUNK = b"0\r\n\r\n"
BEAT = b": beat\n\n"


class Waiting(Protocol):
    """A stream that has begun."""

    about: str | None

    def look_again(self) -> bytes | None:
        """What is new, as it goes over the wire; None when the stream is at its end. Runs on a thread that may wait."""

    def left(self) -> None:
        """Its reader has gone."""


class Line(asyncio.Protocol):
    """One connection, and the stream that is told on it."""

    __slots__ = ("_chunked", "_idle", "_looking", "_rung", "_transport", "stream", "turn")

    def __init__(self, idle: "IdleStreams", stream: Waiting, *, chunked: bool) -> None:
        self._idle, self.stream, self._chunked = idle, stream, chunked
        self._looking = self._rung = False
        self._transport: asyncio.WriteTransport | None = None
        self.turn: set[Line] = set()

    def data_received(self, data: bytes) -> None:
        """Whoever listens to a stream has nothing more to say."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; what was rung for on the way here is looked at now."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 - asyncio makes no other of a socket
        self._transport = transport
        transport.set_write_buffer_limits(high=MOST_UNREAD)
        self._idle.entered(self)
        if self._idle.ended:
            self.end()
        elif self._rung:
            self.look()

    def connection_lost(self, exc: Exception | None) -> None:
        """The reader has gone, or was too slow."""
        self._transport = None
        self._idle.gone(self)

    def pause_writing(self) -> None:
        """A reader who takes nothing is cut off: the page comes back and is told again what it missed."""
        if self._transport is not None:
            self._transport.abort()

    def say(self, piece: bytes) -> None:
        """Write, as one chunk where the answer began in chunks (RFC 9112, 7.1)."""
        if self._transport is not None:
            self._transport.write(b"%X\r\n%b\r\n" % (len(piece), piece) if self._chunked else piece)

    def end(self) -> None:
        """End the answer in order, once."""
        transport, self._transport = self._transport, None
        if transport is not None:
            if self._chunked:
                transport.write(LAST_CHUNK)
            transport.close()

    def look(self) -> None:
        """Look at the store, or once more when a look is under way: it may have been too early."""
        self._rung = True
        if self._looking or self._transport is None:
            return
        self._looking, self._rung = True, False
        self._idle.ask(self)

    def told(self, found: bytes | None) -> None:
        """What a look found."""
        self._looking = False
        if found is None:
            return self.end()
        if found:
            self.say(found)
        if found or self._rung:
            self.look()
        return None


class IdleStreams:
    """All such streams of one process. :meth:`take`, :meth:`ring` and :meth:`end_all` may be called from any thread.

    ``beat`` is how many seconds pass between two signs of life on a stream; ``beaten`` hears whose streams had one.
    """

    def __init__(self, beat: float, beaten: Callable[[Sequence[str]], object], looks_at_once: int) -> None:
        self._beat, self._beaten = beat, beaten
        self._turns: list[set[Line]] = [set() for _ in range(TURNS)]
        self._places = itertools.cycle(self._turns)
        self._threads = ThreadPoolExecutor(looks_at_once, "look")
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._coming: set[Line] = set()
        self._over = threading.Event()
        self.ended = False
        self.most = min(MOST, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - FILES_FOR_OTHERS)

    def take(self, connection: socket.socket, stream: Waiting, *, chunked: bool) -> Line:
        """Go on with a connection whose answer has begun, or end it in order when all are ended."""
        line = Line(self, stream, chunked=chunked)
        with self._lock:
            loop = None if self.ended else self._running()
            if loop is not None:
                self._coming.add(line)  # from here on the end of all waits for it
        if loop is None:
            self.end_now(connection, chunked=chunked)
            stream.left()
        else:
            connection.setblocking(False)
            loop.call_soon_threadsafe(lambda: loop.create_task(self._begin(line, connection)))
        return line

    def end_now(self, connection: socket.socket, *, chunked: bool) -> None:
        """End an answer in order that nobody goes on with, as the process is about to end."""
        with connection:
            connection.sendall(LAST_CHUNK if chunked else b"")

    def ring(self, line: Line) -> None:
        """There may be something new for this stream."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(line.look)

    def end_all(self) -> None:
        """End every stream in order, before the process may end; safe to call from a signal handler of a thread that
        takes none."""
        with self._lock:
            self.ended = True
            loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._end)
            self._over.wait(END_SECONDS)

    def entered(self, line: Line) -> None:
        """A line is open."""
        line.turn = next(self._places)
        line.turn.add(line)

    def gone(self, line: Line) -> None:
        """A line is no longer open."""
        line.turn.discard(line)
        line.stream.left()

    def ask(self, line: Line) -> None:
        """Let a stream look, on a thread, and tell the line what it found."""
        assert self._loop is not None  # noqa: S101 - a line is only open on the loop
        try:
            found = self._loop.run_in_executor(self._threads, line.stream.look_again)
        except RuntimeError:  # no thread can be started
            return line.end()
        found.add_done_callback(lambda done: line.told(_outcome(done)))
        return None

    def _running(self) -> asyncio.AbstractEventLoop:
        """The loop, from the first stream on: gunicorn's processes are made by forking, which no thread survives."""
        if self._loop is None:
            loop = asyncio.new_event_loop()
            threading.Thread(target=self._run, args=(loop,), name="idle streams", daemon=True).start()
            self._loop = loop  # only now: to a loop that never ran a stream would be given for ever
        return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(self._keep_beating(loop))

    async def _begin(self, line: Line, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: line, connection)
        except Exception as failure:
            log.warning("a stream could not go on: %s", type(failure).__name__)
            connection.close()
            line.stream.left()
        with self._lock:
            self._coming.discard(line)
        if self.ended:
            self._end()

    async def _keep_beating(self, loop: asyncio.AbstractEventLoop) -> None:
        for turn in itertools.cycle(self._turns):
            await asyncio.sleep(self._beat / TURNS)
            lines = list(turn)
            for line in lines:
                line.say(BEAT)
            whose = [line.stream.about for line in lines if line.stream.about is not None]
            try:
                if whose:
                    loop.run_in_executor(self._threads, self._beaten, whose)
            except RuntimeError as failure:  # no thread can be started: the beats go on
                log.warning("nobody is told whose pages are open: %s", type(failure).__name__)

    def _end(self) -> None:
        for line in [line for turn in self._turns for line in turn]:
            line.end()
        with self._lock:
            if not self._coming:
                self._over.set()


def _outcome(done: "asyncio.Future[bytes | None]") -> bytes | None:
    failure = done.exception()
    if failure is not None:
        log.error("a look of a stream failed: %s", type(failure).__name__)
        return None
    return done.result()
