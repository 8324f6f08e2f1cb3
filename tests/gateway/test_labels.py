"""What is drawn for the weekly reading, who may say what of it, and what is written down."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from gateway import escalations, labels
from gateway.db import Database
from gateway.errors import Conflict, Refused
from gateway.keys import Keys
from gateway.models import AuditEntry, Conversation, Responder, RiskLabel
from gateway.risk import Level, SetAside
from gateway.settings import Settings
from tests.gateway.screened import conversation_of, ids, reader, write

pytestmark = pytest.mark.slow

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
WEEK = "2026-W47"
Write = Callable[..., int]


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return settings.keys


@pytest.fixture
def wrote(database: Database, keys: Keys) -> Write:
    return lambda text, *args, at=MONDAY, **more: write(database, keys, at, text, *args, **more)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), "2026-W47"),
        (datetime(2026, 11, 29, 23, 59, tzinfo=UTC), "2026-W47"),
        (datetime(2027, 1, 4, tzinfo=UTC), "2026-W53"),
    ],
)
def test_the_last_week_is_the_one_that_is_over(now: datetime, week: str) -> None:
    assert labels.last_week(now) == week
    start, end = labels.span_of(week, now)
    assert start.isoweekday() == 1
    assert end - start == timedelta(days=7)
    assert end <= now


@pytest.mark.parametrize(
    "week",
    ["2026-W48", "2027-W01", "2025-W53", "2026-W00", "2026-W99", "2026-47", "2026-W4", "0001-W01", "9999-W52", ""],
)
def test_a_week_that_does_not_exist_or_goes_on_is_refused(week: str) -> None:
    with pytest.raises(Refused, match="no_such_week"):
        labels.span_of(week, MONDAY + timedelta(days=13, hours=23))


def test_the_sample_is_of_that_week_of_level_none_and_of_words(database: Database, wrote: Write, now: datetime) -> None:
    first, last = wrote("a"), wrote("b", at=MONDAY + timedelta(days=7) - timedelta(microseconds=1))
    wrote("too early", at=MONDAY - timedelta(microseconds=1))
    wrote("too late", at=MONDAY + timedelta(days=7))
    wrote("danger", Level.URGENT)
    wrote("a person please", Level.ROUTINE)
    wrote("  ")
    assert set(ids(database, lambda db: labels.sample(db, WEEK, now))) == {first, last}
    with database.begin() as session:
        assert labels.sample(session, "2026-W46", now)[0].message.text == "too early"
        assert labels.sample(session, "2026-W40", now) == []


def test_fifty_are_drawn_the_same_ones_by_everybody_and_others_in_another_week(
    database: Database, wrote: Write, now: datetime
) -> None:
    written = [wrote(f"m{index}") for index in range(120)]
    drawn = ids(database, lambda db: labels.sample(db, WEEK, now))
    assert len(drawn) == len(set(drawn)) == 50
    assert set(drawn) < set(written)
    assert drawn == ids(database, lambda db: labels.sample(db, WEEK, now + timedelta(days=90)))
    assert drawn != sorted(drawn)
    assert max(drawn) > written[60], "not the first fifty"
    assert min(drawn) < written[60]
    late = wrote("came from the journal")
    again = ids(database, lambda db: labels.sample(db, WEEK, now))
    assert len(set(drawn) - set(again)) <= 1
    assert set(again) - set(drawn) <= {late}


def test_a_reader_sees_what_the_resident_wrote_shortly_before(database: Database, wrote: Write, now: datetime) -> None:
    wrote("long ago", at=MONDAY)
    later = MONDAY + timedelta(hours=2)
    wrote("one", at=later)
    wrote("two", Level.ROUTINE, at=later + timedelta(minutes=1))
    wrote("of somebody else", at=later + timedelta(minutes=1), number="+15555550118")
    wrote("three", at=later + timedelta(minutes=2))
    wrote("four", at=later + timedelta(minutes=3))
    with database.begin() as session:
        earlier = {each.message.text: list(each.earlier) for each in labels.sample(session, WEEK, now)}
    assert earlier == {
        "long ago": [],
        "one": [],
        "three": ["one", "two"],
        "four": ["two", "three"],
        "of somebody else": [],
    }


@pytest.fixture
def team(database: Database, now: datetime) -> list[Responder]:
    return [reader(database, now, name) for name in ("ana", "ben", "cai")]


def say(database: Database, message: int, who: Responder, label: str, now: datetime) -> None:
    with database.begin() as session:
        labels.read(session, WEEK, message, who, label, now)


def kept(database: Database) -> list[tuple[int, int, str]]:
    with database.begin() as session:
        rows = session.scalars(select(RiskLabel).order_by(RiskLabel.id))
        return [(each.message_id, each.responder_id, each.label) for each in rows]


def test_two_readers_say_what_they_think_and_may_think_again(
    database: Database, wrote: Write, now: datetime, team: list[Responder]
) -> None:
    ana, ben, _ = team
    message = wrote("i might not be here tomorrow")
    say(database, message, ana, "ok", now)
    say(database, message, ben, "missed", now)
    say(database, message, ana, "missed", now + timedelta(minutes=1))
    assert kept(database) == [(message, ana.id, "missed"), (message, ben.id, "missed")]
    with database.begin() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "label").order_by(AuditEntry.id)).all()
        assert [(each.responder_id, each.subject, each.subject_id) for each in entries] == [
            (ana.id, "message", message),
            (ben.id, "message", message),
            (ana.id, "message", message),
        ]
        assert entries[0].detail == {"label": "ok", "week": WEEK}
        said = labels.sampled(session, WEEK, message, now).labels
        assert said == {ana.id: ("ana", "missed"), ben.id: ("ben", "missed")}
        assert session.scalars(select(RiskLabel.created_at).order_by(RiskLabel.id)).all()[0] == now + timedelta(
            minutes=1
        )


def test_a_third_reads_only_what_two_disagree_about(
    database: Database, wrote: Write, now: datetime, team: list[Responder]
) -> None:
    ana, ben, cai = team
    agreed, open_ = wrote("thanks"), wrote("ok whatever")
    for who in (ana, ben):
        say(database, agreed, who, "ok", now)
    with pytest.raises(Conflict, match="already_read"):
        say(database, agreed, cai, "missed", now)
    say(database, agreed, ben, "unclear", now)
    say(database, agreed, cai, "ok", now)
    say(database, open_, ana, "ok", now)
    say(database, open_, ben, "missed", now)
    say(database, open_, cai, "missed", now)
    assert len(kept(database)) == 6


def test_of_many_who_press_at_once_two_are_the_readers(database: Database, wrote: Write, now: datetime) -> None:
    message = wrote("hello")
    many = [reader(database, now, f"r{index}") for index in range(5)]
    together = Barrier(len(many))

    def press(who: Responder) -> bool:
        together.wait()
        try:
            say(database, message, who, "ok", now)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(len(many)) as pool:
        assert sum(pool.map(press, many)) == 2
    assert len(kept(database)) == 2


def test_what_was_not_drawn_cannot_be_labelled(
    database: Database, wrote: Write, now: datetime, team: list[Responder]
) -> None:
    found, drawn = wrote("danger", Level.URGENT), wrote("hi")
    for message, label, code in (
        (found, "ok", "not_in_sample"),
        (9_999, "ok", "not_in_sample"),
        (drawn, "true", "unk"),
    ):
        with pytest.raises(Refused, match=code):
            say(database, message, team[0], label, now)
    with database.begin() as session, pytest.raises(Refused, match="not_in_sample"):
        labels.read(session, "2026-W46", drawn, team[0], "ok", now)
    assert kept(database) == []


def test_a_view_of_the_sample_is_written_down_with_what_was_seen(
    database: Database, wrote: Write, now: datetime, team: list[Responder]
) -> None:
    message = wrote("secret words")
    with database.begin() as session:
        labels.note_view(session, WEEK, [each.message for each in labels.sample(session, WEEK, now)], team[0], now)
    with database.begin() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "risk_sample")).one()
        assert (entry.act, entry.responder_id) == ("view", team[0].id)
        assert entry.detail == {"week": WEEK, "messages": [message]}


@pytest.fixture
def alarm(database: Database, wrote: Write, now: datetime) -> tuple[int, int]:
    """An escalation and the message that it is about."""
    message = wrote("i took all my pills", Level.EMERGENCY, ("suicide.pills",))
    with database.begin() as session:
        conversation = session.get_one(Conversation, conversation_of(database, message))
        return escalations.open_(session, conversation, "risk", Level.EMERGENCY, now, message).id, message


def test_a_responder_says_whether_an_alarm_was_right(
    database: Database, now: datetime, team: list[Responder], alarm: tuple[int, int]
) -> None:
    escalation, message = alarm
    for who, label in ((team[0], "over_call"), (team[1], "unclear"), (team[0], "true")):
        with database.begin() as session:
            labels.judge(session, escalation, message, who, label, now)
    assert kept(database) == [(message, team[0].id, "true"), (message, team[1].id, "unclear")]
    with database.begin() as session:
        conversation = conversation_of(database, message)
        assert labels.of_responder(session, conversation, team[0]) == {message: "true"}
        assert labels.of_responder(session, conversation, team[2]) == {}
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "label").limit(1)).one()
        assert entry.detail == {"label": "over_call", "escalation": escalation}


def test_only_alarms_of_that_very_thread_are_judged(
    database: Database, wrote: Write, now: datetime, team: list[Responder], alarm: tuple[int, int]
) -> None:
    escalation, message = alarm
    harmless, elsewhere = wrote("hi"), wrote("help", Level.URGENT, number="+15555550119")
    for where, what, label, code in (
        (escalation, harmless, "true", "no_such_alarm"),
        (escalation, elsewhere, "true", "no_such_alarm"),
        (escalation, 9_999, "true", "no_such_alarm"),
        (9_999, message, "true", "no_such_alarm"),
        (escalation, message, "missed", "unknown_label"),
    ):
        with database.begin() as session, pytest.raises(Refused, match=code):
            labels.judge(session, where, what, team[0], label, now)
    assert kept(database) == []


def test_a_reader_is_given_what_was_set_aside(database: Database, wrote: Write, now: datetime) -> None:
    aside = SetAside("suicide.direct", "want to die", 7, 18, "denied")
    marked, plain = wrote("i dont want to die", set_aside=(aside,)), wrote("good morning")
    with database.begin() as session:
        drawn = {each.message.id: list(each.set_aside) for each in labels.sample(session, WEEK, now)}
        alone = labels.sampled(session, WEEK, marked, now)
    assert drawn == {marked: [aside.to_dict()], plain: []}
    assert alone.set_aside == [aside.to_dict()]
