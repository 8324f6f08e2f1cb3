"""The relay from the signed webhook on: answered in the TwiML, passed on by the worker's loop, none of it logged."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from gateway import notifying, phones, relay_lines
from gateway.clients.twilio import Twilio
from gateway.clients.twilio_notices import by_sms
from gateway.db import Database
from gateway.demo.standin import Standin
from gateway.door import Door
from gateway.means import SMS
from gateway.models import Conversation, Escalation, Message, Notice, RelayText, Responder, Shift
from gateway.settings import Settings
from tests.conftest import Phone
from tests.gateway.night import ANA, carrier

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def twilio() -> Iterator[tuple[Standin, Twilio]]:
    with carrier() as made:
        yield made


@pytest.fixture
def ana(database: Database, settings: Settings, phone: Phone) -> Phone:
    """Ana's phone; she is on shift now."""
    now = datetime.now(UTC)
    with database.begin() as session:
        row = Responder(email="ana@demo.example", name="Ana Lu", role="responder", languages=["en"], created_at=now)
        session.add(row)
        session.flush()
        session.add(Shift(responder_id=row.id, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)))
        phones.set_verified(session, settings.keys, row.id, ANA, now)
    return Phone(phone._client, settings, ANA)


def said(answer: Any) -> list[str]:
    """The texts of a TwiML answer."""
    assert answer.status_code == 200
    return [each.text or "" for each in ElementTree.fromstring(answer.data).iter("Message")]


def code_of(database: Database) -> int:
    with database.begin() as session:
        code = session.scalars(select(Escalation.code)).one()
        assert code is not None
        return code


def test_a_whole_thread_by_text(
    ana: Phone, phone: Phone, database: Database, settings: Settings, twilio: tuple[Standin, Twilio]
) -> None:
    assert said(phone.text("i took all my pills to die"))
    code = code_of(database)
    sid = "SM" + "7" * 32
    [answer] = said(ana.text(f"claim {code}", sid))
    assert answer.startswith(f"{code} is yours.")
    assert said(ana.text(f"claim {code}", sid)) == [answer]  # Twilio asks again when our answer was lost
    assert said(ana.text("Hello, I am Ana")) == []
    phone.text("thank you")
    before = len(twilio[0].sent_to(ANA))
    while notifying.send_next(database, {SMS: by_sms(twilio[1])}, settings.keys):
        pass
    assert [text.body for text in twilio[0].sent_to(ANA)][before:] == [
        f"{code} (may be in danger): i took all my pills to die",
        f"{code}: thank you",
    ]
    assert phone.number[2:] not in " ".join(text.body for text in twilio[0].sent_to(ANA))
    with database.begin() as session:
        told = session.scalars(select(Message.text).where(Message.author == "responder")).all()
        assert told == ["Hello, I am Ana"]
        assert len(session.scalars(select(Conversation)).all()) == 1  # Ana is no resident
        assert [each.command for each in session.scalars(select(RelayText).order_by(RelayText.id))] == [
            "claim", "plain",
        ]  # fmt: skip


def test_a_colleague_who_is_off_shift_is_screened_as_a_resident(ana: Phone, database: Database) -> None:
    with database.begin() as session:
        session.scalars(select(Shift)).one().ends_at = datetime.now(UTC) - timedelta(minutes=1)
    assert "911" in " ".join(said(ana.text("i took all my pills to die")))
    with database.begin() as session:
        assert session.scalars(select(Escalation.level)).all() == ["emergency"]
        assert not session.scalars(select(RelayText)).all()


def test_what_breaks_beside_costs_a_resident_no_safety_text(
    ana: Phone, phone: Phone, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.text("i want to die")
    ana.text(f"claim {code_of(database)}")

    def breaks(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(relay_lines, "_bring", breaks)
    assert "911" in " ".join(said(phone.text("i took all my pills to die")))
    with database.begin() as session:
        assert len(session.scalars(select(Message).where(Message.direction == "in")).all()) == 2


def test_while_the_store_is_down_a_claim_waits_in_the_journal_and_is_answered_by_text(
    ana: Phone, phone: Phone, database: Database, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.text("i took all my pills to die")
    code = code_of(database)
    monkeypatch.setattr(door.acceptor, "_store_is_up", lambda: False)
    monkeypatch.setattr(door.acceptor, "_start_draining", lambda: None)
    said(ana.text(f"CLAIM {code}"))
    with database.begin() as session:
        assert session.scalars(select(Escalation.status)).all() == ["waiting"]
    assert door.acceptor.drain() == 1
    with database.begin() as session:
        assert session.scalars(select(Escalation.status)).all() == ["claimed"]
        [told] = session.scalars(select(Notice.text).where(Notice.kind == "answer")).all()
    assert told.startswith(f"{code} is yours.")


def test_no_log_line_has_a_number_or_the_words(
    ana: Phone, phone: Phone, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    phone.text("i want to die, canary")
    code = code_of(database)
    for words in (f"CLAIM {code}", "canary", "NOTE canary", "i want to die canary", "back canary", "STOP"):
        ana.text(words)
    lines = " ".join(f"{record.getMessage()} {record.__dict__} {record.exc_text}" for record in caplog.records)
    assert "canary" not in lines
    assert ANA[2:] not in lines
    assert phone.number[2:] not in lines
