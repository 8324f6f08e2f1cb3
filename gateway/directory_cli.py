"""The commands ``frontdoor directory …``: import it, search it."""

import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.command_line import database_url, plain_errors


@click.group()
def directory() -> None:
    """The directory of services."""


@directory.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--dataset", help="Name of the set that is replaced; by default taken from the path.")
@click.option("--allow-shrink", is_flag=True, help="Also when more than half of the services would be removed.")
def directory_import(path: Path, dataset: str | None, allow_shrink: bool) -> None:
    """Read an HSDS 3.x package (a folder of CSV files, or JSON) and say what was taken and what was refused."""
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import commands as directory_commands  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database:
        now = datetime.now(UTC)
        lines = directory_commands.import_lines(database, path, now, _progress, dataset, allow_shrink=allow_shrink)
        for line in lines:
            click.echo(line)


def _progress(rows: int) -> None:
    """Show at a terminal how far an import is; a log gets the report alone."""
    if sys.stderr.isatty():
        click.echo(f"\r  {rows:,} rows read", nl=False, err=True)


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
