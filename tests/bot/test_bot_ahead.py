"""A turn that was begun ahead is given away once, whole, to who asks for just that turn."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from bot.ahead import MOST_AT_WORK, Ahead


class Work:
    """Counts how often it is done; ends when it is let go."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.done = 0
        self.go = asyncio.Event()
        self._failure = failure

    async def __call__(self) -> dict[str, Any]:
        await self.go.wait()
        self.done += 1
        if self._failure is not None:
            raise self._failure
        return {"number": self.done}


def test_one_that_is_under_way_is_waited_for() -> None:
    async def story() -> None:
        ahead, work = Ahead(), Work()
        assert ahead.begin("a", work)
        taker = asyncio.ensure_future(ahead.take("a"))
        await asyncio.sleep(0)
        assert not taker.done()
        work.go.set()
        assert await taker == {"number": 1}
        assert await ahead.take("a") is None  # given away

    asyncio.run(story())


def test_another_turn_gets_nothing_of_it() -> None:
    async def story() -> None:
        ahead, work = Ahead(), Work()
        ahead.begin("a", work)
        work.go.set()
        assert await ahead.take("b") is None
        assert len(ahead) == 1

    asyncio.run(story())


def test_one_that_failed_is_worked_out_anew_by_who_asks() -> None:
    async def story() -> None:
        ahead, work = Ahead(), Work(ValueError("what was said"))
        ahead.begin("a", work)
        work.go.set()
        assert await ahead.take("a") is None

    asyncio.run(story())


def test_what_nobody_asks_for_is_forgotten() -> None:
    async def story() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
        ahead, good, bad = Ahead(kept_seconds=0.01), Work(), Work(ValueError("what was said"))
        ahead.begin("a", good)
        ahead.begin("b", bad)
        good.go.set()
        bad.go.set()
        while len(ahead):
            await asyncio.sleep(0.01)
        assert await ahead.take("a") is None
        assert not told

    asyncio.run(story())


def test_one_that_fails_after_it_was_forgotten_is_not_told_of() -> None:
    async def story() -> None:
        told: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
        ahead, work = Ahead(kept_seconds=0.01), Work(ValueError("what was said"))
        ahead.begin("a", work)
        while len(ahead):
            await asyncio.sleep(0.01)
        work.go.set()
        while not work.done:
            await asyncio.sleep(0.01)
        gc.collect()
        await asyncio.sleep(0)
        assert not told

    asyncio.run(story())


def test_one_that_was_asked_for_before_it_was_begun_is_not_worked_on_twice() -> None:
    async def story() -> None:
        ahead, work = Ahead(kept_seconds=0.05), Work()
        work.go.set()
        assert await ahead.take("a") is None
        assert not ahead.begin("a", work)
        await asyncio.sleep(0.1)
        assert ahead.begin("a", work)
        assert await ahead.take("a")
        assert work.done == 1

    asyncio.run(story())


def test_a_busy_bot_begins_nothing_more() -> None:
    async def story() -> None:
        ahead, works = Ahead(), [Work() for _ in range(MOST_AT_WORK + 1)]
        assert not ahead.begin("more", works[-1], others=MOST_AT_WORK)
        begun = [ahead.begin(str(number), work) for number, work in enumerate(works)]
        assert begun == [True] * MOST_AT_WORK + [False]
        works[0].go.set()
        assert await ahead.take("0")
        assert ahead.begin("more", works[-1])
        for work in works:
            work.go.set()
        for name in ("1", "more"):
            await ahead.take(name)

    asyncio.run(story())
