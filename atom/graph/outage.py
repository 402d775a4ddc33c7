"""Asking a Store that may be down: play goes on, and one outage is one warning."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any, Protocol

_log = logging.getLogger("atom")


class Batching(Protocol):
    """What is needed of a LangGraph Store."""

    def batch(self, ops: Any) -> list[Any]:
        """Results of the operations, in order."""
        ...

    async def abatch(self, ops: Any) -> list[Any]:
        """The same, awaited."""
        ...


class StoreDown(Exception):  # noqa: N818 - a state of things, which never leaves this package
    """A Store does not answer, which was said already."""


class Outage:
    """Whether a Store is down, and since when to try again.

    Args:
        retry_after: seconds, >= 0, to leave a Store alone after it failed.
    """

    def __init__(self, retry_after: float) -> None:
        self._retry_after = retry_after
        self._until: float | None = None

    def batch(self, store: Batching, operations: Sequence[Any]) -> list[Any] | None:
        """Results of the operations; None where the Store is down."""
        if self._resting():
            return None
        try:
            results = store.batch(operations)
        except Exception as error:  # noqa: BLE001 - whatever a Store that is down raises
            self._failed(error)
            return None
        return self._worked(results)

    async def abatch(self, store: Batching, operations: Sequence[Any]) -> list[Any] | None:
        """The same as ``batch``, awaited."""
        if self._resting():
            return None
        try:
            results = await abatch(store, operations)
        except Exception as error:  # noqa: BLE001 - whatever a Store that is down raises
            self._failed(error)
            return None
        return self._worked(results)

    def _resting(self) -> bool:
        return self._until is not None and time.monotonic() < self._until

    def _failed(self, error: Exception) -> None:
        first = self._until is None
        self._until = time.monotonic() + self._retry_after
        if first:
            _log.warning(
                "the Store does not answer (%s: %s); play goes on, and what is learned about partners is "
                "kept and written when it is back",
                type(error).__name__,
                error,
            )

    def _worked(self, results: list[Any]) -> list[Any]:
        if self._until is not None:
            self._until = None
            _log.info("the Store answers again")
        return results


async def abatch(store: Batching, operations: Sequence[Any]) -> list[Any]:
    """Results of the operations, also of a Store without asynchronous methods, such as ``SqliteStore``."""
    try:
        return await store.abatch(operations)
    except NotImplementedError:  # what such Stores raise
        return await asyncio.to_thread(store.batch, operations)
