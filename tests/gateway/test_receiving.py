"""The one road in: stored once, screened always, answered the same each time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway import optout, risk
from gateway.acceptor import Acceptor
from gateway.conversations import SMS, WEBCHAT, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import Assessment, Contact, Conversation, Delivery, Escalation, Message, OptOut
from gateway.receiving import receive
from gateway.risk import Level
from tests.conftest import RESIDENT, Phone
from tests.gateway.road import rows


@pytest.mark.parametrize(
    "text", ["i took all my pills", "me tome todas las pastillas", "he has a gun pointed at me", "mi bebe no respira"]
)
def test_danger_is_answered_in_the_webhook_itself_in_both_languages(
    phone: Phone, database: Database, text: str
) -> None:
    answer = phone.text(text).text
    assert answer.count("<Message>") == 3  # the safety text in both languages, and that nobody is on shift
    assert "911" in answer
    assert "llame" in answer.lower()
    assert "call" in answer.lower()
    [escalation] = rows(database, Escalation)
    assert (escalation.level, escalation.status, escalation.reason) == ("emergency", "waiting", "risk")
    [assessment] = rows(database, Assessment)
    assert assessment.findings
    said = [m for m in rows(database, Message) if m.direction == "out"]
    assert [m.in_webhook for m in said] == [True, True, True]
    assert {d.status for d in rows(database, Delivery)} == {"sent"}


def test_an_everyday_text_waits_for_the_bot_with_an_empty_answer(phone: Phone, database: Database) -> None:
    assert "<Message>" not in phone.text("need food").text
    [conversation] = rows(database, Conversation)
    assert conversation.pending_since is not None
    assert conversation.language == "en"
    assert rows(database, Escalation) == []


def test_the_number_is_stored_hashed_and_sealed_only(phone: Phone, database: Database, door: Door) -> None:
    phone.text("hola")
    [contact] = rows(database, Contact)
    assert RESIDENT not in contact.address_hash
    assert door.settings.keys.open(contact.address_sealed) == RESIDENT
    assert RESIDENT[1:].encode() not in contact.address_sealed


def test_twenty_deliveries_at_once_are_one_message(door: Door, database: Database) -> None:
    inbound = Inbound(SMS, RESIDENT, "SM" + "1" * 32, "i took all my pills")
    # Of the tests' own store, which has time: on a busy machine the door's would send some of them to the journal.
    acceptor = Acceptor(door.settings.keys, door.community, database, door.journal, door.bell)
    acceptor.patience = 60.0
    with ThreadPoolExecutor(20) as pool:
        receipts = list(pool.map(lambda _: acceptor.accept(inbound), range(20)))
    acceptor.close()
    assert len({tuple(receipt.replies) for receipt in receipts}) == 1
    assert sum(not receipt.duplicate for receipt in receipts) == 1
    assert len([m for m in rows(database, Message) if m.direction == "in"]) == 1
    assert len(rows(database, Escalation)) == 1


def test_a_screen_that_breaks_means_a_person_must_look(
    phone: Phone, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = risk.Assessment(level=Level.URGENT, categories=(), findings=(), version="x", not_screened="error")
    monkeypatch.setattr(risk, "screen", lambda *_: broken)
    assert "<Message>" in phone.text("hola").text
    [escalation] = rows(database, Escalation)
    assert escalation.level == "urgent"
    [assessment] = rows(database, Assessment)
    assert assessment.not_screened == "error"


def test_stop_in_danger_is_confirmed_with_the_lines_for_life(phone: Phone) -> None:
    phone.text("me quiero morir")
    answer = phone.text("ALTO").text
    assert answer.count("<Message>") == 1
    assert "988" in answer
    assert "911" in answer


def test_what_was_said_before_is_not_answered_again(phone: Phone, database: Database) -> None:
    phone.text("i want to die")
    assert "<Message>" not in phone.text("hello are you there").text
    assert [a.level for a in rows(database, Assessment)] == ["urgent", "none"]


def test_a_sentence_split_over_two_texts_is_judged_together(phone: Phone, database: Database) -> None:
    phone.text("i want to")
    phone.text("kill myself")
    assert rows(database, Escalation)[0].level in {"urgent", "emergency"}


def test_the_level_of_an_escalation_only_rises(phone: Phone, database: Database) -> None:
    phone.text("i want to die")
    phone.text("i just swallowed all my pills")
    phone.text("jk never mind")
    [escalation] = rows(database, Escalation)
    assert escalation.level == "emergency"


@pytest.mark.parametrize("word", ["STOP", "stop.", "Alto", "BAJA", "no más"])
def test_stop_is_honoured_and_confirmed_once(phone: Phone, database: Database, word: str) -> None:
    first, again = phone.text(word).text, phone.text(word).text
    assert "<Message>" not in again
    # Twilio confirms its own English words; ours would be a second confirmation.
    assert ("<Message>" in first) is (word.upper().strip(".") != "STOP") or word == "stop."
    [opted] = rows(database, OptOut)
    assert opted.ended_at is None
    phone.text("hola, necesito comida")
    assert all(c.pending_since is None for c in rows(database, Conversation))


def test_stop_cancels_what_is_queued_and_start_brings_back(phone: Phone, database: Database, door: Door) -> None:
    phone.text("hola")
    with database.begin() as session:
        from gateway.conversations import say  # noqa: PLC0415

        say(session, session.scalars(select(Conversation)).one(), "hi", "bot", datetime.now(UTC))
    phone.text("ALTO")
    assert [d.status for d in rows(database, Delivery) if d.status in {"queued", "cancelled"}] == ["cancelled"]
    phone.text("INICIAR")
    with database.begin() as session:
        assert not optout.in_force(session, SMS, door.settings.keys.hash(RESIDENT))


@pytest.mark.parametrize("text", ["stop, i want to die", "no quiero parar de tomar pastillas, me quiero morir"])
def test_a_sentence_with_stop_in_it_is_no_opt_out(phone: Phone, database: Database, text: str) -> None:
    assert "911" in phone.text(text).text
    assert rows(database, OptOut) == []


@pytest.mark.parametrize("word", ["HELP", "AYUDA", "info", "SOS"])
def test_help_means_help_in_both_languages(phone: Phone, word: str) -> None:
    answer = phone.text(word).text
    # HELP, AYUDA and SOS are danger: the safety texts, that nobody is on shift, and who we are.
    assert answer.count("<Message>") == (2 if word == "info" else 4)
    assert "911" in answer
    assert "988" in answer


def test_danger_after_stop_still_reaches_a_person(phone: Phone, database: Database) -> None:
    phone.text("ALTO")
    assert "911" in phone.text("me quiero matar ahora con una pistola").text
    assert len(rows(database, Escalation)) == 1


def test_language_is_held_by_the_conversation(phone: Phone, database: Database) -> None:
    phone.text("necesito un lugar donde dormir esta noche")
    phone.text("ok")
    phone.text("shelter")
    assert rows(database, Conversation)[0].language == "es"
    phone.text("english please")
    assert rows(database, Conversation)[0].language == "en"


def test_web_chat_takes_the_same_road(database: Database, door: Door, now: datetime) -> None:
    inbound = Inbound(WEBCHAT, "visitor", "web:1", "i took all my pills")
    with database.begin() as session:
        receipt = receive(session, door.settings.keys, door.community, inbound, now)
    assert receipt.level is Level.EMERGENCY
    assert len(receipt.replies) == 4  # on a page each language stands by itself
    assert rows(database, Delivery) == []
    assert rows(database, Contact)[0].address_sealed is None


@pytest.mark.parametrize(("text", "heard"), [("94110", "es"), ("i need a place to sleep tonight", "en")])
def test_the_page_of_a_web_visitor_is_a_first_guess_at_the_language(
    database: Database, door: Door, now: datetime, text: str, heard: str
) -> None:
    inbound = Inbound(WEBCHAT, "visitor", "web:1", text, facts={"language": "es"})
    with database.begin() as session:
        receive(session, door.settings.keys, door.community, inbound, now)
    assert rows(database, Conversation)[0].language == heard


def test_message_ids_follow_the_order_of_acceptance(phones: Any, database: Database) -> None:
    writers = [phones() for _ in range(4)]

    def write(writer: Phone) -> None:
        for number in range(10):
            writer.text(f"message number {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, writers))
    for conversation in rows(database, Conversation):
        with database.begin() as session:
            texts = session.scalars(
                select(Message.text).where(Message.conversation_id == conversation.id).order_by(Message.id)
            ).all()
        assert [t for t in texts if t.startswith("message")] == [f"message number {n}" for n in range(10)]
    with database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 4


def test_what_breaks_every_time_is_stored_bare_and_a_person_looks(
    door: Door, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("gateway.answering.decide", broken)
    monkeypatch.setattr(door.acceptor, "_start_draining", lambda: None)
    receipt = door.acceptor.accept(Inbound(SMS, RESIDENT, "SM" + "1" * 32, "i took all my pills"))
    assert len(receipt.replies) == 2
    assert door.acceptor.drain() == 1
    [message] = [m for m in rows(database, Message) if m.direction == "in"]
    assert (message.text, message.handled_by) == ("i took all my pills", "could_not_process")
    [escalation] = rows(database, Escalation)
    assert (escalation.reason, escalation.level) == ("could_not_process", "emergency")
    assert [m.text for m in rows(database, Message) if m.in_webhook] == receipt.replies
    assert not door.journal.unreadable()


def test_a_replay_changes_nothing_the_second_time(door: Door, database: Database, now: datetime) -> None:
    first = Inbound(SMS, RESIDENT, "SM" + "1" * 32, "i took all my pills")
    for said in (None, (), ()):
        with database.begin() as session:
            receive(session, door.settings.keys, door.community, replace(first, said=said), now)
    said_rows = [m for m in rows(database, Message) if m.direction == "out"]
    assert [m.in_webhook for m in said_rows] == [False, False, False]
    assert [d.status for d in rows(database, Delivery)] == ["queued", "queued", "queued"]


def test_one_confirmation_of_stop_even_after_a_replay(door: Door, database: Database, now: datetime) -> None:
    told = Inbound(SMS, RESIDENT, "SM" + "1" * 32, "ALTO", said=("fuera / out",), level="none")
    for _ in range(2):
        with database.begin() as session:
            receive(session, door.settings.keys, door.community, told, now)
    assert [(m.text, m.in_webhook) for m in rows(database, Message) if m.direction == "out"] == [("fuera / out", True)]
