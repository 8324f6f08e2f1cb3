"""A directory to be read from outside: the demo's and a small county's, and a pace that no test but one's own meets."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import RateLimitItemPerMinute
from sqlalchemy import text

from gateway import create_app
from gateway.db import Database
from gateway.directory import demo
from gateway.directory.flatten import Record
from gateway.directory.importing import Incoming, import_records
from gateway.directory.report import Report
from gateway.web import api
from tests.conftest import demo_settings, new_database
from tests.directory.conftest import Rows, small

SHELTER = "b3f7a5c2-0f61-4c7b-9d0e-5b8f4f3d2a11"
Read = Callable[..., Any]


def county() -> dict[str, Rows]:
    """A county with a closed service, a hidden shelter, terms, and one id that is a UUID already."""
    rows = small()
    rows["service"] += [
        {"id": "s3", "organization_id": "o1", "name": "Old clinic", "status": "inactive", "description": "Closed"},
        {
            "id": SHELTER,
            "organization_id": "o1",
            "name": "Safe house",
            "status": "active",
            "description": "Refuge",
            "last_modified": "2020-02-03T04:05:06+00:00",
        },
    ]
    rows["location"].append(
        {"id": "l2", "location_type": "physical", "name": "Safe house", "latitude": "37.1", "longitude": "-122.1"}
    )
    rows["address"] = [
        {
            "id": "d2",
            "location_id": "l2",
            "address_1": "9 Hidden Lane",
            "city": "Demo Town",
            "state_province": "CA",
            "postal_code": "94110",
            "country": "US",
            "address_type": "physical",
        }
    ]
    rows["service_at_location"].append({"id": "a4", "service_id": SHELTER, "location_id": "l2"})
    rows["taxonomy"] = [{"id": "t", "name": "Ours", "description": "Ours"}]
    rows["taxonomy_term"] = [
        {"id": "t1", "code": "X1", "name": "Food", "description": "Food", "taxonomy_id": "t"},
        {"id": "t2", "code": "X2", "name": "Law", "description": "Law", "taxonomy_id": "t"},
    ]
    rows["attribute"] = [{"id": "x1", "link_id": "s1", "link_entity": "service", "taxonomy_term_id": "t1"}]
    return rows


@pytest.fixture(scope="package")
def stores(postgres_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application on a database of its own with the demo directory and the county, for all tests here."""
    made = create_app(demo_settings(new_database(postgres_url), redis_url, tmp_path_factory.mktemp("var")))
    now = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    rows = [Record(kind, kind, number, row) for kind, given in county().items() for number, row in enumerate(given)]
    with made.extensions["front_door"].database.begin() as session:
        demo.load_demo(session, now)
        import_records(session, Incoming(rows, "county", Report("county")), now)
    yield made
    made.extensions["front_door"].close()


@pytest.fixture
def app(stores: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """That application, with no limit in the way of the tests; none of them may leave a row changed."""
    monkeypatch.setattr(api, "PATIENCE_MS", 60_000)  # a busy machine is no slow question
    url = stores.extensions["front_door"].settings.redis_url
    stores.extensions[api.PACE] = api.Pace(url, RateLimitItemPerMinute(1_000_000), secrets.token_hex(4))
    return stores


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A program that asks."""
    return app.test_client()


@pytest.fixture
def directory(app: Flask) -> Database:
    """The database behind it."""
    found: Database = app.extensions["front_door"].database
    return found


@contextmanager
def changed(database: Database, statement: str, back: str) -> Iterator[None]:
    """Some rows changed for a while."""
    for then in (statement, back):
        with database.begin() as session:
            session.execute(text(then))
        if then == statement:
            yield


@pytest.fixture
def read(client: FlaskClient) -> Read:
    """Asks the API with these parameters; what it answered, which must be what was expected."""

    def ask(path: str, status: int = 200, **parameters: Any) -> Any:
        answer = client.get(path, query_string=parameters)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    return ask
