"""Takes an HSDS 3 directory in: all of it or nothing, the same input twice changes nothing."""

import calendar
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import indexing, needs, reading, splitting, staging
from gateway.directory.flatten import Record
from gateway.directory.mending import Mended, mend
from gateway.directory.objects import BY_NAME, KINDS
from gateway.directory.report import ImportBusy, ImportFailed, Remark, Report, Sink
from gateway.models.directory import DATASET_LENGTH
from gateway.models.listing import Dataset, ImportRun


class Step(NamedTuple):
    """How far an import is: what it does, the rows read so far, and the share of the files that is read."""

    name: str
    rows: int
    share: float


Progress = Callable[[int], None]
Watch = Callable[[Step], None]
ONE_AT_A_TIME = 720_913  # a constant of our own: two imports at once would wait for each other's rows
STEP = 1_000  # rows between two calls of ``progress``
TOO_MANY_REFUSED = 0.5
TOO_MANY_GONE = 0.5
MONTHS = frozenset(month.lower() for month in (*calendar.month_name, *calendar.month_abbr) if month)
GENERIC = frozenset(("csv", "json", "hsds", "hsds3", "data", "services", "export", "output"))


@dataclass(frozen=True)
class Incoming:
    """What is to be imported: rows, where they come from, and the report (which names the dataset) to fill.

    ``allow_shrink`` takes a set that lost more than half of its services. Without ``wait`` an import that is at work
    already is not waited for. ``watch`` is told each step and, while rows are read, every thousand of them.
    """

    records: Iterable[Record]
    source: str
    report: Report
    mapping: needs.Mapping = field(default_factory=needs.standard)
    allow_shrink: bool = False
    wait: bool = True
    watch: Watch | None = None

    def tell(self, step: str, rows: int = 0) -> None:
        """Say how far it is."""
        if self.watch:
            share = self.report.bytes_read / self.report.bytes_total if self.report.bytes_total else 0.0
            self.watch(Step(step, rows, min(share, 1.0)))


def import_path(  # noqa: PLR0913 - where from, where to, and what may come of it
    store: Database | Session,
    path: Path,
    now: datetime,
    progress: Progress | None = None,
    *,
    dataset: str | None = None,
    allow_shrink: bool = False,
    mapping: Path | None = None,
    watch: Watch | None = None,
    sink: Sink | None = None,
) -> Report:
    """Import a folder of HSDS CSV files, or a JSON file or folder.

    With a :class:`Database` the import is a transaction of its own; with a session it is a savepoint of the
    caller's. ``dataset`` names the set that is replaced; without it the name is made from the path. ``mapping`` is a
    file that says how files of another shape are read. ``progress`` is called with the number of rows read so far.
    Raises :class:`ImportFailed`, and then nothing has changed: also when more than half of the set's services would
    go, unless ``allow_shrink`` says that they may. ``watch`` is told every step, ``sink`` every remark.
    """
    report = Report(slug(dataset) if dataset else dataset_name(path), sink=sink)
    rows = reading.records(path, report, mapping)
    incoming = Incoming(rows, str(path), report, allow_shrink=allow_shrink, watch=watch)
    return import_records(store, incoming, now, progress)


def import_records(
    store: Database | Session, incoming: Incoming, now: datetime, progress: Progress | None = None
) -> Report:
    """Import rows that are already at hand; fills and returns the report. Raises as :func:`import_path` does."""
    try:
        if isinstance(store, Database):
            with store.begin() as session:
                _replace(session, incoming, now, progress)
        else:
            with store.begin_nested():
                _replace(store, incoming, now, progress)
    except (SQLAlchemyError, psycopg.Error) as error:
        raise ImportFailed([f"the database refused the import ({type(error).__name__})"]) from error
    return incoming.report


def dataset_name(path: Path) -> str:
    """A name from the last telling parts of a path: ``…/ilao/hsds3/services.json`` -> ``ilao``.

    Raises :class:`ImportFailed` where that is a date or a number: two counties' sets of one month would have one name,
    and each would remove the other.
    """
    parts = [slug(part) for part in (*path.resolve().parent.parts[1:], path.stem)]
    telling = [part for part in parts if part and part not in GENERIC]
    name = telling[-1] if telling else "directory"
    words = set(name.split("-")) - GENERIC
    if words and all(word.isdigit() or word in MONTHS for word in words):
        raise ImportFailed([f"{name!r} says when and not whose: name the dataset with --dataset"])
    return name


def slug(name: str) -> str:
    """Small letters, digits and hyphens, short enough to stand before every service id."""
    return re.sub(r"[^a-z0-9]+", "-", needs.fold(name)).strip("-")[:DATASET_LENGTH].strip("-")


def _replace(session: Session, incoming: Incoming, now: datetime, progress: Progress | None) -> None:
    report = incoming.report
    session.flush()
    session.execute(text("SET LOCAL statement_timeout = 0"))
    _take_turn(session, wait=incoming.wait)
    connection = staging.driver(session)
    stage = staging.Staging(connection, report.dataset, report)
    read = _stage(stage, incoming, progress)
    incoming.tell("checking what refers to what", stage.rows)
    stage.settle()
    _accept(report, read)
    if not incoming.allow_shrink:
        _refuse_to_shrink(stage)
    incoming.tell("writing what changed", stage.rows)
    stage.merge()
    # Until Postgres has counted new rows its plans are those for empty tables: minutes instead of a second.
    large = _is_large(report)
    indexing.analyze(connection, *(BY_NAME if large else ()))
    incoming.tell("finding the needs that are met", stage.rows)
    needs.tag(connection, report.dataset, incoming.mapping)
    indexing.analyze(connection, *(("service_need",) if large else ()))
    incoming.tell("building the search index", stage.rows)
    indexing.build(connection, report.dataset)
    indexing.analyze(connection, *(("search_entry",) if large else ()))
    _remember(session, report, incoming.source, now)
    _warn_of_copies(session, report)


def _take_turn(session: Session, *, wait: bool) -> None:
    verb = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    got = session.scalar(text(f"SELECT {verb}(:key)"), {"key": ONE_AT_A_TIME})
    if not wait and not got:
        raise ImportBusy(["another import is at work"])


def _refuse_to_shrink(stage: staging.Staging) -> None:
    """A set that loses most of its services is most likely another one, or a part."""
    before, gone = stage.gone("service")
    if gone > TOO_MANY_GONE * before:
        fault = f"{gone} of the {before} services would be removed: is this the right dataset, and all of it?"
        raise ImportFailed([fault, "to remove them all the same, say --allow-shrink"])


def _is_large(report: Report) -> bool:
    return sum(change.added + change.changed + change.removed for change in report.changes.values()) > staging.SMALL


def _stage(stage: staging.Staging, incoming: Incoming, progress: Progress | None) -> int:
    """Mend and stage every row; returns how many rows of services were read."""
    services, report = 0, incoming.report
    rows = (row for record in incoming.records for row in splitting.split(record))
    for count, record in enumerate(rows, start=1):
        services += record.kind == "service"
        mended = mend(record)
        _account(report, record, mended)
        if mended.row is None:
            report.refuse(record.kind, Remark(record.file, record.row, mended.refused or "refused"))
        else:
            stage.add(BY_NAME[record.kind], mended.row, record.file, record.row)
        if count % STEP == 0:
            incoming.tell("reading", count)
            if progress:
                progress(count)
    return services


def _account(report: Report, record: Record, mended: Mended) -> None:
    """Say what became of the cells of a row."""
    report.unknown.update(f"{record.kind}.{name}" for name in mended.unknown)
    report.left_out.update(f"{record.kind}.{name}, about a person" for name in mended.personal)
    for note in mended.notes:
        report.mend(record.kind, Remark(record.file, record.row, note))
    for note in mended.kept:
        report.keep(record.kind, Remark(record.file, record.row, note))


def _accept(report: Report, read: int) -> None:
    """An import that would leave nothing, or that mostly fails, is a wrong file and not a new directory."""
    taken, refused = report.taken["service"], report.refused_count["service"]
    read = read and max(read, taken + refused)  # a row that did not fit its columns was refused before it was read
    if taken and refused <= TOO_MANY_REFUSED * max(read, 1):
        return
    fault = f"{refused} of {read} services were refused" if read else "no services were found"
    reasons = [str(remark) for remark in report.refused][:10]
    raise ImportFailed([fault, *reasons, *report.notes])


def _remember(session: Session, report: Report, source: str, now: datetime) -> None:
    row = session.get(Dataset, report.dataset)
    if row is None:
        row = Dataset(name=report.dataset, changed_at=now)
        session.add(row)
    elif not report.unchanged:
        row.changed_at = now
    row.source, row.imported_at, row.counts = source, now, {kind.name: report.taken[kind.name] for kind in KINDS}
    if not report.unchanged:
        session.add(ImportRun(dataset=report.dataset, at=now, source=source, state="done", report=report.plain()))
    session.flush()


def _warn_of_copies(session: Session, report: Report) -> None:
    """The same services under another name are most likely a newer copy that should have replaced it."""
    rows = session.execute(
        text(
            "SELECT other.dataset, count(*) FROM service AS mine JOIN service AS other USING (id, name)"
            " WHERE mine.dataset = :dataset AND other.dataset <> :dataset GROUP BY other.dataset"
        ),
        {"dataset": report.dataset},
    )
    for other, count in rows:
        report.notes.append(f"{count} services are also in dataset {other}; to replace that one, import under its name")
