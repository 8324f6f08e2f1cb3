"""What becomes of each text after the stand-in took it, and the receipts about it: in order, shuffled, or twice."""

import heapq
import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.demo.faults import BadOrder
from gateway.demo.ledger import Ledger, Text

MODES = frozenset({"in_order", "shuffled", "duplicated", "none"})
FINALS = frozenset({"delivered", "undelivered", "failed"})
CALLERS = 4
MOST_WAITING = 20_000
WAY = ("queued", "sent")


@dataclass(frozen=True)
class Fate:
    """What becomes of texts from now on.

    ``mode`` is how the receipts come; ``final`` is the last status, with ``error_code`` when it is not
    ``delivered``; ``delay`` is the pause between the steps, in seconds.
    """

    mode: str = "in_order"
    final: str = "delivered"
    error_code: int | None = None
    delay: float = 0.05


def make(mode: str = "in_order", **rest: object) -> Fate:
    """Check an order and build the fate. Raises :class:`BadOrder`."""
    try:
        fate = Fate(mode, **rest)  # type: ignore[arg-type]
    except TypeError:
        raise BadOrder("unknown field") from None
    if fate.mode not in MODES or fate.final not in FINALS or not isinstance(fate.error_code, int | None):
        raise BadOrder("mode, final or error_code has a wrong value")
    if not isinstance(fate.delay, int | float) or not 0 <= fate.delay <= 60:  # noqa: PLR2004 - a minute is enough
        raise BadOrder("delay must be between 0 and 60 seconds")
    if fate.final != "delivered" and fate.error_code is None:
        return Fate(fate.mode, fate.final, 30003, fate.delay)
    return fate


@dataclass(frozen=True)
class _Plan:
    """The steps that one text still has before it."""

    text: Text
    fate: Fate
    steps: tuple[str, ...]


class Receipts:
    """Moves texts along and posts their receipts from a few threads; each text's own receipts come one by one."""

    def __init__(self, ledger: Ledger, post: Callable[[Text, str, int | None], object], seed: int = 0) -> None:
        self._ledger, self._post = ledger, post
        self._dice = random.Random(seed)  # noqa: S311 - repeatable tests, no secret
        self._fate = Fate()
        self._due: list[tuple[float, int, _Plan]] = []
        self._order = itertools.count()
        self._change = threading.Condition()
        self._busy = 0
        self._open = True
        self._threads = [threading.Thread(target=self._work, name="receipts", daemon=True) for _ in range(CALLERS)]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop after the receipts that are being posted; the rest is dropped."""
        with self._change:
            self._open = False
            self._change.notify_all()
        for thread in self._threads:
            thread.join(timeout=20)

    def order(self, fate: Fate) -> None:
        """Let this become of every text taken from now on."""
        with self._change:
            self._fate = fate

    def follow(self, text: Text) -> None:
        """Begin the way of one text."""
        with self._change:
            steps = self._steps(self._fate)
            self._put(_Plan(text, self._fate, steps), self._fate.delay)

    def idle(self) -> bool:
        """Whether no receipt is due or being posted."""
        with self._change:
            return not self._due and not self._busy

    def _steps(self, fate: Fate) -> tuple[str, ...]:
        steps = [*WAY, fate.final]
        if fate.mode == "duplicated":
            steps = [step for step in steps for _ in range(2)]
        if fate.mode == "shuffled":
            self._dice.shuffle(steps)
        return tuple(steps)

    def _put(self, plan: _Plan, delay: float) -> None:
        if len(self._due) < MOST_WAITING:
            heapq.heappush(self._due, (time.monotonic() + delay, next(self._order), plan))
            self._change.notify()

    def _work(self) -> None:
        while (plan := self._next()) is not None:
            try:
                self._step(plan)
            finally:
                with self._change:
                    self._busy -= 1
                    if plan.steps[1:] and self._open:
                        self._put(_Plan(plan.text, plan.fate, plan.steps[1:]), plan.fate.delay)

    def _next(self) -> _Plan | None:
        with self._change:
            while self._open:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._busy += 1
                    return heapq.heappop(self._due)[2]
                self._change.wait(wait)
        return None

    def _step(self, plan: _Plan) -> None:
        status = plan.steps[0]
        code = plan.fate.error_code if status == plan.fate.final else None
        self._ledger.move(plan.text.sid, status, code)
        if plan.text.callback and plan.fate.mode != "none":
            self._post(plan.text, status, code)
