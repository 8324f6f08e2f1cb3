"""Small HSDS packages, and the demo directory loaded."""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from gateway.db import Database
from tests import demo_town

Rows = list[dict[str, Any]]


def small() -> dict[str, Rows]:
    """A package of two services at one location; tests bend it."""
    return {
        "organization": [{"id": "o1", "name": "Helping Hands", "description": "Neighbors"}],
        "service": [
            {
                "id": "s1",
                "organization_id": "o1",
                "name": "Food pantry",
                "status": "active",
                "description": "Free food",
            },
            {"id": "s2", "organization_id": "o1", "name": "Legal clinic", "status": "active", "description": "Lawyers"},
        ],
        "location": [
            {"id": "l1", "location_type": "physical", "name": "Hall", "latitude": "37.75", "longitude": "-122.41"}
        ],
        "service_at_location": [
            {"id": "a1", "service_id": "s1", "location_id": "l1"},
            {"id": "a2", "service_id": "s2", "location_id": "l1"},
        ],
        "phone": [{"id": "p1", "location_id": "l1", "number": "415 555 0101", "type": "voice"}],
        "schedule": [
            {
                "id": "h1",
                "location_id": "l1",
                "freq": "WEEKLY",
                "byday": "MO,TU,WE,TH,FR",
                "opens_at": "9am",
                "closes_at": "4:00 PM",
            }
        ],
    }


@pytest.fixture
def package() -> dict[str, Rows]:
    """Rows by object, to be bent before they are written."""
    return small()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[dict[str, Rows], str], Path]:
    """Writes a package as a folder of CSV files."""

    def write(rows: dict[str, Rows], name: str = "county") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for kind, objects in rows.items():
            with (folder / f"{kind}.csv").open("w", encoding="utf-8", newline="") as stream:
                columns = list({column: None for row in objects for column in row})
                writer = csv.DictWriter(stream, columns)
                writer.writeheader()
                writer.writerows(objects)
        return folder

    return write


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One transaction on the empty database."""
    with database.begin() as session:
        yield session


@pytest.fixture
def town(session: Session, now: datetime) -> Session:
    """The demo directory, loaded."""
    demo_town.lay(session, now)
    return session
