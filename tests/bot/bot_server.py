"""Start the real bot (Rasa and its action server) as processes, and talk to it as the gateway does."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-bot" / "bin" / "python"
_START_SECONDS = 120.0
_TRAIN_SECONDS = 600.0


def train_if_needed() -> None:
    """Make sure that models/ holds the model of the present files (about a minute when it does not)."""
    done = subprocess.run(
        [str(PYTHON), "-m", "bot.train"], cwd=ROOT, capture_output=True, text=True, timeout=_TRAIN_SECONDS, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"bot.train ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")


@dataclass(frozen=True)
class Answer:
    """What the bot answered: HTTP status and JSON."""

    status: int
    body: dict[str, Any]

    @property
    def texts(self) -> list[str]:
        """The texts said, in order."""
        return [message["text"] for message in self.body.get("messages", [])]

    @property
    def commands(self) -> list[dict[str, Any]]:
        """The commands but for the records, in order."""
        return [command for command in self.body.get("commands", []) if command["command"] != "record"]

    @property
    def records(self) -> dict[str, str]:
        """What was put on the record, by field."""
        return {c["field"]: c["value"] for c in self.body.get("commands", []) if c["command"] == "record"}

    @property
    def intent(self) -> str:
        """The intent's name."""
        return str(self.body["intent"]["name"])


@dataclass
class BotServer:
    """Rasa and the action server on free ports of loopback; `log` is where both write."""

    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    port: int = field(default_factory=free_port)
    actions_port: int = field(default_factory=free_port)
    _rasa: subprocess.Popen[bytes] | None = None
    _actions: subprocess.Popen[bytes] | None = None
    _folder: tempfile.TemporaryDirectory[str] | None = None

    @property
    def url(self) -> str:
        """The address that the gateway is given."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """The file that both processes write to."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="bot-log-")
        return Path(self._folder.name) / "bot.log"

    @property
    def pid(self) -> int:
        """Rasa's process id; raises `RuntimeError` when it does not run."""
        if self._rasa is None:
            raise RuntimeError("The bot does not run.")
        return self._rasa.pid

    def start(self) -> BotServer:
        """Start both processes and wait until the model is loaded."""
        try:
            self.start_actions()
            self.start_rasa()
        except BaseException:
            self.stop()
            raise
        return self

    def start_actions(self) -> None:
        """Start the action server and wait for it."""
        self._actions = self._spawn("bot.serve_actions", "--port", str(self.actions_port))
        self._wait(self._actions, self.actions_port, "/health")

    def start_rasa(self) -> None:
        """Start Rasa and wait until its model is loaded."""
        self._rasa = self._spawn("bot.serve", "--port", str(self.port), "--actions-port", str(self.actions_port))
        self._wait(self._rasa, self.port, "/webhooks/frontdoor/health")

    def kill_rasa(self) -> None:
        """kill -9, as a crash does."""
        self._rasa = _end(self._rasa, signal.SIGKILL)

    def stop_actions(self) -> None:
        """Stop the action server alone."""
        self._actions = _end(self._actions, signal.SIGKILL)

    def stop(self) -> None:
        """Stop both and remove the log."""
        self._rasa = _end(self._rasa, signal.SIGTERM)
        self._actions = _end(self._actions, signal.SIGTERM)
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def turn(  # one argument for each field of the contract
        self,
        text: str,
        *,
        state: Mapping[str, Any] | None = None,
        language: str = "en",
        channel: str = "sms",
        turn_id: str = "turn-1",
        community: str = "Riverton Cares",
        named: Any = (),
        hinted: Any = (),
    ) -> Answer:
        """One signed turn."""
        body = json.dumps(
            {
                "turn_id": turn_id,
                "conversation": "conversation-1",
                "channel": channel,
                "language": language,
                "text": text,
                "state": state,
                "community": {"name": community},
                "named": named,
                "hinted": hinted,
            }
        ).encode()
        return self.post(body, self.signed(body))

    def signed(self, body: bytes, *, at: float | None = None) -> dict[str, str]:
        """The headers of a body signed with our secret."""
        stamp = str(int(time.time() if at is None else at))
        digest = hmac.new(self.secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Frontdoor-Timestamp": stamp,
            "X-Frontdoor-Signature": digest,
        }

    def post(self, body: bytes, headers: Mapping[str, str], path: str = "/webhooks/frontdoor/turn") -> Answer:
        """Post raw bytes."""
        return _call(self.port, "POST", path, body, headers)

    def get(self, path: str) -> Answer:
        """Fetch a path of Rasa's server."""
        return _call(self.port, "GET", path, None, {})

    def _spawn(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as out:
            return subprocess.Popen(
                [str(PYTHON), "-m", module, *arguments],
                cwd=ROOT,
                env={**os.environ, "BOT_SECRET": self.secret},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def _wait(self, process: subprocess.Popen[bytes], port: int, path: str) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            if process.poll() is not None:
                raise RuntimeError(f"The bot ended with {process.returncode}: {self.log.read_text()[-2000:]}")
            try:
                if _call(port, "GET", path, None, {}).status == http.client.OK:
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise TimeoutError(f"The bot was not ready after {_START_SECONDS:.0f} s.")


def _call(port: int, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        raw = response.read()
    finally:
        connection.close()
    try:
        parsed = json.loads(raw)
    except ValueError:
        parsed = {"raw": raw.decode("utf-8", "replace")}
    return Answer(response.status, parsed if isinstance(parsed, dict) else {"raw": parsed})


def _end(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    if process is None or process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@dataclass
class Talk:
    """A resident's conversation: keeps the state between turns, as the gateway does."""

    bot: BotServer
    language: str = "en"
    channel: str = "sms"
    state: dict[str, Any] | None = None
    count: int = 0

    def say(self, text: str, named: Any = (), hinted: Any = ()) -> Answer:
        """One line of the resident; raises `AssertionError` unless the bot answered."""
        self.count += 1
        turn_id = f"turn-{self.count}"
        answer = self.bot.turn(
            text,
            state=self.state,
            language=self.language,
            channel=self.channel,
            turn_id=turn_id,
            named=named,
            hinted=hinted,
        )
        assert answer.status == http.client.OK, (text, answer)
        self.state = answer.body["state"]
        self.language = answer.body["language"]
        return answer
