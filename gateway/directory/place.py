"""Where a resident is, from what they wrote: never from the phone number."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any

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
EARTH_MILES = 3958.8
CELL = 0.5  # degrees; the side of one square of the grid in which ZIP centroids are kept
ZIP = re.compile(r"(?<![\d-])(\d{5})(?:-\d{4})?(?!\d|-\d)")


class Area(Enum):
    """How a service's areas relate to where somebody is."""

    HERE = "here"
    NOT_SAID = "not said"
    ANOTHER = "another area"
    ANOTHER_STATE = "another state"


@dataclass(frozen=True)
class Place:
    """A point that was understood. ``name`` is what a resident is shown; degrees are WGS 84."""

    name: str
    latitude: float
    longitude: float
    city: str = ""
    county: str = ""
    state: str = ""
    timezone: str | None = None

    def area(self, areas: Iterable[str]) -> Area:
        """How the named areas ("cook county, illinois"; small letters) relate to this place."""
        areas = list(areas)
        if not areas:
            return Area.NOT_SAID
        own_state = STATES.get(self.state, "").lower()
        own = {self.city.lower(), self.county.lower(), own_state, self.state.lower(), *NATION} - {""}
        if any(
            area in own or area.split(",")[0].strip() in own for area in areas if _state_of(area) in {own_state, ""}
        ):
            return Area.HERE
        states = {_state_of(area) for area in areas} - {""}
        return Area.ANOTHER_STATE if states and own_state not in states else Area.ANOTHER


def zip_in(text: str) -> str | None:
    """The first five-digit ZIP written in a text ("94110", "94110-1234"), or None; longer numbers are not ZIPs."""
    found = ZIP.search(text)
    return found.group(1) if found else None


def by_zip(code: str | None) -> Place | None:
    """The centroid of a ZIP, or None when there is no such ZIP."""
    return _by_zip().get(code[:5]) if code else None


def miles(a_latitude: float, a_longitude: float, b_latitude: float, b_longitude: float) -> float:
    """Great-circle distance by the haversine formula."""
    a, b = math.radians(a_latitude), math.radians(b_latitude)
    turn = math.radians(b_longitude - a_longitude)
    chord = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2
    return 2 * EARTH_MILES * math.asin(min(1.0, math.sqrt(chord)))


def box(place: Place, radius: float) -> tuple[float, float, float, float]:
    """South, north, west and east of a box that holds every point within ``radius`` miles."""
    north = math.degrees(radius / EARTH_MILES)
    east = north / max(0.05, math.cos(math.radians(place.latitude)))
    return place.latitude - north, place.latitude + north, place.longitude - east, place.longitude + east


def nearest(latitude: float, longitude: float, within: float = 60.0) -> Place | None:
    """The ZIP whose centroid lies nearest to a point, within so many miles; used for the time zone of a location."""
    row, column = _cell(latitude, longitude)
    around = [
        place for down in (-1, 0, 1) for right in (-1, 0, 1) for place in _grid().get((row + down, column + right), ())
    ]
    if not around:
        return None
    best = min(around, key=lambda place: miles(latitude, longitude, place.latitude, place.longitude))
    return best if miles(latitude, longitude, best.latitude, best.longitude) <= within else None


def _state_of(area: str) -> str:
    """The state that an area names at its end ("cook county, illinois", "il"), or nothing."""
    last = area.rsplit(",", 1)[-1].strip()
    return STATES.get(last.upper(), last).lower() if last in STATE_WORDS else ""


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return math.floor(latitude / CELL), math.floor(longitude / CELL)


def load() -> None:
    """Read all ZIP centroids now: it takes most of a second, which no conversation should wait for under its lock."""
    _by_zip()


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
def _grid() -> dict[tuple[int, int], list[Place]]:
    grid: dict[tuple[int, int], list[Place]] = {}
    for place in _by_zip().values():
        grid.setdefault(_cell(place.latitude, place.longitude), []).append(place)
    return grid
