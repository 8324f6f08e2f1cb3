"""Turns that are worked on before they are asked for.

The gateway sends one as soon as a text is there, and asks for it again once the text is stored and leased; meanwhile
the bot has worked on it. An answer depends on nothing but the turn (`bot.turns`), so that one is as good as the other.
It is kept for seconds and given away once; whatever is not asked for again is forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

KEPT_SECONDS = 5.0
"""Longer than the gateway takes to store a text, and than it waits for a turn."""
MOST_AT_WORK = 2
"""Beyond that many at a time the bot has enough to do for those who ask it now."""

Answer = dict[str, Any]


class Ahead:
    """The turns that are under way or done, by what was asked."""

    def __init__(self, kept_seconds: float = KEPT_SECONDS) -> None:
        self._kept_seconds = kept_seconds
        self._kept: dict[str, asyncio.Task[Answer]] = {}
        self._asked: set[str] = set()

    def begin(self, asked: str, work: Callable[[], Awaitable[Answer]], others: int = 0) -> bool:
        """Start to work on a turn; False when there is too much to do, or it is under way or was asked for already.

        `others` is how many turns are worked on that were not begun ahead.
        """
        at_work = others + sum(not task.done() for task in self._kept.values())
        if asked in self._kept or asked in self._asked or at_work >= MOST_AT_WORK:
            return False
        task = asyncio.ensure_future(work())
        task.add_done_callback(_heed)
        self._kept[asked] = task
        asyncio.get_running_loop().call_later(self._kept_seconds, self._forget, asked, task)
        return True

    async def take(self, asked: str) -> Answer | None:
        """The answer to a turn that was begun, waited for if it is under way; None when it has to be worked out now.

        Whatever went wrong ahead may go well now, and is told if it does not.
        """
        task = self._kept.pop(asked, None)
        if task is None:
            self._asked.add(asked)  # who was to begin it may still be on the way
            asyncio.get_running_loop().call_later(self._kept_seconds, self._asked.discard, asked)
            return None
        await asyncio.wait([task])
        return None if task.cancelled() or task.exception() else task.result()

    def __len__(self) -> int:
        return len(self._kept)

    def _forget(self, asked: str, task: asyncio.Task[Answer]) -> None:
        if self._kept.get(asked) is task:
            del self._kept[asked]


def _heed(task: asyncio.Task[Answer]) -> None:
    """Of a failure that nobody asked for asyncio would make a record of its own, with whatever stands in it."""
    if not task.cancelled():
        task.exception()
