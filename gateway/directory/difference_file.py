"""Writes all that an import changes, or that undoing it would, as a table for a spreadsheet: one line for each cell.

The page of an import tells some hundreds of differences; here is every one, whole. A row that comes or goes has a line
for each of its cells.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.cells import harmless
from gateway.directory import differences

BATCH = 1_000


class Line(NamedTuple):
    """One cell: of which service, place or organization (``of``), in which HSDS object, and what it is before and
    after. ``mark`` is new, changed or gone, said of the object."""

    mark: str
    of: str
    of_id: str
    of_name: str
    object: str
    id: str
    field: str
    before: str
    after: str


def of_run(session: Session, dataset: str, run_id: int) -> Iterator[Line]:
    """What an import changed, or in a trial would change."""
    return _lines(session, dataset, differences.changed(session, run_id))


def taken_back(session: Session, dataset: str, runs: Sequence[int]) -> Iterator[Line]:
    """What would change if these imports were undone."""
    return _lines(session, dataset, differences.undone(session, runs))


def of_first(session: Session, dataset: str, mark: str = "new") -> Iterator[Line]:
    """The services that a dataset's first import brings, or takes along when it is undone."""
    rows = session.execute(
        text("SELECT id, name FROM service WHERE dataset = :dataset ORDER BY name, id"), {"dataset": dataset}
    )
    for row in rows:
        told = ("", row.name) if mark == "new" else (row.name, "")
        yield Line(mark, "service", row.id, row.name, "service", row.id, "name", *told)


def write(path: Path, lines: Iterable[Line]) -> None:
    """Write a table (RFC 4180, packed); until all of it is there nothing stands under its name."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.part")
    with gzip.open(part, "wt", encoding="utf-8", newline="", compresslevel=5) as stream:
        writer = csv.writer(stream)
        writer.writerow(Line._fields)
        writer.writerows(map(harmless, line) for line in lines)
    part.replace(path)


def read(path: Path) -> Iterator[bytes]:
    """The table in pieces, as it is sent."""
    with gzip.open(path, "rb") as stream:
        while piece := stream.read(io.DEFAULT_BUFFER_SIZE * 8):
            yield piece


def _lines(session: Session, dataset: str, rows: Iterable[Any]) -> Iterator[Line]:
    for some in batched(rows, BATCH):
        owners = [differences.owner(row) for row in some]
        names = differences.names(session, dataset, owners)
        for row, (kind, key) in zip(some, owners, strict=True):
            own = (row.after or row.before) if (row.object, row.object_id) == (kind, key) else {}
            name = own.get("name") or names.get((kind, key)) or ""
            yield from _cells(row, (kind, key, str(name)))


def _cells(row: Any, owner: tuple[str, str, str]) -> Iterator[Line]:
    before, after = row.before or {}, row.after or {}
    mark = "changed" if before and after else "new" if after else "gone"
    for field in {**before, **after}:
        if field != "id" and before.get(field) != after.get(field):
            told = (_said(before.get(field)), _said(after.get(field)))
            yield Line(mark, *owner, row.object, row.object_id, field, *told)


def _said(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
