"""Two real Rasa processes behind one gateway: one is killed with -9 in the middle, and no resident notices."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.db import Database
from gateway.models import Conversation, Message
from tests.bot.bot_server import BotServer, train_if_needed
from tests.faults.test_kill_nine import settle
from tests.faults.town import BOT_SECRET, Town, number

pytestmark = [pytest.mark.faults, pytest.mark.bot, pytest.mark.slow, pytest.mark.timeout(900)]
RESIDENTS, TEXTS_EACH = 20, 6
KILL_AFTER = RESIDENTS * TEXTS_EACH // 3
PATIENCE = 60.0


@dataclass
class Bots:
    """Two Rasa processes with one action server behind them."""

    one: BotServer
    other: BotServer

    @property
    def urls(self) -> str:
        """Their addresses, as the gateway is given them."""
        return f"{self.one.url},{self.other.url}"


@pytest.fixture
def bots() -> Iterator[Bots]:
    train_if_needed()
    with ExitStack() as stack:
        made = BotServer(secret=BOT_SECRET), BotServer(secret=BOT_SECRET)
        made[1].actions_port = made[0].actions_port
        for server in made:
            stack.callback(server.stop)
        made[0].start()
        made[1].start_rasa()
        yield Bots(*made)


@pytest.fixture
def town(migrated_url: str, redis_url: str, database: Database, bots: Bots, tmp_path: Path) -> Iterator[Town]:
    made = Town(migrated_url, redis_url, bots.urls, tmp_path / "var")
    try:
        made.start()
        yield made
    finally:
        made.stop()


def body(resident: int, index: int) -> str:
    return f"we need food please, text {index} of resident {resident}"


def texts_in(database: Database) -> int:
    """How many texts the bot answered so far."""
    with database.begin() as session:
        return len(session.scalars(select(Message.id).where(Message.handled_at.is_not(None))).all())


def write_all(town: Town, killed: threading.Event) -> None:
    """Every resident sends their texts in order; the last third of them only when a bot is dead."""

    def write(resident: int) -> None:
        for index in range(TEXTS_EACH):
            if index >= TEXTS_EACH * 2 // 3:
                assert killed.wait(PATIENCE)
            assert town.twilio.text(number(resident), body(resident, index)).status == 200

    with ThreadPoolExecutor(RESIDENTS) as pool:
        for job in [pool.submit(write, resident) for resident in range(RESIDENTS)]:
            job.result()


def test_when_one_of_two_bots_is_killed_order_is_kept_and_nothing_is_lost_or_doubled(
    town: Town, database: Database, bots: Bots
) -> None:
    killed = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_all, town, killed)
        deadline = time.monotonic() + PATIENCE
        while texts_in(database) < KILL_AFTER:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        bots.one.kill_rasa()
        killed.set()
        writing.result()
    settle(database, town)
    with database.begin() as session:
        threads = session.scalars(select(Conversation)).all()
        rows = {
            thread.id: session.scalars(
                select(Message).where(Message.conversation_id == thread.id).order_by(Message.id)
            ).all()
            for thread in threads
        }
    assert len(rows) == RESIDENTS
    told = sorted(assert_answered_once_and_in_order(each) for each in rows.values())
    assert told == sorted(texts_on(town, resident) for resident in range(RESIDENTS))


def assert_answered_once_and_in_order(rows: "list[Message]") -> list[str]:
    """Each text was answered by the bot, in its order, none twice; returns what was said, in order."""
    asked = [row for row in rows if row.direction == "in"]
    said = [row for row in rows if row.direction == "out"]
    assert [row.text.split("text ")[1].split(" ")[0] for row in asked] == [str(index) for index in range(TEXTS_EACH)]
    assert {row.handled_by for row in asked} == {"bot"}
    places = [(row.answers_id, row.ordinal) for row in said]
    assert places == sorted(set(places))
    assert [row.id for row in asked] == sorted({row.answers_id for row in said})
    return [row.text for row in said]


def texts_on(town: Town, resident: int) -> list[str]:
    """What the phone of this resident got, in order."""
    return [text.body for text in town.twilio.sent_to(number(resident))]
