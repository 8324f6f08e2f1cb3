"""What somebody at a terminal is told when a command is refused: a sentence, never a code."""

from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from gateway import cli, conversations, escalations, log_ins
from gateway.command_line import REFUSED
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.risk import Level
from gateway.settings import Settings


@pytest.fixture
def at_home(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr("gateway.command_line.running", lambda: settings)
    monkeypatch.setattr("gateway.cli.running", lambda: settings)
    return database


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("responder add nobody --name X", "bad_email"),
        ("responder add ana@x.example --name X", "email_taken"),
        ("responder add eva@x.example --name X --role directory_editor --on-call-hours 2", "editors_are_not_on_call"),
        ("responder add eva@x.example --name X --phone 12", "bad_phone"),
        ("responder reset eva@x.example", "no_such_person"),
        ("team add nowhere --name X --phone +14155550199", "no_such_team"),
        ("team add street --name X --phone 12", "no_phone_number"),
        ("team add street --name= --phone +14155550199", "name_missing"),
        ("team remove 99", "no_such_member"),
    ],
)
def test_a_refusal_is_a_sentence(at_home: Database, command: str, code: str) -> None:
    with at_home.begin() as session:
        log_ins.add_responder(session, "ana@x.example", "Ana", "responder", datetime.now(UTC))
    said = CliRunner().invoke(cli.main, command.split())
    assert (said.exit_code, said.output) == (1, f"Error: {REFUSED[code]}\n")


def test_a_drill_waits_for_danger_and_for_the_one_before(at_home: Database, settings: Settings) -> None:
    assert CliRunner().invoke(cli.main, ["drill", "run"]).exit_code == 0
    assert CliRunner().invoke(cli.main, ["drill", "run"]).output == f"Error: {REFUSED['drill_runs']}\n"
    with at_home.begin() as session:
        now = datetime.now(UTC)
        said = Inbound(SMS, "+15555550117", "SM" + "0" * 32, "help")
        thread = conversations.thread(session, settings.keys, said, now)
        escalations.open_(session, thread, "violence", Level.EMERGENCY, now)
    assert CliRunner().invoke(cli.main, ["drill", "run"]).output == f"Error: {REFUSED['drill_in_danger']}\n"
