"""A turn is written once, by whoever holds the lease; without the bot a menu answers; a person is always offered."""

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from gateway import escalations, leases, texts, turns
from gateway.conversations import hand_over
from gateway.leases import LeaseLost
from gateway.models import Conversation, Escalation, OptOut, Referral, Responder, Shift
from gateway.risk import Level
from tests import demo_town
from tests.conftest import RESIDENT
from tests.fakes.fake_rasa import NONSENSE, FakeRasa, good
from tests.gateway.turn_street import Street


def suggest(bot: FakeRasa, *commands: dict[str, Any], text: str = "ok") -> None:
    bot.behave = lambda request: (200, json.dumps(good(request, text, list(commands))).encode())


def test_messages_are_answered_in_order_and_the_state_goes_round(street: Street, bot: FakeRasa) -> None:
    for body in ("hello there", "i need food", "thank you"):
        street.text(body)
    street.work()
    assert street.said() == ["echo 1: hello there", "echo 2: i need food", "echo 3: thank you"]
    assert [request["state"] for request in bot.requests] == [None, {"turns": 1}, {"turns": 2}]
    conversation = street.one(Conversation)
    assert (conversation.pending_since, conversation.lease_until) == (None, None)
    assert str(conversation.public_id) == bot.requests[0]["conversation"]
    assert RESIDENT not in json.dumps(bot.requests)


def test_only_one_worker_holds_a_conversation(street: Street) -> None:
    street.text("hello there")
    street.lease()
    with street.database.begin() as session:
        assert leases.take(session, "other") is None


def test_a_worker_that_slept_through_its_lease_writes_nothing(street: Street, bot: FakeRasa) -> None:
    street.text("hello there")
    old = street.lease()
    slow = threading.Event()

    def take_over(request: dict[str, Any]) -> tuple[int, bytes]:
        if not slow.is_set():
            slow.set()
            with street.database.begin() as session:
                session.execute(update(Conversation).values(lease_until=datetime(2000, 1, 1)))  # noqa: DTZ001
            street.work()
        return 200, json.dumps(good(request)).encode()

    bot.behave = take_over
    with pytest.raises(LeaseLost):
        turns.answer_next(street.database, street.rasa, street.town, old, street.clock)
    assert street.said() == ["echo 1: hello there"]


def test_an_answer_that_comes_after_the_claim_is_dropped(street: Street, bot: FakeRasa) -> None:
    street.text("hello there")

    def claimed_meanwhile(request: dict[str, Any]) -> tuple[int, bytes]:
        with street.database.begin() as session:
            hand_over(session, session.scalars(select(Conversation)).one(), street.clock())
        return 200, json.dumps(good(request)).encode()

    bot.behave = claimed_meanwhile
    street.work()
    assert street.said() == []
    assert street.handled() == ["responder"]


def test_a_new_message_in_a_claimed_conversation_goes_to_the_person(street: Street, bot: FakeRasa) -> None:
    street.ask("hello there")
    with street.database.begin() as session:
        hand_over(session, session.scalars(select(Conversation)).one(), street.clock())
    street.text("are you a person?")
    with street.database.begin() as session:
        assert leases.take(session, "test") is None
    assert len(bot.requests) == 1


@pytest.mark.parametrize("name", ["http 503", "empty list", "other turn", "nothing said"])
def test_without_a_usable_bot_the_menu_answers(street: Street, bot: FakeRasa, name: str) -> None:
    bot.behave = NONSENSE[name]
    [menu] = street.ask("i need some help with food")
    assert "1" in menu
    assert "9" in menu
    assert street.handled() == ["menu"]


def test_the_menu_serves_and_gives_a_person(street: Street, bot: FakeRasa) -> None:
    bot.behave = NONSENSE["http 503"]
    street.ask("necesito ayuda con comida")
    [services] = street.ask("1")
    assert services
    assert street.ask("9")
    assert street.one(Escalation).reason == "asked_for_person"


def test_two_answers_the_menu_cannot_read_bring_a_person(street: Street, bot: FakeRasa) -> None:
    bot.behave = NONSENSE["http 503"]
    for body in ("please help me find food", "i do not understand this", "what is that supposed to be"):
        street.ask(body)
    assert street.one(Escalation).reason == "bot_unavailable"


def test_an_unknown_language_gets_the_bilingual_menu_and_keeps_the_first_words(street: Street, bot: FakeRasa) -> None:
    [menu] = street.ask("94110")
    assert "English" in menu
    assert "Español" in menu
    assert street.ask("2") == ["echo 1: 94110"]
    assert bot.requests[0]["language"] == "es"


def test_commands_search_and_more_goes_on(street: Street, bot: FakeRasa, now: datetime) -> None:
    with street.database.begin() as session:
        demo_town.lay(session, now)
    find = {"command": "find_services", "needs": ["food"], "zip": "94110"}
    suggest(bot, find, {"command": "record", "field": "zip", "value": "94110"})
    first = street.ask("i need food, 94110")
    assert first[0] == "ok"
    assert len(first) > 1
    suggest(bot, {"command": "more_services"})
    more = street.ask("is there anything else than these")
    assert more[1] != first[1]
    with street.database.begin() as session:
        referrals = session.scalars(select(Referral)).all()
        assert len(referrals) >= 3
        assert {row.state for row in referrals} == {"offered"}
    assert street.one(Conversation).answers == {"zip": "94110"}


@pytest.mark.parametrize("staffed", [True, False])
def test_the_truth_is_said_about_who_will_read(street: Street, bot: FakeRasa, now: datetime, staffed: bool) -> None:
    if staffed:
        with street.database.begin() as session:
            ana = Responder(
                email="a@b.example", name="Ana", role="responder", password_hash="-", languages=[], created_at=now
            )
            session.add(ana)
            session.flush()
            hour = timedelta(hours=1)
            session.add(Shift(responder_id=ana.id, starts_at=now - hour, ends_at=now + hour))
    suggest(bot, {"command": "escalate", "reason": "asked_for_person", "level": "routine"}, text="one moment")
    said = street.ask("i want to talk to a person")
    assert said == ["one moment", texts.say("person_asked" if staffed else "person_asked_nobody_on_shift", "en")]
    assert street.one(Escalation).status == "waiting"


def test_the_bot_may_raise_the_level_and_never_lower_it(street: Street, bot: FakeRasa) -> None:
    street.text("i want to die")
    suggest(bot, {"command": "escalate", "reason": "bot_could_not_help", "level": "none"})
    street.clock.forward(minutes=10)
    street.ask("hello are you there")
    assert street.one(Escalation).level in {"urgent", "emergency"}


def test_after_danger_the_bot_steps_back_for_a_while(street: Street, bot: FakeRasa) -> None:
    street.text("i want to die")
    assert street.ask("hello are you there") != []
    assert bot.requests == []
    street.clock.forward(minutes=4)
    street.ask("i need food please")
    assert len(bot.requests) == 1


@pytest.mark.parametrize(
    "words", ["no place to sleep tonight and it's freezing", "no tenemos donde dormir hoy y hace mucho frío"]
)
def test_who_has_no_roof_in_the_cold_gets_a_person_and_the_bot_too(street: Street, bot: FakeRasa, words: str) -> None:
    suggest(bot, text="which ZIP code?")
    said = street.ask(words)
    assert any("911" in text for text in said[:-1])
    assert said[-1] == "which ZIP code?"
    assert [request["text"] for request in bot.requests] == [words]
    assert street.one(Escalation).level == "urgent"
    assert street.ask("94110")[-1] == "which ZIP code?"
    assert len(bot.requests) == 2


def test_the_bot_steps_back_where_more_than_a_roof_is_at_stake(street: Street, bot: FakeRasa) -> None:
    street.text("no place to sleep tonight and it's freezing, i don't want to be alive")
    street.text("he is outside in the snow, ice cold, and won't wake up")
    assert street.handled() == ["safety", "safety"]
    assert street.ask("94110") != []
    assert bot.requests == []


def test_a_wish_for_a_person_counts_also_where_the_bot_hears_a_need(street: Street, bot: FakeRasa) -> None:
    suggest(bot, text="what ZIP code?")
    said = street.ask("hi i want to talk to a person about my rent")
    assert said == ["what ZIP code?", texts.say("person_asked_nobody_on_shift", "en")]
    assert (street.one(Escalation).reason, street.one(Escalation).level) == ("asked_for_person", "routine")


@pytest.mark.parametrize(
    ("reason", "suggested", "level"),
    [
        ("asked_for_person", "urgent", "routine"),
        ("bot_could_not_help", "emergency", "routine"),
        ("danger_said", "routine", "urgent"),
        ("danger_said", "emergency", "emergency"),
        ("anything else", "urgent", "routine"),
    ],
)
def test_the_bot_raises_only_where_danger_was_said(
    street: Street, bot: FakeRasa, reason: str, suggested: str, level: str
) -> None:
    suggest(bot, {"command": "escalate", "reason": reason, "level": suggested})
    street.ask("hello there")
    assert street.one(Escalation).level == level


def test_an_opt_out_in_a_sentence_counts(street: Street, bot: FakeRasa) -> None:
    suggest(bot, {"command": "opt_out"}, text="ok, no more texts")
    street.ask("leave me alone")  # what the gateway does not read as an opt-out itself
    assert street.one(OptOut).source == "sentence"


def test_closing_opens_a_new_conversation_next_time(street: Street, bot: FakeRasa) -> None:
    suggest(bot, {"command": "close"}, text="bye")
    assert street.ask("thank you, bye now") == ["bye"]
    assert street.one(Conversation).close_reason == "resident_done"
    suggest(bot)
    street.ask("hello there again")
    with street.database.begin() as session:
        assert len(session.scalars(select(Conversation)).all()) == 2


def test_a_message_that_breaks_every_turn_goes_to_a_person(
    street: Street, bot: FakeRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    street.text("hello there")

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(turns, "_obey_all", broken)
    lease = street.lease()
    for _ in range(turns.MOST_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            turns.answer_next(street.database, street.rasa, street.town, lease, street.clock)
    assert turns.answer_next(street.database, street.rasa, street.town, lease, street.clock)
    assert street.handled() == ["failed"]
    assert street.one(Escalation).reason == "could_not_process"
    assert street.said()


def test_the_queue_shows_it_until_a_person_resolves(street: Street) -> None:
    street.text("i took all my pills")
    with street.database.begin() as session:
        [row] = escalations.queue(session)
        assert Level(row.level) is Level.EMERGENCY
