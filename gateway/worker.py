"""The worker: answers the bell, one conversation at a time a thread; sends what waits; sweeps up what was dropped."""

import itertools
import logging
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from gateway import delivery, follow_ups, notifying, quiet_hours, sending, sweeps, turns
from gateway.acceptor import Acceptor
from gateway.clients.bell import TEXTS, WORK, Bell
from gateway.clients.rasa import Rasa
from gateway.clients.twilio_notices import why
from gateway.community import Community
from gateway.db import Database
from gateway.delivery import Taken
from gateway.keys import Keys
from gateway.leases import Lease, LeaseLost
from gateway.means import PUSH, Means
from gateway.sending import Carrier

log = logging.getLogger(__name__)

TURNERS, SENDERS, NOTIFIERS = 6, 4, 3
SWEEP_SECONDS = 2.0
LOOK_SECONDS = 1.0  # between two looks of all threads of a kind together, for what nobody rang for
RARELY = 10  # in each so many sweeps what is a matter of hours and days, and not of a resident who waits now
MOST_SETTLED = 5
MOST_HANDED_SECONDS = 20.0  # half of what a text may be "sending" before somebody asks what became of it
FRESH_SECONDS = 0.05  # as long as from the question whether a responder claimed to Twilio's answer
MOST_RINGS = 1_000  # what waits beyond that is found by the sweep
PAUSE_AFTER_FAILURE = 1.0


class Worker:
    """All threads of one worker process."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a worker
        self,
        database: Database,
        bell: Bell,
        rasa: Rasa,
        carrier: Carrier,
        keys: Keys,
        community: Community,
        acceptor: Acceptor,
        means: Means | None = None,
    ) -> None:
        """``means`` is how responders and teams are reached; without one what is for them waits."""
        self._means: Means = means or {}
        self._database, self._bell, self._rasa, self._carrier = database, bell, rasa, carrier
        self._road = database.road
        self._keys, self._community, self._acceptor = keys, community, acceptor
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        self._stop = threading.Event()
        self._turns, self._sends, self._notices = _Wake(), _Wake(), _Wake()
        self._handed: deque[tuple[Taken, float]] = deque()
        self._sweeps = itertools.count()
        self._threads: list[threading.Thread] = []
        self._due: dict[str, float] = {}

    def start(self) -> None:
        """Start every thread and return."""
        for index in range(TURNERS):
            self._spawn(f"turn-{index}", lambda: self._serve(self._turns, self.answer_one))
        for index in range(SENDERS):
            self._spawn(f"send-{index}", lambda: self._serve(self._sends, self.send_waiting))
        for index in range(NOTIFIERS if self._means else 0):
            notify = partial(self.notify, pushes=index > 0)
            self._spawn(f"notify-{index}", partial(self._serve, self._notices, notify))
        self._spawn("bell", self._hear)
        self._spawn("bell-texts", self._hear_texts)
        self._spawn("sweep", lambda: self._again_and_again(self._sweep_some))
        self._spawn("settle", lambda: self._again_and_again(self.settle))
        for part in sweeps.PARTS:
            if part.own_thread:
                self._spawn(part.name, partial(self._by_itself, part))

    def stop(self, seconds: float = 10.0) -> None:
        """Finish what is under way and end; leases that are still held run out by themselves."""
        self._stop.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        while self._handed and time.monotonic() < deadline:
            self.send_waiting()
        self._bell.close()

    def answer_one(self) -> bool:
        """Lease one conversation and answer all that waits in it; returns whether there was one."""
        taken = turns.take_next(self._road, self._community, self._owner, now)
        if taken is None:
            return False
        lease, question = taken
        try:
            while question is not None:
                question = self._answer(lease, question)
        except LeaseLost:
            log.warning("lease lost", extra={"conversation": lease.conversation_id})
        return True

    def _answer(self, lease: Lease, question: turns.Question) -> turns.Question | None:
        """Answer one message; returns the next of the same conversation."""
        takes = self._sends.is_somebody_free()
        done = turns.answer(self._road, self._rasa, self._community, lease, question, now, takes=takes)
        if done.text is not None:
            self._handed.append((done.text, time.monotonic()))
        self._sends.one()
        self._bell.announce(lease.conversation_id)
        if not done.more or self._stop.is_set():
            return None
        return turns.note_next(self._road, self._community, lease, now)

    def send_waiting(self) -> bool:
        """Send what waits, and before it what a turn took along; returns whether there was a text."""
        go_on = lambda: not self._stop.is_set()  # noqa: E731 - a question
        first, fresh = self._taken_along()
        return sending.send_all(
            self._road, self._carrier, self._keys, go_on=go_on, quiet=self._quiet, first=first, fresh=fresh
        )

    def _taken_along(self) -> tuple[Taken | None, bool]:
        """The text that was handed over first, and whether that was just now. One that lay for long is left to
        :meth:`settle`, which asks Twilio."""
        try:
            taken, since = self._handed.popleft()
        except IndexError:
            return None, False
        lay = time.monotonic() - since
        return (taken, lay < FRESH_SECONDS) if lay < MOST_HANDED_SECONDS else (None, False)

    def notify(self, *, pushes: bool = True) -> bool:
        """Send one page, call or relayed text; returns whether one waited.

        Without ``pushes`` none of those: a push service that hangs must not keep every text and call behind it.
        """
        means = self._means if pushes else {name: each for name, each in self._means.items() if name != PUSH}
        return notifying.send_next(self._database, means, self._keys)

    def _quiet(self, at: datetime) -> bool:
        return quiet_hours.covers(self._community, at)

    def _serve(self, wake: "_Wake", work: Callable[[], bool]) -> None:
        """Work once for each ring, and until nothing is left when woken without one: rings may be lost with Redis."""
        rung = False
        while not self._stop.is_set():
            try:
                if not work() or rung:
                    rung = wake.wait(LOOK_SECONDS)
            except SQLAlchemyError as failure:
                log.warning("store unavailable", extra={"reason": type(failure).__name__})
                self._stop.wait(PAUSE_AFTER_FAILURE)
            except Exception:
                # One bad message must not end the thread: it is counted, and after three tries a person gets it.
                log.exception("turn failed")
                self._stop.wait(PAUSE_AFTER_FAILURE)

    def _hear(self) -> None:
        for heard in self._bell.listen(WORK, self._stop):
            if heard is not None:
                self._turns.one()

    def _hear_texts(self) -> None:
        for heard in self._bell.listen(TEXTS, self._stop):
            if heard is not None:
                self._sends.one()
                self._notices.one()

    def sweep(self) -> None:
        """What waits in the journal, the parts that take turns (:mod:`gateway.sweeps`), receipts that crossed or tell
        of a failure, follow-ups that are due."""
        self._sweep_what_cannot_wait()
        self._each(self._follow_up, self._forget_receipts)

    def _sweep_some(self) -> None:
        """As :meth:`sweep`, where each look costs: nobody waits for a question about services that is due today."""
        if next(self._sweeps) % RARELY:
            self._sweep_what_cannot_wait()
        else:
            self.sweep()

    def _sweep_what_cannot_wait(self) -> None:
        taking_turns = [partial(self._in_turn, part) for part in sweeps.PARTS if not part.own_thread]
        self._each(self._drain, *taking_turns, self._match_receipts)

    def _each(self, *parts: Callable[[], None]) -> None:
        for part in parts:
            if not self._stop.is_set():
                _guarded(part)

    def settle(self) -> None:
        """What a dead process left half sent; a few at a time, in a thread that may wait for a hanging Twilio."""
        for _ in range(MOST_SETTLED):
            if self._stop.is_set() or not sending.settle_stuck(self._database, self._carrier, self._keys):
                return

    def _drain(self) -> None:
        if self._acceptor.drain():
            self._turns.all()

    def _by_itself(self, part: sweeps.Part) -> None:
        while not self._stop.wait(part.every):
            _guarded(partial(self._run, part))

    def _in_turn(self, part: sweeps.Part) -> None:
        if time.monotonic() >= self._due.get(part.name, 0.0):
            self._due[part.name] = time.monotonic() + part.every
            self._run(part)

    def _run(self, part: sweeps.Part) -> None:
        with self._database.begin() as session:
            changed = list(part.run(session, self._community, delivery.clock(session)))
        for conversation_id in changed:
            self._bell.announce(conversation_id)
            self._sends.one()
            self._notices.all()

    def _follow_up(self) -> None:
        """A transaction for each, so that one resident who writes just now keeps no other from their turn."""
        with self._database.begin() as session:
            now = delivery.clock(session)
            due, unanswered = follow_ups.due(session, self._community, now), follow_ups.unanswered(session, now)
        for follow_up_id in due:
            _guarded(partial(self._ask, follow_up_id))
        for follow_up_id in unanswered:
            _guarded(partial(self._unanswered, follow_up_id))

    def _ask(self, follow_up_id: int) -> None:
        with self._database.begin() as session:
            asked_in = follow_ups.ask(session, self._community, follow_up_id, delivery.clock(session))
        if asked_in is not None:
            self._bell.announce(asked_in)
            self._sends.one()

    def _unanswered(self, follow_up_id: int) -> None:
        with self._database.begin() as session:
            follow_ups.lapse(session, follow_up_id, delivery.clock(session))

    def _match_receipts(self) -> None:
        sending.match_early(self._database)
        notifying.match_early(self._database, why)

    def _forget_receipts(self) -> None:
        with self._database.begin() as session:
            delivery.forget_early(session, delivery.clock(session))

    def _again_and_again(self, work: Callable[[], None]) -> None:
        while not self._stop.wait(SWEEP_SECONDS):
            _guarded(work)

    def _spawn(self, name: str, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)


class _Wake:
    """Wakes sleeping threads: one for one piece of work, or one for all that waits.

    Unrung, one of them looks at a time: were it all of them, their looks would cost more than the work of a quiet day.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings = self._waiting = 0
        self._all = False
        self._looked_at = time.monotonic()

    def one(self) -> None:
        """One more piece of work waits."""
        with self._changed:
            self._rings = min(self._rings + 1, MOST_RINGS)
            self._changed.notify()

    def is_somebody_free(self) -> bool:
        """Whether a thread waits that nobody rang for."""
        with self._changed:
            return self._waiting > self._rings

    def all(self) -> None:
        """Somebody must look for work until there is none."""
        with self._changed:
            self._all = True
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        """Whether it was a ring that woke the thread; if not, it is to work until nothing is left.

        Without a ring or :meth:`all` that is so many seconds after the last thread was sent to look.
        """
        with self._changed:
            while not (self._rings or self._all):
                left = self._looked_at + seconds - time.monotonic()
                if left <= 0:
                    break
                self._waiting += 1
                self._changed.wait(left)
                self._waiting -= 1
            if self._all or not self._rings:
                self._all = False
                self._looked_at = time.monotonic()
                return False
            self._rings -= 1
            return True


def _guarded(part: Callable[[], None]) -> None:
    """One part that fails must not keep the others from their turn."""
    try:
        part()
    except SQLAlchemyError as failure:
        log.warning("store unavailable", extra={"reason": type(failure).__name__})
    except Exception:
        log.exception("sweep failed")


def now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)
