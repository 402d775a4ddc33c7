"""One node of a graph for a whole team: LangGraph's ``Send`` runs it once for every agent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.graph import StateGraph
from langgraph.types import Send

from atom.agents.player import Player
from atom.errors import HookError, StateKeyError
from atom.graph.hooks import a_list, check_hook
from atom.graph.node import AdaptiveToMNode, Update
from atom.graph.seats import Seat, Seats, check_seats
from atom.graph.state import memories_of, with_tom

FanOut = Callable[[Any], list[Send]]
"""A router for ``add_conditional_edges``: the state -> one ``Send`` for each agent."""

_ME, _STATE = "me", "state"


class TeamNode(Runnable[Any, Update], Seats):
    """Runs the node of the agent whom a ``Send`` of ``add_tom_team`` names.

    Args:
        name: the node's name in the graph.
        nodes: player -> its node.
    """

    def __init__(self, name: str, nodes: Mapping[str, AdaptiveToMNode]) -> None:
        self.name: str = name
        self.nodes = dict(nodes)

    @property
    def seats(self) -> Mapping[Seat, Player]:
        """Where the memories of all agents are kept."""
        return {seat: player for node in self.nodes.values() for seat, player in node.seats.items()}

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Update:  # noqa: A002 - LangChain's
        """The state update of one agent."""
        node, state = self._one(input)
        return node.invoke(state, config)

    async def ainvoke(
        self,
        input: Any,  # noqa: A002 - LangChain's
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Update:
        """The same as ``invoke``, awaited."""
        node, state = self._one(input)
        return await node.ainvoke(state, config)

    def _one(self, sent: Any) -> tuple[AdaptiveToMNode, Any]:
        if not isinstance(sent, Mapping) or sent.get(_ME) not in self.nodes or _STATE not in sent:
            raise StateKeyError(
                f"the node {self.name!r} runs once for each agent and must be reached by the router that "
                "add_tom_team returned, not by an edge or a Send of your own: "
                f"builder.add_conditional_edges(SOURCE, router, [{self.name!r}]); who acts is said by who="
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
        who: reads from the state who acts now, each once however often it is named; None for all. Agents
            may so leave and join under way, if the situations follow.
        options: further arguments of ``StateGraph.add_node``.

    Returns:
        The router, for every edge that leads to the team:
        ``builder.add_conditional_edges(START, router, [name])``.

    Raises:
        HookError: ``who`` is no plain function, or names somebody who has no node (the latter at the step).
        StateKeyError: two nodes of the same player or of different keys, or none at all; another agent of
            the graph keeps its memory under the same name and key.
    """
    by_player: dict[str, AdaptiveToMNode] = {}
    for node in nodes:
        if node.agent.me in by_player:
            raise StateKeyError(
                f"two nodes of the team {name!r} have the player {node.agent.me!r}; give each a name"
            )
        by_player[node.agent.me] = node.of(builder)
    if not by_player:
        raise StateKeyError(f"the team {name!r} has no nodes; give one AdaptiveToMNode for each agent")
    if who is not None:
        check_hook(who, "who", f"the team {name!r}")
    keys = {node.key for node in by_player.values()}
    if len(keys) > 1:
        raise StateKeyError(f"the nodes of the team {name!r} have the keys {sorted(keys)}; give all one")
    (key,) = keys
    team = TeamNode(name, by_player)
    check_seats(builder, name, team)
    schema = with_tom(builder.state_schema, key)

    def router(state: Any) -> list[Send]:
        memories = memories_of(state.get(key), key, f"the team {name!r}")
        declared = {me: {"declares": m["declares"]} for me, m in memories.items() if "declares" in m}
        sends = []
        for me in by_player if who is None else _members(who(state), by_player, name):
            tom = {**declared, **({me: memories[me]} if me in memories else {})}
            sends.append(Send(name, {_ME: me, _STATE: {**state, key: tom}}))
        return sends

    # LangGraph knows branches of one source apart by their names
    router.__name__ = f"{name}_router"
    # LangGraph reads from this which keys the router is to be given
    router.__annotations__["state"] = schema
    builder.add_node(name, cast("Any", team), input_schema=schema, **options)
    return router


def _members(found: Any, known: Mapping[str, AdaptiveToMNode], team: str) -> Iterable[str]:
    """The players that act now.

    Raises:
        HookError: they are no list of names, or one of them has no node.
    """
    names = a_list(found, "who", f"the team {team!r}", f"names, such as {list(known)[:2]}")
    strangers = [name for name in names if name not in list(known)]
    if strangers:
        raise HookError(
            f"the hook 'who' of the team {team!r} named {strangers}, who have no node; its members are "
            f"{list(known)}, give add_tom_team a node for each"
        )
    return list(dict.fromkeys(names))
