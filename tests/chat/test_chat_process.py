"""Streams in the real web process: they let it end in time, and never take the threads that webhooks need."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from gateway.settings import Settings
from gateway.web import console_live, live
from gateway.web.server import PROCESSES, THREADS

pytestmark = [pytest.mark.slow, pytest.mark.alone]

LEAST_LEFT = 16  # threads for webhooks while every stream that may be open is


@pytest.fixture
def process(
    request: pytest.FixtureRequest, settings: Settings, database: object, tmp_path: Path
) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes]]]:
    """The web process as `make run` starts it, and somebody who asks it things."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        "PATH": os.environ["PATH"],
        "FRONTDOOR_VAR": str(tmp_path),
        "FRONTDOOR_PORT": str(port),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": getattr(request, "param", settings.redis_url),
    }
    command = [sys.executable, "-m", "gateway.cli", "web"]
    with (tmp_path / "web.log").open("wb") as log:
        started = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, limits=limits) as client:
                _wait_for(client)
                yield client, started
        finally:
            started.kill()
            started.wait(10)


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            client.get("/healthz", timeout=1).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the web process did not answer")


def _token(client: httpx.Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {client.post('/chat/visitors', json={}).json()['token']}"}


@pytest.mark.parametrize("waits", [0.0, 1.0])
def test_open_streams_do_not_keep_the_process_from_ending(
    process: tuple[httpx.Client, subprocess.Popen[bytes]], waits: float
) -> None:
    client, started = process
    with ExitStack() as opened:
        streams = [opened.enter_context(client.stream("GET", "/chat/stream", headers=_token(client))) for _ in range(4)]
        pieces = [stream.iter_bytes() for stream in streams]
        assert all(next(each).startswith(b"retry") for each in pieces)
        time.sleep(waits)
        asked = time.monotonic()
        started.send_signal(signal.SIGTERM)
        rest = [b"".join(each) for each in pieces]  # each is ended in order, or httpx would raise
        assert started.wait(9) == 0
        assert time.monotonic() - asked < 5
        assert all(set(each) <= set(b": beat\n") for each in rest)


def test_more_streams_than_threads_leave_it_free_for_messages(
    process: tuple[httpx.Client, subprocess.Popen[bytes]],
) -> None:
    client, _ = process
    headers = [_token(client) for _ in range(PROCESSES * THREADS + 20)]
    with ExitStack() as opened:
        streams = [opened.enter_context(client.stream("GET", "/chat/stream", headers=each)) for each in headers]
        assert {stream.status_code for stream in streams} == {200}
        began = time.monotonic()
        body = {"id": "00000000-0000-4000-8000-000000000000", "text": "i took all my pills"}
        answer = client.post("/chat/messages", json=body, headers=headers[-1])
        assert "911" in answer.json()["replies"][0]["text"]
        assert time.monotonic() - began < 2
        told = _read(streams[-1], b"911")
        assert b"i took all my pills" in told
        assert b"pills" not in _read(streams[0], b"beat")
        full = [client.stream("GET", "/chat/stream", headers=headers[0]) for _ in range(PROCESSES * live.EACH + 1)]
        assert 503 in [opened.enter_context(each).status_code for each in full]


@pytest.mark.parametrize("process", ["redis://127.0.0.1:9"], indirect=True)
def test_without_redis_a_stream_is_told_within_seconds(
    process: tuple[httpx.Client, subprocess.Popen[bytes]],
) -> None:
    client, _ = process
    mine, theirs = _token(client), _token(client)
    with ExitStack() as opened:
        streams = [opened.enter_context(client.stream("GET", "/chat/stream", headers=each)) for each in (mine, theirs)]
        time.sleep(1)
        body = {"id": "00000000-0000-4000-8000-000000000001", "text": "i took all my pills"}
        client.post("/chat/messages", json=body, headers=mine).raise_for_status()
        began = time.monotonic()
        assert b"i took all my pills" in _read(streams[0], b"911")
        assert time.monotonic() - began < 5
        assert b"pills" not in _read(streams[1], b"beat")


def _read(stream: httpx.Response, wanted: bytes) -> bytes:
    """What comes on a stream until something is in it."""
    found = b""
    for piece in stream.iter_raw():
        found += piece
        if wanted in found:
            break
    return found


def test_all_streams_together_leave_threads_for_webhooks() -> None:
    assert THREADS - live.STREAMS - console_live.STREAMS >= LEAST_LEFT
