"""A web conversation goes on by text and comes back: one thread, one order, nobody's number without its owner's yes."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text, update

from gateway import calling, conversations, escalations, leases, moving, notifying, optout, sending
from gateway.conversations import SMS, WEBCHAT, say
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Refused
from gateway.means import OPTED_OUT as CARRIER_SAYS_STOP
from gateway.means import Leaving, Outcome, failed
from gateway.models import Consent, Contact, Conversation, Delivery, Escalation, Message, Notice, OptOut, PhoneMove
from gateway.risk import Level
from gateway.settings import Settings
from tests.conftest import Clock
from tests.gateway.moved import PHONE, Person, responder, threads

DANGER = "i took all my pills"


@pytest.fixture
def person(database: Database, door: Door, clock: Clock) -> Person:
    """Somebody who opened the chat."""
    return Person(database, door.settings.keys, door.community, clock)


@pytest.fixture
def another(database: Database, door: Door, clock: Clock) -> Callable[[str], Person]:
    """Somebody else at another page."""
    return lambda visitor: Person(database, door.settings.keys, door.community, clock, visitor)


def one(database: Database, table: type) -> object:
    with database.begin() as session:
        return session.scalars(select(table)).one()


def texts(database: Database) -> list[tuple[str, str]]:
    """Every text to a resident with what became of it."""
    with database.begin() as session:
        found = session.execute(
            select(Message.text, Delivery.status).join(Delivery, Delivery.message_id == Message.id).order_by(Message.id)
        )
        return [(words, status) for words, status in found]


def test_the_conversation_goes_on_by_text_and_back(person: Person, database: Database, clock: Clock) -> None:
    person.write("i need food")
    person.move()
    assert threads(database) == [("sms", True, True, 1)]
    [(hello, status)] = texts(database)
    assert "go on here by text" in hello
    assert status == "queued"
    clock.forward(minutes=1)
    person.text("near 94110")
    with database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        say(session, conversation, "here are three", "bot", clock())
    assert texts(database)[-1] == ("here are three", "queued")
    assert person.reads() == ["i need food", hello, "near 94110", "here are three"]
    clock.forward(minutes=1)
    person.write("thank you, one more thing")
    assert threads(database) == [("webchat", True, True, 3)]
    with database.begin() as session:
        say(session, session.scalars(select(Conversation)).one(), "yes?", "bot", clock())
    assert texts(database)[-1][0] == "here are three"  # this one is for the page
    person.text("by text again")
    assert threads(database) == [("sms", True, True, 4)]


def test_who_wrote_nothing_yet_may_begin_by_text(person: Person, database: Database) -> None:
    person.move()
    person.text("hello")
    assert threads(database) == [("sms", True, True, 1)]
    assert len(person.reads()) == 2


def test_the_yes_is_kept_with_its_words_for_the_number_that_was_proved(
    person: Person, database: Database, settings: Settings, clock: Clock
) -> None:
    code, asked_at = person.ask(), clock()
    with database.begin() as session:
        assert session.scalars(select(Consent)).all() == []
    clock.forward(minutes=2)
    person.confirm(code)
    kept = one(database, Consent)
    assert isinstance(kept, Consent)
    assert (kept.purpose, kept.given, kept.wording, kept.at) == ("by_text", True, "yes to texts", asked_at)
    assert kept.address_hash == settings.keys.hash(PHONE)
    with database.begin() as session:
        assert session.scalars(select(Conversation)).one().answers["safe_to_text"] == "yes"


def test_a_code_is_good_once(person: Person, database: Database) -> None:
    code = person.ask()
    assert person.confirm(code) == moving.MOVED
    assert person.confirm(code) == moving.NO_CODE
    assert len(texts(database)) == 1


def test_a_code_as_it_is_read_from_a_phone(person: Person) -> None:
    code = person.ask() or ""
    assert person.confirm(f" {code[:3]} {code[3:]} ") == moving.MOVED


def test_after_five_wrong_codes_the_right_one_is_wrong_too(person: Person, database: Database) -> None:
    code = person.ask() or ""
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    assert [person.confirm(wrong) for _ in range(5)] == [moving.WRONG_CODE] * 4 + [moving.NO_CODE]
    assert person.confirm(code) == moving.NO_CODE
    assert threads(database) == []


def test_a_code_ends_after_ten_minutes(person: Person, clock: Clock) -> None:
    code = person.ask()
    clock.forward(minutes=10)
    assert person.confirm(code) == moving.NO_CODE


def test_only_the_newest_code_counts_and_an_older_one_does_not_leave(person: Person, database: Database) -> None:
    first = person.ask()
    second = person.ask()
    assert first != second or first is None
    with database.begin() as session:
        assert session.scalars(select(Notice.state).order_by(Notice.id)).all() == ["cancelled", "queued"]
    assert person.confirm(first) == moving.WRONG_CODE
    assert person.confirm(second) == moving.MOVED


def test_the_code_of_another_visitor_is_no_code(person: Person, another: Callable[[str], Person]) -> None:
    code = person.ask()
    assert another("somebody").confirm(code) == moving.NO_CODE
    other = another("somebody else")
    other.ask("+14155550199")
    assert other.confirm(code) == moving.WRONG_CODE


def test_no_code_and_no_number_stand_in_the_rows(person: Person, database: Database) -> None:
    code = person.ask() or "?"
    with database.begin() as session:
        rows = [str(row) for table in (PhoneMove, Contact) for row in session.execute(select(*table.__table__.columns))]
        sent = session.scalars(select(Notice)).one()
        assert (sent.responder_id, sent.member_id, sent.means) == (None, None, "sms")
        assert PHONE not in sent.text
    assert not any(each in row for each in (code, PHONE, PHONE[2:]) for row in rows)


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_code_says_who_writes_and_nothing_of_what_was_said(
    person: Person, database: Database, door: Door, language: str
) -> None:
    person.write("my husband hits me")
    person.ask(language=language)
    with database.begin() as session:
        said = session.scalars(select(Notice.text).where(Notice.phone_move_id.is_not(None))).one()
    assert said.startswith(door.community.called(language))
    ways = {"en": ("Do not share", "HELP", "STOP"), "es": ("No se la dé a nadie", "AYUDA", "ALTO")}
    assert all(word in said for word in ways[language])


@pytest.mark.parametrize(
    "typed", ["", "hello", "911", "12345", "+52 55 1234 5678", "+1 876 555 0123", "+1 242 322 1234", "\x00", "1" * 40]
)
def test_a_number_of_another_country_or_none_is_refused(person: Person, database: Database, typed: str) -> None:
    with pytest.raises(Refused, match="bad_phone"):
        person.ask(typed)
    with database.begin() as session:
        assert session.scalars(select(PhoneMove)).all() == []


def test_our_own_number_is_refused(person: Person, door: Door) -> None:
    with pytest.raises(Refused, match="bad_phone"):
        person.ask(door.community.sms_number)


def test_a_number_that_said_stop_gets_no_text_and_its_secret_is_kept(
    person: Person, database: Database, settings: Settings, clock: Clock
) -> None:
    with database.begin() as session:
        optout.stop(session, SMS, settings.keys.hash(PHONE), "keyword", clock())
    assert person.ask() is None
    with database.begin() as session:
        assert session.scalars(select(Notice)).all() == []
    assert person.confirm("") == moving.WRONG_CODE
    person.text("START")
    assert person.confirm(person.ask()) == moving.MOVED


def test_who_says_stop_between_code_and_answer_is_not_texted(person: Person, database: Database) -> None:
    person.write("hello")
    code = person.ask()
    person.text("STOP")
    assert person.confirm(code) == moving.OPTED_OUT
    assert [kind for kind, *_ in threads(database)] == ["webchat", "sms"]
    assert texts(database) == []


def test_what_a_carrier_says_of_a_number_is_remembered(
    person: Person, database: Database, settings: Settings, clock: Clock
) -> None:
    person.ask()

    def refuse(leaving: Leaving) -> Outcome:
        assert leaving.number == PHONE
        return failed(CARRIER_SAYS_STOP, permanent=True, error_code=21610)

    assert notifying.send_next(database, {"sms": refuse}, settings.keys, clock)
    with database.begin() as session:
        assert session.scalars(select(OptOut.source)).all() == ["twilio"]
    assert person.ask() is None


def test_three_codes_an_hour_for_a_visitor(person: Person, clock: Clock) -> None:
    for number in range(3):
        assert person.ask(f"+1415555020{number}")
    clock.forward(minutes=20)
    with pytest.raises(Refused, match="too_many_codes") as refused:
        person.ask("+14155550209")
    assert refused.value.status == 429
    assert refused.value.after == 40 * 60 + 1
    clock.forward(minutes=41)
    assert person.ask("+14155550209")


def test_three_codes_an_hour_and_six_a_day_for_a_number_whoever_asks(
    another: Callable[[str], Person], clock: Clock
) -> None:
    sent = []
    for visitor in range(12):
        sent.append(another(f"visitor {visitor}").ask() is not None)
        clock.forward(minutes=11)
    assert sent[:3] == [True, True, True]
    assert sum(sent) == 6
    clock.forward(days=1)
    assert another("the next day").ask()


def test_a_town_sends_no_more_than_its_share(
    another: Callable[[str], Person], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "OF_TOWN", 2)
    assert another("one").ask("+14155550201")
    assert another("two").ask("+14155550202")
    with pytest.raises(Refused, match="too_many_codes"):
        another("three").ask("+14155550203")


def test_danger_is_never_held_off(person: Person) -> None:
    for number in range(3):
        person.ask(f"+1415555020{number}")
    with pytest.raises(Refused):
        person.ask()
    assert any("911" in said for said in person.write(DANGER).replies)


def test_a_number_that_nobody_proved_is_forgotten(person: Person, database: Database, clock: Clock) -> None:
    person.ask()
    clock.forward(days=1, minutes=1)
    person.ask("+14155550177")
    with database.begin() as session:
        moving.forget(session, clock())
        old, new = session.scalars(select(PhoneMove).order_by(PhoneMove.id))
        assert (old.address_sealed, old.address_hash) == (None, "")
        assert new.address_sealed is not None


def test_an_open_thread_by_text_with_nothing_in_it_ends(person: Person, database: Database, clock: Clock) -> None:
    person.text("words of long ago")
    with database.begin() as session:
        session.execute(update(Conversation).values(pending_since=None))
    person.write("hello")
    person.move()
    assert threads(database) == [("sms", False, False, 1), ("sms", True, True, 1)]
    with database.begin() as session:
        reasons = session.scalars(select(Conversation.close_reason).order_by(Conversation.id)).all()
        assert reasons == [moving.CLOSED_AS, None]
    assert "words of long ago" not in person.reads()
    person.text("a text of now")
    assert "a text of now" in person.reads()


@pytest.mark.parametrize("what", ["a person is asked for", "a person holds it", "the bot is to answer", "a question"])
def test_an_open_thread_by_text_that_would_be_lost_stays(
    person: Person, database: Database, clock: Clock, what: str
) -> None:
    person.text(DANGER if what == "a person is asked for" else "hello")
    person.write("hello from the page")
    values = {
        "a person is asked for": {"pending_since": None},
        "a person holds it": {"handler": "responder", "pending_since": None},
        "the bot is to answer": {"pending_since": clock()},
        "a question": {"menu_open": "check", "pending_since": None},
    }[what]
    with database.begin() as session:
        session.execute(update(Conversation).where(Conversation.channel == SMS).values(**values))
    before = threads(database)
    assert person.confirm(person.ask()) == moving.THREAD_OPEN
    assert threads(database) == before
    assert not any("go on here" in words for words, _ in texts(database))


def test_a_responder_keeps_the_thread_they_hold(person: Person, database: Database, clock: Clock) -> None:
    person.write(DANGER)
    with database.begin() as session:
        who = responder(session, "Ana", clock())
        row = session.scalars(select(Escalation)).one()
        escalations.claim(session, row.id, row.epoch, who, clock())
    person.move()
    assert threads(database) == [("sms", True, True, 1)]
    with database.begin() as session:
        row = session.scalars(select(Escalation)).one()
        say(session, row.conversation, "I am here.", "responder", clock(), priority=1)
    sent: list[str] = []
    assert sending.send_all(database, Carrier(sent), person.keys)
    assert [each.partition(" ")[0] for each in sent] == [PHONE] * len(sent)
    assert "I am here." in " ".join(sent)
    assert "go on here" in sent[0]


class Carrier:
    """Takes every text and keeps what it took."""

    def __init__(self, sent: list[str]) -> None:
        self._sent = sent

    def send(self, to: str, body: str) -> str:
        self._sent.append(f"{to} {body}")
        return f"SM{len(self._sent):032x}"

    def find(self, to: str, body: str, since: object) -> str | None:
        return None


def test_a_text_that_waits_still_finds_the_phone(person: Person, database: Database) -> None:
    person.write("hello")
    person.move()
    person.write("back at the page")
    sent: list[str] = []
    sending.send_all(database, Carrier(sent), person.keys)
    assert len(sent) == 1
    assert sent[0].startswith(PHONE)
    assert [status for _, status in texts(database)] == ["sent"]


def test_stop_by_text_leaves_the_page_and_cuts_it_off_from_the_phone(person: Person, database: Database) -> None:
    person.write("hello")
    person.move()
    person.text("STOP")
    assert threads(database) == [("webchat", True, True, 2)]
    assert [status for _, status in texts(database)] == ["cancelled"]
    person.text("only for you")
    assert threads(database) == [("webchat", False, True, 2), ("sms", False, True, 1)]
    assert "only for you" not in person.reads()
    person.write("still here")
    assert threads(database)[0] == ("webchat", False, True, 3)


@pytest.mark.parametrize("words", ["please stop texting me", "no me manden más mensajes"])
def test_no_more_texts_may_be_asked_for_on_the_page(person: Person, database: Database, words: str) -> None:
    person.write("hello")
    person.move()
    said = person.write(words).replies
    assert len(said) == 1
    assert "START" in said[0]
    with database.begin() as session:
        assert session.scalars(select(OptOut.channel)).all() == ["sms"]
    assert threads(database) == [("webchat", True, True, 2)]
    assert [status for _, status in texts(database)] == ["cancelled"]


def test_in_danger_the_number_may_be_called_after_stop(person: Person, database: Database, clock: Clock) -> None:
    person.write("hello")
    person.move()
    assert any("911" in said for said in person.text(DANGER).replies)
    person.text("STOP")
    with database.begin() as session:
        who = responder(session, "Ana", clock())
        row = session.scalars(select(Escalation).order_by(Escalation.id)).first()
        assert row is not None
        assert row.conversation.channel == WEBCHAT
        escalations.claim(session, row.id, row.epoch, who, clock())
        assert calling.may_call(session, row, who)
        calling.show_number(session, row.id, who, clock())
        assert calling.number(session, person.keys, row, who, clock()) == PHONE


def test_what_was_split_over_page_and_phone_is_read_together(person: Person, database: Database) -> None:
    person.write("hello")
    person.move()
    person.text("i am going to kill")
    assert person.write("myself").level >= Level.URGENT


def test_after_the_end_each_way_is_its_own_again(person: Person, database: Database, clock: Clock) -> None:
    person.write("hello")
    person.move()
    with database.begin() as session:
        conversations.close(session, session.scalars(select(Conversation)).one(), "resident_done", clock())
    person.text("by text")
    person.write("on the page")
    assert threads(database) == [("sms", True, False, 1), ("sms", False, True, 1), ("webchat", False, True, 1)]
    assert "by text" not in person.reads()


def test_a_number_may_move_to_another_page_and_a_page_to_another_number(
    person: Person, another: Callable[[str], Person], database: Database
) -> None:
    person.write("hello")
    person.move()
    with database.begin() as session:
        session.execute(update(Conversation).values(pending_since=None))
    other = another("second page")
    other.write("hello from the second")
    other.move()
    person.text("for the second page")
    assert "for the second page" in other.reads()
    assert "for the second page" not in person.reads()
    other.move("+14155550188")
    person.text("to nobody's page")
    assert "to nobody's page" not in other.reads()
    other.text("from the new phone", "+14155550188")
    assert "from the new phone" in other.reads()


def test_page_and_phone_at_once_are_one_thread_in_one_order(person: Person, database: Database) -> None:
    person.write("hello")
    person.move()
    gate = threading.Barrier(2)

    def say_many(way: Callable[[str], object], name: str) -> None:
        for number in range(12):
            gate.wait()
            way(f"{name} {number}")

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(say_many, person.write, "page"), pool.submit(say_many, person.text, "phone")]:
            done.result()
    [(_, joined, still_open, count)] = threads(database)
    assert (joined, still_open, count) == (True, True, 25)
    read = person.reads()
    for name in ("page", "phone"):
        assert [each for each in read if each.startswith(name)] == [f"{name} {number}" for number in range(12)]


def test_two_tabs_that_confirm_at_once_move_once(person: Person, database: Database) -> None:
    person.write("hello")
    code = person.ask()
    gate = threading.Barrier(2)

    def confirm() -> str:
        gate.wait()
        return person.confirm(code)

    with ThreadPoolExecutor(2) as pool:
        came = sorted(done.result() for done in [pool.submit(confirm) for _ in range(2)])
    assert came == sorted([moving.MOVED, moving.NO_CODE])
    assert len(texts(database)) == 1


def test_two_tabs_that_ask_at_once_have_one_code_between_them(person: Person, database: Database) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(person.ask) for _ in range(2)]:
            done.result()
    with database.begin() as session:
        assert sorted(session.scalars(select(Notice.state))) == ["cancelled", "queued"]


def test_a_first_text_and_the_move_at_once_leave_one_open_thread_for_the_number(
    person: Person, database: Database
) -> None:
    person.write("hello")
    code = person.ask()
    gate = threading.Barrier(2)

    def confirm() -> str:
        gate.wait()
        return person.confirm(code)

    def write() -> None:
        gate.wait()
        person.text("at the same time")

    with ThreadPoolExecutor(2) as pool:
        came, _ = pool.submit(confirm), pool.submit(write).result()
        outcome = came.result()
    opened = [each for each in threads(database) if each[2]]
    if outcome == moving.MOVED:  # the text came into the thread that had moved
        assert opened == [("sms", True, True, 2)]
    else:  # it was first, and waits for its answer in a thread of its own
        assert outcome == moving.THREAD_OPEN
        assert opened == [("webchat", False, True, 1), ("sms", False, True, 1)]


def test_a_worker_that_waited_for_a_turn_to_the_other_way_holds_its_lease(person: Person, database: Database) -> None:
    person.write("hello")
    person.move()
    with database.begin() as session:
        lease = leases.take(session, "test")
    assert lease is not None
    held: list[str] = []

    def hold() -> None:
        with database.begin() as session:
            held.append(leases.held(session, lease).channel)

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            conversation = conversations.lock(session, lease.conversation_id)
            waiting = pool.submit(hold)
            until_it_waits(database)
            assert conversation.other_contact is not None
            conversations.turn_to(conversation, conversation.other_contact)
        waiting.result()
    assert held == [WEBCHAT]


def until_it_waits(database: Database) -> None:
    """Until some connection waits for a lock."""
    while True:
        with database.engine.connect() as connection:
            if connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
                return
