"""Texts to one number hang at the carrier: nobody else waits for them, and they arrive when it answers again."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from gateway.clients.rasa import Rasa
from gateway.clients.twilio import Twilio
from gateway.conversations import SMS, Inbound
from gateway.db import Database
from gateway.demo import faults
from gateway.demo.standin import Standin
from gateway.door import Door
from gateway.settings import Settings
from gateway.worker import SENDERS, Worker
from tests.conftest import ACCOUNT_SID, NUMBER
from tests.fakes.fake_rasa import FakeRasa

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]
HUNG = "+15555550199"
HANG_SECONDS, PATIENCE = 20.0, 4.0  # how long the carrier is silent, how long the client waits for it
RESIDENTS, TEXTS_EACH = 6, 8


class Street:
    """A whole worker between a bot and a carrier, and residents who text."""

    def __init__(self, door: Door, standin: Standin) -> None:
        self.door, self.standin = door, standin
        self.count = 0

    def text(self, number: str, body: str) -> None:
        """A resident texts the community number."""
        self.count += 1
        self.door.acceptor.accept(Inbound(SMS, number, f"SM{self.count:032x}", body))

    def talk(self, number: str) -> list[float]:
        """So many texts, each after the answer to the one before; how long each answer took."""
        seconds = []
        for index in range(1, TEXTS_EACH + 1):
            started = time.monotonic()
            self.text(number, f"i need some food please, text {index}")
            self.standin.wait_for(number, index, timeout=60)
            seconds.append(time.monotonic() - started)
        return seconds

    def bystanders(self, first: int) -> list[float]:
        """Several residents at once; how long each of their answers took."""
        with ThreadPoolExecutor(RESIDENTS) as pool:
            talks = [pool.submit(self.talk, f"+1555556{first + index:04d}") for index in range(RESIDENTS)]
            return sorted(each for talk in talks for each in talk.result())


@pytest.fixture
def street(database: Database, door: Door, settings: Settings) -> Iterator[Street]:
    with ExitStack() as stack:
        bot = FakeRasa()
        stack.callback(bot.stop)
        rasa = Rasa(bot.url, settings.bot_secret)
        stack.callback(rasa.close)
        standin = stack.enter_context(
            Standin(ACCOUNT_SID, settings.twilio_auth_tokens, NUMBER, "http://127.0.0.1:9/", check_contract=False)
        )
        carrier = Twilio(ACCOUNT_SID, settings.twilio_auth_tokens[0], NUMBER, api_url=standin.url, timeout=PATIENCE)
        worker = Worker(database, door.bell, rasa, carrier, settings.keys, door.community, door.acceptor)
        stack.callback(worker.stop)
        worker.start()
        yield Street(door, standin)


def test_one_hung_resident_slows_nobody(street: Street) -> None:
    before = street.bystanders(0)
    street.standin.faults("hang", to=HUNG, seconds=HANG_SECONDS, applied=False)
    for index in range(SENDERS + 2):
        street.text(HUNG, f"i need some food please, text {index}")
    meanwhile = street.bystanders(100)
    assert street.standin.sent_to(HUNG) == []
    # Whoever stood behind the hanging call would wait for seconds; what a busy machine adds is not that.
    assert meanwhile[-1] < max(PATIENCE / 2, 3 * before[-1])
    assert meanwhile[len(meanwhile) // 2] < max(0.5, 2 * before[len(before) // 2])
    street.standin.faults()
    arrived = street.standin.wait_for(HUNG, SENDERS + 2, timeout=90)
    assert [text.body for text in arrived] == [
        f"echo {index + 1}: i need some food please, text {index}" for index in range(SENDERS + 2)
    ]


def test_a_fault_for_one_number_leaves_the_others_alone() -> None:
    made = faults.Faults()
    made.order(faults.make("500", to=HUNG, count=1, on="all"))
    assert [made.next("send", "+15555560300").mode, made.next("list").mode] == ["ok", "ok"]
    assert [made.next("list", HUNG).mode, made.next("send", HUNG).mode] == ["500", "ok"]
    with pytest.raises(faults.BadOrder):
        faults.make("hang", to=7)
