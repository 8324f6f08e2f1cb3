"""``frontdoor up`` as a whole: started as a person starts it, then frozen, killed and looked at from outside."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from gateway.db import Database
from gateway.postgres_server import socket_folder
from gateway.settings import sqlalchemy_url
from tests.fakes.processes import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
FRONTDOOR = (sys.executable, "-m", "gateway.cli")  # this tree's, whatever the environment has installed
READY = "Front Door is ready"
READY_SECONDS = 600.0  # a missing model is trained first
OURS = re.compile(r"FRONTDOOR_|TWILIO_|DATABASE_URL|REDIS_URL|SENTRY_DSN")
PORTS = ("FRONTDOOR_PORT", "FRONTDOOR_STANDIN_PORT", "FRONTDOOR_BOT_PORT", "FRONTDOOR_ACTIONS_PORT")
# What stands in the command line of each child, and of no other.
PARTS = {
    "postgres": "/bin/postgres -D",
    "redis": "redis-server",
    "standin": "gateway.demo.standin",
    "web": "gateway.cli web",
    "worker": "gateway.cli worker",
    "actions": "bot.serve_actions",
    "bot": "bot.serve ",
}


class FrontDoor:
    """One installation in a short folder of its own, on ports that nobody uses."""

    def __init__(self) -> None:
        # Postgres runs under an account of its own where we are root: it must be able to pass through the folder.
        self.var = Path(tempfile.mkdtemp(prefix="fd-"))
        self.var.chmod(0o711)
        ports = {name: str(free_port()) for name in PORTS}
        kept = {name: value for name, value in os.environ.items() if not OURS.match(name)}
        self.environ = kept | ports | {"FRONTDOOR_VAR": str(self.var)}
        self.url = f"http://127.0.0.1:{ports['FRONTDOOR_PORT']}"
        self.standin = f"http://127.0.0.1:{ports['FRONTDOOR_STANDIN_PORT']}"
        self.log_in: tuple[str, str] = ("", "")
        self.said = ""
        self._process: subprocess.Popen[str] | None = None
        self._output = self.var / "up.out"

    def start(self) -> str:
        """Start everything, wait until it says that it is ready, and return all that it said."""
        with self._output.open("w") as out:
            self._process = subprocess.Popen(
                [*FRONTDOOR, "up"], env=self.environ, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT, text=True
            )
        eventually(lambda: READY in self._output.read_text() or self._ended(), READY_SECONDS, 0.2)
        self.said = self._output.read_text()
        assert READY in self.said, self.said
        if made := re.search(r"log-in +(\S+) +password +(\S+)", self.said):
            self.log_in = (made[1], made[2])
        return self.said

    def stop(self) -> None:
        """Ask it to end as ``kill`` does, and hold it to its word: status 0 and nothing of it left."""
        assert self._process is not None
        family = list(self._family(self._process.pid))
        assert len(family) >= len(PARTS), "some part was not running"
        self._process.terminate()
        assert self._process.wait(60) == 0, self._output.read_text()
        left = [pid for pid in family if alive(pid)]
        assert not left, [command(pid) for pid in left]
        for url in (self.url, self.standin):
            assert refused(url)
        assert not (self.var / "running.json").exists()
        assert not socket_folder(self.var, "pg").exists()
        assert not socket_folder(self.var, "redis").exists()

    def remove(self) -> None:
        """End what a failed test may have left, and take the folder away."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()  # its children are leashed to it
            self._process.wait()
            eventually(lambda: refused(self.url), 30)
        shutil.rmtree(self.var, ignore_errors=True)

    def output(self) -> str:
        """What it said so far."""
        return self._output.read_text()

    def run(self, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Another ``frontdoor`` command beside the running one."""
        return subprocess.run(
            [*FRONTDOOR, *words],
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=ROOT,
        )

    def pid(self, part: str) -> int:
        """The process of one part, as it runs now."""
        found = self._processes(part)
        assert len(found) == 1, f"{part}: {found}"
        return found[0]

    def kill(self, part: str) -> int:
        """Kill -9 one part; returns the number of the process that comes in its place."""
        old = self.pid(part)
        os.kill(old, signal.SIGKILL)
        # The process that was seen first is returned, and not looked up again: Redis wipes its command line before it
        # writes another there, so that for an instant a process that runs has no name.
        new: list[int] = []
        eventually(lambda: new.extend(pid for pid in self._processes(part) if pid != old) or new, 60)
        return new[0]

    @contextmanager
    def frozen(self, *parts: str) -> Iterator[None]:
        """Stop these parts, and all they started, from doing anything; their connections stay open and silent."""
        pids = [each for part in parts for each in self._family(self.pid(part))]
        for pid in pids:
            tell(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in reversed(pids):
                tell(pid, signal.SIGCONT)

    def ready(self) -> dict[str, Any]:
        """What the installation says of itself; empty while it cannot be asked."""
        try:
            answer: dict[str, Any] = httpx.get(f"{self.url}/readyz", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return answer

    def wait_whole(self, seconds: float = 120.0) -> None:
        """Wait until every part that it knows of is up."""
        eventually(self._whole, seconds, 0.2)

    def database(self) -> Database:
        """Its database, for what no door shows."""
        kept = json.loads((self.var / "running.json").read_text())
        return Database(sqlalchemy_url(kept["DATABASE_URL"]))

    def _whole(self) -> bool:
        told = self.ready()
        return bool(told) and all(part["up"] for part in told["parts"].values())

    def _ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _processes(self, part: str) -> list[int]:
        assert self._process is not None
        return [pid for pid in children(self._process.pid) if PARTS[part] in command(pid)]

    def _family(self, pid: int) -> Iterator[int]:
        yield pid
        for child in children(pid):
            yield from self._family(child)


def eventually(question: Callable[[], Any], seconds: float = 30.0, pause: float = 0.1) -> None:
    """Ask until the answer is yes. Raises ``AssertionError`` when the time is over."""
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(pause)


def children(pid: int) -> list[int]:
    """The processes that this one started and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (facts := stat(int(entry.name))) and facts[1] == str(pid) and facts[0] != "Z":
            found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    facts = stat(pid)
    return facts is not None and facts[0] != "Z"


def stat(pid: int) -> list[str] | None:
    """State and parent of a process, or nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def command(pid: int) -> str:
    """The command line of a process, or nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def tell(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone."""
    if alive(pid):
        os.kill(pid, number)


def refused(url: str) -> bool:
    """Whether nobody listens there."""
    try:
        httpx.get(url, timeout=2)
    except httpx.ConnectError:
        return True
    except httpx.HTTPError:
        return False
    return False
