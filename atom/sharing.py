"""Work that several callers wait for: it is done once, and given up with the last of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Coroutine, Hashable, Iterable
from typing import Any, Generic, TypeVar, cast

from atom.errors import FAILURES, BudgetError
from atom.usage import Meter, current_meter

T = TypeVar("T")


class UnderWay(Generic[T]):
    """What is being worked on, by keys; whoever wants the same waits for what another caller began.

    Work goes on while anybody waits for it. It is cancelled when the last who waits is, and has ended
    when that one goes on: nothing is begun on behalf of callers that have gone.
    """

    __slots__ = ("_works",)

    def __init__(self) -> None:
        self._works: dict[Hashable, _Work[T]] = {}

    async def joined(self, key: Hashable) -> T | None:
        """What the work that another caller began under ``key`` comes to.

        None where there is none in this event loop, and where it ended with the other's budget, which
        is no reason to go without an answer. Works may not come to None.

        Raises:
            BudgetError: the time of the caller's own budget ended.
        """
        while (work := self._works.get(key)) is not None and work.is_joinable:
            found = await work.joined()
            if found is not None:
                return found
        return None

    async def begun(self, key: Hashable, work: Coroutine[Any, Any, T]) -> T:
        """What ``work`` comes to, which others may join under ``key`` from now on."""
        mine = self._works[key] = _Work(work)
        mine.task.add_done_callback(lambda _: self._forget(key, mine))
        return await mine.result()

    def _forget(self, key: Hashable, work: _Work[T]) -> None:
        if self._works.get(key) is work:  # others may have begun anew what was being cancelled
            self._works.pop(key, None)


class _Work(Generic[T]):
    """One task, and how many wait for it.

    Args:
        work: what is done; it books on the meter of whoever began it.
    """

    __slots__ = ("_meter", "_waiting", "task")

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.task: asyncio.Task[T] = asyncio.ensure_future(work)
        self.task.add_done_callback(_seen)
        self._meter: Meter | None = current_meter()
        self._waiting = 0

    @property
    def is_joinable(self) -> bool:
        """Whether it goes on, in the running event loop."""
        task = self.task
        return not task.done() and not task.cancelling() and task.get_loop() is asyncio.get_running_loop()

    async def result(self) -> T:
        """What the task comes to."""
        self._waiting += 1
        try:
            await asyncio.wait([self.task])
        except asyncio.CancelledError:
            if self._waiting == 1:
                self.task.cancel()
                await asyncio.wait([self.task])
            raise
        finally:
            self._waiting -= 1
        return self.task.result()

    async def joined(self) -> T | None:
        """The same for a caller that did not begin it; None where the other's budget ended it."""
        meter = current_meter()
        if meter is self._meter:  # whose budget holds in there
            return await self.result()
        end = None if meter is None else meter.deadline
        try:
            async with asyncio.timeout(None if end is None else end - time.monotonic()) as budget:
                return await self.result()
        except TimeoutError:
            if meter is None or not budget.expired():  # the work's own
                raise
            raise BudgetError(f"the budget is spent: {meter.budget}") from None
        except BudgetError:
            return None


def _seen(task: asyncio.Task[Any]) -> None:
    """Nobody may be left to be told of its failure; without this, asyncio logs it."""
    if not task.cancelled():
        task.exception()


async def together(works: Iterable[Awaitable[T]]) -> list[T]:
    """What works come to that are awaited at once; where one fails, all have ended.

    Raises:
        BaseException: what one raised; before failures what is none, such as a graph's interrupt.
    """
    found = await asyncio.gather(*works, return_exceptions=True)
    raised = [one for one in found if isinstance(one, BaseException)]
    if raised:
        raise min(raised, key=lambda error: isinstance(error, FAILURES))
    return cast("list[T]", found)
