"""The local journal: where a message waits, on disk and encrypted, while Postgres cannot take it.

One line a message, appended under a lock and fdatasync'd before the sender gets a 2xx; drained in order, by one
process at a time, through the same road as any other message. A line applied twice finds its own row.

A line is ``<contact> <sealed message>``; ``<contact>`` is the beginning of the keyed hash of the address, so that the
messages of one contact can be kept in their order without opening everybody's.
"""

import fcntl
import hashlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from cryptography.fernet import InvalidToken

from gateway.conversations import Inbound
from gateway.errors import ContactBusy, Unstorable
from gateway.keys import Keys

log = logging.getLogger(__name__)

TAG_LETTERS = 16
DRAIN_SECONDS = 10.0  # of one drain: then another process may have its turn


class Journal:
    """A journal in one directory, shared by every process of this machine."""

    def __init__(self, directory: Path, keys: Keys) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._folder = directory
        self._lines = directory / "journal"
        self._unreadable = directory / "journal.unreadable"
        self._done = directory / "journal.place"
        self._lock_file = directory / "journal.lock"
        self._drain_file = directory / "journal.drain"
        self._keys = keys
        self._drain_mutex = threading.Lock()
        self._ahead: frozenset[bytes] = frozenset()  # lines taken already, behind one whose contact is busy

    def pending(self) -> bool:
        """Whether anything waits."""
        try:
            return self._lines.stat().st_size > 0
        except FileNotFoundError:
            return False

    def holds(self, inbound: Inbound) -> bool:
        """Whether an earlier message of the same contact waits: then this one must queue up behind it."""
        if not self.pending():
            return False
        tag = self._tag(inbound)
        try:
            return any(line.startswith(tag) and _mark(line) not in self._ahead for _, line in self._waiting())
        except FileNotFoundError:
            return False  # the last one has just been taken

    def unreadable(self) -> bool:
        """Whether lines were set aside that a person must look at: sealed by a lost key, or refused by the store."""
        return self._unreadable.exists()

    def append(
        self,
        inbound: Inbound,
        received_at: datetime,
        said: list[str],
        level: str | None = None,
        not_screened: str | None = None,
    ) -> None:
        """Keep one message; returns only when it is on disk. Raises ``OSError`` when the disk will not take it.

        ``said``, ``level`` and ``not_screened`` are what its sender was told, and what that was decided on.
        """
        kept = replace(inbound, received_at=received_at, said=tuple(said), level=level, not_screened=not_screened)
        line = self._tag(inbound) + self._keys.seal(json.dumps(asdict(kept), default=datetime.isoformat)) + b"\n"
        with _locked(self._lock_file):
            new = not self._lines.exists()
            fd = os.open(self._lines, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                _mend_tail(self._lines, fd)
                _write_all(fd, line)
                os.fdatasync(fd)
            finally:
                os.close(fd)
            if new:
                _sync_folder(self._folder)

    def drain(self, apply: Callable[[Inbound], object], seconds: float = DRAIN_SECONDS) -> int:
        """Hand every waiting message to ``apply``, oldest first; returns how many were taken.

        When ``apply`` raises :class:`ContactBusy`, that contact's messages keep waiting, in their order, and the
        others go on; on :class:`Unstorable` the line is set aside. Whatever else it raises stops the drain and leaves
        that message and all later ones waiting. When another process drains already, nothing happens here. No new
        line is begun after ``seconds``.
        """
        if not self._drain_mutex.acquire(blocking=False):
            return 0
        try:
            with _locked(self._drain_file, wait=False) as mine:
                return self._drain(apply, time.monotonic() + seconds) if mine else 0
        finally:
            self._drain_mutex.release()

    def _drain(self, apply: Callable[[Inbound], object], until: float) -> int:
        taken, busy, ahead = 0, set[bytes](), self._ahead
        for end, line in self._waiting():
            if time.monotonic() >= until:
                break
            tag = _tag_of(line)
            if tag in busy:
                continue
            if _mark(line) not in ahead:
                try:
                    taken += self._take(apply, line)
                except ContactBusy:
                    busy.add(tag)
                    continue
            if busy:
                self._ahead = ahead = ahead | {_mark(line)}
            else:
                self._keep_place(end)
        self._remove_if_empty()
        return taken

    def _take(self, apply: Callable[[Inbound], object], line: bytes) -> int:
        try:
            inbound = self._read(line)
        except (InvalidToken, ValueError, KeyError, TypeError) as failure:
            # Torn by a crash before its sender was told anything, or sealed by a key that is lost.
            self._set_aside(line, type(failure).__name__)
            return 0
        try:
            apply(inbound)
        except Unstorable as failure:
            self._set_aside(line, str(failure))
            return 0
        return 1

    def _remove_if_empty(self) -> None:
        """The place goes first: lines without a place are replayed, a place without its lines would skip new ones."""
        with _locked(self._lock_file):
            if self._lines.exists() and self._lines.stat().st_size == self._offset():
                self._done.unlink(missing_ok=True)
                _sync_folder(self._folder)
                self._lines.unlink()
                _sync_folder(self._folder)
                self._ahead = frozenset()

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

    def _set_aside(self, line: bytes, reason: str) -> None:
        log.critical("a line of the journal is set aside, a person must look", extra={"reason": reason})
        fd = os.open(self._unreadable, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            _write_all(fd, line)
            os.fdatasync(fd)
        finally:
            os.close(fd)
        _sync_folder(self._folder)

    def _keep_place(self, end: int) -> None:
        draft = self._done.with_suffix(".draft")
        draft.write_text(str(end))
        draft.replace(self._done)

    def _offset(self) -> int:
        """Where the next line begins. Replaying from the start is safe: every message finds its own row."""
        try:
            place = int(self._done.read_text())
            return place if 0 <= place <= self._lines.stat().st_size else 0
        except (FileNotFoundError, ValueError):
            return 0

    def _tag(self, inbound: Inbound) -> bytes:
        return self._keys.hash(inbound.address)[:TAG_LETTERS].encode() + b" "

    def _read(self, line: bytes) -> Inbound:
        kept = json.loads(self._keys.open(line.rstrip(b"\n").rpartition(b" ")[2]))
        return Inbound(
            channel=kept["channel"],
            address=kept["address"],
            provider_id=kept["provider_id"],
            text=kept["text"],
            media=tuple(kept["media"]),
            received_at=datetime.fromisoformat(kept["received_at"]),
            said=tuple(kept["said"]),
            facts=kept["facts"],
            level=kept["level"],
            not_screened=kept["not_screened"],
        )


def _tag_of(line: bytes) -> bytes:
    return line.partition(b" ")[0]


def _mark(line: bytes) -> bytes:
    return hashlib.sha256(line).digest()


def _sync_folder(folder: Path) -> None:
    """Make a file's appearing or going as durable as its content."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


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
