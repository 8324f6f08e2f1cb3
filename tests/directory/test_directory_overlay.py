"""What the town wrote stays over every import, and a publisher who says something new is heard."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gateway import corrections
from gateway.directory import overlay, staging
from gateway.directory.importing import import_path
from gateway.directory.overlay import By, Place
from gateway.directory.report import ImportFailed, Report
from gateway.models import Responder
from gateway.models.directory import Phone, Schedule, Service
from gateway.models.listing import Correction, Override
from tests.directory.conftest import Rows

pytestmark = pytest.mark.slow

Written = Callable[[dict[str, Rows], str], Path]
Package = dict[str, Rows]
NAME = Place("county", "service", "s1", "name")
LATER = timedelta(days=30)


@pytest.fixture
def editor(session: Session, now: datetime) -> Responder:
    row = Responder(
        email="eda@example.org", name="Eda", role="directory_editor", password_hash="-", languages=[], created_at=now
    )
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def take(session: Session, written: Written, now: datetime) -> Callable[[Package], Report]:
    """Imports a package as the county's."""

    def take(rows: Package, when: datetime = now) -> Report:
        report = import_path(session, written(rows, "county"), when)
        session.expire_all()
        return report

    return take


def put(session: Session, place: Place, value: Any, now: datetime) -> None:
    overlay.put(staging.driver(session), place, value, By(None, now))
    session.expire_all()


def service(session: Session, key: str = "s1") -> Service:
    return session.get_one(Service, ("county", key))


def conflicts(session: Session) -> list[tuple[str, Any, Any]]:
    rows = session.scalars(select(Correction).where(Correction.kind == "conflict").order_by(Correction.id))
    return [(row.state, row.base, row.proposed) for row in rows]


def test_an_edit_is_seen_at_once_and_after_the_same_import(
    session: Session, take: Callable[..., Report], package: Package, now: datetime
) -> None:
    take(package)
    put(session, NAME, "Food pantry (new)", now)
    assert service(session).name == "Food pantry (new)"
    report = take(package, now + LATER)
    assert report.unchanged
    assert any("town's own stay" in note for note in report.notes)
    assert service(session).name == "Food pantry (new)"
    assert conflicts(session) == []


def test_what_the_publisher_says_anew_is_asked_once(
    session: Session, take: Callable[..., Report], package: Package, now: datetime, editor: Responder
) -> None:
    take(package)
    put(session, NAME, "Ours", now)
    package["service"][0]["name"] = "Theirs"
    take(package, now + LATER)
    take(package, now + 2 * LATER)
    assert service(session).name == "Ours"
    assert conflicts(session) == [("open", "Food pantry", "Theirs")]
    [asked] = corrections.queue(session)
    assert (asked.row.service_id, asked.name) == ("s1", "Ours")
    corrections.decide(session, asked.row.id, corrections.ACCEPTED, editor, now, "")
    session.expire_all()
    assert service(session).name == "Theirs"
    assert take(package, now + 3 * LATER).unchanged
    assert session.scalars(select(Override)).all() == []


def test_a_conflict_that_is_rejected_keeps_ours(
    session: Session, take: Callable[..., Report], package: Package, now: datetime, editor: Responder
) -> None:
    take(package)
    put(session, NAME, "Ours", now)
    package["service"][0]["name"] = "Theirs"
    take(package, now + LATER)
    [asked] = corrections.queue(session)
    corrections.decide(session, asked.row.id, corrections.REJECTED, editor, now, "they are wrong")
    report = take(package, now + 2 * LATER)
    assert report.unchanged
    assert service(session).name == "Ours"
    assert conflicts(session) == [("rejected", "Food pantry", "Theirs")]


def test_the_publishers_own_value_again_is_no_override(
    session: Session, take: Callable[..., Report], package: Package, now: datetime
) -> None:
    take(package)
    put(session, NAME, "Ours", now)
    put(session, NAME, "Ours again", now)
    assert session.scalars(select(Override.base)).all() == ["Food pantry"]
    put(session, NAME, "Food pantry", now)
    assert session.scalars(select(Override)).all() == []


@pytest.mark.parametrize(
    ("place", "value", "read"),
    [
        (Place("county", "service", "s1", "minimum_age"), 18.5, lambda s: service(s).minimum_age),
        (Place("county", "service", "s1", "url"), None, lambda s: service(s).url),
        (Place("county", "service", "s1", "assured_date"), "2026-02-03", lambda s: str(service(s).assured_date)),
    ],
    ids=["number", "nothing", "day"],
)
def test_every_type_of_cell_can_be_written(
    session: Session,
    take: Callable[..., Report],
    package: Package,
    now: datetime,
    place: Place,
    value: Any,
    read: Callable[[Session], Any],
) -> None:
    package["service"][0]["url"] = "https://example.org/food"
    take(package)
    put(session, place, value, now)
    assert read(session) == value
    take(package, now + LATER)
    assert read(session) == value


def test_rows_are_added_and_taken_away_for_good(
    session: Session, take: Callable[..., Report], package: Package, now: datetime
) -> None:
    package["language"] = [{"id": "g1", "phone_id": "p1", "code": "es", "name": "Spanish"}]
    take(package)
    wire, by = staging.driver(session), By(None, now)
    overlay.remove(wire, Place("county", "phone", "p1"), by)
    overlay.add(wire, Place("county", "phone", "town-1"), {"service_id": "s1", "number": "415-555-0199"}, by)
    report = take(package, now + LATER)
    phones = session.execute(select(Phone.id, Phone.number)).all()
    assert [tuple(row) for row in phones] == [("town-1", "415-555-0199")]
    assert report.changes["phone"].none
    assert report.taken["phone"] == 1
    put(session, Place("county", "phone", "town-1", "number"), "415-555-0200", now)
    take(package, now + 2 * LATER)
    assert session.scalars(select(Phone.number)).all() == ["415-555-0200"]
    assert conflicts(session) == []


def test_a_change_of_what_we_took_away_is_asked(
    session: Session, take: Callable[..., Report], package: Package, now: datetime
) -> None:
    take(package)
    overlay.remove(staging.driver(session), Place("county", "schedule", "h1"), By(None, now))
    package["schedule"][0]["closes_at"] = "17:00"
    take(package, now + LATER)
    assert session.scalars(select(Schedule)).all() == []
    [(state, base, proposed)] = conflicts(session)
    assert (state, base["closes_at"], proposed["closes_at"]) == ("open", "16:00:00", "17:00:00")
    assert session.scalars(select(Correction.service_id)).all() == ["s1"]


def test_an_edit_waits_while_its_service_is_gone(
    session: Session, take: Callable[..., Report], package: Package, now: datetime
) -> None:
    take(package)
    put(session, NAME, "Ours", now)
    without = package | {
        "service": package["service"][1:],
        "service_at_location": package["service_at_location"][1:],
    }
    report = take(without, now + LATER)
    assert any("wait for rows" in note for note in report.notes)
    take(package, now + 2 * LATER)
    assert service(session).name == "Ours"


def test_no_import_replaces_what_editors_added(
    session: Session, package: Package, written: Written, now: datetime
) -> None:
    with pytest.raises(ImportFailed, match="editors added"):
        import_path(session, written(package, "county"), now, dataset="town")
    assert session.execute(text("SELECT count(*) FROM service")).scalar() == 0
