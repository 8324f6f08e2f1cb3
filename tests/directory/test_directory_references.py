"""Ids that are mended are mended wherever they are named, and go out as ids that the API takes."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway.directory import export_files, exporting, outgoing
from gateway.directory.importing import import_path
from gateway.directory.objects import BY_NAME, KINDS
from gateway.models.directory import ID_LENGTH, Location
from tests.directory.conftest import Rows

Write = Callable[..., Path]
LONG = "urn:publisher:2026:county:organizations:of-the-whole-bay-area:{}"


@pytest.fixture
def messy(package: dict[str, Rows]) -> dict[str, Rows]:
    """Ids that are too long for their column, or went through a spreadsheet, on one side of a reference or on both."""
    package["organization"] = [
        {"id": LONG.format("parent"), "name": "County", "description": "All of it"},
        {"id": "24656", "name": "City", "parent_organization_id": LONG.format("parent")},
        {"id": "o1", "name": "Helping Hands", "parent_organization_id": "24656.0"},
    ]
    package["service"][0] |= {"id": LONG.format("service"), "program_id": LONG.format("program")}
    package["service_at_location"][0]["service_id"] = LONG.format("service")
    package["taxonomy_term"] = [
        {"id": "1", "name": "Food", "parent_id": ""},
        {"id": "2", "name": "Pantry", "parent_id": "1.0"},
    ]
    link = {"link_id": LONG.format("service"), "link_entity": "service", "taxonomy_term_id": "2.0"}
    package["attribute"] = [{"id": "b1", **link}]
    word = {"object": "service", "object_id": LONG.format("service"), "field": "name", "language": "es"}
    package["translation"] = [{"id": "t1", "text": "Despensa", **word}]
    return package


def rows_of(session: Session, kind: str, dataset: str = "county") -> list[dict[str, Any]]:
    table = BY_NAME[kind].table
    return [dict(row) for row in session.execute(select(table).where(table.c.dataset == dataset)).mappings()]


def test_ids_are_mended_wherever_they_are_named(
    session: Session, messy: dict[str, Rows], written: Write, now: datetime
) -> None:
    report = import_path(session, written(messy), now)
    assert not report.refused
    named = {row["name"]: row for row in rows_of(session, "organization")}
    assert named["City"]["parent_organization_id"] == named["County"]["id"] != LONG.format("parent")
    assert named["Helping Hands"]["parent_organization_id"] == "24656"
    (pantry,) = (row for row in rows_of(session, "service") if row["name"] == "Food pantry")
    assert len(pantry["program_id"]) <= ID_LENGTH
    assert rows_of(session, "attribute")[0]["link_id"] == pantry["id"]
    assert rows_of(session, "translation")[0]["object_id"] == pantry["id"]
    assert {row["parent_id"] for row in rows_of(session, "taxonomy_term")} == {None, "1"}


def test_every_reference_leads_to_a_row_outside_as_inside(
    session: Session, messy: dict[str, Rows], written: Write, now: datetime, tmp_path: Path
) -> None:
    import_path(session, written(messy), now)
    list(export_files.export(session, "county", tmp_path / "out"))
    report = import_path(session, tmp_path / "out", now, dataset="back")
    assert not report.refused
    ids = {kind.name: {row["id"] for row in rows_of(session, kind.name, "back")} for kind in KINDS}
    followed = 0
    for kind in KINDS:
        for row in rows_of(session, kind.name, "back"):
            for column, named in kind.referred(row).items():
                assert outgoing.UUID.fullmatch(row[column]), (kind.name, column)
                assert named == "program" or row[column] in ids[named], (kind.name, column)
                followed += column != "id"
    assert followed > 12


def test_no_column_that_holds_an_id_is_forgotten() -> None:
    for kind in KINDS:
        held = {name for name in kind.types if name == "id" or name.endswith("_id")} - {"tax_id"}
        assert held == set(kind.references), kind.name


@pytest.mark.parametrize(
    "given",
    [
        "ac148810_d857_441c_9679_408f346de14b",
        "ac14_810-d857-441c-9679-408f346de14b",
        "{c148810-d857-441c-9679-408f346de14}",
        "ac148810-d857-441c-9679-408f346de14b\n",
    ],
)
def test_what_the_api_would_not_take_is_no_id_outside(given: str) -> None:
    outside = outgoing.uuid_of("county", "service", given)
    assert outside != given
    assert outgoing.UUID.fullmatch(outside)


def test_hidden_places_are_counted_once_each(
    session: Session, package: dict[str, Rows], written: Write, now: datetime, tmp_path: Path
) -> None:
    package["location"].append({"id": "l2", "location_type": "physical", "name": "Office"})
    import_path(session, written(package), now)
    session.execute(update(Location).where(Location.id == "l1").values(confidential=True))
    lines = list(export_files.export(session, "county", tmp_path / "out"))
    assert f"  Note: {exporting.NOT_SHOWN} (1)" in lines
