"""The check question and the silence watch: asked once, answered in the same breath, and never waited for in vain."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway import escalations, silence, texts
from gateway.clients.rasa import Rasa
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.door import Door
from gateway.models import Assessment, AuditEntry, Conversation, Delivery, Escalation, Message, Responder
from gateway.receiving import receive
from gateway.risk import Level
from gateway.settings import Settings
from gateway.worker import Worker
from tests.conftest import RESIDENT, Clock
from tests.gateway.road import rows

SAD, TRISTE = "i feel so lonely and sad lately", "me siento muy triste y sola estos dias"
NOBODY = {code: texts.both("nobody_on_shift_danger", code) for code in ("en", "es")}
QUESTION = {code: texts.say("safety_check", code) for code in ("en", "es")}


class Resident:
    """One resident who texts, and the watch that runs when a test says so."""

    def __init__(self, database: Database, settings: Settings, door: Door, clock: Clock) -> None:
        self.database, self.keys, self.town, self.clock = database, settings.keys, door.community, clock
        self.count = 0

    def text(self, body: str, **more: Any) -> list[str]:
        self.count += 1
        inbound = Inbound(SMS, RESIDENT, f"SM{self.count:032x}", body, **more)
        with self.database.begin() as session:
            return receive(session, self.keys, self.town, inbound, self.clock()).replies

    def watch(self) -> list[int]:
        with self.database.begin() as session:
            return silence.watch(session, self.town, self.clock())

    def one(self, table: Any) -> Any:
        [found] = rows(self.database, table)
        return found

    def handled(self) -> list[str | None]:
        return [m.handled_by for m in rows(self.database, Message) if m.direction == "in"]

    def claimed(self, name: str = "Ana") -> Responder:
        row = self.one(Escalation)
        with self.database.begin() as session:
            person = Responder(email=f"{name}@demo.example", name=name, role="responder", password_hash="-",
                               languages=["en"], created_at=self.clock())  # fmt: skip
            session.add(person)
            session.flush()
            escalations.claim(session, row.id, row.epoch, person, self.clock())
            return person


@pytest.fixture
def resident(database: Database, settings: Settings, door: Door, clock: Clock) -> Resident:
    return Resident(database, settings, door, clock)


@pytest.mark.parametrize(("text", "code"), [(SAD, "en"), (TRISTE, "es")])
def test_distress_is_asked_about_in_its_own_language(resident: Resident, text: str, code: str) -> None:
    assert resident.text(text) == [QUESTION[code]]
    conversation = resident.one(Conversation)
    assert (conversation.menu_open, conversation.check_asked_at) == ("check", resident.clock())
    assert conversation.pending_since is None
    assert rows(resident.database, Escalation) == []


@pytest.mark.parametrize("text", ["need food", "necesito un lugar para dormir", "can i talk to a person"])
def test_nobody_else_is_asked(resident: Resident, text: str) -> None:
    assert resident.text(text) == []
    assert resident.one(Conversation).menu_open is None


@pytest.mark.parametrize("answer", ["1", "yes", "Sí", "estoy bien"])
def test_who_is_safe_is_thanked_and_the_bot_reads_what_they_wrote(resident: Resident, answer: str) -> None:
    resident.text(SAD)
    assert resident.text(answer) in [[texts.say("safety_check_thanks", code)] for code in ("en", "es")]
    conversation = resident.one(Conversation)
    assert (conversation.menu_open, conversation.pending_since) == (None, resident.clock())
    assert resident.handled() == [None, "check_answered"]
    assert rows(resident.database, Escalation) == []


@pytest.mark.parametrize("answer", ["2", "No.", "not really", "no sé", "tal vez"])
def test_who_is_not_safe_or_not_sure_gets_a_person_and_the_numbers_at_once(resident: Resident, answer: str) -> None:
    resident.text(TRISTE)
    said = resident.text(answer)
    assert len(said) == 3
    assert all("988" in text for text in said)
    assert said[2] in NOBODY.values()
    row = resident.one(Escalation)
    assert (row.level, row.reason, row.status) == ("urgent", "not_safe", "waiting")


@pytest.mark.parametrize("answer", ["3", "quiero hablar con una persona"])
def test_who_wants_a_person_is_in_the_queue(resident: Resident, answer: str) -> None:
    resident.text(TRISTE)
    assert resident.text(answer) == [texts.say("person_asked_nobody_on_shift", "es")]
    row = resident.one(Escalation)
    assert (row.level, row.reason) == ("routine", "asked_for_person")


def test_a_person_who_was_asked_for_is_asked_for_before_the_answer(resident: Resident) -> None:
    said = resident.text("i feel so sad and alone, can i talk to a person please")
    assert said == [texts.say("person_asked_nobody_on_shift", "en"), QUESTION["en"]]
    assert resident.one(Escalation).reason == "asked_for_person"


def test_other_words_are_read_on_and_a_person_sees_that_the_question_stayed_open(resident: Resident) -> None:
    resident.text(SAD)
    assert resident.text("where can i find food") == []
    row = resident.one(Escalation)
    assert (row.level, row.reason) == ("routine", "check_unanswered")
    assert resident.handled() == [None, None]
    resident.clock.forward(minutes=4)
    assert resident.watch() == []


def test_a_stop_is_obeyed_and_leaves_the_bot_nothing(resident: Resident) -> None:
    resident.text(SAD)
    resident.text("STOP")
    assert resident.handled() == ["check_asked", "keyword"]
    assert resident.one(Escalation).reason == "check_unanswered"


def test_a_wish_for_the_other_language_gives_the_question_in_it(resident: Resident) -> None:
    resident.text(SAD)
    assert resident.text("español") == [QUESTION["es"]]
    assert resident.text("1") == [texts.say("safety_check_thanks", "es")]
    assert resident.handled()[0] is None


def test_danger_answers_for_itself_and_closes_the_question(resident: Resident) -> None:
    resident.text(SAD)
    assert len(resident.text("i want to kill myself")) == 3
    assert resident.one(Conversation).menu_open is None
    resident.clock.forward(minutes=4)
    assert resident.watch() == []
    assert resident.one(Escalation).reason == "risk"


def test_it_is_asked_once_in_half_an_hour(resident: Resident) -> None:
    resident.text(SAD)
    resident.text("1")
    resident.clock.forward(minutes=29)
    assert resident.text(SAD) == []
    resident.clock.forward(minutes=2)
    assert resident.text(SAD) == [QUESTION["en"]]


def test_a_responder_asks_for_themselves(resident: Resident) -> None:
    resident.text("i want to die")
    resident.claimed()
    assert resident.text(SAD) == []
    assert resident.one(Conversation).check_asked_at is None


def test_a_no_that_a_responder_already_reads_raises_and_alerts(resident: Resident) -> None:
    resident.text("i feel so sad, can i talk to a person please")
    resident.claimed()
    assert resident.text("2") == []
    row = resident.one(Escalation)
    assert (row.level, row.status, row.alerted_at) == ("urgent", "claimed", resident.clock())


def test_no_answer_in_three_minutes_counts_as_no(resident: Resident) -> None:
    resident.text(TRISTE)
    asked = resident.clock()
    resident.clock.forward(minutes=2, seconds=59)
    assert resident.watch() == []
    resident.clock.forward(seconds=1)
    assert resident.watch() == [resident.one(Conversation).id]
    row = resident.one(Escalation)
    assert (row.level, row.reason, row.silent_since) == ("urgent", "check_unanswered", asked)
    assert row.message_id == rows(resident.database, Message)[0].id
    said = [m.text for m in rows(resident.database, Message) if m.direction == "out"][1:]
    assert said == [*texts.safety((), "urgent", "es", resident.town), NOBODY["es"]]
    resident.clock.forward(minutes=30)
    assert resident.watch() == []  # told once


def test_no_answer_under_a_responders_eyes_is_theirs_to_see(resident: Resident) -> None:
    resident.text("i feel so sad, can i talk to a person please")
    resident.claimed()
    before = len(rows(resident.database, Message))
    resident.clock.forward(minutes=3)
    assert len(resident.watch()) == 1
    assert resident.one(Escalation).level == "urgent"
    assert len(rows(resident.database, Message)) == before


def test_who_was_answered_from_the_journal_has_three_minutes_from_the_question(resident: Resident) -> None:
    then = resident.clock()
    resident.clock.forward(minutes=20)
    resident.text(SAD, received_at=then, said=())
    assert resident.one(Conversation).check_asked_at == resident.clock()
    assert [row.status for row in rows(resident.database, Delivery)] == ["queued"]
    resident.clock.forward(minutes=2)
    assert resident.watch() == []


def test_a_retry_gets_the_same_question(resident: Resident) -> None:
    first = resident.text(SAD)
    resident.count -= 1
    assert resident.text(SAD) == first == [QUESTION["en"]]


def test_the_bot_can_answer_the_message_after_the_question(resident: Resident) -> None:
    """Both are answers to one message, and one answer may take each place only once."""
    resident.text(SAD)
    resident.text("1")
    with resident.database.begin() as session:
        places = session.scalars(select(Message.ordinal).where(Message.direction == "out").order_by(Message.id)).all()
    assert list(places) == [90, 0]


@pytest.mark.parametrize(
    ("silent", "shown"), [(timedelta(minutes=9, seconds=59), False), (timedelta(minutes=10), True)]
)
def test_ten_silent_minutes_after_danger_are_shown_once(resident: Resident, silent: timedelta, shown: bool) -> None:
    resident.text("i want to die")
    last = resident.clock()
    resident.clock.at += silent
    assert bool(resident.watch()) is shown
    if shown:
        row = resident.one(Escalation)
        assert (row.silent_since, row.status) == (last, "waiting")
        assert resident.watch() == []
        [note] = [entry for entry in rows(resident.database, AuditEntry) if entry.act == "silent"]
        assert note.detail == {"seconds": 600}


def test_every_word_starts_the_time_anew_and_new_danger_is_watched_again(resident: Resident) -> None:
    resident.text("i want to die")
    resident.clock.forward(minutes=8)
    resident.text("hello")
    resident.clock.forward(minutes=8)
    assert resident.watch() == []
    resident.clock.forward(minutes=2)
    assert len(resident.watch()) == 1
    resident.text("thanks")
    resident.clock.forward(minutes=20)
    assert resident.watch() == []  # nothing new showed
    resident.text("i took all my pills")
    resident.clock.forward(minutes=10)
    assert len(resident.watch()) == 1


def test_a_claimed_thread_is_watched_for_its_owner(resident: Resident) -> None:
    resident.text("i want to die")
    resident.claimed()
    epoch = resident.one(Escalation).epoch
    resident.clock.forward(minutes=10)
    assert len(resident.watch()) == 1
    row = resident.one(Escalation)
    assert row.silent_since is not None
    assert row.epoch == epoch  # what the owner is writing just now still goes


@pytest.mark.parametrize("ended", ["routine", "lowered", "resolved"])
def test_who_is_in_no_danger_may_be_silent(resident: Resident, ended: str) -> None:
    resident.text("can i talk to a person" if ended == "routine" else "i want to die")
    if ended != "routine":
        ana = resident.claimed()
        row = resident.one(Escalation)
        with resident.database.begin() as session:
            if ended == "lowered":
                escalations.lower(
                    session, row.id, row.epoch, ana, resident.clock(), level=Level.ROUTINE, reason="safe_now"
                )
            else:
                escalations.resolve(session, row.id, row.epoch, ana, "helped", resident.clock())
    resident.clock.forward(minutes=30)
    assert resident.watch() == []


def test_who_writes_at_that_very_moment_is_not_waited_for(resident: Resident) -> None:
    resident.text("i want to die")
    resident.clock.forward(minutes=11)
    with resident.database.begin() as session:
        session.scalars(select(Conversation).with_for_update()).one()
        assert resident.watch() == []
    assert len(resident.watch()) == 1


@pytest.mark.parametrize("words", ["jk", "es broma", "falsa alarma", "never mind", "olvídelo"])
def test_what_takes_danger_back_is_kept_and_lowers_nothing(resident: Resident, words: str) -> None:
    resident.text("i took all my pills")
    resident.text(words)
    row = resident.one(Escalation)
    assert (row.level, row.status) == ("emergency", "waiting")
    first, second = rows(resident.database, Assessment)
    assert first.retraction is None
    assert second.retraction in {"joke", "false_alarm", "never_mind"}


def test_a_joke_in_the_same_breath_is_kept_too(resident: Resident) -> None:
    resident.text("i want to kill myself jk")
    assert resident.one(Escalation).level in {"urgent", "emergency"}
    assert resident.one(Assessment).retraction == "joke"


def test_where_nothing_was_said_nothing_is_taken_back(resident: Resident) -> None:
    resident.text("never mind")
    assert resident.one(Assessment).retraction is None


def test_a_label_that_breaks_costs_no_answer(resident: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway import risk  # noqa: PLC0415

    def broken(text: str) -> str | None:
        raise ValueError(text)

    monkeypatch.setattr(risk, "retraction", broken)
    assert len(resident.text("i want to kill myself jk")) == 3
    assert resident.one(Assessment).retraction is None


@pytest.fixture
def worker(database: Database, door: Door, settings: Settings) -> Iterator[Worker]:
    rasa = Rasa("http://127.0.0.1:9", "s")
    yield Worker(database, door.bell, rasa, None, settings.keys, door.community, door.acceptor)  # type: ignore[arg-type]
    rasa.close()


def test_the_sweep_keeps_the_watch_by_the_databases_clock(resident: Resident, worker: Worker) -> None:
    resident.text(SAD)  # the fixed moment of the tests is not the database's
    past = datetime.now(tz=resident.clock().tzinfo) - timedelta(minutes=4)
    with resident.database.begin() as session:
        session.scalars(select(Conversation)).one().check_asked_at = past
    worker.sweep()
    assert resident.one(Escalation).reason == "check_unanswered"
