"""Where the streets of the directory's addresses are: a street as a whole, a house on it, a corner of two."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory import place
from gateway.directory.addresses import Street, street_of
from gateway.directory.place import Place

CORNER_MILES = 0.35  # two streets whose addresses lie so near each other may meet there
BLOCK = 0.006  # degrees, a little more than those miles
MOST_ADDRESSES = 500  # of a street that half of the country has
MOST_CITIES = 20  # the nearest that have such a street
MOST_STREETS = 400  # half of the country's towns have a Main St
ROW = 100_000  # more squares than there are from west to east
AROUND = ",".join(str(up * ROW + along) for up in (-1, 0, 1) for along in (-1, 0, 1))
SAME_BLOCKS = 200  # a house number that the directory does not know is taken for one that is so near

NEAREST_FIRST = "abs(latitude - :latitude) + abs(longitude - :longitude) * :narrow, city"
MIDDLES = f"""
SELECT city, shown, latitude, longitude, addresses FROM known_street WHERE name = :street
ORDER BY {NEAREST_FIRST}, addresses DESC, shown LIMIT {MOST_STREETS}
"""  # noqa: S608
# The addresses of a street in the nearest cities that have it, from the index of each city's addresses by name: all of
# them in the country may be tens of thousands. Letters are compared as bytes: "main lake" is not "main".
ADDRESSES = """
SELECT name, city, shown, latitude, longitude FROM cities CROSS JOIN LATERAL (
  SELECT name, shown, latitude, longitude FROM known_place a WHERE kind = 'street' AND a.city = cities.city
  AND name ~>=~ :{street} AND name ~<~ (:{street} || '!')
  AND ltrim(substr(name, length(:{street}) + 1), ' 0123456789') = '') AS known
"""
HOUSES = f"""
WITH cities AS (
  SELECT city FROM known_street WHERE name = :street
  GROUP BY city ORDER BY min(abs(latitude - :latitude) + abs(longitude - :longitude) * :narrow), city
  LIMIT {MOST_CITIES})
SELECT * FROM (
  SELECT *, CAST(substring(name FROM ' ([0-9]{{1,6}})$') AS int) AS number
  FROM ({ADDRESSES.format(street="street")}) AS named) AS numbered
WHERE number BETWEEN :lowest AND :highest
ORDER BY {NEAREST_FIRST}, name LIMIT {MOST_ADDRESSES}
"""  # noqa: S608
# Each address with its square of the map. A square and its city are one word, so that no plan can join by city alone.
SIDE = f"""
SELECT *, CAST(floor(latitude / :block) * {ROW} + floor(longitude / :block) AS bigint) AS square
FROM ({ADDRESSES}) AS named ORDER BY {NEAREST_FIRST}, name LIMIT {MOST_ADDRESSES}
"""  # noqa: S608
# Squares are about as large as the way within which a corner is looked for: it lies in one of them or across a border.
CORNERS = f"""
WITH cities AS (
  SELECT city FROM known_street o JOIN known_street t USING (city) WHERE o.name = :one AND t.name = :other
  GROUP BY city ORDER BY min(abs(o.latitude - :latitude) + abs(o.longitude - :longitude) * :narrow), city
  LIMIT {MOST_CITIES}
), ours AS ({SIDE.format(street="one")}), theirs AS ({SIDE.format(street="other")})
SELECT DISTINCT ON (o.city, o.shown, t.shown) o.city, o.shown AS one, t.shown AS other, o.latitude, o.longitude,
       t.latitude AS other_latitude, t.longitude AS other_longitude
FROM (SELECT ours.*, city || ' ' || square + step AS key FROM ours
      CROSS JOIN unnest(CAST('{{{AROUND}}}' AS bigint[])) AS step OFFSET 0) AS o
JOIN (SELECT theirs.*, city || ' ' || square AS key FROM theirs OFFSET 0) AS t USING (key)
WHERE (o.latitude - t.latitude) ^ 2 + ((o.longitude - t.longitude) * cosd(o.latitude)) ^ 2 < CAST(:block AS float) ^ 2
ORDER BY o.city, o.shown, t.shown,
         (o.latitude - t.latitude) ^ 2 + ((o.longitude - t.longitude) * :narrow) ^ 2, o.name, t.name
"""  # noqa: S608


KEPT = "streets"  # in Session.info


class Spot(NamedTuple):
    """A point under the name by which it is told, before it is known in which city it lies."""

    name: str
    latitude: float
    longitude: float


def once(session: Session, find: Callable[..., list[Spot]], *asked: Street | Place | None) -> list[Spot]:
    """What ``find`` finds, asked once a transaction: a text is read for whether it names a place, then for which."""
    transaction, kept = session.info.get(KEPT, (None, {}))
    if transaction is None or transaction is not session.get_transaction():
        kept = {}
    spots: list[Spot] | None = kept.get((find, asked))
    if spots is None:
        spots = kept[find, asked] = find(session, *asked)
    session.info[KEPT] = session.get_transaction(), kept
    return spots


def corners(session: Session, one: Street, other: Street, here: Place | None) -> list[Spot]:
    """Where two streets may meet: in each city the middle of the two addresses that lie nearest to each other."""
    values = _nearest(here) | {"one": _core(one), "other": _core(other), "block": BLOCK}
    found: dict[str, tuple[float, Spot]] = {}
    for row in session.execute(text(CORNERS), values):
        miles = place.miles(row.latitude, row.longitude, row.other_latitude, row.other_longitude)
        if not (_is_of(row.one, one) and _is_of(row.other, other)) or miles > CORNER_MILES:
            continue
        middle = (row.latitude + row.other_latitude) / 2, (row.longitude + row.other_longitude) / 2
        corner = miles, Spot(f"{row.one} & {row.other}", *middle)
        found[row.city] = min(found.get(row.city, corner), corner)
    return [spot for _, spot in found.values()]


def houses(session: Session, street: Street, here: Place | None) -> list[Spot]:
    """A house in each city that has such a street with a number near that one."""
    number = street.number or 0
    values = _nearest(here) | {"lowest": number - SAME_BLOCKS, "highest": number + SAME_BLOCKS}
    found: dict[str, Any] = {}
    for row in session.execute(text(HOUSES), values | {"street": _core(street)}):
        if _is_of(row.shown, street):
            found[row.city] = min(found.get(row.city, row), row, key=lambda known: abs(known.number - number))
    return [Spot(f"{number} {known.shown}", known.latitude, known.longitude) for known in found.values()]


def middles(session: Session, street: Street, here: Place | None) -> list[Spot]:
    """The middle of a street in each city that has one, of the nearest."""
    by_city: dict[str, list[Any]] = {}
    for row in session.execute(text(MIDDLES), _nearest(here) | {"street": _core(street)}):
        if _is_of(row.shown, street):
            by_city.setdefault(row.city, []).append(row)
    return [Spot(parts[0].shown, *_middle(parts)) for parts in by_city.values()]


def _nearest(here: Place | None) -> dict[str, Any]:
    latitude, longitude = (here.latitude, here.longitude) if here else (0.0, 0.0)
    narrow = math.cos(math.radians(latitude))
    return {"latitude": latitude, "longitude": longitude, "narrow": narrow}


def _middle(parts: list[Any]) -> tuple[float, float]:
    """The middle of all addresses of a street's parts, each part with its own middle."""
    every = sum(part.addresses for part in parts)
    latitude = sum(part.latitude * part.addresses for part in parts) / every
    return latitude, sum(part.longitude * part.addresses for part in parts) / every


def _core(street: Street) -> str:
    return street.core.replace("\\", "").replace("%", "").replace("_", "")


def _is_of(shown: str, street: Street) -> bool:
    """Whether an address may be on the street: Main Ave is not Main St."""
    known = street_of(shown)
    return street.kind is None or known is None or known.kind is None or known.kind == street.kind
