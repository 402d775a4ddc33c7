"""Beliefs kept across threads, graphs and processes, in a LangGraph Store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from langgraph.store.base import BaseStore, GetOp, PutOp

from atom.agents.player import Player
from atom.belief.beliefs import Beliefs
from atom.belief.evidence import nothing, prior, total
from atom.coroutines import finish
from atom.errors import BeliefError
from atom.graph.outage import StoreDown, abatch
from atom.graph.reading import VERSION, Ask, Batch, Namespace, asking, direct, emptied, namespaces, nobody
from atom.graph.sums import Known, Sums, seconds
from atom.graph.unsaved import Items, Unsaved, UnsavedByStore, Where
from atom.graph.writers import at_first, handed_on, key_of, named, new_in, place_of, without
from atom.memories import Evidence, Memory, PartnerMemory, PlayerMemory, as_plain


class BeliefMemory:
    """What observers learned about partners, kept in the Store that a graph was compiled with.

    Every thread writes what it observed under a key of its own, as sums since the thread began, and
    what is known of a partner is the sum over all keys. So writers in any number of threads and
    processes never overwrite each other, and writing twice (a retry, a replay) counts once. Namespaces
    are ``(prefix, "beliefs", observer, partner, task)``, the items ``{"version", "observations",
    "log", "observer", "partner", "task"}`` (see ``atom.belief.evidence``). From the 17th thread on, further
    items and sums of them are under ``(prefix, "sums", observer, partner, task)``, so that a thread reads
    about as much at its beginning however many there were before it, and the items of threads that rested
    for a week are deleted (see ``atom.graph.sums``).

    When a thread begins, what is known becomes its prior. It is decayed in two ways: evidence counts
    for half as much after every half-life, and with probability ``change`` the partner is taken to be
    another than it was.

    A Store that is down never stops play: the thread goes on without, one warning is logged for an
    outage, and what could not be written is kept and written when the Store is back. What a thread
    could not read at its beginning it reads then. One object may be used with several Stores: what waits, and
    whether a Store is down, belongs to the Store, known by identity.

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
        self._unsaved = UnsavedByStore(retry_after)

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
        return finish(self._recall(self._unsaved.of(store), self._batch(store), player, memory))

    async def abefore(self, store: BaseStore, player: Player, memory: Memory) -> Memory:
        """The same as ``before``, awaited."""
        return await self._recall(self._unsaved.of(store), self._abatch(store), player, memory)

    def after(
        self, store: BaseStore, player: Player, memory: Memory, *, former: Memory | None = None
    ) -> None:
        """Write what the thread observed so far.

        Args:
            store: the Store.
            player: whose memory it is.
            memory: as ``before`` returned it.
            former: as ``before`` was given it. Of a partner of whom nothing new was observed since, another
                branch of the graph may have written more meanwhile, which then stands. None writes all.
        """
        self._collect(self._unsaved.of(store), player, memory, former)
        self.flush(store)

    async def aafter(
        self, store: BaseStore, player: Player, memory: Memory, *, former: Memory | None = None
    ) -> None:
        """The same as ``after``, awaited."""
        self._collect(self._unsaved.of(store), player, memory, former)
        await self.aflush(store)

    def flush(self, store: BaseStore) -> bool:
        """Write what is not yet written to this Store; whether nothing is left to write."""
        return finish(self._flush(self._unsaved.of(store), self._batch(store)))

    async def aflush(self, store: BaseStore) -> bool:
        """The same as ``flush``, awaited."""
        return await self._flush(self._unsaved.of(store), self._abatch(store))

    def _batch(self, store: BaseStore) -> Batch:
        outage = self._unsaved.of(store).outage

        async def batch(operations: Sequence[Any]) -> list[Any] | None:
            return outage.batch(store, operations)

        return batch

    def _abatch(self, store: BaseStore) -> Batch:
        outage = self._unsaved.of(store).outage

        async def batch(operations: Sequence[Any]) -> list[Any] | None:
            return await outage.abatch(store, operations)

        return batch

    async def _flush(self, unsaved: Unsaved, batch: Batch) -> bool:
        while taken := unsaved.take():
            written = False
            try:
                await asking(batch)(_puts(taken))
                await self._sum_up(asking(batch), taken)
                written = True
            except StoreDown:
                break
            finally:  # without its sums an item is not counted, so that it is written again with them
                unsaved.give_back(taken, written=written)
        return not unsaved

    async def _sum_up(self, ask: Ask, taken: Items) -> None:
        trees = [self._sums(ask, value["observer"], value["partner"]) for value in taken.values()]
        found = await ask([sums.head() for sums in trees])
        for sums, where, last in zip(trees, taken, found, strict=True):
            await sums.wrote(sums.number(where.leaf), last)

    def known(self, store: BaseStore, observer: str, partner: str) -> Evidence | None:
        """The sum of all that was written, not decayed; None for a partner never observed.

        Raises:
            Exception: whatever the Store raises when it is down.
        """
        sums = self._sums(direct(store), observer, partner)
        parts = finish(_known(sums)).parts
        known = total([(1.0, part.total) for part in parts])
        return known if known["observations"] else None

    def forget(self, store: BaseStore, partner: str, observer: str | None = None) -> int:
        """Delete what is known of ``partner``, by one observer or by all, in this and other tasks.

        A thread that is still under way writes again what it observed since it began.

        Returns:
            The number of items deleted.

        Raises:
            Exception: whatever the Store raises when it is down.
        """
        return finish(self._forget(self._unsaved.of(store), direct(store), partner, observer))

    async def aforget(self, store: BaseStore, partner: str, observer: str | None = None) -> int:
        """The same as ``forget``, awaited."""

        async def ask(operations: Sequence[Any]) -> list[Any]:
            return await abatch(store, operations)

        return await self._forget(self._unsaved.of(store), ask, partner, observer)

    async def _forget(self, unsaved: Unsaved, ask: Ask, partner: str, observer: str | None) -> int:
        unsaved.forget(partner, observer)
        deleted = 0
        for kind in ("beliefs", "sums"):
            about = (self._prefix, kind, "*" if observer is None else _label(observer), _label(partner))
            # a namespace that is empty may still be listed, so that a second look would find no end
            for namespace in await namespaces(ask, about):
                deleted += await emptied(ask, namespace)
        return deleted

    async def _recall(self, unsaved: Unsaved, batch: Batch, player: Player, memory: Memory) -> Memory:
        beliefs = keeps_beliefs(player)
        known = named(beliefs.typed(memory, player.me), seconds())
        try:
            before = beliefs.typed(memory, player.me)
            known = await self._once(unsaved, asking(batch), player.me, before, known)
            known = await self._placed(asking(batch), player.me, beliefs, known, again="writer" in memory)
        except StoreDown:
            known = at_first(known)
        if beliefs.contract is None:
            return as_plain(known)
        declares = known.get("declares")
        if declares is not None and not known.get("published"):
            value = {"version": VERSION, "order": declares}
            written = await batch([PutOp(self._declared, player.me, value, index=False)])
            known = known if written is None else {**known, "published": True}
        silent = [name for name, record in known["partners"].items() if record["contract"] is None]
        found = await batch([GetOp(self._declared, partner) for partner in silent]) if silent else None
        heard = {p: item.value["order"] for p, item in zip(silent, found or [], strict=False) if item}
        return player.hear(as_plain(known), heard)

    async def _once(
        self, unsaved: Unsaved, ask: Ask, me: str, before: PlayerMemory, memory: PlayerMemory
    ) -> PlayerMemory:
        """The memory without what a run of this step that came to no end wrote under the name before."""
        writer = before.get("writer")
        if writer is None or key_of(writer) == key_of(memory["writer"]):
            return memory
        whole = {name: handed_on(record) for name, record in before["partners"].items() if new_in(record)}
        at = {name: self._where(me, name, record, writer) for name, record in whole.items()}
        items = await ask([GetOp(*where) for where in at.values()]) if at else []
        partners = dict(memory["partners"])
        for (name, where), item in zip(at.items(), items, strict=True):
            value = unsaved.get(where) or (item.value if item else {})
            if all(value.get(key) == said for key, said in (whole[name].get("written") or nothing()).items()):
                partners[name] = without(partners[name], "written")
        return {**memory, "partners": partners}

    async def _placed(
        self, ask: Ask, me: str, beliefs: Beliefs, memory: PlayerMemory, *, again: bool
    ) -> PlayerMemory:
        """The memory with a place for every partner's evidence, and a prior where one is met again."""
        partners = dict(memory["partners"])
        new = [name for name, r in partners.items() if "place" not in r or r["recalled"] is None]
        priors: dict[str, list[float]] = {}
        key = key_of(memory["writer"])
        trees = {name: self._sums(ask, me, name) for name in new}
        for name, found in (await _all_known(list(trees.values()), trees)).items() if new else ():
            record, sums = partners[name], trees[name]
            place = record.get("place")
            if place is None and again:  # by a run of this step that came to no end
                place = await sums.written(found, key)
            if place is None:
                place = await sums.join(found)
            parts = [part for part in found.parts if part.key != key]
            if place != found.last and (own := await sums.own(place, key)):
                parts.append(own)
            partners[name] = {**record, "place": place}
            if record["recalled"] is None:
                recalled = total([(1.0, part.total) for part in parts])["observations"]
                partners[name]["recalled"] = recalled
                if recalled:
                    evidence = sums.prior(parts, seconds())
                    priors[name] = prior(evidence, beliefs.names, self._change)
        return beliefs.expect({**memory, "partners": partners}, priors)

    def _collect(self, unsaved: Unsaved, player: Player, memory: Memory, former: Memory | None) -> None:
        beliefs = keeps_beliefs(player)
        known = beliefs.typed(memory, player.me)
        before = {} if former is None else beliefs.typed(former, player.me)["partners"]
        for partner, record in known["partners"].items():
            evidence = handed_on(record).get("written")
            if evidence is None:
                continue
            where = self._where(player.me, partner, record, known["writer"])
            names = self._names(player.me, partner)
            new = partner not in before or new_in(before[partner])
            unsaved.add(where, {"version": VERSION, **evidence, **names}, new=new)

    def _where(self, me: str, partner: str, record: PartnerMemory, writer: str) -> Where:
        return Where(self._sums(nobody, me, partner).leaf(place_of(record)), key_of(writer))

    def _names(self, observer: str, partner: str) -> dict[str, str]:
        return {"observer": observer, "partner": partner, "task": self.task}

    def _sums(self, ask: Ask, observer: str, partner: str) -> Sums:
        first = self.namespace(observer, partner)
        root = (first[0], "sums", *first[2:])
        return Sums(first, root, self._names(observer, partner), self._half_life, ask)

    @property
    def _declared(self) -> Namespace:
        return (self._prefix, "declared", _label(self.task))


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


async def _known(sums: Sums) -> Known:
    return (await _all_known([sums], ["it"]))["it"]


async def _all_known(trees: Sequence[Sums], names: Iterable[str]) -> dict[str, Known]:
    """What is known of several partners; where the last leaves are is asked at once."""
    heads = await trees[0].ask([sums.head() for sums in trees])
    return {name: await sums.known(found) for name, sums, found in zip(names, trees, heads, strict=True)}


def _puts(taken: Items) -> list[PutOp]:
    return [PutOp(where.leaf, where.key, value, index=False) for where, value in taken.items()]


def _label(name: str) -> str:
    """A name as a label of a namespace, which must hold no period."""
    return name.replace("%", "%25").replace(".", "%2E").replace("\0", "%00")
