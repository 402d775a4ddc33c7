"""A supervisor that models its workers.

Every morning a supervisor and two workers each pick one of three desks at the same time; the day counts
if every desk is taken. Workers differ in how they think: some go where nobody sat yesterday, some think
one step further, some two. Whatever habit the supervisor has, it suits some pairs of workers and fails
with others. With the node it learns each worker's order, and answers both at once.

Run it: ``python examples/supervisor.py``.
"""

from __future__ import annotations

from itertools import product
from operator import add
from typing import Annotated, Any

import numpy as np
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
    add_tom_node,
)

PLAYERS = ("supervisor", "ann", "ben")
DESKS = ("text", "figures", "tests")
DAYS = 12
TEAMS = ((0, 1), (0, 2), (1, 2))


def merge(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    """Reducer: everybody writes a pick of their own in the same super-step."""
    return {**left, **right}


class Office(TypedDict):
    """The graph's own state."""

    picks: Annotated[dict[str, str], merge]
    days: Annotated[list[dict[str, str]], add]


def reasoner() -> NormalFormReasoner:
    """All get a point when all desks are taken; who could take several goes to the next free one."""
    payoffs = np.zeros((3, 3, 3, 3))
    for picks in product(range(3), repeat=3):
        payoffs[:, picks[0], picks[1], picks[2]] = len(set(picks)) == 3
    return NormalFormReasoner(payoffs, ties="next")


def node(agent: Player) -> AdaptiveToMNode:
    """Any player as a node of the office."""
    return AdaptiveToMNode(
        agent.me,
        agent,
        situation=lambda office: Situation(dict.fromkeys(PLAYERS, DESKS), history=office["days"]),
        observed=lambda office: office["days"][-1] if office["days"] else None,
        write=lambda decision: {"picks": {agent.me: decision.action}},
    )


def build(supervisor: Player, team: tuple[int, int]) -> CompiledStateGraph[Any, Any, Any, Any]:
    """Supervisor and workers at once, then the day ends, in a loop."""
    workers = [FixedOrderAgent(name, reasoner(), k) for name, k in zip(PLAYERS[1:], team, strict=True)]
    builder = StateGraph(Office)
    builder.add_node("evening", lambda office: {"days": [dict(office["picks"])]})
    for player in (supervisor, *workers):
        add_tom_node(builder, player.me, node(player))
        builder.add_edge(START, player.me)
        builder.add_edge(player.me, "evening")
    builder.add_conditional_edges(
        "evening", lambda office: END if len(office["days"]) >= DAYS else list(PLAYERS), [*PLAYERS, END]
    )
    return builder.compile()


def good_days(supervisor: Player, team: tuple[int, int]) -> int:
    """How many days had every desk taken."""
    days = build(supervisor, team).invoke({"picks": {}, "days": []}, {"recursion_limit": 3 * DAYS})["days"]
    return sum(len(set(day.values())) == len(DESKS) for day in days)


def main() -> None:
    """Print the good days of every supervisor with every team."""
    supervisors: dict[str, Player] = {
        f"of order {order}": FixedOrderAgent("supervisor", reasoner(), order) for order in (0, 1)
    }
    supervisors["with AdaptiveAgent"] = AdaptiveAgent("supervisor", reasoner())
    for name, supervisor in supervisors.items():
        days = [f"team {team}: {good_days(supervisor, team):2} of {DAYS}" for team in TEAMS]
        print(f"{name:>18}: " + "   ".join(days))


if __name__ == "__main__":
    main()
