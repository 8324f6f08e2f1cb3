"""The bot's client lets good answers through and nothing else, in time."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator

import pytest

from gateway import offers
from gateway.ahead import Turn
from gateway.clients.rasa import Rasa
from gateway.errors import BotUnavailable
from tests.fakes.fake_rasa import NONSENSE, FakeRasa, good

TURN = Turn("1", "c", "sms", "es", "hola", None, {"name": "Demo"})


@pytest.fixture
def rasa(bot: FakeRasa) -> Iterator[Rasa]:
    client = Rasa(bot.url, "secret")
    yield client
    client.close()


def test_a_turn_is_signed_and_answered(bot: FakeRasa, rasa: Rasa) -> None:
    answer = rasa.turn(TURN)
    assert answer.texts == ("echo 1: hola",)
    assert answer.state == {"turns": 1}
    sent = bot.headers[0]
    body = json.dumps(TURN.__dict__, ensure_ascii=True).encode()
    wanted = hmac.new(b"secret", sent["X-Frontdoor-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert sent["X-Frontdoor-Signature"] == wanted


def test_a_question_brings_its_answers(bot: FakeRasa, rasa: Rasa) -> None:
    asked = [{"text": "Thank you."}, {"text": "¿Está bien? Responda SÍ o NO.", "asks": "yes_no"}]
    bot.behave = lambda request: (200, json.dumps(good(request) | {"messages": asked}).encode())
    plain, question = rasa.turn(TURN).texts
    assert offers.of(plain) is None
    assert offers.of(question) == [{"label": "Sí", "text": "SÍ"}, {"label": "No", "text": "NO"}]


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_is_refused(bot: FakeRasa, rasa: Rasa, name: str) -> None:
    bot.behave = NONSENSE[name]
    with pytest.raises(BotUnavailable):
        rasa.turn(TURN)


def test_a_hung_bot_is_given_up(bot: FakeRasa) -> None:
    bot.pause = 5
    hasty = Rasa(bot.url, "secret", seconds=0.2)
    started = time.monotonic()
    with pytest.raises(BotUnavailable):
        hasty.turn(TURN)
    hasty.close()
    assert time.monotonic() - started < bot.pause


def test_after_three_failures_nobody_waits_for_it(bot: FakeRasa, rasa: Rasa) -> None:
    bot.behave = NONSENSE["http 500"]
    for _ in range(3):
        with pytest.raises(BotUnavailable, match="http_500"):
            rasa.turn(TURN)
    asked = len(bot.requests)
    with pytest.raises(BotUnavailable, match="breaker_open"):
        rasa.turn(TURN)
    assert len(bot.requests) == asked


def test_a_good_answer_closes_the_count(bot: FakeRasa, rasa: Rasa) -> None:
    for _ in range(4):
        bot.behave = NONSENSE["http 500"]
        with pytest.raises(BotUnavailable, match="http_500"):
            rasa.turn(TURN)
        bot.behave = lambda request: (200, json.dumps(good(request)).encode())
        rasa.turn(TURN)


def test_a_bot_that_is_not_there() -> None:
    nowhere = Rasa("http://127.0.0.1:9", "secret")
    with pytest.raises(BotUnavailable):
        nowhere.turn(TURN)
    nowhere.close()
