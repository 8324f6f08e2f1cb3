"""What is found, and in which order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gateway import editing
from gateway.directory import answers, asking, details, place
from gateway.directory.importing import import_path
from gateway.directory.place import Area
from gateway.directory.search import Wanted, search
from gateway.models.directory import Service
from gateway.models.listing import SearchEntry
from tests.directory.conftest import Rows

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("America/Los_Angeles")).astimezone(UTC)
MONDAY_NIGHT = datetime(2026, 11, 23, 22, tzinfo=ZoneInfo("America/Los_Angeles")).astimezone(UTC)


def names(session: Session, wanted: Wanted, when: datetime = MONDAY_NOON, limit: int = 3) -> list[str]:
    return [service.name for service in search(session, wanted, when, limit).services]


def test_food_for_children_near_94110(town: Session) -> None:
    found = search(town, Wanted(("food",), "94110", language="es"), MONDAY_NOON)
    assert [service.name for service in found.services] == [
        "Despensa Demo Town",
        "Comedor Demo Town",
        "Caja de comida familiar Demo Town",
    ]
    assert found.place_understood == "San Francisco, CA 94110"
    first = found.services[0]
    assert first.phone == "415-555-0101"
    assert first.address == "100 Demo St"
    assert first.distance_miles is not None
    assert first.distance_miles < 0.5
    assert first.open_state.open is True
    assert first.open_state.until == datetime(2026, 11, 23, 17, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert first.description is not None
    assert first.description.startswith("Bolsas de comida")
    assert first.id.startswith("demo-town:")
    assert len(first.id) <= 80


def test_a_place_to_sleep_tonight(town: Session) -> None:
    assert names(town, Wanted(("shelter",), "94110"), MONDAY_NIGHT)[0] == "Demo Town Family Shelter"
    assert "Demo Town Night Shelter" in names(town, Wanted(("shelter",), "94110"), MONDAY_NIGHT)


def test_open_comes_before_closed(town: Session) -> None:
    clothes = Wanted(("hygiene", "clothing"), "94110")  # the one is closed on Mondays, the other on Tuesdays
    assert names(town, clothes)[0] == "Demo Town Clothes Closet"
    tuesday = MONDAY_NOON + timedelta(days=1)
    assert names(town, clothes, tuesday)[0] == "Demo Town Showers and Laundry"


def test_more_goes_on_without_repeating(town: Session) -> None:
    seen: list[str] = []
    total = search(town, Wanted(("food",), "94110"), MONDAY_NOON).total
    for offset in range(0, total + 3, 3):
        seen += names(town, Wanted(("food",), "94110", offset=offset))
    assert len(seen) == len(set(seen)) == total
    assert seen[-1] == "211 help line"


def test_national_lines_come_last_where_a_place_was_given(town: Session) -> None:
    assert names(town, Wanted(("mental_health",), "94110"), limit=20)[-1].startswith(("988", "SAMHSA", "Veterans"))
    assert "Demo Town" in names(town, Wanted(("domestic_violence",), "94110"))[0]


LINES = {
    "mental_health": "988 Suicide & Crisis Lifeline",
    "domestic_violence": "National Domestic Violence Hotline",
    "substance_use": "SAMHSA treatment help line",
    "veterans": "Veterans Crisis Line",
}


def test_a_line_comes_first_where_a_voice_counts_and_no_place_was_given(town: Session) -> None:
    for need, line in LINES.items():
        assert names(town, Wanted((need,)))[0] == line
    assert names(town, Wanted(("food",)))[0].startswith("Demo Town")


def test_far_away_only_the_national_lines_are_left(town: Session) -> None:
    found = search(town, Wanted(("domestic_violence",), "60608"), MONDAY_NOON, 10)
    assert found.place_understood == "Chicago, IL 60608"
    assert not [s for s in found.services if s.distance_miles is not None]
    assert "National Domestic Violence Hotline" in [s.name for s in found.services]


def test_a_zip_that_does_not_exist_is_said(town: Session) -> None:
    found = search(town, Wanted(("food",), "00001"), MONDAY_NOON)
    assert found.place_understood is None
    assert found.place_asked == "00001"
    assert len(found.services) == 3
    assert search(town, Wanted(("food",)), MONDAY_NOON).place_asked is None


def test_only_what_is_active_is_found(town: Session) -> None:
    pantry = update(Service).where(Service.name == "Demo Town Food Pantry")
    for status in ("inactive", "defunct", "temporarily closed"):
        town.execute(pantry.values(status=status))
        assert "Demo Town Food Pantry" not in names(town, Wanted(("food",), "94110"), limit=50)
    town.execute(pantry.values(status="active"))
    assert "Demo Town Food Pantry" in names(town, Wanted(("food",), "94110"), limit=50)


def test_people_are_not_sent_where_they_are_too_young(town: Session) -> None:
    everyone = names(town, Wanted(("food",), "94103"), limit=50)
    assert everyone.index("Demo Town Senior Meals") > everyone.index("Demo Town Food Pantry")
    assert names(town, Wanted(("food", "seniors"), "94103"))[0] in {"Demo Town Senior Meals", "Demo Town Senior Center"}


@pytest.mark.parametrize("need", ["youth", "veterans", "seniors", "storage"])
def test_every_need_that_the_bot_names_is_met_in_the_demo_town(town: Session, need: str) -> None:
    assert names(town, Wanted((need,), "94110"))[0].startswith("Demo Town")


def test_free_text_in_both_languages(town: Session) -> None:
    for words in ("despensa", "DESPENSA", "pantry", "pantries", "pañales", "panales"):
        found = names(town, Wanted(text=words), limit=10)
        assert {"Demo Town Food Pantry", "Demo Town Family Food Box", "Demo Town Baby Pantry"} & set(found), words


def test_free_text_may_be_anything(town: Session) -> None:
    for words in ("'", "a & | !", "\\", "%", "<->", "(", ":*", "a" * 200):
        assert search(town, Wanted(text=words), MONDAY_NOON).total < 47, words


def test_an_empty_directory_finds_nothing(session: Session) -> None:
    found = search(session, Wanted(("food",), "94110"), MONDAY_NOON)
    assert (found.services, found.total) == ([], 0)


def test_text_lines_and_what_to_press(town: Session) -> None:
    english, spanish = (
        search(town, Wanted(("mental_health",), language=language), MONDAY_NOON).services[0]
        for language in ("en", "es")
    )
    assert (english.phone, english.phone_note, english.text_number, english.text_word) == ("988", None, "988", None)
    assert (spanish.phone, spanish.phone_note, spanish.text_number, spanish.text_word) == (
        "988",
        "oprima 2",
        "988",
        "AYUDA",
    )
    violence = search(town, Wanted(("domestic_violence",)), MONDAY_NOON).services[0]
    assert (violence.text_word, violence.text_number) == ("START", "88788")


@pytest.mark.parametrize(
    ("number", "extension", "written"),
    [
        ("4155550101", None, "415-555-0101"),
        ("(415) 555-0101", "12", "415-555-0101 x12"),
        ("+1 800 222 1222", None, "1-800-222-1222"),
        ("988", None, "988"),
        ("1-800-MEDICARE", None, "1-800-MEDICARE"),
        ("+44 20 7946 0958", None, "+44 20 7946 0958"),
    ],
)
def test_numbers_are_written_as_people_write_them(number: str, extension: str | None, written: str) -> None:
    assert details.number_of(number, extension) == written


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("necesito comida para mis hijos, 94110", "94110"),
        ("94110-1234", "94110"),
        ("ZIP:94110.", "94110"),
        ("call 4155550101", None),
        ("415-555-01012", None),
        ("9411", None),
        ("", None),
    ],
)
def test_a_zip_is_heard(text: str, code: str | None) -> None:
    assert place.zip_in(text) == code


def test_places() -> None:
    mission, loop = place.by_zip("94110"), place.by_zip("60602")
    assert mission is not None
    assert loop is not None
    assert place.by_zip("00000") is None
    assert place.miles(mission.latitude, mission.longitude, loop.latitude, loop.longitude) == pytest.approx(
        1857, rel=0.01
    )
    south, north, west, east = place.box(mission, 10)
    assert place.miles(mission.latitude, mission.longitude, north, mission.longitude) >= 9.99
    assert place.miles(mission.latitude, mission.longitude, mission.latitude, east) >= 9.9
    assert south < mission.latitude < north
    assert west < mission.longitude < east
    assert place.nearest(37.7509, -122.4153) == mission
    assert place.nearest(0.0, -150.0) is None


@pytest.mark.parametrize(
    ("areas", "meant"),
    [
        ([], Area.NOT_SAID),
        (["cook county, illinois"], Area.HERE),
        (["chicago"], Area.HERE),
        (["illinois"], Area.HERE),
        (["nationwide"], Area.HERE),
        (["dupage county, illinois"], Area.ANOTHER),
        (["cook county, minnesota"], Area.ANOTHER_STATE),
        (["san mateo county"], Area.ANOTHER),
        (["california", "illinois"], Area.HERE),
    ],
)
def test_areas_that_are_named(areas: list[str], meant: Area) -> None:
    chicago: Any = place.by_zip("60608")
    assert chicago.area(areas) is meant


@pytest.mark.parametrize("said", ["i need food for my kids", "comida para mis hijos"])
def test_whom_it_is_for_alone_makes_nothing_an_answer(town: Session, said: str) -> None:
    language = "es" if "comida" in said else "en"
    about = asking.topics_and_guesses([said], ["food"], language)[0]
    assert about  # the children were heard
    known = asking.tags_of(None).topics
    wanted = Wanted(needs=("food",), zip="94110", language=language, topics=about, known_topics=known)
    found = search(town, wanted, MONDAY_NOON, limit=50, home="America/Los_Angeles")
    assert found.services
    assert {service.need for service in found.services} == {"food"}


def test_who_is_reached_by_phone_alone_is_near_its_publishers_places(
    town: Session, package: dict[str, Rows], written: Callable[[dict[str, Rows], str], Path], now: datetime
) -> None:
    """Of two towns in one store, the one's lines are nothing for the other's residents; over a border they may be."""
    package["service"] = [
        {"id": key, "organization_id": "o1", "name": f"Food pantry {key}", "status": "active"} for key in ("s1", "s2")
    ]
    package["location"] = [
        {"id": "l1", "location_type": "physical", "latitude": "41.8781", "longitude": "-87.6298"}
    ]  # Chicago
    package["service_at_location"] = [{"id": "a1", "service_id": "s1", "location_id": "l1"}]
    package["address"] = []
    import_path(town, written(package, "chicago"), now)
    food = Wanted(("food",))

    def found(code: str) -> set[str]:
        return set(search(town, replace(food, zip=code), MONDAY_NOON, limit=60).ids)

    assert "chicago:s2" not in found("94110")
    assert {"chicago:s1", "chicago:s2"} <= found("60601")
    assert "chicago:s2" in found("46320")  # Hammond, Indiana
    entry = town.scalars(select(SearchEntry).where(SearchEntry.service_id == "s2")).one()
    assert "somewhere in illinois" in entry.areas
    before = list(entry.areas)
    editing.reindex(town, "chicago", ["s2"])
    town.refresh(entry)
    assert entry.areas == before


def test_no_map_of_a_point_that_the_publisher_does_not_give(
    session: Session, package: dict[str, Rows], written: Callable[[dict[str, Rows], str], Path], now: datetime
) -> None:
    """The middle of the ZIP code serves to search; who followed a map to it would stand before a wrong door."""
    package["location"] = [{"id": "l1", "location_type": "physical", "name": "Hall"}]
    package["address"] = [
        {"id": "d1", "location_id": "l1", "address_1": "1 Main St", "city": "San Francisco", "postal_code": "94110",
         "state_province": "CA", "country": "US", "address_type": "physical"}
    ]  # fmt: skip
    import_path(session, written(package, "county"), now)
    found = search(session, Wanted(zip="94110"), MONDAY_NOON).services
    told = next(service for service in found if service.address)
    assert (told.latitude, told.longitude) == (None, None)
    assert told.distance_miles == 0.0
    [text] = answers.render(search(session, Wanted(zip="94110"), MONDAY_NOON), "en", "sms")
    assert "0.0 mi" not in text


def test_who_takes_no_pets_is_no_help_with_one(
    session: Session, package: dict[str, Rows], written: Callable[[dict[str, Rows], str], Path], now: datetime
) -> None:
    package["service"] = [
        {"id": "s1", "organization_id": "o1", "name": "Refugio", "status": "active",
         "description": "Camas para esta noche. No se permiten mascotas."},
        {"id": "s2", "organization_id": "o1", "name": "Albergue", "status": "active",
         "description": "Presentarse a las seis. Se permiten mascotas."},
    ]  # fmt: skip
    package["service_at_location"] = []
    import_path(session, written(package, "county"), now)
    entries = {row.service_id: row for row in session.scalars(select(SearchEntry))}
    assert "pets" not in entries["s1"].needs
    assert "pets" in entries["s2"].needs
    assert "legal" not in entries["s2"].needs  # «presentarse» is not «preso»
    found = search(session, Wanted(needs=("shelter",), serves=("pets",)), MONDAY_NOON)
    assert [service.name for service in found.services] == ["Albergue"]
