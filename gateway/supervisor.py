"""Keeps a set of processes running: starts them, says which is ready, restarts what dies, ends all of them together."""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from gateway.errors import FrontDoorError

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60.0  # a child that lived so long starts again without a pause
GRACE_SECONDS = 10.0
LOOK_SECONDS = 0.2
LEAST_DISK = 512 * 1024 * 1024
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class CannotRun(FrontDoorError):
    """The machine lacks something that a person must mend; the argument is one clear sentence."""


class Running(Protocol):
    """A started child."""

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """Its process."""

    def stop(self) -> None:
        """End it and everything it started."""


@dataclass(frozen=True)
class Child:
    """One process to keep running. ``ready`` is asked until it says yes, and must not block for long."""

    name: str
    start: Callable[[], Running]
    ready: Callable[[], bool] = lambda: True


@dataclass
class Program:
    """A child that is a command line: its output goes to a log, it leads a process group, it dies with its parent."""

    argv: Sequence[str]
    log: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    grace: float = GRACE_SECONDS

    def start(self) -> "Started":
        """Start it. Raises :class:`CannotRun` when the program is not there."""
        with self.log.open("ab") as out:
            try:
                process = subprocess.Popen(  # noqa: S603 - argv is ours
                    list(self.argv),
                    env=os.environ | dict(self.environ),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    cwd=self.cwd,
                    start_new_session=True,
                    preexec_fn=die_with_parent,  # noqa: PLW1509 - started from the main thread only
                )
            except FileNotFoundError:
                raise CannotRun(f"{self.argv[0]} is not there; run `make setup`") from None
        return Started(process, self.grace)


@dataclass
class Started:
    """A running :class:`Program`."""

    process: "subprocess.Popen[bytes]"
    grace: float = GRACE_SECONDS

    def stop(self) -> None:
        """Ask it to end, and end the whole group by force when it does not in time."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(self.grace)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        kill_group(self.process.pid)


def die_with_parent() -> None:
    """Runs in the child before it becomes the program: on Linux it is told when its parent is gone, even by kill -9."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def kill_group(pid: int) -> None:
    """End whatever a dead process left in its group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


class Supervisor:
    """Starts children in the given order and keeps them running until told to stop."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._kept: dict[str, _Kept] = {}
        self._stopping = threading.Event()

    def start(self, child: Child) -> None:
        """Start one child; returns at once."""
        kept = _Kept(child)
        self._kept[child.name] = kept
        kept.start()

    def wait_ready(self, *names: str, seconds: float) -> None:
        """Wait until these children are ready, restarting what dies meanwhile. Raises :class:`CannotRun` in the end."""
        deadline = time.monotonic() + seconds
        waiting = set(names)
        while waiting and not self._stopping.is_set():
            self.look()
            waiting = {name for name in waiting if not self._kept[name].child.ready()}
            if waiting and time.monotonic() > deadline:
                raise CannotRun(f"{', '.join(sorted(waiting))} did not become ready within {seconds:.0f} s; see its log")
            if waiting:
                self._stopping.wait(LOOK_SECONDS)

    def run(self) -> None:
        """Keep everything running until :meth:`stop_soon`."""
        while not self._stopping.wait(LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """Restart what died and has paused long enough."""
        for kept in self._kept.values():
            if line := kept.look(time.monotonic()):
                self._say(line)

    def stop_soon(self) -> None:
        """Make :meth:`run` return; safe in a signal handler."""
        self._stopping.set()

    def stop(self) -> None:
        """End every child, the last started first."""
        self._stopping.set()
        for kept in reversed(self._kept.values()):
            if kept.running is not None:
                kept.running.stop()

    def pids(self) -> dict[str, int]:
        """The process of each child that runs."""
        return {name: kept.running.process.pid for name, kept in self._kept.items() if kept.running is not None}


@dataclass
class _Kept:
    child: Child
    running: Running | None = None
    started: float = 0.0
    pause: float = 0.0
    again_at: float | None = None

    def start(self) -> None:
        self.running = self.child.start()
        self.started, self.again_at = time.monotonic(), None

    def look(self, now: float) -> str | None:
        """Notice a death, or start again when the pause is over; returns what is worth a line."""
        if self.again_at is not None:
            return self._again() if now >= self.again_at else None
        if self.running is None or (status := self.running.process.poll()) is None:
            return None
        self.running.stop()
        if now - self.started > STEADY_SECONDS:
            self.pause = 0.0
        self.pause = min(LONGEST_PAUSE, self.pause * 2 or FIRST_PAUSE)
        self.again_at = now + self.pause
        return f"{self.child.name} ended ({ending(status)}); starting it again in {self.pause:g} s"

    def _again(self) -> str | None:
        try:
            self.start()
        except (CannotRun, OSError) as failure:
            self.pause = min(LONGEST_PAUSE, self.pause * 2 or FIRST_PAUSE)
            self.again_at = time.monotonic() + self.pause
            return f"{self.child.name} cannot start ({failure}); trying again in {self.pause:g} s"
        return None


def ending(status: int) -> str:
    """How a process ended, in words."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def check_ports(ports: Mapping[str, tuple[str, int]]) -> None:
    """Refuse, naming each port that is taken and the setting that changes it. Raises :class:`CannotRun`."""
    taken = []
    for setting, (host, port) in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                taken.append(f"port {port} is in use; stop what uses it or set {setting} to another port")
    if taken:
        raise CannotRun("; ".join(taken))


def check_disk(folder: Path) -> None:
    """Refuse to start on a disk that is nearly full. Raises :class:`CannotRun`."""
    free = shutil.disk_usage(folder).free
    if free < LEAST_DISK:
        raise CannotRun(f"the disk of {folder} is full: {free // 2**20} MB are left, {LEAST_DISK // 2**20} MB are needed")


@contextmanager
def only_one(lock: Path) -> Iterator[IO[str]]:
    """Hold a lock for as long as we run. Raises :class:`CannotRun` when another process holds it."""
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"Front Door is running already on {lock.parent}; stop it first") from None
        yield file


def fresh_log(folder: Path, name: str) -> Path:
    """A log file for this run; the one of the run before is kept beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.log"
    if path.exists():
        path.replace(path.with_suffix(".log.1"))
    path.touch(mode=0o600)
    return path
