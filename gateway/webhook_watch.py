"""Tells the town's own system what is new of each team, in a thread and on a connection of its own.

Nothing that residents wait for stands behind it: a system that hangs holds up the next call to itself, and no more. No
transaction is open during a call.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from gateway import delivery, webhook_body, webhook_calls, webhook_lag
from gateway.community import Community
from gateway.db import Database
from gateway.keys import Keys

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
RING_EVERY = timedelta(seconds=10)  # where no call was made: an alarm is a matter of minutes


class Answer(Protocol):
    """What came of a call; :class:`gateway.clients.webhook.Answer` is one."""

    @property
    def status(self) -> int | None:
        """The HTTP status, if there was one."""

    @property
    def reason(self) -> str:
        """A short word for why there was none."""

    @property
    def after(self) -> float | None:
        """Seconds after which they ask for the next call."""


class Receiver(Protocol):
    """Who is told; :class:`gateway.clients.webhook.Webhook` is one."""

    def post(self, key: str, body: bytes) -> Answer:
        """Tell them once; ``key`` is the same for each try of one body."""


class Watch:
    """The thread. ``endpoint`` is a hash of their address, ``source`` the address of this front door."""

    def __init__(  # noqa: PLR0913 - who tells whom what
        self,
        database: Database,
        keys: Keys,
        community: Community,
        receiver: Receiver,
        *,
        endpoint: str,
        source: str,
        announce: Callable[[int], None],
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._database, self._keys, self._community = database, keys, community
        self._receiver, self._endpoint, self._source = receiver, endpoint, source
        self._announce, self._clock = announce, clock
        self._rung_at: datetime | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)

    def start(self) -> None:
        """Begin to look; returns at once."""
        self._thread.start()

    def stop(self, seconds: float = 12.0) -> None:
        """End after the call that is under way; one that is cut off is made again by the next process."""
        self._stop.set()
        self._thread.join(seconds)
        self._database.close()

    def work(self) -> None:
        """Tell all that is due, then say where they are behind."""
        made = False
        while not self._stop.is_set() and self._tell_one():
            made = True
            self._ring()
        if not made:
            self._ring(RING_EVERY)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.work()
            except SQLAlchemyError as failure:
                log.warning("store unavailable", extra={"reason": type(failure).__name__})
            except Exception:
                log.exception("telling the town's own system failed")

    def _tell_one(self) -> bool:
        with self._database.begin() as session:
            now = self._clock() if self._clock else delivery.clock(session)
            webhook_calls.collect(session, self._endpoint, now)
            taken = webhook_calls.take(session, now)
            if taken is None:
                return False
            body = webhook_body.of(self._community, self._keys, self._source, taken.dispatch, taken.event, taken.row)
        answer = self._receiver.post(body["id"], webhook_body.written(body))
        with self._database.begin() as session:
            now = self._clock() if self._clock else delivery.clock(session)
            state = webhook_calls.settle(session, taken.id, taken.attempts, answer.status, answer.after, now)
        if state != webhook_calls.DONE:
            why = {"status": answer.status, "reason": answer.reason, "attempt": taken.attempts}
            log.warning("the town's own system did not take it", extra=why | {"escalation": taken.row.id})
        return True

    def _ring(self, at_most_every: timedelta = timedelta(0)) -> None:
        with self._database.begin() as session:
            now = self._clock() if self._clock else delivery.clock(session)
            if self._rung_at is not None and now - self._rung_at < at_most_every:
                return
            self._rung_at = now
            waiting = list(webhook_lag.to_ring(session, now))
        for dispatch_id in waiting:
            with self._database.begin() as session:
                changed = webhook_lag.ring(session, dispatch_id, now)
            if changed is not None:
                self._announce(changed)
