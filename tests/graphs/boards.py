"""Graphs that the tests of this folder run: two players choose at once, a board keeps the history."""

from __future__ import annotations

from operator import add
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    FixedOrderAgent,
    NormalFormReasoner,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)

FIVE = [[5 if (a - b) % 5 in (1, 4) else 0 for b in range(5)] for a in range(5)]
ACTIONS = tuple("ABCDE")
PLAYERS = ("ann", "ben")


def merge(left, right):
    return {**left, **right}


class Board(TypedDict, total=False):
    rounds: int
    actions: Annotated[dict[str, str], merge]
    history: Annotated[list[dict[str, str]], add]


def reasoner():
    """One ahead on a circle of five: orders differ in every round."""
    return NormalFormReasoner(symmetric_payoffs(FIVE), ties="next")


def situation(state):
    return Situation(dict.fromkeys(PLAYERS, ACTIONS), history=tuple(state.get("history") or ()))


def player_node(agent, **options):
    me = agent.me
    hooks = {
        "situation": situation,
        "observed": lambda state: state["history"][-1] if state.get("history") else None,
        "write": lambda decision: {"actions": {me: decision.action}},
    }
    return AdaptiveToMNode(me, agent, **{**hooks, **options})


def board_graph(ann=None, ben=None, *, schema=Board, nodes=None):
    """An uncompiled graph: both players in parallel branches of a super-step, then the board."""
    ann = ann or AdaptiveAgent("ann", reasoner(), seed=5)
    ben = ben or FixedOrderAgent("ben", reasoner(), 1)
    nodes = nodes or {"ann": player_node(ann), "ben": player_node(ben)}
    builder = StateGraph(schema)
    builder.add_node("board", lambda state: {"history": [dict(state["actions"])]})
    for name, node in nodes.items():
        add_tom_node(builder, name, node)
        builder.add_edge(START, name)
        # Plain edges: both players end in one super-step, so the board runs once. A join of a list of
        # nodes keeps its state in a set that LangGraph may change while a checkpoint of it is written.
        builder.add_edge(name, "board")
    builder.add_conditional_edges(
        "board",
        lambda state: END if len(state["history"]) >= state["rounds"] else list(nodes),
        [*nodes, END],
    )
    return builder
