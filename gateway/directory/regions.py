"""The cities and counties of a community's ZIP codes: a name that is one of them is here and not elsewhere."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from gateway.directory import place
from gateway.directory.addresses import squeeze
from gateway.directory.place import Place

MANY_ZIPS = 5
SHORTER = (("Saint ", "St "), ("Mount ", "Mt "), ("Fort ", "Ft "), ("East Saint ", "East St "))
COUNTY = (" county", " parish", " borough")  # as the ZIP table writes them


def of(zips: Iterable[Place]) -> Mapping[str, Place]:
    """Each city and county of these ZIP codes by all of its names, as names are compared.

    A city that is also another place's second name keeps its own.
    """
    zips = list(zips)
    found: dict[str, Place] = {}
    for county, here in _grouped((one.county, one) for one in zips if one.county).items():
        region = _region(county, here, city="")
        found |= {squeeze(name): region for name in _county_names(county)}
    others = ((name, one) for one in zips for name in place.other_names().get(one.zip, ()))
    for names in (_grouped(others), _grouped((one.city, one) for one in zips)):
        for city, here in names.items():
            region = _region(city, here, city=city)
            found |= {squeeze(name): region for name in _spellings(city)}
    return found


def _grouped(named: Iterable[tuple[str, Place]]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for name, one in named:
        found[name].append(one)
    return found


def _spellings(city: str) -> Iterable[str]:
    return (city, *(city.replace(whole, short) for whole, short in SHORTER if city.startswith(whole)))


def large(zips: Iterable[Place]) -> frozenset[str]:
    """The cities with so many ZIP codes that their name means them, as names are compared."""
    counted = Counter(squeeze(one.city) for one in zips)
    return frozenset(name for name, count in counted.items() if count >= MANY_ZIPS)


def _county_names(county: str) -> Iterable[str]:
    bare = next((county[: -len(end)] for end in COUNTY if county.lower().endswith(end)), county)
    for name in {bare, bare.replace("St. ", "Saint "), bare.replace("LaSalle", "La Salle")}:
        yield from (f"{name} county", f"county of {name}", f"condado de {name}", f"condado {name}", f"{name} co")


def _region(name: str, zips: list[Place], city: str) -> Place:
    latitude, longitude = place.middle(zips)
    near = min(zips, key=lambda one: (one.latitude - latitude) ** 2 + (one.longitude - longitude) ** 2)
    also = frozenset(one.county.lower() for one in zips if one.county)
    return Place(name, latitude, longitude, city, near.county, near.state, near.timezone, also)
