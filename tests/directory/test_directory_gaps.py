"""Every search leaves one row that points at nobody, and the table of them hides what few people said."""

import csv
import io
import itertools
import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import community, directory_cli, follow_up_words, gap_table, gaps, offering, referrals
from gateway.db import Database
from gateway.directory.wanted import Found, PlaceChoice
from gateway.errors import Refused
from gateway.models import Contact, Conversation, Message, SearchLog
from gateway.scene import Scene

pytestmark = pytest.mark.slow

TOWN = community.load()


def scene(session: Session, now: datetime, language: str | None = "en", **answers: Any) -> Scene:
    """A resident who wrote one text."""
    contact = Contact(channel="sms", address_hash=uuid.uuid4().hex, created_at=now)
    session.add(contact)
    session.flush()
    conversation = Conversation(
        public_id=uuid.uuid4(), contact_id=contact.id, channel="sms", handler="bot", opened_at=now,
        language=language, answers=answers,
    )  # fmt: skip
    session.add(conversation)
    session.flush()
    message = Message(conversation_id=conversation.id, direction="in", author="resident", text="food", created_at=now)
    session.add(message)
    session.flush()
    return Scene(session, conversation, message, now, TOWN.time_zone, TOWN)


def logged(session: Session) -> list[SearchLog]:
    return list(session.scalars(select(SearchLog).order_by(SearchLog.id)))


def asked(session: Session, now: datetime, times: int = 1, **values: Any) -> None:
    for _ in range(times):
        row = {"at": now, "needs": ["food"], "zone": "Mission", "zip3": "941", "language": "en", "channel": "sms"}
        session.add(SearchLog(**{**row, "offered": 3, "reason": None, "declined": False, **values}))
    session.flush()


def lines(session: Session, now: datetime) -> dict[tuple[str, str, str], dict[str, int | None]]:
    found = gaps.table(session, TOWN, now - timedelta(days=90), now + timedelta(hours=1))
    return {line.key: dict(line.counts) for line in found}


# --- one row a search ------------------------------------------------------------------------------------------------


def test_a_search_that_found_something_leaves_one_row(town: Session, now: datetime) -> None:
    one = scene(town, now.replace(minute=37, second=5))
    offering.find_services(one, {"needs": ["food", "baby"], "zip": "94110"})
    [row] = logged(town)
    zone = TOWN.zone_of("94110")
    assert (row.needs, row.offered, row.reason, row.declined) == (["food", "baby"], 3, None, False)
    assert (row.zone, row.zip3, row.language, row.channel) == (zone.name if zone else None, "941", "en", "sms")
    assert row.at == now.replace(minute=0, second=0)


def test_a_search_that_found_nothing_leaves_one_row_and_says_why(session: Session, now: datetime) -> None:
    offering.find_services(scene(session, now), {"needs": ["food"], "zip": "59001"})
    [row] = logged(session)
    assert (row.offered, row.reason, row.zone, row.zip3) == (0, "none", None, "590")


@pytest.mark.parametrize("reason", gaps.REASONS)
def test_the_reason_of_the_search_is_kept(session: Session, now: datetime, reason: str) -> None:
    gaps.note_search(scene(session, now), Found([], 0, None, reason=reason), [])
    assert [(row.needs, row.reason) for row in logged(session)] == [(["other"], reason)]


def test_what_is_no_need_is_not_kept(session: Session, now: datetime) -> None:
    gaps.note_search(scene(session, now), Found([], 0, None), ["food", "My name is Ana", "5551234567"])
    assert [row.needs for row in logged(session)] == [["food", "other"]]


def test_more_is_no_search_and_the_end_of_the_list_is_said(town: Session, now: datetime) -> None:
    one = scene(town, now)
    offering.find_services(one, {"needs": ["food"], "zip": "94110"})
    for _ in range(40):
        if "1) " not in offering.more_services(one, {})[0]:
            break
    rows = logged(town)
    assert [row.declined for row in rows] == [False, True]
    assert rows[1].offered == 0


def test_a_place_that_is_asked_back_was_not_searched(session: Session, now: datetime) -> None:
    gaps.note_search(scene(session, now), Found([], 0, None, "springfield", places=(PlaceChoice("a", 1, 1),)), ["food"])
    assert logged(session) == []


def test_the_language_that_they_speak_counts_and_the_zip_told_before(session: Session, now: datetime) -> None:
    one = scene(session, now, "en", speaks="vi, en", zip="94110")
    gaps.note_search(one, Found([], 0, None), ["food"])
    two = scene(session, now, None, speaks="my own words, 94110")
    gaps.note_search(two, Found([], 0, None), ["food"])
    three = scene(session, now, "en")
    three.conversation.language_memory = {"other": "ht"}
    gaps.note_search(three, Found([], 0, None), ["food"])
    assert [(row.language, row.zip3) for row in logged(session)] == [("vi", "941"), (None, None), ("ht", None)]


def test_the_log_has_no_way_back_to_a_resident(session: Session) -> None:
    columns = {column.name for column in SearchLog.__table__.columns}
    assert columns == {"id", "at", "needs", "zone", "zip3", "language", "channel", "offered", "reason", "declined"}
    assert not SearchLog.__table__.foreign_keys


# --- the table -------------------------------------------------------------------------------------------------------


def test_searches_are_counted_by_need_place_and_language(session: Session, now: datetime) -> None:
    asked(session, now, 20)
    asked(session, now, 12, offered=0, reason="none")
    asked(session, now, 11, offered=0, reason="none", declined=True)
    asked(session, now, 40, needs=["food", "rent"], zone=None, language="es")
    asked(session, now - timedelta(days=200), 50)
    found = lines(session, now)
    assert set(found) == {("food", "Mission", "en"), ("food", "941xx", "es"), ("rent", "941xx", "es")}
    first = found["food", "Mission", "en"]
    assert (first["asked"], first["none"], first["far"], first["declined"]) == (32, 12, 0, 11)
    assert found["rent", "941xx", "es"]["asked"] == 40


def test_what_came_of_offers_stands_beside_it(session: Session, now: datetime) -> None:
    zone = TOWN.zone_of("94110")
    place = zone.name if zone else "941xx"
    for number, (state, barrier) in enumerate(
        [(referrals.OBTAINED, None)] * 14 + [(referrals.NOT_OBTAINED, "cost")] * 15 + [(None, None)] * 12
    ):
        one = scene(session, now, "es", zip="94110")
        offer = referrals.Offer(f"town:{number}", "Pantry", "food")
        [row] = referrals.refer(session, one.conversation, one.message, [offer], now)
        if state:
            assert referrals.move(session, row, state, now, referrals.By("resident"), barrier=barrier)
    counts = lines(session, now)["food", place, "es"]
    assert [counts[name] for name in ("told", "obtained", "not_obtained", "not_known", "barrier_cost")] == [
        41, 14, 15, 12, 15
    ]  # fmt: skip


def test_lines_of_few_are_put_together_and_never_lost(session: Session, now: datetime) -> None:
    asked(session, now, 6)
    asked(session, now, 7, zone="North")
    asked(session, now, 4, zone="North", language="es")
    asked(session, now, 8, needs=["rent"], language="vi")
    asked(session, now, 30, needs=["legal"])
    found = lines(session, now)
    assert {key: counts["asked"] for key, counts in found.items()} == {
        ("legal", "Mission", "en"): 30,
        ("food", gaps.ELSEWHERE, "en"): 13,
        (gaps.OTHER_NEEDS, gaps.ELSEWHERE, gaps.OTHER_LANGUAGES): 12,
    }


def test_a_handful_of_people_is_one_line_without_a_number(session: Session, now: datetime) -> None:
    asked(session, now, 3, offered=0, reason="far")
    [counts] = lines(session, now).values()
    assert (counts["asked"], counts["far"], counts["none"]) == (None, None, 0)


def counted(chance: random.Random) -> Counter[str]:
    """A line of sums that fit together, with many small parts."""
    small = lambda: chance.choice((0, 0, 0, 1, 2, 5, 9, 10, 11, 12, 40))  # noqa: E731
    line = Counter({name: small() for name in (*gaps.REASONS, *gaps.RESULTS, gaps.DECLINED)})
    line[gaps.ASKED] = sum(line[name] for name in gaps.REASONS) + small()
    line[gaps.TOLD] = sum(line[name] for name in gaps.RESULTS)
    left = line[gaps.NOT_OBTAINED]
    for code in follow_up_words.codes():
        line[f"barrier_{code}"] = chance.randint(0, left)
        left -= line[f"barrier_{code}"]
    return line


def groups() -> list[tuple[str, list[str]]]:
    barriers = [f"barrier_{code}" for code in follow_up_words.codes()]
    return [("asked", [*gaps.REASONS]), ("told", [*gaps.RESULTS]), ("not_obtained", barriers)]


def test_no_small_count_is_shown_or_can_be_worked_out() -> None:
    """Who looks knows how the counts sum up: a whole less its shown parts is what is hidden."""
    chance = random.Random(26)
    for _ in range(2_000):
        line = counted(chance)
        shown = gaps.hidden(line)
        assert not [name for name, count in shown.items() if count is not None and 0 < count < gaps.SMALLEST]
        assert all(count == line[name] for name, count in shown.items() if count is not None)
        for whole, parts in groups():
            check_nothing_is_given_away(line, shown, whole, parts)


def check_nothing_is_given_away(line: Counter[str], shown: dict[str, int | None], whole: str, parts: list[str]) -> None:
    if shown[whole] is None:
        assert not [name for name in parts if shown[name]], "a part of what is hidden"
        return
    left = line[whole] - sum(shown[name] or 0 for name in parts)
    unseen = [name for name in parts if shown[name] is None]
    assert left == 0 or left >= gaps.SMALLEST
    if unseen:
        assert left
        assert len(unseen) + (line[whole] > sum(line[name] for name in parts)) > 1


# --- how it is written -----------------------------------------------------------------------------------------------


def test_a_cell_is_never_a_formula(session: Session, now: datetime) -> None:
    for start in ("=", "+", "-", "@", "\t", "\r", "＝"):
        asked(session, now, 12, zone=f'{start}cmd|"x"!A1')
    found = gaps.table(session, TOWN, now - timedelta(days=1), now + timedelta(hours=1))
    rows = list(csv.reader(io.StringIO(gap_table.as_csv(found), newline="")))
    assert len(rows) == 8
    assert all(row[1].startswith("'") for row in rows[1:])
    assert len({len(row) for row in rows}) == 1


@pytest.mark.parametrize("wrong", ["yesterday", "2026-13-01", "2027-01-01", "9999-99-99", "0001-01-01T", "' OR 1=1"])
def test_what_is_no_day_is_refused(now: datetime, wrong: str) -> None:
    with pytest.raises(Refused, match="bad_date"):
        gap_table.span(wrong, ZoneInfo("America/Denver"), now)


def test_a_quarter_begins_by_the_towns_clock_and_runs_until_now(now: datetime) -> None:
    span = gap_table.span("2026-11-01", ZoneInfo("America/Los_Angeles"), now)
    assert span == (datetime(2026, 10, 1, 7, tzinfo=UTC), now, True)
    assert gap_table.span(None, ZoneInfo("America/Los_Angeles"), now) == span
    before = gap_table.span("2026-09-30", ZoneInfo("America/Los_Angeles"), now)
    assert before == (datetime(2026, 7, 1, 7, tzinfo=UTC), datetime(2026, 10, 1, 7, tzinfo=UTC), False)


def test_no_two_tables_overlap_and_none_is_left_out(now: datetime) -> None:
    clock = ZoneInfo("America/Los_Angeles")
    days = [now - timedelta(days=number) for number in range(800)]
    spans = sorted({gap_table.span(f"{day.astimezone(clock):%Y-%m-%d}", clock, now) for day in days})
    assert len(spans) == 10
    assert all(one.ends == other.begins for one, other in itertools.pairwise(spans))
    assert [span.runs for span in spans] == [False] * 9 + [True]


@pytest.mark.parametrize("later", range(1, 12))
def test_two_looks_at_the_same_quarter_do_not_tell_of_a_few(session: Session, now: datetime, later: int) -> None:
    """Whoever looks before and after some people asked sees the same ten, or one that may be any of ten more."""
    asked(session, now, 23, offered=0, reason="far")
    first = _look(session, now)
    asked(session, now, later, offered=0, reason="far")
    second = _look(session, now)
    seen = {(line.at_least, line.counts[name]) for line in (*first, *second) for name in ("asked", "far")}
    assert seen <= {(True, 20), (True, 30)}
    assert gap_table.said(second[0].counts["asked"], at_least=True) == ("20+" if later < 7 else "30+")
    assert gap_table.said(0, at_least=True) == "0"


def _look(session: Session, now: datetime) -> list[gaps.Gap]:
    return gaps.table(session, TOWN, now - timedelta(days=1), now + timedelta(hours=1), runs=True)


def test_the_command_prints_the_table_and_says_what_is_wrong(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setattr(directory_cli, "database_url", lambda: url)
    monkeypatch.setattr("gateway.command_line.community_file", lambda: None)
    today = datetime.now(UTC)
    with database.begin() as session:
        asked(session, today - timedelta(hours=1), 12, offered=0, reason="far")
    done = CliRunner().invoke(directory_cli.directory, ["gaps"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[1].split() == ["food", "Mission", "en", *"10+ 0 10+ 0 0 0 0 0 0 0".split()]
    with database.begin() as session:
        asked(session, datetime(2026, 2, 1, tzinfo=UTC), 12, offered=0, reason="far")
    done = CliRunner().invoke(directory_cli.directory, ["gaps", "--csv", "--since", "2026-01-01"])
    assert done.output.splitlines()[1].startswith("food,Mission,en,12,0,12,")
    done = CliRunner().invoke(directory_cli.directory, ["gaps", "--since", "soon"])
    assert done.exit_code == 2
    assert "2026-09-01" in done.output


def test_barriers_are_told_most_common_first() -> None:
    counts = gaps.hidden({"told": 60, "obtained": 20, "not_obtained": 40, "barrier_cost": 14, "barrier_hours": 26})
    assert gap_table.barriers(gaps.Gap("food", "", "en", counts)) == [("hours", "26"), ("cost", "14")]


def test_every_count_has_a_head_or_is_a_barrier() -> None:
    named = itertools.chain(gap_table.HEADS, (f"barrier_{code}" for code in follow_up_words.codes()))
    assert tuple(named) == gaps.columns()
