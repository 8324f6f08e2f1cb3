"""What changed in the queue, read once for all streams of a process.

Every open thread has a number of one sequence (`escalations.version`), which the store raises with each change and each
new message. One thread of the process reads what has a higher number than it knows, at the bell or by itself; numbers
are committed out of order, so it goes back some way each time and takes a row twice rather than not at all.
"""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gateway.broadcasts import Calls
from gateway.db import Database
from gateway.escalations import RESOLVED, WAITING
from gateway.models import Conversation, Delivery, Escalation, Transfer

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0  # with a bell that is heard; a ring may be lost all the same
LOOK_ALONE_SECONDS = 0.5
NET_SECONDS = 4.0  # how often all that is known is held against the store
BACK, BACK_SECONDS = 200, 30.0  # a number is committed at most so much later than it was given
REPLAYED, LATELY = 2_000, timedelta(seconds=60)
STEPS = 512


@dataclass(frozen=True, slots=True)
class Seen:
    """One open thread, as far as an alarm or a stream must know it."""

    id: int
    version: int
    conversation_id: int
    level: str
    waiting: bool
    owner_id: int | None
    alerted: bool
    silent: bool
    changed_at: datetime


@dataclass(frozen=True)
class Step:
    """What one look found: ids of threads that changed, ended, or show something else that changed; and whom it asks
    for by name. ``told`` is whether a broadcast began, ended or was read; ``everything`` is for a reader who may have
    missed something."""

    rows: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()
    threads: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    everything: bool = False
    told: bool = False

    def __bool__(self) -> bool:
        return bool(self.rows or self.gone or self.threads or self.people or self.everything or self.told)


def together(steps: Iterable[Step]) -> Step:
    """Several steps as one: of a thread that changed and then ended only the end."""
    rows: set[int] = set()
    gone: set[int] = set()
    threads: set[int] = set()
    people: set[int] = set()
    everything = told = False
    for step in steps:
        rows = (rows | step.rows) - step.gone
        gone = (gone | step.gone) - step.rows
        threads, people = threads | step.threads, people | step.people
        everything, told = everything or step.everything, told or step.told
    return Step(frozenset(rows), frozenset(gone), frozenset(threads - rows - gone), frozenset(people), everything, told)


@dataclass
class _Known:
    """All that the last look left behind."""

    open: dict[int, Seen] = field(default_factory=dict)
    ended: dict[int, int] = field(default_factory=dict)
    seq: int = 0
    horizon: int = 0  # what ended before this number is forgotten
    calls: Calls = Calls()


def _no_calls(_session: Session) -> Calls:
    return Calls()


class Feed:
    """The changes of one process; ``calls`` reads which broadcasts stand. Thread-safe."""

    def __init__(
        self,
        database: Database,
        wake: Callable[[], None],
        heard: Callable[[], bool],
        calls: Callable[[Session], Calls] = _no_calls,
    ) -> None:
        self._database, self._wake, self._heard, self._calls = database, wake, heard, calls
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._announced: deque[int] = deque()
        self._known: _Known | None = None
        self._print: tuple[Any, ...] | None = None
        self._steps: deque[Step] = deque(maxlen=STEPS)
        self._count = 0
        self._marks: deque[tuple[float, int]] = deque()
        self._netted = self.read_at = float("-inf")
        self._alarms: dict[int, str] = {}
        self._thread: threading.Thread | None = None

    @property
    def seq(self) -> int:
        """The highest number that was seen."""
        return self._known.seq if self._known else 0

    def start(self, watched: Callable[[], bool], stopping: Callable[[], bool]) -> None:
        """Begin to look with the first stream, hence in the process that serves it and not in its parent."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, args=(watched, stopping), name="feed", daemon=True)
                self._thread.start()
        self._rung.set()

    def ring(self, conversation_id: int) -> None:
        """Something of this conversation changed: look now."""
        self._announced.append(conversation_id)
        self._rung.set()

    def _run(self, watched: Callable[[], bool], stopping: Callable[[], bool]) -> None:
        failed = False
        while not stopping():
            self._rung.wait(LOOK_SECONDS if self._heard() else LOOK_ALONE_SECONDS)
            self._rung.clear()  # before the look: a ring in its midst is not lost
            if not watched():
                continue
            try:
                news = self.look()
            except SQLAlchemyError as failure:
                log.warning("feed cannot read the store: %s", type(failure).__name__)
                failed = True
                continue
            if news or failed:
                self._wake()
            failed = False

    def look(self) -> bool:
        """Read what is new; whether there is anything."""
        with self._lock:
            step = self._read()
            self.read_at = time.monotonic()
            if step:
                self._steps.append(step)
                self._count += 1
                self._alarms = {}
            return bool(step)

    def greet(self, last: int) -> tuple[int, Step]:
        """For a new stream: its place in the feed, and what changed after number ``last``, as far as it is known.

        ``everything`` when the reader must read anew: they never read, or were away for too long to be told.
        """
        if time.monotonic() - self.read_at > LOOK_SECONDS or last > self.seq:
            if self.look():
                self._wake()
        with self._lock:
            known = self._known or _Known()
            if not last or last > known.seq or 0 < known.horizon > last - BACK:
                return self._count, Step(everything=True)
            lately = max((each.changed_at for each in known.open.values()), default=None)
            rows = {
                each.id
                for each in known.open.values()
                if each.version > last - BACK or (lately and each.changed_at > lately - LATELY)
            }
            gone = {number for number, version in known.ended.items() if version > last - BACK}
            return self._count, Step(frozenset(rows), frozenset(gone))

    def since(self, place: int) -> tuple[int, Step]:
        """What came after a place in the feed, and the place after it."""
        with self._lock:
            missed = self._count - place
            if missed > len(self._steps):
                return self._count, Step(everything=True)
            return self._count, together(list(self._steps)[len(self._steps) - missed :]) if missed else Step()

    def alarms(self, responder_id: int) -> str:
        """What the pages of this responder must sound for, as JSON: see :func:`alarms`."""
        with self._lock:
            if responder_id not in self._alarms:
                known = self._known or _Known()
                found, told = alarms(known.open.values(), responder_id), known.calls.unread.get(responder_id)
                self._alarms[responder_id] = json.dumps(found | ({"told": told} if told else {}))
            return self._alarms[responder_id]

    def _read(self) -> Step:
        announced = {self._announced.popleft() for _ in range(len(self._announced))}
        with self._database.begin() as session:
            net = self._net(session)
            if self._known is None or net is None:
                known = self._known = load(session)
                self._print = fingerprint(session)
                step = Step(everything=True)
            else:
                known = self._known
                step = self._changes(session, known, announced)
                if net:
                    step = together([step, Step(threads=frozenset(known.open))])
            before, known.calls = known.calls, self._calls(session)
            step = together([step, Step(told=before != known.calls)])
        self._mark(known)
        return step

    def _changes(self, session: Session, known: _Known, announced: set[int]) -> Step:
        rows, gone, people = set(), set(), set()
        for row in session.execute(_threads(Escalation.version > self._floor(known))):
            before = known.open.get(row.id)
            if (before.version if before else known.ended.get(row.id)) == row.version:
                continue
            known.seq = max(known.seq, row.version)
            people |= {each for each in (row.owner_id, before.owner_id if before else None) if each is not None}
            if row.status == RESOLVED:
                gone.add(row.id)
                known.open.pop(row.id, None)
                known.ended[row.id] = row.version
            else:
                rows.add(row.id)
                known.open[row.id] = _seen(row)
        if rows:
            asked = select(Transfer.to_id).where(Transfer.escalation_id.in_(rows), Transfer.state == "offered")
            people |= {each for each in session.scalars(asked) if each is not None}
        threads = {each.id for each in known.open.values() if each.conversation_id in announced} if announced else set()
        return Step(frozenset(rows), frozenset(gone), frozenset(threads - rows), frozenset(people))

    def _net(self, session: Session) -> bool | None:
        """Hold what is known against the store now and then: None when a change was missed, true when a text moved.

        It is asked before what is new is read: what came between the two is no sign of anything.
        """
        if self._known is None or time.monotonic() - self._netted < NET_SECONDS:
            return False
        self._netted = time.monotonic()
        before, found = self._print, fingerprint(session)
        self._print = found
        count, numbers, highest, moved = found
        if highest is not None and highest <= self._known.seq:
            mine = self._known.open.values()
            if (count, numbers) != (len(mine), sum(each.version for each in mine)):
                log.warning("feed missed a change")
                return None
        return before is not None and before[-1] != moved

    def _floor(self, known: _Known) -> int:
        return min([known.seq - BACK, *(seq for _, seq in list(self._marks)[:1])])

    def _mark(self, known: _Known) -> None:
        """Remember how far the sequence was, until every number of that time is committed or never will be."""
        now = time.monotonic()
        if not self._marks or now - self._marks[-1][0] > LOOK_ALONE_SECONDS:
            self._marks.append((now, known.seq))
        while len(self._marks) > 1 and self._marks[1][0] < now - BACK_SECONDS:
            self._marks.popleft()
        if len(known.ended) > REPLAYED:
            known.horizon = min(known.seq - REPLAYED, self._floor(known))
            known.ended = {number: version for number, version in known.ended.items() if version > known.horizon}


def load(session: Session) -> _Known:
    """All that is open, and what ended lately."""
    known = _Known(seq=session.scalar(select(func.max(Escalation.version))) or 0)
    known.horizon = max(0, known.seq - REPLAYED)
    for row in session.execute(_threads(Escalation.status != RESOLVED)):
        known.open[row.id] = _seen(row)
    ended = select(Escalation.id, Escalation.version).where(
        Escalation.status == RESOLVED, Escalation.version > known.horizon
    )
    known.ended = {row.id: row.version for row in session.execute(ended)}
    known.seq = max([known.seq, *(each.version for each in known.open.values()), *known.ended.values()])
    return known


def alarms(rows: Iterable[Seen], responder_id: int) -> dict[str, Any]:
    """What a page must sound for: all that waits with its level, new danger in the responder's own threads or in
    the queue, and whoever fell silent there."""
    rows = sorted(rows, key=lambda each: each.id)
    heard = [each for each in rows if each.waiting or each.owner_id == responder_id]
    return {
        "waiting": {each.id: each.level for each in rows if each.waiting},
        "alerted": [each.id for each in heard if each.alerted],
        "silent": [each.id for each in heard if each.silent],
    }


def fingerprint(session: Session) -> tuple[Any, ...]:
    """Differs whenever the queue or an open thread would look different: how many threads are open, the sum of their
    numbers, the highest of them, and when a text of theirs last moved."""
    is_open = Escalation.status != RESOLVED
    numbers = select(func.count(), func.sum(Escalation.version), func.max(Escalation.version)).where(is_open)
    moved = select(func.max(Delivery.updated_at)).where(
        Delivery.conversation_id.in_(select(Escalation.conversation_id).where(is_open))
    )
    count, total, highest = session.execute(numbers).one()
    return count, int(total or 0), highest, session.scalar(moved)


def _threads(which: ColumnElement[bool]) -> Any:
    return (
        select(
            Escalation.id, Escalation.version, Escalation.status, Escalation.level, Escalation.owner_id,
            Escalation.conversation_id, Escalation.alerted_at, Escalation.silent_since, Escalation.changed_at,
            Conversation.last_inbound_at,
        )
        .join(Conversation, Conversation.id == Escalation.conversation_id)
        .where(which)
    )  # fmt: skip


def _seen(row: Row[Any]) -> Seen:
    last, silent = row.last_inbound_at, row.silent_since
    return Seen(
        id=row.id,
        version=row.version,
        conversation_id=row.conversation_id,
        level=row.level,
        waiting=row.status == WAITING,
        owner_id=row.owner_id,
        alerted=row.alerted_at is not None,
        silent=silent is not None and (last is None or last <= silent),
        changed_at=row.changed_at,
    )
