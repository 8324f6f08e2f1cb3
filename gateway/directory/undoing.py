"""Shows what an import would do without doing it, and takes imports back, the newest first."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString

from psycopg import Connection, sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import importing, indexing, needs, overlay, runs, staging
from gateway.directory.objects import KINDS, Kind
from gateway.directory.report import ImportFailed, Report
from gateway.directory.runs import Run

PUT_BACK: LiteralString = """
INSERT INTO {table} (dataset, {columns})
SELECT %(dataset)s, {cells} FROM import_change AS change
CROSS JOIN LATERAL jsonb_populate_record(NULL::{table}, change.before) AS row
WHERE change.run_id = %(run)s AND change.object = %(object)s AND change.before IS NOT NULL
ON CONFLICT (dataset, id) DO UPDATE SET {assignments}
"""
TAKE_AWAY: LiteralString = """
DELETE FROM {table} AS row USING import_change AS change
WHERE change.run_id = %(run)s AND change.object = %(object)s AND change.before IS NULL
  AND row.dataset = %(dataset)s AND row.id = change.object_id
"""
ALL: LiteralString = "DELETE FROM {table} AS row WHERE row.dataset = %(dataset)s"


def preview(  # noqa: PLR0913 - as the import's
    database: Database,
    path: Path | Sequence[Path],
    now: datetime,
    *,
    dataset: str | None = None,
    allow_shrink: bool = False,
    mapping: Path | None = None,
) -> tuple[Report, list[str]]:
    """What an import would change, and the first changes as lines. It is the import itself, but for what search reads,
    taken back at its end.

    Raises :class:`ImportFailed` as the import would.
    """

    def make(session: Session) -> Report:
        return importing.import_path(
            session, path, now, dataset=dataset, allow_shrink=allow_shrink, mapping=mapping, trial=True
        )

    return trial(database, make, _first_lines)


def trial[Seen](
    database: Database, make: Callable[[Session], Report], look: Callable[[Session, Report], Seen]
) -> tuple[Report, Seen]:
    """Make an import, look at what it did, and take it back."""
    with database.begin() as session:
        attempt = session.begin_nested()
        report = make(session)
        seen = look(session, report)
        attempt.rollback()
    return report, seen


def _first_lines(session: Session, report: Report) -> list[str]:
    return [] if report.unchanged else runs.differences(session, runs.listed(session, report.dataset, 1)[0].id)


def undo(  # noqa: PLR0913 - which imports, by whom, and how what is left is read
    session: Session,
    dataset: str,
    now: datetime,
    responder_id: int | None = None,
    mapping: needs.Mapping | None = None,
    run_id: int | None = None,
) -> Run:
    """Put every row back that the newest import of a dataset changed; what editors wrote since stays.

    With ``run_id`` that import and all later ones of the dataset are taken back, and it is returned. Raises
    :class:`ImportFailed` where there is nothing to undo, or what a run changed is no longer written down.
    """
    session.execute(text("SET LOCAL statement_timeout = 0"))
    importing.take_turn(session)
    newest = runs.newest(session, dataset)
    taken_back = runs.since(session, dataset, run_id or (newest.id if newest else 0))
    if not taken_back:
        raise ImportFailed([f"there is no import of {dataset!r} that can be undone"])
    connection = staging.driver(session)
    if taken_back[-1].first:
        _everything(connection, dataset)
    else:
        for run in taken_back:
            _put_back(connection, run)
            _withdraw_conflicts(connection, run)
        overlay.again(connection, dataset)
        needs.tag(connection, dataset, mapping or needs.standard())
        indexing.build(connection, dataset)
    for run in taken_back:
        _remember(connection, run, now, responder_id)
    return taken_back[-1]


def _put_back(connection: Connection[Any], run: Run) -> None:
    for kind in reversed(KINDS):
        _run(connection, TAKE_AWAY, kind, run)
    for kind in KINDS:
        _run(connection, PUT_BACK, kind, run)


def _everything(connection: Connection[Any], dataset: str) -> None:
    for kind in reversed(KINDS):
        connection.execute(sql.SQL(ALL).format(table=sql.Identifier(kind.name)), {"dataset": dataset})
    for table in (*indexing.TABLES, "known_since"):
        connection.execute(sql.SQL(ALL).format(table=sql.Identifier(table)), {"dataset": dataset})
    connection.execute("DELETE FROM dataset WHERE name = %s", (dataset,))


def _withdraw_conflicts(connection: Connection[Any], run: Run) -> None:
    """What was asked because of this import is asked no more, and the overrides stand in for what they did."""
    connection.execute(
        "WITH asked AS (UPDATE correction SET state = 'superseded' WHERE dataset = %s AND source = 'import'"
        " AND state = 'open' AND created_at = %s RETURNING *)"
        " UPDATE override o SET base = asked.base FROM asked WHERE (o.dataset, o.object, o.object_id, o.field)"
        " = (asked.dataset, asked.object, asked.object_id, asked.field)",
        (run.dataset, run.at),
    )


def _remember(connection: Connection[Any], run: Run, now: datetime, responder_id: int | None) -> None:
    connection.execute(
        "UPDATE dataset SET source = r.report #>> '{before,source}',"
        " imported_at = CAST(r.report #>> '{before,imported_at}' AS timestamptz), changed_at = %s,"
        " counts = coalesce(r.report #> '{before,counts}', counts)"
        " FROM import_run r WHERE r.id = %s AND name = r.dataset AND r.report ? 'before'",
        (now, run.id),
    )
    connection.execute(
        "UPDATE import_run SET state = %s, undone_at = %s, undone_by = %s WHERE id = %s",
        (runs.UNDONE, now, responder_id, run.id),
    )
    connection.execute("DELETE FROM import_change WHERE run_id = %s", (run.id,))


def _run(connection: Connection[Any], query: LiteralString, kind: Kind, run: Run) -> None:
    composed = sql.SQL(query).format(
        table=sql.Identifier(kind.name),
        columns=sql.SQL(", ").join(map(sql.Identifier, kind.columns)),
        cells=sql.SQL(", ").join(sql.Identifier("row", name) for name in kind.columns),
        assignments=sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in kind.columns if name != "id"
        ),
    )
    connection.execute(composed, {"run": run.id, "object": kind.name, "dataset": run.dataset})
