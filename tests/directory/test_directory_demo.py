"""What ships with the product: the national lines as they are, and a town that says it is invented."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import commands, demo, needs, topics, undoing
from gateway.directory.objects import BY_NAME
from gateway.models import Row
from gateway.models.directory import Service
from gateway.models.listing import ServiceNeed, Translation

pytestmark = pytest.mark.slow


def shipped(file: str) -> Any:
    return yaml.safe_load((demo.FOLDER / file).read_text(encoding="utf-8"))


def test_loading_twice_changes_nothing(session: Session, now: datetime) -> None:
    first = demo.load_demo(session, now)
    assert [report.taken["service"] for report in first] == [9, 38]
    for report in first:
        assert (report.refused, report.mended, report.unknown, report.notes) == ([], [], {}, [])
    assert all(report.unchanged for report in demo.load_demo(session, now))


def test_a_demo_town_that_was_taken_back_stays_away(session: Session, now: datetime) -> None:
    demo.load_demo(session, now)
    undoing.undo(session, "demo-town", now)
    assert [report.dataset for report in demo.load_demo(session, now)] == ["national-lines"]
    assert set(session.scalars(select(ServiceNeed.dataset))) == {"national-lines"}


def test_every_need_is_met_in_the_town(town: Session) -> None:
    met = set(town.scalars(select(ServiceNeed.need).where(ServiceNeed.dataset == "demo-town", ServiceNeed.weight > 1)))
    met = {need for need in met if not need.startswith(topics.MARK)}
    assert met == set(needs.standard().needs)


def test_the_town_says_that_it_is_invented() -> None:
    town = shipped("town.yml")
    for service in town["services"]:
        assert all("Demo Town" in name for name in service["name"].values())
        assert re.fullmatch(r"415-555-01\d\d", service["phone"])
    assert "not real" in town["mark"]["en"]
    assert "no es real" in town["mark"]["es"]


@pytest.mark.parametrize("file", ["national.yml", "town.yml"])
def test_names_and_descriptions_stand_in_both_languages(file: str) -> None:
    for service in shipped(file)["services"]:
        for field in ("name", "description"):
            assert set(service[field]) == {"en", "es"}, service["key"]
            assert all(text.strip() for text in service[field].values())
        assert service["name"]["en"] != service["name"]["es"]


def test_the_translations_arrive(town: Session) -> None:
    translated = set(town.scalars(select(Translation.object_id).where(Translation.field == "description")))
    assert set(town.scalars(select(Service.id))) <= translated


NUMBERS = {
    "988": ("988", "988"),
    "211": ("211", None),
    "911": ("911", None),
    "poison-control": ("1-800-222-1222", None),
    "domestic-violence-hotline": ("1-800-799-7233", "88788"),
    "childhelp": ("1-800-422-4453", None),
    "trafficking-hotline": ("1-888-373-7888", "233733"),
    "veterans-crisis-line": ("988", "838255"),
    "samhsa": ("1-800-662-4357", None),
}


def test_the_national_lines_have_their_numbers() -> None:
    lines = {s["key"]: (s["phone"], s.get("text", {}).get("number")) for s in shipped("national.yml")["services"]}
    assert lines == NUMBERS
    assert "press 3" not in (demo.FOLDER / "national.yml").read_text(encoding="utf-8")


def test_the_commands_say_what_they_did(database: Database, now: datetime, tmp_path: Path) -> None:
    assert any("38 taken" in line for line in commands.demo_lines(database, now))
    lines = list(commands.search_lines(database, "food", "94110", "es", now))
    assert re.fullmatch(r"\d+ services for food, San Francisco, CA 94110", lines[0])
    assert any("415-555-0101" in line for line in lines)
    said = list(commands.search_lines(database, "necesito comida para mis hijos, 94110", None, "es", now))
    assert said[0] == lines[0]  # the same need at the same place; the children bring families' food forward
    assert lines[2].index("415-555-0101") < lines[2].index("415-555-0102")
    assert said[2].index("415-555-0101") < said[2].index("415-555-0103")
    assert "415-555-0104" not in said[2]  # the meals for seniors
    (tmp_path / "one.json").write_text('{"id": "1", "name": "Pantry", "status": "active"}')
    assert any("1 taken (1 added)" in line for line in commands.import_lines(database, tmp_path / "one.json", now))


OURS = {f"gateway.models.{name}" for name in ("directory", "listing", "referral")}


def test_the_migration_makes_the_tables_that_the_models_describe(database: Database) -> None:
    mapped = [mapper.class_ for mapper in Row.registry.mappers if mapper.class_.__module__ in OURS]
    ours = {table.__tablename__ for table in mapped}
    assert ours > {*BY_NAME, "dataset", "service_need", "search_entry"}
    with database.engine.connect() as connection:
        options = {"include_object": lambda thing, name, kind, *_: kind != "table" or name in ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Row.metadata) == []


MAPPING = [
    ("Food Pantry", {"food"}),
    ("Food stamps office", {"benefits"}),
    ("Emergency Shelter", {"shelter"}),
    ("Animal shelter", {"pets"}),
    ("Despensa y alimentos", {"food"}),
    ("Clínica de salud", {"health"}),
    ("North Lawndale legal clinic", {"legal"}),
    ("Eviction help", {"housing"}),
    ("Ayuda contra el desalojo", {"housing"}),
    ("Programa de pañales", {"baby"}),
    ("Rentals of party tents by Carpenter", set()),
]


@pytest.mark.parametrize(("name", "meant"), MAPPING)
def test_needs_are_told_from_names(name: str, meant: set[str]) -> None:
    assert needs.standard().in_text(name) == meant


def test_needs_are_told_from_codes() -> None:
    mapping = needs.standard()
    assert mapping.of_code("BD-1800.2000") == {"food"}
    assert mapping.of_code("BH-1800.8500") == {"shelter"}
    assert mapping.of_code("BH-3800") == {"housing"}
    assert mapping.of_code(None) == mapping.of_code("101-01") == set()


def test_the_mapping_has_both_languages_and_all_needs() -> None:
    rules = yaml.safe_load(needs.MAPPING.read_text(encoding="utf-8"))
    for need, rule in rules.items():
        assert rule["words"]["en"], need
        assert rule["words"]["es"], need
