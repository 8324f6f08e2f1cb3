"""The stream: what is said arrives at once, resumes after a cut, comes without Redis too, and never takes the door."""

import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from gateway.clients.bell import Bell
from gateway.door import Door
from gateway.errors import Refused
from gateway.web import live as live_module
from gateway.web.giving import Given
from gateway.web.idle_streams import IdleStreams
from gateway.web.live import EACH, Event, Full, Live, Stream
from tests.chat.conftest import Visitor, spoken

DEAD_REDIS = "redis://127.0.0.1:9"


@pytest.fixture
def quick(redis_url: str) -> Iterator[Callable[..., Live]]:
    """Makes streams of their own, with a short beat, and ends them."""
    made: list[Live] = []

    def make(url: str = redis_url, **more: object) -> Live:
        live = Live(Bell(url), lambda number: f"owner {number}", **({"beat": 0.05} | more))  # type: ignore[arg-type]
        made.append(live)
        return live

    yield make
    for live in made:
        live.stop()


def nothing(after: int) -> list[Event]:
    return []


def until(stream: Stream, wanted: bytes, seconds: float = 5.0) -> bytes:
    """Read until something comes; raises StopIteration when the stream ends before."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        piece = next(stream)
        if wanted in piece:
            return piece
    raise AssertionError(f"{wanted!r} did not come")


def test_what_is_said_arrives_at_once(visitor: Visitor, say: Callable[..., int]) -> None:
    visitor.write("hello")
    answer = visitor.stream()
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    assert [message["text"] for message in spoken(answer, 1)] == ["hello"]
    threading.Timer(0.3, say, ["an answer"]).start()
    started = time.monotonic()
    assert [message["text"] for message in spoken(answer, 1)] == ["an answer"]
    assert time.monotonic() - started < 2.5  # well before the beat, after which it would look by itself
    answer.close()


def test_a_cut_stream_resumes(visitor: Visitor, say: Callable[..., int]) -> None:
    visitor.write("hello")
    first, second = say("one"), say("two")
    answer = visitor.stream(last=first)
    found = spoken(answer, 1)
    assert [(message["id"], message["text"]) for message in found] == [(second, "two")]
    answer.close()


def test_a_stream_opened_before_the_first_word_hears_the_answer(visitor: Visitor, say: Callable[..., int]) -> None:
    answer = visitor.stream()
    threading.Timer(0.3, visitor.write, ["hello"]).start()
    started = time.monotonic()
    assert [message["text"] for message in spoken(answer, 1)] == ["hello"]
    assert time.monotonic() - started < 2.5
    answer.close()


def test_without_redis_it_looks_by_itself(another: Callable[..., Flask], say: Callable[..., int]) -> None:
    app = another(redis_url=DEAD_REDIS)
    one = Visitor(app.test_client())
    one.write("hello")
    answer = one.stream()
    assert len(spoken(answer, 1)) == 1
    say("an answer")
    started = time.monotonic()
    assert [message["text"] for message in spoken(answer, 1)] == ["an answer"]
    assert time.monotonic() - started < live_module.LOOK_SECONDS + 1.5
    answer.close()


def test_open_streams_hold_no_connection(visitor: Visitor, door: Door) -> None:
    visitor.write("hello")
    answers = [visitor.stream() for _ in range(EACH)]
    for answer in answers:
        spoken(answer, 1)
    assert door.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    for answer in answers:
        answer.close()


def test_too_many_tabs_of_one_visitor_are_told_to_poll(client: FlaskClient, app: Flask) -> None:
    one, other = Visitor(client), Visitor(client)
    answers = [one.stream() for _ in range(EACH)]
    refused = one.stream()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, str(live_module.COME_BACK_SECONDS))
    welcome = other.stream()
    assert welcome.status_code == 200
    for answer in (*answers, welcome):
        answer.close()  # never read: its place is given back all the same
    assert app.extensions["live"].count == 0
    assert one.stream().status_code == 200


def test_a_process_has_so_many_streams_and_no_more(quick: Callable[..., Live]) -> None:
    live = quick(most=3)
    streams = [live.stream(nothing, 0) for _ in range(3)]
    with pytest.raises(Full):
        live.stream(nothing, 0)
    with Flask(__name__).test_request_context():
        assert live.answer(nothing, 0).status_code == 503
    streams[0].close()
    streams[0].close()
    live.stream(nothing, 0)
    with pytest.raises(Full):
        live.stream(nothing, 0)


def test_a_change_wakes_only_the_streams_it_is_about(quick: Callable[..., Live], redis_url: str) -> None:
    live = quick(beat=30.0)
    asked: list[str] = []

    def poll(name: str) -> Callable[[int], list[Event]]:
        return lambda after: asked.append(name) or []  # type: ignore[func-returns-value]

    streams = [live.stream(poll(name), 0, about) for name, about in
               (("mine", "owner 7"), ("theirs", "owner 8"), ("all", None))]  # fmt: skip
    threads = [threading.Thread(target=lambda s=stream: list(s), daemon=True) for stream in streams]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 5
    while sorted(asked) != ["all", "all", "mine", "mine", "theirs"] and time.monotonic() < deadline:
        if len(asked) == 3:
            Bell(redis_url).announce(7)
        time.sleep(0.05)
    time.sleep(0.3)
    assert asked.count("theirs") == 1
    assert {"mine", "all"} <= {name for name in asked if asked.count(name) >= 2}
    live.stop()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


def test_it_beats_while_nothing_happens_and_while_the_store_is_down(quick: Callable[..., Live]) -> None:
    live = quick()
    down = threading.Event()

    def poll(after: int) -> list[Event]:
        if down.is_set():
            raise OperationalError("SELECT", {}, Exception("gone"))
        return [Event(after + 1, {"number": after + 1})] if after < 2 else []

    stream = live.stream(poll, 0)
    assert until(stream, b"data") == b'id: 1\nevent: message\ndata: {"number": 1}\n\n'
    assert until(stream, b"data") == b'id: 2\nevent: message\ndata: {"number": 2}\n\n'
    assert until(stream, b"beat") == b": beat\n\n"
    down.set()
    assert until(stream, b"beat")
    assert until(stream, b"beat")
    stream.close()


def test_a_refusal_ends_the_stream(quick: Callable[..., Live]) -> None:
    live = quick()

    def poll(after: int) -> list[Event]:
        raise Refused(401, "log_in_needed")

    assert list(live.stream(poll, 0)) == [b"retry: 2000\n\n"]
    assert live.count == 0


def test_text_with_line_breaks_cannot_forge_an_event() -> None:
    forged = Event(1, "a\n\nevent: message\r\ndata: b", "note").encoded().decode()
    assert forged == "id: 1\nevent: note\ndata: a\ndata: \ndata: event: message\ndata: data: b\n\n"


def test_the_end_of_the_process_ends_the_streams_first(quick: Callable[..., Live]) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        live = quick(beat=30.0)
        live.stop_with_process()
        stream = live.stream(nothing, 0)
        reader = threading.Thread(target=lambda: list(stream), daemon=True)
        reader.start()
        os.kill(os.getpid(), signal.SIGTERM)
        reader.join(5)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
    assert not reader.is_alive()
    with pytest.raises(Full):
        live.stream(nothing, 0)


# ---- streams whose connection is given away ----


Give = Callable[[Stream], socket.socket]


class Store:
    """What a stream polls: messages by number, and a store that may be down."""

    def __init__(self) -> None:
        self.said: list[int] = []
        self.down = False
        self.looks = 0

    def __call__(self, after: int) -> list[Event]:
        self.looks += 1
        if self.down:
            raise OperationalError("SELECT", {}, Exception("gone"))
        return [Event(number, {"number": number}) for number in self.said if number > after]


@pytest.fixture
def idle() -> Iterator[IdleStreams]:
    """Where the streams of a test wait."""
    made = IdleStreams(30.0, lambda whose: None, 2)
    yield made
    made.end_all()


@pytest.fixture
def give(idle: IdleStreams) -> Iterator[Callable[[Stream], socket.socket]]:
    """Reads what a stream says at first, and takes its connection over as the server does; gives the reader's end."""
    ends: list[socket.socket] = []

    def take(stream: Stream) -> socket.socket:
        here, there = socket.socketpair()
        here.settimeout(5)
        ends.extend((here, there))
        with pytest.raises(Given) as given:
            deque(stream, maxlen=0)
        stream.close()  # the server closes every answer, also one that gave its connection away
        given.value.take(socket.socket(fileno=there.detach()))
        return here

    yield take
    idle.end_all()
    for end in ends:
        end.close()


def told(reader: socket.socket, wanted: bytes) -> bool:
    found = b""
    while wanted not in found:
        found += reader.recv(4_096)
    return True


def test_a_given_stream_is_told_and_gives_its_place_back(
    quick: Callable[..., Live], idle: IdleStreams, give: Give, redis_url: str
) -> None:
    live, store = quick(most=1, idle=idle, beat=30.0), Store()
    reader = give(live.stream(store, 0, "owner 7", idle=idle))
    assert live.count == 1
    other = live.stream(store, 0, "owner 8", idle=idle)  # the first holds no thread any more
    with pytest.raises(Full):
        live.stream(store, 0, "owner 9", idle=idle)  # but the second still does
    other.close()
    store.said = [4]
    deadline = time.monotonic() + 5
    while store.looks < 2 and time.monotonic() < deadline:
        Bell(redis_url).announce(7)
        time.sleep(0.1)
    assert told(reader, b'"number": 4')
    reader.close()
    while live.count and time.monotonic() < deadline:
        time.sleep(0.02)
    assert live.count == 0


def test_a_first_look_that_failed_is_made_again(quick: Callable[..., Live], idle: IdleStreams, give: Give) -> None:
    live, store = quick(idle=idle), Store()
    store.down, store.said = True, [3]
    reader = give(live.stream(store, 0, "owner 7", idle=idle))
    store.down = False
    assert told(reader, b'"number": 3')


def test_a_look_that_failed_after_a_ring_is_made_again(
    quick: Callable[..., Live], idle: IdleStreams, give: Give, redis_url: str
) -> None:
    live, store = quick(idle=idle, beat=1.0), Store()
    reader = give(live.stream(store, 0, "owner 7", idle=idle))
    store.down, store.said = True, [3]
    before, deadline = store.looks, time.monotonic() + 5
    while store.looks == before and time.monotonic() < deadline:
        Bell(redis_url).announce(7)
        time.sleep(0.1)
    assert store.looks > before
    store.down = False
    assert told(reader, b'"number": 3')


def test_whom_no_ring_told_of_is_woken(quick: Callable[..., Live], idle: IdleStreams, give: Give) -> None:
    store = Store()
    live = quick(idle=idle, missed=lambda: {"owner 7"} if store.said else set())
    reader = give(live.stream(store, 0, "owner 7", idle=idle))
    store.said = [5]
    assert told(reader, b'"number": 5')


def test_a_connection_that_nobody_can_take_gives_its_place_back(
    quick: Callable[..., Live], idle: IdleStreams, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("too many open files")

    live = quick(idle=idle)
    monkeypatch.setattr(idle, "take", fails)
    with pytest.raises(OSError, match="too many"):
        give(live.stream(nothing, 0, "owner 7", idle=idle))
    assert live.count == 0
