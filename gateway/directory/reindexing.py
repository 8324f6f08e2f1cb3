"""Builds the search index of sets that came in before there was one, so that an upgrade loses nothing."""

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway.db import Database
from gateway.directory import importing, indexing, needs, packing, staging

FEW = 20  # a set of fewer services may be about none of the topics
WITHOUT = """
SELECT s.dataset, count(*) AS services FROM service s WHERE s.status = 'active' GROUP BY s.dataset
HAVING NOT EXISTS (SELECT FROM search_need n WHERE n.dataset = s.dataset)
    OR count(*) >= :few AND NOT EXISTS (SELECT FROM service_need t WHERE t.dataset = s.dataset AND t.need LIKE '#%')
ORDER BY s.dataset
"""


def catch_up(database: Database, tell: Callable[[str], None], tags: needs.Mapping | None = None) -> list[str]:
    """Build what search reads for every set that has services and no index, or one from before topics were read.

    Returns the sets; ``tell`` hears of each.

    ``tags`` are the town's words and terms for needs. Each set is a transaction of its own, so that a start that is
    broken off goes on with the next one. Waits for an import that is at work.
    """
    with database.begin() as session:
        missing = session.execute(text(WITHOUT), {"few": FEW}).all()
    for number, row in enumerate(missing, start=1):
        tell(f"building the search index, {number} of {len(missing)}: {row.dataset}, {row.services:,} services")
        with database.begin() as session:
            _build(session, row.dataset, tags or needs.standard())
    packing.after(database, sum(row.services for row in missing))
    return [row.dataset for row in missing]


def _build(session: Session, dataset: str, tags: needs.Mapping) -> None:
    session.execute(text("SET LOCAL statement_timeout = 0"))
    importing.take_turn(session)
    connection = staging.driver(session)
    needs.tag(connection, dataset, tags)
    indexing.build(connection, dataset)
    indexing.analyze(connection, "service_need", *indexing.TABLES)
