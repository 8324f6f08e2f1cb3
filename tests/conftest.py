"""Fixtures that every area shares: a real Postgres and a real Redis, a migrated and empty database, the real app."""

import itertools
import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from gateway import create_app, schema, services
from gateway.db import Database
from gateway.door import Door
from gateway.keys import Keys
from gateway.models import Row
from gateway.settings import Settings, sqlalchemy_url
from tests import made_once
from tests.tiers import pytest_ignore_collect, pytest_xdist_make_scheduler

__all__ = ["pytest_ignore_collect", "pytest_xdist_make_scheduler"]

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FRONTDOOR_SHARED", ROOT.parent / "shared"))
ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
NUMBER = "+15555550100"
RESIDENT = "+15555550111"
SMALL = 64 * 1024
TRAIL = "audit_entries"  # takes no DELETE
TABLES = [table.name for table in reversed(Row.metadata.sorted_tables)]  # whoever refers to others comes first
# TRUNCATE gives every table and index a new file, touched or not: 76 ms for one test. What grew is still truncated,
# or dead rows would pile up. The lock waits for whoever still writes, as TRUNCATE does.
EMPTIED = f"""
DO $$
DECLARE emptied text; grown text;
BEGIN
  LOCK TABLE {", ".join(TABLES)} IN EXCLUSIVE MODE;
  SELECT string_agg(name, ', ') INTO grown FROM unnest(ARRAY{TABLES}) name
  WHERE pg_relation_size(name::regclass) > CASE name WHEN '{TRAIL}' THEN 0 ELSE {SMALL} END;
  IF grown IS NOT NULL THEN EXECUTE 'TRUNCATE ' || grown || ' CASCADE'; END IF;
  FOREACH emptied IN ARRAY ARRAY{TABLES} LOOP
    IF pg_relation_size(emptied::regclass) > 0 THEN EXECUTE 'DELETE FROM ' || emptied; END IF;
  END LOOP;
  PERFORM setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S';
END $$
"""
PATIENCE = 60.0  # a busy machine is no sick database; the tests that stop Postgres set their own


@pytest.fixture(scope="session", autouse=True)
def what_is_made_once() -> Iterator[None]:
    """Thousands of tests make an application each."""
    with pytest.MonkeyPatch.context() as patch:
        made_once.share(patch)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside reference material; a test that needs it skips, saying so, where it is not."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the shared reference data are not on this machine")
    return SHARED / "data"


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded Postgres for the whole run."""
    running = services.start_postgres(tmp_path_factory.mktemp("postgres"))
    yield running.url
    running.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis for the whole run."""
    running = services.start_redis(tmp_path_factory.mktemp("redis"))
    yield running.url
    running.stop()


@pytest.fixture(scope="session")
def migrated_url(postgres_url: str) -> str:
    """A database of its own with every migration applied, which :func:`empty` empties."""
    url = new_database(postgres_url)
    engine = create_engine(url)
    with engine.begin() as connection:
        for name in TABLES:  # rows come back in the order in which they went in, whenever a vacuum would have been due
            connection.execute(text(f"ALTER TABLE {name} SET (autovacuum_enabled = off)"))
    engine.dispose()
    return url


def new_database(postgres_url: str) -> str:
    """The address of one more database with every migration applied."""
    name = f"test_{secrets.token_hex(4)}"
    engine = create_engine(sqlalchemy_url(postgres_url), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = engine.url.set(database=name).render_as_string(hide_password=False)
    engine.dispose()
    database = Database(url)
    schema.upgrade(database)
    database.close()
    return url


@pytest.fixture(scope="session")
def shared_database(migrated_url: str) -> Iterator[Database]:
    """One pool of connections for the whole run."""
    database = Database(migrated_url)
    yield database
    database.close()


@pytest.fixture
def database(shared_database: Database) -> Iterator[Database]:
    """The migrated database, empty again after each test."""
    yield shared_database
    empty(shared_database)


def empty(database: Database) -> None:
    """Remove every row, and with them whatever a test left locked; ids begin at 1 again."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql(EMPTIED)


@pytest.fixture
def settings(migrated_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings as in a demo, with fresh keys and a data folder of its own."""
    return demo_settings(migrated_url, redis_url, tmp_path)


def demo_settings(database_url: str, redis_url: str, var: Path) -> Settings:
    """Settings as in a demo, on these stores, with fresh keys."""
    return Settings(
        mode="demo",
        var=var,
        host="127.0.0.1",
        port=8080,
        public_url="http://127.0.0.1:8080",
        database_url=database_url,
        redis_url=redis_url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_tokens=("a" * 32, "b" * 32),
        twilio_number=NUMBER,
        twilio_api_url=None,
        bot_url="http://127.0.0.1:9",
        bot_secret="s" * 32,
        keys=Keys("h" * 32, (Fernet.generate_key().decode(),), "c" * 32),
        community_file=None,
        sentry_dsn=None,
    )


@pytest.fixture
def app(settings: Settings, database: Database) -> Iterator[Flask]:
    """The real application on the real stores."""
    made = create_app(settings)
    made.extensions["front_door"].acceptor.patience = PATIENCE
    yield made
    made.extensions["front_door"].close()


@pytest.fixture
def door(app: Flask) -> Door:
    """The parts of that application."""
    found: Door = app.extensions["front_door"]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of that application."""
    return app.test_client()


@pytest.fixture
def now() -> datetime:
    """An arbitrary, fixed and aware moment."""
    return datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        """Let time pass."""
        self.at += timedelta(**span)


@pytest.fixture
def clock(now: datetime) -> Clock:
    """A clock that stands at ``now``."""
    return Clock(now)


class Phone:
    """A resident's phone: posts signed webhooks, as Twilio does, straight into the application."""

    def __init__(self, client: FlaskClient, settings: Settings, number: str = RESIDENT) -> None:
        self._client, self._settings, self.number = client, settings, number

    def form(self, body: str, sid: str | None = None, **more: str) -> dict[str, str]:
        """The form that Twilio posts for one text."""
        sid = sid or "SM" + secrets.token_hex(16)
        return {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self._settings.twilio_account_sid,
            "From": self.number,
            "To": self._settings.twilio_number,
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        } | more

    def post(self, form: dict[str, str], path: str = "/sms/inbound", token: int = 0) -> TestResponse:
        """Post a form with the signature that Twilio would give it."""
        url = self._settings.public_url + path
        signature = RequestValidator(self._settings.twilio_auth_tokens[token]).compute_signature(url, form)
        return self._client.post(path, data=form, headers={"X-Twilio-Signature": signature})

    def text(self, body: str, sid: str | None = None, **more: str) -> TestResponse:
        """Text the community number."""
        return self.post(self.form(body, sid, **more))


@pytest.fixture
def phone(client: FlaskClient, settings: Settings) -> Phone:
    """One resident's phone."""
    return Phone(client, settings)


@pytest.fixture
def phones(client: FlaskClient, settings: Settings) -> Any:
    """As many residents' phones as a test asks for."""
    numbers = itertools.count(200)
    return lambda: Phone(client, settings, f"+1555555{next(numbers):04d}")
