"""Whom services are for, what they cost, how they are reached; and what that means for who comes first."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from gateway.community import load
from gateway.directory import asking, eligibility, gazetteer, needs
from gateway.directory.importing import import_path
from gateway.directory.search import search
from gateway.directory.wanted import Found, Wanted
from tests.directory.conftest import Rows

Written = Callable[[dict[str, Rows], str], Path]
HERE = "America/Los_Angeles"
MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo(HERE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("Age 55 or over, county resident", (55, 120)),
        ("a senior (60 years or older)", (60, 120)),
        ("a youth (17 years or younger)", (0, 18)),
        ("Age 21-60, detoxed", (21, 61)),
        ("children ages 3-12", (3, 13)),
        ("Seniors 60+ and disabled 18-59", (18, 120)),
        ("jóvenes de 12 a 24 años", (12, 25)),
        ("mayores de 60", (60, 120)),
        ("under 18", (0, 18)),
        ("Families with children ages 0-5", None),
        ("Age 55 or over for most programs", None),
        ("child in 1st-12th grade", None),
        ("$60 application fee", None),
        ("income below 200% of poverty", None),
        ("", None),
    ],
)
def test_ages_in_prose(text: str, ages: tuple[int, int] | None) -> None:
    assert eligibility.ages(text) == ages


@pytest.mark.parametrize(
    ("fees", "amounts", "cost"),
    [
        ("Free to everyone", (), "free"),
        ("Free to eligible persons/entities", (), "sliding"),
        ("Sliding scale based on income", (), "sliding"),
        ("Flat fee regardless of income", (), "fee"),
        ("None.", (), "free"),
        ("None. Donations requested of clients who can afford it.", (), "sliding"),
        ("$60 application fee. Cash or checks accepted.", (), "fee"),
        ("No fee", (), "free"),
        ("Gratis", (), "free"),
        (None, (0.0,), "free"),
        (None, (5.0,), "fee"),
        (None, (), None),
        ("Vary", (), None),
    ],
)
def test_costs_in_prose(fees: str | None, amounts: tuple[float, ...], cost: str | None) -> None:
    assert eligibility.cost(fees, amounts) == cost


# Each service differs in one thing; all lie at one place and are open alike.
SERVICES: dict[str, dict[str, Any]] = {
    "plain": {},
    "seniors": {"eligibility_description": "Age 60 or over"},
    "children": {"minimum_age": "3", "maximum_age": "12"},
    "women": {"eligibility_description": "Women only"},
    "men": {"name": "Men's shelter and food pantry"},
    "veterans": {"eligibility_description": "Must be a veteran"},
    "pets": {"description": "Free food. Pets welcome."},
    "no pets": {"description": "Free food. No pets."},
    "free": {"fees_description": "Free"},
    "fee": {"fees_description": "Flat fee of $20"},
}


@pytest.fixture
def facts(session: Session, package: dict[str, Rows], written: Written, now: datetime) -> Session:
    """A directory whose services differ in one fact each."""
    columns = {column: "" for facts in SERVICES.values() for column in facts}
    base = {"organization_id": "o1", "status": "active", "description": "Free food"}
    package["service"] = [
        columns | base | {"id": key.replace(" ", "-"), "name": f"Food pantry {key}"} | facts
        for key, facts in SERVICES.items()
    ]
    package["location"] += [{"id": "l2", "location_type": "physical", "latitude": "37.75", "longitude": "-122.41"}]
    package["service_at_location"] = [
        {"id": f"a-{row['id']}", "service_id": row["id"], "location_id": "l2" if row["id"] == "plain" else "l1"}
        for row in package["service"]
    ]
    package["accessibility"] = [{"id": "x1", "location_id": "l2", "description": "wheelchair, ramp"}]
    package["language"] = [
        {"id": "g1", "service_id": "pets", "code": "es"},
        {"id": "g2", "service_id": "fee", "code": "en"},
    ]
    package["required_document"] = [{"id": "r1", "service_id": "free", "document": "Photo ID"}]
    package["schedule"][0]["location_id"], package["phone"][0]["location_id"] = "", ""
    package["schedule"][0]["service_id"] = "plain"
    import_path(session, written(package, "county"), now)
    return session


def ranked(session: Session, **wanted: Any) -> list[str]:
    found = search(session, Wanted(("food",), "94110", **wanted), MONDAY_NOON, limit=20)
    return [service.id.split(":")[1] for service in found.services]


@pytest.mark.parametrize(
    ("wanted", "first", "gone"),
    [
        ({"ages": (70,)}, "seniors", {"children"}),
        ({"ages": (8,)}, "children", {"seniors"}),
        ({"ages": (35,)}, "", {"seniors", "children"}),
        ({"ages": (35, 8)}, "", {"seniors"}),
        ({"serves": ("women",)}, "women", {"men"}),
        ({"serves": ("men",)}, "men", {"women"}),
        ({"serves": ("veteran",)}, "veterans", set()),
        ({"serves": ("pets",)}, "pets", {"no-pets"}),
        ({"languages": ("es",)}, "pets", set()),
        ({"cost": "free"}, "free", set()),
        ({"access": ("wheelchair",)}, "plain", set()),
        ({"access": ("walking",)}, "plain", set()),
    ],
)
def test_the_eligible_come_first_and_only_the_surely_excluded_are_gone(
    facts: Session, wanted: dict[str, Any], first: str, gone: set[str]
) -> None:
    names = ranked(facts, **wanted)
    everybody = {key.replace(" ", "-") for key in SERVICES}
    assert everybody - set(names) == gone
    open_now = [name for name in names if name != "plain"]  # the only one whose hours are known
    if first:
        assert (names if first == "plain" else open_now)[0] == first


def test_what_the_directory_does_not_say_is_kept_and_to_be_asked_by_phone(facts: Session) -> None:
    wanted = Wanted(("food",), "94110", languages=("es",), access=("wheelchair",), cost="free", ages=(30,))
    found = {s.id.split(":")[1]: s for s in search(facts, wanted, MONDAY_NOON, limit=20).services}
    assert set(found["men"].call_first) == {"language", "wheelchair", "cost", "ages"}
    assert set(found["pets"].call_first) == {"wheelchair", "cost", "ages"}
    assert "wheelchair" not in found["plain"].call_first
    assert found["plain"].access == ("wheelchair",)
    assert found["fee"].cost == "fee"


def test_papers_that_they_do_not_have_put_a_service_back(facts: Session) -> None:
    assert ranked(facts).index("free") < ranked(facts, lacks=("id",)).index("free")


def test_services_for_some_only_come_behind_for_somebody_of_whom_nothing_is_known(facts: Session) -> None:
    names = ranked(facts)
    some = {"seniors", "children", "women", "men", "veterans"}
    assert set(names[-len(some) :]) == some


def test_when_nobody_may_come_the_reason_is_told(
    session: Session, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    package["service"] = [package["service"][0] | {"eligibility_description": "Age 60 or over"}]
    package["service_at_location"] = package["service_at_location"][:1]
    import_path(session, written(package, "county"), now)
    assert search(session, Wanted(("food",), "94110", ages=(70,)), MONDAY_NOON).total == 1
    assert search(session, Wanted(("food",), "60608"), MONDAY_NOON).reason == "far"
    found = search(session, Wanted(("food",), "94110", ages=(30,)), MONDAY_NOON)
    assert (found.services, found.total, found.reason) == ([], 0, "not_eligible")


def test_two_needs_are_both_met_among_the_first_three(town: Session) -> None:
    for pair in (("food", "legal"), ("shelter", "dental"), ("clothing", "jobs"), ("health", "transport")):
        found = search(town, Wanted(pair, "94110"), MONDAY_NOON)
        assert {need for need in pair if any(s.need == need for s in found.services)} == set(pair), pair


def reasons(town: Session, **wanted: Any) -> Found:
    return search(town, Wanted(**wanted), MONDAY_NOON, home=HERE)


def test_why_nothing_is_found_is_told(town: Session) -> None:
    assert reasons(town, needs=("no_such_need",), zip="94110").reason == "none"
    assert reasons(town, needs=("food",), zip="94110").reason is None


def test_when_all_is_closed_the_reason_is_told(
    session: Session, package: dict[str, Rows], written: Written, now: datetime
) -> None:
    import_path(session, written(package, "county"), now)
    midnight = MONDAY_NOON + timedelta(hours=12)
    found = search(session, Wanted(("food",), "94110", open_only=True), midnight, home=HERE)
    assert (found.services, found.reason) == ([], "closed")
    assert search(session, Wanted(("food",), "94110"), midnight, home=HERE).total == 1


def test_only_what_is_open_is_told_where_that_is_asked(town: Session) -> None:
    night = MONDAY_NOON + timedelta(hours=10)
    for when in (MONDAY_NOON, night):
        found = search(town, Wanted(("food", "shelter"), "94110", open_only=True), when, limit=20, home=HERE)
        assert found.services
        assert not [s.name for s in found.services if s.open_state.open is False]


def test_for_tonight_is_ranked_by_tonight_and_told_as_it_is_now(town: Session) -> None:
    tonight = MONDAY_NOON + timedelta(hours=8)
    found = search(town, Wanted(("shelter",), "94103", when=tonight), MONDAY_NOON, home=HERE)
    assert found.services[0].name == "Demo Town Night Shelter"
    assert found.services[0].open_state.open is False


def test_the_nearest_goes_before_all_else(town: Session) -> None:
    found = search(town, Wanted(("food",), "94103", nearest=True), MONDAY_NOON + timedelta(hours=12), limit=6)
    miles = [s.distance_miles for s in found.services if s.distance_miles is not None]
    assert miles == sorted(miles)


def test_what_they_had_comes_last(town: Session) -> None:
    first = search(town, Wanted(("food",), "94110"), MONDAY_NOON).services[0].id
    again = search(town, Wanted(("food",), "94110", without=(first,)), MONDAY_NOON, limit=50)
    places = [s.id for s in again.services if s.distance_miles is not None]
    assert places[-1] == first


def test_the_facts_of_a_conversation_become_a_question() -> None:
    heard = {"ages": "5,8", "access": "wheelchair,animal,no_car", "speaks": "es,en", "when": "tonight", "people": "3"}
    assert asking.facts(heard, MONDAY_NOON, HERE) == {
        "ages": (5, 8),
        "serves": ("pets",),
        "languages": ("es",),
        "access": ("wheelchair",),
        "when": datetime(2026, 11, 23, 20, tzinfo=ZoneInfo(HERE)),
    }
    assert asking.facts({"ages": "x", "when": "now", "people": ["3"]}, MONDAY_NOON, HERE) == {}


@pytest.mark.parametrize(
    ("codes", "moment"),
    [
        (("tomorrow",), "2026-11-24 10:00"),
        (("wednesday",), "2026-11-25 10:00"),
        (("weekend",), "2026-11-28 10:00"),
        (("monday",), None),
        (("now",), None),
        ((), None),
    ],
)
def test_moments(codes: tuple[str, ...], moment: str | None) -> None:
    expected = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(HERE)) if moment else None
    assert asking.moment(codes, MONDAY_NOON, HERE) == expected


@pytest.mark.parametrize(
    ("said", "needed", "place", "serves"),
    [
        ("I need a place to stay tonight near Riverside", ("shelter",), "riverside", ()),
        ("my lights got cut off", ("utilities",), None, ()),
        ("busco chamba cerca de la ribera", ("jobs",), "la ribera", ()),
        ("need ID", ("benefits",), None, ()),
        ("clases de inglés en Oakland, CA", ("jobs",), "oakland, ca", ()),
        ("estoy embarazada y necesito ropa", ("baby", "clothing"), None, ("pregnant",)),
        ("food for me in a hurry", ("food",), None, ()),
        ("shelter with my dog", ("pets", "shelter"), None, ("pets",)),
    ],
)
def test_a_question_of_free_words(
    session: Session, said: str, needed: tuple[str, ...], place: str | None, serves: tuple[str, ...]
) -> None:
    question = asking.wanted(session, said, needs.standard(), gazetteer.town(load()))
    assert (question.needs, question.place, question.serves) == (needed, place, serves)
    assert question.text == said
