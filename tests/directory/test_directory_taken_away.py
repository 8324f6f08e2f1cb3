"""What the town took away is held against what the publisher said, also where the town had changed it before."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.directory import overlay, staging
from gateway.directory.importing import import_path
from gateway.directory.overlay import By, Place
from gateway.models.directory import Phone
from gateway.models.listing import Correction, Override
from tests.directory.conftest import Rows

Written = Callable[[dict[str, Rows], str], Path]
PHONE = Place("county", "phone", "p1")
LATER = timedelta(days=30)


def taken_away_after_an_edit(session: Session, folder: Path, now: datetime) -> None:
    import_path(session, folder, now)
    wire, by = staging.driver(session), By(None, now)
    overlay.put(wire, Place("county", "phone", "p1", "number"), "415 555 0199", by)
    overlay.put(wire, Place("county", "phone", "p1", "extension"), "7", by)
    overlay.remove(wire, PHONE, by)


def test_a_part_that_was_changed_and_then_taken_away_asks_nothing(
    session: Session, written: Written, package: dict[str, Rows], now: datetime
) -> None:
    folder = written(package, "county")
    taken_away_after_an_edit(session, folder, now)
    kept = session.scalars(select(Override)).one()
    assert (kept.value, kept.base["number"], kept.base["extension"]) == (None, "415 555 0101", None)
    import_path(session, folder, now + LATER)
    assert session.scalars(select(Correction)).all() == []
    assert session.scalars(select(Phone)).all() == []


def test_what_the_publisher_then_says_anew_is_still_asked(
    session: Session, written: Written, package: dict[str, Rows], now: datetime
) -> None:
    taken_away_after_an_edit(session, written(package, "county"), now)
    package["phone"][0]["number"] = "415 555 0202"
    import_path(session, written(package, "county"), now + LATER)
    [asked] = session.scalars(select(Correction))
    assert (asked.kind, asked.base["number"], asked.proposed["number"]) == ("conflict", "415 555 0101", "415 555 0202")
