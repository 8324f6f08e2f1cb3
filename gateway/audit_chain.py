"""The audit trail, sealed: each entry carries a hash over the one before and itself, so that no change goes unseen.

Entries are sealed a moment after they are written, by one sealer, in the order in which they could be seen: to chain
them inside the act's own transaction would make everybody wait for everybody. An entry that is committed late is
sealed late.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.orm import Session

from gateway.models import AuditEntry

log = logging.getLogger(__name__)

MOST = 500
ONE_SEALER = 720_914  # any constant
OVERDUE = timedelta(seconds=60)
START = "0" * 64
AT_A_TIME = 5_000
_COLUMNS = (
    AuditEntry.id, AuditEntry.at, AuditEntry.responder_id, AuditEntry.act, AuditEntry.subject, AuditEntry.subject_id,
    AuditEntry.detail, AuditEntry.seal_no, AuditEntry.hash,
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The last seal: whoever keeps one elsewhere sees later whether what came before it is still the same."""

    seal_no: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seal_no} {self.hash}"


@dataclass(frozen=True)
class Report:
    """What a verification found: how many entries are sealed, the head, how many wait too long, and every fault."""

    sealed: int
    head: Head
    overdue: int
    faults: Sequence[str] = field(default=())


def seal(session: Session, now: datetime, most: int = MOST) -> int:
    """Seal what is not sealed yet, the oldest first; returns how many. One sealer at a time: another does nothing."""
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": ONE_SEALER}):
        return 0
    last = head(session)
    waiting = select(*_COLUMNS).where(AuditEntry.seal_no.is_(None)).order_by(AuditEntry.id).limit(most)
    rows = session.execute(waiting).all()
    seals = []
    for row in rows:
        last = Head(last.seal_no + 1, _hash(last.hash, last.seal_no + 1, row))
        seals.append({"id": row.id, "seal_no": last.seal_no, "hash": last.hash})
    if seals:
        session.execute(update(AuditEntry), seals)
    return len(rows)


def head(session: Session) -> Head:
    """The last seal; number 0 while nothing is sealed."""
    newest = (
        select(AuditEntry.seal_no, AuditEntry.hash)
        .where(AuditEntry.seal_no.is_not(None))
        .order_by(AuditEntry.seal_no.desc())
    )
    found = session.execute(newest.limit(1)).first()
    return Head(found.seal_no or 0, found.hash or START) if found else Head(0, START)


def verify(session: Session, now: datetime, kept: Iterable[Head] = ()) -> Report:
    """Compute every seal anew, and compare with heads that were ``kept`` elsewhere.

    The first entry that is missing or not as it was sealed is named; what comes after it proves nothing any more.
    """
    wanted = {each.seal_no: each for each in kept}
    last, faults, count = Head(0, START), [], 0
    for row in _sealed(session):
        expected = last.seal_no + 1
        if row.seal_no != expected:
            faults.append(
                f"seal {expected} is missing: an entry was removed before entry {row.id} (seal {row.seal_no})"
            )
            break
        if row.hash != _hash(last.hash, expected, row):
            faults.append(f"seal {expected} is broken: entry {row.id} was changed, or put in place of another")
            break
        last, count = Head(expected, row.hash), count + 1
        faults += _compared(wanted, last)
    if not faults:
        ends = [each for each in wanted.values() if each.seal_no > last.seal_no]
        faults += [
            f"seal {each.seal_no} is missing: the trail ends at {last.seal_no}, and once went on" for each in ends
        ]
    waits = (AuditEntry.seal_no.is_(None), AuditEntry.at < now - OVERDUE)
    overdue = session.scalar(select(func.count()).select_from(AuditEntry).where(*waits)) or 0
    return Report(count, last, overdue, faults)


def read_heads(lines: Iterable[str]) -> list[Head]:
    """Heads that were kept in a file, one a line. Raises :class:`ValueError` for a line that is none."""
    heads = []
    for line in filter(str.strip, lines):
        number, _, value = line.strip().partition(" ")
        if not number.isdecimal() or len(value) != len(START) or not set(value) <= set("0123456789abcdef"):
            raise ValueError(f"{line.strip()!r} is no head: it is a number and 64 hexadecimal digits")
        heads.append(Head(int(number), value))
    return heads


def tell_head(session: Session) -> None:
    """Write the head into the log, which is kept elsewhere than the trail."""
    now_at = head(session)
    # In words and not as a bare number: what looks like one is taken out of every line.
    log.info("audit head", extra={"count": now_at.seal_no, "code": now_at.hash})


def _compared(wanted: dict[int, Head], last: Head) -> list[str]:
    kept = wanted.get(last.seal_no)
    if kept is None or kept == last:
        return []
    return [f"seal {last.seal_no} is another than the one that was kept: the trail up to there was written anew"]


def _sealed(session: Session) -> Iterator[Row[Any]]:
    """Every sealed entry in order, a few thousand at a time."""
    after = None
    while True:
        wanted = AuditEntry.seal_no.is_not(None) if after is None else AuditEntry.seal_no > after
        found = session.execute(select(*_COLUMNS).where(wanted).order_by(AuditEntry.seal_no).limit(AT_A_TIME)).all()
        yield from found
        if len(found) < AT_A_TIME:
            return
        after = found[-1].seal_no


def _hash(before: str, seal_no: int, row: Row[Any]) -> str:
    entry = {
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "responder_id": row.responder_id,
        "act": row.act,
        "subject": row.subject,
        "subject_id": row.subject_id,
        "detail": row.detail,
    }
    plain = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{before}\n{seal_no}\n{plain}".encode()).hexdigest()
