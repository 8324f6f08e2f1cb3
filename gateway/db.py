"""The database: one engine per process, transactions as a ``with`` block, and what its failures mean."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cached_property
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg import errors as pg
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm import Session, sessionmaker

from gateway.cursors import Cursor

CONNECT_SECONDS = 2
STATEMENT_MS = 5_000
IDLE_MS = 30_000  # what a process that is cut off left locked is free again after this
LOCK_SHARE = 0.7  # of a statement's time: so that a lock shows itself as a lock, and not as a slow server
PATIENCE = text("SELECT set_config('statement_timeout', :statement, true), set_config('lock_timeout', :lock, true)")
STANDING = f"-c idle_in_transaction_session_timeout={IDLE_MS} -c timezone=UTC -c synchronous_commit=on"
PLAN_ONCE = "-c plan_cache_mode=force_generic_plan"
# A server that went away without a word is noticed within seconds, where the system can tell (TCP).
DEAD_PEER = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5_000,
}
# However the driver and the pool say that there is no server to talk to; what :func:`is_busy` is among the first.
GONE = (OperationalError, InterfaceError, PoolExhausted)
BUSY = (pg.QueryCanceled, pg.LockNotAvailable, pg.DeadlockDetected, pg.SerializationFailure)
# No message can cause these: a schema that is not there (class 42), a store that must not be written (25006).
UNUSABLE_CLASS, READ_ONLY = "42", "25006"


class Database:
    """Connections to one Postgres, in a pool.

    ``statement_ms`` bounds every statement on the server's side; an accepting process gives itself a shorter bound
    than a worker. ``pool`` is how many stay open.
    """

    def __init__(self, url: str, *, pool: int = 10, statement_ms: int = STATEMENT_MS) -> None:
        self._pool, self._statement_ms = pool, statement_ms
        self._wires: WeakSet[psycopg.Connection[Any]] = WeakSet()
        self._wires_mutex = threading.Lock()
        self._closed = False
        self.engine = self._engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @cached_property
    def road(self) -> "Database":
        """The same store for the road of a message, over connections of its own that plan each statement once.

        Postgres plans a statement ten times on each connection before it believes that its values do not matter, and
        a search takes three times as long to plan as to answer. Only for statements that find an index whatever their
        values are; ``tests/gateway/test_plans.py`` holds the road's to that.
        """
        road = copy(self)  # with the same book of open connections, so that what cuts or closes one, does both
        road.engine = self._engine(self.engine.url, PLAN_ONCE, prepare_threshold=1)
        road._sessions = sessionmaker(road.engine, expire_on_commit=False)
        road.__dict__["road"] = road
        return road

    def _engine(self, url: URL | str, options: str = "", **driver: Any) -> Engine:
        engine = create_engine(
            url,
            pool_size=self._pool,
            max_overflow=5,
            pool_timeout=CONNECT_SECONDS,
            pool_use_lifo=True,  # few servers that know our statements, instead of many that each must learn them
            hide_parameters=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "cursor_factory": Cursor,
                "options": f"-c statement_timeout={self._statement_ms} "
                f"-c lock_timeout={int(self._statement_ms * LOCK_SHARE)} {STANDING} {options}",
                **DEAD_PEER,
                **driver,
            },
        )
        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "checkin", self._check_in)
        event.listen(engine, "checkout", self._check_out)
        return engine

    @contextmanager
    def begin(self, *, patience_ms: int | None = None) -> Iterator[Session]:
        """One transaction: commits when the block ends, rolls back when it raises.

        ``patience_ms`` replaces the bound of its statements: for a person who has clicked, and would rather wait a
        few seconds in a crowd than click again.
        """
        with self._sessions.begin() as session:
            if patience_ms is not None:
                session.execute(PATIENCE, {"statement": str(patience_ms), "lock": str(int(patience_ms * LOCK_SHARE))})
            yield session

    @contextmanager
    def asking(self) -> Iterator[Connection]:
        """For one statement that needs no transaction around it, and so a third of the messages to the server."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """As :meth:`asking`, for one statement that finds rows of models."""
        with self.asking() as connection, Session(connection, expire_on_commit=False) as session:
            yield session

    def ping(self) -> float:
        """Ask the server for nothing; returns the seconds it took, raises ``sqlalchemy.exc.OperationalError``."""
        started = time.monotonic()
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return time.monotonic() - started

    def cut(self) -> None:
        """Break every connection: for when the server has been silent for longer than it allows itself.

        Threads that wait for an answer get an ``OperationalError`` at once; the pool's own look before each use
        finds the broken ones, and whoever comes next connects anew.
        """
        with self._wires_mutex:
            wires = [wire for wire in self._wires if not wire.closed]
        for wire in wires:
            with contextlib.suppress(OSError, psycopg.Error):
                # The copy of the descriptor is closed again here; the shutdown is the connection's own.
                with socket.fromfd(wire.fileno(), socket.AF_INET, socket.SOCK_STREAM) as copy:
                    copy.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give all connections back; one that is in use is closed when its transaction ends."""
        with self._wires_mutex:
            self._closed = True
            self._wires.clear()
        for engine in {self.engine, self.__dict__.get("road", self).engine}:
            pool = engine.pool
            engine.dispose()
            pool.dispose()  # once more: one that was being given back meanwhile has missed the first

    def _connect(self, dialect: Any, _record: Any, args: Any, options: Any) -> Any:
        wire = dialect.connect(*args, **options)
        with self._wires_mutex:
            if not self._closed:  # else it is closed as soon as it is given back
                self._wires.add(wire)
        return wire

    def _check_out(self, wire: Any, _record: Any, _proxy: Any) -> None:
        """Refuse a connection that broke while it lay in the pool, without asking the server each time.

        An idle connection on which there is something to read is one that the server, or :meth:`cut`, has ended.
        """
        waiting = select.poll()
        waiting.register(wire.fileno(), select.POLLIN)
        if not waiting.poll(0):
            return
        try:
            self.engine.dialect.do_ping(wire)  # or it was a notice, which is nothing
        except Exception:
            raise InvalidatePoolError from None

    def _check_in(self, wire: Any, _record: Any) -> None:
        """What was let go while it was in use belongs to no pool any more."""
        if wire is None:
            return  # broken, and thrown away already
        with self._wires_mutex:
            ours = wire in self._wires
        if not ours:
            wire.close()


def is_busy(failure: BaseException) -> bool:
    """Whether this one transaction could not go on although the store is well: a lock, a deadlock, its time is up."""
    return isinstance(failure, DBAPIError) and isinstance(failure.orig, BUSY)


def is_down(failure: BaseException) -> bool:
    """Whether no message could be stored now, whatever it says."""
    if is_busy(failure):
        return False
    if isinstance(failure, GONE):
        return True
    state = getattr(failure.orig, "sqlstate", None) if isinstance(failure, DBAPIError) else None
    return state is not None and (state == READ_ONLY or state.startswith(UNUSABLE_CLASS))
