"""What the index holds of a service, and that the nearest come from it in their true order, however many there are."""

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from gateway.community import load
from gateway.directory import candidates, details, gazetteer, hours, place, search, spelling
from gateway.directory.importing import import_path
from gateway.directory.place import Place
from gateway.directory.wanted import Wanted
from gateway.models.directory import Location
from gateway.models.listing import Closure, SearchEntry, SearchNeed
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow  # many rows on the real store

Written = Callable[[dict[str, Rows], str], Path]
MANY = 700
HOME = "America/Los_Angeles"


@pytest.fixture
def many(session: Session, package: dict[str, Rows], written: Written, now: datetime) -> Session:
    """Seven hundred pantries around San Francisco, and as many that only mention food."""
    chance = random.Random(3)
    ids = range(2 * MANY)
    package["service"] = [
        {"id": f"s{n}", "organization_id": "o1", "status": "active",
         "name": f"Pantry {n}" if n < MANY else f"Club {n}", "description": "Free food"}
        for n in ids
    ]  # fmt: skip
    package["service"] = [row | {"name": row["name"].replace("Pantry", "Food pantry")} for row in package["service"]]
    package["location"] = [
        {"id": f"l{n}", "location_type": "physical", "latitude": f"{chance.gauss(37.76, 0.2):.5f}",
         "longitude": f"{chance.gauss(-122.42, 0.2):.5f}"}
        for n in ids
    ]  # fmt: skip
    package["service_at_location"] = [{"id": f"a{n}", "service_id": f"s{n}", "location_id": f"l{n}"} for n in ids]
    package["phone"] = []
    package["schedule"] = [
        {"id": f"h{n}", "service_id": f"s{n}", "freq": "WEEKLY", "byday": chance.choice(("MO,TU", "WE", "SA,SU")),
         "opens_at": "09:00", "closes_at": chance.choice(("17:00", "23:00", "02:00"))}
        for n in ids if n % 3
    ]  # fmt: skip
    import_path(session, written(package, "county"), now)
    return session


def test_the_nearest_are_the_nearest(many: Session, now: datetime) -> None:
    where = place.by_zip("94110")
    assert where is not None
    asked = candidates.Asked(Wanted(("food",), nearest=True), where, where, now, HOME)
    chosen = candidates.choose(many, asked, [], 60.0)
    assert len(chosen) == candidates.MOST
    points = many.execute(select(Location.id, Location.latitude, Location.longitude)).all()
    miles = {row.id: place.miles(where.latitude, where.longitude, row.latitude, row.longitude) for row in points}
    sure = {f"l{n}" for n in range(MANY)}
    nearest = sorted(sure, key=miles.__getitem__)[:20]
    assert set(nearest) <= {row.location_id for row in chosen}
    told = search.search(many, Wanted(("food",), "94110", nearest=True), now, limit=20, home=HOME).services
    assert [service.location_id for service in told if service.location_id in sure][:10] == nearest[:10]


ASKED = {
    "need": Wanted(("food",)),
    "two needs": Wanted(("food", "recreation")),
    "topic": Wanted(("food",), text="food pantry", topics=("#food_pantry",), words=()),
    "words": Wanted(("food",), text="pantry", words=("pantry",)),
    "words alone": Wanted(text="club", words=("club",)),
}


def test_none_of_the_first_is_left_unread(many: Session, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    where = place.by_zip("94110")
    chosen = {}
    for few in (candidates.FEW, " few AS (SELECT * FROM numbered)"):
        monkeypatch.setattr(candidates, "FEW", few)
        candidates._statement.cache_clear()
        for name, wanted in ASKED.items():
            terms = spelling.read(many, " ".join(wanted.words or ()))
            for placed in (where, None):
                asked = candidates.Asked(wanted, placed, where, now, HOME)
                rows = candidates.choose(many, asked, terms, 60.0)
                assert rows
                assert chosen.setdefault((name, placed), rows) == rows
    candidates._statement.cache_clear()


def test_the_ordinary_week_says_what_the_schedules_say(many: Session, now: datetime) -> None:
    where = place.by_zip("94110")
    assert where is not None
    for hour in range(0, 7 * 24, 5):
        at = now + timedelta(hours=hour, minutes=7)
        asked = candidates.Asked(Wanted(("food",)), where, where, at, HOME)
        rows = candidates.choose(many, asked, [], 60.0)[:25]
        for row, rules in zip(rows, details.schedules(many, rows), strict=True):
            zone = ZoneInfo(row.timezone)
            exact = hours.state_at(rules, at, zone)
            ordinary = search._ordinary(row, at)
            if exact.holiday is None and not _near_a_holiday(at):
                assert (ordinary.open, ordinary.opens) == (
                    exact.open,
                    exact.opens.astimezone(UTC) if exact.opens else None,
                )


def _near_a_holiday(at: datetime) -> bool:
    return at.month == 11 and 23 <= at.day <= 27


def test_more_pages_never_repeat(many: Session, now: datetime) -> None:
    seen: list[str] = []
    for offset in range(0, 60, 3):
        seen += [s.id for s in search.search(many, Wanted(("food",), "94110", offset=offset), now, home=HOME).services]
    assert len(seen) == len(set(seen)) == 60
    assert tuple(seen) == search.search(many, Wanted(("food",), "94110"), now, limit=60, home=HOME).ids


def test_without_a_place_it_is_the_town_and_not_the_gulf_of_guinea(many: Session, now: datetime) -> None:
    town = gazetteer.town(load())
    found = search.search(many, Wanted(("food",)), now, limit=50, home=HOME, town=town)
    assert found.place_understood is None
    assert all(service.distance_miles is None for service in found.services)
    assert town is not None
    for service in found.services:
        assert service.latitude is not None
        assert service.longitude is not None
        assert place.miles(town.centre.latitude, town.centre.longitude, service.latitude, service.longitude) < 60


def test_a_closure_holds_whatever_the_schedules_say(many: Session, now: datetime) -> None:
    first = search.search(many, Wanted(("food",), "94110"), now, home=HOME).services[0]
    assert first.open_state.open
    dataset, service = first.id.split(":")
    many.add(
        Closure(dataset=dataset, service_id=service, from_at=now - timedelta(hours=1), to_at=now + timedelta(hours=9),
                reason="Flood", at=now)
    )  # fmt: skip
    many.flush()
    found = search.search(many, Wanted(("food",), "94110"), now, limit=60, home=HOME).services
    (closed,) = [one for one in found if one.id == first.id]
    assert closed.open_state.open is False
    assert (closed.closure, closed.closed_to) == ("Flood", now + timedelta(hours=9))
    assert found[0].id != first.id


def test_a_confidential_address_gives_no_point(many: Session, now: datetime) -> None:
    first = search.search(many, Wanted(("food",), "94110"), now, home=HOME).services[0]
    many.execute(update(Location).where(Location.id == first.location_id).values(confidential=True))
    again = search.search(many, Wanted(("food",), "94110"), now, home=HOME).services[0]
    assert again.id == first.id
    assert (again.latitude, again.longitude, again.distance_miles, again.address) == (None, None, None, None)


def test_the_index_serves_the_nearest_in_order(many: Session) -> None:
    """The plan reads the nearest from the index and sorts nothing: so it stays as fast with ten times as many."""
    many.execute(text("ANALYZE search_need"))
    many.execute(text("SET LOCAL enable_seqscan = off"))
    where = place.by_zip("94110")
    assert where is not None
    plan = many.execute(
        text(
            "EXPLAIN SELECT * FROM search_need WHERE need = 'food' AND weight = 2 AND spot IS NOT NULL"
            " ORDER BY spot <-> CAST(:spot AS point) LIMIT 150"
        ),
        {"spot": candidates.spot_of(where)},
    )
    told = "\n".join(row[0] for row in plan)
    assert "ix_search_need_near" in told
    assert "Sort" not in told


@pytest.mark.parametrize("latitude", [-14.3, 0.0, 37.8, 64.8, 71.3])
def test_the_map_keeps_the_order_of_what_is_near(latitude: float) -> None:
    """From Samoa to the north of Alaska: of two places within 60 miles the nearer one is nearer on the map, too."""
    chance, narrow = random.Random(3), math.cos(math.radians(latitude))
    here = Place("here", latitude, -150.0)
    spread = [(chance.uniform(-0.6, 0.6), chance.uniform(-0.6, 0.6) / narrow) for _ in range(100)]
    there = [Place("there", latitude + up, -150.0 + along) for up, along in spread]
    told = [(place.miles(latitude, -150.0, one.latitude, one.longitude), flat(here, one)) for one in there]
    clearly = [(one, other) for one in told for other in told if one[0] * 1.04 < other[0]]
    assert clearly
    assert all(one[1] < other[1] for one, other in clearly)


def flat(one: Place, other: Place) -> float:
    """How far apart two places lie on the map, in its degrees."""
    (x, y), (u, v) = (map(float, candidates.spot_of(each).strip("()").split(",")) for each in (one, other))
    return math.hypot(x - u, y - v)


def test_the_index_has_every_active_entry_under_any_need(many: Session) -> None:
    entries = set(many.scalars(select(SearchEntry.service_id)))
    assert set(many.scalars(select(SearchNeed.service_id).where(SearchNeed.need == "*"))) == entries
