"""The list of records and the corrections: what comes with the product never looks old, and no needless index work."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from gateway.db import Database
from gateway.directory import freshness, overlay, staging
from gateway.editing import reindex
from gateway.models import Responder
from gateway.models.listing import Correction
from tests.console.conftest import Person, utc_now
from tests.console.test_console_directory import HOME, county, eda, post

pytestmark = pytest.mark.slow
__all__ = ["county", "eda"]  # fixtures
PANTRY = "county:s1"


@pytest.fixture
def national(database: Database) -> None:
    """A line that comes with the product, checked two years ago, and one never."""
    with database.begin() as session:
        wire, by = staging.driver(session), overlay.By(None, utc_now())
        old = (utc_now() - timedelta(days=800)).date().isoformat()
        for key, day in (("988", old), ("211", None)):
            row = {"name": f"Line {key}", "status": "active", "assured_date": day}
            overlay.add(wire, overlay.Place(freshness.SHIPPED, "service", key), row, by)
        wire.execute("DELETE FROM override")
        reindex(session, freshness.SHIPPED)


def test_what_comes_with_the_product_is_never_too_old(eda: Person, national: None) -> None:
    page = eda.client.get(f"{HOME}?q=line").text
    assert "Line 988" in page
    assert "Too old" not in page.partition('id="services"')[2]
    assert "Not checked" not in page.partition('id="services"')[2]
    for shown in ("stale", "unchecked"):
        assert "Line" not in eda.client.get(f"{HOME}?q=line&show={shown}").text.partition("<main")[2]


@pytest.mark.parametrize(("kind", "state", "built"), [("closed", "rejected", False), ("wrong", "accepted", False),
                                                      ("closed", "accepted", True)])  # fmt: skip
def test_only_a_decision_that_writes_is_indexed(
    eda: Person, county: Callable[[], None], database: Database, kind: str, state: str, built: bool
) -> None:
    def index() -> list[str]:
        with database.begin() as session:
            return sorted(session.scalars(text("SELECT e.service_id || e.xmin FROM search_entry e")))

    assert post(eda, "wrong", id=PANTRY, kind=kind).status_code == 303
    before = index()
    assert before
    with database.begin() as session:
        [asked] = session.scalars(select(Correction.id))
    assert post(eda, "decide", correction=str(asked), state=state).status_code == 303
    assert (index() != before) is built


def test_a_record_tells_topics_from_needs_and_each_number_once(eda: Person, county: None, database: Database) -> None:
    with database.begin() as session:
        wire, by = staging.driver(session), overlay.By(None, utc_now())
        overlay.add(wire, overlay.Place("county", "phone", "p2"), {"service_id": "s1", "number": "415-555-0101"}, by)
    assert post(eda, "wrong", id=PANTRY, kind="wrong").status_code == 303
    page = eda.client.get(f"{HOME}service?id={PANTRY}").text
    assert page.count("415-555-0101") == 1
    assert "<dt>In particular</dt><dd>food pantry</dd>" in page
    assert "#food" not in page
    found = eda.client.get(HOME).text
    assert "1 report<" in found
    assert "1 reports" not in found
    with database.begin() as session:
        session.execute(update(Responder).values(locale="es"))
    spanish = eda.client.get(f"{HOME}service?id={PANTRY}").text
    assert "<dt>En particular</dt><dd>despensa de alimentos</dd>" in spanish
    assert "(Edición del directorio)" in spanish
