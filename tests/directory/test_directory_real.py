"""Two real directories, taken as they are: skipped where the reference data are not at hand."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from gateway import segments
from gateway.directory import answers
from gateway.directory.importing import import_path
from gateway.directory.search import Wanted, search

pytestmark = pytest.mark.slow  # real waits, or real directories


@pytest.fixture
def ilao(shared: Path) -> Path:
    return shared / "hsds" / "ilao" / "hsds3"


@pytest.fixture
def san_mateo(shared: Path) -> Path:
    return shared / "hsds" / "sanmateo-ohana" / "hsds3"


@pytest.fixture
def both(session: Session, ilao: Path, san_mateo: Path, now: datetime) -> Session:
    import_path(session, ilao, now)
    import_path(session, san_mateo, now)
    return session


def test_illinois_as_csv(session: Session, ilao: Path, now: datetime) -> None:
    report = import_path(session, ilao, now)
    assert report.taken["organization"] == 313
    assert report.taken["service"] == 429
    assert report.taken["location"] == 520
    assert report.taken["schedule"] == 1394
    assert report.taken["service_area"] == 909
    assert {remark.reason for remark in report.refused} == {"'no phone' is not a phone number"}
    assert report.refused_count == {"phone": 8}
    assert import_path(session, ilao, now).unchanged


def test_illinois_as_json(session: Session, ilao: Path, now: datetime) -> None:
    report = import_path(session, ilao / "services.json", now)
    assert report.dataset == "ilao"
    assert report.taken["service"] == 429
    assert report.taken["service_at_location"] == 425
    assert import_path(session, ilao / "services.json", now).unchanged


def test_san_mateo(session: Session, san_mateo: Path, now: datetime) -> None:
    report = import_path(session, san_mateo, now)
    assert (report.taken["organization"], report.taken["service"], report.taken["accessibility"]) == (5, 19, 36)
    assert not report.refused
    assert "schedule.csv:2 opens_at '9am' read as 09:00" in [str(remark) for remark in report.mended]
    as_json = import_path(session, san_mateo / "services.json", now)
    assert (as_json.taken["service"], as_json.taken["location"]) == (19, 19)


QUESTIONS = [
    (("food",), "94063", "Meals on Wheels - South County"),
    (("food",), "94063", "Fair Oaks Adult Activity Center"),
    (("dental",), "94063", "Project Smile"),
    (("health",), "94403", "San Mateo Free Medical Clinic"),
    (("substance_use",), "94103", "Adult Rehabilitation Center"),
    (("jobs",), "94401", "Second Career Employment Program"),
    (("mental_health",), "94401", "Senior Peer Counseling"),
    (("seniors",), "94025", "Rosener House Adult Day Services"),
    (("legal",), "60608", "Legal Help in Pilsen Neighborhood"),
    (("domestic_violence",), "60644", "Domestic violence program - Austin"),
    (("domestic_violence",), "62220", "Legal Help for Domestic Abuse in Clinton"),
    (("veterans",), "60602", "Veterans legal clinic"),
    (("housing",), "60602", "Foreclosure Advice Desk"),
    (("jobs",), "60602", "Employment rights helpline for people with disabilities"),
]


def test_the_right_service_is_among_the_first_three(both: Session, now: datetime) -> None:
    missed = []
    for needs, code, name in QUESTIONS:
        found = search(both, Wanted(needs=needs, zip=code), now)
        if not any(service.name.startswith(name) for service in found.services):
            missed.append((needs, code, name, [service.name for service in found.services]))
    assert not missed


@pytest.mark.parametrize("language", ["en", "es"])
def test_real_names_fit_in_a_text(both: Session, now: datetime, language: str) -> None:
    for code in ("60608", "62220", "61801", "94063", "94403", "00001", None):
        for need in ("food", "legal", "housing", "domestic_violence", "seniors", "health"):
            for offset in (0, 3, 6):
                found = search(both, Wanted((need,), code, language=language, offset=offset), now)
                (text,) = answers.render(found, language, "sms")
                assert segments.count(text).segments <= answers.MOST_SEGMENTS[language]
                assert all(s.phone in text for s in found.services if s.phone)


def test_nobody_in_california_is_sent_to_illinois(both: Session, now: datetime) -> None:
    found = search(both, Wanted(("legal",), "94063"), now, limit=50)
    assert all(s.distance_miles is None or s.distance_miles < 60 for s in found.services)
    assert "Lawyer Referral Service" not in [service.name for service in found.services]


def test_a_city_of_the_directory_is_a_place(both: Session, now: datetime) -> None:
    found = search(both, Wanted(("food",), place="redwood city, CA"), now)
    assert found.place_understood == "Redwood City"
    assert found.services[0].distance_miles is not None
