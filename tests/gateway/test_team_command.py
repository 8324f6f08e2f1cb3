"""Who works in a team is added, listed and taken out by a command, and no number is ever printed."""

import pytest
from click.testing import CliRunner

from gateway import cli, team_cli
from gateway.db import Database
from gateway.models import TeamMember
from gateway.settings import Settings


def test_members_come_and_go(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(team_cli, "database_url", lambda: url)
    monkeypatch.setattr(team_cli, "keys", lambda: settings.keys)
    monkeypatch.setattr(team_cli, "community_file", lambda: None)
    run = CliRunner().invoke
    made = run(cli.main, ["team", "add", "street", "--name", "Nia", "--role", "nurse", "--language", "es"],
               input="555-555-0161\n")  # fmt: skip
    assert made.exit_code == 0, made.output
    with database.begin() as session:
        row = session.query(TeamMember).one()
    assert settings.keys.open(row.phone_sealed or b"") == "+15555550161"
    listed = run(cli.main, ["team", "list"])
    assert listed.output == f"{row.id}  street  Nia  nurse, es\n"
    assert "0161" not in made.output + listed.output
    for wrong in (["team", "add", "nobody", "--name", "x", "--phone", "555-555-0162"],
                  ["team", "add", "street", "--name", "x", "--phone", "1"]):  # fmt: skip
        assert run(cli.main, wrong).exit_code == 1
    assert run(cli.main, ["team", "remove", str(row.id)]).exit_code == 0
    assert run(cli.main, ["team", "list"]).output == ""
    assert run(cli.main, ["team", "remove", str(row.id)]).exit_code == 1
