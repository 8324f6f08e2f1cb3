"""What the stand-in knows: every text that it took and what became of each. The truth that tests compare with."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from gateway.segments import count

MOST_TEXTS = 20_000
MOST_OPTED_OUT = 20_000
RANK = {"received": 9, "queued": 0, "sending": 1, "sent": 2, "delivered": 3, "undelivered": 3, "failed": 3}
TO_HANDSET = frozenset({"outbound-api", "outbound-reply"})
# What Twilio obeys on a long code without Advanced Opt-Out; each only as the whole text, in any case.
OUT_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
IN_WORDS = frozenset({"START", "YES", "UNSTOP"})


@dataclass(frozen=True)
class Text:
    """One text as Twilio keeps it. ``version`` grows with every change; ``seq`` is the order of arrival."""

    sid: str
    seq: int
    direction: str  # inbound, outbound-api, outbound-reply (TwiML and Twilio's own answers)
    from_: str
    to: str
    body: str
    created: datetime
    updated: datetime
    sent: datetime | None = None
    status: str = "queued"
    error_code: int | None = None
    num_media: int = 0
    callback: str | None = None
    version: int = 0
    via: str = "api"  # api, twiml, twilio (its own answer to STOP and START), handset
    answer: int | None = field(default=None)  # inbound: the HTTP status that the webhook gave

    @property
    def handset(self) -> str:
        """The number of the resident's phone."""
        return self.to if self.direction in TO_HANDSET else self.from_

    @property
    def segments(self) -> int:
        """Segments that this text costs."""
        return count(self.body).segments

    @property
    def reached(self) -> bool:
        """Whether a person can see it on the phone."""
        return self.direction in TO_HANDSET and self.status not in {"failed", "undelivered"}


class Ledger:
    """Every text, newest last, at most 20,000. Thread-safe."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, Text] = OrderedDict()
        self._changed: OrderedDict[str, int] = OrderedDict()
        self._opted_out: OrderedDict[str, None] = OrderedDict()
        self._version = 0
        self._seq = 0
        self._news = threading.Condition()
        self.started = secrets.token_hex(8)  # tells a page that this is another ledger than before

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    def add(self, direction: str, from_: str, to: str, body: str, **more: object) -> Text:
        """Take in one text; ``more`` are further fields of :class:`Text`."""
        now = datetime.now(UTC)
        sid = str(more.pop("sid", "") or "SM" + secrets.token_hex(16))
        with self._news:
            self._seq += 1
            text = Text(sid, self._seq, direction, from_, to, body, now, now, **more)  # type: ignore[arg-type]
            self._keep(text)
            return self._texts[sid]

    def move(self, sid: str, status: str, error_code: int | None = None) -> Text | None:
        """Move a text forward; back is ignored. Returns the text as it is then, or ``None`` when it is forgotten."""
        with self._news:
            text = self._texts.get(sid)
            if text is None or RANK[status] <= RANK[text.status]:
                return text
            now = datetime.now(UTC)
            sent = text.sent or (now if RANK[status] >= RANK["sent"] else None)
            self._keep(replace(text, status=status, error_code=error_code, updated=now, sent=sent))
            return self._texts[sid]

    def answered(self, sid: str, status: int) -> None:
        """Note the HTTP status that the webhook gave for an inbound text."""
        with self._news:
            if text := self._texts.get(sid):
                self._keep(replace(text, answer=status))

    def stir(self) -> None:
        """Something else changed, of which whoever waits for news must hear."""
        with self._news:
            self._version += 1
            self._news.notify_all()

    def get(self, sid: str) -> Text | None:
        """One text by its id."""
        with self._news:
            return self._texts.get(sid)

    def texts(self, accepts: Callable[[Text], bool] = lambda _text: True) -> list[Text]:
        """All texts that ``accepts`` takes, oldest first."""
        with self._news:
            every = list(self._texts.values())
        return [text for text in every if accepts(text)]

    def news(self, after: int, wait: float, most: int = 2_000) -> tuple[int, list[Text]]:
        """The version now, and what changed since ``after``, oldest change first; waits ``wait`` seconds for news."""
        deadline = time.monotonic() + wait
        with self._news:
            while self._version <= after and (left := deadline - time.monotonic()) > 0:
                self._news.wait(left)
            return self._version, [self._texts[sid] for sid in reversed(self._since(after, most))]

    def until(self, done: Callable[[], bool], timeout: float) -> bool:
        """Wait until ``done`` holds, looking again after every change; returns whether it came to hold."""
        deadline = time.monotonic() + timeout
        with self._news:
            while not done():
                if (left := deadline - time.monotonic()) <= 0:
                    return False
                self._news.wait(left)
            return True

    def obey(self, number: str, body: str) -> str | None:
        """Obey STOP and START as Twilio does, before the webhook; returns ``out`` or ``in`` on a change."""
        word = body.strip().upper()
        with self._news:
            if word in OUT_WORDS and number not in self._opted_out:
                self._opted_out[number] = None
                if len(self._opted_out) > MOST_OPTED_OUT:
                    self._opted_out.popitem(last=False)
                return "out"
            if word in IN_WORDS and number in self._opted_out:
                del self._opted_out[number]
                return "in"
        return None

    def opted_out(self, number: str) -> bool:
        """Whether this phone said STOP."""
        with self._news:
            return number in self._opted_out

    def _keep(self, text: Text) -> None:
        self._version += 1
        self._texts[text.sid] = replace(text, version=self._version)
        self._changed[text.sid] = self._version
        self._changed.move_to_end(text.sid)
        while len(self._texts) > MOST_TEXTS:
            forgotten, _ = self._texts.popitem(last=False)
            self._changed.pop(forgotten, None)
        self._news.notify_all()

    def _since(self, after: int, most: int) -> list[str]:
        found: list[str] = []
        for sid in reversed(self._changed):
            if self._changed[sid] <= after or len(found) >= most:
                break
            found.append(sid)
        return found


def to_phone(number: str) -> Callable[[Text], bool]:
    """Accepts what reached this phone."""
    return lambda text: text.reached and text.to == number


def bodies(texts: Iterable[Text]) -> list[str]:
    """The words alone."""
    return [text.body for text in texts]
