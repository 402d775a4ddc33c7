"""Beliefs kept across threads, graphs and processes, in a LangGraph Store."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from langgraph.store.base import BaseStore, GetOp, Item, ListNamespacesOp, MatchCondition, PutOp, SearchOp

from atom.agents.player import Player
from atom.belief.beliefs import Beliefs
from atom.belief.evidence import nothing, prior, total
from atom.coroutines import finish
from atom.errors import BeliefError
from atom.graph.outage import Outage, abatch
from atom.memories import Evidence, Memory, PartnerMemory, PlayerMemory, as_plain

ITEM_VERSION = 1

_MANY = 10_000
_SECONDS_A_DAY = 86_400.0

Namespace: TypeAlias = tuple[str, ...]
Unsaved: TypeAlias = dict[tuple[Namespace, str], dict[str, Any]]
Batch: TypeAlias = Callable[[Sequence[Any]], Awaitable[list[Any] | None]]
"""Results of operations of a Store, in order; None where the Store is down."""


class BeliefMemory:
    """What observers learned about partners, kept in the Store that a graph was compiled with.

    Every thread writes what it observed under a key of its own, as sums since the thread began, and
    what is known of a partner is the sum over all keys. So writers in any number of threads and
    processes never overwrite each other, and writing twice (a retry, a replay) counts once. Namespaces
    are ``(prefix, "beliefs", observer, partner, task)``, the items ``{"version", "observations",
    "log", "observer", "partner", "task"}`` (see ``atom.belief.evidence``).

    When a thread begins, what is known becomes its prior. It is decayed in two ways: evidence counts
    for half as much after every half-life, and with probability ``change`` the partner is taken to be
    another than it was.

    A Store that is down never stops play: the thread goes on without, one warning is logged for an
    outage, and what could not be written is kept and written when the Store is back. What a thread
    could not read at its beginning it reads then.

    Agents with a contract publish what they declare under ``(prefix, "declared", task)``, where their
    partners in other graphs find it.

    Args:
        task: what the players do together; beliefs of one task are not used in another.
        half_life: days, > 0, after which evidence counts for half as much; None for no decay.
        change: probability in [0, 1] that a partner changed since the last thread.
        prefix: first label of the namespaces.
        retry_after: seconds, >= 0, to leave a Store alone after it failed.

    Raises:
        BeliefError: a setting out of its range.
    """

    def __init__(
        self,
        task: str,
        *,
        half_life: float | None = 30.0,
        change: float = 0.1,
        prefix: str = "atom",
        retry_after: float = 5.0,
    ) -> None:
        if half_life is not None and not half_life > 0.0:
            raise BeliefError(f"half_life counts days and must be positive, or None; got {half_life}")
        if not 0.0 <= change <= 1.0:
            raise BeliefError(f"change is a probability in [0, 1], got {change}")
        if not task or not prefix:
            raise BeliefError(
                f"a memory needs a task and a prefix to be filed under, got {task!r} and {prefix!r}"
            )
        self.task = task
        self._half_life = half_life
        self._change = change
        self._prefix = _label(prefix)
        self._unsaved: Unsaved = {}
        self._in_flight: set[tuple[Namespace, str]] = set()
        self._lock = threading.Lock()
        self._outage = Outage(retry_after)

    def namespace(self, observer: str, partner: str) -> Namespace:
        """Where the items of one observer about one partner are."""
        return (self._prefix, "beliefs", _label(observer), _label(partner), _label(self.task))

    def before(self, store: BaseStore, player: Player, memory: Memory) -> Memory:
        """The memory before a decision: with a prior at first, and with declarations heard of since.

        Args:
            store: the Store.
            player: whose memory it is, one that keeps beliefs.
            memory: as ``player.start`` or this method returned it.

        Raises:
            BeliefError: the player keeps no beliefs.
        """
        return finish(self._recall(self._batch(store), player, memory))

    async def abefore(self, store: BaseStore, player: Player, memory: Memory) -> Memory:
        """The same as ``before``, awaited."""
        return await self._recall(self._abatch(store), player, memory)

    def after(self, store: BaseStore, player: Player, memory: Memory) -> None:
        """Write what the thread observed so far."""
        self._collect(player, memory)
        self.flush(store)

    async def aafter(self, store: BaseStore, player: Player, memory: Memory) -> None:
        """The same as ``after``, awaited."""
        self._collect(player, memory)
        await self.aflush(store)

    def flush(self, store: BaseStore) -> bool:
        """Write what is not yet written; whether nothing is left to write."""
        return finish(self._flush(self._batch(store)))

    async def aflush(self, store: BaseStore) -> bool:
        """The same as ``flush``, awaited."""
        return await self._flush(self._abatch(store))

    def _batch(self, store: BaseStore) -> Batch:
        async def batch(operations: Sequence[Any]) -> list[Any] | None:
            return self._outage.batch(store, operations)

        return batch

    def _abatch(self, store: BaseStore) -> Batch:
        async def batch(operations: Sequence[Any]) -> list[Any] | None:
            return await self._outage.abatch(store, operations)

        return batch

    async def _flush(self, batch: Batch) -> bool:
        while taken := self._take():
            written = None
            try:
                written = await batch(_puts(taken))
            finally:
                self._give_back(taken, written=written is not None)
            if written is None:
                break
        return not self._unsaved

    def known(self, store: BaseStore, observer: str, partner: str) -> Evidence | None:
        """The sum of all that was written, not decayed; None for a partner never observed.

        Raises:
            Exception: whatever the Store raises when it is down.
        """
        found = store.batch([self._search(observer, partner)])[0]
        items = self._items(cast("list[Item]", found), self.namespace(observer, partner))
        return total([(1.0, _evidence(item)) for item in items]) if items else None

    def forget(self, store: BaseStore, partner: str, observer: str | None = None) -> int:
        """Delete what is known of ``partner``, by one observer or by all, in this and other tasks.

        A thread that is still under way writes again what it observed since it began.

        Returns:
            The number of items deleted.

        Raises:
            Exception: whatever the Store raises when it is down.
        """

        async def batch(operations: Sequence[Any]) -> list[Any]:
            return store.batch(operations)

        return finish(self._forget(batch, partner, observer))

    async def aforget(self, store: BaseStore, partner: str, observer: str | None = None) -> int:
        """The same as ``forget``, awaited."""

        async def batch(operations: Sequence[Any]) -> list[Any]:
            return await abatch(store, operations)

        return await self._forget(batch, partner, observer)

    async def _forget(
        self,
        batch: Callable[[Sequence[Any]], Awaitable[list[Any]]],
        partner: str,
        observer: str | None,
    ) -> int:
        namespaces = (await batch([self._about(partner, observer)]))[0]
        searches = [SearchOp(tuple(namespace), limit=_MANY) for namespace in _listed(namespaces)]
        found = await batch(searches) if searches else []
        doomed = self._doomed(searches, found, partner, observer)
        if doomed:
            await batch(doomed)
        return len(doomed)

    async def _recall(self, batch: Batch, player: Player, memory: Memory) -> Memory:
        beliefs = keeps_beliefs(player)
        known = _evident({"writer": uuid.uuid4().hex, **beliefs.typed(memory, player.me)})
        strangers = [name for name, record in known["partners"].items() if record["recalled"] is None]
        if strangers:
            found = await batch([self._search(player.me, partner) for partner in strangers])
            if found is not None:
                known = self._informed(player.me, beliefs, known, dict(zip(strangers, found, strict=True)))
        if beliefs.contract is None:
            return as_plain(known)
        declares = known.get("declares")
        if declares is not None and not known.get("published"):
            value = {"version": ITEM_VERSION, "order": declares}
            written = await batch([PutOp(self._declared, player.me, value, index=False)])
            known = known if written is None else {**known, "published": True}
        silent = [name for name, record in known["partners"].items() if record["contract"] is None]
        found = await batch([GetOp(self._declared, partner) for partner in silent]) if silent else None
        heard = {p: item.value["order"] for p, item in zip(silent, found or [], strict=False) if item}
        return player.hear(as_plain(known), heard)

    def _informed(
        self, me: str, beliefs: Beliefs, memory: PlayerMemory, found: Mapping[str, Sequence[Item]]
    ) -> PlayerMemory:
        partners = dict(memory["partners"])
        priors: dict[str, list[float]] = {}
        for partner, result in found.items():
            items = self._items(result, self.namespace(me, partner))
            others = [item for item in items if item.key != memory["writer"]]
            recalled = sum(item.value["observations"] for item in others)
            partners[partner] = {**partners[partner], "recalled": recalled}
            if others:
                known = total([(self._weight(item), _evidence(item)) for item in others])
                priors[partner] = prior(known, beliefs.names, self._change)
        return beliefs.expect({**memory, "partners": partners}, priors)

    def _weight(self, item: Item) -> float:
        if self._half_life is None:
            return 1.0
        updated = item.updated_at if item.updated_at.tzinfo else item.updated_at.replace(tzinfo=UTC)
        days = (datetime.now(UTC) - updated).total_seconds() / _SECONDS_A_DAY
        return float(min(1.0, 0.5 ** (days / self._half_life)))

    def _items(self, found: Sequence[Item], namespace: Namespace) -> list[Item]:
        # A Store matches prefixes as text: "memory-1" finds "memory-10" as well.
        return [
            item
            for item in found
            if item.namespace == namespace and item.value.get("version") == ITEM_VERSION
        ]

    def _collect(self, player: Player, memory: Memory) -> None:
        known = keeps_beliefs(player).typed(memory, player.me)
        for partner, record in known["partners"].items():
            evidence = record["evidence"]
            if evidence is None or not evidence["observations"]:
                continue
            names = {"observer": player.me, "partner": partner, "task": self.task}
            key = (self.namespace(player.me, partner), known["writer"])
            with self._lock:
                self._unsaved[key] = {"version": ITEM_VERSION, **evidence, **names}

    def _take(self) -> Unsaved:
        """What to write now, and nobody else takes meanwhile."""
        # An older sum of the same thread that is written late would overwrite a newer one.
        with self._lock:
            taken = {key: value for key, value in self._unsaved.items() if key not in self._in_flight}
            self._in_flight.update(taken)
            return taken

    def _give_back(self, taken: Unsaved, *, written: bool) -> None:
        with self._lock:
            self._in_flight.difference_update(taken)
            for key, value in taken.items():
                if written and self._unsaved.get(key) is value:
                    del self._unsaved[key]

    def _search(self, observer: str, partner: str) -> SearchOp:
        return SearchOp(self.namespace(observer, partner), limit=_MANY)

    @property
    def _declared(self) -> Namespace:
        return (self._prefix, "declared", _label(self.task))

    def _about(self, partner: str, observer: str | None) -> ListNamespacesOp:
        path = (self._prefix, "beliefs", "*" if observer is None else _label(observer), _label(partner))
        return ListNamespacesOp((MatchCondition("prefix", path),), limit=_MANY)

    def _doomed(
        self, searches: Sequence[SearchOp], found: Sequence[Any], partner: str, observer: str | None
    ) -> list[PutOp]:
        with self._lock:
            for key, value in list(self._unsaved.items()):
                if value["partner"] == partner and observer in (None, value["observer"]):
                    del self._unsaved[key]
        items = [
            item
            for search, result in zip(searches, found, strict=True)
            for item in result
            if item.namespace == search.namespace_prefix
        ]
        return [PutOp(item.namespace, item.key, None) for item in items]


def keeps_beliefs(player: Player) -> Beliefs:
    """What a player believes by.

    Raises:
        BeliefError: it keeps no beliefs.
    """
    if player.beliefs is None:
        raise BeliefError(
            f"beliefs of {player.me!r} are to be kept, but {type(player).__name__} has none; leave beliefs= "
            "out, or use an AdaptiveAgent"
        )
    return player.beliefs


def _evident(memory: PlayerMemory) -> PlayerMemory:
    """The memory with evidence of every partner, to be added to."""
    partners: dict[str, PartnerMemory] = {
        name: record if record["evidence"] is not None else {**record, "evidence": nothing()}
        for name, record in memory["partners"].items()
    }
    return {**memory, "partners": partners}


def _evidence(item: Item) -> Evidence:
    return {"observations": item.value["observations"], "log": item.value["log"]}


def _puts(taken: Unsaved) -> list[PutOp]:
    return [PutOp(namespace, key, value, index=False) for (namespace, key), value in taken.items()]


def _listed(namespaces: Any) -> list[Namespace]:
    return [tuple(namespace) for namespace in namespaces]


def _label(name: str) -> str:
    """A name as a label of a namespace, which must hold no period."""
    return name.replace("%", "%25").replace(".", "%2E").replace("\0", "%00")
