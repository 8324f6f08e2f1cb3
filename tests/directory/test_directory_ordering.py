"""Where stale records stand: behind what answers as well, before what is for something else."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory import demo, freshness, staging
from gateway.directory.importing import import_path
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow

Written = Callable[[dict[str, Rows], str], Path]
MONDAY = datetime(2026, 11, 23, 18, tzinfo=UTC)
LONG_AGO = "2024-01-31T00:00:00Z"
NEAR, FAR = (37.7599, -122.4148), (37.45, -122.2)  # the mission of San Francisco; some 25 miles south
BY = (37.80, -122.42)  # some three miles north
VOUCHED_LONG_AGO = "assured_date"
LIFELINE = "988 Suicide & Crisis Lifeline"


@pytest.fixture
def town(session: Session, package: dict[str, Rows], written: Written, now: datetime) -> Callable[..., Session]:
    """Takes in services, each with its name, where it is, and since when nobody changed or checked it."""

    def take_in(*services: tuple[str, tuple[float, float], str]) -> Session:
        package["service"] = [
            {"id": name, "organization_id": "o1", "name": name, "status": "active", "description": ""} | _days(stale)
            for name, _, stale in services
        ]
        package["location"] = [
            {"id": f"l{name}", "organization_id": "o1", "latitude": str(at[0]), "longitude": str(at[1])}
            for name, at, _ in services
        ]
        package["address"] = package["schedule"] = package["phone"] = []
        package["service_at_location"] = [
            {"id": f"a{name}", "service_id": name, "location_id": f"l{name}"} for name, *_ in services
        ]
        import_path(session, written(package, "county"), now)
        freshness.refresh(staging.driver(session), "county")
        return session

    return take_in


def _days(stale: str) -> dict[str, str]:
    return {stale: LONG_AGO[:10] if stale == VOUCHED_LONG_AGO else LONG_AGO} if stale else {}


def told(session: Session, needs: Iterable[str], *topics: str, **more: object) -> list[str]:
    found = search(session, Wanted(tuple(needs), zip="94110", topics=topics, **more), MONDAY, limit=20)  # type: ignore[arg-type]
    assert all(one.stale is one.name.startswith("Old") for one in found.services if one.id.startswith("county:"))
    return [one.name for one in found.services if one.id.startswith("county:")]


@pytest.mark.parametrize("stale", ["last_modified", VOUCHED_LONG_AGO])
def test_behind_all_that_are_for_the_same_need(town: Callable[..., Session], stale: str) -> None:
    session = town(("Old pantry", NEAR, stale), ("Pantry one", NEAR, ""), ("Pantry two", NEAR, ""))
    assert told(session, ["food"])[-1] == "Old pantry"


@pytest.mark.parametrize("stale", ["last_modified", VOUCHED_LONG_AGO])
def test_before_what_is_for_something_else_of_the_same_need(town: Callable[..., Session], stale: str) -> None:
    names = ("Immigration law project", NEAR, ""), ("Legal aid office", NEAR, ""), ("Old divorce desk", NEAR, stale)
    assert told(town(*names), ["legal"], "#divorce")[0] == "Old divorce desk"
    assert told(town(*names), ["legal"])[-1] == "Old divorce desk"


def test_behind_the_same_matter_and_before_another(town: Callable[..., Session]) -> None:
    session = town(
        ("Old divorce desk", NEAR, VOUCHED_LONG_AGO),
        ("Divorce clinic", NEAR, ""),
        ("Legal aid office", NEAR, ""),
    )
    assert told(session, ["legal"], "#divorce") == ["Divorce clinic", "Old divorce desk", "Legal aid office"]


def test_not_behind_what_is_much_further_away(town: Callable[..., Session]) -> None:
    session = town(("Old pantry", NEAR, "last_modified"), ("Pantry far off", FAR, ""), ("Pantry", NEAR, ""))
    assert told(session, ["food"]) == ["Pantry", "Old pantry", "Pantry far off"]


def test_the_need_alone_counts_where_it_must_be_open(town: Callable[..., Session]) -> None:
    session = town(("Old divorce desk", NEAR, "last_modified"), ("Legal aid office", NEAR, ""))
    assert told(session, ["legal"], "#divorce")[0] == "Old divorce desk"
    assert told(session, ["legal"], "#divorce", open_only=True)[0] == "Legal aid office"


def test_a_guess_does_not_bring_it_forward(town: Callable[..., Session]) -> None:
    session = town(("Old divorce desk", NEAR, "last_modified"), ("Legal aid office", NEAR, ""))
    assert told(session, ["legal"], "#divorce", guessed=("#divorce",))[0] == "Legal aid office"


def test_where_the_nearest_is_asked_for_the_way_decides(town: Callable[..., Session]) -> None:
    session = town(("Old pantry", NEAR, "last_modified"), ("Pantry", BY, ""))
    assert told(session, ["food"]) == ["Pantry", "Old pantry"]
    assert told(session, ["food"], nearest=True) == ["Old pantry", "Pantry"]


def test_where_all_are_stale_they_stand_as_they_would(town: Callable[..., Session]) -> None:
    names = ("Old pantry far off", FAR, VOUCHED_LONG_AGO), ("Old pantry", NEAR, VOUCHED_LONG_AGO)
    assert told(town(*names), ["food"]) == ["Old pantry", "Old pantry far off"]


@pytest.mark.parametrize(("stale", "last"), [("last_modified", False), (VOUCHED_LONG_AGO, True)])
def test_behind_the_lines_of_the_whole_country_only_where_it_was_once_vouched_for(
    town: Callable[..., Session], now: datetime, stale: str, last: bool
) -> None:
    session = town(("Old counseling office", NEAR, stale))
    demo.load_national(session, now)
    found = search(session, Wanted(("mental_health",), zip="94110"), MONDAY, limit=20).services
    names = [one.name for one in found]
    assert (names.index("Old counseling office") > names.index(LIFELINE)) is last


def test_every_candidate_is_told_once(town: Callable[..., Session]) -> None:
    at, stale = (NEAR, FAR), ("", "last_modified", VOUCHED_LONG_AGO)
    names = [(f"{'Old ' if n % 3 else ''}pantry {n}", at[n % 2], stale[n % 3]) for n in range(12)]
    session = town(*names)
    count = session.scalar(text("SELECT count(*) FROM service WHERE dataset = 'county'"))
    assert len(told(session, ["food"])) == len(set(told(session, ["food"]))) == count == 12
