"""The commands ``frontdoor team …``: who works in the mobile teams. A phone is asked for, sealed, and never shown."""

from contextlib import closing
from datetime import UTC, datetime

import click

from gateway.command_line import community_file, database_url, keys, plain_errors, running


@click.group()
def team() -> None:
    """The people of the mobile teams."""


@team.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--phone", prompt=True, hide_input=True, help="Where the link is texted to; asked for when left out.")
@click.option("--role", "roles", multiple=True, help="What they are, such as nurse; may be given again.")
@click.option("--language", "languages", multiple=True, default=("en",), show_default=True)
def team_add(code: str, name: str, phone: str, roles: tuple[str, ...], languages: tuple[str, ...]) -> None:
    """Add somebody to the team with this CODE in the town's file."""
    from gateway import teams  # noqa: PLC0415
    from gateway.community import load  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database, database.begin() as session:
        row = teams.add(
            session, keys(), load(community_file()), code, name, phone, datetime.now(UTC), roles=roles,
            languages=languages,
        )  # fmt: skip
        number, called = row.id, row.name
    click.echo(f"{number}  {called}  {code}")


@team.command("list")
def team_list() -> None:
    """Everybody who can be asked, by team."""
    from gateway import teams  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database, database.begin() as session:
        for row in teams.members(session):
            click.echo(f"{row.id}  {row.team}  {row.name}  {', '.join([*row.roles, *row.languages])}")


@team.command("remove")
@click.argument("number", type=int)
def team_remove(number: int) -> None:
    """Take out the member with this NUMBER; their links end, their phone is forgotten."""
    from gateway import teams  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415

    with plain_errors(), closing(Database(database_url())) as database, database.begin() as session:
        teams.remove(session, number, datetime.now(UTC))
    click.echo("removed")


@team.group()
def webhook() -> None:
    """The town's own system, which hears each step of a team."""


@webhook.command("test")
def webhook_test() -> None:
    """Send one signed call that tells of nothing; ends with 1 unless it is taken.

    A system that had asked to be called no more is called again after this.
    """
    from gateway import webhook_body, webhook_calls  # noqa: PLC0415
    from gateway.clients.webhook import Webhook  # noqa: PLC0415
    from gateway.db import Database  # noqa: PLC0415
    from gateway.tokens import fingerprint  # noqa: PLC0415

    with plain_errors():
        settings = running()
        url, secret = settings.dispatch_webhook, settings.dispatch_secret
        if not url or not secret:
            raise click.ClickException("FRONTDOOR_DISPATCH_WEBHOOK is not set: nothing is told to anybody")
        body = webhook_body.ping(settings.public_url, datetime.now(UTC))
        answer = Webhook(url, secret, loopback=settings.demo).post(body["id"], webhook_body.written(body))
        if not answer.taken:
            raise click.ClickException(f"not taken: {answer.status or answer.reason}")
        with closing(Database(settings.database_url)) as database, database.begin() as session:
            lifted = webhook_calls.begin_again(session, fingerprint(url))
    click.echo(f"taken: {answer.status}" + ("; they are called again from now on" if lifted else ""))
