"""What is kept beside the directory: the migration goes both ways, and an import leaves alone what is not its own."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from alembic import command
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway import schema
from gateway.db import Database
from gateway.directory.importing import import_path
from gateway.directory.search import search
from gateway.directory.wanted import Wanted
from gateway.models.listing import SearchEntry, Translation
from tests.conftest import new_database
from tests.directory.conftest import Rows

Write = Callable[[dict[str, Rows]], Path]

OFFERS = """
INSERT INTO contacts (channel, address_hash, created_at) VALUES ('web', 'x', now());
INSERT INTO conversations (public_id, contact_id, channel, handler, epoch, opened_at, answers, lease_epoch)
VALUES (gen_random_uuid(), 1, 'web', 'bot', 0, now(), '{}', 0);
INSERT INTO referrals (conversation_id, service_id, need, state, offered_at, changed_at)
VALUES (1, 'd:a', 'food', 'offered', '2026-01-01Z', '2026-01-01Z'), (1, 'd:a', 'food', 'offered', '2026-01-02Z', now()),
       (1, 'd:b', 'food', 'offered', '2026-01-01Z', now()), (1, 'd:a', 'food', 'lost', '2026-01-01Z', now());
"""


def test_it_goes_down_and_up_again_and_folds_what_was_offered_twice(postgres_url: str) -> None:
    database = Database(new_database(postgres_url))
    with database.engine.begin() as connection:
        command.downgrade(schema._config(connection), "0006")
    with database.engine.begin() as connection:
        connection.execute(text(OFFERS.strip()))
    schema.upgrade(database)
    with database.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT service_id, state, extract(day FROM offered_again_at)::int FROM referrals ORDER BY id")
        ).all()
    assert [tuple(row) for row in rows] == [("d:a", "offered", 2), ("d:b", "offered", None), ("d:a", "lost", None)]
    database.close()


def test_the_next_import_leaves_the_towns_words_alone(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    import_path(session, written(package), now)
    name = {"object": "service", "object_id": "s1", "field": "name", "language": "es", "dataset": "county"}
    session.add_all([
        Translation(id="town-1", text="Despensa de la ciudad", source="town", **name),
        Translation(id="feed-1", text="Despensa", source="feed", **name),
    ])  # fmt: skip
    session.flush()
    found = search(session, Wanted(needs=("food",), language="es"), now)
    assert "Despensa de la ciudad" in [service.name for service in found.services]
    report = import_path(session, written(package), now)
    assert report.changes["translation"].removed == 1
    assert session.scalars(select(Translation.id)).all() == ["town-1"]
    assert import_path(session, written(package), now).unchanged


def test_a_service_that_is_not_active_says_so_in_the_index(
    session: Session, package: dict[str, Rows], written: Write, now: datetime
) -> None:
    package["service"][0]["status"] = "inactive"
    import_path(session, written(package), now)
    assert session.scalars(select(SearchEntry.status).where(SearchEntry.service_id == "s1")).all() == ["inactive"]
