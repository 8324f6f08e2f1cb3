"""What the worker does again and again: each part in its turn or its own thread, and its pages are told."""

import threading
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from gateway import sweeps
from gateway.clients.rasa import Rasa
from gateway.community import Community
from gateway.db import Database
from gateway.door import Door
from gateway.settings import Settings
from gateway.worker import Worker


class Carrier:
    """Has nothing to send."""

    def send(self, to: str, body: str) -> str:
        raise AssertionError("nothing waits")

    def find(self, to: str, body: str, since: datetime) -> str | None:
        raise AssertionError("nothing was left")


@pytest.fixture
def worker(door: Door, database: Database, settings: Settings) -> Iterator[Worker]:
    rasa = Rasa("http://127.0.0.1:9", "s" * 32)
    made = Worker(database, door.bell, rasa, Carrier(), settings.keys, door.community, door.acceptor)
    yield made
    made.stop()


def test_every_part_has_a_name_of_its_own_and_comes_again() -> None:
    names = [part.name for part in sweeps.PARTS]
    assert len(set(names)) == len(names)
    assert all(part.every > 0 for part in sweeps.PARTS)


def test_a_part_takes_its_turn_no_more_often_than_it_says(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"often": 0, "seldom": 0}

    def count(name: str) -> sweeps.Run:
        def run(_session: Session, _community: Community, now: datetime) -> list[int]:
            assert now.tzinfo is not None
            times[name] += 1
            return []

        return run

    parts = [sweeps.Part("often", 1e-6, False, count("often")), sweeps.Part("seldom", 600, False, count("seldom"))]
    monkeypatch.setattr(sweeps, "PARTS", parts)
    for _ in range(3):
        worker.sweep()
    assert times == {"often": 3, "seldom": 1}


def test_a_part_that_fails_keeps_no_other_from_its_turn(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []

    def broken(_session: Session, _community: Community, _now: datetime) -> list[int]:
        raise RuntimeError("broken")

    parts = [
        sweeps.Part("broken", 1, False, broken),
        sweeps.Part("next", 1, False, lambda *_: ran.append(1) or []),
    ]
    monkeypatch.setattr(sweeps, "PARTS", parts)
    worker.sweep()
    assert ran == [1]


def test_a_part_with_a_thread_of_its_own_runs_there_and_not_in_turn(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice, names = threading.Semaphore(0), set()

    def run(_session: Session, _community: Community, _now: datetime) -> list[int]:
        names.add(threading.current_thread().name)
        twice.release()
        return []

    monkeypatch.setattr(sweeps, "PARTS", [sweeps.Part("alone", 0.01, True, run)])
    worker.sweep()
    assert not names
    worker.start()
    assert twice.acquire(timeout=20)
    assert twice.acquire(timeout=20)
    assert names == {"alone"}


def test_what_a_part_changed_is_told_to_open_pages(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(worker._bell, "announce", told.append)
    monkeypatch.setattr(sweeps, "PARTS", [sweeps.Part("changed", 1, False, lambda *_: [7, 9])])
    worker.sweep()
    assert told == [7, 9]
