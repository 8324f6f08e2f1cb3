"""The calls of the stand-in: they ring, are picked up, say what the gateway's TwiML says, and take a key.

A call does what was ordered for it, or rings until somebody at the handset page, or a test, picks it up.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urljoin

from gateway.demo.faults import BadOrder
from gateway.demo.ledger import Ledger
from gateway.demo.twiml import UNREADABLE, Spoken, read
from gateway.demo.webhooks import WebhookAnswer

MOST_CALLS = 2_000
MODES = frozenset({"ring", "press", "listen", "busy", "no-answer", "failed"})
ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
KEYS = frozenset("0123456789*#")


@dataclass(frozen=True)
class Fate:
    """What becomes of calls from now on.

    ``mode``: ``ring`` until somebody acts; ``press`` picks up and presses each of ``keys`` when one is waited for;
    ``listen`` picks up and presses nothing, as an answering machine does; ``busy``, ``no-answer`` and ``failed``.
    ``late`` holds the answer to the API back until the call is over, so that callbacks come before it.
    """

    mode: str = "ring"
    keys: str = "1"
    late: bool = False


def make(mode: str = "ring", keys: str = "1", *, late: bool = False) -> Fate:
    """Check an order and build the fate. Raises :class:`BadOrder`."""
    if mode not in MODES or not isinstance(keys, str) or not set(keys) <= KEYS or not isinstance(late, bool):
        raise BadOrder("mode, keys or late has a wrong value")
    return Fate(mode, keys, late)


@dataclass(frozen=True)
class Call:
    """One call as Twilio keeps it. ``heard`` is every sentence so far, each with its language."""

    from_: str
    to: str
    url: str
    callback: str | None = None
    events: frozenset[str] = frozenset()
    ring_seconds: float = 60.0
    most_seconds: float = 14_400.0
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    status: str = "queued"
    spoken: Spoken = Spoken()
    heard: tuple[tuple[str, str], ...] = ()
    pressed: str = ""
    answers: tuple[int, ...] = ()

    @property
    def over(self) -> bool:
        """Whether nothing more can happen on it."""
        return self.status in ENDED


class Post(Protocol):
    """Posts one signed form of a call: the address, and the fields beside those that every form has."""

    def __call__(self, url: str, call: Call, status: str, more: dict[str, str]) -> WebhookAnswer:
        """Post it."""


class Calls:
    """Every call, newest last. Thread-safe; each call has a thread of its own while something is ordered for it."""

    def __init__(self, ledger: Ledger, post: Post) -> None:
        self._ledger, self._post = ledger, post
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._lock = threading.RLock()
        self._turns: dict[str, threading.Lock] = {}
        self._fate = Fate()

    def order(self, fate: Fate) -> None:
        """Let this become of every call made from now on."""
        with self._lock:
            self._fate = fate

    def begin(self, call: Call) -> Call:
        """Begin one call from the API and let become of it what was ordered; returns it as it is then."""
        with self._lock:
            fate = self._fate
            self._turns[call.sid] = threading.Lock()
            self._calls[call.sid] = call
            while len(self._calls) > MOST_CALLS:
                self._turns.pop(self._calls.popitem(last=False)[0], None)
        self._ledger.stir()
        life = threading.Thread(target=self._live, args=(call.sid, fate), name="call", daemon=True)
        life.start()
        if fate.late:
            life.join(timeout=20)
        return self.get(call.sid) or call

    def get(self, sid: str) -> Call | None:
        """One call by its id."""
        with self._lock:
            return self._calls.get(sid)

    def to(self, number: str | None = None) -> list[Call]:
        """The calls to one phone, or all of them, oldest first."""
        with self._lock:
            return [call for call in self._calls.values() if number in {None, call.to}]

    def until(self, number: str, done: Callable[[Call], bool], timeout: float = 10.0) -> Call:
        """The newest call to this phone, once ``done`` holds of it. Raises ``TimeoutError``."""
        if not self._ledger.until(lambda: any(done(call) for call in self.to(number)[-1:]), timeout):
            raise TimeoutError(f"no such call to that phone within {timeout} s")
        return self.to(number)[-1]

    def pick_up(self, sid: str) -> Call | None:
        """Somebody answers: the gateway is asked what to say."""
        with self._turns[sid]:
            call = self.get(sid)
            if call is None or call.status not in {"ringing", "queued"}:
                return call
            self._move(sid, "in-progress")
            self._report(sid, "answered")
            return self._hear(sid, call.url, {})

    def press(self, sid: str, key: str) -> Call | None:
        """Somebody presses a key, which counts where one is waited for."""
        with self._turns[sid]:
            call = self.get(sid)
            if call is None or call.status != "in-progress" or call.spoken.action is None or key not in KEYS:
                return call
            self._change(sid, pressed=call.pressed + key)
            return self._hear(sid, urljoin(call.url, call.spoken.action), {"Digits": key})

    def wait_out(self, sid: str) -> Call | None:
        """Nobody presses anything: what is said then is said, and the call ends."""
        with self._turns[sid]:
            call = self.get(sid)
            if call is not None and call.spoken.action is not None:
                self._change(sid, heard=(*call.heard, *call.spoken.after), spoken=Spoken())
        return self.hang_up(sid)

    def hang_up(self, sid: str, status: str | None = None) -> Call | None:
        """The call ends: ``completed`` once it was picked up, else ``no-answer``, unless another end is named."""
        with self._turns[sid]:
            call = self.get(sid)
            if call is None or call.over:
                return call
            self._move(sid, status or ("completed" if call.status == "in-progress" else "no-answer"))
            self._report(sid, "completed")
            return self.get(sid)

    def _live(self, sid: str, fate: Fate) -> None:
        self._report(sid, "initiated")
        if fate.mode != "failed":
            self._move(sid, "ringing")
            self._report(sid, "ringing")
        if fate.mode in {"busy", "no-answer", "failed"}:
            self.hang_up(sid, fate.mode)
        elif fate.mode == "listen":
            self.pick_up(sid)
            self.wait_out(sid)
        elif fate.mode == "press":
            self.pick_up(sid)
            for key in fate.keys:
                self.press(sid, key)
            self.hang_up(sid)
        else:
            self._wait_for_somebody(sid)

    def _wait_for_somebody(self, sid: str) -> None:
        """Ring as long as the API said, and let nobody keep silent longer than it allowed."""
        call = self.get(sid)
        if call is None:
            return
        over = lambda: (now := self.get(sid)) is None or now.over  # noqa: E731 - a question
        taken = lambda: (now := self.get(sid)) is None or now.status != "ringing"  # noqa: E731 - a question
        if not self._ledger.until(taken, call.ring_seconds):
            self.hang_up(sid)
        elif not self._ledger.until(over, call.most_seconds):
            self.wait_out(sid)

    def _hear(self, sid: str, url: str, more: dict[str, str]) -> Call | None:
        """Ask the gateway what to say, and end the call where nothing more is waited for."""
        call = self.get(sid)
        if call is None:
            return None
        answer = self._post(url, call, call.status, more)
        spoken = read(answer.body) if answer.status // 100 == 2 else UNREADABLE  # noqa: PLR2004 - Twilio reads a 2xx
        self._change(sid, spoken=spoken, heard=(*call.heard, *spoken.said), answers=(*call.answers, answer.status))
        if spoken.action is None:
            self._move(sid, "completed")
            self._report(sid, "completed")
        return self.get(sid)

    def _report(self, sid: str, event: str) -> None:
        """Tell the gateway, if it asked to be told of this; a call's end is always told (Twilio, "Call resource")."""
        call = self.get(sid)
        if call is not None and call.callback and (event in call.events or event == "completed"):
            status = "initiated" if event == "initiated" else call.status
            self._post(call.callback, call, status, {"CallbackSource": "call-progress-events"})

    def _move(self, sid: str, status: str) -> None:
        with self._lock:
            call = self._calls.get(sid)
            if call is not None and not call.over:
                self._calls[sid] = replace(call, status=status)
        self._ledger.stir()

    def _change(self, sid: str, **fields: object) -> None:
        with self._lock:
            if call := self._calls.get(sid):
                self._calls[sid] = replace(call, **fields)  # type: ignore[arg-type]
        self._ledger.stir()
