"""Where an import's rows wait until all of them are in: checked against each other, then merged into the directory."""

from typing import Any, LiteralString, cast

from psycopg import Connection, sql
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from gateway.directory.objects import BY_NAME, KINDS, Kind
from gateway.directory.report import Change, Remark, Report
from gateway.directory.tables import ENDINGS

BATCH = 2_000
SMALL = 2_000  # rows; below these an index costs more than it saves
SOURCE = ("file", "line", "seq")
LOST: LiteralString = (
    "WITH lost AS (SELECT seq, {column} AS named FROM {incoming} AS row WHERE {column} IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM {parent} AS above WHERE above.id = row.{column}))"
)
RETURN_LOST: LiteralString = " WHERE row.seq = lost.seq RETURNING row.file, row.line, lost.named"
REMOVE_GONE: LiteralString = (
    "DELETE FROM {table} AS kept WHERE kept.dataset = %s"
    " AND NOT EXISTS (SELECT 1 FROM {incoming} AS fresh WHERE fresh.id = kept.id)"
)
FROM_FEED: LiteralString = " AND kept.source = 'feed'"
DROP_LOST: LiteralString = LOST + " DELETE FROM {incoming} AS row USING lost" + RETURN_LOST  # noqa: S608 - literals of our own
SEVERED: LiteralString = (
    " UPDATE {incoming} AS row SET {column} = NULL,"
    " extra = coalesce(row.extra, '{{}}') || jsonb_build_object({name}::text, lost.named) FROM lost"
)
SEVER_LOST: LiteralString = LOST + SEVERED + RETURN_LOST

# What stands in place of a street where the publisher tells nobody where it is.
NOT_TOLD = (
    r"^\W*((the |its )?(exact |street )?(address|location|site|domicilio|direcci[oó]n|ubicaci[oó]n|lugar)"
    r"( is| es)?\W*)?"
    r"(kept )?(confidential|undisclosed|not disclosed|withheld|secret|confidencial|reservad[oa]|no publicad[oa])"
    r"( (address|location|site|shelter|safe house)s?)?\W*$"
)
HIDE: LiteralString = (
    "UPDATE incoming_location AS row SET confidential = true FROM {incoming} AS told"
    " WHERE told.location_id = row.id AND told.address_1 ~* %s AND row.confidential IS NOT TRUE"
    " RETURNING told.file, told.line, told.address_1"
)


def driver(session: Session) -> Connection[Any]:
    """The psycopg connection of a session's transaction, for COPY."""
    return cast("Connection[Any]", session.connection().connection.driver_connection)


class Staging:
    """Temporary tables, one per HSDS object, in the caller's transaction."""

    def __init__(self, connection: Connection[Any], dataset: str, report: Report) -> None:
        self._connection = connection
        self._dataset = dataset
        self._report = report
        self._waiting: dict[str, list[tuple[Any, ...]]] = {kind.name: [] for kind in KINDS}
        self._seq = 0
        for kind in KINDS:
            self._run("DROP TABLE IF EXISTS {incoming}", kind)
            self._run(
                "CREATE TEMP TABLE {incoming} ON COMMIT DROP AS"
                " SELECT {columns}, ''::text AS file, 0 AS line, 0::bigint AS seq FROM {table} WITH NO DATA",
                kind,
            )

    @property
    def rows(self) -> int:
        """How many rows were taken so far."""
        return self._seq

    def add(self, kind: Kind, row: dict[str, Any], file: str, line: int) -> None:
        """Take one clean row."""
        self._seq += 1
        waiting = self._waiting[kind.name]
        cells = (Jsonb(cell) if isinstance(cell, dict) else cell for cell in map(row.__getitem__, kind.columns))
        waiting.append((*cells, file, line, self._seq))
        if len(waiting) >= BATCH:
            self._flush(kind)

    def settle(self) -> None:
        """Drop what is there twice and what refers to nothing, with a remark for each."""
        for kind in KINDS:
            self._flush(kind)
        for kind in KINDS:
            if self._seq > SMALL:
                self._run("CREATE INDEX ON {incoming} (id)", kind)
                self._run("ANALYZE {incoming}", kind)
            self._drop_doubles(kind)
            for column, parent in kind.parents.items():
                self._drop_dangling(kind, column, BY_NAME[parent])
            if kind.name == "taxonomy_term":
                self._drop_dangling(kind, "parent_id", kind)
            elif not kind.standing and kind.parents:
                self._drop_orphans(kind)
            self._report.taken[kind.name] = self._count(kind)
        for file, line, written in self._run(HIDE, BY_NAME["address"], NOT_TOLD):
            self._report.mend("location", Remark(file, line, f"address_1 {written!r} read as a place that is not told"))

    def gone(self, name: str) -> tuple[int, int]:
        """How many rows of an object the dataset has, and how many of them were not taken again."""
        before, gone = self._run(
            "SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT 1 FROM {incoming} AS fresh"
            " WHERE fresh.id = kept.id)) FROM {table} AS kept WHERE kept.dataset = %s",
            BY_NAME[name],
            self._dataset,
        ).fetchone()
        return before, gone

    def merge(self) -> None:
        """Bring the dataset's rows to what was taken: add, change, remove; rows that are the same stay untouched."""
        for kind in KINDS:
            self._report.changes[kind.name] = self._upsert(kind)
        for kind in reversed(KINDS):
            gone = self._run(
                REMOVE_GONE + (FROM_FEED if kind.has_sources else ""),
                kind,
                self._dataset,
            )
            self._report.changes[kind.name].removed = gone.rowcount

    def _run(self, query: LiteralString, kind: Kind, *values: Any, **names: sql.Composable) -> Any:
        composed = sql.SQL(query).format(
            table=sql.Identifier(kind.name),
            incoming=_incoming(kind),
            columns=_list(kind.columns),
            **names,
        )
        return self._connection.execute(composed, values or None)

    def _flush(self, kind: Kind) -> None:
        rows = self._waiting[kind.name]
        if not rows:
            return
        query = sql.SQL("COPY {} ({}) FROM STDIN").format(_incoming(kind), _list((*kind.columns, *SOURCE)))
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            for row in rows:
                copy.write_row(row)
        rows.clear()

    def _drop_doubles(self, kind: Kind) -> None:
        """The first of several rows with one id stays. In JSON the same organization stands in each of its services."""
        doubles = self._run(
            "DELETE FROM {incoming} AS late USING (SELECT id, min(seq) AS seq FROM {incoming} GROUP BY id"
            " HAVING count(*) > 1) AS first WHERE late.id = first.id AND late.seq > first.seq"
            " RETURNING late.file, late.line, late.id",
            kind,
        )
        for file, line, double in doubles:
            if file.lower().endswith(ENDINGS):
                self._report.refuse(kind.name, Remark(file, line, f"{kind.name} {double} is there twice"))

    def _drop_dangling(self, kind: Kind, column: str, parent: Kind) -> None:
        """A row that cannot do without the one it refers to is refused; any other only loses the reference."""
        needed = column in kind.required
        dangling = self._run(
            DROP_LOST if needed else SEVER_LOST,
            kind,
            column=sql.Identifier(column),
            name=sql.Literal(column),
            parent=_incoming(parent),
        )
        for file, line, named in dangling:
            say = self._report.refuse if needed else self._report.mend
            outcome = "" if needed else "; kept without it"
            say(kind.name, Remark(file, line, f"there is no {parent.name} {named}{outcome}"))

    def _drop_orphans(self, kind: Kind) -> None:
        orphans = self._run(
            "DELETE FROM {incoming} WHERE coalesce({owners}) IS NULL RETURNING file, line",
            kind,
            owners=_list(tuple(kind.parents)),
        )
        for file, line in orphans:
            self._report.refuse(kind.name, Remark(file, line, f"this {kind.name} belongs to nothing that was taken"))

    def _count(self, kind: Kind) -> int:
        return int(self._run("SELECT count(*) FROM {incoming}", kind).fetchone()[0])

    def _upsert(self, kind: Kind) -> Change:
        names = [name for name in kind.columns if name != "id"]
        added, changed = self._run(
            "WITH done AS (INSERT INTO {table} AS kept (dataset, {columns})"
            " SELECT %s, {columns} FROM {incoming} AS fresh"
            # Rows that are the same are left out here already: a conflict locks, and so writes, each of them.
            " WHERE NOT EXISTS (SELECT 1 FROM {table} AS old WHERE old.dataset = %s AND old.id = fresh.id"
            " AND ({old}) IS NOT DISTINCT FROM ({new}))"
            " ON CONFLICT (dataset, id) DO UPDATE SET {assignments} WHERE ({kept}) IS DISTINCT FROM ({fresh})"
            " RETURNING (kept.xmax = 0) AS added)"
            " SELECT count(*) FILTER (WHERE added), count(*) FILTER (WHERE NOT added) FROM done",
            kind,
            self._dataset,
            self._dataset,
            assignments=sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in names
            ),
            old=_list(names, "old"),
            new=_list(names, "fresh"),
            kept=_list(names, "kept"),
            fresh=_list(names, "excluded"),
        ).fetchone()
        return Change(added, changed, 0, self._report.taken[kind.name] - added - changed)


def _incoming(kind: Kind) -> sql.Identifier:
    return sql.Identifier(f"incoming_{kind.name}")


def _list(names: tuple[str, ...] | list[str], table: str | None = None) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(table, name) if table else sql.Identifier(name) for name in names)
