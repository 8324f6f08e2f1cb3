"""What a supervisor sees at one glance, and how little is asked for it however much is open."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

from gateway import board, escalations
from gateway.board import DANGER, TEXT_FAILED, UNANSWERED, WAITS, Board
from gateway.community import Community
from gateway.db import Database
from gateway.door import Door
from gateway.models import (
    Contact,
    Conversation,
    Delivery,
    Drill,
    Escalation,
    Heartbeat,
    Message,
    Responder,
    Shift,
)
from gateway.risk import Level
from tests.gateway.duty import HOUR, NOW, Duty
from tests.gateway.test_questions_asked import asked

NUMBERS = iter(range(1, 10_000))
MINUTE = timedelta(minutes=1)


class Night:
    """A night on call, and its board."""

    def __init__(self, database: Database, door: Door) -> None:
        self.duty = Duty(database, door.settings.keys, door.community)
        self.database = database

    def open(self, level: Level = Level.EMERGENCY, *, ago: timedelta = timedelta()) -> int:
        self.duty.at = NOW - ago
        number = self.duty.open(level, f"+1555555{next(NUMBERS):04d}")
        self.duty.at = NOW
        return number

    def claim(self, number: int, who: int, *, ago: timedelta = timedelta()) -> None:
        with self.database.begin() as session:
            row = session.get_one(Escalation, number)
            escalations.claim(session, number, row.epoch, session.get_one(Responder, who), NOW - ago)

    def message(self, number: int, at: datetime, author: str = "resident", responder: int | None = None) -> int:
        with self.database.begin() as session:
            row = session.get_one(Escalation, number)
            made = Message(
                conversation_id=row.conversation_id, direction="in" if author == "resident" else "out", author=author,
                text="words of a resident", created_at=at, responder_id=responder,
            )  # fmt: skip
            session.add(made)
            session.flush()
            return made.id

    def text(self, number: int, status: str, at: datetime) -> None:
        message = self.message(number, at, "responder")
        with self.database.begin() as session:
            row = session.get_one(Escalation, number)
            session.add(
                Delivery(message_id=message, conversation_id=row.conversation_id, status=status, priority=1,
                         next_attempt_at=at, segments=1, updated_at=at)
            )  # fmt: skip

    def read(self, at: timedelta = timedelta()) -> Board:
        with self.database.begin() as session:
            return board.read(session, self.duty.community, NOW + at)

    def breaches(self, at: timedelta = timedelta()) -> list[tuple[int, list[str]]]:
        return [(each.thread.id, [one.kind for one in each.reasons]) for each in self.read(at).breaches]


@pytest.fixture
def night(database: Database, door: Door) -> Night:
    return Night(database, door)


def test_counts_by_level_and_the_longest_waiting(night: Night) -> None:
    ana = night.duty.on_shift("Ana")
    old, young = night.open(Level.URGENT, ago=9 * MINUTE), night.open(Level.URGENT, ago=MINUTE)
    routine, owned = night.open(Level.ROUTINE), night.open(Level.EMERGENCY)
    night.claim(owned, ana)
    found = night.read()
    assert [(each.level, each.count, each.oldest.id if each.oldest else None) for each in found.waiting] == [
        ("emergency", 0, None), ("urgent", 2, old), ("routine", 1, routine),
    ]  # fmt: skip
    assert found.owned == 1
    night.claim(old, ana)
    oldest = night.read().waiting[1].oldest
    assert oldest is not None
    assert (oldest.id, oldest.owner) == (young, None)


@pytest.mark.parametrize(("level", "limit"), [("emergency", 45), ("urgent", 120), ("routine", 600)])
def test_who_waits_longer_than_the_first_call_is_seen_to(night: Night, level: str, limit: int) -> None:
    """The town's own ladder says it; a routine one calls nobody, so its first text counts."""
    night.duty.on_shift("Ana")
    number, after = night.open(Level(level)), timedelta(seconds=limit)
    assert board.first_call(night.duty.community, level) == after
    assert night.breaches(after) == []
    assert night.breaches(after + timedelta(seconds=1)) == [(number, [WAITS])]


def test_the_towns_own_ladder_moves_the_limit(night: Night) -> None:
    town = night.duty.community.model_dump()
    for rung in town["paging"]["ladder"]["urgent"]:
        rung["after"] = {120: 100}.get(rung["after"], rung["after"])
    assert board.first_call(Community.model_validate(town), "urgent") == timedelta(seconds=100)


def test_a_wait_begins_anew_when_somebody_had_it(night: Night) -> None:
    ana = night.duty.on_shift("Ana")
    number = night.open(Level.EMERGENCY, ago=HOUR)
    night.claim(number, ana, ago=30 * MINUTE)
    with night.database.begin() as session:
        row = session.get_one(Escalation, number)
        escalations.release(session, number, row.epoch, session.get_one(Responder, ana), NOW)
    assert night.breaches() == []
    assert night.breaches(MINUTE) == [(number, [WAITS])]


def test_danger_that_nobody_answered_is_seen_to(night: Night) -> None:
    ana = night.duty.on_shift("Ana")
    number = night.open(Level.URGENT)
    night.claim(number, ana)
    with night.database.begin() as session:
        conversation = session.get_one(Escalation, number).conversation
        escalations.open_(session, conversation, "risk", Level.EMERGENCY, NOW)
    assert night.breaches() == [(number, [DANGER])]
    with night.database.begin() as session:
        escalations.replied(session.get_one(Escalation, number), NOW)
    assert night.breaches() == []


def test_a_message_that_its_owner_lets_lie_is_seen_to(night: Night) -> None:
    ana = night.duty.on_shift("Ana")
    number = night.open(Level.URGENT, ago=10 * MINUTE)
    night.message(number, NOW - 9 * MINUTE)
    night.claim(number, ana)  # the time before counts against nobody
    limit = timedelta(seconds=night.duty.community.ownership.silent_seconds)
    assert night.breaches(limit) == []
    assert night.breaches(limit + timedelta(seconds=1)) == [(number, [UNANSWERED])]
    night.message(number, NOW + MINUTE, "system")  # what the computer says is no answer
    night.message(night.open(Level.ROUTINE), NOW + MINUTE, "responder", ana)  # nor what she writes to another
    assert night.breaches(limit + timedelta(seconds=1)) == [(number, [UNANSWERED])]
    night.message(number, NOW + MINUTE, "responder", ana)
    assert night.breaches(limit + timedelta(seconds=1)) == []


def test_a_text_that_did_not_arrive_is_seen_to_until_one_does(night: Night) -> None:
    ana = night.duty.on_shift("Ana")
    number = night.open(Level.URGENT)
    night.claim(number, ana)
    night.text(number, "delivered", NOW - 2 * MINUTE)
    night.text(number, "failed", NOW - MINUTE)
    night.text(number, "queued", NOW)
    assert night.breaches() == [(number, [TEXT_FAILED])]
    night.text(number, "sent", NOW)
    assert night.breaches() == []


def test_one_thread_stands_once_with_all_its_reasons_the_most_dangerous_first(night: Night) -> None:
    night.duty.on_shift("Ana")
    routine, urgent = night.open(Level.ROUTINE, ago=HOUR), night.open(Level.URGENT, ago=3 * MINUTE)
    emergency = night.open(Level.EMERGENCY, ago=MINUTE)
    night.text(urgent, "failed", NOW - MINUTE)
    assert night.breaches() == [(emergency, [WAITS]), (urgent, [WAITS, TEXT_FAILED]), (routine, [WAITS])]


def test_a_drill_is_nobodys_thread(night: Night) -> None:
    night.duty.on_shift("Ana")
    number = night.open(Level.EMERGENCY, ago=HOUR)
    with night.database.begin() as session:
        session.execute(update(Escalation).where(Escalation.id == number).values(drill=True))
    found = night.read()
    assert (sum(each.count for each in found.waiting), found.breaches) == (0, [])


def test_who_is_there_and_how_much_they_hold(night: Night) -> None:
    duty = night.duty
    ana, ben, cai = duty.on_shift("Ana"), duty.on_shift("Ben"), duty.person("Cai", languages=["es"])
    duty.person("Dora")  # at home: not on the board
    with night.database.begin() as session:
        session.execute(update(Shift).where(Shift.responder_id == ana).values(sound_heard_at=NOW))
        session.add(Heartbeat(responder_id=ana, at=NOW - timedelta(seconds=5), means="console"))
        session.add(Heartbeat(responder_id=ben, at=NOW - timedelta(minutes=5), means="console"))
        session.add(Heartbeat(responder_id=cai, at=NOW, means="sms"))
    duty.rest(ben)
    for level in (Level.EMERGENCY, Level.ROUTINE):
        night.claim(night.open(level), ana)
    people = night.read().people
    assert [(each.name, each.means, each.resting, each.heard, each.load, each.threads) for each in people] == [
        ("Ana", "console", False, True, 4, 2), ("Ben", "", True, False, 0, 0), ("Cai", "sms", False, False, 0, 0),
    ]  # fmt: skip
    assert [each.until for each in people] == [NOW + 12 * HOUR, NOW + 12 * HOUR, None]
    assert people[0].capacity == duty.community.ownership.capacity


def test_gaps_phones_and_a_drill_that_failed(night: Night) -> None:
    duty = night.duty
    ana = duty.on_shift("Ana")
    duty.person("Ben", texts_stopped_at=NOW)
    duty.shift(ana, 13, 100)
    with night.database.begin() as session:
        session.add(Drill(started_at=NOW - HOUR, finished_at=NOW, outcome="failed", detail={}))
    found = night.read()
    assert [(each.starts_at, each.ends_at) for each in found.gaps] == [(NOW + 12 * HOUR, NOW + 13 * HOUR)]
    assert found.texts_stopped == ["Ben"]
    assert found.drill is not None
    with night.database.begin() as session:
        session.add(Drill(started_at=NOW, finished_at=NOW + MINUTE, outcome="passed", detail={}))
    assert night.read(2 * MINUTE).drill is None


def many(database: Database, count: int, owner: int) -> None:
    """So many open threads, half of them owned and unanswered, each with a text that failed."""
    with database.begin() as session:
        start = session.scalars(select(Contact.id).order_by(Contact.id.desc()).limit(1)).first() or 0
        contacts = [{"channel": "sms", "address_hash": f"h{start}-{each}", "created_at": NOW} for each in range(count)]
        ids = session.scalars(insert(Contact).returning(Contact.id), contacts).all()
        talks = [
            {"public_id": uuid4(), "contact_id": each, "channel": "sms", "handler": "bot",
             "opened_at": NOW} for each in ids
        ]  # fmt: skip
        held = session.scalars(insert(Conversation).returning(Conversation.id), talks).all()
        session.execute(
            insert(Escalation),
            [
                {
                    "conversation_id": each, "reason": "risk", "level": ("emergency", "urgent")[place % 2],
                    "status": ("waiting", "claimed")[place % 2], "owner_id": (None, owner)[place % 2],
                    "opened_at": NOW - HOUR, "waiting_since": NOW - HOUR, "claimed_at": (None, NOW - HOUR)[place % 2],
                }
                for place, each in enumerate(held)
            ],
        )  # fmt: skip
        said = [
            {"conversation_id": each, "direction": way, "author": who, "text": "words", "created_at": NOW - HOUR}
            for each in held
            for way, who in (("out", "bot"), ("in", "resident"))
        ]
        messages = session.execute(
            insert(Message).returning(Message.id, Message.conversation_id, Message.direction), said
        ).all()
        session.execute(
            insert(Delivery),
            [
                {"message_id": row.id, "conversation_id": row.conversation_id, "status": "failed", "priority": 1,
                 "next_attempt_at": NOW, "segments": 1, "updated_at": NOW - HOUR}
                for row in messages if row.direction == "out"
            ],
        )  # fmt: skip


@pytest.mark.slow
def test_as_much_is_asked_for_500_threads_as_for_five(night: Night) -> None:
    ana = night.duty.on_shift("Ana")

    def questions(read: Callable[[], Board]) -> tuple[int, Board]:
        with asked(night.database) as found:
            drawn = read()
        return len(found), drawn

    many(night.database, 5, ana)
    few, first = questions(night.read)
    many(night.database, 495, ana)
    lot, second = questions(night.read)
    assert (len(first.breaches), first.left_out) == (5, 0)
    assert (len(second.breaches), second.left_out) == (board.MOST, 500 - board.MOST)
    assert [each.count for each in second.waiting] == [251, 0, 0]
    assert second.owned == 249
    assert 5 < lot == few <= 20  # a listener that counts nothing would count none of them
