"""Hands the bot what it will be asked for soon (:mod:`gateway.ahead`), without waiting for anything."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from gateway.ahead import Turn
from gateway.clients.rasa import Rasa

MOST_AT_ONCE = 2  # a bot that is late has enough to do, and its next turn is asked for when it is needed
BUSY_SECONDS = 0.25  # for so long one that said it has enough to do, or said nothing, is left alone


class Ahead:
    """Thread-safe. While two are under way, or the bot is busy, others are dropped."""

    def __init__(self, rasa: Rasa) -> None:
        self._rasa = rasa
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, "ahead")
        self._free = BoundedSemaphore(MOST_AT_ONCE)
        self._not_before = 0.0

    def ask(self, turn: Turn) -> None:
        """Have the bot begin, if there is room."""
        if time.monotonic() < self._not_before or not self._free.acquire(blocking=False):
            return
        try:
            self._pool.submit(self._ask, turn)
        except RuntimeError:  # closed meanwhile
            self._free.release()

    def close(self) -> None:
        """Finish what is under way, and give the connections back."""
        self._pool.shutdown(wait=True)
        self._rasa.close()

    def _ask(self, turn: Turn) -> None:
        try:
            if not self._rasa.begin(turn):
                self._not_before = time.monotonic() + BUSY_SECONDS
        finally:
            self._free.release()
