"""Reads where a resident is from what they wrote, never from their number: a place, several to choose from, or none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.directory import gazetteer, mistyped, place, streets
from gateway.directory.addresses import squeeze, street_of
from gateway.directory.folding import fold
from gateway.directory.gazetteer import NamedPlace, Town
from gateway.directory.place import STATES, Place
from gateway.directory.streets import Spot
from gateway.directory.wanted import PlaceChoice

MOST_CHOICES = 4  # they must fit into one text, and be answered by a digit
NEAR_MILES = 100.0  # a city so near needs no state
NEIGHBORHOOD = 4.0  # miles around the middle within which all services of a name must lie, for it to name a place
MOST_WORDS = 4  # of a city's name
ORDINARY = -4.95  # log10 of a word's share in a language: commoner ones name no place by themselves
SHORTEST_NAME = 4  # letters of its longest word
SWAPPED = 0.2  # by which shared runs of letters overrate likeness, against trigrams
ALIKE = 0.6  # trigram similarity from which a name may be meant; it is asked back, never decided

LEADING = re.compile(
    r"^(?:(?:i am|im|i m|we are|estoy|estamos|vivo|i live|i stay|staying|me quedo|right|just|somewhere|aqui|here|over"
    r"|near|nearby|by|around|close to|next to|across from|across the street from|at|in|on|from|off|along|between|to"
    r"|ahi|outside|inside|downtown|the corner of|corner of|the|cerca|de|del|por|en|junto|al lado|frente|a|al|la|el"
    r"|los|las|esquina|entre|enfrente|intersection of|zona|area|barrio|neighborhood|colonia|vecindario)\b[ ,]*)+"
)
TRAILING = re.compile(
    r"[ ,]*\b(?:area|neighborhood|district|barrio|please|pls|por favor|right now|ahora|downtown|city)$"
)
NOWHERE = re.compile(
    r"^(?:here|aqui|aca|home|my (?:house|home|place|apartment|apt|car|tent)|mi (?:casa|apartamento|carro|departamento)"
    r"|(?:the )?(?:street|streets|calle|outside|car|shelter)|nowhere|anywhere|skip|no|none|ninguno"
    r"|donde estoy|where i am)?$"
)
JOINT = re.compile(r"\s+(?:and|y|con|esquina(?: con| de)?|esq\.?)\s+|\s*[&@/]\s*")
PREPOSITIONS = re.compile(
    r"^(?:(?:i am|im|i live|i stay|we are|estoy|estamos|vivo|near|nearby|by|around|close to|next to|at|in|on|from"
    r"|cerca de|cerca del|por|en|junto a|al lado de) )+"
)
STATE_NAMES = sorted((name.lower() for pair in STATES.items() for name in pair), key=len, reverse=True)
STATE_AT_END = re.compile(rf"[ ,]+({'|'.join(STATE_NAMES)})\.?$")
DATASETS = "dataset = ANY(array(SELECT name FROM dataset))"
CENTRE = f"""
SELECT shown, state, latitude, longitude FROM known_place WHERE {DATASETS} AND kind = 'city'
ORDER BY addresses DESC, name, dataset LIMIT 1
"""  # noqa: S608 - a literal of our own
KNOWN_CITY = f"""
SELECT shown, state, latitude, longitude, addresses FROM known_place
WHERE {DATASETS} AND kind = 'city' AND name = :name ORDER BY addresses DESC
"""  # noqa: S608
NAMED_SO = """
SELECT DISTINCT e.latitude, e.longitude FROM search_entry e
JOIN location l ON (l.dataset, l.id) = (e.dataset, e.location_id) AND coalesce(l.confidential, false) = false
WHERE e.status = 'active' AND e.latitude IS NOT NULL AND e.document @@ CAST(:name AS tsquery) LIMIT 30
"""
ALIKE_CITIES = """
SELECT shown, state, latitude, longitude FROM known_place
WHERE kind = 'city' AND name % :name AND similarity(name, :name) >= :alike
ORDER BY similarity(name, :name) DESC, addresses DESC LIMIT 8
"""


@dataclass(frozen=True)
class Where:
    """How a place was read: ``place`` when it is one, ``choices`` when it may be several, neither when it is none."""

    place: Place | None = None
    choices: tuple[PlaceChoice, ...] = ()


NOT_KNOWN = Where()


def read(  # noqa: PLR0913 - what was said of the place, and who reads it
    session: Session,
    code: str | None,
    named: str | None,
    town: Town | None,
    language: str = "en",
    chosen: PlaceChoice | None = None,
) -> Where:
    """Where a ZIP or a named place is: a ZIP, the town's own places, cities, corners and addresses of the directory.

    ``chosen`` is the reading that was chosen before: it goes before both.
    """
    if chosen:
        return Where(place.at(chosen))
    found = place.by_zip(place.zip_in(code or "")) or place.by_zip(place.zip_in(named or ""))
    if found:
        return Where(found)
    return Reader(session, town, language).named(named) if named else NOT_KNOWN


def centre(session: Session) -> Place | None:
    """The city in which the directory has most addresses: where a town is when nobody says."""
    row = session.execute(text(CENTRE)).one_or_none()
    return _city(row) if row else None


class Reader:
    """Reads names of places as seen from one town."""

    def __init__(self, session: Session, town: Town | None, language: str) -> None:
        self._session = session
        self._places = town.places if town else ()
        self._regions = town.own if town else {}
        self._large = town.large if town else frozenset[str]()
        self._language = language
        self._here = town.centre if town else centre(session)

    @property
    def regions(self) -> Mapping[str, Place]:
        """Cities and counties of the community by name, as names are compared."""
        return self._regions

    @property
    def large(self) -> frozenset[str]:
        """Those of the cities that nobody takes for a common word."""
        return self._large

    def named(self, written: str) -> Where:
        """The first reading that fits, from the surest to the one that must be asked back."""
        whole = plain(written)
        bare = _bare(whole)
        if NOWHERE.match(bare) or NOWHERE.match(whole):
            return NOT_KNOWN
        names = dict.fromkeys((whole, PREPOSITIONS.sub("", whole).strip(" ,"), bare))  # "los angeles" keeps its article
        for reading in (self._own, self._corner, self._near_city, self._street, self._of_services, self._far_city):
            for name in names:
                found = reading(name)
                if found.place or found.choices:
                    return found
        return self._within(bare) or self._alike(bare)

    def knows(self, written: str) -> bool:
        """Whether it is a place around here, or several of them."""
        name = _bare(plain(written))
        if NOWHERE.match(name):
            return False
        found = (reading(name) for reading in (self._own, self._corner, self._near_city, self._street))
        return any(where.place or where.choices for where in found)

    def names_services(self, name: str) -> bool:
        """Whether services that lie near each other are named so."""
        return self._of_services(name).place is not None

    def _own(self, name: str) -> Where:
        """The town's own places by name, or all of a kind ("the hospital")."""
        key = squeeze(name)
        mine = [one for one in self._places if key in one.names]
        kind = gazetteer.kinds_by_name().get(key)
        if not mine and kind:
            mine = [one for one in self._places if one.kind == kind]
        return self._of_named(mine)

    def _of_named(self, found: list[NamedPlace]) -> Where:
        if len(found) == 1:
            return Where(self._as_place(found[0]))
        shown = (PlaceChoice(one.shown(self._language), one.latitude, one.longitude) for one in found)
        return Where(choices=tuple(sorted(shown, key=self._miles)[:MOST_CHOICES]))

    def _as_place(self, found: NamedPlace) -> Place:
        near = place.nearest(found.latitude, found.longitude)
        here = Place(found.shown(self._language), found.latitude, found.longitude)
        return replace(near, name=here.name, latitude=here.latitude, longitude=here.longitude) if near else here

    def _near_city(self, name: str) -> Where:
        bare, state = _apart(name)
        own = self._regions.get(squeeze(bare))
        if own and state in {own.state, ""}:  # what lies in the community goes before all of its name elsewhere
            everywhere = {} if own.county == own.name else gazetteer.cities().get(squeeze(bare), {})
            return _decided([own], everywhere)
        known = self._session.execute(text(KNOWN_CITY), {"name": squeeze(bare)}).all()
        rows = [_city(row) for row in known if not state or row.state in {state, ""}]
        everywhere = gazetteer.cities().get(squeeze(bare), {})
        if state:
            return _decided(rows[:1] or [one for one in (everywhere.get(state),) if one], everywhere)
        near = [one for one in (*rows, *everywhere.values()) if self._miles(one) <= NEAR_MILES]
        if self._here is None and len({one.state for one in rows}) == 1:
            near = rows
        return _decided(sorted(near, key=self._miles)[:1], everywhere)

    def _of_services(self, name: str) -> Where:
        """A neighborhood or a building by which services are named, where all of them lie near each other."""
        words = re.findall(r"[^\W_]+", name)
        if not words or max(map(len, words)) < SHORTEST_NAME:
            return NOT_KNOWN
        query = " <-> ".join(f"'{word}':A" for word in words)
        found: list[Any] = list(self._session.execute(text(NAMED_SO), {"name": query}))
        if not found:
            return NOT_KNOWN
        middle = place.middle(found)
        if any(place.miles(*middle, one.latitude, one.longitude) > NEIGHBORHOOD for one in found):
            return NOT_KNOWN
        return Where(self._point(" ".join(map(str.capitalize, words)), *middle))

    def _far_city(self, name: str) -> Where:
        """A city beyond: the one of this name, the one in the town's own state, or all of them to choose from."""
        bare, state = _apart(name)
        by_state = {} if state else gazetteer.cities().get(squeeze(bare), {})
        rows = [_city(row) for row in self._session.execute(text(KNOWN_CITY), {"name": squeeze(bare)})]
        home = self._here.state if self._here else ""
        if home in by_state or len(by_state) == 1:
            return _decided([by_state.get(home) or next(iter(by_state.values()))], by_state)
        known = [one for one in rows if one.state in by_state]
        if len(known) == 1 or (rows and not by_state):
            return _decided((known or rows)[:1], by_state)
        several = sorted(by_state.values(), key=lambda one: (self._miles(one), one.state))
        return Where(
            choices=tuple(PlaceChoice(f"{c.city}, {c.state}", c.latitude, c.longitude) for c in several[:MOST_CHOICES])
        )

    def _within(self, name: str) -> Where | None:
        """A city of the community among other words ("joliet condado de will"), a county where none stands there.

        The longest, and of equals the first; no word that people use for something else.
        """
        words, found = re.findall(r"[^\W_]+", name), []
        for length in range(1, min(MOST_WORDS, len(words) - 1) + 1):
            for start in range(len(words) - length + 1):
                run = " ".join(words[start : start + length])
                own = self._regions.get(squeeze(run))
                if own and (length > 1 or squeeze(run) in self._large or not mistyped.ordinary(run, ORDINARY)):
                    found.append((own.county != own.name, length, -start, run))
        return self._near_city(max(found)[-1]) if found else None

    def _corner(self, name: str) -> Where:
        """Where two streets of the directory's addresses meet; a landmark at a corner that the town's file names."""
        parts = [part.strip() for part in JOINT.split(name) if part.strip()]
        if len(parts) != 2:  # noqa: PLR2004 - a corner has two streets
            return NOT_KNOWN
        one, other = (street_of(_bare(part)) for part in parts)
        if one is None or other is None:
            return NOT_KNOWN
        return self._one_of(streets.once(self._session, streets.corners, one, other, self._here))

    def _street(self, name: str) -> Where:
        """An address or a street of the directory. A street alone needs its kind ("Main St"), or a number's ending."""
        bare, _ = _apart(name)
        street = street_of(bare)
        if street is None or (street.number is None and not street.kind and not re.match(r"\d+(?:st|nd|rd|th)", bare)):
            return NOT_KNOWN
        found = streets.middles if street.number is None else streets.houses
        return self._one_of(streets.once(self._session, found, street, self._here))

    def _alike(self, name: str) -> Where:
        """Names that were nearly written: they are asked back."""
        key = squeeze(_apart(name)[0])
        own = [(max(_likeness(key, known) for known in one.names), one) for one in self._places]
        choices = [
            PlaceChoice(one.shown(self._language), one.latitude, one.longitude)
            for likeness, one in sorted(own, key=lambda pair: -pair[0])
            if likeness >= ALIKE
        ]
        for row in self._session.execute(text(ALIKE_CITIES), {"name": key, "alike": ALIKE}):
            choices.append(PlaceChoice(_with_state(row.shown, row.state), row.latitude, row.longitude))
        return Where(choices=tuple({one.name: one for one in choices}.values())[:MOST_CHOICES])

    def _one_of(self, found: list[Spot]) -> Where:
        near = [one for one in found if self._miles(one) <= NEAR_MILES] or found
        if len(near) == 1:
            return Where(self._point(*near[0]))
        first = (self._point(*one) for one in sorted(near, key=self._miles)[:MOST_CHOICES])
        return Where(choices=tuple(PlaceChoice(f"{c.name}, {c.city}", c.latitude, c.longitude) for c in first))

    def _point(self, name: str, latitude: float, longitude: float) -> Place:
        near = place.nearest(latitude, longitude)
        here = Place(name, latitude, longitude)
        return replace(near, name=name, latitude=latitude, longitude=longitude) if near else here

    def _miles(self, one: Place | PlaceChoice | Spot) -> float:
        here = self._here
        return place.miles(here.latitude, here.longitude, one.latitude, one.longitude) if here else float("inf")


def plain(written: str) -> str:
    """Folded, with the marks kept that join two streets or stand before a state."""
    return " ".join(re.sub(r"[^\w@&/,#.' -]+", " ", fold(written)).split()).strip(" .,")


def _bare(name: str) -> str:
    """Without "near", "cerca del", "the … area"."""
    bare = LEADING.sub("", name)
    cut = TRAILING.sub("", bare)
    return (cut or bare or name).strip(" .,")


def _apart(name: str) -> tuple[str, str]:
    """A name and the state after it ("springfield, il"), if one is said."""
    found = STATE_AT_END.search(name)
    if not found:
        return name, ""
    said = found[1]
    code = said.upper() if said.upper() in STATES else next(c for c, full in STATES.items() if full.lower() == said)
    return name[: found.start()], code


def _decided(found: list[Place], everywhere: dict[str, Place]) -> Where:
    """One city; its state is told where other states have one of the same name."""
    if not found:
        return NOT_KNOWN
    one = found[0]
    name = (
        _with_state(one.city, one.state)
        if len(everywhere) > 1 or one.state not in (everywhere or {one.state})
        else one.city
    )
    return Where(replace(one, name=name))


def _with_state(city: str, state: str) -> str:
    return f"{city}, {state}" if state else city


def _city(row: Any) -> Place:
    near = place.nearest(row.latitude, row.longitude)
    county, state, zone = (near.county, near.state, near.timezone) if near else ("", "", None)
    return Place(row.shown, row.latitude, row.longitude, row.shown, county, row.state or state, zone)


def _likeness(a: str, b: str) -> float:
    """Trigram similarity, as Postgres' pg_trgm counts it; swapped letters cost less than there."""
    ours, theirs = _trigrams(a), _trigrams(b)
    shared = len(ours & theirs) / len(ours | theirs) if ours and theirs else 0.0
    return max(shared, SequenceMatcher(None, a, b).ratio() - SWAPPED)


def _trigrams(name: str) -> set[str]:
    return {padded[i : i + 3] for word in name.split() for padded in (f"  {word} ",) for i in range(len(padded) - 2)}
