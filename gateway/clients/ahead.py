"""Hands the bot what it will be asked for soon (:mod:`gateway.ahead`), without waiting for anything."""

from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from gateway.ahead import Guess
from gateway.clients.rasa import Rasa, Turn

MOST_AT_ONCE = 2  # a bot that is late has enough to do, and its next turn is asked for when it is needed


class Ahead:
    """Thread-safe. While two are under way, others are dropped."""

    def __init__(self, rasa: Rasa) -> None:
        self._rasa = rasa
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE, "ahead")
        self._free = BoundedSemaphore(MOST_AT_ONCE)

    def ask(self, guess: Guess) -> None:
        """Have the bot begin, if there is room."""
        if not self._free.acquire(blocking=False):
            return
        try:
            self._pool.submit(self._ask, guess)
        except RuntimeError:  # closed meanwhile
            self._free.release()

    def close(self) -> None:
        """Finish what is under way, and give the connections back."""
        self._pool.shutdown(wait=True)
        self._rasa.close()

    def _ask(self, guess: Guess) -> None:
        try:
            self._rasa.begin(Turn("ahead", **vars(guess)))
        finally:
            self._free.release()
