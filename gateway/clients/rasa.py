"""The bot, in our words: one turn in, texts and commands out, and nothing that does not hold up is let through."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.errors import BotUnavailable
from gateway.segments import count

TURN_SECONDS = 3.0
ANSWER_BYTES = 64 * 1024
MOST_TEXTS, MOST_COMMANDS, MOST_SEGMENTS = 5, 24, 3  # eight needs and every other field are a command each
STATE_BYTES = 16 * 1024
FAILURES_TO_OPEN, OPEN_SECONDS = 3, 5.0
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
class Turn:
    """What the bot is told: it keeps nothing itself, so ``state`` carries all it knew.

    ``away_hours`` are whole hours since it last answered this conversation.
    """

    turn_id: str
    conversation: str
    channel: str
    language: str
    text: str = field(repr=False)
    state: dict[str, Any] | None = field(repr=False)
    community: dict[str, str]
    away_hours: int = 0


@dataclass(frozen=True)
class Answer:
    """What the bot suggests; the gateway decides."""

    texts: tuple[str, ...] = field(repr=False)
    commands: tuple[dict[str, Any], ...] = field(repr=False)
    state: dict[str, Any] = field(repr=False)
    intent: str
    model: str


class Rasa:
    """Speaks to the bot over HTTP, signed, with a deadline and a circuit breaker. Thread-safe."""

    def __init__(self, url: str, secret: str, *, seconds: float = TURN_SECONDS) -> None:
        self._url = f"{url}/webhooks/frontdoor/turn"
        self._secret = secret.encode()
        self._seconds = seconds
        self._client = httpx.Client(timeout=seconds, limits=httpx.Limits(max_connections=32))
        self._mutex = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    def turn(self, turn: Turn) -> Answer:
        """Take one turn. Raises :class:`BotUnavailable` when the bot is down, late, or answers nonsense."""
        if time.monotonic() < self._open_until:
            raise BotUnavailable("breaker_open")
        try:
            answer = checked(self._ask(turn), turn)
        except (httpx.HTTPError, BotUnavailable, ValueError, RecursionError) as failure:
            self._failed()
            raise BotUnavailable(str(failure) if isinstance(failure, BotUnavailable) else "no_answer") from None
        self._failures = 0
        return answer

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _ask(self, turn: Turn) -> Any:
        body = json.dumps(turn.__dict__, ensure_ascii=True).encode()
        at = str(int(time.time()))
        signature = hmac.new(self._secret, at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Frontdoor-Timestamp": at,
            "X-Frontdoor-Signature": signature,
        }
        deadline = time.monotonic() + self._seconds
        with self._client.stream("POST", self._url, content=body, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise BotUnavailable(f"http_{response.status_code}")
            return _parsed(b"".join(_in_time(response, deadline)))

    def _failed(self) -> None:
        with self._mutex:
            self._failures += 1
            if self._failures >= FAILURES_TO_OPEN:
                self._open_until = time.monotonic() + OPEN_SECONDS


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
    texts = tuple(message.get("text") if isinstance(message, dict) else None for message in messages)
    for text in texts:
        if not isinstance(text, str) or not text.strip() or "\x00" in text:
            raise BotUnavailable("bad_text")
        if count(text).segments > MOST_SEGMENTS:
            raise BotUnavailable("too_long")
    return tuple(text for text in texts if text)


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


def _in_time(response: httpx.Response, deadline: float) -> Iterator[bytes]:
    """The body, unless it drips past the deadline or grows past any sense."""
    size = 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > ANSWER_BYTES:
            raise BotUnavailable("too_large")
        if time.monotonic() > deadline:
            raise BotUnavailable("too_slow")
        yield chunk
