"""The commands ``frontdoor directory …``: import it, export it, search it."""

import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.command_line import database_url, plain_errors, var
from gateway.errors import Refused

if TYPE_CHECKING:
    from gateway.directory.importing import Step, Watch

WIDTH = 30  # of a bar that shows how far an import is


@click.group()
def directory() -> None:
    """The directory of services."""


@directory.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--dataset", help="Name of the set that is replaced; by default taken from the path.")
@click.option("--allow-shrink", is_flag=True, help="Also when more than half of the services would be removed.")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How CSV files of another shape are read; by default the shipped one that fits them best, if any.",
)
def directory_import(path: Path, dataset: str | None, mapping: Path | None, allow_shrink: bool) -> None:
    """Read a directory (a folder of CSV files, or JSON) and say what was taken, kept as text and refused."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import commands as directory_commands  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database:
        order = directory_commands.Order(dataset, mapping, allow_shrink, var() / "imports")
        for line in directory_commands.import_lines(database, path, datetime.now(UTC), order, _watch()):
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
        for line in directory_commands.export_lines(database, dataset, folder, strict=strict):
            click.echo(line)


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
def directory_search(need: str, zip_code: str | None, language_code: str) -> None:
    """Find services for NEED, as a resident would get them."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import commands as directory_commands  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database:
        for line in directory_commands.search_lines(database, need, zip_code, language_code, datetime.now(UTC)):
            click.echo(line)


@directory.command("gaps")
@click.option("--since", metavar="YYYY-MM-DD", help="From this day on, by the town's clock; by default 90 days.")
@click.option("--csv", "as_csv", is_flag=True, help="For a spreadsheet, with what got in the way.")
def directory_gaps(since: str | None, as_csv: bool) -> None:
    """Show which needs were asked for and not met, by need, place and language; small counts are hidden."""
    from gateway import community, gap_table, gaps  # noqa: PLC0415
    from gateway.command_line import community_file  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database:
        town = community.load(community_file())
        try:
            begins, ends = gap_table.span(since, town.clock, datetime.now(UTC))
        except Refused:
            raise click.BadParameter(f"{since!r} is no day, or not over yet; say it as 2026-09-01") from None
        with database.begin() as session:
            lines = gaps.table(session, town, begins, ends)
        if as_csv:
            click.echo(gap_table.as_csv(lines), nl=False)
        else:
            click.echo("\n".join(gap_table.as_text(lines)))
