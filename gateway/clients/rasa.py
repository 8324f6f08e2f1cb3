"""The bot, in our words: one turn in, texts and commands out, and nothing that does not hold up is let through."""

import hashlib
import hmac
import http.client
import itertools
import json
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import urllib3

from gateway.ahead import Turn
from gateway.errors import BotUnavailable
from gateway.offers import KINDS, Question
from gateway.segments import count

TURN_SECONDS = 3.0
BEGIN_SECONDS = 1.0
CONNECT_SECONDS = 1.0  # a process that does not even take the call leaves time for another
MOST_CONNECTIONS = 32
ANSWER_BYTES = 64 * 1024
MOST_TEXTS, MOST_COMMANDS, MOST_SEGMENTS = 5, 24, 3  # eight needs and every other field are a command each
STATE_BYTES = 16 * 1024
FAILURES_TO_OPEN, OPEN_SECONDS = 3, 5.0
NO_CONNECTION = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProtocolError,  # the connection broke: a process that was killed
)
CHUNK_BYTES = 16 * 1024
WORD, WORDS, WORD_OR_NOTHING = "word", "words", "word or nothing"
# What each command must and may carry; a bot that sends anything else is talking nonsense.
COMMANDS: dict[str, dict[str, str]] = {
    "find_services": {"needs": WORDS, "zip": WORD_OR_NOTHING, "place": WORD_OR_NOTHING, "for_whom": WORD_OR_NOTHING},
    "more_services": {},
    "escalate": {"reason": WORD, "level": WORD, "need": WORD_OR_NOTHING},
    "set_language": {"language": WORD},
    "record": {"field": WORD, "value": WORD},
    "opt_out": {},
    "close": {},
    "request_team": {"needs": WORDS, "place": WORD, "zip": WORD_OR_NOTHING},
    "open_mediation": {"need": WORD_OR_NOTHING, "zip": WORD_OR_NOTHING},
    "refer_elsewhere": {"kind": WORD},
}


@dataclass(frozen=True)
class Answer:
    """What the bot suggests; the gateway decides. A text that offers answers is a :class:`gateway.offers.Question`."""

    texts: tuple[str, ...] = field(repr=False)
    commands: tuple[dict[str, Any], ...] = field(repr=False)
    state: dict[str, Any] = field(repr=False)
    intent: str
    model: str


class Rasa:
    """Speaks to the bot over HTTP, signed, within a deadline. Thread-safe.

    The bot may be several processes: it keeps nothing between turns, so any of them may take any turn. The least busy
    one is asked, each has a breaker of its own, and a turn that one did not take goes to another.
    """

    def __init__(self, urls: str | Sequence[str], secret: str, *, seconds: float = TURN_SECONDS) -> None:
        self._secret = secret.encode()
        self._seconds = seconds
        self._mutex = threading.Lock()
        self._processes = [_Process(url) for url in ([urls] if isinstance(urls, str) else urls)]
        self._turns = itertools.count(1)

    def turn(self, turn: Turn) -> Answer:
        """Take one turn. Raises :class:`BotUnavailable` when no process is up, or one is late or answers nonsense.

        Only a turn that was surely not answered is put to another process: one that is late may still be at work on
        it, and to ask a second one then would double the load just when there is too much of it.
        """
        deadline = time.monotonic() + self._seconds
        failure = BotUnavailable("breaker_open")
        asked: list[_Process] = []
        while (process := self._least_busy(asked, self._home(turn))) is not None:
            asked.append(process)
            try:
                return self._try(process, turn, deadline)
            except (urllib3.exceptions.HTTPError, OSError, BotUnavailable, ValueError, RecursionError) as fault:
                failure = fault if isinstance(fault, BotUnavailable) else BotUnavailable("no_answer")
                if not _was_not_taken(fault) or time.monotonic() >= deadline:
                    break
        raise failure from None

    def begin(self, turn: Turn) -> bool:
        """Have a turn worked on that will be taken soon; whether it is. Never raises: who takes it sees what is wrong.

        By the process that takes it where all are idle.
        """
        process = self._home(turn)
        if not process.may_be_asked(time.monotonic()):
            return False
        try:
            response = self._post(process, f"{process.path}/ahead", turn, BEGIN_SECONDS)
            response.drain_conn()
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError):
            return False
        return bool(response.status == http.client.ACCEPTED)

    def close(self) -> None:
        """Give the connections back."""
        for process in self._processes:
            process.pool.close()

    def _home(self, turn: Turn) -> "_Process":
        """The same process for a conversation, as long as there are as many of them."""
        return self._processes[zlib.crc32(turn.conversation.encode()) % len(self._processes)]

    def _try(self, process: "_Process", turn: Turn, deadline: float) -> Answer:
        failed = True
        try:
            answer = checked(self._ask(process, turn, deadline), turn)
            failed = False
        finally:
            self._done(process, failed=failed)
        return answer

    def _ask(self, process: "_Process", turn: Turn, deadline: float) -> Any:
        response = self._post(process, f"{process.path}/turn", turn, max(0.001, deadline - time.monotonic()))
        whole = False
        try:
            if response.status != http.client.OK:
                raise BotUnavailable(f"http_{response.status}")
            body = b"".join(_in_time(response, deadline))
            whole = True
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()  # what is unread would be taken for the next answer
        return _parsed(body)

    def _post(self, process: "_Process", path: str, turn: Turn, seconds: float) -> urllib3.BaseHTTPResponse:
        body = json.dumps(turn.__dict__, ensure_ascii=True).encode()
        at = str(int(time.time()))
        signature = hmac.new(self._secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Frontdoor-Timestamp": at,
            "X-Frontdoor-Signature": signature,
        }
        return process.pool.urlopen(
            "POST",
            path,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), total=seconds),
        )

    def _least_busy(self, but: Sequence["_Process"], home: "_Process") -> "_Process | None":
        """The process to ask next, counted as busy from now on; none when all were asked or are left alone.

        Of those that are equally busy ``home``, which may have begun already.
        """
        now = time.monotonic()
        with self._mutex:
            free = [each for each in self._processes if each not in but and each.may_be_asked(now)]
            if not free:
                return None
            chosen = min(free, key=lambda each: (each.in_flight, each is not home, each.last_turn))
            chosen.in_flight += 1
            chosen.last_turn = next(self._turns)
            return chosen

    def _done(self, process: "_Process", *, failed: bool) -> None:
        with self._mutex:
            process.in_flight -= 1
            process.failures = process.failures + 1 if failed else 0
            if process.failures >= FAILURES_TO_OPEN:
                process.open_until = time.monotonic() + OPEN_SECONDS


class _Process:
    """One Rasa process: its connections, how many turns it has now, and how it did lately."""

    def __init__(self, url: str) -> None:
        parts = urllib3.util.parse_url(url)
        make = urllib3.HTTPSConnectionPool if parts.scheme == "https" else urllib3.HTTPConnectionPool
        self.pool = make(parts.host or "", parts.port, maxsize=MOST_CONNECTIONS)
        self.path = f"{parts.path or ''}/webhooks/frontdoor"
        self.in_flight = self.failures = self.last_turn = 0
        self.open_until = 0.0

    def may_be_asked(self, now: float) -> bool:
        """Whether its breaker is closed. One that failed too often is tried again by one turn at a time."""
        return now >= self.open_until and not (self.failures >= FAILURES_TO_OPEN and self.in_flight)


def _was_not_taken(fault: BaseException) -> bool:
    """Whether the process surely gives no answer any more: no connection, one that broke, or its own refusal.

    A time-out while waiting for the answer says nothing of the kind.
    """
    if isinstance(fault, BotUnavailable):
        return str(fault) == f"http_{int(http.client.SERVICE_UNAVAILABLE)}"
    return isinstance(fault, NO_CONNECTION)


def checked(raw: Any, turn: Turn) -> Answer:
    """The bot's answer, if it is one to this turn and fit to be sent. Raises :class:`BotUnavailable` otherwise."""
    if not isinstance(raw, dict):
        raise BotUnavailable("not_an_object")
    if raw.get("turn_id") != turn.turn_id or raw.get("conversation") != turn.conversation:
        raise BotUnavailable("other_turn")
    if raw.get("language") not in ("en", "es"):  # it may be a list, which no set can look up
        raise BotUnavailable("other_language")
    texts, commands = _texts(raw.get("messages")), _commands(raw.get("commands"))
    if not texts and not commands:
        raise BotUnavailable("empty")
    state = raw.get("state")
    if not isinstance(state, dict) or len(json.dumps(state)) > STATE_BYTES:
        raise BotUnavailable("bad_state")
    intent = raw.get("intent")
    name = intent.get("name") if isinstance(intent, dict) else None
    return Answer(texts, commands, state, str(name)[:40], str(raw.get("model"))[:80])


def _texts(messages: Any) -> tuple[str, ...]:
    if not isinstance(messages, list) or len(messages) > MOST_TEXTS:
        raise BotUnavailable("bad_messages")
    return tuple(_text(message if isinstance(message, dict) else {}) for message in messages)


def _text(message: dict[str, Any]) -> str:
    text, asks = message.get("text"), message.get("asks")
    if not isinstance(text, str) or not text.strip() or "\x00" in text:
        raise BotUnavailable("bad_text")
    if count(text).segments > MOST_SEGMENTS:
        raise BotUnavailable("too_long")
    if asks is None:
        return text
    if not isinstance(asks, str) or asks not in KINDS:
        raise BotUnavailable("bad_question")
    return Question(text, asks)


def _commands(commands: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(commands, list) or len(commands) > MOST_COMMANDS:
        raise BotUnavailable("bad_commands")
    for command in commands:
        name = command.get("command") if isinstance(command, dict) else None
        if not isinstance(name, str) or name not in COMMANDS:
            raise BotUnavailable("unknown_command")
        if not all(_is(kind, command.get(argument)) for argument, kind in COMMANDS[name].items()):
            raise BotUnavailable("bad_arguments")
    return tuple(commands)


def _is(kind: str, value: Any) -> bool:
    if kind == WORDS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, str) or (kind == WORD_OR_NOTHING and value is None)


def _parsed(body: bytes) -> Any:
    """The JSON, when Postgres could keep all of it: no NUL, no half characters, no numbers that are none.

    Raises ``ValueError``.
    """
    answer = json.loads(body, parse_constant=_no_number)
    again = json.dumps(answer, ensure_ascii=False)
    again.encode()
    if "\\u0000" in again:
        raise ValueError
    return answer


def _no_number(_word: str) -> None:
    raise ValueError


def _in_time(response: urllib3.BaseHTTPResponse, deadline: float) -> Iterator[bytes]:
    """The body, unless it drips past the deadline or grows past any sense."""
    size = 0
    for chunk in response.stream(CHUNK_BYTES):
        size += len(chunk)
        if size > ANSWER_BYTES:
            raise BotUnavailable("too_large")
        if time.monotonic() > deadline:
            raise BotUnavailable("too_slow")
        yield chunk
