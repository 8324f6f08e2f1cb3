"""The commands ``frontdoor audit …``: prove that nobody bent the trail of who did what."""

import sys
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime

import click

from gateway.command_line import database_url, plain_errors


@click.group()
def audit() -> None:
    """The trail of who did what."""


@audit.command("verify")
@click.option(
    "--from-head",
    "heads",
    type=click.File("r", encoding="utf-8"),
    help="Heads that were kept elsewhere, one a line, as this command prints them: shows what was cut off since.",
)
def audit_verify(heads: Iterable[str] | None) -> None:
    """Compute the whole chain anew; name the first entry that is missing or changed. Exit 1 on any fault."""
    from gateway import audit_chain  # noqa: PLC0415 - each command loads only what it needs
    from gateway.db import Database  # noqa: PLC0415

    try:
        kept = audit_chain.read_heads(heads or ())
    except ValueError as unreadable:
        raise click.ClickException(str(unreadable)) from None
    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database, database.begin() as session:
        found = audit_chain.verify(session, datetime.now(UTC), kept)
    for fault in found.faults:
        click.echo(f"FAULT  {fault}", err=True)
    if found.overdue:
        click.echo(
            f"FAULT  {found.overdue} entries wait for a seal since more than a minute: is a worker up?", err=True
        )
    click.echo(f"{found.sealed} entries are sealed as they were written", err=True)
    click.echo(str(found.head))
    sys.exit(1 if found.faults or found.overdue else 0)
