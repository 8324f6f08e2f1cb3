"""Names some services and what belongs to them, so that a query reads a whole dataset or these alone."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

# The dataset; the ids of services ("services"), and of what belongs to them ("owners"); None for all of the dataset.
# Publishers number each object from 1: the same id may be an owner's and a stranger's of another kind, so that "owners"
# may read too much, and what is written must be told apart by kind.
Which = dict[str, Any]
OWNED = """
WITH pairs AS (SELECT id, location_id FROM service_at_location
               WHERE dataset = %(dataset)s AND service_id = ANY(%(services)s)),
owned AS (SELECT unnest(%(services)s::text[]) AS id UNION SELECT id FROM pairs UNION SELECT location_id FROM pairs)
SELECT id FROM owned
UNION SELECT id FROM phone WHERE dataset = %(dataset)s AND service_id = ANY(%(services)s)
UNION SELECT p.id FROM phone p JOIN pairs ON p.location_id = pairs.location_id WHERE p.dataset = %(dataset)s
"""


def which(connection: Connection[Any], dataset: str, services: Sequence[str] | None) -> Which:
    """The values of such a query: of some services, or of all where that is None."""
    if services is None:
        return {"dataset": dataset, "services": None, "owners": None}
    values = {"dataset": dataset, "services": list(services)}
    return values | {"owners": [row[0] for row in connection.execute(OWNED, values)]}
