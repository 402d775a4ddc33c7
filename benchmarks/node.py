"""What an adaptive node adds to a bare LangGraph super-step, in the same run."""

from __future__ import annotations

import statistics
import time
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
from atom.node import AdaptiveToMNode, add_tom_node

ROUNDS = 300
REPEATS = 15
ACTIONS = {"ann": ("A", "B"), "ben": ("A", "B")}


class Board(TypedDict):
    """State of a graph with one node in a loop."""

    ann: str
    ben: str
    round: int


def bare_graph() -> CompiledStateGraph[Any, Any, Any, Any]:
    """The node does what a node must: read the state, write the state."""

    def node(state: Board) -> dict[str, Any]:
        return {"ann": "A", "round": state["round"] + 1}

    builder = StateGraph(Board)
    builder.add_node("ann", node)
    return _looped(builder)


def adaptive_graph() -> CompiledStateGraph[Any, Any, Any, Any]:
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
    builder: StateGraph[Any], rounds: Any = lambda state: state["round"]
) -> CompiledStateGraph[Any, Any, Any, Any]:
    builder.add_edge(START, "ann")
    builder.add_conditional_edges(
        "ann", lambda state: END if rounds(state) >= ROUNDS else "ann", ["ann", END]
    )
    return builder.compile()


def microseconds(graph: CompiledStateGraph[Any, Any, Any, Any]) -> float:
    """CPU microseconds a super-step."""
    before = time.process_time()
    graph.invoke({"ann": "A", "ben": "A", "round": 0}, {"recursion_limit": ROUNDS + 5})
    return 1e6 * (time.process_time() - before) / ROUNDS


def main() -> None:
    graphs = bare_graph(), adaptive_graph()
    pairs = [(microseconds(graphs[0]), microseconds(graphs[1])) for _ in range(REPEATS)]
    bare, adaptive = (min(column) for column in zip(*pairs, strict=True))
    added = statistics.median(100 * (b / a - 1) for a, b in pairs)
    print(f"LangGraph super-step (best of {REPEATS} runs of {ROUNDS})")
    print(f"  bare node      {bare:8.1f} µs")
    print(f"  adaptive node  {adaptive:8.1f} µs   adds {added:.0f} % (median of pairs; limit 25, target 15)")


if __name__ == "__main__":
    main()
