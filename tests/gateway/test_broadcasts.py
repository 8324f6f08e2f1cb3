"""What supervisors tell everybody: who hears it, until when, who has read it, and that no resident does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gateway import broadcast_readers, broadcasts, sweeps
from gateway.community import Community
from gateway.conversations import SMS, Inbound, thread
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Refused
from gateway.models import AuditEntry, Broadcast, BroadcastReading, Delivery, Heartbeat, Message, Notice, Responder
from tests.gateway.duty import NOW, Duty

pytestmark = pytest.mark.slow

DESKS = [
    {"code": "spanish", "name": {"en": "Spanish", "es": "Español"}, "skills": ["spanish"]},
    {"code": "youth", "name": {"en": "Young people", "es": "Jóvenes"}},
]


class Hall:
    """A supervisor, Ana on shift, Ben at the desk for young people, Cai with Spanish; and an editor."""

    def __init__(self, database: Database, door: Door) -> None:
        self.database = database
        self.town = Community.model_validate(door.community.model_dump() | {"desks": DESKS})
        self.duty = Duty(database, door.settings.keys, self.town)
        self.sol = self.duty.person("Sol", role="supervisor")
        self.ana = self.duty.on_shift("Ana")
        self.ben = self.duty.person("Ben", desks=["youth"])
        self.cai = self.duty.person("Cai", skills=["spanish"])
        self.eda = self.duty.person("Eda", role="directory_editor")

    def send(self, text: str = "The line to 911 is down. Call their own number.", **more: object) -> int:
        with self.database.begin() as session:
            sol = session.get_one(Responder, more.pop("by", self.sol))
            return broadcasts.send(session, self.town, sol, text, more.pop("at", NOW), **more).id  # type: ignore[arg-type]

    def see(self, number: int, who: int) -> bool:
        with self.database.begin() as session:
            return broadcasts.seen(session, self.town, number, session.get_one(Responder, who), NOW)

    def unread(self, who: int, at: timedelta = timedelta()) -> list[int]:
        with self.database.begin() as session:
            found = broadcasts.unread_by(session, self.town, session.get_one(Responder, who), NOW + at)
            calls = broadcasts.calls(session, self.town, NOW + at)
            ids = [row.id for row, _ in found]
            assert sorted(ids) == sorted(calls.unread.get(who, {}))  # the bar and the alarm say the same
            return ids

    def acts(self) -> list[tuple[str, int | None]]:
        with self.database.begin() as session:
            rows = session.scalars(select(AuditEntry).where(AuditEntry.subject == "broadcast").order_by(AuditEntry.id))
            assert all("text" not in row.detail for row in rows.all())
            found = select(AuditEntry.act, AuditEntry.responder_id).where(AuditEntry.subject == "broadcast")
            return [(act, who) for act, who in session.execute(found.order_by(AuditEntry.id))]


@pytest.fixture
def hall(database: Database, door: Door) -> Hall:
    return Hall(database, door)


def test_everybody_who_answers_is_told_until_they_have_read_it(hall: Hall) -> None:
    number = hall.send()
    assert [hall.unread(who) for who in (hall.ana, hall.ben, hall.cai)] == [[number]] * 3
    assert hall.unread(hall.sol) == []  # who wrote it has read it
    assert hall.unread(hall.eda) == []
    assert hall.see(number, hall.ana)
    assert not hall.see(number, hall.ana)
    assert hall.unread(hall.ana) == []
    assert hall.unread(hall.ben) == [number]
    assert hall.acts() == [("broadcast_send", hall.sol), ("broadcast_seen", hall.ana)]


def test_one_for_a_desk_is_for_its_people_by_name_or_by_skill(hall: Hall) -> None:
    youth, spanish = hall.send("To the young", desk="youth"), hall.send("Para ustedes", desk="spanish")
    assert [hall.unread(who) for who in (hall.ana, hall.ben, hall.cai)] == [[], [youth], [spanish]]
    for who in (hall.ana, hall.eda):
        with pytest.raises(Refused, match="no_such_broadcast"):
            hall.see(youth, who)


def test_it_ends_by_its_time_or_by_a_supervisor(hall: Hall) -> None:
    hour, open_end = hall.send("For an hour", minutes=60), hall.send("Until it is ended")
    assert hall.unread(hall.ana, timedelta(minutes=59)) == [hour, open_end]
    assert hall.unread(hall.ana, timedelta(minutes=60)) == [open_end]
    with hall.database.begin() as session:
        sol = session.get_one(Responder, hall.sol)
        broadcasts.end(session, open_end, sol, NOW + timedelta(minutes=61))
        for number, code in ((open_end, "broadcast_over"), (hour, "broadcast_over"), (999, "no_such_broadcast")):
            with pytest.raises(Refused, match=code):
                broadcasts.end(session, number, sol, NOW + timedelta(minutes=62))
    assert hall.unread(hall.ana, timedelta(minutes=62)) == []
    assert hall.acts()[-1] == ("broadcast_end", hall.sol)


def test_it_is_forgotten_a_month_after_its_end(hall: Hall, database: Database) -> None:
    over, ended, stands = hall.send("Snow", minutes=60), hall.send("Ice"), hall.send("Fog")
    with database.begin() as session:
        broadcasts.end(session, ended, session.get_one(Responder, hall.sol), NOW + timedelta(days=3))
    assert hall.see(over, hall.ana)
    before = hall.acts()

    def kept(after: timedelta) -> tuple[list[int], int]:
        with database.begin() as session:
            [part] = [part for part in sweeps.PARTS if part.name == "broadcasts"]
            assert list(part.run(session, hall.town, NOW + after)) == []
            read = session.scalar(select(func.count()).select_from(BroadcastReading))
            return list(session.scalars(select(Broadcast.id).order_by(Broadcast.id))), read or 0

    month = broadcasts.KEPT_FOR
    assert kept(month + timedelta(minutes=59)) == ([over, ended, stands], 4)  # who sends one has read it
    assert kept(month + timedelta(minutes=61)) == ([ended, stands], 2)
    assert kept(month + timedelta(days=4)) == ([stands], 1)
    assert kept(timedelta(days=4_000)) == ([stands], 1)  # as long as it stands it is there
    assert hall.acts() == before
    with pytest.raises(Refused, match="no_such_broadcast"):
        hall.see(over, hall.ben)


def test_the_urgent_come_first(hall: Hall) -> None:
    calm, urgent = hall.send("Calm"), hall.send("Urgent", urgent=True)
    assert hall.unread(hall.ana) == [urgent, calm]
    with hall.database.begin() as session:
        found = broadcasts.calls(session, hall.town, NOW)
    assert found.standing == {calm, urgent}
    assert found.unread[hall.ana] == {calm: False, urgent: True}


@pytest.mark.parametrize(
    ("text", "more", "code"),
    [
        ("", {}, "broadcast_empty"),
        (" \n\x00\u202e\t", {}, "broadcast_empty"),
        ("a" * 501, {}, "broadcast_too_long"),
        ("Hello", {"desk": "nobody"}, "no_such_desk"),
        ("Hello", {"minutes": 7}, "no_such_time"),
    ],
)
def test_what_is_not_sent_is_said_by_a_code_and_nothing_is_kept(
    hall: Hall, text: str, more: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        hall.send(text, **more)
    with hall.database.begin() as session:
        assert session.scalars(select(Broadcast)).all() == []


def test_only_supervisors_tell_and_end(hall: Hall) -> None:
    number = hall.send("é" * 500)
    with pytest.raises(Refused, match="supervisors_only"):
        hall.send("Me too", by=hall.ana)
    with hall.database.begin() as session, pytest.raises(Refused, match="supervisors_only"):
        broadcasts.end(session, number, session.get_one(Responder, hall.ana), NOW)


def test_the_same_stands_once_and_ten_are_enough(hall: Hall) -> None:
    hall.send("One", minutes=60)
    with pytest.raises(Refused, match="broadcast_stands"):
        hall.send(" One\r\n")
    hall.send("One", desk="youth")
    for number in range(broadcasts.MOST_STANDING - 2):
        hall.send(f"Number {number}")
    with pytest.raises(Refused, match="too_many_broadcasts"):
        hall.send("One too many")
    hall.send("One", at=NOW + timedelta(hours=1))  # the first is over


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Line one\r\nline\ttwo\r", "Line one\nline two"),
        ("a\u2028b\u2029c\u0085d", "a\nb\nc\nd"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("turned \u202earound\u202c, \u2067isolated\u2069, \u200fmarked", "turned around, isolated, \u200fmarked"),
        ("nul\x00 bell\x07 escape\x1b[31m c1\x9b", "nul bell escape[31m c1"),
        ("sí, ¡ya! 👩🏽‍🚒", "sí, ¡ya! 👩🏽‍🚒"),
    ],
)
def test_control_characters_are_taken_out(given: str, kept: str) -> None:
    assert broadcasts.clean(given) == kept


def test_a_supervisor_sees_who_at_work_has_not_read_it(hall: Hall) -> None:
    number = hall.send()
    hall.see(number, hall.ben)
    with hall.database.begin() as session:
        session.add(Heartbeat(responder_id=hall.cai, at=NOW - timedelta(seconds=5), means="console"))
    with hall.database.begin() as session:
        (of_sol,) = broadcast_readers.told(session, hall.town, session.get_one(Responder, hall.sol), NOW)
        (of_ben,) = broadcast_readers.told(session, hall.town, session.get_one(Responder, hall.ben), NOW)
        assert broadcast_readers.told(session, hall.town, session.get_one(Responder, hall.eda), NOW) == []
    assert [name for name, _ in of_sol.readers] == ["Ben", "Sol"]
    assert list(of_sol.missing) == ["Ana", "Cai"]  # on shift, and at an open console
    assert of_sol.away == 0
    assert (of_ben.seen_at, of_ben.readers, of_ben.missing) == (NOW, (), ())
    later = NOW + timedelta(minutes=5)
    with hall.database.begin() as session:
        (again,) = broadcast_readers.told(session, hall.town, session.get_one(Responder, hall.sol), later)
    assert (list(again.missing), again.away) == (["Ana"], 1)  # Cai's console was closed


def test_no_resident_is_told(hall: Hall, door: Door) -> None:
    with hall.database.begin() as session:
        thread(session, door.settings.keys, Inbound(SMS, "+15555550119", "x", "y"), NOW)
        before = [session.scalar(select(func.count()).select_from(table)) for table in (Message, Delivery, Notice)]
    number = hall.send("Tell nobody", urgent=True)
    hall.see(number, hall.ana)
    with hall.database.begin() as session:
        after = [session.scalar(select(func.count()).select_from(table)) for table in (Message, Delivery, Notice)]
    assert after == before


def test_while_nothing_stands_one_question_is_asked(hall: Hall) -> None:
    from tests.gateway.test_questions_asked import asked  # noqa: PLC0415

    with asked(hall.database) as questions, hall.database.begin() as session:
        broadcasts.calls(session, hall.town, NOW)
    assert len([each for each in questions if "broadcasts" in each]) == 1
    assert not [each for each in questions if "responders" in each]
