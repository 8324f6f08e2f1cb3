"""The commands ``frontdoor directory …``: import it, export it, search it."""

import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.command_line import database_url, plain_errors, var
from gateway.errors import Refused

if TYPE_CHECKING:
    from gateway.community import Directory
    from gateway.directory.importing import Step, Watch
    from gateway.directory.needs import Mapping

WIDTH = 30  # of a bar that shows how far an import is


@click.group()
def directory() -> None:
    """The directory of services."""


def _of_a_list[Command: Callable[..., None]](command: Command) -> Command:
    """Give a command what says which list is read, and how."""
    options = (
        click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)),
        click.option("--dataset", help="Name of the set that is replaced; by default taken from the path."),
        click.option("--allow-shrink", is_flag=True, help="Also when more than half of the services would be removed."),
        click.option(
            "--mapping",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="How CSV files of another shape are read; by default the shipped one that fits them best, if any.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@directory.command("import")
@_of_a_list
def directory_import(paths: tuple[Path, ...], dataset: str | None, mapping: Path | None, allow_shrink: bool) -> None:
    """Read a directory (a folder of CSV files, JSON, or a ZIP) and say what was taken, kept as text and refused.

    Several PATHS are one set, under the name given with --dataset.
    """
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import commands as directory_commands  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database:
        order = directory_commands.Order(dataset, mapping, allow_shrink, var() / "imports", _tags())
        for line in directory_commands.import_lines(database, paths, datetime.now(UTC), order, _watch()):
            click.echo(line)


@directory.command("export")
@click.argument("dataset")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Without translations and holidays, for which HSDS has no place.")
def directory_export(dataset: str, folder: Path, strict: bool) -> None:
    """Write DATASET into FOLDER as an HSDS 3.1 package: CSV files, and full services in JSON."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import commands as directory_commands  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database:
        for line in directory_commands.export_lines(database, dataset, folder, datetime.now(UTC), strict=strict):
            click.echo(line)


def _tags() -> "Mapping":
    """Which words mean which need here."""
    return _town().tags


def _town() -> "Directory":
    from gateway import community, up  # noqa: PLC0415

    file = up.running_environment().get("FRONTDOOR_COMMUNITY")
    return community.load(Path(file) if file else None).directory


def _watch() -> "Watch | None":
    """Shows at a terminal how far an import is; a log gets the report alone."""
    if not sys.stderr.isatty():
        return None

    def show(step: "Step") -> None:
        bar = f"[{'#' * round(step.share * WIDTH):{WIDTH}}] {step.share:4.0%}  " if step.name == "reading" else ""
        click.echo(f"\r\x1b[K  {bar}{step.name}, {step.rows:,} rows", nl=False, err=True)

    return show


@directory.command("search")
@click.argument("need")
@click.option("--zip", "zip_code", help="ZIP code to search near.")
@click.option("--language", "language_code", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--why", is_flag=True, help="Say what each rank is made of, in miles.")
def directory_search(need: str, zip_code: str | None, language_code: str, why: bool) -> None:
    """Find services for NEED, as a resident would get them."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import commands as directory_commands  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database:
        now = datetime.now(UTC)
        told = directory_commands.search_lines(database, need, zip_code, language_code, now, _tags(), why=why)
        for line in told:
            click.echo(line)


@directory.command("gaps")
@click.option(
    "--since", metavar="YYYY-MM-DD", help="The quarter of the year with this day; by default the one that runs."
)
@click.option("--csv", "as_csv", is_flag=True, help="For a spreadsheet, with what got in the way.")
def directory_gaps(since: str | None, as_csv: bool) -> None:
    """Show which needs were asked for and not met, by need, place and language; small counts are hidden."""
    from gateway import community, gap_table, gaps  # noqa: PLC0415
    from gateway.command_line import community_file  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database:
        town = community.load(community_file())
        try:
            span = gap_table.span(since, town.clock, datetime.now(UTC))
        except Refused:
            raise click.BadParameter(f"{since!r} is no day, or not over yet; say it as 2026-09-01") from None
        with database.begin() as session:
            lines = gaps.table(session, town, span.begins, span.ends, runs=span.runs)
        if as_csv:
            click.echo(gap_table.as_csv(lines), nl=False)
        else:
            click.echo("\n".join(gap_table.as_text(lines)))


@directory.command("preview")
@_of_a_list
def directory_preview(paths: tuple[Path, ...], dataset: str | None, mapping: Path | None, allow_shrink: bool) -> None:
    """Say what an import would change, and change nothing."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import run_lines  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database:
        now = datetime.now(UTC)
        for line in run_lines.preview(database, paths, now, dataset, allow_shrink=allow_shrink, mapping=mapping):
            click.echo(line)


@directory.command("runs")
@click.argument("dataset", required=False)
def directory_runs(dataset: str | None) -> None:
    """List the newest imports."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import run_lines  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database:
        for line in run_lines.listed(database, dataset):
            click.echo(line)


@directory.command("undo")
@click.argument("dataset")
@click.option("--run", "run_id", type=int, help="Take back this import too, and all since; see `runs`.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def directory_undo(dataset: str, run_id: int | None, yes: bool) -> None:
    """Take back what the newest import of DATASET changed. What editors wrote stays."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import run_lines  # noqa: PLC0415

    if not yes:
        which = f"import {run_id} and all later ones" if run_id else "the newest import"
        click.confirm(f"Take back {which} of {dataset}?", abort=True)
    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database:
        for line in run_lines.undo(database, dataset, datetime.now(UTC), run_id, _tags()):
            click.echo(line)


@directory.command("as-of")
@click.argument("dataset")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
def directory_as_of(dataset: str, day: datetime) -> None:
    """Say for which DAY the publisher of DATASET vouches: it stands in for a check of each record."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import run_lines  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database:
        for line in run_lines.as_of(database, dataset, day.date()):
            click.echo(line)


@directory.command("needs")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--apply", "applied", is_flag=True, help="Tag all services anew, by the file and the town's words.")
def directory_needs(file: Path | None, applied: bool) -> None:
    """Show which needs the lists' own terms mean, those that mean none first.

    With FILE (CSV) write them there, or bring it up to date: fill in its column `needs`, name it in the town's file
    ([directory] terms), then run this with --apply.
    """
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import terms  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database:
        town = _town()
        if applied or not file:
            tags = terms.read(town.needs, file or town.terms, town.topics)
            lines = terms.apply(database, tags) if applied else terms.show(database, tags)
        else:
            lines = terms.write(database, town.needs, file)
        for line in lines:
            click.echo(line)
        if file and (town.terms is None or town.terms.resolve() != file.resolve()):
            click.echo(f'Imports do not know this file yet. In the town\'s file: [directory] terms = "{file}"')
