"""One event loop in a thread of its own, for callers that are not asynchronous.

Clients of HTTP libraries belong to the event loop that they were made in. Loops of callers come and
go (``asyncio.run``, a notebook, a server's reload); this one stays as long as the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_thread: threading.Thread | None = None


def run_blocking(work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, which runs in the portal's loop with the caller's context variables.

    An interrupt of the caller, such as Ctrl-C, cancels ``work``.
    """
    loop = _running()
    if threading.current_thread() is _thread:
        work.close()
        raise RuntimeError(
            "a synchronous call within the event loop of atom's portal would wait for itself; call the "
            "asynchronous twin (adecide, apolicy, ainvoke) there"
        )
    begun: list[asyncio.Task[Any]] = []
    given_up = threading.Event()

    async def noted() -> T:
        if (task := asyncio.current_task()) is not None:
            begun.append(task)
        if given_up.is_set():
            work.close()
            raise asyncio.CancelledError
        return await work

    try:
        return asyncio.run_coroutine_threadsafe(noted(), loop).result()
    except BaseException:  # Ctrl-C, which may come before there is anything in hand that could be cancelled
        given_up.set()
        for task in begun:
            loop.call_soon_threadsafe(task.cancel)
        raise


async def run_in_portal(work: Coroutine[Any, Any, T]) -> T:
    """The same, awaited from any event loop; cancelling it cancels ``work``."""
    loop = _running()
    if asyncio.get_running_loop() is loop:
        return await work
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, loop))


def _running() -> asyncio.AbstractEventLoop:
    global _loop, _thread  # noqa: PLW0603
    with _lock:
        if _loop is None or _thread is None or not _thread.is_alive():  # a fork leaves the thread behind
            _loop = asyncio.new_event_loop()
            _thread = threading.Thread(target=_serve, args=(_loop,), name="atom-portal", daemon=True)
            _thread.start()
        return _loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        # What ends a process ends the loop, too. It is the result of the work that raised it, and is raised
        # again where that is waited for; others go on.
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            loop.run_forever()
