"""The commands ``frontdoor team …``: who works in the mobile teams. A phone is asked for, sealed, and never shown."""

from contextlib import closing
from datetime import UTC, datetime

import click

from gateway.command_line import community_file, database_url, keys, plain_errors


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
