"""Takes an HSDS 3 directory in: all of it or nothing, the same input twice changes nothing."""

import calendar
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import freshness, indexing, needs, overlay, packing, reading, runs, splitting, staging, unpacking
from gateway.directory.flatten import Record
from gateway.directory.folding import fold
from gateway.directory.mending import Mended, mend
from gateway.directory.objects import BY_NAME, KINDS
from gateway.directory.report import ImportBusy, ImportFailed, Remark, Report, Sink
from gateway.models.directory import DATASET_LENGTH
from gateway.models.listing import Dataset


class Step(NamedTuple):
    """How far an import is: what it does, the rows read so far, and the share of the files that is read."""

    name: str
    rows: int
    share: float


Watch = Callable[[Step], None]
ONE_AT_A_TIME = 720_913  # a constant of our own: two imports at once would wait for each other's rows
STEP = 1_000  # rows between two calls of ``watch``
TOO_MANY_REFUSED = 0.5
TOO_MANY_GONE = 0.5
MONTHS = frozenset(month.lower() for month in (*calendar.month_name, *calendar.month_abbr) if month)
GENERIC = frozenset(("csv", "json", "hsds", "hsds3", "data", "services", "export", "output"))


@dataclass(frozen=True)
class Incoming:
    """What is to be imported: rows, where they come from, and the report (which names the dataset) to fill.

    ``allow_shrink`` takes a set that lost more than half of its services. Without ``wait`` an import that is at work
    already is not waited for. ``watch`` is told each step and, while rows are read, every thousand of them. A ``trial``
    ends when the rows are written, for somebody to look at and take back: what search reads is not built.
    """

    records: Iterable[Record]
    source: str
    report: Report
    mapping: needs.Mapping = field(default_factory=needs.standard)
    allow_shrink: bool = False
    wait: bool = True
    watch: Watch | None = None
    trial: bool = False

    def tell(self, step: str, rows: int = 0) -> None:
        """Say how far it is."""
        if self.watch:
            share = self.report.bytes_read / self.report.bytes_total if self.report.bytes_total else 0.0
            self.watch(Step(step, rows, min(share, 1.0)))


def import_path(  # noqa: PLR0913 - where from, where to, and what may come of it
    store: Database | Session,
    path: Path | Sequence[Path],
    now: datetime,
    *,
    dataset: str | None = None,
    allow_shrink: bool = False,
    mapping: Path | None = None,
    watch: Watch | None = None,
    sink: Sink | None = None,
    tags: needs.Mapping | None = None,
    source: str | None = None,
    trial: bool = False,
) -> Report:
    """Import a folder of HSDS CSV files, a JSON file or folder, a ZIP of either, or several of them as one set.

    With a :class:`Database` the import is a transaction of its own; with a session it is a savepoint of the
    caller's. ``dataset`` names the set that is replaced; without it the name is made from the path. ``mapping`` is a
    file that says how files of another shape are read. Raises :class:`ImportFailed`, and then nothing has changed: also
    when more than half of the set's services would go, unless ``allow_shrink`` says that they may. ``watch`` is told
    every step, ``sink`` every remark. ``tags`` say which words are which needs; without them ours do. ``source`` is
    kept as where it came from, in place of the path. A ``trial`` is one as of :class:`Incoming`.
    """
    paths = [path] if isinstance(path, Path) else list(path)
    report = Report(slug(dataset) if dataset else common_name(paths), sink=sink)
    with ExitStack() as stack:
        folders = [stack.enter_context(unpacking.opened(each)) for each in paths]
        rows = chain.from_iterable(reading.records(folder, report, mapping) for folder in folders)
        came_from, meaning = source or ", ".join(map(str, paths)), tags or needs.standard()
        incoming = Incoming(
            rows, came_from, report, mapping=meaning, allow_shrink=allow_shrink, watch=watch, trial=trial
        )
        return import_records(store, incoming, now)


def import_records(store: Database | Session, incoming: Incoming, now: datetime) -> Report:
    """Import rows that are already at hand; fills and returns the report. Raises as :func:`import_path` does."""
    try:
        if isinstance(store, Database):
            with store.begin() as session:
                _replace(session, incoming, now)
            packing.after(store, 0 if incoming.trial else incoming.report.taken["service"])
        else:
            with store.begin_nested():
                _replace(store, incoming, now)
    except (SQLAlchemyError, psycopg.Error) as error:
        raise ImportFailed([f"the database refused the import ({type(error).__name__})"]) from error
    return incoming.report


def common_name(paths: Sequence[Path]) -> str:
    """The name of a set that is read from one path. Raises :class:`ImportFailed` for several, which have none."""
    if len(paths) != 1:
        raise ImportFailed(["several paths are one set only under a name: give it with --dataset"])
    return dataset_name(paths[0])


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
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:DATASET_LENGTH].strip("-")


def _replace(session: Session, incoming: Incoming, now: datetime) -> None:
    report = incoming.report
    session.flush()
    session.execute(text("SET LOCAL statement_timeout = 0"))
    take_turn(session, wait=incoming.wait)
    connection = staging.driver(session)
    stage = staging.Staging(connection, report.dataset, report)
    read = _stage(stage, incoming)
    incoming.tell("checking what refers to what", stage.rows)
    stage.settle()
    _accept(report, read)
    if not incoming.allow_shrink:
        _refuse_to_shrink(stage)
    overlay.lay(connection, report, now)
    run = runs.note(connection, report.dataset, incoming.source, now)
    incoming.tell("writing what changed", stage.rows)
    stage.merge()
    # Until Postgres has counted new rows its plans are those for empty tables: minutes instead of a second.
    large = _is_large(report)
    indexing.analyze(connection, *(BY_NAME if large else ()))
    freshness.note_new(connection, report.dataset, now.date())
    if not incoming.trial:
        _index(connection, incoming, stage.rows, large=large)
    _remember(session, report, incoming.source, now)
    runs.finish(connection, run, report)
    _warn_of_copies(session, report)


def _index(connection: Connection[Any], incoming: Incoming, rows: int, *, large: bool) -> None:
    dataset = incoming.report.dataset
    incoming.tell("finding the needs that are met", rows)
    needs.tag(connection, dataset, incoming.mapping)
    indexing.analyze(connection, *(("service_need",) if large else ()))
    incoming.tell("building the search index", rows)
    indexing.build(connection, dataset)
    indexing.analyze(connection, *(("known_since", *indexing.TABLES) if large else ()))


def take_turn(session: Session, *, wait: bool = True) -> None:
    """Let nobody else import, undo or edit until this transaction ends.

    Raises :class:`ImportBusy` where another is at work and is not to be waited for.
    """
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


def _stage(stage: staging.Staging, incoming: Incoming) -> int:
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
