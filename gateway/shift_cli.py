"""``frontdoor drill``: try the ladder of pages, and see whether it held."""

from contextlib import closing
from datetime import UTC, datetime

import click

from gateway.command_line import community_file, database_url, plain_errors
from gateway.errors import Refused

OLD = "The last drill that passed is {hours} hours old, though one is due each day at {at:%H:%M}: does the worker run?"


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
    """Tell what came of the newest drill; exit code 1 unless it passed, or when drills are on and the last that passed
    is older than 36 hours."""
    from gateway import community, drills  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database, database.begin() as session:
        found, town = drills.last(session), community.load(community_file())
        lines = [*drills.lines(found)] if found else ["No drill has been run."]
        now = datetime.now(UTC)
        if (runs := drills.running(session)) is not None:
            lines += [f"One runs since {runs.started_at:%H:%M} UTC."]
        elif drills.waits(session, town, now):
            lines += ["Today's waits, as somebody waits in danger."]
        hours = drills.stale(session, town, now)
        if hours is not None:
            lines += [OLD.format(hours=hours, at=town.paging.drill_at)]
        passed = found is not None and found.outcome == drills.PASSED and hours is None
    for line in lines:
        click.echo(line)
    if not passed:
        raise SystemExit(1)
