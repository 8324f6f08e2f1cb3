"""Chooses by the index which few services are worth weighing, however many there are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import TextualSelect, column, text
from sqlalchemy.orm import Session

from gateway.directory import relevance
from gateway.directory.freshness import SINCE, SINCE_OF, STANDARD, Rules
from gateway.directory.gazetteer import Town
from gateway.directory.indexing import ANY, POLE
from gateway.directory.place import EARTH_MILES, Place, on_sphere
from gateway.directory.spelling import Term
from gateway.directory.wanted import Wanted

NOTHING: Mapping[str, tuple[float, float]] = {}
MOST = 100  # so many are weighed
NEAREST = 150  # of each need and sureness, shared among the needs that are asked for …
FEWEST = 50  # … but not fewer
OF_PHONE = 60  # of each need: services without a place, and as many national ones
RARE = 1_000  # so many entries with the resident's own words are looked at
BY_WORDS = 150
ENOUGH = 12  # where fewer have all of the words, those with some of them are looked at too
MOST_TERMS = 5
MOST_TOPICS = 5  # so many are looked for; more than that is a story
A_WORD = 6  # miles; once more where it stands in a name
SERVED_MILES = 15.0  # whoever serves the place by their own word stands at most so far away
WITH_WORDS = 100  # of each need and sureness, where their texts are looked into too
AROUND = 700  # the nearest whose texts are looked into where all words are frequent ones

# How many rows a part gives stands in the text as a number: not knowing it, Postgres plans each search anew, which
# takes an eighth of the time of its answer.
ASKED_FOR = "(SELECT unnest(CAST(:needs AS text[])) LIMIT {codes}) AS w(need)"
# The nearest of each need come in order from the index; those without a place by how sure and how fresh they are.
NEAR = """
near AS (
  SELECT w.need, CAST(k.weight AS int) AS weight, n.*, false AS national FROM {asked_for}
  CROSS JOIN unnest(CAST('{{3,2,1}}' AS smallint[])) AS k(weight)
  CROSS JOIN LATERAL (
    SELECT s.dataset, s.service_id, s.location_id, s.point <-> CAST(:point AS cube) AS chord FROM search_need s
    WHERE s.need = w.need AND s.weight = k.weight AND s.spot IS NOT NULL
    ORDER BY s.spot <-> CAST(:spot AS point) LIMIT {each}) AS n
)"""
CALLED = """
called AS (
  SELECT w.need, CAST(n.weight AS int) AS weight, n.dataset, n.service_id, n.location_id, CAST(NULL AS float) AS chord,
         k.national
  FROM {asked_for} CROSS JOIN (VALUES (false), (true)) AS k(national)
  CROSS JOIN LATERAL (
    SELECT s.weight, s.dataset, s.service_id, s.location_id FROM search_need s
    WHERE s.need = w.need AND s.national = k.national AND s.point IS NULL
    ORDER BY s.weight DESC, s.verified_on DESC NULLS LAST, s.dataset, s.service_id LIMIT {called}) AS n
)"""
# Those with their own words, wherever they are; of a need that was not understood any will do.
SPOKEN = """
spoken AS (
  SELECT coalesce(n.need, '*') AS need, coalesce(n.weight, 1) AS weight, e.dataset, e.service_id, e.location_id,
         CASE WHEN e.latitude IS NOT NULL THEN CAST(:point AS cube) <-> cube(ARRAY[
           cosd(e.latitude) * cosd(e.longitude), cosd(e.latitude) * sind(e.longitude), sind(e.latitude)]) END AS chord,
         e.national
  FROM (SELECT * FROM search_entry WHERE status = 'active' AND document @@ CAST(:query AS tsquery) LIMIT {rare}) AS e
  LEFT JOIN LATERAL (
    SELECT need, CAST(weight AS int) AS weight FROM service_need n
    WHERE (n.dataset, n.service_id) = (e.dataset, e.service_id) AND n.need = ANY(CAST(:needs AS text[]))
    ORDER BY n.weight DESC, need LIMIT 1) AS n ON true
  ORDER BY {words} DESC, chord, e.dataset, e.service_id LIMIT {by_words}
)"""
# Each need in its turn, where several are asked for that no topic says more closely.
TURNS = """, turns AS (
  SELECT *, row_number() OVER (PARTITION BY need ORDER BY miles, dataset, service_id, location_id) AS turn
  FROM looked_at
)"""
# Of each that was found, what it may cost in miles at best and at worst, before its row of the index is read: where it
# serves the place by its own word it is hardly further than that, and its door may be open, or closed for long.
BOUNDED = """
merged AS (
  SELECT dataset, service_id, location_id, min(need) AS need, max(weight) AS weight, min(chord) AS chord,
         bool_or(national) AS national, max({worth}) AS worth
  FROM ({sources}) AS found GROUP BY dataset, service_id, location_id
), ways AS (
  SELECT *, CASE WHEN chord IS NOT NULL AND NOT :placed THEN 3 WHEN chord IS NOT NULL THEN chord * {radius}
                 WHEN national THEN 100 ELSE 6 END AS way,
         CASE WHEN weight > 1 THEN 0 ELSE 10 END AS doubt,
         chord > CAST(:farthest AS float) IS NOT true AS surely
  FROM merged
), bounded AS (
  SELECT *, CASE WHEN chord IS NULL THEN way ELSE least(way, CAST(:served AS float)) END + doubt - ({most}) AS at_best,
         CASE WHEN surely THEN way + doubt - worth + 6 END AS at_worst
  FROM ways
), numbered AS (
  SELECT *, row_number() OVER ({turn} ORDER BY at_worst) AS nth FROM bounded
)"""
# Who costs more at best than the last of those who are wanted does at worst cannot be among them: of some 400 that a
# large directory finds, half of the rows need not be read.
FEW = """
few AS (
  SELECT * FROM (
    SELECT *, max(at_worst) FILTER (WHERE nth = {weighed}) OVER ({turn}) AS enough FROM numbered) AS compared
  WHERE enough IS NULL OR at_best < enough + 0.001
)"""
# What an ordinary week says of the door, in miles, before the hours of the few are looked at closely. Whether somebody
# serves the place says nothing of who stands near it, and its areas are dear to compare.
LOOKED_AT = """
looked_at AS (
  SELECT m.dataset, m.service_id, m.location_id, m.need, m.weight > 1 AS sure, e.*, l.minute,
         CASE WHEN e.latitude IS NULL AND e.national THEN 100 WHEN e.latitude IS NULL THEN 6
              WHEN NOT :placed THEN 3
              WHEN e.serving THEN least(coalesce(m.chord, 0) * {radius}, :served)
              ELSE coalesce(m.chord, 0) * {radius} END
         + CASE WHEN e.always OR e.week @> l.minute THEN 0 WHEN e.week IS NULL THEN 2 ELSE 6 END
         + CASE WHEN m.weight > 1 THEN 0 ELSE 10 END - {a_word} * (e.words + e.named) - ({about}) AS miles
  FROM few m
  CROSS JOIN LATERAL (
    SELECT service_at_location_id, latitude, longitude, timezone, areas, national, needs, sure_needs, week, always,
           ages, serves, languages, cost, access, verified_on, {words} AS words, {named} AS named,
           m.chord * {radius} > :served AND areas && CAST(:here AS text[]) AS serving
    FROM search_entry e
    WHERE (e.dataset, e.service_id, e.location_id) = (m.dataset, m.service_id, m.location_id) LIMIT 1
  ) AS e
  CROSS JOIN LATERAL (SELECT CAST(:at AS timestamptz) AT TIME ZONE coalesce(e.timezone, :zone) AS t) AS here
  CROSS JOIN LATERAL (SELECT CAST(floor(date_part('epoch', here.t - date_trunc('week', here.t)) / 60) AS int)
                      AS minute) AS l
  WHERE (m.chord IS NULL OR CAST(:farthest AS float) IS NULL OR m.chord <= :farthest
         OR e.serving)
    AND {worded}
){turns}
SELECT t.*, {since} AS since FROM (
  SELECT dataset, service_id, location_id, service_at_location_id, sure, latitude, longitude, timezone, areas, national,
         needs, sure_needs, always, week::text AS hours, minute, lower(ages) AS youngest, upper(ages) AS oldest,
         serves, languages,
         cost, access, verified_on, words, named
  FROM {ordered} miles, dataset, service_id, location_id LIMIT {most}) AS t
JOIN service s ON (s.dataset, s.id) = (t.dataset, t.service_id)
{since_of}
WHERE s.status = 'active'
"""


@dataclass(frozen=True)
class Asked:
    """A question: what is wanted, where somebody is, around which place it is looked for, when, and in which town.

    ``home`` is the town's time zone; ``rules`` say from when on a check is stale.
    """

    wanted: Wanted
    where: Place | None
    around: Place | None
    at: datetime
    home: str | None = None
    town: Town | None = None
    rules: Rules = STANDARD


class Candidate(NamedTuple):
    """One row of the index, in the order in which the statement gives it; terms read each dozens of times.

    ``hours`` are the minutes of an ordinary week as Postgres writes them, ``minute`` the one that is asked about.
    """

    dataset: str
    service_id: str
    location_id: str
    service_at_location_id: str | None
    sure: bool
    latitude: float | None
    longitude: float | None
    timezone: str | None
    areas: list[str]
    national: bool
    needs: list[str]
    sure_needs: list[str]
    always: bool
    hours: str | None
    minute: int
    youngest: int | None
    oldest: int | None
    serves: list[str]
    languages: list[str]
    cost: str | None
    access: list[str]
    verified_on: date | None
    words: int
    named: int
    since: date | None


def choose(session: Session, asked: Asked, terms: list[Term], farthest: float | None) -> list[Candidate]:
    """At most 100 rows of the index: the nearest of each need and topic, those to call, those with their own words.

    ``farthest`` is in miles; whose areas name the place may stand further away. Nothing that is not active.
    """
    wanted, around = asked.wanted, asked.around
    about = dict(list(relevance.topics_of(wanted).items())[-MOST_TOPICS:])  # what was asked for stands last
    codes = [*about, *wanted.needs] or [ANY]
    values = {
        "needs": codes,
        "point": point_of(around) if around else "(0, 0, 0)",
        "spot": spot_of(around) if around else "(0, 0)",
        "each": max(FEWEST, NEAREST // len(codes)),
        "called": OF_PHONE if len(codes) < MOST_TOPICS else OF_PHONE // 2,
        "at": asked.at,
        "zone": asked.home or (around.timezone if around else None) or "UTC",
        "farthest": chord_of(farthest) if farthest is not None and around else None,
        "here": asked.where.area_spellings if asked.where else [],
        "placed": asked.where is not None,
        "served": SERVED_MILES,
        "worded": False,
    }
    if not terms:
        return _run(session, values, terms, ("near", "called"), about)
    terms = sorted(terms, key=lambda term: term.entries)[:MOST_TERMS]
    if codes != [ANY]:
        values["each"] = max(FEWEST, WITH_WORDS // len(codes))
        return _run(session, values | {"query": _any_of(terms)}, terms, ("near", "called", "spoken"), about)
    values["worded"] = True
    rows = _run(session, values | {"query": _all_of(terms)}, terms, ("spoken",)) if terms[0].entries <= RARE else []
    if len(rows) < ENOUGH and terms[0].entries <= RARE and len(terms) > 1:
        rows = _run(session, values | {"query": _any_of(terms)}, terms, ("spoken",))
    return rows or _run(session, values | {"each": AROUND}, terms, ("near", "called"))


def point_of(place: Place) -> str:
    """A place on a sphere of radius 1, as Postgres' ``cube`` writes it."""
    x, y, z = on_sphere(place.latitude, place.longitude)
    return f"({x!r}, {y!r}, {z!r})"


def spot_of(place: Place) -> str:
    """A place on Mercator's map as Postgres' ``point`` writes it: what is nearest there is nearest on the ground."""
    up = math.atanh(max(-POLE, min(math.sin(math.radians(place.latitude)), POLE)))
    return f"({place.longitude!r}, {math.degrees(up)!r})"


def chord_of(miles: float) -> float:
    """The straight distance through that sphere between two points so many miles apart over the ground."""
    return 2 * math.sin(min(miles / EARTH_MILES, math.pi) / 2)


def _run(
    session: Session,
    values: dict[str, Any],
    terms: list[Term],
    sources: Sequence[str],
    about: Mapping[str, tuple[float, float]] = NOTHING,
) -> list[Candidate]:
    for number, (topic, (sure, mentioned)) in enumerate(about.items()):
        values |= {f"topic{number}": topic, f"sure{number}": -sure, f"mentioned{number}": -mentioned}
    for number, term in enumerate(terms):
        values |= {f"term{number}": term.query, f"name{number}": term.in_name}
    codes, each, called = values["needs"], values["each"], values["called"]
    by_need = not about and (len(codes) > 1 or ("spoken" in sources and codes != [ANY]))
    shape = Shape(tuple(sources), len(codes), each, called, len(terms), len(about), by_need, values["worded"])
    return list(map(Candidate._make, session.execute(_statement(shape), values)))


class Shape(NamedTuple):
    """What the text of the question depends on: from where, how many of what, whether needs take turns, and whether
    only those count that have some of the words."""

    sources: tuple[str, ...]
    codes: int
    each: int
    called: int
    terms: int
    topics: int
    by_need: bool
    worded: bool


@cache
def _statement(shape: Shape) -> TextualSelect:
    """The question of a shape: there are few of them, and each takes long to put together."""
    words, named = _counted(shape.terms, "e.document", "term"), _counted(shape.terms, "e.document", "name")
    asked_for = ASKED_FOR.format(codes=shape.codes)
    parts = {
        "near": NEAR.format(asked_for=asked_for, each=shape.each),
        "called": CALLED.format(asked_for=asked_for, called=shape.called),
        "spoken": SPOKEN.format(words=words, rare=RARE, by_words=BY_WORDS),
    }
    turn = "PARTITION BY need" if shape.by_need else ""
    columns = "need, weight, dataset, service_id, location_id, chord, national"
    parts["merged"] = BOUNDED.format(
        sources=" UNION ALL ".join(f"SELECT {columns} FROM {source}" for source in shape.sources),  # noqa: S608 - our own
        radius=EARTH_MILES,
        worth=_worth(shape.topics),
        most=_most(shape),
        turn=turn,
    )
    parts["few"] = FEW.format(weighed=MOST, turn=turn)
    parts["looked_at"] = LOOKED_AT.format(
        since=SINCE,
        since_of=SINCE_OF,
        radius=EARTH_MILES,
        words=words,
        named=named,
        a_word=A_WORD,
        worded="e.words > 0" if shape.worded else "true",
        about=_about(shape.topics),
        turns=TURNS if shape.by_need else "",
        ordered="turns ORDER BY turn," if shape.by_need else "looked_at ORDER BY",
        most=MOST,
    )
    whole = "WITH " + ",".join(parts[name] for name in (*shape.sources, "merged", "few", "looked_at"))
    # The driver remembers how to read what is shorter than 4,096 characters, SQLAlchemy what is named in which column.
    return text(" ".join(whole.split())).columns(*map(column, Candidate._fields))


def _worth(topics: int) -> str:
    """SQL for what it is surely worth that a service was found under the code of one of so many topics."""
    cases = (
        f" WHEN :topic{n} THEN CASE WHEN weight > 1 THEN CAST(:sure{n} AS float) ELSE CAST(:mentioned{n} AS float) END"
        for n in range(topics)
    )
    return f"CASE need{''.join(cases)} ELSE 0 END" if topics else "0"


def _most(shape: Shape) -> str:
    """SQL for the most that all topics and words may be worth: no end to it where only some rows count at all."""
    if shape.worded:
        return "CAST('Infinity' AS float)"
    return " + ".join((str(2 * A_WORD * shape.terms), *(f"CAST(:sure{n} AS float)" for n in range(shape.topics))))


def _about(topics: int) -> str:
    """SQL for what it is worth in miles that an entry is for so many topics, or names them.

    No number stands in it, so that Postgres keeps one plan for all topics.
    """
    parts = (
        f"CASE WHEN :topic{n} = ANY(e.sure_needs) THEN CAST(:sure{n} AS float)"
        f" WHEN :topic{n} = ANY(e.needs) THEN CAST(:mentioned{n} AS float) ELSE 0 END"
        for n in range(topics)
    )
    return " + ".join(parts) or "0"


def _counted(terms: int, document: str, query: str) -> str:
    """SQL for how many of so many terms stand in a document."""
    return " + ".join(f"CAST({document} @@ CAST(:{query}{n} AS tsquery) AS int)" for n in range(terms)) or "0"


def _all_of(terms: list[Term]) -> str:
    return " & ".join(f"({term.query})" for term in terms)


def _any_of(terms: list[Term]) -> str:
    """The rarer half of the words: a frequent one beside them would bring in half of the directory."""
    rare = [term for term in terms if term.entries <= RARE] or terms[:1]
    return " | ".join(f"({term.query})" for term in rare)
