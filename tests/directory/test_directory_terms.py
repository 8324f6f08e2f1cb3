"""A town says which needs its publishers' terms mean: in a file that a spreadsheet opens, kept over imports."""

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from gateway import community, directory_cli
from gateway.db import Database
from gateway.directory import needs, term_file, terms
from gateway.directory.importing import import_path
from gateway.directory.report import ImportFailed
from gateway.models.listing import SearchEntry, ServiceNeed
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow
Written = Callable[[dict[str, Rows], str], Path]


@pytest.fixture
def county(database: Database, written: Written, package: dict[str, Rows], now: datetime) -> Callable[..., None]:
    """Two services with terms of a taxonomy of the publisher's own; call it to import the set again."""
    package["service"][0] |= {"name": "Program A", "description": "By the hall"}
    package["service"][1] |= {"name": "Program B", "description": "By the bridge"}
    package["organization"][0]["description"] = ""
    package["taxonomy"] = [{"id": "x", "name": "County codes", "description": "Ours"}]
    package["taxonomy_term"] = [
        {"id": "t1", "code": "Q-10", "name": "Zebra hour", "taxonomy_id": "x", "description": ""},
        {"id": "t2", "code": "", "name": "=Sum of things", "taxonomy_id": "x", "description": "", "parent_id": "t1"},
        {"id": "t3", "code": "F", "name": "Food pantry", "taxonomy_id": "x", "description": ""},
        {"id": "t4", "code": "Z", "name": "Nobody has this", "taxonomy_id": "x", "description": ""},
    ]
    package["attribute"] = [
        {"id": "k1", "link_id": "s1", "link_entity": "service", "taxonomy_term_id": "t1"},
        {"id": "k2", "link_id": "a2", "link_entity": "service_at_location", "taxonomy_term_id": "t2"},
        {"id": "k3", "link_id": "s2", "link_entity": "service", "taxonomy_term_id": "t1"},
        {"id": "k4", "link_id": "s2", "link_entity": "service", "taxonomy_term_id": "t3"},
    ]

    def take(tags: needs.Mapping | None = None) -> None:
        import_path(database, written(package, "county"), now, tags=tags)

    take()
    return take


def met(database: Database) -> dict[str, set[str]]:
    with database.begin() as session:
        rows = session.scalars(select(ServiceNeed)).all()
        entries = {entry.service_id: set(entry.needs) for entry in session.scalars(select(SearchEntry))}
    found: dict[str, set[str]] = {"s1": set(), "s2": set()}
    for row in rows:
        found[row.service_id].add(row.need)
    assert entries == found  # what search reads says the same
    return {service: {need for need in needs if not need.startswith("#")} for service, needs in found.items()}


def edited(file: Path, said: dict[str, str]) -> None:
    """Fill in the column of needs by the terms' names, as a spreadsheet would."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["needs"] = said.get(row["term"], row["needs"])
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.DictWriter(stream, term_file.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def test_terms_that_mean_nothing_come_first(database: Database, county: Callable[..., None]) -> None:
    with database.begin() as session:
        lines = terms.listed(session, needs.standard())
    assert [(line.term, line.services, set(line.now)) for line in lines] == [
        ("Zebra hour", 2, set()), ("=Sum of things", 1, set()), ("Food pantry", 1, {"food"})
    ]  # fmt: skip


def test_what_the_town_says_is_applied_once_and_kept(
    database: Database, county: Callable[..., None], tmp_path: Path
) -> None:
    file = tmp_path / "terms.csv"
    list(terms.write(database, None, file))
    assert "'=Sum of things" in file.read_text()
    edited(file, {"Zebra hour": "legal; Baby", "'=Sum of things": "pets", "Food pantry": "none"})
    tags = terms.read(None, file)
    assert list(terms.apply(database, tags)) == ["1 of 1: county, 2 services meet other needs now"]
    assert met(database) == {"s1": {"legal", "baby"}, "s2": {"legal", "baby", "pets"}}
    assert list(terms.apply(database, tags)) == ["1 of 1: county, nothing changed"]
    county(tags)
    assert met(database) == {"s1": {"legal", "baby"}, "s2": {"legal", "baby", "pets"}}
    before = file.read_text(encoding="utf-8-sig")
    list(terms.write(database, None, file))
    list(terms.write(database, None, file))
    with database.begin() as session:
        lines = terms.listed(session, terms.read(None, file))
    assert {line.term: line.needs for line in lines} == {
        "Zebra hour": {"legal", "baby"}, "=Sum of things": {"pets"}, "Food pantry": frozenset()
    }  # fmt: skip
    assert before != file.read_text()  # what it means now stands in its own column


def test_a_narrower_term_follows_what_was_said_of_the_wider(
    database: Database, county: Callable[..., None], tmp_path: Path
) -> None:
    file = tmp_path / "terms.csv"
    list(terms.write(database, None, file))
    edited(file, {"Zebra hour": "legal"})
    with database.begin() as session:
        lines = {line.term: set(line.now) for line in terms.listed(session, terms.read(None, file))}
    assert lines["=Sum of things"] == {"legal"}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("taxonomy,code,term,needs\nX,A,B,foood\n", "line 2: foood: no such need"),
        ("taxonomy,code,needs\nX,A,food\n", "no column 'term'"),
        ('taxonomy,code,term,needs\n"X,A,B,food\n', "cannot be read"),
        ("", "no column"),
    ],
)
def test_a_broken_file_is_said_row_by_row(tmp_path: Path, body: str, fault: str) -> None:
    file = tmp_path / "terms.csv"
    file.write_text(body)
    with pytest.raises(ImportFailed, match=fault):
        term_file.read(file, needs.standard().needs)


def test_a_term_that_is_in_no_list_now_stays_in_the_file(
    database: Database, county: Callable[..., None], tmp_path: Path
) -> None:
    file = tmp_path / "terms.csv"
    file.write_text("taxonomy,code,term,services,now,needs\nOld,Q1,Gone,3,,food\n")
    told = list(terms.write(database, None, file))
    assert "1 of your terms" in told[1]
    assert term_file.read(file, needs.standard().needs) == {("old", "q1"): {"food"}}


def test_the_command(
    database: Database, county: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(directory_cli, "database_url", lambda: url)
    town = tmp_path / "community.toml"
    example = community.EXAMPLE.read_text()
    town.write_text(example)
    monkeypatch.setenv("FRONTDOOR_COMMUNITY", str(town))
    file = tmp_path / "terms.csv"

    def run(*words: str) -> str:
        done = CliRunner().invoke(directory_cli.directory, ["needs", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "2 of them mean no need" in run()
    assert "terms = " in run(str(file))
    edited(file, {"Zebra hour": "legal"})
    town.write_text(example.replace('# terms = "terms.csv"', 'terms = "terms.csv"'))
    assert "2 services meet other needs" in run("--apply")
    assert "(yours)" in run()
    edited(file, {"Zebra hour": "nonsense"})
    refused = CliRunner().invoke(directory_cli.directory, ["needs", "--apply"])
    assert refused.exit_code == 1
    assert "no such need" in refused.output
