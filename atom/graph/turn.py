"""One turn of a player in a graph: whoever runs it, a node, a team, a middleware or a function.

A turn observes what the partners did, recalls what a Store knows, decides, and says so in the graph's
stream. Nothing is kept here: all memory is plain data in the graph's state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeAlias, cast, get_args

from langgraph.store.base import BaseStore

from atom.agents.briefing import briefed
from atom.agents.player import Believer, Player
from atom.coroutines import finish
from atom.decision import Decision
from atom.errors import BeliefError, HookError, check_choice
from atom.graph.events import decision_events
from atom.graph.lost import Whereabouts
from atom.graph.newer import revised
from atom.graph.observing import Unlisted, Waiting, countable, no_longer_expected, observations
from atom.graph.shown import shown
from atom.graph.state import STATE_KEY, check_key, declared_orders
from atom.graph.store import BeliefMemory, keeps_beliefs
from atom.graph.telemetry import deciding_span, describe
from atom.memories import Memory, as_plain, is_new
from atom.observation import Seen, likeliest
from atom.situation import Situation

_log = logging.getLogger("atom")

Send: TypeAlias = Callable[[Any], object]
"""Where events go, such as a graph's stream writer."""

OnMismatch: TypeAlias = Literal["raise", "restart"]
"""What to do with a memory that other settings made."""

Taken: TypeAlias = tuple[Decision, Memory]
"""What was decided, and the memory after it."""


class Counted(NamedTuple):
    """What came of what was observed.

    Attributes:
        memory: after it.
        problems: what could not be counted, one sentence each, see ``noting``.
        anything: whether any action of a partner was counted.
    """

    memory: Memory
    problems: list[str]
    anything: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """Who takes turns.

    Attributes:
        name: of the node, in events, spans and logs.
        player: who decides.
        kept: keeps what is learned about partners in a Store; None keeps it in the thread alone.
        on_mismatch: whether a memory that was made with other hypotheses, another learner or another
            version raises a ``BeliefError``, or the belief begins anew, with one warning.
        key: the key of a graph's state that has the memories.
        unlisted: how to take what partners did and nobody listed.
        kind: what has that name, in warnings and errors.

    Raises:
        BeliefError: a player without beliefs whose beliefs are to be kept.
        HookError: what is no player.
        StateKeyError: a key that cannot be one.
        ValueError: an unknown ``on_mismatch``.
    """

    name: str
    player: Player
    kept: BeliefMemory | None = None
    on_mismatch: OnMismatch = "raise"
    key: str = STATE_KEY
    unlisted: Unlisted = field(default_factory=Unlisted)
    kind: str = "node"
    _whereabouts: Whereabouts = field(default_factory=Whereabouts, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_player(self.player, self.name)
        check_key(self.key)
        check_choice("on_mismatch", self.on_mismatch, get_args(OnMismatch))
        if self.kept is not None:
            keeps_beliefs(self.player)

    @property
    def where(self) -> str:
        """The kind and the name, as in ``"the node 'ann'"``."""
        return f"the {self.kind} {self.name!r}"

    def is_first(self, memories: Mapping[str, Memory]) -> bool:
        """Whether the player has yet to begin."""
        return is_new(memories.get(self.player.me) or {})

    def goes_on(self, memories: Mapping[str, Memory]) -> bool:
        """Whether there is a memory that the player can go on with, and a decision behind it.

        Raises:
            BeliefError: as ``fits``.
        """
        if self.is_first(memories) or not self.fits(memories):
            return False
        return has_decided(memories[self.player.me])

    def fits(self, memories: Mapping[str, Memory]) -> bool:
        """Whether the player can go on with its memory; what has yet to begin fits.

        Raises:
            BeliefError: it cannot, with ``on_mismatch="raise"``.
        """
        try:
            self._check(memories)
        except BeliefError as error:
            if self.on_mismatch == "restart":
                return False
            raise BeliefError(
                f"{self.name!r}, the player {self.player.me!r}: {error}. In a graph that is: pass "
                "on_mismatch='restart' to begin the belief anew, run a new thread, or forget this memory "
                f"with graph.update_state(config, {{{self.key!r}: {{{self.player.me!r}: None}}}})"
            ) from error
        return True

    def _check(self, memories: Mapping[str, Memory]) -> None:
        beliefs = self.player.beliefs
        if beliefs is None or self.is_first(memories):
            return
        me = self.player.me
        known = beliefs.typed(memories[me], me)
        for partner in known["partners"]:
            beliefs.record(known, partner, me)

    def begin(
        self, memories: Mapping[str, Memory], situation: Situation, episode: int = 0
    ) -> tuple[Memory, bool]:
        """The memory as the last turn left it, or a new one, with what was declared meanwhile.

        Args:
            memories: the state key ``tom``: observer -> its memory.
            situation: what all players see; names the partners of a new memory.
            episode: number of the episode, for a new memory.

        Returns:
            the memory, and whether the belief begins with this turn, before which nothing can be observed.

        Raises:
            BeliefError: a memory that other settings made, with ``on_mismatch="raise"``.
        """
        me = self.player.me
        memory = memories.get(me) or {}
        partners = [player for player in situation.actions if player != me]
        first = self.is_first(memories)
        self._whereabouts.turn(self.name, me, self.key, first=first)
        if first:
            memory = {**self.player.start(partners, episode=episode), **memory}
        elif not self.fits(memories):
            first = True
            memory = self._anew(memory, partners)
        return self.player.hear(memory, declared_orders(memories)), first or not has_decided(memory)

    def _anew(self, memory: Memory, partners: Sequence[str]) -> Memory:
        """A new memory that goes on with the number of the step, by which a thread knows newer from older."""
        _log.warning(
            "%s: the memory of %r was made with other settings; its belief begins anew",
            self.name,
            self.player.me,
        )
        new = self.player.start(partners, episode=memory.get("episode", 0))
        kept = ("step", "told", "spent", "declares")
        return {**new, **{key: memory[key] for key in kept if memory.get(key) is not None}}

    def count(self, memory: Memory, observed: Any, legal: Sequence[str], *, lenient: bool = False) -> Counted:
        """Counts what was observed, which may be nothing, listed or not.

        Args:
            memory: as ``begin`` returned it.
            observed: player -> what it did, or a list of these; see ``countable``.
            legal: the player's own legal actions now.
            lenient: whether an action of somebody unknown is left out, as what nobody listed is.

        Raises:
            IllegalActionError: an action that is not legal, with ``on_unseen="raise"``.
            SituationError: an action of somebody unknown, unless ``lenient``.
        """
        if not observed:
            return Counted(memory, [], anything=False)
        if self.player.beliefs is None:
            for observation in observations(observed):
                joint = {n: likeliest(d.did) if isinstance(d, Seen) else d for n, d in observation.items()}
                memory = self.player.observe(memory, None, joint)
            return Counted(memory, [], anything=True)
        me = self.player.me
        # an older one says otherwise what it expects
        before, memory = memory, as_plain(self.player.beliefs.typed(memory, me))
        damaged = no_longer_expected(before, memory)
        waiting = Waiting(me, memory, legal, self.where, self.player.beliefs.late, damaged)
        found, problems = countable(observed, waiting, self.unlisted, lenient=lenient)
        after = cast("Believer", self.player).observe(memory, None, found) if found else memory
        return Counted(after, problems, anything=any(name != me for one in found for name in one))

    def decide(
        self, situation: Situation, memory: Memory, store: BaseStore | None, brief: Sequence[Any] = ()
    ) -> Taken:
        """A decision, by what the Store knows as well; what was observed is written there.

        Args:
            situation: what all players see.
            memory: as ``begin`` and ``count`` returned it.
            store: the graph's Store; None where it has none.
            brief: the messages that a wrapped agent is handed as its own.

        Raises:
            BeliefError: beliefs are to be kept, and there is no Store.
            ToMError, LLMError: what the player raises.
        """
        return finish(self.decided(situation, memory, store, brief, wait=False))

    async def adecide(
        self, situation: Situation, memory: Memory, store: BaseStore | None, brief: Sequence[Any] = ()
    ) -> Taken:
        """The same as ``decide``, awaited."""
        return await self.decided(situation, memory, store, brief, wait=True)

    async def decided(
        self,
        situation: Situation,
        memory: Memory,
        store: BaseStore | None,
        brief: Sequence[Any] = (),
        *,
        wait: bool,
    ) -> Taken:
        """The same for a body that is written once: with ``wait=False`` it never suspends, see ``finish``."""
        situation = situation.known_to(self.player.me)
        if self.kept is not None:
            memory = await self._recalled(self._checked(store), self.kept, memory, wait=wait)
        with deciding_span(self.name, self.player.me) as span, briefed(brief) as briefing:
            if wait:
                decision, memory = await self.player.adecide(situation, memory)
            else:
                decision, memory = self.player.decide(situation, memory)
            if briefing.reply is not None:
                decision = replace(decision, reply=briefing.reply)
            describe(span, decision, memory)
            return decision, memory

    async def learned(
        self, memory: Memory, memories: Mapping[str, Memory], store: BaseStore | None, *, wait: bool
    ) -> Memory:
        """The memory after observations without a decision, with what was declared meanwhile.

        What was observed is written to the Store, where beliefs are kept in one.

        Args:
            memory: as ``count`` returned it.
            memories: the state key ``tom``: observer -> its memory.
            store: the graph's Store; None where it has none.
            wait: see ``decided``.

        Raises:
            BeliefError: beliefs are to be kept, and there is no Store.
        """
        memory = self.player.hear(memory, declared_orders(memories))
        if self.kept is not None:
            memory = await self._recalled(self._checked(store), self.kept, memory, wait=wait)
        return memory

    async def _recalled(self, store: BaseStore, kept: BeliefMemory, memory: Memory, *, wait: bool) -> Memory:
        if wait:
            found = await kept.abefore(store, self.player, memory)
            await kept.aafter(store, self.player, found, former=memory)
        else:
            found = kept.before(store, self.player, memory)
            kept.after(store, self.player, found, former=memory)
        return found

    def update(self, memories: Mapping[str, Memory], memory: Memory) -> dict[str, Any]:
        """The state's update, ``{"tom": {me: memory}}``, by which the memory counts as the newer one.

        Args:
            memories: the state key ``tom``: observer -> its memory.
            memory: what came of the player's own.
        """
        me = self.player.me
        if self.player.beliefs is None:  # whose memories are its own affair
            return {self.key: {me: memory}}
        return {self.key: {me: revised(memories.get(me) or {}, memory, me)}}

    def say(self, decision: Decision, memory: Memory, send: Send | None) -> None:
        """Sends the events of a decision, which are not made where nobody takes them.

        Args:
            decision: what was decided.
            memory: the memory after it.
            send: takes the events; None for nobody.
        """
        step = memory.get("step", 1) - 1
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s, step %s: %s", self.name, step, decision.as_plain())
        for partner, standing in decision.contracts.items():
            if standing.broken_at == step:
                _log.info("%s: %r does not act by the order that it declared", self.name, partner)
        if send is not None:
            for event in decision_events(self.name, decision, step):
                send(event)

    def _checked(self, store: BaseStore | None) -> BaseStore:
        if store is None:
            raise BeliefError(
                f"{self.name!r} keeps the beliefs of {self.player.me!r} in a Store, and there is none; "
                "compile the graph with store=, or pass store= to create_agent, for example InMemoryStore()"
            )
        return store


def has_decided(memory: Memory) -> bool:
    """Whether a player may have decided, so that what others did can be judged; not as ``start`` made it."""
    return memory.get("step") != 0


def noting(decision: Decision, problems: Sequence[str]) -> Decision:
    """The decision, which says what could not be counted before it."""
    return replace(decision, degraded=(*problems, *decision.degraded)) if problems else decision


def _check_player(player: object, name: str) -> None:
    missing = [part for part in ("me", "decide", "observe", "start") if not hasattr(player, part)]
    if missing or isinstance(player, type):
        raise HookError(
            f"the agent of {name!r} must be a player such as AdaptiveAgent, got {shown(player)}; a chat "
            "model, a graph or a function is wrapped: AdaptiveAgent(NAME, reasoner, agent=...)"
        )
