"""A whole Front Door for measuring: real stores, web process, worker and bot, and a stand-in that notes arrivals."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from gateway import schema, services
from gateway.db import Database
from gateway.demo.standin import Standin, Text
from gateway.directory import demo
from gateway.keys import demo_keys
from gateway.processes import free_port
from gateway.settings import sqlalchemy_url

ROOT = Path(__file__).resolve().parent.parent
BOT_PYTHON = ROOT / ".venv-bot" / "bin" / "python"
READY_SECONDS = 300.0
TICKS = os.sysconf("SC_CLK_TCK")
NUMBER = "+15555550100"


class Exchange(Standin):
    """The stand-in; for each phone it knows when each text was handed over."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._arrivals: dict[str, list[float]] = defaultdict(list)
        self._news: dict[str, threading.Condition] = defaultdict(threading.Condition)

    def accept(self, to: str, body: str, callback: str | None, num_media: int = 0) -> Text:
        """Take one text from the API and note when that was."""
        text = super().accept(to, body, callback, num_media)
        news = self._news[to]
        with news:
            self._arrivals[to].append(time.monotonic())
            news.notify_all()
        return text

    def arrivals(self, number: str, least: int, seconds: float) -> list[float]:
        """When each text to this phone came, once there are so many. Raises ``TimeoutError``."""
        news = self._news[number]
        with news:
            if not news.wait_for(lambda: len(self._arrivals[number]) >= least, seconds):
                raise TimeoutError(f"{len(self._arrivals[number])} of {least} texts within {seconds} s")
            return list(self._arrivals[number])


@dataclass
class Town:
    """What runs, under which names, and how to reach it."""

    var: Path
    bots: int = 1
    pin: bool = False
    environ: dict[str, str] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)
    bot_urls: list[str] = field(default_factory=list)
    secret: str = ""
    database: Database = field(init=False)
    exchange: Exchange = field(init=False)

    @contextmanager
    def running(self) -> Iterator["Town"]:
        """Start everything; stop everything that was started, in the reverse order."""
        with ExitStack() as stack:
            self._pin_ourselves()
            self._stores(stack)
            self._doors(stack)
            self._bots(stack)
            yield self

    def spent(self) -> dict[str, float]:
        """Seconds of processor time that each part, with its children, used so far; ``load`` is this process."""
        own = os.times()
        return {name: _processor_seconds(pid) for name, pid in self.pids.items()} | {"load": own.user + own.system}

    def family(self, *names: str) -> list[int]:
        """The processes of these parts (``bot`` means each of them) and all that they started."""
        return [pid for name, first in self.pids.items() if name.split("-")[0] in names for pid in _family(first)]

    def _pin_ourselves(self) -> None:
        """The bot gets a core of its own; the gateway, its stores, the stand-in and the load share the rest."""
        cores = sorted(os.sched_getaffinity(0))
        self._bot_cores, self._other_cores = (set(cores[:1]), set(cores[1:])) if self.pin else (set(cores), set(cores))
        os.sched_setaffinity(0, self._other_cores)

    def _stores(self, stack: ExitStack) -> None:
        postgres = services.start_postgres(self.var)
        stack.callback(postgres.stop)
        redis = services.start_redis(self.var)
        stack.callback(redis.stop)
        self.pids |= {"postgres": _pid(postgres), "redis": _pid(redis)}
        self.database = Database(sqlalchemy_url(postgres.url), statement_ms=0)
        stack.callback(self.database.close)
        schema.upgrade(self.database)
        demo.load_demo(self.database, datetime.now(UTC))
        self.environ |= {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url}

    def _doors(self, stack: ExitStack) -> None:
        port = free_port()
        keys = demo_keys(self.var / "keys.json")
        self.secret = keys["bot_secret"]
        url = f"http://127.0.0.1:{port}"
        self.exchange = Exchange(
            keys["account_sid"], keys["auth_tokens"].split(","), NUMBER, f"{url}/sms/inbound", check_contract=False
        )
        self.exchange.start()
        stack.callback(self.exchange.stop)
        self.bot_urls = [f"http://127.0.0.1:{free_port()}" for _ in range(self.bots)]
        self.environ |= {
            "FRONTDOOR_MODE": "demo",
            "FRONTDOOR_VAR": str(self.var),
            "FRONTDOOR_PORT": str(port),
            "FRONTDOOR_TWILIO_API_URL": self.exchange.url,
            "FRONTDOOR_BOT_URL": ",".join(self.bot_urls),
        }
        for verb in ("web", "worker"):
            self._program(stack, verb, [sys.executable, "-m", "gateway.cli", verb], self.environ, self._other_cores)
        _wait(f"{url}/healthz")

    def _bots(self, stack: ExitStack) -> None:
        actions = str(free_port())
        secret = {"BOT_SECRET": self.secret}
        python = [str(BOT_PYTHON), "-m"]
        self._program(stack, "actions", [*python, "bot.serve_actions", "--port", actions], secret, self._bot_cores)
        for number, url in enumerate(self.bot_urls, 1):
            argv = [*python, "bot.serve", "--port", url.rpartition(":")[2], "--actions-port", actions]
            self._program(stack, "bot" if self.bots == 1 else f"bot-{number}", argv, secret, self._bot_cores)
        for url in self.bot_urls:
            _wait(f"{url}/webhooks/frontdoor/health")

    def _program(
        self, stack: ExitStack, name: str, argv: Sequence[str], environ: dict[str, str], cores: set[int]
    ) -> None:
        log = stack.enter_context((self.var / f"{name}.log").open("ab"))
        process = subprocess.Popen(
            ["taskset", "-c", ",".join(map(str, sorted(cores))), *argv],
            env=os.environ | environ, stdout=log, stderr=log, cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        stack.callback(_end, process)
        self.pids[name] = process.pid


def line_of_the_machine() -> dict[str, Any]:
    """What else the machine does: its load, and how many cores there are."""
    return {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)}


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _pid(running: Any) -> int:
    return int(running.process.pid)


def _wait(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit(f"{url} did not answer within {READY_SECONDS:.0f} s")


def _processor_seconds(pid: int) -> float:
    """Of a process and all that came from it and still runs; what ended children used counts with their parent."""
    parents: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := _stat(int(entry))):
            parents[int(fields[1])].append((int(entry), sum(map(int, fields[11:15])) / TICKS))
    own = _stat(pid)

    def below(parent: int) -> float:
        return sum(seconds + below(child) for child, seconds in parents.get(parent, []))

    return (sum(map(int, own[11:15])) / TICKS if own else 0.0) + below(pid)


def _family(pid: int) -> list[int]:
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in below for each in _family(int(child)))]


def _stat(pid: int) -> list[str] | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
