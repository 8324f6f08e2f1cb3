"""Starts and ends the programs that Front Door runs beside itself, so that none outlives it."""

import errno
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gateway import leash
from gateway.errors import FrontDoorError

GRACE_SECONDS = 10.0
LOGS_KEPT = 3
LOG_TAIL_BYTES = 4096
LEASH = Path(leash.__file__)
LOWEST, HIGHEST, TRIES = 20_000, 32_768, 100


class CannotRun(FrontDoorError):
    """The machine lacks something that a person must mend; the argument is one clear sentence."""


@dataclass(frozen=True)
class Program:
    """A command line to run: its output goes to a log, it leads a process group, it dies with its parent.

    ``environ`` is laid over our own environment, ``grace`` is how many seconds it has to end after ``stop_signal``,
    ``account`` is who it runs as where we are root; ``{home}`` in ``argv`` becomes a way into the folder ``home`` that
    this account can walk; ``hint`` is what to do when the program is not there.
    """

    argv: Sequence[str]
    log: Path
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: Path | None = None
    grace: float = GRACE_SECONDS
    stop_signal: int = signal.SIGTERM
    account: str | None = None
    home: Path | None = None
    hint: str = "run `make setup`"

    def start(self) -> "Started":
        """Start it. Raises :class:`CannotRun` when the program is not there or its log cannot be written.

        Call it from a thread that lives as long as the program may: Linux ties the program to that thread.
        """
        if shutil.which(self.argv[0], path=self.environ.get("PATH")) is None:
            raise CannotRun(f"{self.argv[0]} is not there; {self.hint}")
        held = leashed(self.argv, self.stop_signal, self.account, self.home)
        try:
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(log, "ab") as out:
                process = subprocess.Popen(
                    held,
                    env=os.environ | dict(self.environ),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    cwd=self.cwd,
                    start_new_session=True,
                )
        except OSError as failure:
            raise CannotRun(
                f"{self.log.stem} cannot start: {failure.filename or self.log}: {failure.strerror}"
            ) from None
        return Started(process, self.grace, self.stop_signal)


@dataclass
class Started:
    """A running :class:`Program`."""

    process: "subprocess.Popen[bytes]"
    grace: float = GRACE_SECONDS
    stop_signal: int = signal.SIGTERM
    asked: bool = False

    def ask(self) -> None:
        """Ask the program to end; returns at once. It is asked once: a second signal makes some drop their work."""
        if not self.asked and self.process.poll() is None:
            self.asked = True
            with suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Ask the program to end, wait for its grace, and leave nothing of its group."""
        self.ask()
        if self.process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(self.grace)
        leash.tell(self.process.pid, signal.SIGKILL)
        self.process.wait()


def leashed(argv: Sequence[str], stop_signal: int, account: str | None = None, home: Path | None = None) -> list[str]:
    """The command line that ties ``argv`` to this process: when it dies, even by kill -9, ``argv`` gets the signal."""
    held = [sys.executable, "-I", "-S", str(LEASH), "hold", str(os.getpid()), str(int(stop_signal))]
    return [*held, account or leash.NOT_GIVEN, str(home or leash.NOT_GIVEN), *argv]


def port_in_use(host: str, port: int) -> bool:
    """Whether something listens there already. Raises :class:`CannotRun` when the address cannot be used at all."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the servers do it: what a closed connection left behind is not a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            if failure.errno == errno.EADDRINUSE:
                return True
            raise CannotRun(f"port {port} on {host} cannot be used: {failure.strerror}") from None
    return False


def free_port() -> int:
    """A TCP port on loopback that nothing used a moment ago.

    It is below those that the system gives to outgoing connections (32768 and up on Linux, 49152 elsewhere): one of
    them may be taken before a server that needs half a minute to start binds it.
    """
    with socket.socket() as probe:
        for _ in range(TRIES):
            number = LOWEST + secrets.randbelow(HIGHEST - LOWEST)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            return number
    raise CannotRun(f"no port between {LOWEST} and {HIGHEST} is free")


def fresh_log(folder: Path, name: str) -> Path:
    """A log file for this run; the ones of the three runs before are kept beside it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.log"
        if path.exists() and path.stat().st_size:
            names = [path, *(folder / f"{name}.log.{number}" for number in range(1, LOGS_KEPT + 1))]
            for newer, older in reversed(list(zip(names, names[1:], strict=False))):
                if newer.exists():
                    newer.replace(older)
        path.touch(mode=0o600)
    except OSError as failure:
        raise CannotRun(f"the log {failure.filename or folder} cannot be written: {failure.strerror}") from None
    return path


def last_line(path: Path) -> str:
    """The last line of a log, to be shown when its program failed; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def wait(question: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Ask until the answer is yes or the time is over; returns the last answer."""
    until = time.monotonic() + seconds
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True
