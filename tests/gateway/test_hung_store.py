"""A Postgres that is reached over a network and falls silent: what waits for it must not wait for ever."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import make_url

from gateway import create_app
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.settings import Settings
from tests.conftest import RESIDENT, Phone


class Wire:
    """A TCP way to the test's Postgres. Once cut, what is connected hears nothing any more; new connections work.

    So it is for a client after a failover, a dropped NAT entry or a pulled cable.
    """

    def __init__(self, url: str) -> None:
        self._to = make_url(url)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[threading.Event] = []
        self._sockets: list[socket.socket] = [self._listening]
        port = self._listening.getsockname()[1]
        self.url = self._to.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)
        self._spawn(self._accept)

    def cut(self) -> None:
        for alive in self._open:
            alive.clear()
        self._open = []

    def stop(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = self._connect()
            alive = threading.Event()
            alive.set()
            self._open.append(alive)
            self._sockets += [near, far]
            self._spawn(lambda one=near, other=far, on=alive: self._pump(one, other, on))
            self._spawn(lambda one=far, other=near, on=alive: self._pump(one, other, on))

    def _connect(self) -> socket.socket:
        folder = self._to.query.get("host") or self._to.host
        if isinstance(folder, str) and folder.startswith("/"):
            far = socket.socket(socket.AF_UNIX)
            far.connect(f"{folder}/.s.PGSQL.{self._to.query.get('port') or self._to.port or 5432}")
            return far
        return socket.create_connection((self._to.host, self._to.port or 5432))

    def _pump(self, one: socket.socket, other: socket.socket, alive: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while read := one.recv(65536):
                if not alive.is_set():
                    continue
                other.sendall(read)

    def _spawn(self, work: Any) -> None:
        threading.Thread(target=work, daemon=True).start()


@pytest.fixture
def wire(migrated_url: str, database: Database) -> Iterator[Wire]:
    made = Wire(migrated_url)
    yield made
    made.stop()


@pytest.mark.faults
def test_the_door_opens_again_after_a_failover(wire: Wire, settings: Settings) -> None:
    app = create_app(replace(settings, database_url=wire.url))
    door = app.extensions["front_door"]
    phone = Phone(app.test_client(), settings)
    try:
        assert phone.text("hello there").status_code == 200
        with contextlib.ExitStack() as several:  # as many as a busy minute leaves in the pool
            for _ in range(6):
                several.enter_context(door.database.road.begin()).connection()
        wire.cut()
        assert phone.text("i took all my pills").status_code == 200
        assert _new_connections_work(door.database)
        deadline = time.monotonic() + 25
        while door.journal.pending() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert not door.journal.pending(), "the emergency has not reached the queue 25 s after the failover"
        assert door.acceptor.accept(Inbound(SMS, RESIDENT, "SM" + "7" * 32, "need food")).conversation_id
    finally:
        wire.stop()
        door.close()


def _new_connections_work(database: Database) -> bool:
    """The store itself is well: whoever connects now is served."""
    fresh = Database(database.engine.url.render_as_string(hide_password=False))
    try:
        return fresh.ping() < 5
    finally:
        fresh.close()


@pytest.mark.faults
def test_readyz_answers_while_postgres_is_silent(wire: Wire, settings: Settings) -> None:
    app = create_app(replace(settings, database_url=wire.url))
    door = app.extensions["front_door"]
    door.database.ping()
    wire.cut()
    answered = threading.Event()

    def ask() -> None:
        with contextlib.suppress(Exception):
            app.test_client().get("/readyz")
            answered.set()

    threading.Thread(target=ask, daemon=True).start()
    try:
        assert answered.wait(10)
    finally:
        wire.stop()
        door.close()
