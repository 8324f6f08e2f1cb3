"""The way in for every channel: commit to Postgres in time, or keep the message in the journal; answer either way."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from gateway import known, relay, relay_lines, texts
from gateway.ahead import Guess
from gateway.clients.ahead import Ahead
from gateway.clients.bell import Bell
from gateway.community import Community
from gateway.conversations import Inbound
from gateway.db import Database, is_busy, is_down
from gateway.errors import ContactBusy, StoreUnavailable, Unstorable
from gateway.journal import Journal
from gateway.keys import Keys
from gateway.receiving import Receipt, provisional, receive, receive_unread
from gateway.risk import Level

log = logging.getLogger(__name__)

COMMIT_SECONDS = 1.0  # Twilio hangs up after 15 s; a resident in danger should not wait for a sick database
LINE_SECONDS = 5.0  # for one message out of the journal; the server's own limit is shorter, so it is gone by then
PAUSE_SECONDS = 1.0
FORGET_SECONDS = 5.0
CLOSE_SECONDS = 5.0
THREADS = 16

Work = Callable[[Session, Inbound, datetime], Receipt]


class Acceptor:
    """Takes messages in. Thread-safe; one per process."""

    def __init__(  # noqa: PLR0913 - the parts of the way in
        self,
        keys: Keys,
        community: Community,
        database: Database,
        journal: Journal,
        bell: Bell,
        ahead: Ahead | None = None,
    ) -> None:
        """With ``ahead`` the bot works on a text while it is being stored."""
        self._ahead = ahead
        self._keys, self._community = keys, community
        self._database, self._journal, self._bell = database.road, journal, bell
        self._pool = ThreadPoolExecutor(THREADS, "accept")
        self._stuck: tuple[Future[Receipt], float] | None = None
        self._closed_until = 0.0
        self._drainer = threading.Lock()
        self._closing = threading.Event()
        self.patience = COMMIT_SECONDS
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def accept(self, inbound: Inbound) -> Receipt:
        """Keep a message durably and say what to answer.

        Raises ``OSError`` when neither Postgres nor the disk will have it: then the caller must answer 5xx, so that
        Twilio goes to its fallback URL.
        """
        now = self.clock()
        if self._store_is_up() and not self._journal.holds(inbound):
            try:
                return self._commit(inbound, now)
            except (StoreUnavailable, ContactBusy) as failure:
                log.warning("message goes to the journal", extra={"reason": type(failure).__name__})
            except Exception:
                log.exception("message goes to the journal, it could not be processed")
        receipt = self._without_store(inbound)
        self._journal.append(inbound, now, receipt.replies, receipt.level.value, receipt.not_screened)
        self._start_draining()
        return receipt

    def drain(self) -> int:
        """Move what waits in the journal into Postgres; returns how many messages that were."""
        if not self._journal.pending():
            return 0
        try:
            return self._journal.drain(self._apply_line)
        except StoreUnavailable:
            return 0

    def close(self) -> None:
        """Take nothing more in, and wait for what is being committed; what waits in the journal keeps waiting there."""
        self._closing.set()
        impatience = threading.Timer(CLOSE_SECONDS, self._database.cut)
        impatience.daemon = True
        impatience.start()
        with self._drainer:
            self._pool.shutdown(wait=True)
        impatience.cancel()
        if self._ahead is not None:
            self._ahead.close()

    def _store_is_up(self) -> bool:
        """Whether a commit is worth trying. One that hangs stops all others, for a while: then its connection is
        broken, so that neither it nor its thread stays for ever."""
        stuck = self._stuck
        if stuck is not None and not stuck[0].done():
            if time.monotonic() < stuck[1] + FORGET_SECONDS:
                return False
            self._database.cut()
            self._stuck = None
        return time.monotonic() >= self._closed_until

    def _without_store(self, inbound: Inbound) -> Receipt:
        try:
            return provisional(self._community, inbound)
        except Exception:
            log.exception("a message could not be judged, a person must look")
            replies = [texts.say("not_screened", code) for code in texts.LANGUAGES]
            return Receipt(None, replies, Level.URGENT, not_screened="error")

    def _commit(self, inbound: Inbound, now: datetime) -> Receipt:
        future = self._pool.submit(self._apply, self._receive, inbound, now)
        try:
            return _result(future, self.patience)
        except StoreUnavailable:
            if not future.done():
                self._stuck = (future, time.monotonic())
            self._closed_until = time.monotonic() + PAUSE_SECONDS
            raise

    def _apply_line(self, inbound: Inbound) -> None:
        """Store one message out of the journal. Raises what :meth:`Journal.drain` knows, and nothing else."""
        try:
            self._in_time(self._receive, inbound)
            return
        except (StoreUnavailable, ContactBusy):
            raise
        except Exception:
            log.exception("a message from the journal could not be processed, a person must look")
        try:
            self._in_time(self._receive_unread, inbound)
        except (StoreUnavailable, ContactBusy):
            raise
        except Exception as failure:
            raise Unstorable(type(failure).__name__) from None

    def _in_time(self, work: Work, inbound: Inbound) -> Receipt:
        if self._closing.is_set():
            raise StoreUnavailable("closing")
        future = self._pool.submit(self._apply, work, inbound, self.clock())
        try:
            return _result(future, max(LINE_SECONDS, self.patience))
        except StoreUnavailable:
            if not future.done():
                log.warning("the store is silent, its connections are broken off")
                self._database.cut()
            raise

    def _apply(self, work: Work, inbound: Inbound, now: datetime) -> Receipt:
        with self._database.begin() as session:
            receipt = work(session, inbound, now)
        if receipt.conversation_id is not None and not receipt.duplicate:
            if receipt.needs_bot:
                self._bell.ring(receipt.conversation_id)  # first: somebody waits for that answer
            self._bell.announce(receipt.conversation_id)
            if receipt.texts_wait:
                self._bell.ring_for_texts(receipt.conversation_id)
        return receipt

    def _receive(self, session: Session, inbound: Inbound, now: datetime) -> Receipt:
        """The residents' road, but for a text that a colleague works a thread with."""
        first = known.at_first(session, self._keys, inbound)
        heard = relay.hear(session, self._keys, self._community, inbound, now) if first.colleague else None
        if heard is not None:
            return heard
        guess = Guess(self._ahead.ask, self._community) if self._ahead else None
        if guess is not None and first.thread is not None and first.kept_id is None:
            guess.ask(first.thread, inbound, now)
        receipt = receive(session, self._keys, self._community, inbound, now, first, guess)
        if receipt.duplicate or not _passed_on(session, receipt, now):
            return receipt
        return replace(receipt, texts_wait=True)

    def _receive_unread(self, session: Session, inbound: Inbound, now: datetime) -> Receipt:
        return receive_unread(session, self._keys, inbound, now)

    def _start_draining(self) -> None:
        """Look after the journal from this process as well: the worker may be down too."""
        if self._drainer.acquire(blocking=False):
            threading.Thread(target=self._drain_until_empty, name="drain", daemon=True).start()

    def _drain_until_empty(self) -> None:
        try:
            while self._journal.pending() and not self._closing.wait(PAUSE_SECONDS):
                self.drain()
        except Exception:
            log.exception("draining failed; the next message or the worker tries again")
        finally:
            self._drainer.release()


def _passed_on(session: Session, receipt: Receipt, now: datetime) -> bool:
    """Bring it to an owner who works by text. Nothing that breaks in here may cost a resident the safety text."""
    if receipt.conversation_id is None or receipt.message_id is None:
        return False
    if not relay_lines.is_wanted(session, receipt.conversation_id):
        return False
    try:
        with session.begin_nested():
            return relay_lines.pass_on(session, receipt.conversation_id, receipt.message_id, now)
    except Exception:
        log.exception("words could not be passed on", extra={"conversation": receipt.conversation_id})
        return False


def _result(future: Future[Receipt], seconds: float) -> Receipt:
    """What a commit came to. Raises StoreUnavailable, ContactBusy, or whatever broke on the message itself."""
    try:
        return future.result(seconds)
    except TookTooLong:
        future.cancel()
        raise StoreUnavailable("TookTooLong") from None
    except Exception as failure:
        if is_busy(failure):
            raise ContactBusy(type(failure).__name__) from None
        if is_down(failure):
            raise StoreUnavailable(type(failure).__name__) from None
        raise
