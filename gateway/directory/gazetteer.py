"""The names of places: the town's own file, cities and their states, and the directory's own addresses."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import Connection

from gateway.directory import addresses, place, regions
from gateway.directory.addresses import squeeze
from gateway.directory.copying import BATCH, copy
from gateway.directory.holidays import FEDERAL, Calendar
from gateway.directory.place import Place
from gateway.errors import SettingsError
from gateway.risk.nearest import Nearest

if TYPE_CHECKING:
    from gateway.community import Community

DEMO = Path(__file__).parent / "demo" / "places.csv"
COLUMNS = ("name_en", "name_es", "also", "kind", "latitude", "longitude", "radius")
NEEDED = ("name_en", "name_es", "kind", "latitude", "longitude")
LONGEST_NAME = 60
KINDS = {  # what a landmark may be called when its name is not said, in both languages
    "hospital": ("hospital", "the hospital", "emergency room", "er", "sala de emergencias"),
    "library": ("library", "biblioteca"),
    "school": ("school", "high school", "escuela"),
    "park": ("park", "parque"),
    "station": ("station", "train station", "bus station", "bart", "metro", "estacion", "estacion de tren"),
    "church": ("church", "iglesia"),
    "courthouse": ("courthouse", "court house", "corte", "tribunal"),
    "college": ("college", "university", "campus", "universidad", "colegio"),
    "market": ("market", "supermarket", "mall", "mercado", "supermercado", "centro comercial"),
    "city_hall": ("city hall", "town hall", "ayuntamiento", "alcaldia"),
    "neighborhood": (),
    "landmark": (),
}
ADDRESSES = """
SELECT a.address_1, a.city, a.state_province, l.latitude, l.longitude FROM address a
JOIN location l ON (l.dataset, l.id) = (a.dataset, a.location_id)
WHERE a.dataset = %(dataset)s AND l.latitude IS NOT NULL AND (%(places)s::text[] IS NULL OR l.id = ANY(%(places)s))
  AND coalesce(l.confidential, false) = false
  AND coalesce(a.address_type, 'physical') = 'physical'
"""
REMEMBER = """
INSERT INTO known_place (dataset, kind, name, city, state, shown, latitude, longitude, radius, addresses)
SELECT %s, kind, left(name, 120), left(city, 80), left(state, 40), min(shown), avg(latitude), avg(longitude),
       69 * greatest(max(latitude) - min(latitude), max(longitude) - min(longitude)) / 2, count(*)
FROM named_place GROUP BY kind, left(name, 120), left(city, 80), left(state, 40) ON CONFLICT DO NOTHING
"""
# Each street of each city as a whole: a resident who writes "Main St" is not to wait for all addresses on all of them.
STREETS = """
INSERT INTO known_street (dataset, name, city, state, shown, latitude, longitude, addresses)
SELECT dataset, regexp_replace(name, ' [0-9]+$', ''), city, state, left(shown, 120), avg(latitude), avg(longitude),
       count(*)
FROM known_place WHERE dataset = %(dataset)s AND kind = 'street'
  AND (%(all)s OR city IN (SELECT left(city, 80) FROM named_place WHERE kind = 'street'))
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (dataset, name, city, state, shown) DO UPDATE
SET (latitude, longitude, addresses) = (excluded.latitude, excluded.longitude, excluded.addresses)
"""


class GazetteerError(SettingsError):
    """The town's file of places cannot be used; ``faults`` names every row that is wrong, and why."""


@dataclass(frozen=True)
class NamedPlace:
    """One place of the town's file. ``names`` are all its names in the form in which they are compared."""

    name_en: str
    name_es: str
    kind: str
    latitude: float
    longitude: float
    radius: float
    names: frozenset[str]

    def shown(self, language: str) -> str:
        """What a resident is shown."""
        return self.name_es if language == "es" else self.name_en


@dataclass(frozen=True)
class Town:
    """Where a town lies and what its places are called. ``centre`` is the middle of its ZIP codes.

    ``own`` are the cities and counties of these ZIP codes by name, as names are compared; ``large`` those of
    the cities that nobody takes for a common word. ``radius`` are the miles from the centre within which all lie.
    """

    centre: Place
    places: tuple[NamedPlace, ...] = field(default=(), repr=False)
    calendar: Calendar = FEDERAL
    own: Mapping[str, Place] = field(default_factory=dict, repr=False, compare=False)
    large: frozenset[str] = field(default=frozenset(), repr=False)
    radius: float = 0.0

    @property
    def state(self) -> str:
        """Two letters."""
        return self.centre.state

    @cached_property
    def nearest(self) -> Nearest:
        """Reads a word with a slip in it as one of the words of its cities' and counties' names."""
        return Nearest(word for name in self.own for word in name.split())


def town(community: "Community | None") -> Town | None:
    """The town that a community file describes. Raises :class:`GazetteerError`."""
    if community is None:
        return None
    own = community.directory
    places = own.places or (DEMO if community.demo else None)
    return town_of(community.name, community.state, community.zips, places, own.calendar)


@lru_cache(maxsize=8)
def town_of(name: str, state: str, zips: frozenset[str], file: Path | None, calendar: Calendar) -> Town | None:
    """A town by its facts; None where it has no ZIP code that exists. Raises :class:`GazetteerError`."""
    known = [found for code in sorted(zips) if (found := place.by_zip(code))]
    if not known:
        return None
    middle = place.middle(known)
    city = known[0].city
    also = frozenset(part.lower() for one in known for part in (one.city, one.county) if part)
    return Town(
        Place(name, middle[0], middle[1], city, known[0].county, state, known[0].timezone, also),
        read_places(file) if file else (),
        calendar,
        regions.of(known),
        regions.large(known),
        max(place.miles(*middle, one.latitude, one.longitude) for one in known),
    )


def read_places(path: Path) -> tuple[NamedPlace, ...]:
    """The places of a CSV file with the columns ``name_en,name_es,also,kind,latitude,longitude,radius``.

    ``also`` holds more names with semicolons between, ``radius`` is in miles. Raises :class:`GazetteerError` with all
    faults at once.
    """
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GazetteerError([f"{path}: cannot be read: {error}"]) from error
    faults: list[str] = []
    places: list[NamedPlace] = []
    if rows and set(NEEDED) - set(rows[0]):
        raise GazetteerError([f"{path.name}: needs the columns {', '.join(COLUMNS)}"])
    for number, row in enumerate(rows, start=2):
        try:
            places.append(_named(row))
        except ValueError as error:
            faults.append(f"{path.name}:{number} {error}")
    if faults:
        raise GazetteerError(faults)
    return tuple(places)


def _named(row: dict[str, Any]) -> NamedPlace:
    cells = {name: " ".join(str(row.get(name) or "").split()) for name in COLUMNS}
    empty = [name for name in NEEDED if not cells[name]]
    if empty:
        raise ValueError(f"has no {', '.join(empty)}")
    if cells["kind"] not in KINDS:
        raise ValueError(f"kind {cells['kind']!r} is none of {', '.join(KINDS)}")
    if max(len(cells["name_en"]), len(cells["name_es"])) > LONGEST_NAME:
        raise ValueError(f"a name has more than {LONGEST_NAME} characters")
    names = frozenset(squeeze(n) for n in (cells["name_en"], cells["name_es"], *cells["also"].split(";")) if n.strip())
    return NamedPlace(
        cells["name_en"],
        cells["name_es"],
        cells["kind"],
        _degrees("latitude", cells["latitude"], 90),
        _degrees("longitude", cells["longitude"], 180),
        _degrees("radius", cells["radius"] or "0.5", 50),
        names,
    )


def _degrees(name: str, written: str, most: int) -> float:
    try:
        number = float(written)
    except ValueError:
        raise ValueError(f"{name} {written!r} is no number") from None
    if not -most <= number <= most:
        raise ValueError(f"{name} {written} is beyond {most}")
    return number


@cache
def kinds_by_name() -> dict[str, str]:
    """What each kind of landmark may be called -> the kind."""
    return {squeeze(name): kind for kind, names in KINDS.items() for name in names}


@cache
def cities() -> dict[str, dict[str, Place]]:
    """Every city of the ZIP codes by its name as compared, and by state: the middle of its ZIP codes."""
    found: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for one in place.all_zips():
        found[squeeze(one.city), one.state].append(one)
    by_name: dict[str, dict[str, Place]] = defaultdict(dict)
    for (name, state), zips in found.items():
        latitude, longitude = place.middle(zips)
        near = min(zips, key=lambda one: (one.latitude - latitude) ** 2 + (one.longitude - longitude) ** 2)
        by_name[name][state] = Place(near.city, latitude, longitude, near.city, near.county, state, near.timezone)
    return dict(by_name)


def remember_addresses(connection: Connection[Any], dataset: str, places: Sequence[str] | None = None) -> None:
    """Write anew which cities and addresses a dataset knows; what is not shown in public is not remembered here.

    With ``places``, ids of locations, only what those bring is added.
    """
    if places is None:
        connection.execute("DELETE FROM known_place WHERE dataset = %s", (dataset,))
        connection.execute("DELETE FROM known_street WHERE dataset = %s", (dataset,))
    connection.execute("DROP TABLE IF EXISTS named_place")
    connection.execute(
        "CREATE TEMP TABLE named_place (kind text, name text, city text, state text, shown text, latitude float,"
        " longitude float) ON COMMIT DROP"
    )
    with connection.cursor("addresses") as rows:
        rows.itersize = BATCH
        rows.execute(ADDRESSES, {"dataset": dataset, "places": None if places is None else list(places)})
        copy(connection, "named_place", (named for row in rows for named in _names(*row)))
    connection.execute(REMEMBER, (dataset,))
    connection.execute(STREETS, {"dataset": dataset, "all": places is None})


def _names(
    address: str | None, city: str | None, state: str | None, latitude: float, longitude: float
) -> Iterator[tuple[str, str, str, str, str, float, float]]:
    town, region = squeeze(city or ""), (state or "").strip().upper()[:2]
    if town and city:
        yield "city", town, "", region, " ".join(city.split()), latitude, longitude
    street = addresses.street_of(address) if address else None
    if street and address:
        name = street.core if street.number is None else f"{street.core} {street.number}"
        yield "street", name, town, region, addresses.shown(address), latitude, longitude
