"""``frontdoor drill``: try the ladder of pages, and see whether it held."""

from contextlib import closing
from datetime import UTC, datetime

import click

from gateway.command_line import database_url, plain_errors
from gateway.errors import Refused


@click.group()
def drill() -> None:
    """The ladder of pages, tried on nobody's thread."""


@drill.command("run")
def run_drill() -> None:
    """Begin a drill now; those on shift are paged by the worker that runs."""
    from gateway import drills  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database, database.begin() as session:
        if drills.start(session, datetime.now(UTC)) is None:
            raise Refused(409, "drill_runs")
    click.echo("The drill has begun. See what came of it with: frontdoor drill last")


@drill.command("last")
def last_drill() -> None:
    """Tell what came of the newest drill; exit code 1 when it failed or there is none."""
    from gateway import drills  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database, database.begin() as session:
        found = drills.last(session)
        lines = drills.lines(found) if found else ["No drill has been run."]
        passed = found is not None and found.outcome == drills.PASSED
    for line in lines:
        click.echo(line)
    if not passed:
        raise SystemExit(1)
