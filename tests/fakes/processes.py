"""The gateway's own processes, started as in production, killed and started again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx

from gateway.processes import free_port

__all__ = ["Process", "free_port", "wait_until_up"]

ROOT = Path(__file__).resolve().parent.parent.parent


class Process:
    """One ``frontdoor`` process with its children, in a process group of its own."""

    def __init__(self, verb: str, environ: dict[str, str], log: Path) -> None:
        self.verb, self.environ, self.log = verb, environ, log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as out:
            self._running = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", self.verb],
                env=os.environ | self.environ,
                stdout=out,
                stderr=out,
                cwd=ROOT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process, which leads its group."""
        assert self._running is not None
        return self._running.pid

    def kill(self) -> None:
        """Kill -9 the whole group and reap it."""
        assert self._running is not None
        os.killpg(self._running.pid, signal.SIGKILL)
        self._running.wait()

    def stop(self) -> int:
        """Ask it to end; returns its exit status."""
        assert self._running is not None
        self._running.terminate()
        try:
            return self._running.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


def wait_until_up(url: str, seconds: float = 30.0) -> float:
    """Wait for ``/healthz``; returns the seconds it took. Raises ``TimeoutError``."""
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        try:
            if httpx.get(f"{url}/healthz", timeout=1).is_success:
                return time.monotonic() - started
        except httpx.HTTPError:
            time.sleep(0.05)
    raise TimeoutError(url)
