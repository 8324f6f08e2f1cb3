"""One owner, as a database fact; a status moves by the table only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from gateway import escalations, texts
from gateway.conversations import SMS, Inbound, say, thread
from gateway.db import Database
from gateway.errors import Conflict, Refused
from gateway.keys import Keys
from gateway.models import AuditEntry, Conversation, Delivery, Escalation, Lowering, Message, Page, Responder, Shift
from gateway.risk import Level
from gateway.settings import Settings


@pytest.fixture
def keys(settings: Settings) -> Keys:
    return settings.keys


def opened(
    database: Database, keys: Keys, now: datetime, level: Level = Level.URGENT, number: str = "+15555550111"
) -> int:
    with database.begin() as session:
        conversation = thread(session, keys, Inbound(SMS, number, "x", "y"), now)
        return escalations.open_(session, conversation, "risk", level, now).id


def people(database: Database, now: datetime, *names: str) -> list[Responder]:
    made = [
        Responder(
            email=f"{n}@demo.example", name=n, role="responder", password_hash="-", languages=["en"], created_at=now
        )
        for n in names
    ]
    with database.begin() as session:
        session.add_all(made)
    return made


def test_of_twenty_who_claim_at_once_one_wins_and_the_others_learn_who(
    database: Database, keys: Keys, now: datetime
) -> None:
    escalation_id = opened(database, keys, now)
    team = people(database, now, *(f"r{n}" for n in range(20)))

    def claim(person: Responder) -> str:
        try:
            with database.begin() as session:
                escalations.claim(session, escalation_id, 0, person, now)
        except Conflict as conflict:
            return f"lost to {conflict.owner}"
        return "won"

    with ThreadPoolExecutor(20) as pool:
        results = list(pool.map(claim, team))
    assert results.count("won") == 1
    winner = team[results.index("won")].name
    assert results.count(f"lost to {winner}") == 19


def test_a_claim_silences_the_bot(database: Database, keys: Keys, now: datetime) -> None:
    escalation_id = opened(database, keys, now)
    [ana] = people(database, now, "Ana")
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        say(session, conversation, "bot words", "bot", now)
    with database.begin() as session:
        escalations.claim(session, escalation_id, 0, ana, now)
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        assert (conversation.handler, conversation.epoch) == ("responder", 1)
        fates = session.execute(select(Message.author, Delivery.status).join(Message).order_by(Message.id)).all()
        assert [tuple(fate) for fate in fates] == [("bot", "cancelled"), ("system", "queued")]


def test_the_resident_hears_who_comes_and_who_goes(database: Database, keys: Keys, now: datetime) -> None:
    escalation_id = opened(database, keys, now)
    [ana] = people(database, now, "Ana Maria Ortiz")
    with database.begin() as session:
        session.scalars(select(Conversation)).one().language = "es"
    with database.begin() as session:
        epoch = escalations.claim(session, escalation_id, 0, ana, now).epoch
    with database.begin() as session:
        escalations.resolve(session, escalation_id, epoch, ana, "helped", now)
    with database.begin() as session:
        said = session.scalars(select(Message.text).order_by(Message.id)).all()
    assert said == [texts.say("responder_joined", "es", name="Ana"), texts.say("responder_left", "es")]


def test_the_whole_way_and_back(database: Database, keys: Keys, now: datetime) -> None:
    escalation_id = opened(database, keys, now)
    ana, ben = people(database, now, "Ana", "Ben")
    with database.begin() as session:
        epoch = escalations.claim(session, escalation_id, 0, ana, now).epoch
    with pytest.raises(Conflict), database.begin() as session:
        escalations.release(session, escalation_id, epoch, ben, now)
    with database.begin() as session:
        epoch = escalations.release(session, escalation_id, epoch, ana, now).epoch
    with database.begin() as session:
        epoch = escalations.claim(session, escalation_id, epoch, ben, now).epoch
    with pytest.raises(Conflict), database.begin() as session:
        escalations.owned(session, escalation_id, epoch - 1, ben)
    with pytest.raises(Refused, match="unknown_disposition"), database.begin() as session:
        escalations.resolve(session, escalation_id, epoch, ben, "whatever", now)
    with database.begin() as session:
        escalations.resolve(session, escalation_id, epoch, ben, "helped", now)
    with pytest.raises(Conflict), database.begin() as session:
        escalations.claim(session, escalation_id, epoch + 1, ana, now)
    with database.begin() as session:
        assert session.scalars(select(AuditEntry.act).order_by(AuditEntry.id)).all() == [
            "open", "claim", "release", "claim", "resolve",
        ]  # fmt: skip
        assert session.scalars(select(Conversation.handler)).one() == "bot"


@pytest.mark.parametrize("status", ["waiting", "claimed", "resolved"])
@pytest.mark.parametrize("verb", ["claim", "release", "resolve"])
def test_every_step_that_the_table_does_not_name_is_refused(
    database: Database, keys: Keys, now: datetime, status: str, verb: str
) -> None:
    escalation_id = opened(database, keys, now)
    [ana] = people(database, now, "Ana")
    steps = {"waiting": 0, "claimed": 1, "resolved": 2}[status]
    with database.begin() as session:
        epoch = 0
        if steps:
            epoch = escalations.claim(session, escalation_id, epoch, ana, now).epoch
        if steps > 1:
            epoch = escalations.resolve(session, escalation_id, epoch, ana, "helped", now).epoch

    def act() -> None:
        with database.begin() as session:
            if verb == "resolve":
                escalations.resolve(session, escalation_id, epoch, ana, "helped", now)
            else:
                getattr(escalations, verb)(session, escalation_id, epoch, ana, now)

    if (status, verb) in escalations.TRANSITIONS:
        act()
    else:
        with pytest.raises(Conflict):
            act()


def test_the_queue_puts_danger_first_and_then_the_longest_wait(database: Database, keys: Keys, now: datetime) -> None:
    order = [(Level.ROUTINE, 9), (Level.URGENT, 1), (Level.EMERGENCY, 0), (Level.URGENT, 5), (Level.EMERGENCY, 3)]
    for index, (level, age) in enumerate(order):
        opened(database, keys, now - timedelta(minutes=age), level, f"+1555555{index:04d}")
    with database.begin() as session:
        seen = [(row.level, (now - row.opened_at).seconds // 60) for row in escalations.queue(session)]
    assert seen == [("emergency", 3), ("emergency", 0), ("urgent", 5), ("urgent", 1), ("routine", 9)]


def test_danger_in_a_claimed_thread_alerts_its_owner(database: Database, keys: Keys, now: datetime) -> None:
    escalation_id = opened(database, keys, now, Level.ROUTINE)
    [ana] = people(database, now, "Ana")
    with database.begin() as session:
        escalations.claim(session, escalation_id, 0, ana, now)
    later = now + timedelta(minutes=1)
    assert opened(database, keys, later, Level.EMERGENCY) == escalation_id
    with database.begin() as session:
        row = session.get_one(Escalation, escalation_id)
        assert (row.level, row.alerted_at, row.status) == ("emergency", later, "claimed")


def test_everyone_on_call_is_paged(database: Database, keys: Keys, now: datetime) -> None:
    ana, _ben, cai = people(database, now, "Ana", "Ben", "Cai")
    hour = timedelta(hours=1)
    with database.begin() as session:
        session.add(Shift(responder_id=ana.id, starts_at=now - hour, ends_at=now + hour))
        session.add(Shift(responder_id=cai.id, starts_at=now - 2 * hour, ends_at=now - hour))
    escalation_id = opened(database, keys, now)
    with database.begin() as session:
        assert session.scalars(select(Page.responder_id)).all() == [ana.id]
        escalations.claim(session, escalation_id, 0, ana, now)
    with database.begin() as session:
        assert session.scalars(select(Page.acknowledged_at)).all() == [now]


def claimed_by(database: Database, keys: Keys, now: datetime, person: Responder) -> tuple[int, int]:
    escalation_id = opened(database, keys, now, Level.EMERGENCY)
    with database.begin() as session:
        return escalation_id, escalations.claim(session, escalation_id, 0, person, now).epoch


def test_only_a_person_lowers_a_level_and_says_why(database: Database, keys: Keys, now: datetime) -> None:
    [ana] = people(database, now, "Ana")
    escalation_id, epoch = claimed_by(database, keys, now, ana)
    with database.begin() as session:
        row = escalations.lower(
            session, escalation_id, epoch, ana, now, level=Level.URGENT, reason="safe_now", note="spoke by phone"
        )
        assert (row.level, row.status, row.epoch) == ("urgent", "claimed", epoch + 1)
    with database.begin() as session:
        kept = session.scalars(select(Lowering)).one()
        assert (kept.from_level, kept.to_level, kept.reason, kept.note, kept.responder_id) == (
            "emergency", "urgent", "safe_now", "spoke by phone", ana.id,
        )  # fmt: skip
        note = session.scalars(select(AuditEntry).where(AuditEntry.act == "lower")).one()
        assert (note.responder_id, note.detail) == (
            ana.id, {"level": "urgent", "before": "emergency", "why": "safe_now"},
        )  # fmt: skip
    # What is found afterwards raises it again.
    opened(database, keys, now, Level.EMERGENCY)
    with database.begin() as session:
        assert session.get_one(Escalation, escalation_id).level == "emergency"


def test_a_stale_page_lowers_nothing(database: Database, keys: Keys, now: datetime) -> None:
    [ana] = people(database, now, "Ana")
    escalation_id, epoch = claimed_by(database, keys, now, ana)
    opened(database, keys, now, Level.URGENT)  # new danger that the page has not shown
    with pytest.raises(Conflict), database.begin() as session:
        escalations.lower(session, escalation_id, epoch, ana, now, level=Level.ROUTINE, reason="safe_now")
    with database.begin() as session:
        assert session.get_one(Escalation, escalation_id).level == "emergency"
        assert session.scalars(select(Lowering)).all() == []


def test_of_twenty_who_lower_at_once_one_does(database: Database, keys: Keys, now: datetime) -> None:
    [ana] = people(database, now, "Ana")
    escalation_id, epoch = claimed_by(database, keys, now, ana)

    def lower(_: int) -> bool:
        try:
            with database.begin() as session:
                escalations.lower(session, escalation_id, epoch, ana, now, level=Level.URGENT, reason="misread")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(lower, range(20))) == 1


@pytest.mark.parametrize("role", ["responder", "supervisor", "admin"])
@pytest.mark.parametrize("claimed", [False, True])
def test_the_owner_and_those_who_supervise_may_lower(
    database: Database, keys: Keys, now: datetime, role: str, claimed: bool
) -> None:
    ana, ben = people(database, now, "Ana", "Ben")
    with database.begin() as session:
        session.get_one(Responder, ben.id).role = role
    ben.role = role
    escalation_id, epoch = opened(database, keys, now), 0
    if claimed:
        with database.begin() as session:
            epoch = escalations.claim(session, escalation_id, 0, ana, now).epoch

    def lower() -> None:
        with database.begin() as session:
            escalations.lower(session, escalation_id, epoch, ben, now, level=Level.ROUTINE, reason="safe_now")

    if role == "responder":
        with pytest.raises(Conflict):
            lower()
    else:
        lower()


@pytest.mark.parametrize(
    ("level", "reason", "code"),
    [
        (Level.ROUTINE, "they_said_so", "unknown_reason"),
        (Level.EMERGENCY, "safe_now", "level_not_lower"),
        (Level.NONE, "safe_now", "level_not_lower"),
    ],
)
def test_a_level_is_lowered_to_urgent_or_routine_for_a_known_reason(
    database: Database, keys: Keys, now: datetime, level: Level, reason: str, code: str
) -> None:
    [ana] = people(database, now, "Ana")
    escalation_id, epoch = claimed_by(database, keys, now, ana)
    with pytest.raises(Refused, match=code), database.begin() as session:
        escalations.lower(session, escalation_id, epoch, ana, now, level=level, reason=reason)


def test_what_has_ended_is_not_lowered(database: Database, keys: Keys, now: datetime) -> None:
    [ana] = people(database, now, "Ana")
    escalation_id, epoch = claimed_by(database, keys, now, ana)
    with database.begin() as session:
        epoch = escalations.resolve(session, escalation_id, epoch, ana, "helped", now).epoch
    with pytest.raises(Conflict), database.begin() as session:
        escalations.lower(session, escalation_id, epoch, ana, now, level=Level.ROUTINE, reason="safe_now")
