"""One node of a graph for a whole team: LangGraph's ``Send`` runs it once for every agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.graph import StateGraph
from langgraph.types import Send

from atom.errors import StateKeyError
from atom.graph.node import AdaptiveToMNode
from atom.graph.state import STATE_KEY, with_tom

FanOut = Callable[[Any], list[Send]]
"""A router for ``add_conditional_edges``: the state -> one ``Send`` for each agent."""

_ME, _STATE = "me", "state"


class TeamNode(Runnable[Any, dict[str, Any]]):
    """Runs the node of the agent whom a ``Send`` of ``add_tom_team`` names.

    Args:
        name: the node's name in the graph.
        nodes: player -> its node.
    """

    def __init__(self, name: str, nodes: Mapping[str, AdaptiveToMNode]) -> None:
        self.name: str = name
        self.nodes = dict(nodes)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:  # noqa: A002
        """The state update of one agent."""
        node, state = self._one(input)
        return node.invoke(state, config)

    async def ainvoke(
        self,
        input: Any,  # noqa: A002
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """The same as ``invoke``, awaited."""
        node, state = self._one(input)
        return await node.ainvoke(state, config)

    def _one(self, sent: Any) -> tuple[AdaptiveToMNode, Any]:
        if not isinstance(sent, Mapping) or sent.get(_ME) not in self.nodes:
            raise StateKeyError(
                f"the node {self.name!r} runs once for each agent and must be reached by the router that "
                "add_tom_team returned: builder.add_conditional_edges(SOURCE, router, [name])"
            )
        return self.nodes[sent[_ME]], sent[_STATE]


def add_tom_team(
    builder: StateGraph[Any, Any, Any, Any],
    name: str,
    nodes: Iterable[AdaptiveToMNode],
    *,
    who: Callable[[Any], Iterable[str]] | None = None,
    **options: Any,
) -> FanOut:
    """Adds one node that runs all agents of a team at once.

    The graph stays as small for fifty agents as for two. Each agent is sent the graph's state and of
    the key ``tom`` its own memory and what the others declared.

    Args:
        builder: a graph under construction, whose states are mappings.
        name: the node's name in the graph.
        nodes: one node for each agent.
        who: reads from the state who acts now; None for all. Agents may so leave and join under way,
            if the situations follow.
        options: further arguments of ``StateGraph.add_node``.

    Returns:
        The router, for every edge that leads to the team:
        ``builder.add_conditional_edges(START, router, [name])``.

    Raises:
        StateKeyError: two nodes of the same player.
    """
    by_player: dict[str, AdaptiveToMNode] = {}
    for node in nodes:
        if node.agent.me in by_player:
            raise StateKeyError(
                f"two nodes of the team {name!r} have the player {node.agent.me!r}; give each a name"
            )
        by_player[node.agent.me] = node.of(builder)
    schema = with_tom(builder.state_schema)

    def router(state: Any) -> list[Send]:
        memories = state.get(STATE_KEY) or {}
        declared = {me: {"declares": m["declares"]} for me, m in memories.items() if "declares" in m}
        sends = []
        for me in by_player if who is None else who(state):
            tom = {**declared, **({me: memories[me]} if me in memories else {})}
            sends.append(Send(name, {_ME: me, _STATE: {**state, STATE_KEY: tom}}))
        return sends

    # LangGraph reads from this which keys the router is to be given
    router.__annotations__["state"] = schema
    builder.add_node(name, cast("Any", TeamNode(name, by_player)), input_schema=schema, **options)
    return router
