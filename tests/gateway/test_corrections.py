"""Who says that a record is wrong is heard, counted once and believed by nobody until an editor decides."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway import correction_words, corrections, log_ins, referrals, texts
from gateway.correction_words import Report
from gateway.db import Database
from gateway.door import Door
from gateway.errors import Conflict, Refused
from gateway.models import AuditEntry, Contact, Conversation, Message, Referral, Responder
from gateway.models.directory import Service
from gateway.models.listing import Correction, Verification
from gateway.scene import Scene
from tests import demo_town
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.test_turns import suggest
from tests.gateway.turn_street import Street

pytestmark = pytest.mark.slow

HEARD = {
    "wrong 2": Report(2, "wrong"),
    "Wrong number 2": Report(2, "wrong"),
    "#2 is wrong": Report(2, "wrong"),
    "the second one is wrong": Report(2, "wrong"),
    "2 is closed": Report(2, "wrong", "hours"),
    "The hours of 3 are wrong!": Report(3, "wrong", "hours"),
    "the phone number for 1 is wrong": Report(1, "wrong", "phone"),
    "number 1 is disconnected": Report(1, "wrong", "phone"),
    "wrong 1 phone is dead": Report(1, "wrong", "phone"),
    "el teléfono del 2 está muerto": Report(2, "wrong", "phone"),
    "2 moved": Report(2, "wrong", "address"),
    "2 closed for good": Report(2, "closed"),
    "2 doesn't exist anymore": Report(2, "closed"),
    "está mal el 2": Report(2, "wrong"),
    "El 2 está mal.": Report(2, "wrong"),
    "MAL 2": Report(2, "wrong"),
    "la segunda está equivocada": Report(2, "wrong"),
    "el teléfono del 3 está mal": Report(3, "wrong", "phone"),
    "el horario del 1 es incorrecto": Report(1, "wrong", "hours"),
    "el 2 está cerrado": Report(2, "wrong", "hours"),
    "el 2 ya no existe": Report(2, "closed"),
    "el 2 cerró para siempre": Report(2, "closed"),
    "wrong, the phone number of the first one does not work": Report(1, "wrong", "phone"),
    "2 does not answer the phone, is closed": Report(2, "wrong", "phone"),
    "the phone number is wrong": Report(None, "wrong", "phone"),
    "The number you gave me is not in service": Report(None, "wrong", "phone"),
    "phone disconnected": Report(None, "wrong", "phone"),
    "the address is wrong": Report(None, "wrong", "address"),
    "its closed": Report(None, "wrong", "hours"),
    "that place is closed for good": Report(None, "closed"),
    "wrong info": Report(None, "wrong"),
    "el numero esta mal": Report(None, "wrong", "phone"),
    "ese número no sirve": Report(None, "wrong", "phone"),
    "el telefono no funciona": Report(None, "wrong", "phone"),
    "el horario está mal": Report(None, "wrong", "hours"),
    "ese lugar ya no existe": Report(None, "closed"),
    "the phone number is wrong it is 415-555-0199": Report(None, "wrong", "phone"),
    "2 is wrong, the new number is (415) 555-0199": Report(2, "wrong", "phone"),
    "the number has changed to 1 415 555 0199": Report(None, "wrong", "phone"),
    "el numero cambio, ahora es 415.555.0199": Report(None, "wrong", "phone"),
    "the hours changed": Report(None, "wrong", "hours"),
    "la dirección cambió": Report(None, "wrong", "address"),
}
NOT_HEARD = (
    *("2", "wrong", "wrong number", "está mal", "mal", "is 2 closed?", "¿el 2 está cerrado?", "2 is not wrong"),
    *("no está mal el 2", "wrong 1 and 2", "i did 2 things wrong", "my 2 kids are not right", "el 2 de mayo", ""),
    *("he hit me 2 times its wrong", "call 2", "2 hours", "the first address", "WRONG " * 60 + "2"),
    *("número equivocado", "numero incorrecto", "you have the wrong number", "it does not work", "2 does not work"),
    *("el 2 no sirve", "is the number wrong?", "i moved", "no sirve", "my number is wrong", "that is wrong"),
    *("my number changed to 415-555-0199", "415-555-0199", "call 415-555-0199", "changed", "cambio"),
    *("phone is dead", "el teléfono está muerto", "1 is dead", "wrong 1 dead", "el 2 está muerto"),
)


@pytest.mark.parametrize("text", HEARD)
def test_a_report_is_heard(text: str) -> None:
    assert correction_words.read(text) == HEARD[text]


@pytest.mark.parametrize("text", NOT_HEARD)
def test_anything_else_is_none(text: str) -> None:
    assert correction_words.read(text) is None


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.begin() as opened:
        yield opened


@pytest.fixture
def editor(session: Session, now: datetime) -> Responder:
    row = Responder(
        email="eda@example.org", name="Eda", role=log_ins.EDITOR, password_hash="-", languages=[], created_at=now
    )
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def pantry(session: Session) -> Service:
    row = Service(dataset="county", id="s1", name="Pantry", status="active")
    session.add(row)
    session.flush()
    return row


def resident(session: Session, now: datetime) -> Conversation:
    contact = Contact(channel="sms", address_hash=uuid.uuid4().hex, created_at=now)
    session.add(contact)
    session.flush()
    row = Conversation(public_id=uuid.uuid4(), contact_id=contact.id, channel="sms", handler="bot", opened_at=now)
    session.add(row)
    session.flush()
    return row


def rows(session: Session) -> list[Correction]:
    return list(session.scalars(select(Correction).order_by(Correction.id)))


def test_three_reports_of_one_phone_are_one(session: Session, pantry: Service, now: datetime) -> None:
    one, other = resident(session, now), resident(session, now)
    for who in (one, one, one, other):
        assert corrections.report(session, who, "county:s1", now)
    assert [row.contact_id for row in rows(session)] == [one.contact_id, other.contact_id]
    [asked] = corrections.queue(session)
    assert (asked.name, asked.others, corrections.waiting(session)) == ("Pantry", 1, 2)


def test_a_service_that_is_gone_is_no_report(session: Session, now: datetime) -> None:
    assert not corrections.report(session, resident(session, now), "county:gone", now)
    assert rows(session) == []


def test_one_decision_answers_all_who_said_the_same(
    session: Session, pantry: Service, editor: Responder, now: datetime
) -> None:
    for _ in range(2):
        corrections.report(session, resident(session, now), "county:s1", now, kind="closed")
    corrections.report(session, resident(session, now), "county:s1", now)
    first = rows(session)[0]
    corrections.decide(session, first.id, corrections.ACCEPTED, editor, now, "called them")
    session.expire_all()
    assert [row.state for row in rows(session)] == ["accepted", "accepted", "open"]
    assert session.get_one(Service, ("county", "s1")).status == "defunct"
    told = corrections.history(session, ("county", "s1"))
    assert [(each.row.state, each.decider) for each in told] == [
        ("open", None),
        ("accepted", "Eda"),
        ("accepted", "Eda"),
    ]
    assert told[1].row.reason == "called them"
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "decide_correction")).one()
    assert entry.detail == {"state": "accepted", "kind": "closed"}


def test_who_is_second_is_told_so(session: Session, pantry: Service, editor: Responder, now: datetime) -> None:
    corrections.report(session, resident(session, now), "county:s1", now)
    [row] = rows(session)
    corrections.decide(session, row.id, corrections.REJECTED, editor, now, "")
    with pytest.raises(Conflict, match="correction_decided"):
        corrections.decide(session, row.id, corrections.ACCEPTED, editor, now, "")
    with pytest.raises(Refused, match="unknown_decision"):
        corrections.decide(session, row.id, corrections.OPEN, editor, now, "")
    with pytest.raises(Refused, match="no_such_correction"):
        corrections.decide(session, 999_999, corrections.ACCEPTED, editor, now, "")
    assert session.get_one(Service, ("county", "s1")).status == "active"


def test_after_a_decision_the_same_resident_may_speak_again(
    session: Session, pantry: Service, editor: Responder, now: datetime
) -> None:
    who = resident(session, now)
    corrections.report(session, who, "county:s1", now)
    corrections.decide(session, rows(session)[0].id, corrections.REJECTED, editor, now, "")
    corrections.report(session, who, "county:s1", now)
    assert [row.state for row in rows(session)] == ["rejected", "open"]


def test_wrong_two_by_text_comes_into_the_queue(street: Street, bot: FakeRasa, now: datetime) -> None:
    with street.database.begin() as session:
        demo_town.lay(session, now)
    suggest(bot, {"command": "find_services", "needs": ["food"], "zip": "94110"})
    street.ask("i need food, 94110")
    asked = len(bot.requests)
    with street.database.begin() as session:
        second = session.scalars(select(Referral).where(Referral.ordinal == 2)).one()
        session.expunge_all()
    [said] = street.ask("wrong 2")
    assert second.name
    assert second.name in said
    assert len(bot.requests) == asked
    with street.database.begin() as session:
        [row] = rows(session)
        assert f"{row.dataset}:{row.service_id}" == second.service_id
        assert (row.source, row.state, row.proposed) == ("resident", "open", None)
        assert session.get_one(Message, row.message_id).text == "wrong 2"
    assert street.ask("wrong 7") == [texts.say("correction_which", "en")]


def test_without_a_number_it_is_about_the_service_asked_about_last(
    street: Street, bot: FakeRasa, now: datetime
) -> None:
    with street.database.begin() as session:
        demo_town.lay(session, now)
    suggest(bot, {"command": "find_services", "needs": ["food"], "zip": "94110"})
    street.ask("i need food, 94110")
    assert street.ask("the phone number is wrong") == [texts.say("correction_which", "en")]
    street.ask("2")
    with street.database.begin() as session:
        second = session.scalars(select(Referral).where(Referral.ordinal == 2)).one().service_id
    asked = len(bot.requests)
    street.ask("the number you gave me is not in service")
    assert len(bot.requests) == asked
    with street.database.begin() as session:
        [row] = rows(session)
        assert (f"{row.dataset}:{row.service_id}", row.kind, row.field) == (second, "wrong", "phone")
    street.ask("wrong number")
    assert len(bot.requests) == asked + 1


@pytest.mark.parametrize("words", ["wrong", "That is wrong!", "está mal", "Incorrecto"])
def test_a_bare_word_is_a_report_as_the_very_next_one_after_the_list(
    street: Street, bot: FakeRasa, now: datetime, words: str
) -> None:
    with street.database.begin() as session:
        demo_town.lay(session, now)
    suggest(bot, {"command": "find_services", "needs": ["food"], "zip": "94110"})
    street.ask("i need food, 94110")
    assert street.ask(words)[-1] in texts.wording("correction_which").values()
    suggest(bot, text="from the bot")
    street.ask("2")
    with street.database.begin() as session:
        second = session.scalars(select(Referral).where(Referral.ordinal == 2)).one().service_id
    street.ask(words)
    with street.database.begin() as session:
        [row] = rows(session)
        assert (f"{row.dataset}:{row.service_id}", row.kind, row.field) == (second, "wrong", None)
    street.ask("what else is there to know")
    asked = len(bot.requests)
    street.ask(words)
    assert len(bot.requests) == asked + 1


@pytest.mark.parametrize("words", ["wrong number", "mi mamá está mal", "you are wrong", "wrong?", "mal de salud", ""])
def test_other_words_are_no_bare_report(words: str) -> None:
    assert correction_words.bare(words) is None


def test_without_a_list_it_is_for_the_bot(street: Street, bot: FakeRasa) -> None:
    street.ask("hello i need some help")
    asked = len(bot.requests)
    street.ask("wrong 2")
    street.ask("the phone number is wrong")
    assert len(bot.requests) == asked + 2


def test_the_newest_list_is_meant(session: Session, door: Door, now: datetime) -> None:
    conversation = resident(session, now)
    session.add(Service(dataset="county", id="s1", name="Pantry", status="active"))
    session.add(Service(dataset="county", id="s2", name="Kitchen", status="active"))
    session.flush()
    for key, name in (("s1", "Pantry"), ("s2", "Kitchen")):
        message = Message(conversation_id=conversation.id, direction="in", author="resident", text="x", created_at=now)
        session.add(message)
        session.flush()
        referrals.refer(session, conversation, message, [referrals.Offer(f"county:{key}", name, "food")], now)
    conversation.language = "es"
    message = Message(
        conversation_id=conversation.id, direction="in", author="resident", text="el 1 está mal", created_at=now
    )
    session.add(message)
    session.flush()
    scene = Scene(session, conversation, message, now + timedelta(minutes=1), door.community.time_zone, door.community)
    assert corrections.concerns(scene)
    assert "Kitchen" in corrections.answer(scene)[0]
    assert [row.service_id for row in rows(session)] == ["s2"]
    assert session.scalars(select(Verification)).all() == []
