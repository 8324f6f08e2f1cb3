"""Several Rasa processes behind one client: each has its breaker, the least busy is asked, a dead one costs nothing."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway import create_app
from gateway.ahead import Turn
from gateway.clients.rasa import FAILURES_TO_OPEN, Rasa
from gateway.errors import BotUnavailable, SettingsError
from gateway.settings import Settings, read
from tests.fakes.fake_rasa import NONSENSE, FakeRasa, good
from tests.fakes.processes import free_port

pytestmark = pytest.mark.slow  # real waits, or real directories

AT_HOME = ("d", "c")  # conversations that the first and the second of two take where both are idle
TURN = Turn("1", AT_HOME[0], "sms", "es", "hola", None, {"name": "Demo"})
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def make_bot() -> Iterator[Callable[[], FakeRasa]]:
    made: list[FakeRasa] = []

    def make() -> FakeRasa:
        made.append(FakeRasa())
        return made[-1]

    yield make
    for bot in made:
        bot.stop()


@pytest.fixture
def one(make_bot: Callable[[], FakeRasa]) -> FakeRasa:
    return make_bot()


@pytest.fixture
def other(make_bot: Callable[[], FakeRasa]) -> FakeRasa:
    return make_bot()


@pytest.fixture
def rasa(one: FakeRasa, other: FakeRasa) -> Iterator[Rasa]:
    with closing(Rasa([one.url, other.url], "secret")) as client:
        yield client


def turns(rasa: Rasa, number: int) -> list[str]:
    """What came of so many turns, one after the other, of two conversations in turn."""
    said = []
    for each in range(number):
        try:
            said.append(rasa.turn(replace(TURN, conversation=AT_HOME[each % 2])).texts[0])
        except BotUnavailable as failure:
            said.append(str(failure))
    return said


def test_turns_are_shared(rasa: Rasa, one: FakeRasa, other: FakeRasa) -> None:
    turns(rasa, 10)
    assert (len(one.requests), len(other.requests)) == (5, 5)


def test_the_least_busy_is_asked(rasa: Rasa, one: FakeRasa, other: FakeRasa) -> None:
    over = threading.Event()

    def slow(request: dict[str, object]) -> tuple[int, bytes]:
        over.wait(2.5)
        return 200, json.dumps(good(request)).encode()

    one.behave = slow
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(rasa.turn, TURN)
        while not one.requests and not other.requests:
            time.sleep(0.005)
        assert one.requests, "its own process is asked first"
        turns(rasa, 6)
        over.set()
        first.result()
    assert (len(one.requests), len(other.requests)) == (1, 6)


def test_a_process_that_is_not_there_costs_no_answer(one: FakeRasa) -> None:
    with closing(Rasa([NOBODY, one.url], "secret")) as rasa:
        started = time.monotonic()
        assert turns(rasa, 8) == ["echo 1: hola"] * 8
        assert time.monotonic() - started < 2
    assert len(one.requests) == 8


def test_a_process_that_is_still_loading_costs_no_answer(rasa: Rasa, one: FakeRasa, other: FakeRasa) -> None:
    one.behave = NONSENSE["http 503"]
    assert turns(rasa, 8) == ["echo 1: hola"] * 8
    # Three refusals, then its breaker is open and nobody asks it for a while.
    assert (len(one.requests), len(other.requests)) == (FAILURES_TO_OPEN, 8)


def test_a_process_that_dies_at_work_costs_no_answer(rasa: Rasa, one: FakeRasa, other: FakeRasa) -> None:
    one.behave = lambda _request: (_ for _ in ()).throw(ConnectionAbortedError)  # its connection just ends
    assert turns(rasa, 4) == ["echo 1: hola"] * 4
    assert len(other.requests) == 4
    assert one.requests


@pytest.mark.parametrize("name", ["http 500", "html", "nothing said", "other turn"])
def test_nonsense_is_not_asked_for_twice(rasa: Rasa, one: FakeRasa, other: FakeRasa, name: str) -> None:
    one.behave = other.behave = NONSENSE[name]
    turns(rasa, 1)
    assert len(one.requests) + len(other.requests) == 1


def test_a_late_process_is_not_asked_for_twice(one: FakeRasa, other: FakeRasa) -> None:
    one.pause = other.pause = 5
    with closing(Rasa([one.url, other.url], "secret", seconds=0.3)) as hasty:
        started = time.monotonic()
        assert turns(hasty, 1) == ["no_answer"]
        assert time.monotonic() - started < 2
    assert len(one.requests) + len(other.requests) == 1


def test_the_breaker_of_one_does_not_stop_the_other(rasa: Rasa, one: FakeRasa, other: FakeRasa) -> None:
    one.behave = NONSENSE["http 500"]
    said = turns(rasa, 20)
    assert said.count("http_500") == FAILURES_TO_OPEN
    assert said[-10:] == ["echo 1: hola"] * 10
    assert len(one.requests) == FAILURES_TO_OPEN


def test_when_all_breakers_are_open_nobody_is_asked(rasa: Rasa, one: FakeRasa, other: FakeRasa) -> None:
    one.behave = other.behave = NONSENSE["http 500"]
    turns(rasa, 2 * FAILURES_TO_OPEN)
    asked = len(one.requests) + len(other.requests)
    assert turns(rasa, 2) == ["breaker_open"] * 2
    assert len(one.requests) + len(other.requests) == asked


def test_a_process_that_failed_is_tried_by_one_turn_at_a_time(one: FakeRasa, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.clients.rasa.OPEN_SECONDS", 0.05)
    one.behave = NONSENSE["http 500"]
    with closing(Rasa(one.url, "secret")) as rasa:
        turns(rasa, FAILURES_TO_OPEN)
        time.sleep(0.1)
        one.pause, one.behave = 0.5, lambda request: (200, json.dumps(good(request)).encode())
        with ThreadPoolExecutor(6) as pool:
            said = [job.result()[0] for job in [pool.submit(turns, rasa, 1) for _ in range(6)]]
        assert sorted(said) == ["breaker_open"] * 5 + ["echo 1: hola"]
        one.pause = 0.0
        assert turns(rasa, 3) == ["echo 1: hola"] * 3


def test_the_connection_is_kept(rasa: Rasa, one: FakeRasa) -> None:
    turns(rasa, 6)
    assert len(one.ports) == 1


def test_the_address_may_be_a_list(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    given = {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "FRONTDOOR_VAR": str(tmp_path)}
    assert read(given).bot_urls == ("http://127.0.0.1:5005",)
    two = read(given | {"FRONTDOOR_BOT_URL": "http://bot-1:5005/, http://bot-2:5005"})
    assert two.bot_urls == ("http://bot-1:5005", "http://bot-2:5005")


@pytest.mark.parametrize("wrong", ["", ",", "bot:5005", "http://a b", "http://bot:5005,localhost", "ftp://bot"])
def test_an_address_that_is_none_is_named(wrong: str, tmp_path: object) -> None:
    given = {"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x", "FRONTDOOR_VAR": str(tmp_path)}
    with pytest.raises(SettingsError, match="FRONTDOOR_BOT_URL must be"):
        read(given | {"FRONTDOOR_BOT_URL": wrong})


@pytest.fixture
def ready(settings: Settings, database: object) -> Iterator[Callable[[str], dict[str, object]]]:
    """What ``/readyz`` says of the bot, with these addresses."""
    made: list[Flask] = []

    def ask(urls: str) -> dict[str, object]:
        made.append(create_app(replace(settings, bot_url=urls)))
        client: FlaskClient = made[-1].test_client()
        told: dict[str, object] = client.get("/readyz").get_json()["parts"]["bot"]
        return told

    yield ask
    for app in made:
        app.extensions["front_door"].close()


def test_health_says_how_many_answer(ready: Callable[[str], dict[str, object]], one: FakeRasa) -> None:
    gone = f"http://127.0.0.1:{free_port()}"
    told = ready(f"{one.url},{gone}")
    assert (told["up"], told["answering"], told["of"]) == (True, 1, 2)
    told = ready(f"{one.url},{one.url}")
    assert (told["up"], told["answering"], told["of"]) == (True, 2, 2)
    assert ready(f"{gone},{gone}")["up"] is False
