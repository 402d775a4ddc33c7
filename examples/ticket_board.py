"""Five agents and five tickets: one node of the graph for all of them, with ``Send``.

Every round all agents pick a ticket at the same time; whoever shares one works in vain. Bare agents
take the first ticket that nobody had last time, all the same one. Adaptive agents have a belief about
each of the others. Agents with a contract have declared who reasons how deeply: orders that differ
for all, so that each leaves room for those before it.

Run it: ``python examples/ticket_board.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import combinations
from operator import add
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    CongestionReasoner,
    Contract,
    DeclaredReasoner,
    FixedOrderAgent,
    Player,
    Situation,
    add_tom_team,
    team_orders,
)

AGENTS = ("ann", "ben", "cem", "dan", "eve")
TICKETS = ("billing", "login", "search", "upload", "export")
ROUNDS = 15


def merge(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """Picks of one round come from all agents at once."""
    return {**left, **right}


class Board(TypedDict):
    """The graph's own state; nothing in it is about theory of mind."""

    picks: Annotated[dict[str, str], merge]
    collisions: Annotated[list[int], add]


def alone(player: str, ticket: str, same: int, others: int) -> float:
    """A ticket is worth 1 to whoever is alone on it."""
    return float(same == 0)


def sharing(picks: Mapping[str, str]) -> int:
    """How many agents share a ticket."""
    return sum(n for n in Counter(picks.values()).values() if n > 1)


def teams() -> dict[str, list[Player]]:
    """The same five seats, filled in three ways."""
    tickets = CongestionReasoner(alone)
    orders = team_orders(combinations(AGENTS, 2))
    declared = DeclaredReasoner(tickets, orders)
    hypotheses = sorted(orders.values())
    return {
        "bare": [FixedOrderAgent(me, tickets, 0) for me in AGENTS],
        "adaptive": [AdaptiveAgent(me, tickets) for me in AGENTS],
        "with a contract": [
            AdaptiveAgent(me, declared, orders=hypotheses, contract=Contract(orders)) for me in AGENTS
        ],
    }


def node(agent: Player) -> AdaptiveToMNode:
    """What an agent reads from the board and writes to it."""
    actions = dict.fromkeys(AGENTS, TICKETS)
    return AdaptiveToMNode(
        agent.me,
        agent,
        situation=lambda board: Situation(actions, history=[board["picks"]] if board["picks"] else []),
        observed=lambda board: {me: pick for me, pick in board["picks"].items() if me != agent.me},
        write=lambda decision: {"picks": {agent.me: decision.action}},
    )


def build(team: list[Player]) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph: all agents at once, then the board, in a loop."""
    builder = StateGraph(Board)
    everybody = add_tom_team(builder, "agent", [node(agent) for agent in team])

    builder.add_node("board", lambda board: {"collisions": [sharing(board["picks"])]})
    builder.add_conditional_edges(START, everybody, ["agent"])
    builder.add_edge("agent", "board")
    builder.add_node("next", lambda board: {})
    builder.add_conditional_edges(
        "board", lambda board: END if len(board["collisions"]) >= ROUNDS else "next", ["next", END]
    )
    builder.add_conditional_edges("next", everybody, ["agent"])
    return builder.compile()


def main() -> None:
    """Play the three teams and print how many agents shared a ticket in every round."""
    for title, team in teams().items():
        board = build(team).invoke({"picks": {}, "collisions": []}, {"recursion_limit": 5 * ROUNDS})
        print(f"{title:>16}: {' '.join(map(str, board['collisions']))}")


if __name__ == "__main__":
    main()
