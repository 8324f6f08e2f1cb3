"""A reply that never arrives is no answer, and its owner hears of it; what Twilio says of an opt-out counts."""

from collections.abc import Callable

import pytest

from gateway import conversations, delivery, escalations, lost_texts, optout, owner_watch, receiving, sending
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.errors import SmsFailed
from gateway.escalations import BY_SMS, BY_VOICE, CONSOLE
from gateway.models import Delivery, Escalation, Responder
from gateway.risk import Level
from gateway.settings import Settings
from tests.gateway.night import ANA, Night

pytestmark = pytest.mark.slow

ROSA, SID = "+15555550141", "SM" + "7" * 32
UNREACHABLE, STOPPED = 30003, delivery.OPTED_OUT


class Refusing:
    """A carrier that takes no text for this number."""

    code: int

    def send(self, to: str, body: str) -> str:
        raise SmsFailed(self.code, retryable=False)

    def find(self, to: str, body: str, since: object) -> str | None:
        raise AssertionError


class Street(Night):
    """A thread whose owner replied, and what becomes of that text."""

    def replied(self, means: str, level: Level = Level.URGENT) -> int:
        """Ana owns Rosa's thread and wrote to her."""
        ana = self.with_phone("Ana Lu", ANA, locale="es")
        with self.database.begin() as session:
            receiving.receive(session, self.keys, self.community, Inbound(SMS, ROSA, "SM1", "hi"), self.at)
        row = self.open(level, ROSA)
        with self.database.begin() as session:
            escalations.claim(session, row, 0, session.get_one(Responder, ana), self.at, means)
        with self.database.begin() as session:
            delivery.cancel(session, self.row(row).conversation_id, self.at, least=delivery.EMERGENCY)
        self.reply(self.row(row))
        return row

    def reply(self, row: Escalation) -> None:
        """Say something as the owner."""
        with self.database.begin() as session:
            again = session.get_one(Escalation, row.id)
            conversations.say(session, again.conversation, "I am here", "responder", self.at,
                              priority=delivery.RESPONDER, responder_id=row.owner_id)  # fmt: skip
            escalations.replied(again, self.at)

    def refused_at_once(self, code: int) -> None:
        """Twilio answers the call with it."""
        carrier = Refusing()
        carrier.code = code
        assert sending.send_next(self.database, carrier, self.keys, lambda: self.at)

    def refused_by_receipt(self, code: int) -> None:
        """Twilio takes it and tells of it afterwards."""
        with self.database.begin() as session:
            taken = delivery.take_next(session, self.at)
            assert taken is not None
            delivery.sent(session, taken.id, 1, SID, self.at)
            delivery.receipt(session, SID, "undelivered", code, self.at)
        sending.match_early(self.database, lambda: self.at)

    def told(self) -> list[str]:
        """What came to Ana's phone of it, without the number."""
        return [each.text.partition(" ")[2] for each in self.notices("relay")]


@pytest.fixture
def street(database: Database, settings: Settings) -> Street:
    return Street(database, settings.keys)


Way = Callable[[Street, int], None]
WAYS = pytest.mark.parametrize("way", [Street.refused_at_once, Street.refused_by_receipt])


def waits(street: Street, row: int) -> bool:
    """Whether a message waits for an answer in this thread."""
    with street.database.begin() as session:
        held = session.execute(owner_watch._held(Escalation.id == row)).one()
        return held.unanswered is not None


@WAYS
@pytest.mark.parametrize("means", [CONSOLE, BY_SMS, BY_VOICE])
def test_a_lost_reply_is_no_answer_and_its_owner_learns_of_it(street: Street, way: Way, means: str) -> None:
    row = street.replied(means)
    assert not waits(street, row)
    way(street, UNREACHABLE)
    assert waits(street, row)
    assert street.told() == ["sus palabras no llegaron. Por favor, mande otra vez o abra la consola."] * (
        means != CONSOLE
    )
    owner = street.row(row).owner_id
    assert owner is not None
    with street.database.begin() as session:
        assert lost_texts.among(session, [session.get_one(Escalation, row)]) == {row}
        assert [found.id for found, _ in lost_texts.in_threads_of(session, owner)] == [row]
        assert lost_texts.since(session, row) == street.at
    street.at = street.at.replace(minute=9)
    street.reply(street.row(row))
    with street.database.begin() as session:
        assert lost_texts.among(session, [session.get_one(Escalation, row)]) == set()
        assert lost_texts.in_threads_of(session, owner) == []
    assert not waits(street, row)


@WAYS
def test_open_consoles_are_told_of_a_lost_reply(street: Street, way: Way) -> None:
    row = street.replied(CONSOLE)
    before = street.row(row).version
    way(street, UNREACHABLE)
    assert street.row(row).version > before


def test_a_lost_text_that_no_person_wrote_is_told_to_no_phone(street: Street) -> None:
    row = street.replied(BY_SMS)
    with street.database.begin() as session:
        for each in session.query(Delivery).where(Delivery.status == "queued"):
            each.message.author = "system"
    street.refused_at_once(UNREACHABLE)
    assert street.told() == []
    with street.database.begin() as session:
        assert lost_texts.since(session, row) is None


@WAYS
@pytest.mark.parametrize("level", [Level.URGENT, Level.ROUTINE])
def test_an_opt_out_at_twilio_is_an_opt_out(street: Street, way: Way, level: Level) -> None:
    row = street.replied(BY_SMS, level)
    before = street.row(row).epoch
    way(street, STOPPED)
    with street.database.begin() as session:
        assert optout.why_no_text(session, session.get_one(Escalation, row).conversation) == "opted_out"
    danger = level is Level.URGENT
    assert (street.row(row).alerted_at == street.at, street.row(row).epoch > before) == (danger, danger)
    [told] = street.told()
    assert "ya no quiere textos" in told
