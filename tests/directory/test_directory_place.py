"""Where a resident is, from their words: the place that is meant, choices where that is not clear, never a guess."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.community import load
from gateway.directory import addresses, gazetteer, indexing, locating, place, staging
from gateway.directory.addresses import Street, squeeze
from gateway.directory.gazetteer import GazetteerError, Town
from gateway.directory.holidays import FEDERAL
from gateway.directory.importing import import_path
from gateway.directory.place import Area, Place
from gateway.directory.search import search
from gateway.directory.streets import Spot
from gateway.directory.wanted import Wanted
from tests.directory.conftest import Rows

Written = Callable[[dict[str, Rows], str], Path]
# Invented addresses at true corners of San Francisco, and one of another town.
STREETS = [
    ("2990 24th St", "San Francisco", "CA", 37.7524, -122.4105),
    ("3150 24th Street, Suite 2", "San Francisco", "CA", 37.7523, -122.4175),
    ("2810 Mission St", "San Francisco", "CA", 37.7519, -122.4184),
    ("1900 Mission St.", "San Francisco", "CA", 37.7662, -122.4198),
    ("500 Mission Ave", "Oceanside", "CA", 33.1960, -117.3790),
    ("10 Main St", "San Francisco", "CA", 37.7925, -122.3963),
    ("20 Main St", "Redwood City", "CA", 37.4880, -122.2270),
    ("7 Hidden Rd", "San Francisco", "CA", 37.7700, -122.4000),
]


@pytest.fixture
def demo() -> Town:
    found = gazetteer.town(load())
    assert found is not None
    return found


@pytest.fixture
def streets(session: Session, package: dict[str, Rows], written: Written, now: datetime) -> Session:
    """A directory with these addresses, the last of them confidential."""
    numbers = range(len(STREETS))
    package["location"] = [
        {"id": f"l{n}", "location_type": "physical", "latitude": str(STREETS[n][3]), "longitude": str(STREETS[n][4])}
        for n in numbers
    ]
    package["address"] = [
        {
            "id": f"d{n}",
            "location_id": f"l{n}",
            "address_1": STREETS[n][0],
            "city": STREETS[n][1],
            "state_province": STREETS[n][2],
            "postal_code": "",
            "address_type": "physical",
        }
        for n in numbers
    ]
    package["service_at_location"] = [{"id": f"a{n}", "service_id": "s1", "location_id": f"l{n}"} for n in numbers]
    package["phone"], package["schedule"] = [], []
    import_path(session, written(package, "county"), now)
    session.execute(text(f"UPDATE location SET confidential = true WHERE id = 'l{len(STREETS) - 1}'"))
    indexing.build(staging.driver(session), "county")
    return session


def read(
    session: Session, written: str, town: Town | None = None, language: str = "en"
) -> str | tuple[str, ...] | None:
    """What a place was read as: its name, or the names to choose from."""
    found = locating.read(session, None, written, town, language)
    return tuple(choice.name for choice in found.choices) or (found.place.name if found.place else None)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12345 Ventura Blvd", None),
        ("10012 Main St", None),
        ("10001 N. Western Avenue", None),
        ("10001 dollars", None),
        ("$94110", None),
        ("I make 24000 a year", None),
        ("94 110", "94110"),
        ("my zip is 941 10", "94110"),
        ("9411O", "94110"),
        ("94l10", "94110"),
        ("12345 Ventura Blvd, 91604", "91604"),
        ("ZIP 94110 Mission St", "94110"),
        ("necesito comida, 94110 y ropa", "94110"),
        ("94110 and Mission St", "94110"),
        ("we are 94 110 people", None),
        ("call 55 512 3456", None),
        ("hello", None),
        ("OOOOO", None),
    ],
)
def test_a_zip_is_told_from_a_house_and_an_amount(text: str, code: str | None) -> None:
    assert place.zip_in(text) == code


@pytest.mark.parametrize(
    ("words", "understood"),
    [
        ("Riverside", "Riverside"),
        ("near the old town", "Old Town"),
        ("cerca de la ribera", "Riverside"),
        ("children's hospital", "Demo Children's Hospital"),
        ("by the main library please", "Demo Main Library"),
        ("the library", "Demo Main Library"),
        ("Oakland", "Oakland, CA"),
        ("oakland, tx", "Oakland, TX"),
        ("springfield illinois", "Springfield, IL"),
        ("I live in San Francisco", "San Francisco"),
        ("los angeles", "Los Angeles"),
        ("here", None),
        ("mi casa", None),
        ("", None),
        ("asdfghjkl", None),
        ("%", None),
        ("x" * 500, None),
    ],
)
def test_names_of_places(session: Session, demo: Town, words: str, understood: str | None) -> None:
    assert read(session, words, demo) == understood


def test_what_may_be_several_is_given_back_as_choices(session: Session, demo: Town) -> None:
    english, spanish = read(session, "near the hospital", demo), read(session, "cerca del hospital", demo, "es")
    assert english is not None
    assert set(english) == {"Demo General Hospital", "Demo Children's Hospital"}
    assert spanish is not None
    assert set(spanish) == {"Hospital General Demo", "Hospital Infantil Demo"}
    springfield = read(session, "Springfield", demo)
    assert isinstance(springfield, tuple)
    assert len(springfield) == locating.MOST_CHOICES
    assert "Springfield, OR" in springfield  # the nearest of them
    assert read(session, "Rivreside", demo) == ("Riverside",)  # nearly written: asked back, not decided


def test_nothing_is_searched_before_a_choice_is_made(session: Session, demo: Town, now: datetime) -> None:
    found = search(session, Wanted(("food",), place="cerca del hospital", language="es"), now, town=demo)
    assert {choice.name for choice in found.places} == {"Hospital General Demo", "Hospital Infantil Demo"}
    assert (found.services, found.total, found.place_understood, found.place_asked) == (
        [],
        0,
        None,
        "cerca del hospital",
    )


@pytest.mark.parametrize(
    ("words", "understood"),
    [
        ("24th y Misión", "24th St & Mission St"),
        ("24th and mission", "24th St & Mission St"),
        ("cerca de la calle 24 y Mission", "24th St & Mission St"),
        ("corner of 24 st & Mission St", "24th St & Mission St"),
        ("Mission @ 24th", "24th St & Mission St"),
        ("2900 mission st", "2900 Mission St"),
        ("3150 24th st", "3150 24th Street"),
        ("500 Mission Ave, Oceanside", "500 Mission Ave"),
        ("9999 mission st", None),
        ("7 Hidden Rd", None),
        ("Hidden Rd", None),
        ("24th and Nowhere", None),
    ],
)
def test_corners_and_addresses_of_the_directory(
    streets: Session, demo: Town, words: str, understood: str | None
) -> None:
    found = read(streets, words, demo)
    if understood and " & " in understood:
        assert isinstance(found, str)
        assert set(found.split(" & ")) <= {"24th St", "24th Street", "Mission St", "Mission St."}
        where = locating.read(streets, None, words, demo).place
        assert where is not None
        assert place.miles(where.latitude, where.longitude, 37.7522, -122.4185) < 0.2
    else:
        assert found == understood


def test_a_corner_is_looked_for_once_a_transaction(
    streets: Session, demo: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def corners(session: Session, one: Street, other: Street, here: Place | None) -> list[Spot]:
        looked.append(f"{one.core} {other.core}")
        session.connection()
        return []

    monkeypatch.setattr(locating.streets, "corners", corners)
    with Session(streets.connection(), join_transaction_mode="create_savepoint") as one:
        for _ in range(2):
            assert locating.read(one, None, "24th & Mission St", demo).place is None
            assert locating.read(one, None, "24th & Main St", demo).place is None
        one.commit()
        locating.read(one, None, "24th & Mission St", demo)
    assert looked == ["24th mision", "24th main", "24th mision"]


def test_one_street_of_two_towns_is_asked_back(streets: Session, demo: Town) -> None:
    found = read(streets, "Main St", demo)
    assert found is not None
    assert set(found) == {"Main St, San Francisco", "Main St, Redwood City"}


def test_without_a_town_the_directory_says_where_it_is(streets: Session) -> None:
    assert read(streets, "Redwood City, CA") == "Redwood City"
    assert read(streets, "24th y Mision") is not None
    assert read(streets, "oakland") == "Oakland, CA"


def test_a_city_of_one_name_in_several_states_is_not_their_middle(
    session: Session, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    package["location"].append({"id": "l2", "location_type": "physical", "latitude": "39.80", "longitude": "-89.64"})
    for number, state in ((1, "CA"), (2, "IL")):
        package.setdefault("address", []).append(
            {"id": f"d{number}", "location_id": f"l{number}", "address_1": "1 A St", "city": "Springfield",
             "state_province": state, "address_type": "physical"}
        )  # fmt: skip
    import_path(session, written(package, "county"), now)
    where = locating.read(session, None, "Springfield, IL", None).place
    assert where is not None
    assert (round(where.latitude, 1), round(where.longitude, 1)) == (39.8, -89.6)


@pytest.mark.parametrize(
    ("areas", "meant"),
    [
        (["60608"], Area.HERE),
        (["60610"], Area.ANOTHER),
        (["city of chicago"], Area.HERE),
        (["statewide"], Area.HERE),
        (["all of illinois"], Area.HERE),
        (["state of illinois"], Area.HERE),
        (["northern illinois"], Area.NOT_SAID),
        (["all of indiana"], Area.ANOTHER),
    ],
)
def test_areas_in_a_publishers_words(areas: list[str], meant: Area) -> None:
    chicago = place.by_zip("60608")
    assert chicago is not None
    assert chicago.area(areas) is meant


@pytest.mark.parametrize(
    ("written", "core", "number", "kind"),
    [
        ("3150 24th St, Apt 2", "24th", 3150, "st"),
        ("calle 24", "24th", None, "st"),
        ("Avenida Misión", "mision", None, "ave"),
        ("Mission St.", "mision", None, "st"),
        ("123-125 N. Western Ave #4", "western", 123, "ave"),
        ("fifth avenue", "5th", None, "ave"),
        ("11 street", "11th", None, "st"),
        ("22 st", "22nd", None, "st"),
    ],
)
def test_streets_are_compared_by_their_core(written: str, core: str, number: int | None, kind: str | None) -> None:
    assert addresses.street_of(written) == (core, number, kind)


def test_the_file_of_places_says_which_row_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(
        "name_en,name_es,also,kind,latitude,longitude,radius\n"
        "A,B,,castle,1,1,\nC,,,park,1,1,\nD,E,,park,north,1,\nF,G,,park,91,1,\nOld Mill,Molino,,landmark,37,-122,\n"
    )
    with pytest.raises(GazetteerError) as refused:
        gazetteer.read_places(file)
    assert [fault.split(" ")[0] for fault in refused.value.faults] == [f"places.csv:{n}" for n in (2, 3, 4, 5)]
    file.write_text("name,lat\nA,1\n")
    with pytest.raises(GazetteerError, match="needs the columns"):
        gazetteer.read_places(file)


def test_the_demo_towns_places_can_be_read() -> None:
    places = gazetteer.read_places(gazetteer.DEMO)
    assert len(places) == 8
    assert all(one.name_en and one.name_es for one in places)


def test_nothing_but_words_says_where_somebody_is(session: Session, now: datetime, demo: Town) -> None:
    """Twilio's FromZip and the area code of a number have no way into a question at all."""
    assert not {name for name in Wanted.__dataclass_fields__ if "phone" in name or "from" in name}
    assert search(session, Wanted(("food",)), now, town=demo).place_understood is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("joliet condado de will", "Joliet"),
        ("Mt. Vernon, Jefferson County", "Mount Vernon"),
        ("peoria pekin", "Peoria"),
        ("la alcaldia de rockford", "Rockford"),
        ("by the old mill in elgin", "Elgin"),
        ("at a normal place", None),  # a town of Illinois, and a word
        ("i would rather not say", None),
    ],
)
def test_a_city_among_other_words(session: Session, said: str, meant: str | None) -> None:
    zips = frozenset(one.zip for one in place.all_zips() if one.state == "IL")
    town = gazetteer.town_of("Illinois", "IL", zips, None, FEDERAL)
    found = locating.read(session, None, said, town).place
    assert (squeeze(found.city) if found else None) == (squeeze(meant) if meant else None)
