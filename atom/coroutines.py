"""One body for synchronous and asynchronous callers: a coroutine that only suspends where it is awaited."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar, cast

T = TypeVar("T")


def finish(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never suspends, without an event loop.

    Raises:
        TypeError: it suspends, because something that it awaits is asynchronous.
    """
    try:
        work.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    work.close()
    name = getattr(work, "__qualname__", type(work).__name__)  # not every kind of coroutine has one
    raise TypeError(f"{name} is asynchronous; call its asynchronous twin")
