"""A node that observes and decides nothing, for graphs whose players act after the last decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.graph import StateGraph

from atom.agents.player import Player
from atom.coroutines import finish
from atom.errors import BeliefError
from atom.graph.hooks import explained
from atom.graph.node import AdaptiveToMNode, Update
from atom.graph.seats import Seat, Seats, check_seats
from atom.graph.state import with_tom


class ToMObserver(Runnable[Any, Update], Seats):
    """Observes for a node, by its hooks and into its memory.

    Args:
        name: the observer's name, in errors.
        node: the node that decides.

    Raises:
        BeliefError: a player that believes nothing, and so has nothing to observe for.
    """

    def __init__(self, name: str, node: AdaptiveToMNode) -> None:
        if node.agent.beliefs is None:
            raise BeliefError(
                f"{node.agent.me!r} is a {type(node.agent).__name__}, which believes nothing, so that there "
                f"is nothing for {name!r} to observe; leave it out, or let the node have an AdaptiveAgent"
            )
        self.name: str = name
        self._node = node

    @property
    def seats(self) -> Mapping[Seat, Player]:
        """Where the agent's memory is kept: where the node keeps it."""
        return self._node.seats

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Update:  # noqa: A002 - LangChain's
        """The state update for the state ``input``."""
        return finish(self._step(input, wait=False))

    async def ainvoke(
        self,
        input: Any,  # noqa: A002 - LangChain's
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Update:
        """The same as ``invoke``, awaited."""
        return await self._step(input, wait=True)

    async def _step(self, state: Any, *, wait: bool) -> Update:
        with explained(f"In {self.name!r}, which observes for player {self._node.agent.me!r}."):
            return await self._node.observing(state, wait=wait)


def add_tom_observer(
    builder: StateGraph[Any, Any, Any, Any], name: str, node: AdaptiveToMNode, **options: Any
) -> StateGraph[Any, Any, Any, Any]:
    """Add a node that observes for ``node``, which decides elsewhere in the graph.

    Where the partners act after the node's last decision of a thread, nothing would be learned of that:
    a thread of one decision would never learn. Put this behind them. It calls the node's ``observed``, weighs
    what it returns, and keeps it in the thread and, with ``beliefs=``, in the Store. What it has counted, the
    node's next decision does not count again. Before the first decision it does nothing.

    Args:
        builder: a graph under construction.
        name: the observer's name in the graph.
        node: the node that decides, added by ``add_tom_node`` or not.
        options: further arguments of ``StateGraph.add_node``.

    Returns:
        The builder.

    Raises:
        ValueError: the graph has a node of that name (raised by LangGraph).
        BeliefError: a player that believes nothing.
        StateKeyError: another agent of the graph keeps its memory under the same name and key.

    Example:
        >>> from typing import TypedDict
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> from atom.graph import add_tom_node
        >>> class Board(TypedDict):
        ...     ann: str
        ...     ben: str
        >>> node = AdaptiveToMNode(
        ...     "ann",
        ...     AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))),
        ...     situation=lambda board: Situation({"ann": ["A", "B"], "ben": ["A", "B"]}),
        ...     observed=lambda board: {"ben": board["ben"]},
        ...     write=lambda decision: {"ann": decision.action},
        ... )
        >>> builder = add_tom_node(StateGraph(Board), "ann", node)
        >>> builder = add_tom_observer(builder.add_node("ben", lambda board: {"ben": "A"}), "watch", node)
        >>> builder = builder.set_entry_point("ann").add_edge("ann", "ben").add_edge("ben", "watch")
        >>> graph = builder.compile()
        >>> [update for update in graph.stream({"ann": "", "ben": ""})][-1]["watch"]["tom"]["ann"]["step"]
        1
    """
    schema = with_tom(builder.state_schema, node.key)
    observer = ToMObserver(name, node)
    check_seats(builder, name, observer)
    options["metadata"] = {"tom_observer": node.agent.me, **(options.get("metadata") or {})}
    builder.add_node(name, cast("Any", observer), input_schema=schema, **options)
    return builder
