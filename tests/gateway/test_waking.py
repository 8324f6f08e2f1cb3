"""How a worker's threads are woken: each ring wakes one, and where nothing rings, one at a time looks."""

import threading
from concurrent.futures import ThreadPoolExecutor

from gateway.worker import _Wake


def test_every_ring_wakes_one_thread() -> None:
    wake = _Wake()
    with ThreadPoolExecutor(3) as threads:
        woken = [threads.submit(wake.wait, 60.0) for _ in range(3)]
        for _ in range(3):
            wake.one()
        assert [each.result(30) for each in woken] == [True] * 3


def test_a_ring_before_anybody_waits_is_not_lost() -> None:
    wake = _Wake()
    wake.one()
    assert wake.wait(60.0)


def test_where_nothing_rings_the_threads_look_one_after_the_other() -> None:
    wake = _Wake()
    looked = threading.Semaphore(0)

    def serve() -> None:
        if not wake.wait(0.2):
            looked.release()
            wake.wait(60.0)

    with ThreadPoolExecutor(3) as threads:
        served = [threads.submit(serve) for _ in range(3)]
        for _ in range(3):  # the looks follow each other, and each thread has one
            assert looked.acquire(timeout=30)
        for _ in range(3):
            wake.one()
        for each in served:
            each.result(30)


def test_who_is_told_to_look_looks_at_once() -> None:
    wake = _Wake()
    wake.all()
    assert not wake.wait(60.0)
