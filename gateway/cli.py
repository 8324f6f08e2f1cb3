"""The ``frontdoor`` command: run it, run one part of it, look after it."""

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from gateway.audit_cli import audit
from gateway.command_line import database_url, plain_errors, running
from gateway.directory_cli import directory
from gateway.settings import read
from gateway.shift_cli import drill
from gateway.team_cli import team

ROLES = ("responder", "supervisor", "admin", "directory_editor")  # log_ins has them too, and brings argon2 along


@click.group()
def main() -> None:
    """Front Door: a chat and SMS front door for community requests."""


@main.command()
def up() -> None:
    """Start everything on this machine and print where it is; Ctrl-C stops it all."""
    from gateway import up as everything  # noqa: PLC0415 - each command loads only what it needs

    with plain_errors():
        sys.exit(everything.run())


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema, and what search reads up to it."""
    from gateway import community, schema  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415
    from gateway.directory import reindexing  # noqa: PLC0415

    with plain_errors():
        settings = read()
        database = Database(settings.database_url)
        schema.upgrade(database)
        reindexing.catch_up(database, click.echo, community.load(settings.community_file).directory.tags)
        click.echo(f"schema is at {schema.current(database)}")


@main.command()
def web() -> None:
    """Run the web process: webhooks, chat, console."""
    from gateway import web_process  # noqa: PLC0415

    with plain_errors():
        web_process.run(read())


@main.command()
def worker() -> None:
    """Run one worker process: bot turns, sending, the sweep."""
    from gateway import worker_process  # noqa: PLC0415

    with plain_errors():
        worker_process.run(read())


@main.command()
@click.option("--number", default="+15555550111", show_default=True, help="The resident's number.")
@click.option("--wait", default=8.0, show_default=True, help="Seconds to wait for answers to piped texts.")
def phone(number: str, wait: float) -> None:
    """Be a resident: text the running demo from this terminal."""
    from gateway import up as everything  # noqa: PLC0415
    from gateway.demo import terminal  # noqa: PLC0415

    with plain_errors():
        url = everything.running_environment().get("FRONTDOOR_TWILIO_API_URL")
        terminal.phone(number, wait, url=url)


@main.command()
@click.argument("file", type=click.File("rb"), default="-")
def screen(file: BinaryIO) -> None:
    """Screen JSON lines {"id","text"} for danger; no database and no server are needed."""
    from gateway.risk.lines import screen_stream  # noqa: PLC0415

    for line in screen_stream(file):
        click.echo(line)


@main.command()
@click.option(
    "--community",
    "town_file",
    envvar="FRONTDOOR_COMMUNITY",
    type=click.Path(path_type=Path),
    help="The town's file; by default what FRONTDOOR_COMMUNITY names, or the demo town.",
)
def safety(town_file: Path | None) -> None:
    """Print every safety text in both languages, what it costs as SMS, its sources and who signed it."""
    from gateway import community  # noqa: PLC0415
    from gateway import safety as safety_review  # noqa: PLC0415

    with plain_errors():
        for line in safety_review.lines(community.load(town_file)):
            click.echo(line)


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8", errors="surrogateescape"), default="-")
@click.option("--conversations", is_flag=True, help="Lines are conversations; answer the language of each reply.")
def language(file: Iterator[str], conversations: bool) -> None:
    """Name the language of JSON lines {"id","text"}."""
    from gateway.language import lines  # noqa: PLC0415

    try:
        for line in (lines.conversation_lines if conversations else lines.detect_lines)(file):
            click.echo(line)
    except ValueError as fault:  # a line that is not as agreed; what came before it is answered
        raise click.ClickException(str(fault)) from None


@main.group()
def cards() -> None:
    """The rule cards that say when someone is in danger."""


@cards.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), required=False)
@click.option("--sample", "samples", multiple=True, type=click.Path(path_type=Path), help="JSON lines or TSV; repeat.")
@click.option("--against", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Compare with these.")
def cards_check(folder: Path | None, samples: tuple[Path, ...], against: Path | None) -> None:
    """Run the tests of the cards in FOLDER and show what they change; exit 1 on any fault. No database is needed."""
    from gateway.risk import check  # noqa: PLC0415
    from gateway.risk.cards import CARDS  # noqa: PLC0415

    found = check.check(folder or CARDS, samples or (check.ORDINARY,), against or CARDS)
    for line in check.told(found):
        click.echo(line)
    sys.exit(1 if found.faults else 0)


@main.group("risk")
def risk_group() -> None:
    """How well screening does, by what people say of it."""


_since = click.option("--since", type=click.DateTime(formats=["%Y-%m-%d"]), help="From this day on, UTC.")


@risk_group.command("report")
@_since
def risk_report_command(since: datetime | None) -> None:
    """Print counts by level, language and card, and how often each card was right; no words of anybody."""
    from gateway import risk_report  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database, database.begin() as session:
        for line in risk_report.report_lines(risk_report.report(session, _aware(since))):
            click.echo(line)


@risk_group.command("misses")
@_since
@click.option("--with-text", is_flag=True, help="Print the residents' words as tests of a card; written down.")
def risk_misses(since: datetime | None, with_text: bool) -> None:
    """List the messages in which a reader of the weekly sample saw danger."""
    from gateway import risk_report  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url(), statement_ms=0)) as database, database.begin() as session:
        found = risk_report.misses(session, datetime.now(UTC), _aware(since), with_text=with_text)
    if with_text:
        click.echo("# The words of residents: take out names, numbers and addresses before you paste.", err=True)
    for line in risk_report.miss_lines(found, with_text=with_text):
        click.echo(line)


def _aware(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


@main.group()
def responder() -> None:
    """The people who answer."""


@responder.command("add")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="responder", show_default=True)
@click.option("--on-call-hours", default=0.0, help="Put on call from now for so many hours.")
@click.option("--phone", "number", help="Their own phone, taken as verified: it is paged, and may answer by text.")
def responder_add(email: str, name: str, role: str, on_call_hours: float, number: str | None) -> None:
    """Add a responder; the password is made here and shown once."""
    from gateway import log_ins, phones  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database, database.begin() as session:
        now = datetime.now(UTC)
        password = log_ins.add_responder(session, email, name, role, now, on_call_hours)
        added = log_ins.by_email(session, email)
        if number is not None and added is not None:
            phones.set_verified(session, running().keys, added.id, number, now)
    click.echo(f"{email}  password: {password}  (shown once)")


@responder.command("reset")
@click.argument("email")
def responder_reset(email: str) -> None:
    """Print a link by which somebody sets their password and second step anew, for when no admin can come in."""
    from gateway import invitations, log_ins  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database, database.begin() as session:
        who = log_ins.by_email(session, email)
        token = invitations.reset(session, None, who.id if who else 0, datetime.now(UTC))
        # As in the console: the link is of the web's, whose routes are not loaded here.
        click.echo(f"{running().public_url}/console/join/{token}  (works once, for three days)")


main.add_command(audit)
main.add_command(directory)
main.add_command(drill)
main.add_command(team)


if __name__ == "__main__":
    main()
