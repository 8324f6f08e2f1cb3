"""Builds what search reads: one row per service and place, with its needs, point, time zone and text."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection, sql

from gateway.directory import place

NATIONWIDE = r"^\W*(the )?(united states( of america)?|u\.?s\.?a?\.?|nationwide|national|nacional|all states)\W*$"

ENTRIES = """
INSERT INTO search_entry (dataset, service_id, location_id, service_at_location_id, needs, sure_needs, latitude,
                          longitude, timezone, areas, national, status, document)
SELECT DISTINCT ON (s.id, l.location_id)
       s.dataset, s.id, coalesce(l.location_id, ''), l.id,
       coalesce(n.needs, '{}'), coalesce(n.sure, '{}'), p.latitude, p.longitude, p.timezone,
       coalesce(a.names, '{}'), coalesce(a.national, false) AND p.latitude IS NULL, s.status,
       setweight(to_tsvector('simple', unaccent(concat_ws(' ', s.name, s.alternate_name, o.name))), 'A')
       || setweight(to_tsvector('english', unaccent(concat_ws(' ', s.name, s.description))), 'B')
       || setweight(to_tsvector('spanish', unaccent(concat_ws(' ', s.name, s.description))), 'B')
       || setweight(to_tsvector('simple', unaccent(coalesce(t.text, ''))), 'B')
       || setweight(to_tsvector('spanish', unaccent(coalesce(t.text, ''))), 'B')
FROM service s
LEFT JOIN organization o ON (o.dataset, o.id) = (s.dataset, s.organization_id)
LEFT JOIN service_at_location l ON (l.dataset, l.service_id) = (s.dataset, s.id)
LEFT JOIN located p ON p.location_id = l.location_id
LEFT JOIN (SELECT service_id, array_agg(need ORDER BY need) AS needs,
                  array_agg(need ORDER BY need) FILTER (WHERE weight > 1) AS sure
           FROM service_need WHERE dataset = %(dataset)s GROUP BY service_id) n ON n.service_id = s.id
LEFT JOIN (SELECT service_id, array_agg(DISTINCT lower(coalesce(name, extent))) AS names,
                  bool_or(coalesce(name, extent) ~* %(nationwide)s) AS national
           FROM service_area WHERE dataset = %(dataset)s AND coalesce(name, extent) IS NOT NULL
           GROUP BY service_id) a ON a.service_id = s.id
LEFT JOIN (SELECT object_id, string_agg(text, ' ') AS text FROM translation
           WHERE dataset = %(dataset)s AND object = 'service' GROUP BY object_id) t ON t.object_id = s.id
WHERE s.dataset = %(dataset)s
ORDER BY s.id, l.location_id, l.id
"""


def build(connection: Connection[Any], dataset: str) -> None:
    """Write a dataset's search rows anew."""
    connection.execute("DELETE FROM search_entry WHERE dataset = %s", (dataset,))
    connection.execute("DROP TABLE IF EXISTS located")
    connection.execute(
        "CREATE TEMP TABLE located (location_id text PRIMARY KEY, latitude float, longitude float, timezone text)"
        " ON COMMIT DROP"
    )
    rows = list(_located(connection, dataset))
    with connection.cursor() as cursor:
        with cursor.copy("COPY located (location_id, latitude, longitude, timezone) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE located")
        cursor.execute(ENTRIES, {"dataset": dataset, "nationwide": NATIONWIDE})


def analyze(connection: Connection[Any], *tables: str) -> None:
    """Let Postgres count the rows of the tables now."""
    for table in tables:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _located(connection: Connection[Any], dataset: str) -> Iterator[tuple[str, float | None, float | None, str | None]]:
    """Point and time zone of each location; the ZIP's centroid stands in where the publisher gives no point."""
    rows = connection.execute(
        "SELECT l.id, l.latitude, l.longitude, (SELECT min(a.postal_code) FROM address a"
        " WHERE (a.dataset, a.location_id) = (l.dataset, l.id)) FROM location l WHERE l.dataset = %s",
        (dataset,),
    )
    for identity, latitude, longitude, code in rows:
        known = place.by_zip(place.zip_in(code) if code else None)
        if latitude is not None:
            known = known or place.nearest(latitude, longitude)
            yield identity, latitude, longitude, known.timezone if known else None
        elif known is not None:
            yield identity, known.latitude, known.longitude, known.timezone
