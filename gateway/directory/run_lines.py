"""What ``frontdoor directory preview``, ``runs``, ``undo`` and ``as-of`` do, as lines to print."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from gateway.db import Database
from gateway.directory import freshness, needs, runs, staging, undoing
from gateway.directory.report import ImportFailed
from gateway.directory.runs import Run
from gateway.models.listing import Dataset


def preview(  # noqa: PLR0913 - as the import's
    database: Database,
    path: Path | Sequence[Path],
    now: datetime,
    dataset: str | None = None,
    *,
    allow_shrink: bool = False,
    mapping: Path | None = None,
) -> Iterator[str]:
    """The report of an import and its first changes, without making it. Raises :class:`ImportFailed` as it would."""
    report, lines = undoing.preview(database, path, now, dataset=dataset, allow_shrink=allow_shrink, mapping=mapping)
    yield from report.lines()
    yield from lines
    yield "Nothing was changed: this was a preview."


def listed(database: Database, dataset: str | None = None) -> Iterator[str]:
    """The newest imports, one a line."""
    with database.begin() as session:
        for run in runs.listed(session, dataset):
            yield f"{run.id:>6} {run.at:%Y-%m-%d %H:%M} {run.dataset:<24} {run.state:<7} {_changes(run)}"


def undo(
    database: Database,
    dataset: str,
    now: datetime,
    run_id: int | None = None,
    tags: needs.Mapping | None = None,
) -> Iterator[str]:
    """Take the newest import back, or all since ``run_id``. Raises :class:`ImportFailed` where none can be."""
    with database.begin() as session:
        run = undoing.undo(session, dataset, now, mapping=tags, run_id=run_id)
    yield f"Took back the import of {run.at:%Y-%m-%d %H:%M} into {dataset}: {_changes(run)}"


def as_of(database: Database, dataset: str, day: date) -> Iterator[str]:
    """Write down for which day a publisher vouches. Raises :class:`ImportFailed` for an unknown dataset."""
    with database.begin() as session:
        row = session.get(Dataset, dataset)
        if row is None:
            raise ImportFailed([f"there is no dataset {dataset!r}"])
        row.as_of = day
        session.flush()
        freshness.refresh(staging.driver(session), dataset)
    yield f"{dataset}: its publisher vouches for {day}"


def _changes(run: Run) -> str:
    if run.first:
        return "the first import"
    parts = (f"+{added} ~{changed} -{removed} {kind}" for kind, (added, changed, removed) in run.changes.items())
    return ", ".join(parts) or "nothing changed"
