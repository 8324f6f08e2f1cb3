"""The figures of screening: counts, precision with its interval, and misses that become card tests."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from sqlalchemy import select

from gateway import labels, risk_report
from gateway.cli import main
from gateway.db import Database
from gateway.models import AuditEntry, Responder, RiskLabel
from gateway.risk import Level
from gateway.risk.cards import load_cards
from gateway.risk_report import settled, share, wilson
from gateway.settings import Settings
from tests.gateway.screened import reader, write

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
Write = Callable[..., int]


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # As R's binom::binom.wilson gives them.
        (0, 50, 0.0, 0.0713),
        (8, 10, 0.4902, 0.9433),
        (10, 10, 0.7225, 1.0),
        (1, 2, 0.0945, 0.9055),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=1e-4)


def test_a_share_of_nothing_is_a_dash() -> None:
    assert share(0, 0) == "-"
    assert share(8, 10) == "80.0% (49.0% to 94.3%)"


@pytest.mark.parametrize(
    ("said", "comes_to"),
    [
        (["ok", "ok"], "ok"),
        (["ok", "missed"], "missed"),
        (["unclear", "missed", "ok"], "missed"),
        (["ok", "unclear"], "unclear"),
        (["unclear"], "unclear"),
        (["true"], "true"),
        (["true", "unclear"], "true"),
        (["over_call", "over_call"], "over_call"),
        (["true", "over_call"], "unclear"),
    ],
)
def test_what_several_people_say_comes_to_one_word(said: list[str], comes_to: str) -> None:
    assert settled(said) == comes_to


@pytest.fixture
def wrote(database: Database, settings: Settings) -> Write:
    return lambda text, *args, at=MONDAY, **more: write(database, settings.keys, at, text, *args, **more)


@pytest.fixture
def team(database: Database, now: datetime) -> list[Responder]:
    return [reader(database, now, name) for name in ("ana", "ben")]


def say(database: Database, message: int, who: Responder, label: str, now: datetime) -> None:
    with database.begin() as session:
        assessment = session.scalars(labels.of_message(message)).one()
        session.add(
            RiskLabel(message_id=message, assessment_id=assessment.id, responder_id=who.id, label=label, created_at=now)
        )


@pytest.fixture
def cli(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command as an operator calls it, against the tests' own database."""
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("FRONTDOOR_VAR", str(settings.var))
    return lambda *words: CliRunner().invoke(main, ["risk", *words])


@pytest.fixture
def month(database: Database, wrote: Write, team: list[Responder], now: datetime) -> dict[str, int]:
    """Some messages of both languages, and what was said of them."""
    ana, ben = team
    made = {
        "pills": wrote("secret pills", Level.EMERGENCY, ("suicide.pills", "suicide.direct")),
        "joke": wrote("secret joke", Level.URGENT, ("suicide.direct",)),
        "dicho": wrote("dicho secreto", Level.URGENT, ("suicide.direct",), language="es"),
        "person": wrote("secret person", Level.ROUTINE, ("person.asked",), language=None),
        "quiet": wrote("secret goodbye", language="en", number="+15555550118"),
        "adios": wrote("no: adiós, «secreto»\n#1", at=MONDAY + timedelta(minutes=5), language="es"),
        "old": wrote("last year", Level.URGENT, ("old.card",), at=MONDAY - timedelta(days=300)),
    }
    for name, who, label in (
        ("pills", ana, "true"),
        ("pills", ben, "true"),
        ("joke", ana, "over_call"),
        ("dicho", ana, "true"),
        ("dicho", ben, "over_call"),
        ("quiet", ana, "ok"),
        ("quiet", ben, "ok"),
        ("adios", ana, "missed"),
    ):
        say(database, made[name], who, label, now)
    return made


def test_the_report_counts_and_shows_no_words(month: dict[str, int], cli: Callable[..., Result]) -> None:
    result = cli("report", "--since", "2026-11-16")
    assert result.exit_code == 0, result.output
    lines = [re.sub(r"\s+", " ", line).strip() for line in result.output.splitlines()]
    for line in (
        "level en es unknown all",
        "emergency 1 0 0 1",
        "urgent 1 1 0 2",
        "routine 0 0 1 1",
        "none 1 1 0 2",
        "suicide.direct 2 1 0 3",
        "suicide.pills 1 0 0 1",
        "suicide.direct 1 1 1 50.0% (9.5% to 90.5%)",
        "suicide.pills 1 0 0 100.0% (20.7% to 100.0%)",
        "en 1 0 0 0.0% (0.0% to 79.3%)",
        "es 0 1 0 100.0% (20.7% to 100.0%)",
        "read by two: 1 of 2",
    ):
        assert line in lines, line
    at = lines.index("suicide.direct 1 1 1 50.0% (9.5% to 90.5%)")
    assert lines[at + 1 : at + 3] == ["en 1 1 0 50.0% (9.5% to 90.5%)", "es 0 0 1 -"]
    assert "secret" not in result.output
    assert "old.card" not in result.output
    assert "old.card" in cli("report").output


def test_the_report_of_an_empty_store_is_empty(database: Database, cli: Callable[..., Result]) -> None:
    result = cli("report")
    assert result.exit_code == 0, result.output
    assert "read by two: 0 of 0" in result.output


def test_a_day_that_is_none_is_refused(cli: Callable[..., Result]) -> None:
    assert cli("report", "--since", "yesterday").exit_code == 2


def test_misses_are_listed_without_words(month: dict[str, int], cli: Callable[..., Result], database: Database) -> None:
    result = cli("misses")
    assert result.stdout == f"message {month['adios']}  es  1 of 1 readers\n1 missed\n"
    assert cli("misses", "--since", "2026-11-17").stdout == "0 missed\n"
    with database.begin() as session:
        assert session.scalars(select(AuditEntry).where(AuditEntry.act == "export")).all() == []


def test_a_miss_is_printed_ready_to_paste_and_written_down(
    month: dict[str, int], cli: Callable[..., Result], database: Database
) -> None:
    result = cli("misses", "--with-text")
    assert "take out names" in result.stderr
    assert "1 of 1 readers" in result.stdout
    tests = yaml.safe_load(result.stdout)["fire"]
    assert tests == [{"text": "no: adiós, «secreto»\n#1", "context": ["dicho secreto", "secret person"]}]
    with database.begin() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "export")).one()
        assert entry.detail == {"messages": [month["adios"]]}


def test_what_is_printed_loads_as_the_tests_of_a_card(
    database: Database, wrote: Write, team: list[Responder], now: datetime, cli: Callable[..., Result], tmp_path: Path
) -> None:
    for index, text in enumerate(("yes", "no: really", "- 'quoted\"", "{PILLS} #1 \u202e\x07")):
        message = wrote(text, number=f"+1555555012{index}")
        say(database, message, team[0], "missed", now)
    printed = cli("misses", "--with-text").stdout
    indented = "\n".join(f"      {line}" for line in printed.splitlines())
    card = (
        "owner: a\nreviewed: 2026-11-23\ncards:\n  - id: a.b\n    level: urgent\n    category: c\n    why_en: d\n"
        "    why_es: e\n    any: {en: [f], es: [g]}\n    tests:\n      silent: [h, i, j]\n"
    )
    (tmp_path / "card.yml").write_text(card + indented + "\n", encoding="utf-8")
    (loaded,) = load_cards(tmp_path).cards
    assert [each.text for each in loaded.fire] == ["yes", "no: really", "- 'quoted\"", "{PILLS} #1 \u202e\x07"]


def test_nothing_missed_exports_nothing(database: Database, now: datetime) -> None:
    with database.begin() as session:
        assert risk_report.misses(session, now, with_text=True) == []
    with database.begin() as session:
        assert session.scalars(select(AuditEntry)).all() == []
