"""The way in for every channel: commit to Postgres in time, or keep the message in the journal; answer either way."""

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from datetime import UTC, datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from gateway.clients.bell import Bell
from gateway.community import Community
from gateway.conversations import Inbound
from gateway.db import Database
from gateway.errors import StoreUnavailable
from gateway.journal import Journal
from gateway.keys import Keys
from gateway.receiving import Receipt, provisional, receive

log = logging.getLogger(__name__)

COMMIT_SECONDS = 1.0  # Twilio hangs up after 15 s; a resident in danger should not wait for a sick database
PAUSE_SECONDS = 1.0
THREADS = 16


class Acceptor:
    """Takes messages in. Thread-safe; one per process."""

    def __init__(self, keys: Keys, community: Community, database: Database, journal: Journal, bell: Bell) -> None:
        self._keys, self._community = keys, community
        self._database, self._journal, self._bell = database, journal, bell
        self._pool = ThreadPoolExecutor(THREADS, "accept")
        self._stuck: Future[Receipt] | None = None
        self._closed_until = 0.0
        self._drainer = threading.Lock()
        self._closing = threading.Event()
        self.patience = COMMIT_SECONDS

    def accept(self, inbound: Inbound) -> Receipt:
        """Keep a message durably and say what to answer.

        Raises ``OSError`` when neither Postgres nor the disk will have it: then the caller must answer 5xx, so that
        Twilio goes to its fallback URL.
        """
        now = datetime.now(UTC)
        if not self._journal.pending() and self._store_is_up():
            try:
                return self._commit(inbound, now)
            except StoreUnavailable:
                log.warning("store unavailable, message goes to the journal")
        receipt = provisional(self._community, inbound)
        self._journal.append(inbound, now, receipt.replies)
        self._start_draining()
        return receipt

    def drain(self) -> int:
        """Move what waits in the journal into Postgres; returns how many messages that were."""
        if not self._journal.pending():
            return 0
        try:
            return self._journal.drain(self._apply)
        except (DBAPIError, PoolExhausted):
            return 0

    def close(self) -> None:
        """Take nothing more in, and wait for what is being committed; what waits in the journal keeps waiting there."""
        self._closing.set()
        self._pool.shutdown(wait=True)
        with self._drainer:
            return

    def _store_is_up(self) -> bool:
        if self._stuck is not None and not self._stuck.done():
            return False
        return time.monotonic() >= self._closed_until

    def _commit(self, inbound: Inbound, now: datetime) -> Receipt:
        future = self._pool.submit(self._apply, inbound, now)
        try:
            return future.result(self.patience)
        except (TookTooLong, DBAPIError, PoolExhausted) as failure:
            if not future.done():
                self._stuck = future
            self._closed_until = time.monotonic() + PAUSE_SECONDS
            raise StoreUnavailable(type(failure).__name__) from None

    def _apply(self, inbound: Inbound, now: datetime | None = None) -> Receipt:
        with self._database.begin() as session:
            receipt = receive(session, self._keys, self._community, inbound, now or datetime.now(UTC))
        if receipt.conversation_id is not None and not receipt.duplicate:
            self._bell.announce(receipt.conversation_id)
            if receipt.needs_bot:
                self._bell.ring(receipt.conversation_id)
        return receipt

    def _start_draining(self) -> None:
        """Look after the journal from this process as well: the worker may be down too."""
        if self._drainer.acquire(blocking=False):
            threading.Thread(target=self._drain_until_empty, name="drain", daemon=True).start()

    def _drain_until_empty(self) -> None:
        try:
            while self._journal.pending() and not self._closing.wait(PAUSE_SECONDS):
                self.drain()
        finally:
            self._drainer.release()
