"""The LangGraph shell: a node around an agent, its key in the graph's state, and how to add it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Unpack, cast

from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.config import get_store, get_stream_writer
from langgraph.graph import StateGraph
from langgraph.store.base import BaseStore
from langgraph.types import Command, StreamWriter

from atom.agents.player import Player
from atom.coroutines import finish
from atom.decision import Decision
from atom.errors import ExtractionError, StateKeyError
from atom.graph.hooks import (
    Hooks,
    ReadObserved,
    ReadSituation,
    WriteDecision,
    check_hook,
    explained,
    extracted,
)
from atom.graph.messages import is_own
from atom.graph.observing import Unlisted, left_out
from atom.graph.seats import Seat, Seats, check_seats
from atom.graph.settings import NodeSettings
from atom.graph.shown import check_settings
from atom.graph.state import STATE_KEY, memories_of, with_tom
from atom.graph.store import BeliefMemory
from atom.graph.told import NOTHING_TOLD, new_since, read_by_now
from atom.graph.turn import Turn, noting
from atom.memories import Memory, Told
from atom.observation import Observed
from atom.situation import Situation

_MISSING = object()

Update = dict[str, Any] | Command[Any]
"""What a node returns to its graph."""


class AdaptiveToMNode(Runnable[Any, Update], Seats):
    """A node that observes, updates its belief, predicts, decides and writes the action.

    The state update is ``{"tom": {me: memory}, **write(decision)}``. The node itself keeps nothing:
    all memory is in the state, so checkpoints, subgraphs, parallel branches and threads work as for
    any other node. With ``stream_mode="custom"`` every decision sends an event for each partner, and
    one more when a contract is found broken (see ``atom.graph.events``); with OpenTelemetry in use it is a
    span; with a tracer attached, a run ``tom.decide`` with the tags ``tom`` and ``tom:{me}``.

    Args:
        name: the node's name, in errors and events.
        agent: who decides; ``agent.me`` is the player's name in situations and in the state.
        situation: reads from the state what all players see.
        observed: reads from the state what the partners did since this node's last decision, as
            player -> action, a list of these where they acted several times, or None. What was seen late
            or unclearly is a ``Seen``. Before the first decision the answer is not used.
        write: turns the decision into an update of the graph's own keys, or into a ``Command`` with one.
        beliefs: keeps what is learned about partners in the Store that the graph is compiled with.
        episode: the number of the episode, or how to read it from the state; it keys the random
            numbers of the first decision and is kept from then on.
        settings: further ones, see ``NodeSettings``.

    Raises:
        HookError: a hook that is no plain function, or that returned what it must not; an agent that
            is no player.
        TypeError: an unknown setting.
        StateKeyError: at the first step, if the graph has no key ``tom`` or (for nodes added by
            ``add_tom_node``) none of those that ``write`` returns; LangGraph would drop them in silence.
        BeliefError: ``beliefs`` for an agent that has none, or a graph without a Store; a memory made
            with other settings, see ``on_mismatch``.
        ToMError: what the agent raises for a situation or action that does not fit.

    Example:
        >>> from typing import TypedDict
        >>> from langgraph.graph import StateGraph
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> class Board(TypedDict):
        ...     ann: str
        ...     ben: str
        >>> reasoner = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))
        >>> node = AdaptiveToMNode(
        ...     "ann",
        ...     AdaptiveAgent("ann", reasoner),
        ...     situation=lambda board: Situation({"ann": ["A", "B"], "ben": ["A", "B"]}),
        ...     observed=lambda board: {"ben": board["ben"]},
        ...     write=lambda decision: {"ann": decision.action},
        ... )
        >>> builder = add_tom_node(StateGraph(Board), "ann", node)
        >>> graph = builder.set_entry_point("ann").compile()
        >>> graph.invoke({"ann": "", "ben": "A"})["ann"] in ("A", "B")
        True
    """

    def __init__(
        self,
        name: str,
        agent: Player,
        *,
        situation: ReadSituation,
        observed: ReadObserved,
        write: WriteDecision,
        beliefs: BeliefMemory | None = None,
        episode: int | Callable[[Any], int] = 0,
        **settings: Unpack[NodeSettings],
    ) -> None:
        check_settings(settings, NodeSettings, "AdaptiveToMNode")
        self.name: str = name
        self.agent = agent
        self._hooks = Hooks(name, situation, observed, write, settings.get("brief"), settings.get("messages"))
        self.key: str = settings.get("key", STATE_KEY)
        classify = settings.get("classify")
        if classify is not None:
            check_hook(classify, "classify", f"the node {name!r}")
        unlisted = Unlisted(classify, settings.get("on_unseen", "ignore"))
        self._turn = Turn(name, agent, beliefs, settings.get("on_mismatch", "raise"), self.key, unlisted)
        self._episode = episode
        self._builder: StateGraph[Any, Any, Any, Any] | None = None

    @property
    def seats(self) -> Mapping[Seat, Player]:
        """Where the agent's memory is kept."""
        return {(self.key, self.agent.me): self.agent}

    def of(self, builder: StateGraph[Any, Any, Any, Any]) -> AdaptiveToMNode:
        """A copy that checks what it writes against the keys of ``builder``; one may go into several."""
        node = copy.copy(self)
        node._builder = builder  # noqa: SLF001 - its own class
        return node

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Update:  # noqa: A002 - LangChain's
        """The state update for the state ``input``."""
        if _traced(config):
            return self._as_run().invoke(input, self._labelled(config))
        return finish(self._step(input, wait=False))

    async def ainvoke(
        self,
        input: Any,  # noqa: A002 - LangChain's
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Update:
        """The same as ``invoke``, awaited."""
        if _traced(config):
            return await self._as_run().ainvoke(input, self._labelled(config))
        return await self._step(input, wait=True)

    async def _step(self, state: Any, *, wait: bool) -> Update:
        with explained(self._where):
            situation, memory, problems = self._begin(state)
            brief = self._hooks.read_brief(state)
            decided = await self._turn.decided(situation, memory, self._store(), brief, wait=wait)
            return self._after(state, *decided, problems)

    @property
    def _where(self) -> str:
        return f"In the node {self.name!r} of player {self.agent.me!r}."

    def _as_run(self) -> RunnableLambda[Any, Update]:
        def step(state: Any) -> Update:
            return finish(self._step(state, wait=False))

        async def astep(state: Any) -> Update:
            return await self._step(state, wait=True)

        return RunnableLambda(step, astep, name="tom.decide")

    def _labelled(self, config: RunnableConfig | None) -> RunnableConfig:
        config = config or {}
        me = self.agent.me
        labels: RunnableConfig = {
            "tags": [*(config.get("tags") or []), "tom", f"tom:{me}"],
            "metadata": {**(config.get("metadata") or {}), "tom_observer": me, "tom_node": self.name},
        }
        return {**config, **labels}

    def _begin(self, state: Any) -> tuple[Situation, Memory, list[str]]:
        """The situation, the memory as the last decision left it or a new one, what could not be counted."""
        memories = self._memories(state)
        situation = self._hooks.read_situation(state)
        episode = self._hooks.read_episode(self._episode, state)
        memory, first = self._turn.begin(memories, situation, episode)
        memory, problems = self._count(state, memory, situation.actions.get(self.agent.me, ()), first=first)
        return situation, memory, problems

    def _memories(self, state: Any) -> Mapping[str, Memory]:
        memories = _read(state, self.key)
        if memories is _MISSING:
            raise StateKeyError(self._no_key())
        return memories_of(memories, self.key, self._turn.where)

    def _count(
        self, state: Any, memory: Memory, legal: Sequence[str], *, first: bool
    ) -> tuple[Memory, list[str]]:
        """The memory after what was observed since, and what could not be counted."""
        messages = self._hooks.read_messages(state)
        if messages is None:
            seen = None if first else self._hooks.read_observed(state)
            memory, problems, _ = self._turn.count(memory, seen, legal)
            return memory, problems
        told: Told = memory.get("told") or NOTHING_TOLD
        new = new_since({"messages": messages}, told)
        new = [message for message in new if not is_own(message, self.agent.me, ())]
        seen, problems = (None, []) if first else self._read_new(new)
        memory = {**memory, "told": {**told, **read_by_now({"messages": messages})}}
        memory, further, _ = self._turn.count(memory, seen, legal, lenient=not self._strict)
        return memory, [*problems, *further]

    async def observing(self, state: Any, *, wait: bool) -> dict[str, Any]:
        """The update of what is observed without a decision, for ``add_tom_observer``; nothing at first.

        Args:
            state: of the graph.
            wait: whether a Store is awaited; without, it never suspends, see ``finish``.
        """
        memories = self._memories(state)
        if not self._turn.goes_on(memories):
            return {}
        memory = memories[self.agent.me]
        memory, _ = self._count(state, memory, (), first=False)
        memory = await self._turn.learned(memory, memories, self._store(), wait=wait)
        return self._turn.update(memories, memory)

    @property
    def _strict(self) -> bool:
        return self._turn.unlisted.on_unseen == "raise"

    def _read_new(self, messages: Sequence[Any]) -> tuple[Observed | None, list[str]]:
        """What was done by messages that others wrote, and what could not be read of them."""
        try:
            found = extracted(self._hooks.observed, messages, "observed", self._turn.where, self.agent.me)
        except ExtractionError as error:
            if self._strict:
                raise
            return None, [left_out(str(error))]
        return found, []

    def _no_key(self) -> str:
        if self._builder is not None and self.key in self._builder.channels:
            return (
                f"the node {self.name!r} was sent a payload without the key {self.key!r}, so the belief of "
                f"{self.agent.me!r} would begin anew every time; hand on the whole state, "
                f"Send({self.name!r}, {{**state, ...}}), or use add_tom_team, whose router sends it"
            )
        return (
            f"the graph's state has no key {self.key!r}, so the belief of {self.agent.me!r} would be "
            "lost after every step; use add_tom_node, or let the state's schema inherit from ToMState"
        )

    def _store(self) -> BaseStore | None:
        return None if self._turn.kept is None else get_store()

    def _after(self, state: Any, decision: Decision, memory: Memory, problems: list[str]) -> Update:
        decision = noting(decision, problems)
        written = self._hooks.read_write(decision)
        tom = self._turn.update(self._memories(state), memory)
        update: Update
        if isinstance(written, Command):
            elsewhere = written.graph is not None
            checked = self._checked(self._hooks.updated_by(written), elsewhere=elsewhere)
            update = replace(written, update={**checked, **tom})
        else:
            update = {**self._checked(written), **tom}
        self._turn.say(decision, memory, _stream_writer())
        return update

    def _checked(self, update: Mapping[str, Any], *, elsewhere: bool = False) -> Mapping[str, Any]:
        """The update itself, whose keys must be ours; those of another graph are not known here."""
        if self.key in update:
            raise StateKeyError(f"write must not return {self.key!r}: that key belongs to the node")
        if self._builder is not None and not elsewhere:
            unknown = [key for key in update if key not in self._builder.channels]
            if unknown:
                raise StateKeyError(
                    f"write returned {unknown}, which the graph's state does not have and LangGraph would "
                    f"drop; its keys are {sorted(self._builder.channels)}"
                )
        return update


def add_tom_node(
    builder: StateGraph[Any, Any, Any, Any], name: str, node: AdaptiveToMNode, **options: Any
) -> StateGraph[Any, Any, Any, Any]:
    """Add ``node`` to a graph whose schema need not know of this package.

    The node gets an input schema made of the builder's state schema and ``ToMState``, which gives the
    graph the channel ``tom``: it is checkpointed like any other and not part of the graph's output.

    Args:
        builder: a graph under construction.
        name: the node's name in the graph.
        node: the node; a copy is added, so one node may go into several graphs.
        options: further arguments of ``StateGraph.add_node``, such as ``retry_policy``.

    Returns:
        The builder.

    Raises:
        ValueError: the graph has a node of that name (raised by LangGraph).
        StateKeyError: another agent of the graph keeps its memory under the same name and key.
    """
    schema = with_tom(builder.state_schema, node.key)
    check_seats(builder, name, node)
    node = node.of(builder)
    options["metadata"] = {"tom_observer": node.agent.me, **(options.get("metadata") or {})}
    builder.add_node(name, cast("Any", node), input_schema=schema, **options)
    return builder


def _traced(config: RunnableConfig | None) -> bool:
    """Whether anybody listens to runs."""
    callbacks = config.get("callbacks") if config else None
    return bool(getattr(callbacks, "handlers", callbacks))


def _read(state: Any, key: str) -> Any:
    if isinstance(state, Mapping):
        return state.get(key, _MISSING)
    return getattr(state, key, _MISSING)


def _stream_writer() -> StreamWriter | None:
    """Where the graph's events go; LangGraph does not say whether anybody streams them."""
    try:
        return get_stream_writer()
    except (RuntimeError, KeyError):  # invoked on its own, outside a graph
        return None
