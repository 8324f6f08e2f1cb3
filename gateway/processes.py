"""Starts and ends the programs that Front Door runs beside itself, so that none outlives it."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import IO

from gateway import leash
from gateway.errors import FrontDoorError

LEASH = Path(leash.__file__)
LOGS_KEPT = 3
LOG_TAIL_BYTES = 4096


class ChildFailed(FrontDoorError):
    """A program could not be started or did not become ready; the message is one sentence for a person."""


@dataclass(frozen=True)
class Port:
    """A TCP port that a child listens on, and the setting by which a person moves it."""

    number: int
    setting: str
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class Child:
    """One program that Front Door runs beside itself.

    ``ready`` is an address that answers 200 or a question asked until it says yes; without it the child is ready as
    soon as it runs. ``needs`` names the children that must be ready before. A ``once`` child ends by itself and is
    ready when it ended well. The others do not wait for an ``optional`` child and do not end with it. ``before``
    runs before every start and may raise :class:`ChildFailed`; ``after`` runs when the child has ended for good.
    ``ready_within`` and ``grace`` are seconds.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: Path | None = None
    ready: Callable[[], bool] | str | None = None
    ready_within: float = 60
    needs: tuple[str, ...] = ()
    once: bool = False
    optional: bool = False
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None
    port: Port | None = None
    stop_signal: int = signal.SIGTERM
    grace: float = 10
    account: str | None = None
    hint: str = "run `make setup`"


def start(child: Child, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, its output going to ``log``.

    Call it from a thread that lives as long as the child may: Linux ties the child to that thread.
    """
    if not program_exists(child):
        raise ChildFailed(f"{child.name}: {child.argv[0]} is missing; {child.hint}")
    if child.before:
        child.before()
    account = child.account or leash.NOBODY_IN_PARTICULAR
    held = [sys.executable, "-I", "-S", str(LEASH), "hold", str(os.getpid()), str(int(child.stop_signal)), account]
    return subprocess.Popen(
        [*held, *child.argv],
        env={**os.environ, **child.env},
        cwd=child.cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(child: Child, process: subprocess.Popen[bytes]) -> int:
    """Ask a child to end, kill it after its grace, and leave nothing of its group; returns its exit status."""
    if process.poll() is None:
        leash.tell(process.pid, child.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            process.wait(child.grace)
    leash.tell(process.pid, signal.SIGKILL)
    status = process.wait()
    if child.after:
        child.after()
    return status


def ready(child: Child) -> bool:
    """Whether a running child can be used: ask it, within a second where it has an address."""
    if child.ready is None:
        return True
    if callable(child.ready):
        return child.ready()
    try:
        with urllib.request.urlopen(child.ready, timeout=1) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, HTTPException):
        return False


def program_exists(child: Child) -> bool:
    """Whether the child's program is there and may be run."""
    return shutil.which(child.argv[0], path=child.env.get("PATH")) is not None


def port_in_use(port: Port) -> bool:
    """Whether something listens on the port already."""
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the servers do it: what a closed connection left behind is not a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError as failure:
            return failure.errno == errno.EADDRINUSE
    return False


def free_port() -> int:
    """A TCP port on loopback that nothing used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def open_log(folder: Path, name: str, *, rotate: bool = True) -> IO[bytes]:
    """The log of a child, opened for appending; ``rotate`` puts the one of the last run aside and keeps three."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.log"
    if rotate and path.exists() and path.stat().st_size:
        for number in range(LOGS_KEPT, 0, -1):
            older = folder / f"{name}.log.{number - 1}" if number > 1 else path
            if older.exists():
                older.replace(folder / f"{name}.log.{number}")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "ab", buffering=0)


def last_line(path: Path) -> str:
    """The last line that a child wrote, to be shown when it failed; empty when there is none."""
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def wait(question: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Ask until the answer is yes or the time is over."""
    until = time.monotonic() + seconds
    while not question():
        if time.monotonic() > until:
            return False
        time.sleep(pause)
    return True
