"""The one door of the bot: a signed turn comes in over HTTP, texts, commands and the new state go out."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import os
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import facts_told, turns
from bot.ahead import Ahead
from bot.asks import ASKS
from bot.coming_back import come_back
from bot.ordinals import as_digits
from bot.pipeline.more_needs import NAMELESS
from bot.quiet import Turn, current_turn

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 * 1024
MAX_NAMED = 8
"""Needs that the gateway's words find in one text; more than that is a story."""
MAX_TEXT = 1600
"""Twilio's own limit for one inbound text, in characters."""
MAX_SKEW_SECONDS = 300
TURN_SECONDS = 5.0
"""Longer than the gateway's own deadline of 3 s: a turn nobody waits for any more is given up here."""
SHORTEST_SECRET = 16
MOST_COMMANDS = 24
"""The gateway refuses an answer with more (gateway/clients/rasa.py)."""

_READ_AS = {"spot": "place"}
"""Questions whose answer is read as that to another one: where a team is to go is a place like any other."""
_STAMP_DIGITS = 12
_LANGUAGES = ("en", "es")
_CHANNELS = ("sms", "webchat")
_CONTROL_MARKS = re.compile(r"^[\s/@]+")
# Rasa reads "intent{json}" only behind a slash, but a slash may follow a zero-width character.
_INVISIBLE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060\ufeff]")


class TurnRefused(Exception):
    """A turn that is not answered: `status` is the HTTP status, `code` a short word for the gateway's log."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True)
class TurnRequest:
    """One turn as the gateway asks for it."""

    turn_id: str
    conversation: str
    channel: str
    language: str
    text: str
    state: dict[str, Any] | None
    community: str
    away_hours: int = 0
    named: tuple[str, ...] = ()
    hinted: tuple[str, ...] = ()


@dataclass
class TurnOutput(OutputChannel):
    """Collects what Rasa wants to say in this turn, texts and commands apart; beside a question, how it is answered."""

    channel: str
    messages: list[dict[str, str]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)

    def name(self) -> str:  # type: ignore[override]  # the channel's name picks `channel: sms` variants
        return self.channel

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        asks = ASKS.get(str(kwargs.get("utter_action")))
        self.messages.append({"text": text.strip(), **({"asks": asks} if asks else {})})

    async def send_custom_json(self, recipient_id: str, json_message: dict[str, Any], **kwargs: Any) -> None:
        self.commands.append(json_message)


class FrontDoorInput(InputChannel):
    """Rasa's side of `POST /webhooks/frontdoor/turn`. It has no memory: the state travels with every turn."""

    def __init__(self, secret: str) -> None:
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"BOT_SECRET must be set and have at least {SHORTEST_SECRET} characters.")
        self._secret = secret.encode()
        self._ahead = Ahead()
        self._at_work = 0

    @classmethod
    def name(cls) -> str:
        return "frontdoor"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> FrontDoorInput:
        """The secret comes from the environment only, so that credentials.yml holds none."""
        return cls(os.environ.get("BOT_SECRET", ""))

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes: `/turn`, `/ahead`, which begins a turn that is about to be asked for, and `/health`."""
        door = Blueprint("frontdoor")

        @door.get("/health")
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            if agent is None or not agent.is_ready():
                return response.json({"error": "loading"}, status=503)
            return response.json({"model": model_id(agent)})

        @door.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            try:
                return response.json(await self._turn(request))
            except TurnRefused as refused:
                return response.json({"error": refused.code}, status=refused.status)
            except Exception:  # whatever it was, the gateway must hear 503 and the log no text
                logger.exception("turn failed")
                return response.json({"error": "bot_failed"}, status=503)

        @door.post("/ahead")
        async def ahead(request: Request) -> HTTPResponse:
            try:
                begun = self._begin(request)
            except TurnRefused as refused:
                return response.json({"error": refused.code}, status=refused.status)
            return response.empty(status=202 if begun else 429)

        return door

    async def _turn(self, request: Request) -> dict[str, Any]:
        asked = self._read(request)
        answer = await self._ahead.take(_regardless_of_id(asked))
        if answer is not None:
            return answer | {"turn_id": asked.turn_id}
        self._at_work += 1
        try:
            return await _answer(request.app.ctx.agent, asked)
        finally:
            self._at_work -= 1

    def _begin(self, request: Request) -> bool:
        asked = self._read(request)
        agent = request.app.ctx.agent
        return self._ahead.begin(_regardless_of_id(asked), lambda: _answer(agent, asked), self._at_work)

    def _read(self, request: Request) -> TurnRequest:
        body = request.body or b""
        if len(body) > MAX_BODY_BYTES:
            raise TurnRefused(413, "too_large")
        self._check_signature(request, body)
        try:
            asked = json.loads(body)
        except ValueError:
            raise TurnRefused(400, "not_json") from None
        return parse(asked)

    def _check_signature(self, request: Request, body: bytes) -> None:
        stamp = request.headers.get("x-frontdoor-timestamp", "")
        signature = request.headers.get("x-frontdoor-signature", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _STAMP_DIGITS):
            raise TurnRefused(403, "bad_timestamp")
        if abs(time.time() - int(stamp)) > MAX_SKEW_SECONDS:
            raise TurnRefused(403, "stale")
        wanted = hmac.new(self._secret, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
            raise TurnRefused(403, "bad_signature")


def parse(asked: Any) -> TurnRequest:
    """Check one turn's JSON; raises `TurnRefused` (400) when a field is missing or of the wrong kind."""
    if not isinstance(asked, dict):
        raise TurnRefused(400, "bad_request")
    words = [asked.get(name) for name in ("turn_id", "conversation", "channel", "language", "text")]
    if not all(isinstance(word, str) for word in words):
        raise TurnRefused(400, "bad_request")
    turn_id, conversation, channel, language, text = (str(word) for word in words)
    state = asked.get("state")
    community = asked.get("community")
    name = community.get("name") if isinstance(community, dict) else None
    if channel not in _CHANNELS or language not in _LANGUAGES or not (state is None or isinstance(state, dict)):
        raise TurnRefused(400, "bad_request")
    if state is not None and len(json.dumps(state)) > turns.MAX_STATE_BYTES:
        raise TurnRefused(400, "state_too_large")
    away = asked.get("away_hours")
    hours = max(0, away) if isinstance(away, int) and not isinstance(away, bool) else 0
    called = name[:60] if isinstance(name, str) and name.strip() else "Front Door"
    found = {key: _needs(asked.get(key)) for key in ("named", "hinted")}
    return TurnRequest(turn_id[:100], conversation[:100], channel, language, plain(text), state, called, hours, **found)


def _needs(told: Any) -> tuple[str, ...]:
    return tuple(need for need in told if isinstance(need, str))[:MAX_NAMED] if isinstance(told, list) else ()


def plain(text: str) -> str:
    """A resident's text without the marks that Rasa obeys: "/restart" would wipe everything, "/x" is an intent."""
    return _CONTROL_MARKS.sub("", _INVISIBLE.sub(" ", text[:MAX_TEXT])).strip()


def model_id(agent: Agent) -> str:
    """The name of the loaded model's file without its endings: frontdoor-<fingerprint>."""
    return Path(str(agent.model_name or "unknown")).name.split(".")[0]


def _regardless_of_id(asked: TurnRequest) -> str:
    """All of a turn that its answer depends on."""
    told = {name: value for name, value in vars(asked).items() if name != "turn_id"}
    return json.dumps(told, sort_keys=True)  # dataclasses.asdict would copy the whole state, in ten times as long


def _message(asked: TurnRequest, output: TurnOutput, tracker: DialogueStateTracker, domain: Domain) -> UserMessage:
    """The resident's text for Rasa, with the open question and its menu beside it, so that "the second" can be read,
    and the needs that the gateway's words find in it."""
    opened, menu = tracker.get_slot("requested_slot"), tracker.get_slot("menu")
    text = as_digits(asked.text, menu)
    served = bool(tracker.get_slot("served"))
    metadata = {
        "open": _READ_AS.get(opened, opened),
        "menu": menu,
        "served": served,
        "named": _known(asked.named, domain),
        "hinted": _known(asked.hinted, domain),
    }
    return UserMessage(
        text, output, tracker.sender_id, input_channel=asked.channel, message_id=asked.turn_id, metadata=metadata
    )


def _known(needs: tuple[str, ...], domain: Domain) -> list[str]:
    return [need for need in needs if need == NAMELESS or f"need_{need}" in domain.intents]


async def _answer(agent: Agent | None, asked: TurnRequest) -> dict[str, Any]:
    if agent is None or not agent.is_ready() or agent.domain is None:
        raise TurnRefused(503, "loading")
    sender = uuid.uuid4().hex
    output = TurnOutput(asked.channel)
    turn = Turn(asked.turn_id)
    token = current_turn.set(turn)
    state, back = come_back(asked.state, asked.away_hours)
    given = {"language": asked.language, "community_name": asked.community, "back": back}
    tracker = turns.begin(sender, agent.domain, state, given)
    message = _message(asked, output, tracker, agent.domain)
    try:
        await asyncio.wait_for(agent.handle_message(message), TURN_SECONDS)
    except asyncio.TimeoutError:
        raise TurnRefused(503, "too_slow") from None
    finally:
        done = turns.end(sender)
        current_turn.reset(token)
    if turn.failed or done is None:
        raise TurnRefused(503, "action_failed")
    if not output.messages and not output.commands:
        raise TurnRefused(503, "empty_answer")
    intent = done.latest_message.intent if done.latest_message else {}
    return {
        "turn_id": asked.turn_id,
        "conversation": asked.conversation,
        "language": done.get_slot("language") or asked.language,
        "messages": output.messages,
        "commands": output.commands + facts_told.records(asked.state, done, MOST_COMMANDS - len(output.commands)),
        "state": turns.write_state(done),
        "intent": {"name": intent.get("name") or "none", "confidence": round(float(intent.get("confidence") or 0), 4)},
        "model": model_id(agent),
    }
