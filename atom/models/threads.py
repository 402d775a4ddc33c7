"""Daemon threads for calls that block: what hangs in one holds up neither the others nor the process's end.

The threads of ``asyncio.to_thread`` are few, and a process waits for them when it ends. A call that
waits for one of them looks like a call that is slow.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Threads:
    """One daemon thread for each call under way, at most so many at once.

    A call that was given up counts until it ends: nothing can end it from outside.

    Args:
        most: calls at once, >= 1.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: set[asyncio.Future[Any]] = set()

    async def free(self) -> None:
        """Returns when one more call may run; ``run`` is to be awaited next, with nothing in between."""
        loop = asyncio.get_running_loop()
        # a fork leaves the calls of another loop behind
        while len(busy := {call for call in self._running if call.get_loop() is loop}) >= self._most:
            await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)

    async def run(self, work: Callable[[], T], limit: float) -> T:
        """The result of ``work``, called in a thread of its own with the caller's context variables.

        Given up before it began, it is not called at all.

        Args:
            work: blocks.
            limit: seconds to wait for it.

        Raises:
            TimeoutError: it did not end in time.
        """
        call: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        given_up = threading.Event()
        threading.Thread(
            target=contextvars.copy_context().run,
            args=(_call, work, call, given_up),
            name="atom-chat-model",
            daemon=True,
        ).start()
        self._running.add(call)
        call.add_done_callback(self._ended)
        try:
            done, _ = await asyncio.wait({call}, timeout=limit)
        finally:
            given_up.set()
        if done:
            return call.result()
        raise TimeoutError(f"no answer within {limit:.3g} s")

    def _ended(self, call: asyncio.Future[Any]) -> None:
        self._running.discard(call)
        call.exception()  # seen, so that asyncio does not report it


_MOST_GIVEN_UP = 64
_given_up: set[threading.Thread] = set()


def in_time(work: Callable[[], T], limit: float) -> T:
    """The result of ``work``, called in a daemon thread with the caller's context variables.

    Args:
        work: blocks. Given up, it goes on until it ends by itself: nothing can end it from outside.
        limit: seconds to wait for it.

    Raises:
        TimeoutError: it did not end in time, or too many before it that were given up have not ended.
    """
    _given_up.difference_update([thread for thread in _given_up if not thread.is_alive()])
    if len(_given_up) >= _MOST_GIVEN_UP:
        raise TimeoutError(f"{_MOST_GIVEN_UP} calls that were given up before this one have not ended")
    result: concurrent.futures.Future[T] = concurrent.futures.Future()

    def call() -> None:
        try:
            result.set_result(work())
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is waited for
            result.set_exception(error)

    run = contextvars.copy_context().run
    thread = threading.Thread(target=run, args=(call,), name="atom-agent", daemon=True)
    thread.start()
    done, _ = concurrent.futures.wait([result], max(0.0, limit))
    if not done:
        _given_up.add(thread)
        raise TimeoutError(f"no answer within {limit:.3g} s")
    return result.result()


def _call(work: Callable[[], T], call: asyncio.Future[T], given_up: threading.Event) -> None:
    result: T | None = None
    error: BaseException | None = None
    try:
        if not given_up.is_set():
            result = work()
    except StopIteration as raised:  # which no future takes
        error = RuntimeError(f"StopIteration: {raised}")
    except BaseException as raised:  # noqa: BLE001  # as of a coroutine, it is raised where the result is waited for
        error = raised
    with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits
        call.get_loop().call_soon_threadsafe(_settle, call, result, error)


def _settle(call: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if error is None:
        call.set_result(result)
    else:
        call.set_exception(error)
