"""The prices of a service, row by row: changed, added, taken away, kept over the next import; and its languages."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.db import Database
from gateway.directory import importing
from gateway.models.directory import CostOption, Language
from gateway.models.listing import Correction, Override, SearchEntry
from tests.console.conftest import Person, utc_now
from tests.console.test_console_directory import HOME, edit, fields, post
from tests.directory.conftest import Rows, small, written

pytestmark = pytest.mark.slow
__all__ = ["written"]  # a fixture
PANTRY = "county:s1"
Written = Callable[[dict[str, Rows], str], Path]
Price = tuple[str | None, Decimal | None, str | None, str | None, str | None, str | None]


@pytest.fixture
def county(database: Database, written: Written) -> Callable[[], None]:
    """A pantry with two prices and a language of a region, imported; call it for the next month's copy."""
    rows = small()
    rows["cost_option"] = [
        {"id": "c.1", "service_id": "s1", "option": "adults", "amount": "12.5", "currency": "USD"},
        {"id": "c2", "service_id": "s1", "option": "children", "amount_description": "free", "valid_to": "2030-12-31"},
    ]
    rows["language"] = [{"id": "g1", "service_id": "s1", "name": "Spanish of Mexico", "code": "es-MX"}]
    folder = written(rows, "county")

    def again() -> None:
        importing.import_path(database, folder, utc_now(), dataset="county")

    again()
    return again


@pytest.fixture
def eda(person: Callable[..., Person]) -> Person:
    return person("Eda", "directory_editor")


def prices(database: Database) -> list[Price]:
    with database.begin() as session:
        rows = session.scalars(select(CostOption).order_by(CostOption.option))
        return [
            (row.option, row.amount, row.currency, row.amount_description, *(day and day.isoformat() for day in
             (row.valid_from, row.valid_to))) for row in rows
        ]  # fmt: skip


def test_prices_are_changed_row_by_row_and_stay(eda: Person, county: Callable[[], None], database: Database) -> None:
    form = fields(eda.client.get(f"{HOME}edit?id={PANTRY}").text)
    assert (form["cost_option.c.1.amount"], form["new_cost.currency"]) == ("12.50", "USD")
    change = {"cost_option.c.1.amount": "15", "cost_option.c.1.valid_from": "2026-01-01",
              "cost_option.c2.option": "", "cost_option.c2.amount_description": "",
              "new_cost.option": "seniors", "new_cost.amount": "0",
              "new_cost.amount_description": "with a card"}  # fmt: skip
    assert post(eda, "edit", **form | change).status_code == 303
    told = [
        ("adults", Decimal("15.00"), "USD", None, "2026-01-01", None),
        ("seniors", Decimal("0.00"), "USD", "with a card", None, None),
    ]
    assert prices(database) == told
    county()
    assert prices(database) == told
    with database.begin() as session:
        assert session.scalars(select(Correction).where(Correction.kind == "conflict")).all() == []
    page = eda.client.get(f"{HOME}service?id={PANTRY}").text
    assert "adults: 15.00 USD (2026-01-01 to …)" in page
    assert "seniors: 0.00 USD, with a card" in page
    assert "children: free (… to 2030-12-31) → nothing" in page
    assert "nothing → seniors: 0 USD, with a card" in page


def test_a_price_is_what_search_reads(eda: Person, county: Callable[[], None], database: Database) -> None:
    gone = {
        f"cost_option.{key}.{name}": "" for key in ("c.1", "c2") for name in ("option", "amount", "amount_description")
    }
    form = fields(eda.client.get(f"{HOME}edit?id={PANTRY}").text)
    assert (
        post(eda, "edit", **form | gone | {"service.description": "Food", "new_cost.amount": "40"}).status_code == 303
    )
    with database.begin() as session:
        assert session.scalars(select(SearchEntry.cost).where(SearchEntry.service_id == "s1")).all() == ["fee"]


def test_the_publishers_own_price_again_is_no_override(
    eda: Person, county: Callable[[], None], database: Database
) -> None:
    assert edit(eda, **{"cost_option.c.1.amount": "13"}).status_code == 303
    assert edit(eda, **{"cost_option.c.1.amount": "12.5"}).status_code == 303
    with database.begin() as session:
        assert session.scalars(select(Override)).all() == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"cost_option.c.1.amount": "twelve"}, "cost_option.c.1.amount", "cannot be right"),
        ({"cost_option.c.1.amount": "-1"}, "cost_option.c.1.amount", "cannot be right"),
        ({"cost_option.c.1.currency": "$"}, "cost_option.c.1.currency", "cannot be right"),
        ({"cost_option.c2.valid_from": "2031-01-01"}, "cost_option.c2.valid_to", "before the first day"),
        ({"cost_option.c2.valid_to": "soon"}, "cost_option.c2.valid_to", "cannot be right"),
        ({"new_cost.amount": "NaN"}, "new_cost.amount", "cannot be right"),
        ({"new_cost.option": "x", "new_cost.currency": "dollars"}, "new_cost.currency", "cannot be right"),
        ({"new_cost.valid_from": "2026-01-01"}, "new_cost.option", "Say whom it is for"),
        (
            {"new_cost.option": "x", "new_cost.valid_from": "2026-02-01", "new_cost.valid_to": "2026-01-01"},
            "new_cost.valid_to",
            "before the first day",
        ),
    ],
)
def test_a_price_that_cannot_be_is_said_at_its_field(
    eda: Person, county: Callable[[], None], database: Database, changes: dict[str, str], field: str, words: str
) -> None:
    before = prices(database)
    answer = edit(eda, **changes)
    assert answer.status_code == 400
    assert f'id="f-{field.replace(".", "-")}-fault"' in answer.text
    assert words in answer.text
    assert prices(database) == before


def test_a_currency_alone_is_no_price(eda: Person, county: Callable[[], None], database: Database) -> None:
    before = prices(database)
    assert edit(eda, **{"new_cost.currency": "MXN"}).status_code == 303
    assert prices(database) == before


def test_a_language_of_a_region_is_the_language(eda: Person, county: Callable[[], None], database: Database) -> None:
    assert edit(eda, languages="es-MX, pt-BR").status_code == 303
    with database.begin() as session:
        spoken = {(row.id == "g1", row.code) for row in session.scalars(select(Language))}
        assert spoken == {(True, "es-MX"), (False, "pt")}  # the publisher's row stays as it is
