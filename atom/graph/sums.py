"""What all threads observed of one partner, in a Store, as a tree of sums: whoever reads it reads little.

Every thread writes an item of its own into a *leaf*, which takes about ``FAN`` threads; then the next one
is opened. Of every leaf but the last one item says the sum, and of every ``FAN`` such sums another one. So a
reader needs the items of the last leaf and fewer than ``FAN`` sums of each size, however many threads
there were.

Nothing here needs a lock or a transaction, only that a Store keeps single items whole:

- A sum is made of what lies below it and of nothing else, so that making it twice, or by two at once,
  counts nothing twice. One that is missing, since its maker was killed, is made by the next reader.
- Whoever writes into a leaf that is not the last one makes its sum again, and those above. It looks where
  the last leaf is *after* it wrote, and whoever opens a leaf says so *before* it sums the one that it left:
  one of the two sees the other. A sum is made again until what it is made of stays the same meanwhile.
- The word where the last leaf is may be old. Whoever finds anything in the leaf after it, or has written
  there, says it again, and makes the sums again of those before.
- Leaves whose threads have all rested for ``REST`` are *closed for good*: their sum is written under a name
  of its own, which nobody writes anything else to, and only then are the items deleted. Who finds that name
  counts what is left below no more. No thread writes one item for longer than ``LIFE``.

The first leaf is the namespace itself, as it was before there were sums. Threads that began while the Store
was down write there too, so it is never closed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from langgraph.store.base import GetOp, Item, PutOp

from atom.belief.evidence import nothing, total
from atom.belief.sound import is_evidence, say_damaged
from atom.graph.reading import VERSION, Ask, Namespace, everything
from atom.memories import Evidence

FAN = 16
"""How many threads a leaf takes before the next one is opened, and how many sums make a larger one."""

LIFE = 86_400.0
"""Seconds for which a thread writes one item; if it goes on for longer, it writes another one."""

REST = 7 * LIFE
"""Seconds without a write after which an item is taken to be final; what lies between is for slow clocks."""

_TRIES = 5
_MOST_LEAVES = 2**40
_SECONDS_A_DAY = 86_400.0


class Part(NamedTuple):
    """What one item says.

    Attributes:
        key: the item's.
        total: all evidence.
        faded: the same where old observations count for less, as it was at ``at``.
        at: seconds since 1970; for a thread's item when it was last written.
    """

    key: str
    total: Evidence
    faded: Evidence
    at: float


class Known(NamedTuple):
    """What was found.

    Attributes:
        last: number of the last leaf.
        parts: the items of the last leaf, and the sums of all others.
        size: how many threads the last leaf has.
    """

    last: int
    parts: list[Part]
    size: int


@dataclass(frozen=True, slots=True)
class Sums:
    """The tree of one observer, partner and task.

    Attributes:
        first: namespace of the first leaf.
        root: namespace of everything else.
        names: what items say besides: observer, partner, task.
        half_life: days after which evidence counts for half as much; None for no decay.
        ask: asks the Store.
    """

    first: Namespace
    root: Namespace
    names: Mapping[str, str]
    half_life: float | None
    ask: Ask

    def leaf(self, number: int) -> Namespace:
        """The namespace of a leaf."""
        return self.first if number == 0 else self._node(0, number)

    def number(self, leaf: Namespace) -> int:
        """The number of the leaf that has this namespace."""
        return 0 if leaf == self.first else int(leaf[-1])

    def head(self) -> GetOp:
        """The question where the last leaf is."""
        return GetOp(self.root, "last")

    async def known(self, found: Item | None) -> Known:
        """Everything that is known, where the last leaf is as ``head`` found it."""
        last = last_leaf(found)
        while True:
            nodes = [(level, last // FAN**level) for level in _levels(last)]
            namespaces = [self.leaf(last), self.leaf(last + 1), *(self._node(*node) for node in nodes)]
            here, further, *lists = await self._all(namespaces)
            if not further:
                break
            await self._advance(last, last + 1)  # an old word of it came late, or who opened it was killed
            last += 1
        parts = [self._part(item) for item in here]
        for (level, index), items in zip(nodes, lists, strict=True):
            parts += await self._children(last, level, index, items)
        return Known(last, parts, len(here))

    def prior(self, parts: Iterable[Part], now: float) -> Evidence:
        """The sum of parts in which old observations count for less.

        Args:
            parts: what was found.
            now: seconds since 1970.
        """
        return total((self._weight(now - part.at), part.faded) for part in parts)

    async def own(self, leaf: int, key: str) -> Part | None:
        """What to take off the sums, which are of all threads, where one asks what the others know."""
        (item,) = await self.ask([GetOp(self.leaf(leaf), key)])
        if item is None:
            return None
        key, whole, faded, at = self._part(item)
        return Part(key, total([(-1.0, whole)]), total([(-1.0, faded)]), at)

    async def written(self, known: Known, key: str) -> int | None:
        """The leaf, one of the last ``FAN`` or the first, that has an item of this key; None for none."""
        if any(part.key == key for part in known.parts):
            return known.last
        leaves = sorted({0, *range(max(0, known.last - FAN), known.last)} - {known.last}, reverse=True)
        found = await self.ask([GetOp(self.leaf(leaf), key) for leaf in leaves]) if leaves else []
        return next((leaf for leaf, item in zip(leaves, found, strict=True) if item), None)

    async def join(self, known: Known) -> int:
        """The leaf for a new thread; the next one is opened where the last one is full."""
        if known.size < FAN:
            return known.last
        (now,) = await self.ask([self.head()])
        if last_leaf(now) > known.last:  # somebody else was faster
            return last_leaf(now)
        await self._advance(known.last, known.last + 1)
        await self.compact(known.last + 1)
        return known.last + 1

    async def wrote(self, leaf: int, found: Item | None) -> None:
        """Makes the sums of what a thread wrote.

        Args:
            leaf: where it wrote.
            found: where the last leaf is, asked for after it was written.
        """
        last = last_leaf(found)
        if last < leaf:  # an old word of it came late, or all was forgotten meanwhile
            await self._advance(last, leaf)
        else:
            await self._summed_up(leaf, last)

    async def compact(self, last: int, *, most: int = 2, now: float | None = None) -> int:
        """Closes leaves whose threads have rested, the oldest first; how many were closed.

        Args:
            last: the last leaf.
            most: how many leaves to close at most.
            now: seconds since 1970; None for the present.
        """
        at = GetOp(self.root, "closed")
        closed = 0
        for _ in range(most):
            (found,) = await self.ask([at])
            leaf = 1 if found is None else int(found.value["leaf"]) + 1
            if leaf >= last or not await self._rested(leaf, now):
                break
            level, index = 0, leaf
            await self._close(last, level, index)
            while index % FAN == FAN - 1 and index >= FAN:  # the last one below its parent
                level, index = level + 1, index // FAN
                await self._close(last, level, index)
            await self.ask([self._put(at.namespace, at.key, {"leaf": leaf})])
            closed += 1
        return closed

    async def _rested(self, leaf: int, now: float | None) -> bool:
        (items,) = await self._all([self.leaf(leaf)])
        now = seconds() if now is None else now
        return all(now - _time(item) > REST for item in items)

    async def _close(self, last: int, level: int, index: int) -> None:
        above, final = self._node(level + 1, index // FAN), _final(index)
        below = self._node(level, index)
        if (await self.ask([GetOp(above, final)]))[0] is None:
            parts = await self._below(last, level, index)
            # whoever deletes has written the sum before: without one, nothing of what was read was missing
            if (await self.ask([GetOp(above, final)]))[0] is None:
                await self.ask([self._put(above, final, self._sum(parts))])
        while items := (await self._all([below]))[0]:  # those of other versions were not counted
            await self.ask([PutOp(item.namespace, item.key, None) for item in items])
        await self.ask([PutOp(above, str(index), None)])

    async def _summed_up(self, leaf: int, last: int) -> None:
        """Makes the sum of a leaf again, and those above it."""
        level, index = 0, leaf
        while index < last // FAN**level:
            await self._make(last, level, index)
            level, index = level + 1, index // FAN

    async def _make(self, last: int, level: int, index: int) -> Part:
        above, key = self._node(level + 1, index // FAN), str(index)
        (final,) = await self.ask([GetOp(above, _final(index))])
        if final is not None:
            return self._part(final)
        value: dict[str, Any] | None = None
        for _ in range(_TRIES):
            made = self._sum(await self._below(last, level, index))
            if made == value:
                break
            value = made
            await self.ask([self._put(above, key, value)])
        return self._read(key, value or {}, 0.0)

    async def _below(self, last: int, level: int, index: int) -> list[Part]:
        namespace = self.leaf(index) if level == 0 else self._node(level, index)
        (items,) = await self._all([namespace])
        if level == 0:
            return sorted((self._part(item) for item in items), key=lambda part: part.key)
        return await self._children(last, level, index, items)

    async def _children(self, last: int, level: int, index: int, items: Sequence[Item]) -> list[Part]:
        """The sums under a node, of which those that are missing are made."""
        found = {item.key: item for item in items}
        ended = min((index + 1) * FAN, last // FAN ** (level - 1))
        parts = []
        for child in range(index * FAN, ended):
            item = found.get(_final(child)) or found.get(str(child))
            parts.append(self._part(item) if item else await self._make(last, level - 1, child))
        return parts

    async def _advance(self, last: int, to: int) -> None:
        """Says where the last leaf is, and then makes the sums of those before it."""
        await self.ask([self._put(self.root, "last", {"leaf": to})])
        for leaf in range(last, to):
            await self._summed_up(leaf, to)

    def _put(self, namespace: Namespace, key: str, value: Mapping[str, Any]) -> PutOp:
        return PutOp(namespace, key, {"version": VERSION, **value, **self.names}, index=False)

    def _node(self, level: int, index: int) -> Namespace:
        return (*self.root, str(level), str(index))

    async def _all(self, namespaces: Sequence[Namespace]) -> list[list[Item]]:
        return await everything(self.ask, namespaces)

    def _part(self, item: Item) -> Part:
        return self._read(item.key, item.value, _time(item))

    def _read(self, key: str, value: Mapping[str, Any], at: float) -> Part:
        if not is_evidence(value) or not math.isfinite(at := _number(value.get("at"), at)):
            say_damaged(self.names.get("partner", ""), key)
            return Part(key, nothing(), nothing(), 0.0)
        whole: Evidence = {"observations": value["observations"], "log": value["log"]}
        faded = value.get("faded") if value.get("half_life") == self.half_life else None
        return Part(key, whole, faded if faded is not None and is_evidence(faded) else whole, at)

    def _sum(self, parts: Sequence[Part]) -> dict[str, Any]:
        at = max((part.at for part in parts), default=0.0)
        made = {**total((1.0, part.total) for part in parts), "at": at}
        if self.half_life is not None:
            faded = total((self._weight(at - part.at), part.faded) for part in parts)
            made |= {"half_life": self.half_life, "faded": faded}
        return made

    def _weight(self, age: float) -> float:
        if self.half_life is None:
            return 1.0
        return float(min(1.0, 0.5 ** (age / _SECONDS_A_DAY / self.half_life)))


def last_leaf(found: Item | None) -> int:
    """The number of the last leaf, as ``Sums.head`` found it."""
    leaf = 0 if found is None else found.value.get("leaf")
    return leaf if type(leaf) is int and 0 <= leaf < _MOST_LEAVES else 0


def _number(value: object, otherwise: float) -> float:
    return otherwise if value is None else float(value) if isinstance(value, int | float) else math.nan


def seconds() -> float:
    """Seconds since 1970."""
    return datetime.now(UTC).timestamp()


def _levels(leaf: int) -> list[int]:
    """The sizes of sums that there are: 1 of leaves, 2 of ``FAN`` leaves, and so on."""
    levels: list[int] = []
    while leaf:
        levels.append(len(levels) + 1)
        leaf //= FAN
    return levels


def _final(index: int) -> str:
    return f"{index}="


def _time(item: Item) -> float:
    updated = item.updated_at if item.updated_at.tzinfo else item.updated_at.replace(tzinfo=UTC)
    return updated.timestamp()
