"""Two support agents and a shared board of tickets, before and after the node is dropped in.

Every round both agents pick a ticket from the board at the same time; a ticket that both picked is
worked on twice and counts for nothing. The agents are plain callables in the place of language models,
and each is sensible: it reads what the other picked last and stays out of its way. Since both do, they
move together and collide again.

Run it: ``python examples/two_agents.py``.
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
    NormalFormReasoner,
    Prediction,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)

TICKETS = ("billing", "login")
AGENTS = ("ann", "ben")
ROUNDS = 15
BOARDS = 20


class Board(TypedDict):
    """The graph's own state; nothing in it is about theory of mind."""

    number: int
    ann: str
    ben: str
    collisions: Annotated[list[bool], add]


def other_ticket(ticket: str) -> str:
    """What to pick when the other agent is expected at ``ticket``."""
    return next(t for t in TICKETS if t != ticket)


def bare_agent(me: str, partner: str) -> Any:
    """An agent as a graph's author would write it: it avoids what the other picked last."""
    return lambda board: {me: other_ticket(board[partner] or TICKETS[0])}


def told_agent(situation: Situation, prediction: Prediction) -> str:
    """The same agent, told what to expect instead of guessing from the last pick."""
    (expected,) = prediction.partners.values()
    below = prediction.order is not None and prediction.order < (expected.order or 0)
    if expected.expects and below:  # the partner makes room for what it expects
        return max(expected.expects, key=expected.expects.__getitem__)
    return other_ticket(max(expected.policy, key=expected.policy.__getitem__))


def adaptive_node(me: str, partner: str) -> AdaptiveToMNode:
    """The node around ``told_agent``."""
    reasoner = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))
    actions = dict.fromkeys(AGENTS, TICKETS)
    return AdaptiveToMNode(
        me,
        AdaptiveAgent(me, reasoner, agent=told_agent),
        situation=lambda b: Situation(actions, history=[{a: b[a] for a in AGENTS}] if b["ann"] else []),
        observed=lambda board: {partner: board[partner]} if board[partner] else None,
        write=lambda decision: {me: decision.action},
        episode=lambda board: board["number"],
    )


def build(*, adaptive: bool) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph: both agents at once, then the board, in a loop."""
    builder = StateGraph(Board)
    for me, partner in (AGENTS, AGENTS[::-1]):
        if adaptive:
            add_tom_node(builder, me, adaptive_node(me, partner))
        else:
            builder.add_node(me, bare_agent(me, partner))
        builder.add_edge(START, me)
        builder.add_edge(me, "board")
    builder.add_node("board", lambda board: {"collisions": [board["ann"] == board["ben"]]})
    builder.add_conditional_edges(
        "board", lambda board: END if len(board["collisions"]) >= ROUNDS else list(AGENTS), [*AGENTS, END]
    )
    return builder.compile()


def play(graph: CompiledStateGraph[Any, Any, Any, Any], number: int = 0) -> list[bool]:
    """Whether the agents collided, round by round."""
    start: Board = {"number": number, "ann": "", "ben": "", "collisions": []}
    collisions: list[bool] = graph.invoke(start, {"recursion_limit": 3 * ROUNDS})["collisions"]
    return collisions


def main() -> None:
    """Play both graphs and print every round."""
    for title, adaptive in (("bare agents", False), ("with AdaptiveToMNode", True)):
        graph = build(adaptive=adaptive)
        boards = [play(graph, number) for number in range(BOARDS)]
        row = " ".join("✗" if collided else "✓" for collided in boards[0])
        mean = sum(map(sum, boards)) / BOARDS
        print(f"{title:>22}: {row}   on {BOARDS} boards {mean:.1f} collisions in {ROUNDS} rounds")


if __name__ == "__main__":
    main()
