"""What an adaptive node adds to a bare LangGraph super-step, in the same run."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
from atom.node import AdaptiveToMNode, add_tom_node

ROUNDS = 300
REPEATS = 15
ACTIONS = {"ann": ("A", "B"), "ben": ("A", "B")}
WAYS = [
    (f"{call}{checkpoints}", call, bool(checkpoints))
    for call in ("invoke", "ainvoke")
    for checkpoints in ("", ", checkpointed")
]


class Board(TypedDict):
    """State of a graph with one node in a loop."""

    ann: str
    ben: str
    round: int


def bare_graph() -> StateGraph[Any, Any, Any, Any]:
    """The node does what a node must: read the state, write the state."""

    def node(state: Board) -> dict[str, Any]:
        return {"ann": "A", "round": state["round"] + 1}

    builder = StateGraph(Board)
    builder.add_node("ann", node)
    return _looped(builder, lambda state: state["round"])


def adaptive_graph() -> StateGraph[Any, Any, Any, Any]:
    """The same with three hypotheses about a partner in a 2 x 2 game."""
    reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    node = AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", reasoner),
        situation=lambda state: Situation(ACTIONS, history=[{"ann": state["ann"], "ben": state["ben"]}]),
        observed=lambda state: {"ben": state["ben"]},
        write=lambda decision: {"ann": decision.action},
        episode=lambda state: state["round"],
    )
    builder = StateGraph(Board)
    add_tom_node(builder, "ann", node)
    return _looped(builder, lambda state: state["tom"]["ann"]["step"])


def _looped(
    builder: StateGraph[Any, Any, Any, Any], rounds: Callable[[Any], int]
) -> StateGraph[Any, Any, Any, Any]:
    builder.add_edge(START, "ann")
    builder.add_conditional_edges(
        "ann", lambda state: END if rounds(state) >= ROUNDS else "ann", ["ann", END]
    )
    return builder


def microseconds(graph: CompiledStateGraph[Any, Any, Any, Any], call: str, thread: str) -> float:
    """CPU microseconds a super-step."""
    start = {"ann": "A", "ben": "A", "round": 0}
    config: Any = {"recursion_limit": ROUNDS + 5, "configurable": {"thread_id": thread}}
    before = time.process_time()
    if call == "ainvoke":
        asyncio.run(graph.ainvoke(start, config))
    else:
        graph.invoke(start, config)
    return 1e6 * (time.process_time() - before) / ROUNDS


def main() -> None:
    print(f"LangGraph super-step, CPU µs (best of {REPEATS} runs of {ROUNDS}); added: median of pairs")
    for label, call, checkpointed in WAYS:
        pairs = []
        for repeat in range(REPEATS):  # in turn, so that both meet the same machine
            # a fresh saver each time: one that grows is slower
            graphs = [
                builder.compile(checkpointer=InMemorySaver() if checkpointed else None)
                for builder in (bare_graph(), adaptive_graph())
            ]
            pairs.append([microseconds(graph, call, str(repeat)) for graph in graphs])
        bare, adaptive = (min(column) for column in zip(*pairs, strict=True))
        added = statistics.median(100 * (b / a - 1) for a, b in pairs)
        print(f"  {label:22} bare {bare:6.1f}   adaptive {adaptive:6.1f}   adds {added:3.0f} %")
    print("  limit 25 %, target 15 %")


if __name__ == "__main__":
    main()
