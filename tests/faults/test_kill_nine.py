"""1,000 texts from 100 numbers while the worker and the web process are killed with -9 ten times each."""

import collections
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.db import Database
from gateway.models import Conversation, Delivery, Message
from tests.fakes.fake_rasa import FakeRasa
from tests.fakes.processes import wait_until_up
from tests.faults.town import Town, number

TEXTS_EACH, NUMBERS, KILLS = 10, 100, 10
PATIENCE = 120


@pytest.fixture
def bot() -> Iterator[FakeRasa]:
    server = FakeRasa(pause=0.02)
    yield server
    server.stop()


@pytest.fixture
def town(migrated_url: str, redis_url: str, database: Database, bot: FakeRasa, tmp_path: Path) -> Iterator[Town]:
    made = Town(migrated_url, redis_url, bot.url, tmp_path / "var")
    try:
        made.start()
        yield made
    finally:  # also of one that did not come up: its worker would answer the next test's residents
        made.stop()


def body(resident: int, index: int) -> str:
    return f"hello i need some food please, text {index} of resident {resident}"


class Residents:
    """Every resident sends their texts in order, each again until it was acknowledged, as Twilio would with retries."""

    def __init__(self, town: Town) -> None:
        self.town, self.acknowledged = town, collections.Counter[str]()

    def write(self, resident: int) -> None:
        for index in range(TEXTS_EACH):
            sid = f"SM{resident * 1000 + index:032x}"
            deadline = time.monotonic() + PATIENCE
            while self.town.twilio.text(number(resident), body(resident, index), sid=sid).status != 200:
                assert time.monotonic() < deadline, "the door stayed shut"
                time.sleep(0.1)
            self.acknowledged[sid] += 1


def kill_again_and_again(town: Town, over: threading.Event) -> int:
    """Kill each process so many times at random moments, always starting it again."""
    dice = random.Random(20261123)
    killed = 0
    for _ in range(KILLS):
        for process in (town.worker, town.web):
            time.sleep(dice.uniform(0.2, 0.9))
            process.kill()
            time.sleep(dice.uniform(0.0, 0.3))
            process.start()
            killed += 1
        wait_until_up(town.url)
    over.set()
    return killed


@pytest.mark.faults
@pytest.mark.timeout(300)
def test_nothing_acknowledged_is_lost_doubled_or_out_of_order(town: Town, database: Database, bot: FakeRasa) -> None:
    residents, over = Residents(town), threading.Event()
    with ThreadPoolExecutor(12) as pool:
        killing = pool.submit(kill_again_and_again, town, over)
        writing = [pool.submit(residents.write, resident) for resident in range(NUMBERS)]
        for future in writing:
            future.result()
        assert killing.result() == 2 * KILLS
    assert sum(residents.acknowledged.values()) == NUMBERS * TEXTS_EACH
    settle(database, town)
    assert_all_stored_once(database, residents)
    assert_turns_once_and_in_order(database)
    assert_phones_saw_them(town, database)


def settle(database: Database, town: Town) -> None:
    """Wait until nothing waits any longer, neither in the store nor, while it was busy, in the journal."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with database.begin() as session:
            pending = session.scalar(select(func.count()).where(Conversation.pending_since.is_not(None)))
            unsent = session.scalar(select(func.count()).where(Delivery.status.in_(["queued", "sending"])))
        kept = in_the_journal(town)
        if not pending and not unsent and not kept:
            return
        time.sleep(0.25)
    raise AssertionError(f"{pending} conversations unanswered, {unsent} texts unsent, {kept} in the journal")


def in_the_journal(town: Town) -> int:
    """How many texts wait there for the store; what a kill tore off in the midst of a line was promised to nobody."""
    folder = town.var / "journal"
    try:
        kept = (folder / "journal").read_bytes()
    except FileNotFoundError:
        return 0
    try:
        taken = int((folder / "journal.place").read_text())
    except FileNotFoundError:
        taken = 0
    return kept[taken:].count(b"\n")


def assert_all_stored_once(database: Database, residents: Residents) -> None:
    with database.begin() as session:
        stored = collections.Counter(session.scalars(select(Message.provider_id).where(Message.direction == "in")))
        handled = session.execute(
            select(Message.handled_by, func.count()).where(Message.direction == "in").group_by(Message.handled_by)
        ).all()
    assert set(stored) == set(residents.acknowledged)
    assert set(stored.values()) == {1}
    assert [tuple(row) for row in handled] == [("bot", NUMBERS * TEXTS_EACH)]


def assert_turns_once_and_in_order(database: Database) -> None:
    """The state counts turns: each text was answered once, by the turn that its place in the conversation says."""
    with database.begin() as session:
        for conversation in session.scalars(select(Conversation)):
            rows = session.scalars(
                select(Message).where(Message.conversation_id == conversation.id).order_by(Message.id)
            ).all()
            texts = [row.text for row in rows if row.direction == "in"]
            answers = [row.text for row in rows if row.direction == "out" and row.author == "bot"]
            assert texts == sorted(texts, key=lambda text: int(text.split("text ")[1].split(" ")[0]))
            assert answers == [f"echo {turn}: {text}" for turn, text in enumerate(texts, 1)]
            assert conversation.bot_state == {"turns": TEXTS_EACH}


def assert_phones_saw_them(town: Town, database: Database) -> None:
    """Every answer reached its phone, in order; a text may come twice only where its sender died while sending."""
    missing = doubled = 0
    for resident in range(NUMBERS):
        got = [text.body for text in town.twilio.sent_to(number(resident))]
        wanted = [f"echo {turn}: {body(resident, turn - 1)}" for turn in range(1, TEXTS_EACH + 1)]
        missing += len(set(wanted) - set(got))
        doubled += len(got) - len(set(got))
        assert list(dict.fromkeys(got)) == [text for text in wanted if text in got]
    assert missing == 0
    assert doubled == 0


@pytest.mark.faults
def test_a_conversation_of_a_dead_worker_is_taken_over_within_thirty_seconds(
    town: Town, database: Database, bot: FakeRasa
) -> None:
    bot.pause = 2.5
    assert town.twilio.text(number(1), "hello i need some food").status == 200
    deadline = time.monotonic() + 10
    while not bot.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    town.worker.kill()
    died = time.monotonic()
    bot.pause = 0.0
    town.worker.start()
    town.twilio.wait_for(number(1), 1, timeout=40)
    assert time.monotonic() - died < 30
    assert [t.body for t in town.twilio.sent_to(number(1))] == ["echo 1: hello i need some food"]


@pytest.mark.faults
def test_the_web_process_ends_when_asked(town: Town) -> None:
    assert town.web.stop() == 0
    assert not os.path.exists(f"/proc/{town.web.pid}")
    town.web.start()
    wait_until_up(town.url)
