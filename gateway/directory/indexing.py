"""Builds what search reads: one row per service and place, with its needs, point, hours, facts and text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, LiteralString, cast

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from gateway.directory import chosen, eligibility, gazetteer, hours, place
from gateway.directory.chosen import Which
from gateway.directory.copying import BATCH, copy
from gateway.directory.freshness import CHECKED
from gateway.directory.spelling import words_of

NATIONWIDE = r"^\W*(the )?(united states( of america)?|u\.?s\.?a?\.?|nationwide|national|nacional|all states)\W*$"
WEEK = 7 * 24 * 60
LONGEST_TEXT = 50_000  # characters that are searched; Postgres holds no more than 1 MB of different words
ANY = "*"  # the "need" under which every entry stands, for those who only name a place or use words of their own

TEMPORARY = (
    "located (location_id text PRIMARY KEY, latitude float, longitude float, timezone text)",
    "told (service_id text PRIMARY KEY, ages int4range, serves text[], access text[], cost text)",
    "reachable (location_id text PRIMARY KEY, access text[])",
    "opened (owner text, owner_id text, week int4multirange, PRIMARY KEY (owner, owner_id))",
)
TABLES = ("search_entry", "search_need", "search_word", "known_place", "known_street")  # what a build writes
OWNERS = ("service_at_location", "service", "location")
# What is joined is joined in a set order: the same rows make the same index, whatever was imported or undone before.
ENTRIES = f"""
INSERT INTO search_entry (dataset, service_id, location_id, service_at_location_id, needs, sure_needs, latitude,
                          longitude, timezone, areas, national, status, week, always, ages, serves, languages, cost,
                          access, verified_on, document)
SELECT DISTINCT ON (s.id, l.location_id)
       s.dataset, s.id, coalesce(l.location_id, ''), l.id,
       coalesce(n.needs, '{{}}'), coalesce(n.sure, '{{}}'), p.latitude, p.longitude, p.timezone,
       coalesce(a.names, '{{}}') || coalesce(la.names, '{{}}'),
       coalesce(a.national, false) AND p.latitude IS NULL, s.status,
       h.week, coalesce(h.week @> int4range(0, %(week)s), false), f.ages, coalesce(f.serves, '{{}}'),
       array(SELECT DISTINCT code FROM spoken g
             WHERE (g.kind, g.owner) IN (('service', s.id), ('location', l.location_id)) ORDER BY code), f.cost,
       array(SELECT DISTINCT unnest(coalesce(f.access, '{{}}') || coalesce(r.access, '{{}}'))),
       greatest(c.assured, c.vouched, c.seen),
       setweight(to_tsvector('simple', unaccent(left(concat_ws(' ', s.name, s.alternate_name, o.name, t.names, x.name),
                                                       %(most)s))), 'A')
       || setweight(to_tsvector('english', unaccent(left(concat_ws(' ', s.name, s.alternate_name), %(most)s))), 'A')
       || setweight(to_tsvector('spanish', unaccent(left(concat_ws(' ', s.name, s.alternate_name, t.names),
                                                         %(most)s))), 'A')
       || setweight(to_tsvector('english', unaccent(left(coalesce(s.description, ''), %(most)s))), 'B')
       || setweight(to_tsvector('spanish', unaccent(left(coalesce(s.description, ''), %(most)s))), 'B')
       || setweight(to_tsvector('english', unaccent(left(concat_ws(' ', x.name, k.terms), %(most)s))), 'B')
       || setweight(to_tsvector('english', unaccent(left(concat_ws(' ', s.eligibility_description, x.description),
                                                         %(most)s))), 'C')
       || setweight(to_tsvector('simple', unaccent(left(coalesce(t.text, ''), %(most)s))), 'B')
       || setweight(to_tsvector('spanish', unaccent(left(coalesce(t.text, ''), %(most)s))), 'B')
FROM service s
LEFT JOIN organization o ON (o.dataset, o.id) = (s.dataset, s.organization_id)
LEFT JOIN service_at_location l ON (l.dataset, l.service_id) = (s.dataset, s.id)
LEFT JOIN location x ON (x.dataset, x.id) = (l.dataset, l.location_id)
LEFT JOIN located p ON p.location_id = l.location_id
LEFT JOIN told f ON f.service_id = s.id
LEFT JOIN reachable r ON r.location_id = l.location_id
LEFT JOIN LATERAL (
  SELECT week FROM opened WHERE (owner, owner_id) IN (('service_at_location', l.id), ('service', s.id),
                                                      ('location', l.location_id))
  ORDER BY array_position(ARRAY['service_at_location', 'service', 'location'], owner) LIMIT 1) h ON true
LEFT JOIN (SELECT service_id, array_agg(need ORDER BY need) AS needs,
                  array_agg(need ORDER BY need) FILTER (WHERE weight > 1) AS sure
           FROM service_need
           WHERE dataset = %(dataset)s AND (%(services)s::text[] IS NULL OR service_id = ANY(%(services)s))
           GROUP BY service_id) n ON n.service_id = s.id
LEFT JOIN (SELECT service_id, array_agg(DISTINCT lower(coalesce(name, extent))) AS names,
                  bool_or(coalesce(name, extent) ~* %(nationwide)s) AS national
           FROM service_area WHERE dataset = %(dataset)s AND coalesce(name, extent) IS NOT NULL
           AND (%(services)s::text[] IS NULL OR service_id = ANY(%(services)s))
           GROUP BY service_id) a ON a.service_id = s.id
LEFT JOIN (SELECT service_at_location_id, array_agg(DISTINCT lower(coalesce(name, extent))) AS names
           FROM service_area WHERE dataset = %(dataset)s AND coalesce(name, extent) IS NOT NULL
           AND (%(owners)s::text[] IS NULL OR service_at_location_id = ANY(%(owners)s))
           GROUP BY service_at_location_id) la ON la.service_at_location_id = l.id
LEFT JOIN (SELECT object_id, string_agg(text, ' ' ORDER BY field, id) AS text,
                  string_agg(text, ' ' ORDER BY field, id) FILTER (WHERE field IN ('name', 'alternate_name')) AS names
           FROM translation
           WHERE dataset = %(dataset)s AND object = 'service'
           AND (%(services)s::text[] IS NULL OR object_id = ANY(%(services)s))
           GROUP BY object_id) t ON t.object_id = s.id
LEFT JOIN LATERAL (
  SELECT string_agg(m.name, ' ' ORDER BY m.name, m.id) AS terms FROM attribute a
  JOIN taxonomy_term m ON (m.dataset, m.id) = (a.dataset, a.taxonomy_term_id)
  WHERE (a.dataset, a.link_id) = (s.dataset, s.id) AND a.link_entity = 'service') k ON true
LEFT JOIN ({CHECKED} WHERE s.dataset = %(dataset)s
           AND (%(services)s::text[] IS NULL OR s.id = ANY(%(services)s))) c ON c.id = s.id
WHERE s.dataset = %(dataset)s AND (%(services)s::text[] IS NULL OR s.id = ANY(%(services)s))
ORDER BY s.id, l.location_id, l.id
"""  # noqa: S608 - a literal of our own
SQUARES = 4  # to a degree: within such a square a town's services lie
POLE = 0.99999  # the sine of the latitude at which our map ends: Mercator's has no end
# A point on a sphere of radius 1, so that the straight distance orders as the way over the ground does; and on
# Mercator's map, where it nearly does near by, whatever the latitude, and which an index reads ten times faster. They
# are written square by square: what is near each other on the ground is so in the table, too, and in its index.
NEEDS = """
INSERT INTO search_need (dataset, service_id, location_id, need, weight, point, spot, national, verified_on)
SELECT e.dataset, e.service_id, e.location_id, n.need, n.weight,
       CASE WHEN e.latitude IS NOT NULL THEN cube(ARRAY[cosd(e.latitude) * cosd(e.longitude),
            cosd(e.latitude) * sind(e.longitude), sind(e.latitude)]) END,
       CASE WHEN e.latitude IS NOT NULL THEN point(e.longitude,
            degrees(atanh(greatest(-%(pole)s, least(sind(e.latitude), %(pole)s))))) END,
       e.national, e.verified_on
FROM search_entry e
CROSS JOIN LATERAL (SELECT need, weight FROM service_need n WHERE (n.dataset, n.service_id) = (e.dataset, e.service_id)
                    UNION ALL SELECT %(any)s, 1) n
WHERE e.dataset = %(dataset)s AND e.status = 'active'
  AND (%(services)s::text[] IS NULL OR e.service_id = ANY(%(services)s))
ORDER BY n.need COLLATE "C", n.weight, floor(e.latitude * %(squares)s), floor(e.longitude * %(squares)s), e.latitude
"""
SPOKEN = """
INSERT INTO spoken
SELECT DISTINCT CASE WHEN g.service_id IS NOT NULL OR (g.location_id IS NULL AND p.service_id IS NOT NULL)
                     THEN 'service' ELSE 'location' END AS kind,
       coalesce(g.service_id, g.location_id, p.service_id, p.location_id) AS owner, lower(left(g.code, 8)) AS code
FROM language g LEFT JOIN phone p ON (p.dataset, p.id) = (g.dataset, g.phone_id)
WHERE g.dataset = %(dataset)s AND g.code IS NOT NULL
  AND coalesce(g.service_id, g.location_id, p.service_id, p.location_id) IS NOT NULL
  AND (%(owners)s::text[] IS NULL OR g.service_id = ANY(%(owners)s) OR g.location_id = ANY(%(owners)s)
       OR g.phone_id = ANY(%(owners)s))
"""
TEXTS = """
SELECT s.id, s.name, s.alternate_name, s.description, s.eligibility_description, s.fees_description, s.minimum_age,
       s.maximum_age,
       array(SELECT c.amount::float FROM cost_option c
             WHERE (c.dataset, c.service_id) = (s.dataset, s.id) AND c.amount IS NOT NULL) AS amounts,
       (SELECT string_agg(coalesce(c.option, '') || ' ' || coalesce(c.amount_description, ''), '. ' ORDER BY c.id)
        FROM cost_option c WHERE (c.dataset, c.service_id) = (s.dataset, s.id)) AS costs,
       (SELECT string_agg(text, ' ' ORDER BY field, id) FROM translation t WHERE (t.dataset, t.object, t.object_id)
        = (s.dataset, 'service', s.id)) AS translated
FROM service s WHERE s.dataset = %(dataset)s AND (%(services)s::text[] IS NULL OR s.id = ANY(%(services)s))
"""
HOURS: LiteralString = """
SELECT {owner} AS owner, s.freq, s.byday, s.bymonthday, s.byyearday, s.byweekno, s.interval, s.count, s.wkst, s.dtstart,
       s.until, s.valid_from, s.valid_to, s.opens_at, s.closes_at, concat_ws(' ', s.notes, s.description) AS words
FROM schedule s WHERE s.dataset = %(dataset)s AND {owner} IS NOT NULL
  AND (%(owners)s::text[] IS NULL OR {owner} = ANY(%(owners)s)) ORDER BY {owner}
"""
ACCESS = """
SELECT l.id, l.description, l.transportation, string_agg(concat_ws(' ', a.description, a.details), '. ' ORDER BY a.id)
FROM location l LEFT JOIN accessibility a ON (a.dataset, a.location_id) = (l.dataset, l.id)
WHERE l.dataset = %(dataset)s AND (%(owners)s::text[] IS NULL OR l.id = ANY(%(owners)s))
GROUP BY l.dataset, l.id, l.description, l.transportation
"""


# Who has no place and names no area is reached by phone. That holds near the places of the same publisher: of two
# towns in one store, the one's phone services are nothing for the other's residents.
UNSAID = """
dataset = %(dataset)s AND latitude IS NULL AND areas = '{}' AND NOT national
  AND (%(services)s::text[] IS NULL OR service_id = ANY(%(services)s))
"""
IS_UNSAID = f"SELECT 1 FROM search_entry WHERE {UNSAID} LIMIT 1"  # noqa: S608 - a literal of our own
SOMEWHERE = f"UPDATE search_entry SET areas = %(areas)s WHERE {UNSAID}"  # noqa: S608
BOX = """
SELECT min(latitude) - %(beyond)s, max(latitude) + %(beyond)s, min(longitude) - %(beyond)s, max(longitude) + %(beyond)s
FROM search_entry WHERE dataset = %(dataset)s
"""
BEYOND = 1.5  # degrees: a hundred miles, so that what lies over a border counts as near
MOST_STATES = 12  # of more the publisher's places say nothing

FORGET = (
    "DELETE FROM {} WHERE dataset = %(dataset)s AND (%(services)s::text[] IS NULL OR service_id = ANY(%(services)s))"
)
NEW_WORD = "INSERT INTO search_word (dataset, word, entries) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


def build(connection: Connection[Any], dataset: str, services: Sequence[str] | None = None) -> None:
    """Write a dataset's search rows anew, in the caller's transaction: entries, needs by place, words and places.

    With ``services`` only theirs: words and places that they bring are added, and none is taken away.
    """
    which = chosen.which(connection, dataset, services)
    for table in ("search_need", "search_entry"):
        connection.execute(sql.SQL(FORGET).format(sql.Identifier(table)), which)
    found = _gather(connection, which)
    connection.execute(ENTRIES, which | {"nationwide": NATIONWIDE, "week": WEEK, "any": ANY, "most": LONGEST_TEXT})
    _somewhere(connection, which)
    connection.execute(NEEDS, which | {"any": ANY, "pole": POLE, "squares": SQUARES})
    if services is None:
        connection.execute("DELETE FROM search_word WHERE dataset = %s", (dataset,))
        copy(connection, "search_word", ((dataset, word, count) for word, count in found.items()))
    elif found:
        with connection.cursor() as cursor:
            cursor.executemany(NEW_WORD, [(dataset, word, count) for word, count in sorted(found.items())])
    gazetteer.remember_addresses(connection, dataset, which["owners"])


def _somewhere(connection: Connection[Any], which: Which) -> None:
    """Note of those whose area nobody knows the states in which, and around which, their publisher has its places."""
    if connection.execute(IS_UNSAID, which).fetchone() is None:
        return
    box = connection.execute(BOX, which | {"beyond": BEYOND}).fetchone()
    states = place.states_within(*box) if box and box[0] is not None else set()
    if 0 < len(states) <= MOST_STATES:
        areas = [f"{place.SOMEWHERE}{state}" for state in sorted(states)]
        connection.execute(SOMEWHERE, which | {"areas": areas})


def _gather(connection: Connection[Any], which: Which) -> Counter[str]:
    """Put what the entries are made of into temporary tables; returns the words of the services' texts."""
    for table in TEMPORARY:
        connection.execute(f"DROP TABLE IF EXISTS {table.split(' ')[0]}")
        connection.execute(f"CREATE TEMP TABLE {table} ON COMMIT DROP")
    connection.execute("DROP TABLE IF EXISTS spoken")
    connection.execute("CREATE TEMP TABLE spoken (kind text, owner text, code text) ON COMMIT DROP")
    connection.execute(SPOKEN, which)
    copy(connection, "located", list(_located(connection, which)))
    copy(connection, "reachable", list(_reachable(connection, which)))
    for owner in OWNERS:
        copy(connection, "opened", _weeks(connection, which, owner))
    found = Counter[str]()
    copy(connection, "told", _told(connection, which, found))
    if which["services"] is None:
        connection.execute("CREATE INDEX ON spoken (kind, owner)")
        analyze(connection, "located", "reachable", "opened", "told", "spoken")
    return found


def analyze(connection: Connection[Any], *tables: str) -> None:
    """Let Postgres count the rows of the tables now."""
    for table in tables:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _told(connection: Connection[Any], which: Which, found: Counter[str]) -> Iterator[tuple[Any, ...]]:
    """The facts that each service states; counts the words of its texts on the way."""
    with connection.cursor("texts_of_services", row_factory=namedtuple_row) as cursor:
        cursor.itersize = BATCH
        rows: Any = cursor.execute(TEXTS, which)
        for row in rows:
            found.update(
                words_of(row.name, row.alternate_name, row.description, row.eligibility_description, row.translated)
            )
            facts = eligibility.facts(
                (row.name, row.alternate_name),
                row.description,
                row.eligibility_description,
                " ".join(text for text in (row.fees_description, row.costs) if text and text.strip()) or None,
                row.minimum_age,
                row.maximum_age,
                row.amounts,
            )
            ages = f"[{facts.ages[0]},{facts.ages[1]})" if facts.ages else None
            yield row.id, ages, list(facts.serves), list(facts.access), facts.cost


def _reachable(connection: Connection[Any], which: Which) -> Iterator[tuple[str, list[str]]]:
    for identity, *texts in connection.execute(ACCESS, which):
        if access := eligibility.words("access").in_text(*texts):
            yield identity, list(access)


def _weeks(connection: Connection[Any], which: Which, owner: str) -> Iterator[tuple[str, str, str | None]]:
    """The week of everything that has schedules of its own; null where weeks differ or cannot be read."""
    column = sql.Identifier(f"{owner}_id")
    today = connection.execute("SELECT current_date").fetchone()
    with connection.cursor("hours_of_owners", row_factory=namedtuple_row) as cursor:
        cursor.itersize = BATCH
        rows: Any = cursor.execute(sql.SQL(HOURS).format(owner=column), which)
        for identity, rules in groupby(rows, key=lambda row: row.owner):
            week = hours.week(cast(Any, rules), today[0]) if today else None
            yield owner, identity, None if week is None else "{" + ",".join(f"[{a},{b})" for a, b in week) + "}"


def _located(connection: Connection[Any], which: Which) -> Iterator[tuple[str, float | None, float | None, str | None]]:
    """Point and time zone of each location; the ZIP's centroid stands in where the publisher gives no point."""
    rows = connection.execute(
        "SELECT l.id, l.latitude, l.longitude, (SELECT min(a.postal_code) FROM address a"
        " WHERE (a.dataset, a.location_id) = (l.dataset, l.id)) FROM location l WHERE l.dataset = %(dataset)s"
        " AND (%(owners)s::text[] IS NULL OR l.id = ANY(%(owners)s))",
        which,
    )
    for identity, latitude, longitude, code in rows:
        known = place.by_zip(place.zip_in(code) if code else None)
        if latitude is not None:
            known = known or place.nearest(latitude, longitude)
            yield identity, latitude, longitude, known.timezone if known else None
        elif known is not None:
            yield identity, known.latitude, known.longitude, known.timezone
