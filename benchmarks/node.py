"""What an adaptive node adds to a bare LangGraph super-step, in the same run.

The bare node does what a node must: read the state, write the state. It loops alone, which is the least
that a super-step can cost, and in a game: two players at once, one of them adaptive, then the environment.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    NormalFormReasoner,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)

ROUNDS = 200
REPEATS = 15
ACTIONS = {"ann": ("A", "B"), "ben": ("A", "B")}
CALLS = ("invoke", "ainvoke")


class Board(TypedDict):
    """State of a graph with one node in a loop."""

    ann: str
    ben: str
    round: int


Builder: TypeAlias = StateGraph[Any, Any, Any, Any]


def adaptive_node() -> AdaptiveToMNode:
    """Three hypotheses about a partner in a 2 x 2 game."""
    return AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))),
        situation=lambda state: Situation(ACTIONS, history=[{"ann": state["ann"], "ben": state["ben"]}]),
        observed=lambda state: {"ben": state["ben"]},
        write=lambda decision: {"ann": decision.action},
    )


def bare_node(call: str, update: Callable[[Any], dict[str, Any]]) -> Any:
    """A function, or a coroutine function where the graph awaits its nodes: a thread would cost more."""

    async def awaited(state: Any) -> dict[str, Any]:
        return update(state)

    return awaited if call == "ainvoke" else update


def alone(call: str, *, adaptive: bool) -> Builder:
    """One node in a loop: a super-step a round."""
    builder = StateGraph(Board)
    if adaptive:
        add_tom_node(builder, "ann", adaptive_node())
        return _looped(builder, lambda state: state["tom"]["ann"]["step"])
    builder.add_node("ann", bare_node(call, lambda state: {"ann": "A", "round": state["round"] + 1}))
    return _looped(builder, lambda state: state["round"])


def game(call: str, *, adaptive: bool) -> Builder:
    """Two players at once, then the environment: two super-steps a round."""
    builder = StateGraph(Board)
    if adaptive:
        add_tom_node(builder, "ann", adaptive_node())
    else:
        builder.add_node("ann", bare_node(call, lambda _: {"ann": "A"}))
    builder.add_node("ben", bare_node(call, lambda _: {"ben": "A"}))
    builder.add_node("environment", bare_node(call, lambda state: {"round": state["round"] + 1}))
    for player in ("ann", "ben"):
        builder.add_edge(START, player)
        builder.add_edge(player, "environment")
    players = ["ann", "ben"]
    builder.add_conditional_edges(
        "environment", lambda state: END if state["round"] >= ROUNDS else players, [*players, END]
    )
    return builder


def _looped(builder: Builder, rounds: Callable[[Any], int]) -> Builder:
    builder.add_edge(START, "ann")
    builder.add_conditional_edges(
        "ann", lambda state: END if rounds(state) >= ROUNDS else "ann", ["ann", END]
    )
    return builder


def microseconds(graph: CompiledStateGraph[Any, Any, Any, Any], call: str, thread: str) -> float:
    """CPU microseconds a round."""
    start = {"ann": "A", "ben": "A", "round": 0}
    config: Any = {"recursion_limit": 2 * ROUNDS + 5, "configurable": {"thread_id": thread}}
    before = time.process_time()
    if call == "ainvoke":
        asyncio.run(graph.ainvoke(start, config))
    else:
        graph.invoke(start, config)
    return 1e6 * (time.process_time() - before) / ROUNDS


def compare(
    label: str, build: Callable[..., Builder], super_steps: int, call: str, *, checkpointed: bool
) -> None:
    pairs = []
    for repeat in range(REPEATS):  # in turn, so that both meet the same machine
        # a fresh saver each time: one that grows is slower
        graphs = [
            build(call, adaptive=adaptive).compile(checkpointer=InMemorySaver() if checkpointed else None)
            for adaptive in (False, True)
        ]
        pairs.append([microseconds(graph, call, str(repeat)) for graph in graphs])
    bare, adaptive = (min(column) / super_steps for column in zip(*pairs, strict=True))
    added = statistics.median(100 * (b / a - 1) for a, b in pairs)
    way = f"{label}, {call}{', checkpointed' if checkpointed else ''}"
    print(f"  {way:32} bare {bare:6.1f}   adaptive {adaptive:6.1f}   adds {added:3.0f} %")


def main() -> None:
    print(f"LangGraph super-step, CPU µs (best of {REPEATS} runs of {ROUNDS} rounds); added: median of pairs")
    for label, build, super_steps in (("node alone", alone, 1), ("game of two", game, 2)):
        for call in CALLS:
            for checkpointed in (False, True):
                compare(label, build, super_steps, call, checkpointed=checkpointed)
    print("  limit 25 %, target 15 %")


if __name__ == "__main__":
    main()
