"""An opt-out is obeyed whoever says it how: beside danger, before the bot, in the check question, from the journal."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway import escalations, optout, texts
from gateway.commands import Scene, opt_out
from gateway.conversations import SMS, WEBCHAT, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import (
    AuditEntry,
    Contact,
    Conversation,
    Delivery,
    Escalation,
    Message,
    OptOut,
    Page,
    Responder,
    Shift,
)
from gateway.receiving import Receipt, provisional, receive
from gateway.risk import Level
from gateway.settings import Settings
from tests.conftest import RESIDENT, Clock
from tests.gateway.road import rows
from tests.texts.test_phrases import BESIDE_DANGER, ENGLISH, NEAR_MISSES, SPANISH

pytestmark = pytest.mark.slow  # many conversations on the real store

SAD = "i feel so lonely and sad lately"
# Heard by the net as danger until it learns these phrases; both answers are right then, the opt-out stands in any case.
PHRASES = [*ENGLISH, *SPANISH]
CONFIRM = {texts.both("opt_out_confirm", code) for code in ("en", "es")}
CONFIRM_RISK = {texts.both("opt_out_confirm_risk", code) for code in ("en", "es")}
NOBODY = {texts.both("nobody_on_shift_danger", code) for code in ("en", "es")}
PLAIN = "ya no me manden mensajes"


@dataclass
class Street:
    """One resident and the store behind the door."""

    database: Database
    settings: Settings
    door: Door
    clock: Clock
    count: int = 0
    number: str = RESIDENT

    def stranger(self) -> "Street":
        """The same street for another resident: many phrases may then share one database."""
        self.count += 1
        return replace(self, number=f"+1555556{self.count:04d}", count=self.count * 1000)

    def inbound(self, body: str, channel: str = SMS, **more: Any) -> Inbound:
        self.count += 1
        return Inbound(channel, self.number, f"SM{self.count:032x}", body, **more)

    def take(self, inbound: Inbound) -> Receipt:
        with self.database.begin() as session:
            return receive(session, self.settings.keys, self.door.community, inbound, self.clock())

    def text(self, body: str, **more: Any) -> list[str]:
        return self.take(self.inbound(body, **more)).replies

    def drained(self, body: str) -> Receipt:
        """As when the store was down: answered at once from the text alone, stored afterwards."""
        inbound = self.inbound(body)
        first = provisional(self.door.community, inbound)
        return self.take(
            Inbound(
                inbound.channel,
                inbound.address,
                inbound.provider_id,
                body,
                received_at=self.clock(),
                said=tuple(first.replies),
                level=first.level.value,
            )
        )

    @property
    def out(self) -> bool:
        with self.database.begin() as session:
            return optout.in_force(session, SMS, self.settings.keys.hash(self.number))

    @property
    def thread(self) -> Conversation:
        with self.database.begin() as session:
            found = (
                select(Conversation)
                .join(Conversation.contact)
                .where(Contact.address_hash == self.settings.keys.hash(self.number))
            )
            return session.scalars(found).one()

    def said(self) -> list[Message]:
        thread = self.thread.id
        return [m for m in rows(self.database, Message) if m.conversation_id == thread and m.direction == "out"]

    def one(self, table: Any) -> Any:
        [found] = rows(self.database, table)
        return found

    def acts(self, act: str) -> list[AuditEntry]:
        return [entry for entry in rows(self.database, AuditEntry) if entry.act == act]

    def on_shift(self, name: str = "Ana") -> Responder:
        hour = timedelta(hours=1)
        with self.database.begin() as session:
            person = Responder(email=f"{name}@demo.example", name=name, role="responder", password_hash="-",
                               languages=["en"], created_at=self.clock())  # fmt: skip
            session.add(person)
            session.flush()
            session.add(Shift(responder_id=person.id, starts_at=self.clock() - hour, ends_at=self.clock() + 24 * hour))
        return person

    def claim(self, person: Responder) -> Escalation:
        row = self.one(Escalation)
        with self.database.begin() as session:
            return escalations.claim(session, row.id, row.epoch, person, self.clock())


@pytest.fixture
def street(database: Database, settings: Settings, door: Door, clock: Clock) -> Street:
    return Street(database, settings, door, clock)


def as_it_comes(street: Street) -> None:
    """No bot runs and no language is known: this is the resident's first message."""


def under_a_responder(street: Street) -> None:
    street.text("need food")
    person = street.on_shift(street.number[1:])
    with street.database.begin() as session:
        conversation = session.get_one(Conversation, street.thread.id)
        row = escalations.open_(session, conversation, "asked_for_person", Level.ROUTINE, street.clock())
        escalations.claim(session, row.id, row.epoch, person, street.clock())
    assert street.thread.handler == "responder"


def in_the_check_question(street: Street) -> None:
    street.text(SAD)
    assert street.thread.menu_open == "check"


def during_the_hold(street: Street) -> None:
    assert len(street.text("i want to kill myself")) >= 2


@pytest.mark.parametrize("situation", [as_it_comes, under_a_responder, in_the_check_question, during_the_hold])
@pytest.mark.parametrize("phrases", [ENGLISH, SPANISH], ids=["en", "es"])
def test_each_phrase_opts_out_wherever_it_is_said(
    street: Street, phrases: list[str], situation: Callable[[Street], None]
) -> None:
    for phrase in phrases:
        resident = street.stranger()
        situation(resident)
        said = resident.text(phrase)
        assert resident.out, phrase
        assert len([text for text in said if text in CONFIRM | CONFIRM_RISK]) == 1, phrase
        assert not set(resident.text(phrase)) & (CONFIRM | CONFIRM_RISK), phrase  # once
        assert resident.thread.pending_since is None, phrase
    assert {row.source for row in rows(street.database, OptOut)} == {"sentence"}


def test_each_phrase_opts_out_from_the_journal_and_is_confirmed_once(street: Street) -> None:
    for phrase in [*PHRASES, *BESIDE_DANGER]:
        resident = street.stranger()
        receipt = resident.drained(phrase)
        assert resident.out, phrase
        confirmed = [message for message in resident.said() if message.text in CONFIRM | CONFIRM_RISK]
        assert [(m.in_webhook, m.text in receipt.replies) for m in confirmed] == [(True, True)], phrase


def test_the_confirmation_of_a_phrase_that_nobody_said_is_sent_although_they_are_out(street: Street) -> None:
    """Kept by the journal before these phrases were known: the sender was told nothing."""
    street.text(PLAIN, said=(), received_at=street.clock())
    [row] = rows(street.database, Delivery)
    assert (row.status, row.confirms_stop) == ("queued", True)
    assert row.message.text in CONFIRM


def test_a_near_miss_opts_nobody_out(street: Street) -> None:
    for text in NEAR_MISSES:
        resident = street.stranger()
        resident.text(text)
        resident.drained(text)
        assert not resident.out, text


@pytest.mark.parametrize("phrase", BESIDE_DANGER)
def test_danger_in_the_same_message_is_answered_and_the_wish_obeyed(street: Street, phrase: str) -> None:
    said = street.text(phrase)
    assert street.out
    assert [text for text in said if text in CONFIRM] == []
    assert said[-1] in CONFIRM_RISK
    assert "988" in said[0]
    assert "988" in said[1]
    row = street.one(Escalation)
    assert (row.level, row.alerted_at) == ("urgent", street.clock())
    assert len(street.acts("opted_out")) == 1


def test_danger_from_earlier_only_gets_the_confirmation_alone(street: Street) -> None:
    street.text("i want to kill myself")
    [said] = street.text("ALTO")
    assert said in CONFIRM_RISK


def test_an_opt_out_in_danger_turns_the_waiting_thread_red_once(street: Street) -> None:
    street.on_shift()
    street.text("i want to kill myself")
    assert len(rows(street.database, Page)) == 1
    street.clock.forward(minutes=1)
    street.text("ALTO")
    first = street.clock()
    assert len(rows(street.database, Page)) == 2
    street.clock.forward(minutes=1)
    street.text("ALTO")
    street.text(PLAIN)
    row = street.one(Escalation)
    assert (row.alerted_at, row.status) == (first, "waiting")
    assert len(rows(street.database, Page)) == 2
    [entry] = street.acts("opted_out")
    assert (entry.subject, entry.subject_id, entry.at) == ("escalation", row.id, first)


def test_an_opt_out_in_danger_makes_its_owners_page_stale(street: Street) -> None:
    street.text("i want to kill myself")
    epoch = street.claim(street.on_shift()).epoch
    street.clock.forward(minutes=1)
    street.text("STOP")
    row = street.one(Escalation)
    assert (row.epoch, row.alerted_at) == (epoch + 1, street.clock())


def test_danger_and_a_wish_in_one_message_page_once(street: Street) -> None:
    street.on_shift()
    street.text(BESIDE_DANGER[0])
    assert len(rows(street.database, Page)) == 1


def test_an_opt_out_where_nothing_is_open_pages_nobody(street: Street) -> None:
    street.on_shift()
    street.text("need food")
    street.text("ALTO")
    assert rows(street.database, Page) == []
    assert street.acts("opted_out") == []


def test_through_the_bot_an_opt_out_in_danger_is_shown_too(street: Street) -> None:
    street.text("i want to kill myself")
    with street.database.begin() as session:
        conversation = session.scalars(select(Conversation)).one()
        message = session.scalars(select(Message).where(Message.direction == "in")).one()
        opt_out(Scene(session, conversation, message, street.clock()), {"command": "opt_out"})
    assert street.one(Escalation).alerted_at == street.clock()
    assert [m.text in CONFIRM_RISK for m in rows(street.database, Message)][-1]


@pytest.mark.parametrize("word", ["END", "quit", "Basta", "no más", "PARAR", "pare"])
def test_a_word_about_an_end_as_the_answer_to_are_you_safe_is_urgent(street: Street, word: str) -> None:
    street.text(SAD)
    said = street.text(word)
    assert street.out
    row = street.one(Escalation)
    assert (row.level, row.reason) == ("urgent", "stop_in_danger")
    assert len(street.acts("opted_out")) == 1
    assert said == [] if word in {"END", "quit"} else said[0] in CONFIRM_RISK  # Twilio confirms its own words


@pytest.mark.parametrize("word", ["STOP", "ALTO", PLAIN])
def test_any_other_opt_out_leaves_the_question_open_for_a_person(street: Street, word: str) -> None:
    street.text(SAD)
    street.text(word)
    assert street.out
    row = street.one(Escalation)
    assert (row.level, row.reason) == ("routine", "check_unanswered")
    assert street.one(Conversation).menu_open is None


def test_a_no_with_an_opt_out_is_still_a_no(street: Street) -> None:
    street.text(SAD)
    said = street.text("im not safe. stop texting me")
    row = street.one(Escalation)
    assert row.level == "urgent"
    assert street.out
    assert said[-1] in CONFIRM_RISK
    assert len(said) == 4


@pytest.mark.parametrize("resolved", [True, False])
@pytest.mark.parametrize("word", ["END", "QUIT"])
def test_end_in_a_thread_that_was_in_danger_is_urgent(street: Street, word: str, resolved: bool) -> None:
    street.text("i want to kill myself")
    if resolved:
        person = street.on_shift()
        row = street.claim(person)
        with street.database.begin() as session:
            escalations.resolve(session, row.id, row.epoch, person, "helped", street.clock())
    street.clock.forward(hours=2)
    street.text(word)
    newest = rows(street.database, Escalation)[-1]
    assert (newest.status, newest.level) == ("waiting", "urgent")
    assert newest.reason == ("stop_in_danger" if resolved else "risk")
    assert newest.alerted_at == street.clock()


@pytest.mark.parametrize("word", ["END", "QUIT", "ALTO"])
def test_the_same_word_where_there_was_no_danger_is_an_opt_out_and_no_more(street: Street, word: str) -> None:
    street.text("need food")
    street.text(word)
    assert street.out
    assert rows(street.database, Escalation) == []


def test_what_was_long_ago_is_over(street: Street) -> None:
    street.text("i want to kill myself")
    person = street.on_shift()
    row = street.claim(person)
    with street.database.begin() as session:
        escalations.resolve(session, row.id, row.epoch, person, "helped", street.clock())
    street.clock.forward(hours=13)
    street.text("END")
    assert [each.status for each in rows(street.database, Escalation)] == ["resolved"]


def test_start_and_stop_again_shows_it_again(street: Street) -> None:
    street.text("i want to kill myself")
    for word in ("ALTO", "INICIAR", "ALTO"):
        street.clock.forward(minutes=1)
        street.text(word)
    assert len(street.acts("opted_out")) == 2


@pytest.mark.parametrize(("body", "code"), [("stop texting me", "en"), (PLAIN, "es")])
def test_web_chat_says_that_there_is_nothing_to_opt_out_of(street: Street, body: str, code: str) -> None:
    assert street.text(body, channel=WEBCHAT) == [texts.say("opt_out_web", code)]
    assert rows(street.database, OptOut) == []
    assert street.one(Conversation).closed_at is None
    assert provisional(street.door.community, street.inbound(body, channel=WEBCHAT)).replies == [
        texts.say("opt_out_web", code)
    ]


def test_in_web_chat_a_responder_answers_that_themselves(street: Street) -> None:
    street.text("i want to kill myself", channel=WEBCHAT)
    street.claim(street.on_shift())
    assert street.text("stop texting me please", channel=WEBCHAT) == []


def test_the_same_message_twice_gets_the_same_answer(street: Street) -> None:
    first = street.text(BESIDE_DANGER[0])
    street.count -= 1
    assert street.text(BESIDE_DANGER[0]) == first
    assert len(rows(street.database, OptOut)) == 1
    assert len(street.acts("opted_out")) == 1


def test_phrases_that_break_cost_no_answer(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(text: str) -> bool:
        raise ValueError(text)

    monkeypatch.setattr("gateway.phrases.asks_to_stop", broken)
    assert "911" in street.text("i took all my pills")[0]
    street.text("ALTO")
    assert street.out
