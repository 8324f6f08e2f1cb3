"""Where a resident is, from what they wrote: never from the phone number."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from gateway.directory.wanted import PlaceChoice

STATES = dict(
    pair.split("=")
    for pair in (
        "AL=Alabama AK=Alaska AZ=Arizona AR=Arkansas CA=California CO=Colorado CT=Connecticut DE=Delaware FL=Florida"
        " GA=Georgia HI=Hawaii ID=Idaho IL=Illinois IN=Indiana IA=Iowa KS=Kansas KY=Kentucky LA=Louisiana ME=Maine"
        " MD=Maryland MA=Massachusetts MI=Michigan MN=Minnesota MS=Mississippi MO=Missouri MT=Montana NE=Nebraska"
        " NV=Nevada NH=New_Hampshire NJ=New_Jersey NM=New_Mexico NY=New_York NC=North_Carolina ND=North_Dakota OH=Ohio"
        " OK=Oklahoma OR=Oregon PA=Pennsylvania RI=Rhode_Island SC=South_Carolina SD=South_Dakota TN=Tennessee TX=Texas"
        " UT=Utah VT=Vermont VA=Virginia WA=Washington WV=West_Virginia WI=Wisconsin WY=Wyoming"
        " DC=District_of_Columbia PR=Puerto_Rico"
    ).split()
)
STATES = {code: name.replace("_", " ") for code, name in STATES.items()}
STATE_WORDS = {word.lower() for pair in STATES.items() for word in pair}
NATION = ("united states", "usa", "us", "nationwide", "national")
WHOLE_STATE = re.compile(r"^(?:statewide|state[- ]wide|(?:the )?(?:entire|whole) state|todo el estado)$")
PART_OF_STATE = re.compile(
    r"^(?:all of|all|entire|state of|(?:north|south|east|west|central|mid)[a-z]*|upstate|downstate)\b"
)
WHOLE_OF = re.compile(r"(?:all|entire|state)\b")
SOMEWHERE = "somewhere in "  # before a state: where in it is not said, and that it is in no other is
CITY_OF = re.compile(r"^(?:the )?(?:city|town|village|county) of ")
EARTH_MILES = 3958.8
FEWEST_DIGITS = 4  # of the five of a ZIP that was typed in haste: the rest are letters that look like digits
CELL = 0.2  # degrees; the side of one square of the grid in which ZIP centroids are kept
AREAS_KEPT = 10_000  # names
ZIP = re.compile(r"(?<![\d-])(\d{5})(?:-\d{4})?(?!\d|-\d)")
# As it is said or typed in haste: "94 110", "941 10", "9411O".
HASTY_ZIP = re.compile(
    r"(?:(?:^|,|\b(?:zip|code|c[oó]digo|postal|in|en|near|cerca|at)(?: is| es)?)[:. ]*(\d{2} \d{3}|\d{3} \d{2})"
    r"|(?<![\w-])([\dOoIl]{5}))(?![\w-]| \d)",
    re.I,
)
ZIP_SAID = re.compile(r"(?:\bzip(?: ?code)?|\bpostal)[ :.]*(?:is|es)?[ :]*$", re.I)
HASTY = str.maketrans("OoIl", "0011")
# What makes five digits the number of a house, or an amount.
STREET_WORDS = (
    "st|street|ave?|avenue|blvd|boulevard|rd|road|dr|drive|ln|lane|way|ct|court|pl|place|pkwy|parkway|hwy|highway|cir"
    "|circle|ter|terrace|sq|square|calle|avenida|camino|real|broadway|alley"
)
HOUSE = re.compile(
    rf",? (?:[nsew]\.? |north |south |east |west )?(?:(?!and\b|y\b|in\b|en\b|or\b|o\b|near\b)[\w'.]+ ){{0,2}}"
    rf"(?:{STREET_WORDS})\b",
    re.I,
)
AMOUNT = re.compile(
    r" ?(?:dollars?|d[oó]lares|bucks|usd|pesos|people|personas|a (?:year|month)|al (?:a[nñ]o|mes)|%)", re.I
)


Vector = tuple[float, float, float]


class Area(Enum):
    """How a service's areas relate to where somebody is."""

    HERE = "here"
    NOT_SAID = "not said"
    ANOTHER = "another area"
    ANOTHER_STATE = "another state"


@dataclass(frozen=True)
class Place:
    """A point that was understood. ``name`` is what a resident is shown; degrees are WGS 84.

    ``also`` are further cities and counties in which it lies, or of which it is made, in small letters.
    """

    name: str
    latitude: float
    longitude: float
    city: str = ""
    county: str = ""
    state: str = ""
    timezone: str | None = None
    also: frozenset[str] = frozenset()

    def area(self, areas: Iterable[str]) -> Area:
        """How the named areas ("cook county, illinois"; small letters) relate to this place."""
        named = [_named_area(area) for area in areas]
        if not named:
            return Area.NOT_SAID
        own_state, own = self._state_name, self._compared
        if any(area.state in {own_state, ""} and (area.compared in own or area.statewide) for area in named):
            return Area.HERE
        if any(own_state and area.of_state == own_state for area in named):
            # "All of Illinois" is here; of "Northern Illinois" nobody can say where it ends.
            whole = any(area.whole for area in named if own_state in area.name)
            return Area.HERE if whole else Area.NOT_SAID
        states = {area.state for area in named} - {""}
        return Area.ANOTHER_STATE if states and own_state not in states else Area.ANOTHER

    @cached_property
    def _state_name(self) -> str:
        return STATES.get(self.state, "").lower()

    @cached_property
    def _compared(self) -> frozenset[str]:
        """Its areas in the form in which they are compared: a search asks for them hundreds of times."""
        return frozenset(map(as_compared, self.areas))

    @property
    def areas(self) -> frozenset[str]:
        """Names of areas that hold this place, in small letters."""
        state = self._state_name
        own = {self.city.lower(), self.county.lower(), state, self.state.lower(), self.zip, *NATION, *self.also}
        return frozenset(own - {""})

    @property
    def area_spellings(self) -> list[str]:
        """Those names as publishers write them, with and without the state, for looking them up."""
        state = self._state_name
        names = {other for name in self.areas for other in _spellings(name)}
        return sorted(names | {f"{name}, {end}" for name in names for end in (state, self.state.lower()) if end})

    @property
    def zip(self) -> str:
        """The ZIP code, where the place is one."""
        return zip_in(self.name) or ""


def zip_in(text: str) -> str | None:
    """The first five-digit ZIP written in a text ("94110", "94110-1234", in haste "94 110" or "9411O"), or None.

    Longer numbers are none, nor the number of a house ("12345 Ventura Blvd") or an amount ("10001 dollars").
    """
    for found in ZIP.finditer(text):
        if not _counts_something(text, found):
            return found.group(1)
    for found in HASTY_ZIP.finditer(text):
        typed = found.group(1) or found.group(2)
        if sum(letter.isdigit() for letter in typed) >= FEWEST_DIGITS and not _counts_something(text, found):
            return typed.replace(" ", "").translate(HASTY)
    return None


def _counts_something(text: str, found: re.Match[str]) -> bool:
    after, before = text[found.end() :], text[: found.start()].rstrip()
    if ZIP_SAID.search(before):
        return False
    return before.endswith("$") or bool(HOUSE.match(after) or AMOUNT.match(after))


def by_zip(code: str | None) -> Place | None:
    """The centroid of a ZIP, or None when there is no such ZIP."""
    return _by_zip().get(code[:5]) if code else None


def miles(a_latitude: float, a_longitude: float, b_latitude: float, b_longitude: float) -> float:
    """Great-circle distance by the haversine formula."""
    a, b = math.radians(a_latitude), math.radians(b_latitude)
    turn = math.radians(b_longitude - a_longitude)
    chord = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return 2 * EARTH_MILES * math.asin(min(1.0, math.sqrt(chord)))


def distance(row: Any, where: Place | None) -> float | None:
    """Miles from somebody to a row of the index; None where one of the two has no point."""
    if where is None or row.latitude is None:
        return None
    return miles(where.latitude, where.longitude, row.latitude, row.longitude)


def zone_of(row: Any, home: str | None, where: Place | None) -> ZoneInfo | None:
    """The clock by which a row of the index opens: its own, else the town's, else that of where somebody is."""
    name = row.timezone or home or (where.timezone if where else None)
    return ZoneInfo(name) if name else None


def on_sphere(latitude: float, longitude: float) -> Vector:
    """A point on a sphere of radius 1: the straight distance orders as the way over the ground does, and costs less."""
    down, right = math.radians(latitude), math.radians(longitude)
    return math.cos(down) * math.cos(right), math.cos(down) * math.sin(right), math.sin(down)


def box(place: Place, radius: float) -> tuple[float, float, float, float]:
    """South, north, west and east of a box that holds every point within ``radius`` miles."""
    north = math.degrees(radius / EARTH_MILES)
    east = north / max(0.05, math.cos(math.radians(place.latitude)))
    return place.latitude - north, place.latitude + north, place.longitude - east, place.longitude + east


def nearest(latitude: float, longitude: float, within: float = 60.0) -> Place | None:
    """The ZIP whose centroid lies nearest to a point, within so many miles; used for the time zone of a location."""
    row, column = _cell(latitude, longitude)
    around: list[tuple[Vector, Place]] = []
    for reach in (1, 4):  # empty country has few ZIPs
        steps = range(-reach, reach + 1)
        around = [one for down in steps for right in steps for one in _grid().get((row + down, column + right), ())]
        if around:
            break
    if not around:
        return None
    x, y, z = on_sphere(latitude, longitude)
    _, best = min(around, key=lambda one: (one[0][0] - x) ** 2 + (one[0][1] - y) ** 2 + (one[0][2] - z) ** 2)
    return best if miles(latitude, longitude, best.latitude, best.longitude) <= within else None


def as_compared(name: str) -> str:
    """The name of an area without what publishers write now so, now so: "Saint Clair", "St. Clair"; "De Witt"."""
    return re.sub(r"[^a-z0-9]+", "", re.sub(r"\bsaint\b", "st", name))


class _NamedArea(NamedTuple):
    """What is read of the name of an area, whoever asks: the publishers' same few names come again and again."""

    name: str
    compared: str
    state: str
    statewide: bool
    of_state: str
    whole: bool


@lru_cache(maxsize=AREAS_KEPT)
def _named_area(area: str) -> _NamedArea:
    name = CITY_OF.sub("", area.strip())
    if name.startswith(SOMEWHERE):
        state = name.removeprefix(SOMEWHERE)
        return _NamedArea(name, as_compared(name), state, statewide=False, of_state=state, whole=False)
    return _NamedArea(
        name,
        as_compared(name.split(",")[0]),
        _state_of(name),
        WHOLE_STATE.match(name) is not None,
        PART_OF_STATE.sub("", name).strip(),
        WHOLE_OF.match(name) is not None,
    )


def _spellings(name: str) -> set[str]:
    saint = re.sub(r"\bst\.? ", "saint ", name)
    joined = re.sub(r"^(de|la|du|mc) ?(?=\w)", r"\1", name)
    apart = re.sub(r"^(de|la|du)(?=\w{4})", r"\1 ", joined)
    return {name, saint, joined, apart}


def _state_of(area: str) -> str:
    """The state that an area names at its end ("cook county, illinois", "il"), or nothing."""
    last = area.rsplit(",", 1)[-1].strip()
    return STATES.get(last.upper(), last).lower() if last in STATE_WORDS else ""


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return math.floor(latitude / CELL), math.floor(longitude / CELL)


@lru_cache(maxsize=100_000)
def standing_at(latitude: float, longitude: float) -> Place | None:
    """City, county and state of an address: those of the nearest ZIP. Kept, because the same addresses come again."""
    return nearest(latitude, longitude)


def middle(places: Iterable[Place]) -> tuple[float, float]:
    """Latitude and longitude of the middle of places that lie near each other."""
    points = [(one.latitude, one.longitude) for one in places]
    return sum(a for a, _ in points) / len(points), sum(b for _, b in points) / len(points)


def states_within(south: float, north: float, west: float, east: float) -> set[str]:
    """The names of the states, in small letters, that have a ZIP code in a box of degrees."""
    inside = (
        one.state
        for one in all_zips()
        if south <= one.latitude <= north and west <= one.longitude <= east and one.state in STATES
    )
    return {STATES[state].lower() for state in inside}


def all_zips() -> Iterable[Place]:
    """Every ZIP code with its centroid."""
    return _by_zip().values()


def at(choice: PlaceChoice) -> Place:
    """A reading that was chosen; county, state and time zone are those of the nearest ZIP."""
    near = nearest(choice.latitude, choice.longitude)
    county, state, zone = (near.county, near.state, near.timezone) if near else ("", "", None)
    return Place(choice.name, choice.latitude, choice.longitude, near.city if near else "", county, state, zone)


def load() -> None:
    """Read all ZIP centroids now: it takes most of a second, which no conversation should wait for under its lock."""
    _grid()


@cache
def _by_zip() -> dict[str, Place]:
    """All ZIP centroids, read once; web processes that never search never pay for it."""
    import zipcodes  # noqa: PLC0415

    rows: list[dict[str, Any]] = zipcodes.list_all()  # type: ignore[no-untyped-call]  # the package has no types
    return {row["zip_code"]: _place(row) for row in rows}


def _place(row: dict[str, Any]) -> Place:
    return Place(
        name=f"{row['city']}, {row['state']} {row['zip_code']}",
        latitude=float(row["lat"]),
        longitude=float(row["long"]),
        city=row["city"],
        county=row["county"],
        state=row["state"],
        timezone=row["timezone"] or None,
    )


@cache
def other_names() -> dict[str, tuple[str, ...]]:
    """ZIP -> what else its city is called (East Palo Alto, Foster City)."""
    import zipcodes  # noqa: PLC0415

    rows: list[dict[str, Any]] = zipcodes.list_all()  # type: ignore[no-untyped-call]  # the package has no types
    return {row["zip_code"]: tuple(row["acceptable_cities"]) for row in rows if row["acceptable_cities"]}


@cache
def _grid() -> dict[tuple[int, int], list[tuple[Vector, Place]]]:
    grid: dict[tuple[int, int], list[tuple[Vector, Place]]] = {}
    for place in _by_zip().values():
        where = place.latitude, place.longitude
        grid.setdefault(_cell(*where), []).append((on_sphere(*where), place))
    return grid
