"""The LangGraph shell: a node around an agent, its key in the graph's state, and how to add it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, cast, get_type_hints

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.config import get_stream_writer
from langgraph.graph import StateGraph
from langgraph.types import StreamWriter
from pydantic import BaseModel, Field, create_model
from typing_extensions import TypedDict, is_typeddict

from atom.errors import StateKeyError
from atom.player import Memory, Player
from atom.situation import Decision, JointAction, Situation

STATE_KEY = "tom"

_MISSING = object()


def merge_memories(left: Mapping[str, Memory], right: Mapping[str, Memory | None]) -> dict[str, Memory]:
    """Reducer of the state key ``tom``: per observer, the newer memory wins.

    Nodes of different players may therefore write in parallel branches of one super-step. A subgraph
    returns the whole key, what it was given of other players included; such an older memory (fewer
    steps of the same episode) never replaces a newer one. None forgets an observer's memory.
    """
    merged = dict(left)
    for observer, memory in right.items():
        known = merged.get(observer)
        if memory is None:
            merged.pop(observer, None)
        elif known is None or not _older(memory, known):
            merged[observer] = memory
    return merged


def _older(memory: Memory, known: Memory) -> bool:
    if memory.get("episode") != known.get("episode"):
        return False
    return bool(0 < memory.get("step", 0) < known.get("step", 0))


class ToMState(TypedDict, total=False):
    """The one key that nodes of this package need in a graph's state.

    Inherit from it, or let ``add_tom_node`` add the key.

    Attributes:
        tom: observer -> its memory, plain data only.
    """

    tom: Annotated[dict[str, Memory], merge_memories]


ReadSituation: TypeAlias = Callable[[Any], Situation]
ReadObserved: TypeAlias = Callable[[Any], "JointAction | None"]
WriteDecision: TypeAlias = Callable[[Decision], Mapping[str, Any]]


class AdaptiveToMNode(Runnable[Any, dict[str, Any]]):
    """A node that observes, updates its belief, predicts, decides and writes the action.

    The state update is ``{"tom": {me: memory}, **write(decision)}``. The node itself keeps nothing:
    all memory is in the state, so checkpoints, subgraphs, parallel branches and threads work as for
    any other node. With ``stream_mode="custom"`` every decision sends, for each partner, ``{"type":
    "tom.belief", "node", "observer", "partner", "step", "posterior", "estimate", "order", "action"}``.

    Args:
        name: the node's name, in errors and events.
        agent: who decides; ``agent.me`` is the player's name in situations and in the state.
        situation: reads from the state what all players see.
        observed: reads from the state what the partners did since this node's last decision, as
            player -> action, or None. Before the first decision the answer is not used.
        write: turns the decision into an update of the graph's own keys.
        episode: the number of the episode, or how to read it from the state; it keys the random
            numbers of the first decision and is kept from then on.

    Raises:
        StateKeyError: at the first step, if the graph has no key ``tom`` or (for nodes added by
            ``add_tom_node``) none of those that ``write`` returns; LangGraph would drop them in silence.
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
        episode: int | Callable[[Any], int] = 0,
    ) -> None:
        self.name = name
        self.agent = agent
        self._situation = situation
        self._observed = observed
        self._write = write
        self._episode = episode
        self._builder: StateGraph[Any, Any, Any, Any] | None = None

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:  # noqa: A002
        """The state update for the state ``input``."""
        try:
            situation, memory = self._before(input)
            decision, memory = self.agent.decide(situation, memory)
            return self._after(decision, memory)
        except Exception as error:
            error.add_note(f"In the node {self.name!r} of player {self.agent.me!r}.")
            raise

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """The same as ``invoke``, awaited."""
        try:
            situation, memory = self._before(input)
            decision, memory = await self.agent.adecide(situation, memory)
            return self._after(decision, memory)
        except Exception as error:
            error.add_note(f"In the node {self.name!r} of player {self.agent.me!r}.")
            raise

    def _before(self, state: Any) -> tuple[Situation, Memory]:
        memories = _read(state, STATE_KEY)
        if memories is _MISSING:
            raise StateKeyError(
                f"the graph's state has no key {STATE_KEY!r}, so the belief of {self.agent.me!r} would be "
                "lost after every step; use add_tom_node, or let the state's schema inherit from ToMState"
            )
        situation = self._situation(state)
        memory = (memories or {}).get(self.agent.me)
        if memory is None:
            episode = self._episode(state) if callable(self._episode) else self._episode
            partners = [player for player in situation.actions if player != self.agent.me]
            return situation, self.agent.start(partners, episode=episode)
        actions = self._observed(state)
        if actions:
            memory = self.agent.observe(memory, None, actions)
        return situation, memory

    def _after(self, decision: Decision, memory: Memory) -> dict[str, Any]:
        update = self._write(decision)
        if not isinstance(update, Mapping):
            raise StateKeyError(
                f"write must return a mapping from state keys to values, got {type(update).__name__}"
            )
        if STATE_KEY in update:
            raise StateKeyError(f"write must not return {STATE_KEY!r}: that key belongs to the node")
        if self._builder is not None:
            unknown = [key for key in update if key not in self._builder.channels]
            if unknown:
                raise StateKeyError(
                    f"write returned {unknown}, which the graph's state does not have and LangGraph would "
                    f"drop; its keys are {sorted(self._builder.channels)}"
                )
        self._send_events(decision, memory)
        return {STATE_KEY: {self.agent.me: memory}, **update}

    def _send_events(self, decision: Decision, memory: Memory) -> None:
        send = _stream_writer()
        for partner, expected in decision.partners.items():
            send(
                {
                    "type": "tom.belief",
                    "node": self.name,
                    "observer": decision.player,
                    "partner": partner,
                    "step": memory["step"] - 1,
                    "posterior": {str(k): p for k, p in expected.posterior.items()},
                    "estimate": expected.order,
                    "order": decision.order,
                    "action": decision.action,
                }
            )


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
    """
    node = copy.copy(node)
    node._builder = builder  # noqa: SLF001
    builder.add_node(name, cast("Any", node), input_schema=_with_tom(builder.state_schema), **options)
    return builder


def _with_tom(schema: type[Any]) -> type[Any]:
    """``schema`` with the key ``tom``, of the same kind: typed dict, dataclass or pydantic model."""
    hints = get_type_hints(schema, include_extras=True)
    if STATE_KEY in hints:
        return schema
    name = f"{schema.__name__}WithToM"
    annotation = get_type_hints(ToMState, include_extras=True)[STATE_KEY]
    if is_typeddict(schema):
        return cast("type[Any]", TypedDict(name, {**hints, STATE_KEY: annotation}))  # type: ignore[operator]
    if issubclass(schema, BaseModel):
        return create_model(name, __base__=schema, tom=(annotation, Field(default_factory=dict)))
    if dataclasses.is_dataclass(schema):
        parameters = schema.__dataclass_params__  # type: ignore[attr-defined]
        field: Any = (STATE_KEY, annotation, dataclasses.field(default_factory=dict))
        return dataclasses.make_dataclass(
            name, [field], bases=(schema,), frozen=parameters.frozen, kw_only=True
        )
    raise StateKeyError(
        f"cannot add the key {STATE_KEY!r} to a state schema of type {schema.__name__}; use a TypedDict, a "
        "dataclass or a pydantic model, or let it have the key itself"
    )


def _read(state: Any, key: str) -> Any:
    if isinstance(state, Mapping):
        return state.get(key, _MISSING)
    return getattr(state, key, _MISSING)


def _stream_writer() -> StreamWriter:
    try:
        return get_stream_writer()
    except (RuntimeError, KeyError):  # invoked on its own, outside a graph
        return _nowhere


def _nowhere(_: Any) -> None:
    """A stream that nobody reads."""
