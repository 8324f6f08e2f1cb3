"""Who checked a record and when is always known; a stale one is never called open and stands behind what is as good."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from gateway import segments
from gateway.community import load
from gateway.directory import answers, freshness, one_service, staging, undoing
from gateway.directory.freshness import Age, Rules
from gateway.directory.importing import import_path
from gateway.directory.search import search
from gateway.directory.stored import Asking
from gateway.directory.wanted import Found, Wanted
from gateway.models.listing import Correction, Dataset, Verification
from gateway.models.people import Contact
from tests.directory.conftest import Rows
from tests.directory.test_directory_answers import PANTRY

pytestmark = pytest.mark.slow

TODAY = date(2026, 11, 23)
ENTRY = "town"
MENTIONED = "mention"  # the reason of a rank: a need that stands in the text alone


def day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


@pytest.mark.parametrize(
    ("on", "age"),
    [
        (None, Age.NOT_CHECKED),
        (day(-1), Age.FRESH),
        (day(0), Age.FRESH),
        (day(90), Age.FRESH),
        (day(91), Age.OLD),
        (day(365), Age.OLD),
        (day(366), Age.STALE),
        (date(1, 1, 1), Age.STALE),
    ],
)
def test_ages(on: date | None, age: Age) -> None:
    assert freshness.age_of("county", on, TODAY) is age


@pytest.mark.parametrize(
    ("since", "age"),
    [(None, Age.NOT_CHECKED), (day(-1), Age.NOT_CHECKED), (day(365), Age.NOT_CHECKED), (day(366), Age.STALE)],
)
def test_what_nobody_vouched_for_gets_stale_too(since: date | None, age: Age) -> None:
    assert freshness.age_of("county", None, TODAY, since=since) is age
    assert freshness.age_of("county", day(0), TODAY, since=day(999)) is Age.FRESH
    assert freshness.age_of("national-lines", None, TODAY, since=day(9_999)) is Age.FRESH


@given(st.integers(0, 2_000), st.integers(0, 2_000), st.integers(1, 400), st.integers(1, 400))
def test_the_longer_nobody_checked_the_more_it_costs(one: int, other: int, fresh: int, more: int) -> None:
    rules = Rules(fresh, fresh + more)
    sooner, later = (freshness.cost("x", None, TODAY, rules, day(ago)) for ago in sorted((one, other)))
    assert 0 < sooner <= later <= freshness.cost("x", day(9_999), TODAY, rules)
    assert later >= freshness.cost("x", day(fresh), TODAY, rules)


@given(st.integers(0, 2_000), st.integers(0, 2_000), st.integers(1, 400), st.integers(1, 400))
def test_the_older_never_costs_less(one: int, other: int, fresh: int, more: int) -> None:
    rules = Rules(fresh, fresh + more)
    sooner, later = sorted((one, other))
    assert freshness.cost("x", day(sooner), TODAY, rules) <= freshness.cost("x", day(later), TODAY, rules)


def test_checked_before_not_checked_before_stale() -> None:
    checked, never, stale = (freshness.cost("x", on, TODAY) for on in (day(365), None, day(366)))
    assert checked < never < stale
    assert freshness.cost("national-lines", day(9_999), TODAY) == 0.0


def food(session: Session, now: datetime, rules: Rules = freshness.STANDARD, limit: int = 60) -> Found:
    return search(session, Wanted(needs=("food",), zip="94110"), now, limit=limit, rules=rules)


def checked(session: Session, service: str, at: datetime, by: str = "editor") -> None:
    dataset, _, key = service.partition(":")
    session.add(Verification(dataset=dataset, service_id=key, by_kind=by, at=at))
    session.flush()
    freshness.refresh(staging.driver(session), dataset, key)


def test_what_nobody_checked_may_be_open(town: Session, now: datetime) -> None:
    found = food(town, now).services
    assert any(service.open_state.open for service in found)
    assert {(service.verified_on, service.stale) for service in found} == {(None, False)}


def test_what_nobody_checked_for_long_is_marked_not_open_and_behind_the_others(town: Session, now: datetime) -> None:
    first, second = food(town, now).services[:2]
    dataset, _, key = first.id.partition(":")
    of_first = {"dataset": dataset, "key": key}
    long_ago = "UPDATE known_since SET day = '2019-05-01' WHERE (dataset, service_id) = (:dataset, :key)"
    town.execute(text(long_ago), of_first)
    found = food(town, now).services
    told = next(service for service in found if service.id == first.id)
    assert found[0].id == second.id
    assert (told.stale, told.open_state.open, told.verified_on) == (True, None, date(2019, 5, 1))
    assert freshness.words(told, "en") == "Not checked since 5/2019: call first"
    changed = "UPDATE service SET last_modified = '2026-11-20Z' WHERE (dataset, id) = (:dataset, :key)"
    town.execute(text(changed), of_first)
    again = food(town, now).services[0]
    assert (again.id, again.stale, again.vouched_for) == (first.id, False, False), "its publisher changed it since"
    town.execute(text(changed.replace("2026-11-20Z", "2018-11-20Z")), of_first)
    assert food(town, now).services[0].id == second.id
    town.execute(text(changed.replace("2026-11-20Z", "2099-11-20Z")), of_first)
    assert food(town, now).services[0].id == second.id, "a day to come is a slip of the pen"


def test_where_nobody_ever_vouched_for_anything_the_town_still_comes_before_the_whole_country(
    town: Session, now: datetime
) -> None:
    before = [service.id for service in food(town, now).services]
    town.execute(text("UPDATE known_since SET day = '2019-05-01'"))
    assert [service.id for service in food(town, now).services] == before


def test_an_import_writes_down_since_when_a_record_is_known_and_the_next_one_leaves_it(
    session: Session, package: dict[str, Rows], written: Callable[[dict[str, Rows], str], Path], now: datetime
) -> None:
    import_path(session, written({**package, "service": package["service"][:1]}, "county"), now)
    later = now + timedelta(days=400)
    import_path(session, written(package, "county"), later)
    days = session.execute(text("SELECT service_id, day FROM known_since ORDER BY service_id")).all()
    assert [tuple(row) for row in days] == [("s1", now.date()), ("s2", later.date())]
    found = search(session, Wanted(needs=("food", "legal")), later, limit=9).services
    assert {service.id: service.stale for service in found} == {"county:s1": True, "county:s2": False}
    undoing.undo(session, "county", later)
    undoing.undo(session, "county", later)
    assert session.scalar(text("SELECT count(*) FROM known_since")) == 0


def test_a_stale_record_is_marked_not_open_and_behind_all_that_are_for_the_same(town: Session, now: datetime) -> None:
    before = food(town, now).services
    first, for_food = before[0], {one.id for one in before if MENTIONED not in {why.name for why in one.why}}
    checked(town, first.id, now - timedelta(days=800))
    found = [one for one in food(town, now).services if one.id in for_food]
    assert len(found) > 1
    assert found[-1].id == first.id
    assert (found[-1].open_state.open, found[-1].stale, found[-1].verified_by) == (None, True, "editor")
    assert found[-1].verified_on == (now - timedelta(days=800)).date()
    checked(town, first.id, now)
    again = food(town, now).services[0]
    assert (again.id, again.stale, again.open_state.open) == (first.id, False, first.open_state.open)


def test_the_town_says_when_a_record_is_stale(town: Session, now: datetime) -> None:
    first = food(town, now).services[0]
    checked(town, first.id, now - timedelta(days=20))
    assert not food(town, now).services[0].stale
    strict = Rules(fresh_days=5, stale_days=10)
    assert next(one for one in food(town, now, strict).services if one.id == first.id).stale


def test_the_publishers_day_for_the_whole_set_counts(town: Session, now: datetime) -> None:
    town.execute(text("UPDATE dataset SET as_of = '2019-01-31' WHERE name = 'demo-town'"))
    freshness.refresh(staging.driver(town), "demo-town")
    found = food(town, now).services
    assert all(service.stale for service in found if service.id.startswith("demo-town:"))
    assert all(not service.open_state.open for service in found if service.stale)
    assert {service.verified_by for service in found if service.stale} == {"publisher"}
    lines = search(town, Wanted(needs=("mental_health",)), now).services
    assert lines
    assert not lines[0].stale


def test_a_day_to_come_is_no_check(session: Session, town: Session, now: datetime) -> None:
    town.execute(text("UPDATE service SET assured_date = '2099-01-01'"))
    assert {service.verified_on for service in food(town, now).services} == {None}


def test_two_residents_who_say_closed_make_us_doubt_it_and_one_does_not(town: Session, now: datetime) -> None:
    first = food(town, now).services[0]
    dataset, _, key = first.id.partition(":")
    for number in range(2):
        contact = Contact(channel="sms", address_hash=f"{number:064x}", created_at=now)
        town.add(contact)
        town.flush()
        common = {"dataset": dataset, "service_id": key, "object": "service", "object_id": key, "source": "resident"}
        town.add(Correction(**common, kind="closed", contact_id=contact.id, created_at=now, state="open"))
        town.flush()
        told = next(service for service in food(town, now).services if service.id == first.id)
        assert told.stale is (number == 1)
        assert (told.open_state.open is None) is (number == 1)


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Not checked since 9/2024: call first"), ("es", "Sin revisar desde 9/2024: llame antes")],
)
def test_the_mark_is_said(town: Session, now: datetime, language: str, words: str) -> None:
    for service in food(town, now).services[:3]:
        checked(town, service.id, datetime(2024, 9, 14, 12, tzinfo=now.tzinfo))
    stale = [service for service in food(town, now).services if service.stale]
    found = Found(stale, 3, None, at=now)
    [web] = answers.render(found, language, "webchat")
    [sms] = answers.render(found, language, answers.SMS)
    assert web.count(words) == len(stale)
    assert words in sms
    assert segments.count(sms).segments <= (2 if language == "en" else 3)


def test_the_rules_of_a_town(tmp_path: object) -> None:
    assert freshness.rules_of(load()) == Rules(90, 365)
    assert freshness.rules_of(None) == Rules()


def test_refresh_needs_no_dataset_row(town: Session) -> None:
    town.delete(town.get_one(Dataset, "demo-town"))
    town.flush()
    freshness.refresh(staging.driver(town), "demo-town")
    assert town.scalar(text("SELECT count(*) FROM search_entry WHERE verified_on IS NOT NULL")) == 0


@pytest.mark.parametrize(
    ("by", "english", "spanish"),
    [
        ("editor", "Checked 3/2026 by our team", "Revisado 3/2026 por nuestro equipo"),
        ("publisher", "Checked 3/2026 by those who list it", "Revisado 3/2026 por quien lo publica"),
        ("provider", "Checked 3/2026 by the place itself", "Revisado 3/2026 por el mismo lugar"),
    ],
)
def test_residents_are_told_who_checked_a_record_and_when(by: str, english: str, spanish: str) -> None:
    day = date(2026, 3, 9)
    for channel in ("sms", "web"):
        for language, told in (("en", english), ("es", spanish)):
            asking = Asking(language, datetime(2026, 4, 1, 12, tzinfo=UTC))
            service = replace(PANTRY, verified_on=day, verified_by=by)
            assert one_service.detail(service, 1, "", asking, channel).endswith(told)
            stale = one_service.detail(replace(service, stale=True), 1, "", asking, channel)
            assert told not in stale
            assert "3/2026" not in one_service.detail(PANTRY, 1, "", asking, channel)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "Nobody has checked this yet"), ("es", "Nadie lo ha revisado todavía")]
)
def test_residents_are_told_that_nobody_checked_a_record(
    town: Session, now: datetime, language: str, told: str
) -> None:
    found = [service for service in food(town, now).services if service.id.startswith("demo-town:")]
    assert {freshness.checked(service, language) for service in found} == {told}
    for channel, line in (("sms", segments.gsm_only(told)), ("web", told)):
        assert one_service.detail(found[0], 1, "", Asking(language, now), channel).endswith(line)
    checked(town, found[0].id, now)
    assert freshness.checked(food(town, now).services[0], language) != told
    lines = search(town, Wanted(needs=("mental_health",)), now).services
    assert freshness.checked(lines[0], language) is None, "the national lines are checked with each release"
