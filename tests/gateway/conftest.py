"""A bot that says what a test wants, and a resident who texts."""

from collections.abc import Iterator

import pytest

from gateway.clients.rasa import Rasa
from gateway.db import Database
from gateway.door import Door
from tests.conftest import Clock
from tests.fakes.fake_rasa import FakeRasa
from tests.gateway.turn_street import Street


@pytest.fixture
def bot() -> Iterator[FakeRasa]:
    """A bot that says what the test makes it say."""
    server = FakeRasa()
    yield server
    server.stop()


@pytest.fixture
def street(database: Database, door: Door, bot: FakeRasa, clock: Clock) -> Iterator[Street]:
    """A resident who texts, answered at the time of the test's clock."""
    rasa = Rasa(bot.url, "s")
    yield Street(database, door.settings.keys, door.community, rasa, clock)
    rasa.close()
