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
- Leaves whose threads have all rested for ``REST`` are *closed for good*: their sum is written under a name
  of its own, which nobody writes anything else to, and only then are the items deleted. Who finds that name
  counts what is left below no more. No thread writes one item for longer than ``LIFE``.

The first leaf is the namespace itself, as it was before there were sums. Threads that began while the Store
was down write there too, so it is never closed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from langgraph.store.base import GetOp, Item, PutOp

from atom.belief.evidence import nothing, total
from atom.graph.reading import VERSION, Ask, Namespace, everything
from atom.memories import Evidence

FAN = 32
"""How many threads a leaf takes before the next one is opened, and how many sums make a larger one."""

LIFE = 86_400.0
"""Seconds for which a thread writes one item; if it goes on for longer, it writes another one."""

REST = 7 * LIFE
"""Seconds without a write after which an item is taken to be final; what lies between is for slow clocks."""

_TRIES = 5
_SECONDS_A_DAY = 86_400.0


class Place(NamedTuple):
    """A leaf: which tree, and its number there. The first one belongs to every tree, ``("", 0)``."""

    tree: str
    leaf: int


FIRST = Place("", 0)


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
        last: the last leaf.
        parts: the items of the last leaf, and the sums of all others.
        size: how many threads the last leaf has.
    """

    last: Place
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

    def leaf(self, place: Place) -> Namespace:
        """The namespace of a leaf."""
        return self.first if place.leaf == 0 else self._node(place.tree, 0, place.leaf)

    def place(self, leaf: Namespace) -> Place:
        """The leaf that has this namespace."""
        return FIRST if leaf == self.first else Place(leaf[-3], int(leaf[-1]))

    def head(self) -> GetOp:
        """The question where the last leaf is."""
        return GetOp(self.root, "last")

    async def known(self, found: Item | None) -> Known:
        """Everything that is known, where the last leaf is as ``head`` found it."""
        last = last_leaf(found)
        nodes = [(level, last.leaf // FAN**level) for level in _levels(last.leaf)]
        lists = await self._all([self.leaf(last), *(self._node(last.tree, *node) for node in nodes)])
        parts = [self._part(item) for item in lists[0]]
        size = len(parts)
        for (level, index), items in zip(nodes, lists[1:], strict=True):
            parts += await self._children(last, level, index, items)
        return Known(last, parts, size)

    def prior(self, parts: Iterable[Part], now: float) -> Evidence:
        """The sum of parts in which old observations count for less.

        Args:
            parts: what was found.
            now: seconds since 1970.
        """
        return _total((self._weight(now - part.at), part.faded) for part in parts)

    async def own(self, place: Place, key: str) -> Part | None:
        """What to take off the sums, which are of all threads, where one asks what the others know."""
        (item,) = await self.ask([GetOp(self.leaf(place), key)])
        if item is None:
            return None
        key, whole, faded, at = self._part(item)
        return Part(key, total([(-1.0, whole)]), total([(-1.0, faded)]), at)

    async def join(self, known: Known) -> Place:
        """The leaf for a new thread; the next one is opened where the last one is full."""
        if known.size < FAN:
            return known.last
        (now,) = await self.ask([self.head()])
        if last_leaf(now) != known.last:  # somebody else was faster
            return last_leaf(now)
        await self._say(Place(known.last.tree or uuid.uuid4().hex, known.last.leaf + 1))
        (now,) = await self.ask([self.head()])
        opened = last_leaf(now)
        await self._summed_up(known.last.leaf, opened)
        await self.compact(opened)
        return opened

    async def wrote(self, place: Place, key: str, found: Item | None) -> bool:
        """Makes the sums of what a thread wrote; False, and nothing is left of it, where its tree is gone.

        Args:
            place: the leaf that it wrote into.
            key: the item's.
            found: where the last leaf is, asked for after it was written.
        """
        last = last_leaf(found)
        if place != FIRST and place.tree != last.tree:
            await self.ask([PutOp(self.leaf(place), key, None)])
            return False
        if last.leaf < place.leaf:  # an old word that came late
            await self._say(place)
        elif last.leaf > place.leaf:
            await self._summed_up(place.leaf, last)
        return True

    async def compact(self, last: Place, *, most: int = 2, now: float | None = None) -> int:
        """Closes leaves whose threads have rested, the oldest first; how many were closed.

        Args:
            last: the last leaf.
            most: how many leaves to close at most.
            now: seconds since 1970; None for the present.
        """
        at = GetOp((*self.root, last.tree), "closed")
        closed = 0
        for _ in range(most):
            (found,) = await self.ask([at])
            leaf = 1 if found is None else int(found.value["leaf"]) + 1
            if leaf >= last.leaf or not await self._rested(Place(last.tree, leaf), now):
                break
            level, index = 0, leaf
            await self._close(last, level, index)
            while index % FAN == FAN - 1 and index >= FAN:  # the last one below its parent
                level, index = level + 1, index // FAN
                await self._close(last, level, index)
            await self.ask([self._put(at.namespace, at.key, {"leaf": leaf})])
            closed += 1
        return closed

    async def _rested(self, place: Place, now: float | None) -> bool:
        (items,) = await self._all([self.leaf(place)])
        now = seconds() if now is None else now
        return all(now - _time(item) > REST for item in items)

    async def _close(self, last: Place, level: int, index: int) -> None:
        above, final = self._node(last.tree, level + 1, index // FAN), _final(index)
        below = self._node(last.tree, level, index)
        if (await self.ask([GetOp(above, final)]))[0] is None:
            parts = await self._below(last, level, index)
            # whoever deletes has written the sum before: without one, nothing of what was read was missing
            if (await self.ask([GetOp(above, final)]))[0] is None:
                await self.ask([self._put(above, final, self._sum(parts))])
        while items := (await self._all([below], valid=False))[0]:
            await self.ask([PutOp(item.namespace, item.key, None) for item in items])
        await self.ask([PutOp(above, str(index), None)])

    async def _summed_up(self, leaf: int, last: Place) -> None:
        """Makes the sum of a leaf again, and those above it."""
        level, index = 0, leaf
        while index < last.leaf // FAN**level:
            await self._make(last, level, index)
            level, index = level + 1, index // FAN

    async def _make(self, last: Place, level: int, index: int) -> Part:
        above, key = self._node(last.tree, level + 1, index // FAN), str(index)
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

    async def _below(self, last: Place, level: int, index: int) -> list[Part]:
        namespace = self.leaf(Place(last.tree, index)) if level == 0 else self._node(last.tree, level, index)
        (items,) = await self._all([namespace])
        if level == 0:
            return sorted((self._part(item) for item in items), key=lambda part: part.key)
        return await self._children(last, level, index, items)

    async def _children(self, last: Place, level: int, index: int, items: Sequence[Item]) -> list[Part]:
        """The sums under a node, of which those that are missing are made."""
        found = {item.key: item for item in items}
        ended = min((index + 1) * FAN, last.leaf // FAN ** (level - 1))
        parts = []
        for child in range(index * FAN, ended):
            item = found.get(_final(child)) or found.get(str(child))
            parts.append(self._part(item) if item else await self._make(last, level - 1, child))
        return parts

    async def _say(self, last: Place) -> None:
        await self.ask([self._put(self.root, "last", {"tree": last.tree, "leaf": last.leaf})])

    def _put(self, namespace: Namespace, key: str, value: Mapping[str, Any]) -> PutOp:
        return PutOp(namespace, key, {"version": VERSION, **value, **self.names}, index=False)

    def _node(self, tree: str, level: int, index: int) -> Namespace:
        return (*self.root, tree, str(level), str(index))

    async def _all(self, namespaces: Sequence[Namespace], *, valid: bool = True) -> list[list[Item]]:
        return await everything(self.ask, namespaces, valid=valid)

    def _part(self, item: Item) -> Part:
        return self._read(item.key, item.value, _time(item))

    def _read(self, key: str, value: Mapping[str, Any], at: float) -> Part:
        whole: Evidence = {"observations": value["observations"], "log": value["log"]}
        faded = value["faded"] if value.get("half_life") == self.half_life and "faded" in value else whole
        return Part(key, whole, faded, value.get("at", at))

    def _sum(self, parts: Sequence[Part]) -> dict[str, Any]:
        at = max((part.at for part in parts), default=0.0)
        made = {**_total((1.0, part.total) for part in parts), "at": at}
        if self.half_life is not None:
            faded = _total((self._weight(at - part.at), part.faded) for part in parts)
            made |= {"half_life": self.half_life, "faded": faded}
        return made

    def _weight(self, age: float) -> float:
        if self.half_life is None:
            return 1.0
        return float(min(1.0, 0.5 ** (age / _SECONDS_A_DAY / self.half_life)))


def last_leaf(found: Item | None) -> Place:
    """The last leaf, as ``Sums.head`` found it."""
    return FIRST if found is None else Place(found.value["tree"], found.value["leaf"])


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


def _total(parts: Iterable[tuple[float, Evidence]]) -> Evidence:
    some = [(weight, part) for weight, part in parts if part["observations"]]
    return total(some) if some else nothing()


def _time(item: Item) -> float:
    updated = item.updated_at if item.updated_at.tzinfo else item.updated_at.replace(tzinfo=UTC)
    return updated.timestamp()
