"""Writes down what each import changes, row by row, so that it can be shown beforehand and undone afterwards."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection, sql
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory.objects import KINDS, Kind
from gateway.directory.report import Report

DONE, UNDONE = "done", "undone"
FIRST = "first"
KEPT = 10  # the newest imports of a dataset whose rows are kept, so that they can be taken back
CHANGES: LiteralString = """
INSERT INTO import_change (run_id, object, object_id, before, after)
SELECT %(run)s, %(object)s, coalesce(kept.id, fresh.id),
       CASE WHEN kept.id IS NOT NULL THEN to_jsonb(kept) - 'dataset' - 'source' END,
       CASE WHEN fresh.id IS NOT NULL THEN to_jsonb(fresh) - 'file' - 'line' - 'seq' END
FROM (SELECT * FROM {table} AS row WHERE dataset = %(dataset)s {feed}) AS kept
FULL JOIN {incoming} AS fresh ON fresh.id = kept.id
WHERE kept.id IS NULL OR fresh.id IS NULL OR ({kept}) IS DISTINCT FROM ({fresh})
"""
FORGET = """
DELETE FROM import_change c USING import_run r WHERE r.id = c.run_id AND r.dataset = %(dataset)s AND r.id <= (
  SELECT id FROM import_run n WHERE n.dataset = %(dataset)s
  AND EXISTS (SELECT FROM import_change k WHERE k.run_id = n.id) ORDER BY id DESC OFFSET %(kept)s LIMIT 1)
"""
LISTED = """
SELECT r.id, r.dataset, r.at, r.source, r.state, r.report -> 'first' = 'true' AS first,
       r.report -> 'changes' AS changes,
       EXISTS (SELECT FROM import_change c WHERE c.run_id = r.id) AS kept,
       b.name AS by, a.name AS approved_by, u.name AS undone_by
FROM import_run r LEFT JOIN responders b ON b.id = r.responder_id
LEFT JOIN responders a ON a.id = r.approved_by LEFT JOIN responders u ON u.id = r.undone_by
WHERE r.state IN ('done', 'undone') AND (CAST(:dataset AS text) IS NULL OR r.dataset = :dataset)
ORDER BY r.id DESC LIMIT :most
"""
FROM_FEED = sql.SQL(" AND source = 'feed'")


@dataclass(frozen=True)
class Run:
    """One import as it is listed; ``changes`` are rows added, changed and removed by HSDS object.

    ``kept`` is whether what it changed is still written down, row by row. ``by``, ``approved_by`` and ``undone_by`` are
    the names of who decided, where that was in the console.
    """

    id: int
    dataset: str
    at: datetime
    source: str
    state: str
    first: bool
    changes: dict[str, tuple[int, int, int]]
    kept: bool = False
    by: str | None = None
    approved_by: str | None = None
    undone_by: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it changed something and still holds."""
        return self.state == DONE and (self.first or bool(self.changes))


def note(connection: Connection[Any], dataset: str, source: str, now: datetime) -> int:
    """Write down what the staged rows will change, before they are merged; returns the run's id.

    Of a dataset's first import only the fact is kept: undoing it takes the whole dataset away. Rows are kept of the
    :data:`KEPT` newest runs that changed something; of older ones the counts stay.
    """
    before = connection.execute(
        "SELECT source, imported_at, counts FROM dataset WHERE name = %s", (dataset,)
    ).fetchone()
    first = before is None
    report: dict[str, Any] = {FIRST: first}
    if before is not None:
        report["before"] = {"source": before[0], "imported_at": before[1].isoformat(), "counts": before[2]}
    made = connection.execute(
        "INSERT INTO import_run (dataset, at, source, state, report) VALUES (%s, %s, %s, %s, %s) RETURNING id",
        (dataset, now, source, DONE, Jsonb(report)),
    ).fetchone()
    run = int(made[0]) if made else 0
    if not first:
        changed = sum(_changes_of(connection, kind, dataset, run) for kind in KINDS)
        if changed:
            connection.execute(FORGET, {"dataset": dataset, "kept": KEPT})
    return run


def finish(connection: Connection[Any], run: int, report: Report) -> None:
    """Keep an import's report with its run; of an import that changed nothing there is no run."""
    if report.unchanged:
        connection.execute("DELETE FROM import_run WHERE id = %s", (run,))
    else:
        connection.execute("UPDATE import_run SET report = report || %s WHERE id = %s", (Jsonb(report.plain()), run))


def newest(session: Session, dataset: str) -> Run | None:
    """The newest import of a dataset that changed something and is not undone."""
    return next((run for run in listed(session, dataset) if run.counts), None)


def since(session: Session, dataset: str, run_id: int) -> list[Run]:
    """The run and all later ones that hold and changed something, the newest first: what undoing it takes back.

    Empty where there is no such run, or not all that they changed is still written down.
    """
    later = [run for run in listed(session, dataset, most=1_000) if run.counts and run.id >= run_id]
    if not later or later[-1].id != run_id:
        return []
    return later if later[-1].first or all(run.kept for run in later) else []


def listed(session: Session, dataset: str | None = None, most: int = 50) -> list[Run]:
    """The newest imports first."""
    return [
        Run(
            row.id,
            row.dataset,
            row.at,
            row.source,
            row.state,
            bool(row.first),
            {} if row.first else _counts(row.changes or {}),
            row.kept,
            row.by,
            row.approved_by,
            row.undone_by,
        )
        for row in session.execute(text(LISTED), {"dataset": dataset, "most": most})
    ]


def _counts(changes: dict[str, dict[str, int]]) -> dict[str, tuple[int, int, int]]:
    counts = {kind: (found["added"], found["changed"], found["removed"]) for kind, found in changes.items()}
    return {kind: found for kind, found in counts.items() if any(found)}


def differences(session: Session, run_id: int, most: int = 40) -> list[str]:
    """What a run changes in services and their parts, as lines: ``~ service Food pantry: url, name``."""
    rows = session.execute(
        text(
            "SELECT object, object_id, before, after FROM import_change WHERE run_id = :run"
            " ORDER BY object <> 'service', object, object_id LIMIT :most"
        ),
        {"run": run_id, "most": most},
    )
    return [_line(row) for row in rows]


def _line(row: Any) -> str:
    mark = "+" if row.before is None else "-" if row.after is None else "~"
    known: dict[str, Any] = row.after or row.before
    named = known.get("name") or known.get("number") or known.get("address_1") or row.object_id
    if mark != "~":
        return f"{mark} {row.object} {named}"
    fields = [field for field, value in row.after.items() if row.before.get(field) != value]
    return f"{mark} {row.object} {named}: {', '.join(sorted(fields))}"


def _changes_of(connection: Connection[Any], kind: Kind, dataset: str, run: int) -> int:
    names = [name for name in kind.columns if name != "id"]
    query = sql.SQL(CHANGES).format(
        table=sql.Identifier(kind.name),
        incoming=sql.Identifier(f"incoming_{kind.name}"),
        feed=FROM_FEED if kind.has_sources else sql.SQL(""),
        kept=sql.SQL(", ").join(sql.Identifier("kept", name) for name in names),
        fresh=sql.SQL(", ").join(sql.Identifier("fresh", name) for name in names),
    )
    return connection.execute(query, {"run": run, "object": kind.name, "dataset": dataset}).rowcount
