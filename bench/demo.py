"""A demo in a folder of its own, started by the one command as a person starts it, for programs that measure it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.processes import free_port

READY_SECONDS = 600.0
AGAIN_SECONDS = 60.0
PORTS = ("FRONTDOOR_PORT", "FRONTDOOR_STANDIN_PORT", "FRONTDOOR_BOT_PORT", "FRONTDOOR_ACTIONS_PORT")
LOG_IN = re.compile(r"log-in +(\S+) +password +(\S+)")
LAST_LINE = "Ctrl-C stops everything"
# What stands in the command line of a part that may be killed.
PARTS = {"redis": "redis-server", "worker": "gateway.cli worker"}


@dataclass
class Demo:
    """The demo that runs: its folder, its address, and the log-in of its first responder."""

    var: Path
    url: str
    log_in: tuple[str, str]
    _process: "subprocess.Popen[str]"

    def ready(self) -> dict[str, Any]:
        """What it says of itself; empty while it cannot be asked."""
        try:
            told: dict[str, Any] = httpx.get(f"{self.url}/readyz", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return {}
        return told

    def whole(self) -> bool:
        """Whether every part that it knows of is up and no text waits for an answer."""
        told = self.ready()
        up = bool(told) and all(part["up"] for part in told["parts"].values())
        return up and told["waiting"]["oldest_unanswered_seconds"] == 0

    def kill(self, part: str) -> None:
        """Kill -9 one part, and wait until another runs in its place. Raises ``TimeoutError``."""
        [old] = self._pids(part)
        os.kill(old, signal.SIGKILL)
        until = time.monotonic() + AGAIN_SECONDS
        while not set(self._pids(part)) - {old}:
            if time.monotonic() > until:
                raise TimeoutError(f"no other {part} within {AGAIN_SECONDS:.0f} s")
            time.sleep(0.05)

    def _pids(self, part: str) -> list[int]:
        """The processes of a part, found among the children of the one that keeps them."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and self._is_child(entry) and PARTS[part] in command(entry):
                    found.append(int(entry.name))
            except OSError:  # it has just ended
                continue
        return found

    def _is_child(self, entry: Path) -> bool:
        state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
        return int(parent) == self._process.pid and state != "Z"


def command(entry: Path) -> str:
    """The command line of a process. Raises ``OSError`` when it has ended."""
    return (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()


@contextmanager
def demo() -> Iterator[Demo]:
    """Start one, and stop it. Raises ``SystemExit`` when it does not become ready."""
    folder = Path(tempfile.mkdtemp(prefix="front-door-bench-"))
    folder.chmod(0o711)  # Postgres runs under an account of its own where we are root
    ports = {name: str(free_port()) for name in PORTS}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "up"],
        env=os.environ | ports | {"FRONTDOOR_VAR": str(folder / "var")}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        log_in = wait_until_ready(process)
        yield Demo(folder / "var", f"http://127.0.0.1:{ports['FRONTDOOR_PORT']}", log_in, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Show what the start says until it has said all; returns the log-in. Raises ``SystemExit`` when it ends."""
    started, said = time.monotonic(), ""
    assert process.stdout is not None
    for line in process.stdout:
        said += line
        sys.stdout.write("  " + line)
        sys.stdout.flush()
        if LAST_LINE in line and (found := LOG_IN.search(said)):
            sys.stdout.write(f"ready after {time.monotonic() - started:.0f} s\n")
            return found[1], found[2]
        if time.monotonic() - started > READY_SECONDS:
            break
    raise SystemExit("the demo did not become ready")
