"""Bring a database to the newest schema, and say where it stands."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gateway.db import Database

MIGRATIONS = Path(__file__).parent / "migrations"
ONE_AT_A_TIME = 720_911  # any constant: processes that start together must not migrate together


def upgrade(database: Database) -> None:
    """Run every migration that has not run yet; safe to call from several processes at once."""
    with database.engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
        command.upgrade(_config(connection), "head")


def current(database: Database) -> str | None:
    """The revision the database is at, or None when it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def heads() -> list[str]:
    """The newest revision(s) in the code; more than one is a mistake that a test catches."""
    return list(ScriptDirectory(str(MIGRATIONS)).get_heads())


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
