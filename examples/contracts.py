"""Contracts: agents declare their orders, and verify that the others keep theirs.

Two adaptive agents that know nothing of each other need some rounds to fall into step. With a contract
they are in step from the first one: the orders are declared in the graph's state before anybody acts.
An agent that declares one order and plays another is found out after two rounds, reported in the
stream, and believed no longer.

Run it: ``python examples/contracts.py``.
"""

from __future__ import annotations

from operator import add
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    Contract,
    FixedOrderAgent,
    NormalFormReasoner,
    Player,
    Situation,
    add_tom_node,
    alternating_orders,
    declare,
    symmetric_payoffs,
)

PLAYERS = ("ann", "ben")
SEATS = tuple("ABCDE")
ROUNDS = 15
EPISODES = 20
NEIGHBOURS = [[float((a - b) % 5 in (1, 4)) for b in range(5)] for a in range(5)]
REASONER = NormalFormReasoner(symmetric_payoffs(NEIGHBOURS), ties="next")

# Who needs to be in step with whom; with more players the orders alternate along this graph.
ORDERS = alternating_orders([PLAYERS])


def merge(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    """Reducer: both write a seat of their own in the same super-step."""
    return {**left, **right}


class Table(TypedDict):
    """The graph's own state."""

    episode: int
    seats: Annotated[dict[str, str], merge]
    rounds: Annotated[list[dict[str, str]], add]


def node(player: Player) -> AdaptiveToMNode:
    """Any player as a node."""
    return AdaptiveToMNode(
        player.me,
        player,
        situation=lambda table: Situation(dict.fromkeys(PLAYERS, SEATS), history=table["rounds"]),
        observed=lambda table: table["rounds"][-1] if table["rounds"] else None,
        write=lambda decision: {"seats": {player.me: decision.action}},
        episode=lambda table: table["episode"],
    )


def build(*players: Player, declared: bool) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Declarations, then both players at once, then the round is noted, in a loop."""
    builder = StateGraph(Table)
    builder.add_node("declare", lambda table: declare(ORDERS) if declared else {})
    builder.add_node("note", lambda table: {"rounds": [dict(table["seats"])]})
    builder.add_edge(START, "declare")
    for player in players:
        add_tom_node(builder, player.me, node(player))
        builder.add_edge("declare", player.me)
        builder.add_edge(player.me, "note")
    builder.add_conditional_edges(
        "note", lambda table: END if len(table["rounds"]) >= ROUNDS else list(PLAYERS), [*PLAYERS, END]
    )
    return builder.compile()


def play(graph: CompiledStateGraph[Any, Any, Any, Any]) -> tuple[float, float, list[dict[str, Any]]]:
    """Mean and least number of rounds in step, and the breaches that were reported."""
    scores: list[float] = []
    breaches: list[dict[str, Any]] = []
    for episode in range(EPISODES):
        start: Table = {"episode": episode, "seats": {}, "rounds": []}
        table: Any = {}
        for mode, chunk in graph.stream(
            start, {"recursion_limit": 3 * ROUNDS}, stream_mode=["custom", "values"]
        ):
            if mode == "values":
                table = chunk
            elif isinstance(chunk, dict) and chunk["type"] == "tom.contract":
                breaches.append(chunk)
        scores.append(sum(NEIGHBOURS[SEATS.index(r["ann"])][SEATS.index(r["ben"])] for r in table["rounds"]))
    return sum(scores) / EPISODES, min(scores), breaches


def main() -> None:
    """Print how often the players were in step, and what was reported of the liar."""
    trusting = [AdaptiveAgent(name, REASONER, contract=Contract()) for name in PLAYERS]
    # declares what ORDERS says, and plays the other order
    liar = FixedOrderAgent("ben", REASONER, 1 - ORDERS["ben"])
    tables = {
        "nothing declared": build(*trusting, declared=False),
        "under contract": build(*trusting, declared=True),
        "ben breaks it": build(trusting[0], liar, declared=True),
    }
    for title, graph in tables.items():
        mean, least, breaches = play(graph)
        print(f"{title:>16}: {mean:.1f} of {ROUNDS} rounds in step, {least:.0f} at least", end="")
        steps = sorted({breach["step"] for breach in breaches})
        print(f"; breach found after {steps} rounds in {len(breaches)} episodes" if breaches else "")


if __name__ == "__main__":
    main()
