"""Streams that hold no thread: what they are told, when they end, and who gets their place."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from gateway.web import idle_streams
from gateway.web.idle_streams import IdleStreams, Line


class Told:
    """A stream that is told what a test says."""

    def __init__(self, about: str | None = "ana") -> None:
        self.about = about
        self.news: list[bytes | None] = []
        self.looks = 0
        self.gone = threading.Event()
        self.may_look = threading.Event()
        self.may_look.set()

    def look_again(self) -> bytes | None:
        self.looks += 1
        self.may_look.wait(5)
        return self.news.pop(0) if self.news else b""

    def left(self) -> None:
        self.gone.set()


Opened = tuple[socket.socket, Line]


@pytest.fixture
def beaten() -> list[str]:
    """Whose streams had a sign of life."""
    return []


@pytest.fixture
def idle(beaten: list[str]) -> Iterator[IdleStreams]:
    """Streams that beat every five seconds."""

    def note(whose: Sequence[str]) -> None:
        beaten.extend(whose)

    made = IdleStreams(5.0, note, 2)
    yield made
    made.end_all()


@pytest.fixture
def opened(idle: IdleStreams) -> Iterator[Callable[..., Opened]]:
    """Opens a connection with a stream on it; gives the reader's end."""
    ends: list[socket.socket] = []

    def make(stream: Told, *, chunked: bool = True) -> Opened:
        here, there = socket.socketpair()
        here.settimeout(5)
        ends.append(here)
        return here, idle.take(there, stream, chunked=chunked)

    yield make
    for end in ends:
        end.close()


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not wanted() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert wanted()


@pytest.mark.parametrize(("chunked", "came"), [(True, b"6\r\nhello!\r\n"), (False, b"hello!")])
def test_what_is_new_goes_out_when_it_is_rung_for(
    idle: IdleStreams, opened: Callable[..., Opened], chunked: bool, came: bytes
) -> None:
    stream = Told()
    reader, line = opened(stream, chunked=chunked)
    stream.news = [b"hello!"]
    idle.ring(line)
    assert reader.recv(100) == came
    until(lambda: stream.looks == 2)  # a page may be full: it looks until there is nothing


def test_a_ring_in_the_midst_of_a_look_is_not_lost(idle: IdleStreams, opened: Callable[..., Opened]) -> None:
    stream = Told()
    _, line = opened(stream)
    stream.may_look.clear()
    idle.ring(line)
    until(lambda: stream.looks == 1)
    idle.ring(line)
    idle.ring(line)
    stream.may_look.set()
    until(lambda: stream.looks == 2)
    time.sleep(0.1)
    assert stream.looks == 2


def test_nobody_looks_unasked_and_all_have_a_sign_of_life(
    monkeypatch: pytest.MonkeyPatch, beaten: list[str], opened: Callable[..., Opened], idle: IdleStreams
) -> None:
    monkeypatch.setattr(idle, "_beat", 0.2)
    streams = [Told("ana"), Told("ben"), Told(None)]
    readers = [opened(stream)[0] for stream in streams]
    for reader in readers:
        assert reader.recv(100).startswith(b"8\r\n: beat\n\n\r\n")
    until(lambda: {"ana", "ben"} <= set(beaten))
    assert [stream.looks for stream in streams] == [0, 0, 0]


def test_who_leaves_gives_the_place_back(opened: Callable[..., Opened]) -> None:
    stream = Told()
    reader, _ = opened(stream)
    reader.close()
    assert stream.gone.wait(5)


def test_a_stream_that_is_refused_ends_in_order(idle: IdleStreams, opened: Callable[..., Opened]) -> None:
    stream = Told()
    reader, line = opened(stream)
    stream.news = [None]
    idle.ring(line)
    assert reader.recv(100) == b"0\r\n\r\n"
    assert reader.recv(100) == b""
    assert stream.gone.wait(5)


def test_a_look_that_fails_ends_the_stream_and_no_other(
    idle: IdleStreams, opened: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = Told(), Told()
    (one, line), (other, fine) = opened(bad), opened(good)
    monkeypatch.setattr(bad, "look_again", lambda: 1 / 0)
    good.news = [b"still here"]
    idle.ring(line)
    idle.ring(fine)
    assert one.recv(100) == b"0\r\n\r\n"
    assert b"still here" in other.recv(100)


def test_who_reads_nothing_is_cut_off(idle: IdleStreams, opened: Callable[..., Opened]) -> None:
    stream = Told()
    _, line = opened(stream)
    stream.news = [b"x" * 1_000_000 for _ in range(20)]
    idle.ring(line)
    assert stream.gone.wait(5)


def test_who_talks_into_a_stream_is_cut_off(opened: Callable[..., Opened]) -> None:
    stream = Told()
    reader, _ = opened(stream)
    reader.sendall(b"GET / HTTP/1.1\r\n")
    assert stream.gone.wait(5)


def test_all_end_in_order_and_nobody_comes_in_after(idle: IdleStreams, opened: Callable[..., Opened]) -> None:
    streams = [Told() for _ in range(20)]
    readers = [opened(stream)[0] for stream in streams]
    until(lambda: sum(len(turn) for turn in idle._turns) == 20)
    idle.end_all()
    late = Told()
    for reader in [*readers, opened(late)[0]]:
        assert reader.recv(100) == b"0\r\n\r\n"
        assert reader.recv(100) == b""
    assert all(stream.gone.wait(5) for stream in [*streams, late])


def test_who_is_on_the_way_when_all_end_is_waited_for(
    idle: IdleStreams, opened: Callable[..., Opened], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = idle._begin

    async def slow(line: Line, connection: socket.socket) -> None:
        await asyncio.sleep(0.3)
        await begin(line, connection)

    monkeypatch.setattr(idle, "_begin", slow)
    readers = [opened(Told())[0] for _ in range(3)]
    idle.end_all()
    for reader in readers:
        reader.setblocking(False)  # all is said by now: the process ends after this
        assert reader.recv(100) == b"0\r\n\r\n"


def test_who_comes_after_the_end_is_told_at_once(idle: IdleStreams, opened: Callable[..., Opened]) -> None:
    first, late = Told(), Told()
    opened(first)
    idle.end_all()
    reader = opened(late)[0]
    reader.setblocking(False)
    assert reader.recv(100) == b"0\r\n\r\n"
    assert late.gone.is_set()


def test_there_are_never_more_than_files_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_streams.resource, "getrlimit", lambda what: (4_096, 4_096))
    assert IdleStreams(5.0, list, 1).most == 4_096 - idle_streams.FILES_FOR_OTHERS
