"""The local journal: where a message waits, on disk and encrypted, while Postgres cannot take it.

One line a message, appended under a lock and fdatasync'd before the sender gets a 2xx; drained in order, by one
process at a time, through the same road as any other message. A line applied twice finds its own row.
"""

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from cryptography.fernet import InvalidToken

from gateway.conversations import Inbound
from gateway.keys import Keys


class Journal:
    """A journal in one directory, shared by every process of this machine."""

    def __init__(self, directory: Path, keys: Keys) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lines = directory / "journal"
        self._done = directory / "journal.place"
        self._lock_file = directory / "journal.lock"
        self._drain_file = directory / "journal.drain"
        self._keys = keys
        self._drain_mutex = threading.Lock()

    def pending(self) -> bool:
        """Whether anything waits. While it does, new messages must queue up behind it."""
        try:
            return self._lines.stat().st_size > 0
        except FileNotFoundError:
            return False

    def append(self, inbound: Inbound, received_at: datetime, said: list[str]) -> None:
        """Keep one message; returns only when it is on disk. Raises ``OSError`` when the disk will not take it."""
        kept = replace(inbound, received_at=received_at, said=tuple(said))
        line = self._keys.seal(json.dumps(asdict(kept), default=datetime.isoformat)) + b"\n"
        with _locked(self._lock_file):
            fd = os.open(self._lines, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                _mend_tail(self._lines, fd)
                _write_all(fd, line)
                os.fdatasync(fd)
            finally:
                os.close(fd)

    def drain(self, apply: Callable[[Inbound], object]) -> int:
        """Hand every waiting message to ``apply``, oldest first; returns how many were taken.

        Whatever ``apply`` raises stops the drain and leaves that message and all later ones waiting. When another
        process drains already, nothing happens here.
        """
        if not self._drain_mutex.acquire(blocking=False):
            return 0
        try:
            with _locked(self._drain_file, wait=False) as mine:
                return self._drain(apply) if mine else 0
        finally:
            self._drain_mutex.release()

    def _drain(self, apply: Callable[[Inbound], object]) -> int:
        taken = 0
        for end, line in self._waiting():
            try:
                inbound = self._read(line)
            except (InvalidToken, ValueError, KeyError):
                self._set_aside(line)  # torn by a crash before its sender was told anything, or sealed by a lost key
            else:
                apply(inbound)
                taken += 1
            self._keep_place(end)
        with _locked(self._lock_file):
            if self._lines.exists() and self._lines.stat().st_size == self._offset():
                self._lines.unlink()
                self._done.unlink(missing_ok=True)
        return taken

    def _waiting(self) -> Iterator[tuple[int, bytes]]:
        if not self._lines.exists():
            return
        with self._lines.open("rb") as file:
            file.seek(end := self._offset())
            for line in file:
                if not line.endswith(b"\n"):
                    return  # still being written, or cut off by a crash before anybody was told it was kept
                end += len(line)
                yield end, line

    def _set_aside(self, line: bytes) -> None:
        with self._lines.with_suffix(".unreadable").open("ab") as file:
            file.write(line)

    def _keep_place(self, end: int) -> None:
        draft = self._done.with_suffix(".draft")
        draft.write_text(str(end))
        draft.replace(self._done)

    def _offset(self) -> int:
        try:
            return int(self._done.read_text())
        except (FileNotFoundError, ValueError):
            return 0  # replaying from the start is safe: every message finds its own row

    def _read(self, line: bytes) -> Inbound:
        kept = json.loads(self._keys.open(line.rstrip(b"\n")))
        return Inbound(
            channel=kept["channel"],
            address=kept["address"],
            provider_id=kept["provider_id"],
            text=kept["text"],
            media=tuple(kept["media"]),
            received_at=datetime.fromisoformat(kept["received_at"]),
            said=tuple(kept["said"]),
            facts=kept["facts"],
        )


def _mend_tail(path: Path, fd: int) -> None:
    """A crash in the middle of a line must not glue the next one to it."""
    size = os.fstat(fd).st_size
    if size:
        with path.open("rb") as file:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                _write_all(fd, b"\n")


def _write_all(fd: int, line: bytes) -> None:
    while line:
        line = line[os.write(fd, line) :]


@contextmanager
def _locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(fd)
