"""All that an editor may change of a record: it stays over later imports, and only what it touches is indexed anew."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from gateway import editing
from gateway.db import Database
from gateway.directory import importing
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from gateway.models import AuditEntry
from gateway.models.directory import (
    Accessibility,
    Attribute,
    Language,
    Location,
    Phone,
    RequiredDocument,
    Schedule,
    Service,
)
from gateway.models.listing import Closure, Correction, SearchEntry, ServiceNeed
from tests.console.conftest import Person, utc_now
from tests.console.test_console_directory import HOME, edit, fields, post
from tests.directory.conftest import Rows, small, written

pytestmark = pytest.mark.slow
__all__ = ["written"]  # a fixture
PANTRY = "county:s1"
Written = Callable[[dict[str, Rows], str], Path]


def package() -> dict[str, Rows]:
    """The small package with papers, languages, a way in, and terms."""
    rows = small()
    rows["service"][0] |= {"fees_description": "Free"}
    rows["required_document"] = [{"id": "r1", "service_id": "s1", "document": "Photo ID"}]
    rows["language"] = [{"id": "g1", "service_id": "s1", "name": "English", "code": "en"}]
    rows["accessibility"] = [{"id": "x1", "location_id": "l1", "description": "Wheelchair ramp"}]
    return rows


@pytest.fixture
def county(database: Database, written: Written) -> Callable[[], None]:
    """The package, imported; call it for the next month's copy of the same."""

    def again() -> None:
        importing.import_path(database, written(package(), "county"), utc_now())

    again()
    return again


@pytest.fixture
def eda(person: Callable[..., Person]) -> Person:
    return person("Eda", "directory_editor")


def test_every_part_is_changed_and_stays(eda: Person, county: Callable[[], None], database: Database) -> None:
    done = edit(
        eda,
        service__minimum_age="18", service__maximum_age="59.5", languages="English, spanish; vi",
        documents="Proof of address\nPhoto ID", access__l1="Wheelchair ramp\nElevator",
        location__l1__latitude="37.76", location__l1__longitude="-122.42",
        phone__p1="415-555-0199", phone_extension__p1="22",
        new_phone="800-555-0100", new_phone_type="fax", es__fees_description="Gratis", **{"phone_type.p1": "text"},
    )  # fmt: skip
    assert done.status_code == 303
    for _ in range(2):
        with database.begin() as session:
            service, place = session.get_one(Service, ("county", "s1")), session.get_one(Location, ("county", "l1"))
            assert (service.minimum_age, service.maximum_age) == (18, 59.5)
            assert (place.latitude, place.longitude) == (37.76, -122.42)
            assert set(session.scalars(select(Language.code))) == {"en", "es", "vi"}
            assert set(session.scalars(select(RequiredDocument.document))) == {"Photo ID", "Proof of address"}
            assert set(session.scalars(select(Accessibility.description))) == {"Wheelchair ramp", "Elevator"}
            phones = {(row.number, row.extension, row.type) for row in session.scalars(select(Phone))}
            assert phones == {("415-555-0199", "22", "text"), ("800-555-0100", None, "fax")}
            assert session.get_one(RequiredDocument, ("county", "r1")).document == "Photo ID"  # left as it was
            assert session.scalars(select(Correction).where(Correction.kind == "conflict")).all() == []
        county()
    with database.begin() as session:
        entry = session.scalars(select(SearchEntry).where(SearchEntry.service_id == "s1")).one()
        assert (entry.latitude, set(entry.languages)) == (37.76, {"en", "es", "vi"})
        assert (entry.ages.lower, "wheelchair" in entry.access) == (18, True)
    assert edit(eda, languages="", documents="", access__l1="").status_code == 303
    with database.begin() as session:
        for kind in (Language, RequiredDocument, Accessibility):
            assert session.scalars(select(kind)).all() == []
    county()
    with database.begin() as session:
        assert session.scalars(select(Language)).all() == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"service__minimum_age": "young"}, "service.minimum_age", "cannot be right"),
        ({"service__minimum_age": "40", "service__maximum_age": "20"}, "service.maximum_age", "below the lowest"),
        ({"service__maximum_age": "500"}, "service.maximum_age", "cannot be right"),
        ({"languages": "English, Gibberish"}, "languages", "no language"),
        ({"location__l1__latitude": "95"}, "location.l1.latitude", "cannot be right"),
        ({"location__l1__longitude": ""}, "location.l1.longitude", "Fill in both"),
        ({"day__mon": "when the moon is full"}, "day.mon", "cannot read these hours"),
        ({"day__tue": "9am-5pm, Wed 10am-noon"}, "day.tue", "cannot read these hours"),
        ({"phone_extension__p1": "extension twelve"}, "phone_extension.p1", "cannot be right"),
        ({"phone_type.p1": "<script>"}, "phone_type.p1", "cannot be right"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    eda: Person, county: Callable[[], None], database: Database, changes: dict[str, str], field: str, words: str
) -> None:
    answer = edit(eda, **changes)
    assert answer.status_code == 400
    assert f'id="f-{field.replace(".", "-")}-fault"' in answer.text
    assert words in answer.text
    assert "<script>" not in answer.text.partition("<main")[2]
    with database.begin() as session:
        assert session.scalars(select(Correction)).all() == []


def test_hours_are_written_day_by_day(eda: Person, county: Callable[[], None], database: Database) -> None:
    form = fields(eda.client.get(f"{HOME}edit?id={PANTRY}").text)
    assert (form["day.mon"], form["day.sat"]) == ("9am-4pm", "")
    assert edit(eda, day__mon="9am-noon, 1pm-5pm", day__fri="", day__sat="10am-2pm").status_code == 303
    week = "Mon 9am-noon, 1pm-5pm; Tue, Wed, Thu 9am-4pm; Sat 10am-2pm"
    for _ in range(2):
        page = eda.client.get(f"{HOME}edit?id={PANTRY}").text
        assert fields(page)["day.mon"] == "9am-noon, 1pm-5pm"
        assert fields(page)["day.fri"] == ""
        assert fields(page)["hours"] in {week, week.replace("Tue, Wed, Thu", "Tue-Thu")}
        county()
    with database.begin() as session:
        own = session.scalars(select(Schedule).where(Schedule.service_id == "s1")).all()
        assert {(row.byday, str(row.opens_at)) for row in own} == {
            ("MO", "09:00:00"), ("MO", "13:00:00"), ("TU,WE,TH", "09:00:00"), ("SA", "10:00:00")
        }  # fmt: skip
    assert edit(eda, hours="4th Sat 10am-noon").status_code == 303
    page = eda.client.get(f"{HOME}edit?id={PANTRY}").text
    assert "day.mon" not in fields(page)
    assert "not alike every week" in page


def test_a_phone_that_goes_takes_its_parts_along(eda: Person, county: Callable[[], None], database: Database) -> None:
    assert edit(eda, phone__p1="", phone_extension__p1="7").status_code == 303
    county()
    with database.begin() as session:
        assert session.scalars(select(Phone)).all() == []


def test_needs_are_said_by_hand_and_stay(eda: Person, county: Callable[[], None], database: Database) -> None:
    def met() -> set[str]:
        with database.begin() as session:
            found = session.scalars(select(ServiceNeed.need).where(ServiceNeed.service_id == "s1"))
            return {need for need in found if not need.startswith("#")}  # a topic is no need

    assert "food" in met()
    assert post(eda, "needs", id=PANTRY, need=["legal", "baby"]).status_code == 303
    for _ in range(2):
        assert met() == {"legal", "baby"}
        county()
    with database.begin() as session:
        found = search(session, Wanted(needs=("baby",), zip="94110"), utc_now()).services
        assert [service.id for service in found] == [PANTRY]
        [row] = session.scalars(select(Correction).where(Correction.field == "needs"))
        assert (row.proposed, row.responder_id) == ("baby, legal", eda.id) or row.proposed == "legal, baby"
    assert post(eda, "needs", id=PANTRY, need=["legal"]).status_code == 303
    assert met() == {"legal"}
    assert post(eda, "needs", id=PANTRY, need=["nothing"]).status_code == 400
    assert post(eda, "needs", id=PANTRY).status_code == 400
    assert post(eda, "needs", id=PANTRY, by="publisher").status_code == 303
    assert "food" in met()
    county()
    assert "food" in met()
    with database.begin() as session:
        assert session.scalars(select(Attribute)).all() == []


def test_only_what_an_edit_touches_is_indexed_anew(eda: Person, county: Callable[[], None], database: Database) -> None:
    def stamp() -> dict[str, Any]:
        with database.begin() as session:
            rows = session.execute(text("SELECT service_id, xmin::text || '-' || ctid::text AS at FROM search_entry"))
            return {row.service_id: row.at for row in rows}

    before = stamp()
    assert edit(eda, service__name="Pantry of the moon").status_code == 303
    after = stamp()
    assert before["s2"] == after["s2"]
    assert before["s1"] != after["s1"]
    with database.begin() as session:
        assert [each.id for each in search(session, Wanted(text="moon"), utc_now()).services] == [PANTRY]
        assert session.scalar(text("SELECT count(*) FROM search_word WHERE word = 'moon'")) == 1
    assert edit(eda, location__l1__latitude="37.77").status_code == 303
    with database.begin() as session:
        assert set(session.scalars(select(SearchEntry.latitude))) == {37.77}  # the clinic is at the same place


def test_one_service_of_many_is_indexed_as_all_of_them_are(
    database: Database, written: Written, county: Callable[[], None]
) -> None:
    """The same rows, whether the whole set is built or one service after the other."""

    def rows(name: str) -> list[str]:
        with database.begin() as session:
            return sorted(str(row) for row in session.scalars(text(f"SELECT to_jsonb(t) FROM {name} AS t")))

    whole = {name: rows(name) for name in ("search_entry", "search_need", "service_need")}
    with database.begin() as session:
        session.execute(text("DELETE FROM search_entry"))
        session.execute(text("DELETE FROM service_need"))
        for service in ("s1", "s2"):
            editing.reindex(session, "county", [service])
    assert {name: rows(name) for name in whole} == whole


def test_an_edit_in_a_large_set_is_a_few_quick_questions(eda: Person, database: Database, written: Written) -> None:
    rows = package()
    rows["service"] += [
        {"id": f"n{n}", "organization_id": "o1", "name": f"Service {n}", "status": "active", "description": "x"}
        for n in range(4_000)
    ]
    rows["service_at_location"] += [{"id": f"b{n}", "service_id": f"n{n}", "location_id": "l1"} for n in range(4_000)]
    importing.import_path(database, written(rows, "county"), utc_now())
    touched: list[int] = []

    def count(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().startswith(("INSERT", "DELETE", "UPDATE")):
            touched.append(cursor.rowcount)

    event.listen(database.engine, "after_cursor_execute", count)
    try:
        assert edit(eda, service__name="One of many", es__name="Una").status_code == 303
    finally:
        event.remove(database.engine, "after_cursor_execute", count)
    assert max(touched, default=0) < 10
    with database.begin() as session:
        assert [each.id for each in search(session, Wanted(text="one of many"), utc_now()).services][:1] == [PANTRY]


def test_a_place_is_closed_with_all_that_is_there(eda: Person, county: Callable[[], None], database: Database) -> None:
    day = (utc_now() + timedelta(days=3)).date().isoformat()
    assert post(eda, "place/close", place="county:l1", until="day", day=day, reason="building").status_code == 303
    for service in ("county:s1", "county:s2"):
        page = " ".join(eda.client.get(f"{HOME}service?id={service}").text.split())
        assert "All that is at this place is closed: Trouble with the building" in page
    assert eda.client.get(HOME).text.count("Closed now") == 2
    with database.begin() as session:
        row = session.scalars(select(Closure)).one()
        assert (row.service_id, row.location_id, row.responder_id) == (None, "l1", eda.id)
        assert row.to_at is not None
        found = search(session, Wanted(text="pantry", zip="94110"), utc_now()).services
        assert found[0].open_state.open is False
        assert session.scalars(select(AuditEntry.act).where(AuditEntry.act == "close_place")).all() == ["close_place"]
    assert post(eda, "reopen", place="county:l1", closure=str(row.id)).status_code == 303
    page = eda.client.get(f"{HOME}place?id=county:l1").text
    assert "Open again" not in page
    assert "Legal clinic" in page


@pytest.mark.parametrize("form", [{"until": "day", "day": "2020-01-01"}, {"until": "day", "day": "x"}, {"until": "day"},
                                  {"until": "day", "day": "2199-01-01"}, {"until": "never"}])  # fmt: skip
def test_a_closure_needs_an_end_that_can_be(eda: Person, county: Callable[[], None], form: dict[str, str]) -> None:
    for path, named in (("close", {"id": PANTRY}), ("place/close", {"place": "county:l1"})):
        assert post(eda, path, reason="staff", **named, **form).status_code == 400
    assert post(eda, "place/close", place="county:l9", until="today", reason="staff").status_code == 404


def test_a_responder_reads_a_place_and_closes_nothing(ana: Person, county: Callable[[], None]) -> None:
    page = ana.client.get(f"{HOME}place?id=county:l1")
    assert "Legal clinic" in page.text
    assert "Close all" not in page.text
    assert post(ana, "place/close", place="county:l1", until="today", reason="staff").status_code == 403
    assert post(ana, "needs", id=PANTRY, need=["food"]).status_code == 403
    for bad in ("", "?id=", "?id=x", "?id=%00:%00"):
        assert ana.client.get(f"{HOME}place{bad}").status_code == 404


def test_an_address_that_is_not_shown_stays_hidden(eda: Person, database: Database, county: Callable[[], None]) -> None:
    with database.begin() as session:
        session.execute(text("UPDATE location SET confidential = true, name = NULL"))
        session.execute(
            text(
                "INSERT INTO address (dataset, id, location_id, address_1) VALUES ('county', 'd1', 'l1', '9 Hidden Rd')"
            )
        )
    for path in (f"service?id={PANTRY}", f"edit?id={PANTRY}", "place?id=county:l1"):
        page = eda.client.get(HOME + path)
        assert page.status_code == 200
        assert "Hidden" not in page.text
        assert "37.75" not in page.text
