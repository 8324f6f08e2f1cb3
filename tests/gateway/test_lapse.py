"""An owner who sleeps gives the thread back: when, to whom, and what the resident is told."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gateway import attendance, conversations, escalations, optout, owner_watch, ownership, texts
from gateway.community import load
from gateway.community_duty import Ownership
from gateway.db import Database
from gateway.models import AuditEntry, Conversation, Escalation, Message, Page, Responder, Shift, Transfer
from gateway.owner_watch import Held, due
from gateway.ownership import AWAY, SILENT
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.handed import Night

pytestmark = pytest.mark.slow

RULES = Ownership()
DANGER = "i took all my pills"


@pytest.fixture
def night(database: Database, settings: Settings) -> Night:
    return Night(database, settings.keys, load())


def on_shift(night: Night, *people: Responder) -> None:
    hour = timedelta(hours=1)
    with night.database.begin() as session:
        session.add_all(Shift(responder_id=each.id, starts_at=night.at - hour, ends_at=night.at + hour)
                        for each in people)  # fmt: skip


def beat(night: Night, who: Responder, row: Escalation | None = None) -> None:
    with night.database.begin() as session:
        attendance.beat(session, who.id, night.at)
        if row:
            attendance.wrote(session, row.id, who.id, night.at)


def look(night: Night, since: datetime | None = None) -> list[int]:
    with night.database.begin() as session:
        return owner_watch.lapse_due(session, night.community, night.at, since)


def at(seconds: float) -> datetime:
    return datetime(2026, 11, 27, tzinfo=UTC) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("level", "means", "beat_at", "unanswered", "now", "why"),
    [
        (Level.URGENT, "console", 100, None, 129, None),
        (Level.URGENT, "console", 100, None, 131, AWAY),
        (Level.EMERGENCY, "console", None, None, 31, AWAY),
        (Level.ROUTINE, "console", 100, None, 699, None),
        (Level.ROUTINE, "console", 100, None, 701, AWAY),
        (Level.ROUTINE, "console", 100, 90, 131, AWAY),
        (Level.ROUTINE, "console", 200, 100, 219, None),
        (Level.ROUTINE, "console", 221, 100, 221, SILENT),
        (Level.EMERGENCY, "console", 221, 100, 221, SILENT),
        (Level.EMERGENCY, "sms", None, None, 99_999, None),
        (Level.EMERGENCY, "voice", None, 100, 219, None),
        (Level.EMERGENCY, "sms", None, 100, 221, SILENT),
        # What waited before the claim counts from the claim.
        (Level.URGENT, "sms", None, -500, 119, None),
        (Level.URGENT, "sms", None, -500, 121, SILENT),
    ],
)
def test_when_a_thread_goes_back(
    level: Level, means: str, beat_at: int | None, unanswered: int | None, now: int, why: str | None
) -> None:
    beat_, waits = (None if each is None else at(each) for each in (beat_at, unanswered))
    assert due(Held(level, means, at(0), beat_, waits), RULES, at(now)) == why


@pytest.mark.parametrize(
    ("acted", "wrote", "last"),
    [
        (None, 101, 221),  # one key buys the time for one answer, not the thread
        (None, 219, 339),
        (None, 699, 700),  # keys alone: ten minutes in front of a message that waits
        (110, None, 710),  # a note, "I am on it"
        (110, 650, 710),  # keys after it add nothing to its ten minutes
        (110, 300, 710),
        (99, 98, 220),  # what was done before the message came is no answer to it
    ],
)
def test_what_stands_for_an_answer_and_for_how_long(acted: int | None, wrote: int | None, last: int) -> None:
    did, keys = (None if each is None else at(each) for each in (acted, wrote))
    for level in Level.ROUTINE, Level.EMERGENCY:
        held = Held(level, "console", at(0), at(last), at(100), acted=did, wrote=keys)
        assert (due(held, RULES, at(last)), due(held, RULES, at(last + 1))) == (None, SILENT)


def test_who_may_not_write_is_not_taken_for_silent() -> None:
    held = Held(Level.EMERGENCY, "console", at(0), at(1000), at(100), can_text=False)
    assert due(held, RULES, at(1001)) is None
    assert due(held, RULES, at(1031)) == AWAY


@pytest.mark.parametrize("means", ["sms", "voice"])
@pytest.mark.parametrize(
    ("unanswered", "acted", "last"), [(None, None, 600), (300, None, 900), (300, 100, 900), (300, 880, 1480)]
)
def test_a_phone_that_may_not_text_must_give_a_sign_every_ten_minutes(
    means: str, unanswered: int | None, acted: int | None, last: int
) -> None:
    waits, did = (None if each is None else at(each) for each in (unanswered, acted))
    held = Held(Level.EMERGENCY, means, at(0), None, waits, can_text=False, acted=did)
    assert (due(held, RULES, at(last)), due(held, RULES, at(last + 1))) == (None, SILENT)
    assert due(held, RULES, at(last + 1), since=at(last)) is None


def test_a_resident_who_said_stop_is_not_held_by_a_phone_that_sleeps(night: Night) -> None:
    ana = night.person("Ana Ruiz")
    night.text(DANGER)
    row = night.open()
    with night.database.begin() as session:
        escalations.claim_waiting(session, row.id, ana, night.at, escalations.BY_VOICE)
        conversations.say(session, session.get_one(Conversation, row.conversation_id), "I am here", "responder",
                          night.later(seconds=5), responder_id=ana.id)  # fmt: skip
    night.text("STOP")
    night.later(minutes=9)
    assert look(night) == []
    with night.database.begin() as session:  # everything is answered, as far as a reply may go
        conversations.say(session, session.get_one(Conversation, row.conversation_id), "I call", "responder",
                          night.at, responder_id=ana.id)  # fmt: skip
    assert look(night) == []
    night.later(minutes=2)
    assert look(night) == [row.conversation_id]
    assert night.open().status == "waiting"


def test_nothing_counts_from_before_anybody_could_be_heard() -> None:
    held = Held(Level.EMERGENCY, "console", at(0), at(10), at(5))
    assert due(held, RULES, at(1000)) == SILENT
    assert due(held, RULES, at(1000), since=at(990)) is None
    assert due(held, RULES, at(1000), since=at(960)) == AWAY


def test_a_closed_lid_gives_the_thread_back_and_the_resident_is_told(night: Night) -> None:
    ana, ben = night.person("Ana Ruiz"), night.person("Ben")
    on_shift(night, ana, ben)
    night.text(DANGER)
    row = night.claimed(ana)
    for _ in range(6):
        night.later(seconds=10)
        beat(night, ana, row)
        assert look(night) == []
    said = len(night.said())
    night.later(seconds=29)
    assert look(night) == []
    night.later(seconds=2)
    assert look(night) == [row.conversation_id]
    assert look(night) == []
    back = night.open()
    assert (back.status, back.owner_id, back.claimed_at, back.waiting_since) == ("waiting", None, None, night.at)
    assert back.epoch == row.epoch + 1
    assert night.said()[said:] == texts.each("owner_away", None)[: len(night.said()) - said]
    with night.database.begin() as session:
        assert session.get_one(Conversation, row.conversation_id).handler == "bot"
        kept = session.scalars(select(Transfer)).one()
        assert (kept.kind, kept.state, kept.from_id, kept.note, kept.at) == ("lapse", "done", ana.id, AWAY, night.at)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "lapse")).one()
        assert entry.detail == {"why": AWAY, "owner": ana.id}
        paged = select(Page.responder_id).where(Page.sent_at == night.at).order_by(Page.responder_id)
        assert session.scalars(paged).all() == [ana.id, ben.id]
        assert [found.id for _, found in ownership.lapsed_from(session, ana.id, night.at - timedelta(hours=1))] == [
            row.id
        ]
        assert ownership.lapsed_from(session, ben.id, night.at - timedelta(hours=1)) == []


def test_what_a_sleeper_sends_afterwards_is_refused(night: Night) -> None:
    ana, ben = night.person("Ana Ruiz"), night.person("Ben")
    night.text(DANGER)
    row = night.claimed(ana)
    night.later(minutes=2)
    assert look(night) == [row.conversation_id]
    with pytest.raises(escalations.Conflict), night.database.begin() as session:
        escalations.owned(session, row.id, row.epoch, ana)
    taken = night.claimed(ben)
    with pytest.raises(escalations.Conflict) as late, night.database.begin() as session:
        escalations.owned(session, row.id, row.epoch, ana)
    assert late.value.owner == "Ben"
    assert taken.owner_id == ben.id


def test_an_unanswered_message_gives_the_thread_back_though_the_page_is_open(night: Night) -> None:
    ana = night.person()
    night.text(DANGER)
    row = night.claimed(ana)
    with night.database.begin() as session:
        mine = escalations.owned(session, row.id, row.epoch, ana)
        conversations.say(session, mine.conversation, "I am here", "responder", night.later(seconds=5),
                          responder_id=ana.id)  # fmt: skip
        escalations.replied(mine, night.at)
    night.later(minutes=9)
    beat(night, ana)
    assert look(night) == []  # nothing waits for her
    night.text("are you there")
    for _ in range(4):  # a resident who goes on writing makes the wait no shorter
        night.later(seconds=10)
        night.text("hello?")
        beat(night, ana)
        assert look(night) == []
    night.later(seconds=1)
    beat(night, ana)
    assert look(night) == [row.conversation_id]
    with night.database.begin() as session:
        assert session.scalars(select(Transfer.note)).one() == SILENT


def test_what_a_colleague_writes_elsewhere_is_no_answer_here(night: Night) -> None:
    ana, ben = night.person("Ana Ruiz"), night.person("Ben")
    night.text(DANGER)
    row = night.claimed(ana)
    night.text("are you there")
    night.text(DANGER, number="+15555550118")
    with night.database.begin() as session:
        other = session.scalars(select(Escalation).where(Escalation.id != row.id)).one()
        escalations.claim(session, other.id, other.epoch, ben, night.at)
        conversations.say(session, other.conversation, "I am here", "responder", night.at, responder_id=ben.id)
    night.later(minutes=2)
    for each in ana, ben:
        beat(night, each)
    with night.database.begin() as session:
        assert set(owner_watch.soon(session, RULES, ana.id, night.at)) == {row.id}
        assert owner_watch.soon(session, RULES, ben.id, night.at) == {}
    assert look(night) == [row.conversation_id]


def test_who_writes_a_long_answer_is_not_silent(night: Night) -> None:
    ana = night.person()
    night.text(DANGER)
    row = night.claimed(ana)
    for _ in range(20):
        night.later(seconds=20)
        beat(night, ana, row)
        assert look(night) == []


def test_one_key_does_not_hold_a_thread(night: Night) -> None:
    ana = night.person()
    night.text(DANGER)
    row = night.claimed(ana)
    night.later(seconds=5)
    beat(night, ana, row)
    for _ in range(12):
        night.later(seconds=10)
        beat(night, ana)
        assert look(night) == []
    night.later(seconds=1)
    assert look(night) == [row.conversation_id]
    assert night.open().owner_wrote_at is None


def test_who_is_about_to_lose_a_thread_hears_of_it_in_time(night: Night) -> None:
    ana, ben = night.person("Ana"), night.person("Ben")
    night.text(DANGER)
    row = night.claimed(ana)

    def soon(who: Responder) -> dict[int, int]:
        with night.database.begin() as session:
            return owner_watch.soon(session, RULES, who.id, night.at)

    night.later(seconds=59)
    assert soon(ana) == {}
    night.later(seconds=1)
    assert (soon(ana), soon(ben)) == ({row.id: 60}, {})
    beat(night, ana, row)
    assert soon(ana) == {}


def test_who_answers_by_phone_calls_is_not_silent(night: Night, settings: Settings) -> None:
    ana = night.person()
    night.text(DANGER)
    row = night.claimed(ana)
    with night.database.begin() as session:
        contact = session.get_one(Conversation, row.conversation_id).contact
        optout.stop(session, contact.channel, contact.address_hash, "test", night.at)
    night.later(minutes=10)
    beat(night, ana)
    assert look(night) == []


@pytest.mark.parametrize("others", [0, 1])
def test_the_resident_is_told_truly_who_is_asked(night: Night, others: int) -> None:
    ana, ben = night.person("Ana Ruiz"), night.person("Ben")
    on_shift(night, ana, *[ben][:others])
    night.text(DANGER)
    row = night.claimed(ana)
    with night.database.begin() as session:
        session.get_one(Conversation, row.conversation_id).language = "en"
    night.later(minutes=1)
    assert look(night)
    assert night.said()[-1] == texts.say("owner_away" if others else "owner_away_nobody_on_shift", "en")


@pytest.mark.parametrize(
    ("level", "others", "key"),
    [
        (Level.ROUTINE, 0, "responder_left"),
        (Level.ROUTINE, 1, "responder_left"),
        (Level.URGENT, 1, "responder_left_danger"),
        (Level.EMERGENCY, 0, "responder_left_danger_nobody_on_shift"),
    ],
)
def test_who_leaves_a_danger_open_promises_no_computer(night: Night, level: Level, others: int, key: str) -> None:
    ana, ben = night.person("Ana Ruiz"), night.person("Ben")
    on_shift(night, ana, *[ben][:others])
    row = night.opened(level, ana)
    with night.database.begin() as session:
        session.get_one(Conversation, row.conversation_id).language = "es"
        escalations.release(session, row.id, row.epoch, ana, night.at)
    assert night.said()[-1] == texts.say(key, "es")


def test_a_thread_whose_owner_writes_at_this_moment_is_left_alone(night: Night) -> None:
    ana = night.person()
    night.text(DANGER)
    row = night.claimed(ana)
    night.later(minutes=3)
    with night.database.begin() as session:
        mine = escalations.owned(session, row.id, row.epoch, ana)
        assert look(night) == []
        conversations.say(session, mine.conversation, "sorry, I am here", "responder", night.at, responder_id=ana.id)
        escalations.replied(mine, night.at)
    beat(night, ana)
    assert look(night) == []


def test_the_clock_begins_anew_when_the_watch_was_interrupted(night: Night) -> None:
    ana = night.person()
    night.text(DANGER)
    row = night.claimed(ana)
    watch = owner_watch.Watch()

    def run() -> list[int]:
        with night.database.begin() as session:
            return watch(session, night.community, night.at)

    night.later(hours=1)  # the worker starts; whether Ana's console was heard meanwhile, nobody knows
    assert run() == []
    for _ in range(29):
        night.later(seconds=1)
        assert run() == []
    night.later(seconds=20)  # the store was down for 20 seconds
    assert run() == []
    for _ in range(30):
        night.later(seconds=1)
        assert run() == []
    night.later(seconds=1)
    assert run() == [row.conversation_id]


def test_two_who_look_at_once_take_it_back_once(night: Night) -> None:
    ana = night.person()
    night.text(DANGER)
    row = night.claimed(ana)
    night.later(minutes=3)
    with night.database.begin() as one:
        assert owner_watch.lapse_due(one, night.community, night.at) == [row.conversation_id]
        assert look(night) == []
    assert look(night) == []
    with night.database.begin() as session:
        assert len(session.scalars(select(Transfer)).all()) == 1


def test_a_phone_claims_what_waits_whatever_its_epoch(night: Night) -> None:
    ana, ben = night.person("Ana Ruiz"), night.person("Ben")
    night.text(DANGER)
    night.claimed(ana)
    night.later(minutes=3)
    assert look(night)
    with night.database.begin() as session:
        row = escalations.claim_waiting(session, night_row(session), ben, night.at, "sms")
        assert (row.owner_id, row.owner_means) == (ben.id, "sms")
    with pytest.raises(escalations.Conflict) as late, night.database.begin() as session:
        escalations.claim_waiting(session, row.id, ana, night.at, "voice")
    assert late.value.owner == "Ben"
    night.later(seconds=119)
    assert look(night) == []


def night_row(session: object) -> int:
    found = session.scalars(select(Escalation.id)).one()  # type: ignore[attr-defined]
    assert isinstance(found, int)
    return found


def test_an_act_is_noted_for_the_owner_alone_and_not_with_every_letter(night: Night) -> None:
    ana, ben = night.person("Ana Ruiz"), night.person("Ben")
    night.text(DANGER)
    row = night.claimed(ana)

    def act(who: Responder) -> int | None:
        with night.database.begin() as session:
            return attendance.act(session, row.id, who.id, night.at)

    assert act(ben) is None
    assert act(ana) == row.conversation_id
    night.later(seconds=14)
    assert act(ana) is None
    night.later(seconds=2)
    assert act(ana) == row.conversation_id


def test_a_reply_counts_as_an_act(database: Database, night: Night) -> None:
    ana = night.person()
    night.text(DANGER)
    row = night.claimed(ana)
    assert row.owner_acted_at is None
    with database.begin() as session:
        mine = escalations.owned(session, row.id, row.epoch, ana)
        escalations.replied(mine, night.at)
    assert night.open().owner_acted_at == night.at
    with database.begin() as session:
        assert session.scalars(select(Message.id).where(Message.author == "responder")).all() == []
