"""A subgraph that plays one match, and a parent that remembers partners from match to match.

The parent's state inherits from ``ToMState``, so the belief that the first match ends with is the one
that the second begins with. Leave the key out of the parent, and every match begins from scratch.

Run it: ``python examples/subgraph.py``.
"""

from __future__ import annotations

from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    FixedOrderAgent,
    NormalFormReasoner,
    Player,
    Situation,
    ToMState,
    add_tom_node,
    symmetric_payoffs,
)

SEATS = tuple("ABCDE")
ROUNDS = 6
MATCHES = 3

# Both score when they sit next to each other at a round table.
NEIGHBOURS = [[float((a - b) % 5 in (1, 4)) for b in range(5)] for a in range(5)]


class Match(ToMState):
    """State of a match."""

    ann: str
    ben: str
    points: list[int]
    number: int


class Forgetful(TypedDict):
    """State of a parent that counts points only."""

    points: list[int]
    number: int


class Season(Forgetful, ToMState):
    """State of a parent that keeps beliefs, too."""


def match() -> CompiledStateGraph[Any, Any, Any, Any]:
    """Ann, who adapts, and ben, of order 1, sit down at once; then points are counted."""
    reasoner = NormalFormReasoner(symmetric_payoffs(NEIGHBOURS), ties="next")
    builder = StateGraph(Match)
    players: list[Player] = [AdaptiveAgent("ann", reasoner, seed=3), FixedOrderAgent("ben", reasoner, 1)]

    def count(state: Match) -> dict[str, Any]:
        point = NEIGHBOURS[SEATS.index(state["ann"])][SEATS.index(state["ben"])]
        return {"points": [*state["points"], int(point)]}

    builder.add_node("count", count)
    for player in players:
        node = AdaptiveToMNode(
            player.me,
            player,
            situation=lambda s: Situation(
                {"ann": SEATS, "ben": SEATS},
                history=[{"ann": s["ann"], "ben": s["ben"]}] if s.get("ann") else [],
            ),
            observed=lambda s: {"ann": s["ann"], "ben": s["ben"]} if s.get("ann") else None,
            write=lambda decision: {decision.player: decision.action},
        )
        add_tom_node(builder, player.me, node)
        builder.add_edge(START, player.me)
        builder.add_edge(player.me, "count")
    builder.add_conditional_edges(
        "count",
        lambda s: END if len(s["points"]) % ROUNDS == 0 else ["ann", "ben"],
        ["ann", "ben", END],
    )
    return builder.compile()


def season(schema: type[Any]) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Several matches in turn."""
    builder = StateGraph(schema)
    builder.add_node("match", match())
    builder.add_node("next", lambda state: {"number": state["number"] + 1})
    builder.add_edge(START, "match")
    builder.add_edge("match", "next")
    builder.add_conditional_edges(
        "next", lambda state: END if state["number"] >= MATCHES else "match", ["match", END]
    )
    return builder.compile()


def main() -> None:
    """Print the points of every match, with and without memory in the parent."""
    schemas: dict[str, type[Any]] = {"forgetful parent": Forgetful, "parent with ToMState": Season}
    for title, schema in schemas.items():
        points = season(schema).invoke({"points": [], "number": 0}, {"recursion_limit": 200})["points"]
        matches = [sum(points[i : i + ROUNDS]) for i in range(0, len(points), ROUNDS)]
        print(f"{title:>21}: " + ", ".join(f"{scored} of {ROUNDS}" for scored in matches))


if __name__ == "__main__":
    main()
