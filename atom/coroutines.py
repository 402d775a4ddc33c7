"""Asynchronous code for synchronous callers, where nothing is waited for."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def finish(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never suspends.

    So one text serves synchronous and asynchronous callers: what it awaits answers at once for the
    former, and waits for the latter.

    Raises:
        TypeError: the coroutine waits for something, which only an event loop can do.
    """
    try:
        work.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    work.close()
    raise TypeError(
        f"{work!r} waits for something asynchronous; call the asynchronous twin (adecide, apolicy, ainvoke)"
    )
