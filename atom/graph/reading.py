"""Asking a Store for all of its items, however many there are: a search has an end, and gives one page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias

from langgraph.store.base import BaseStore, Item, ListNamespacesOp, MatchCondition, PutOp, SearchOp

from atom.graph.outage import StoreDown

VERSION = 1
"""Of the items; those of other versions are left alone."""

PAGE = 500
"""How many items are asked for at once."""

Namespace: TypeAlias = tuple[str, ...]
Ask: TypeAlias = Callable[[Sequence[Any]], Awaitable[list[Any]]]
"""Results of operations of a Store, in order; raises what the Store raises."""
Batch: TypeAlias = Callable[[Sequence[Any]], Awaitable[list[Any] | None]]
"""The same; None where the Store is down."""


async def everything(ask: Ask, namespaces: Sequence[Namespace]) -> list[list[Item]]:
    """All items of each namespace, without those of namespaces below it and of other versions.

    Args:
        ask: asks the Store.
        namespaces: to be searched, all of them at once.
    """
    found: list[dict[str, Item]] = [{} for _ in namespaces]

    async def page(waiting: Sequence[int], offset: int) -> list[int]:
        pages = await ask([SearchOp(namespaces[at], limit=PAGE, offset=offset) for at in waiting])
        for at, items in zip(waiting, pages, strict=True):
            # a Store may match prefixes as text: "memory-1" finds "memory-10" as well
            here = (item for item in items if item.namespace == namespaces[at])
            found[at] |= {i.key: i for i in here if i.value.get("version") == VERSION}
        return [at for at, items in zip(waiting, pages, strict=True) if len(items) == PAGE]

    long = waiting = await page(range(len(namespaces)), 0)
    offset = 0
    while waiting:
        offset += PAGE
        waiting = await page(waiting, offset)
    if long:  # what was written meanwhile went to the front, where a Store lists by time
        await page(long, 0)
    return [list(items.values()) for items in found]


async def namespaces(ask: Ask, about: Namespace) -> list[Namespace]:
    """The namespaces that begin so."""
    found: list[Namespace] = []
    while True:
        condition = (MatchCondition("prefix", about),)
        (page,) = await ask([ListNamespacesOp(condition, limit=PAGE, offset=len(found))])
        found += [tuple(namespace) for namespace in page]
        if len(page) < PAGE:
            return found


async def emptied(ask: Ask, namespace: Namespace) -> int:
    """How many items of a namespace were deleted; none of those below it or beside it."""
    deleted = offset = 0
    while True:
        (page,) = await ask([SearchOp(namespace, limit=PAGE, offset=offset)])
        doomed = [item for item in page if item.namespace == namespace]
        if doomed:
            await ask([PutOp(item.namespace, item.key, None) for item in doomed])
        deleted += len(doomed)
        offset += len(page) - len(doomed)  # of others, which stay
        if len(page) < PAGE:
            return deleted


def asking(batch: Batch) -> Ask:
    """Asks by ``batch``, and raises ``StoreDown`` where the Store is."""

    async def ask(operations: Sequence[Any]) -> list[Any]:
        found = await batch(operations)
        if found is None:
            raise StoreDown
        return found

    return ask


def direct(store: BaseStore) -> Ask:
    """Asks a Store, without waiting."""

    async def ask(operations: Sequence[Any]) -> list[Any]:
        return store.batch(operations)

    return ask


async def nobody(operations: Sequence[Any]) -> list[Any]:
    """Asks nobody."""
    raise StoreDown
