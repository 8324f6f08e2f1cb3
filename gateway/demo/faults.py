"""How the stand-in misbehaves when told: refuse, be slow, be silent, hang up after the work is done."""

import random
import threading
from dataclasses import dataclass

MODES = frozenset({"ok", "429", "hang", "drop", "garbage"})
APPLIED_BY_DEFAULT = frozenset({"hang", "drop", "garbage"})
WHERE = frozenset({"send", "call", "list", "all"})
SERVER_ERRORS = range(500, 600)


class BadOrder(ValueError):
    """The order for a fault or for receipts makes no sense."""


@dataclass(frozen=True)
class Fault:
    """One way to misbehave.

    ``mode`` is ``ok``; ``429`` (with ``retry_after`` seconds); ``400/21610`` or any other status and Twilio code;
    ``500`` to ``599``; ``hang`` (answer after ``seconds``); ``drop`` (cut the connection with no answer); or
    ``garbage`` (a 200 that is not Twilio's JSON). ``applied`` says whether the request is carried out all the same.
    With ``to`` it befalls only what is sent, or looked for, to that number.
    """

    mode: str = "ok"
    probability: float = 1.0
    count: int | None = None
    seconds: float = 10.0
    retry_after: int | None = 1
    applied: bool = False
    on: str = "send"
    to: str | None = None

    @property
    def status(self) -> int:
        """The HTTP status of a refusal, 0 for the other modes."""
        head = self.mode.partition("/")[0]
        return int(head) if head.isdigit() else 0

    @property
    def code(self) -> int:
        """Twilio's code in a refusal."""
        tail = self.mode.partition("/")[2]
        return int(tail) if tail else {429: 20429, 503: 20503}.get(self.status, 20500)


def make(mode: str = "ok", **rest: object) -> Fault:
    """Check an order and build the fault. Raises :class:`BadOrder`."""
    parts = mode.split("/")
    numeric = all(part.isdigit() for part in parts)
    known = mode in MODES or (numeric and (len(parts) == 2 or int(parts[0]) in SERVER_ERRORS))  # noqa: PLR2004
    if not known:
        raise BadOrder("mode must be ok, 429, <status>/<code>, 5xx, hang, drop or garbage")
    try:
        fault = Fault(mode, **({"applied": mode in APPLIED_BY_DEFAULT} | rest))  # type: ignore[arg-type]
    except TypeError:
        raise BadOrder("unknown field") from None
    if fault.on not in WHERE or not _numbers_are_right(fault):
        raise BadOrder("a field has the wrong type or value")
    return fault


def _numbers_are_right(fault: Fault) -> bool:
    return (
        isinstance(fault.probability, int | float)
        and 0 <= fault.probability <= 1
        and isinstance(fault.seconds, int | float)
        and 0 <= fault.seconds <= 60  # noqa: PLR2004 - a thread waits that long
        and isinstance(fault.count, int | None)
        and isinstance(fault.retry_after, int | None)
        and isinstance(fault.to, str | None)
    )


class Faults:
    """The fault in force, with its dice and its count. Thread-safe."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - repeatable tests, no secret
        self._lock = threading.Lock()
        self._fault = Fault()
        self._left: int | None = None

    def order(self, fault: Fault) -> None:
        """Misbehave so from now on; ``Fault()`` ends it."""
        with self._lock:
            self._fault, self._left = fault, fault.count

    def next(self, what: str, to: str | None = None) -> Fault:
        """The fault for one request, ``what`` being ``send``, ``call`` or ``list``, about the number ``to``."""
        with self._lock:
            fault = self._fault
            if fault.to is not None and fault.to != to:
                return Fault()
            if fault.on not in {what, "all"} or self._left == 0 or self._dice.random() >= fault.probability:
                return Fault()
            if self._left is not None:
                self._left -= 1
            return fault
