"""What the bot is asked ahead is what the worker asks then, and nobody's answer hangs on it."""

import json
import threading
from dataclasses import asdict
from datetime import timedelta

import pytest

from gateway import known, turns
from gateway.ahead import Guess, Turn
from gateway.clients.ahead import MOST_AT_ONCE, Ahead
from gateway.clients.rasa import Rasa
from gateway.conversations import RESPONDER, SMS, Inbound
from gateway.models import Conversation
from gateway.receiving import receive
from tests import demo_town
from tests.conftest import RESIDENT
from tests.fakes.fake_rasa import NONSENSE, FakeRasa, good
from tests.gateway.turn_street import Street

FIND = {"command": "find_services", "needs": ["food"], "zip": "94110", "place": None, "for_whom": None}
GUESS = Turn("ahead", "c1", "sms", "en", "hello", None, {"name": "Demo Town"})


def text(street: Street, words: str, **facts: object) -> list[Turn]:
    """One text of the resident; returns what was asked ahead once it was locked."""
    street.count += 1
    inbound = Inbound(SMS, RESIDENT, f"SM{street.count:032x}", words, **facts)  # type: ignore[arg-type]
    asked: list[Turn] = []
    with street.database.begin() as session:
        guess = Guess(asked.append, street.town)
        receive(session, street.keys, street.town, inbound, street.clock(), guess=guess)
    return asked


def seen(street: Street, words: str) -> tuple[list[Turn], list[Turn]]:
    """As :func:`text`, with a look before the lock: what was asked by then, and what was asked in all."""
    street.count += 1
    inbound = Inbound(SMS, RESIDENT, f"SM{street.count:032x}", words)
    asked: list[Turn] = []
    with street.database.begin() as session:
        first = known.at_first(session, street.keys, inbound)
        guess = Guess(asked.append, street.town)
        if first.thread is not None:
            guess.ask(first.thread, inbound, street.clock())
        at_first = list(asked)
        receive(session, street.keys, street.town, inbound, street.clock(), first, guess)
    return at_first, asked


def answered(street: Street, bot: FakeRasa) -> list[dict[str, object]]:
    """What the worker asks the bot for what waits."""
    before = len(bot.requests)
    while taken := turns.take_next(street.database, street.town, "test", street.clock):
        lease, question = taken
        if question is not None:
            turns.answer(street.database, street.rasa, street.town, lease, question, street.clock)
    return bot.requests[before:]


def test_what_is_guessed_is_what_the_worker_asks(street: Street, bot: FakeRasa) -> None:
    with street.database.begin() as session:
        demo_town.lay(session, street.clock())
    bot.behave = lambda request: (200, json.dumps(good(request, commands=[FIND])).encode())
    for words in ("necesito comida por favor", "94110", "y pañales para mi bebe", "english please", "and a dentist"):
        street.clock.at += timedelta(minutes=2)
        guesses, asked = text(street, words), answered(street, bot)
        if words == "english please":
            assert not guesses
            continue
        assert len(asked) == 1
        told = asked[0] | {"turn_id": "", "away_hours": 0}
        assert [asdict(guess) | {"turn_id": "", "away_hours": 0} for guess in guesses] == [told]


def test_a_thread_that_is_known_is_asked_for_before_it_is_locked(street: Street, bot: FakeRasa) -> None:
    at_first, asked = seen(street, "necesito comida por favor")
    assert not at_first  # nobody wrote before
    assert len(asked) == 1
    answered(street, bot)
    at_first, asked = seen(street, "94110")
    assert at_first == asked
    [told] = answered(street, bot)
    assert [asdict(each) | {"turn_id": told["turn_id"]} for each in asked] == [told]


def test_who_changes_their_language_is_asked_for_again_in_it(street: Street, bot: FakeRasa) -> None:
    seen(street, "necesito comida por favor")
    answered(street, bot)
    at_first, asked = seen(street, "i need clothes for my kids please")
    assert [each.language for each in at_first] == ["es"]
    assert [each.language for each in asked] == ["es", "en"]
    assert answered(street, bot)[0]["language"] == "en"


@pytest.mark.parametrize("words", ["STOP", "HELP", "ayuda", "", "  ", "español"])
def test_a_word_that_is_not_the_bots_is_not_asked_ahead(street: Street, words: str) -> None:
    assert text(street, "necesito comida por favor")
    assert not text(street, words)


def test_the_next_word_after_a_list_is_not_asked_ahead(street: Street, bot: FakeRasa) -> None:
    with street.database.begin() as session:
        demo_town.lay(session, street.clock())
    bot.behave = lambda request: (200, json.dumps(good(request, commands=[FIND])).encode())
    assert text(street, "i need food please")
    answered(street, bot)
    for words in ("2", "more", "map"):
        assert not text(street, words)
        assert not answered(street, bot)


def test_while_something_waits_nothing_is_asked_ahead(street: Street) -> None:
    assert text(street, "i need food please")
    assert not text(street, "for two")


def test_who_comes_back_after_hours_is_not_asked_ahead(street: Street, bot: FakeRasa) -> None:
    assert text(street, "i need food please")
    answered(street, bot)
    street.clock.at += timedelta(hours=3)
    assert not text(street, "94110")
    assert answered(street, bot)[0]["away_hours"] == 3


def test_what_a_responder_holds_is_not_asked_ahead(street: Street, bot: FakeRasa) -> None:
    text(street, "i need food please")
    answered(street, bot)
    with street.database.begin() as session:
        for conversation in session.query(Conversation):
            conversation.handler = RESPONDER
    assert not text(street, "94110")


def test_a_menu_of_the_gateways_is_not_asked_ahead(street: Street, bot: FakeRasa) -> None:
    bot.behave = NONSENSE["http 503"]
    assert text(street, "i need food please")
    answered(street, bot)
    assert not text(street, "something else")


def test_a_text_of_no_known_language_is_not_asked_ahead(street: Street) -> None:
    assert not text(street, "94110")


def test_what_came_out_of_the_journal_is_not_asked_ahead(street: Street) -> None:
    assert not text(street, "i need food please", received_at=street.clock())


def test_one_that_breaks_costs_no_text(street: Street) -> None:
    def broken(_turn: Turn) -> None:
        raise RuntimeError

    with street.database.begin() as session:
        inbound = Inbound(SMS, RESIDENT, "SM" + "a" * 32, "i need food please")
        receipt = receive(session, street.keys, street.town, inbound, street.clock(), guess=Guess(broken, "Town"))
    assert receipt.needs_bot


def test_the_bot_is_told_by_a_signed_post(bot: FakeRasa) -> None:
    ahead = Ahead(Rasa(bot.url, "s"))
    ahead.ask(GUESS)
    ahead.close()
    assert bot.begun == [asdict(GUESS)]
    assert not bot.requests
    ahead.ask(GUESS)  # after the end it is nothing
    assert len(bot.begun) == 1


def test_a_bot_that_is_gone_or_hangs_holds_nobody_up(bot: FakeRasa) -> None:
    gone = Rasa("http://127.0.0.1:9", "s")
    assert not gone.begin(GUESS)
    gone.close()
    release, asked = threading.Event(), []

    class Hanging(Rasa):
        def begin(self, turn: Turn) -> bool:
            asked.append(turn)
            return release.wait(30)

    ahead = Ahead(Hanging(bot.url, "s"))
    for _ in range(10):
        ahead.ask(GUESS)
    release.set()
    ahead.close()
    assert len(asked) == MOST_AT_ONCE


def test_a_bot_that_is_busy_is_left_alone_for_a_while(bot: FakeRasa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.clients.ahead.BUSY_SECONDS", 60)
    ahead = Ahead(Rasa(bot.url, "s"))
    ahead.ask(GUESS)  # this bot says 429
    while not bot.begun or not ahead._not_before:
        threading.Event().wait(0.01)
    ahead.ask(GUESS)
    ahead.close()
    assert len(bot.begun) == 1


def test_of_several_processes_the_idle_one_that_began_is_asked(bot: FakeRasa) -> None:
    other = FakeRasa()
    rasa = Rasa([bot.url, other.url], "s")
    try:
        for number in range(8):
            turn = Turn("ahead", f"conversation-{number}", "sms", "en", "hello", None, {"name": "x"})
            before = len(bot.begun), len(bot.requests)
            rasa.begin(turn)
            rasa.turn(turn)
            assert len(bot.begun) - before[0] == len(bot.requests) - before[1]
        assert bot.begun
        assert other.begun
    finally:
        rasa.close()
        other.stop()
