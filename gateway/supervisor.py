"""Keeps a set of processes running: starts them, says which is ready, restarts what dies, ends all of them together."""

import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, runtime_checkable

from gateway.processes import LEASH, CannotRun, Program, Started, fresh_log, last_line, port_in_use, wait

__all__ = [
    "CannotRun", "Child", "Program", "Started", "Supervisor",
    "check_disk", "check_ports", "fresh_log", "last_line", "only_one",
]  # fmt: skip

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60.0  # a child that lived so long starts again after the first pause only
LOOK_SECONDS = 0.1
PROGRESS_SECONDS = 5.0
ENDING_SECONDS = 20.0  # how long a second start waits for a killed one's children to end
LEAST_DISK = 512 * 1024 * 1024


class Running(Protocol):
    """A started child."""

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """Its process, which leads a process group."""

    @property
    def stop_signal(self) -> int:
        """How it is asked to end."""

    @property
    def grace(self) -> float:
        """How many seconds it has for that."""

    def stop(self) -> None:
        """End it and everything it started."""


@runtime_checkable
class Asked(Protocol):
    """A started child that can be asked to end without waiting for it."""

    def ask(self) -> None:
        """Ask it to end; returns at once."""


@dataclass(frozen=True)
class Child:
    """One process to keep running. ``ready`` is asked until it says yes, and must not block for long."""

    name: str
    start: Callable[[], Running]
    ready: Callable[[], bool] = lambda: True


class Supervisor:
    """Starts children in the given order and keeps them running until told to stop.

    ``say`` gets one line for each thing that a person should know. ``lock`` is the file of :func:`only_one`: it stays
    held until the last child is gone, even when this process is killed. Use it from one thread only.
    """

    def __init__(self, say: Callable[[str], None], lock: IO[str] | None = None) -> None:
        self._say = say
        self._kept: dict[str, _Kept] = {}
        self._stopping = False
        self._keeper = _Keeper(lock)

    @property
    def stopping(self) -> bool:
        """Whether everything is to end."""
        return self._stopping

    def start(self, child: Child) -> None:
        """Start one child; returns at once. Raises :class:`CannotRun` when it cannot be started at all."""
        kept = _Kept(child, self._keeper)
        kept.start()
        self._kept[child.name] = kept

    def wait_ready(self, *names: str, seconds: float) -> None:
        """Wait until these children are ready, restarting what dies meanwhile. Raises :class:`CannotRun` in the end."""
        begun = time.monotonic()
        waiting, next_line = set(names), begun + PROGRESS_SECONDS
        while waiting and not self._stopping:
            self.look()
            waiting = {name for name in waiting if not self._kept[name].ready()}
            now = time.monotonic()
            listed = ", ".join(sorted(waiting))
            if waiting and now - begun > seconds:
                raise CannotRun(f"{listed} did not become ready within {seconds:.0f} s; see the log")
            if waiting and now > next_line:
                # Ever more rarely: 5, 10, 20, 40 seconds after the begin.
                next_line = begun + 2 * (now - begun)
                self._say(f"waiting for {listed} ({now - begun:.0f} s)")
            if waiting:
                time.sleep(LOOK_SECONDS)

    def run(self) -> None:
        """Keep everything running until :meth:`stop_soon`."""
        while not self._stopping:
            self.look()
            time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Restart what died and has paused long enough."""
        for kept in self._kept.values():
            if not self._stopping and (line := kept.look(time.monotonic())):
                self._say(line)

    def stop_soon(self) -> None:
        """Make :meth:`run` and :meth:`wait_ready` return; safe in a signal handler, where no lock may be taken."""
        self._stopping = True

    def stop(self) -> None:
        """End every child, the last started first. What only has to be asked is asked at once, then waited for."""
        self._stopping = True
        running = [kept.running for kept in reversed(self._kept.values()) if kept.running is not None]
        for child in running:
            if isinstance(child, Asked):
                child.ask()
        for child in running:
            child.stop()
        self._keeper.close()

    def pids(self) -> dict[str, int]:
        """The process of each child that runs."""
        return {name: kept.running.process.pid for name, kept in self._kept.items() if kept.running is not None}


class _Keeper:
    """A small process that ends our children when we are killed, also those that do not mind the leash's signal."""

    def __init__(self, lock: IO[str] | None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH), "keep"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[lock.fileno()] if lock else [],
            start_new_session=True,
            text=True,
        )

    def add(self, running: Running) -> None:
        """End this child's group when we are gone."""
        self._tell(f"add {running.process.pid} {int(running.stop_signal)} {running.grace}")

    def drop(self, running: Running) -> None:
        """This child is gone; its number may soon be somebody else's."""
        self._tell(f"drop {running.process.pid}")

    def close(self) -> None:
        """Nothing is left to keep."""
        pipe = self._process.stdin
        with suppress(OSError):
            if pipe:
                pipe.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        # Without its keeper a child still has the leash; that is no reason to stop a running front door.
        with suppress(OSError, ValueError):
            if pipe:
                pipe.write(line + "\n")
                pipe.flush()


@dataclass
class _Kept:
    child: Child
    keeper: _Keeper
    running: Running | None = None
    started: float = 0.0
    pause: float = 0.0
    again_at: float | None = None

    def start(self) -> None:
        self.running = self.child.start()
        self.keeper.add(self.running)
        self.started, self.again_at = time.monotonic(), None

    def ready(self) -> bool:
        """Whether the child runs and says so."""
        return self.running is not None and self.running.process.poll() is None and self.child.ready()

    def look(self, now: float) -> str | None:
        """Notice a death, or start again when the pause is over; returns what is worth a line."""
        if self.again_at is not None:
            return self._again() if now >= self.again_at else None
        if self.running is None or (status := self.running.process.poll()) is None:
            return None
        self.running.stop()
        self.keeper.drop(self.running)
        self.running = None
        if now - self.started > STEADY_SECONDS:
            self.pause = 0.0
        self._wait_longer()
        return f"{self.child.name} ended ({ending(status)}); starting it again in {self.pause:g} s"

    def _again(self) -> str | None:
        try:
            self.start()
        except (CannotRun, OSError) as failure:
            self._wait_longer()
            return f"{self.child.name} cannot start ({failure}); trying again in {self.pause:g} s"
        return f"{self.child.name} runs again"

    def _wait_longer(self) -> None:
        self.pause = min(LONGEST_PAUSE, self.pause * 2 or FIRST_PAUSE)
        self.again_at = time.monotonic() + self.pause


def ending(status: int) -> str:
    """How a process ended, in words."""
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def check_ports(ports: Mapping[str, tuple[str, int]]) -> None:
    """Refuse, naming each port that is taken and the setting that changes it. Raises :class:`CannotRun`."""
    taken = [
        f"port {port} is in use; stop what uses it or set {setting} to another port"
        for setting, (host, port) in ports.items()
        if port_in_use(host, port)
    ]
    if taken:
        raise CannotRun("; ".join(taken))


def check_disk(folder: Path, needed: int = LEAST_DISK) -> None:
    """Refuse to start on a disk with less than ``needed`` bytes free. Raises :class:`CannotRun`."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise CannotRun(f"the disk of {folder} is full: {free // 2**20} MB are left, {needed // 2**20} MB are needed")


@contextmanager
def only_one(lock: Path) -> Iterator[IO[str]]:
    """Hold a lock for as long as we run. Raises :class:`CannotRun` when another process holds it.

    A run that was killed still holds it until its children are gone; that is waited for.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a+")
    except OSError as failure:
        raise CannotRun(f"{lock.parent} cannot be written: {failure.strerror}") from None
    with file:
        if not _locked(file) and (_holder_lives(file) or not wait(lambda: _locked(file), ENDING_SECONDS)):
            raise CannotRun(f"Front Door is running already on {lock.parent}; stop it first")
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield file


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as failure:
        if failure.errno in {errno.EAGAIN, errno.EACCES}:
            return False
        raise
    return True


def _holder_lives(file: IO[str]) -> bool:
    """Whether the process that wrote its number into the lock is still there."""
    file.seek(0)
    number = file.read().strip()
    try:
        os.kill(int(number), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, ValueError):
        return False
    return True
