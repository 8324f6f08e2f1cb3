"""The database: one engine per process, transactions as a ``with`` block."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

CONNECT_SECONDS = 2
STATEMENT_MS = 5_000


class Database:
    """A pool of connections to one Postgres.

    ``statement_ms`` bounds every statement on the server's side; an accepting process gives itself a shorter bound
    than a worker.
    """

    def __init__(self, url: str, *, pool: int = 10, statement_ms: int = STATEMENT_MS) -> None:
        self.engine = create_engine(
            url,
            pool_size=pool,
            max_overflow=5,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "options": f"-c statement_timeout={statement_ms} -c timezone=UTC -c synchronous_commit=on",
            },
        )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction: commits when the block ends, rolls back when it raises."""
        with self._sessions.begin() as session:
            yield session

    def ping(self) -> float:
        """Ask the server for nothing; returns the seconds it took, raises ``sqlalchemy.exc.OperationalError``."""
        started = time.monotonic()
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        return time.monotonic() - started

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
