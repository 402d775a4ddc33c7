"""A person as the partner of an adaptive agent, through LangGraph's ``interrupt``.

The graph stops whenever it is the person's turn and can be resumed at any time, by any process that
has its checkpoints: the agent's decision of that round is kept and not taken again. An answer that is
no action is asked for anew.

Run it: ``python examples/human_partner.py`` and type billing or login; end with an empty line.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import add
from typing import Annotated, Any, cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    NormalFormReasoner,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)

AGENT, PERSON = "agent", "person"
TICKETS = ("billing", "login")
ROUNDS = 8


def merge(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """Both picks of a round arrive at once."""
    return {**left, **right}


class Board(TypedDict):
    """The graph's own state."""

    picks: Annotated[dict[str, str], merge]
    collisions: Annotated[list[bool], add]


def person(board: Board) -> dict[str, dict[str, str]]:
    """Asks until the answer is a ticket."""
    question: dict[str, Any] = {"round": len(board["collisions"]) + 1, "tickets": list(TICKETS)}
    answer = interrupt(question)
    while answer not in TICKETS:
        answer = interrupt({**question, "problem": f"{answer!r} is no ticket"})
    return {"picks": {PERSON: answer}}


def build(checkpointer: BaseCheckpointSaver[Any]) -> CompiledStateGraph[Any, Any, Any, Any]:
    """The graph: agent and person at once, then the board, in a loop."""
    game = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))
    tickets = {AGENT: TICKETS, PERSON: TICKETS}
    node = AdaptiveToMNode(
        AGENT,
        AdaptiveAgent(AGENT, game),
        situation=lambda board: Situation(tickets, history=[board["picks"]] if board["picks"] else []),
        observed=lambda board: {PERSON: board["picks"][PERSON]} if board["picks"] else None,
        write=lambda decision: {"picks": {AGENT: decision.action}},
    )
    builder = StateGraph(Board)
    add_tom_node(builder, AGENT, node)
    builder.add_node(PERSON, cast("Any", person))
    builder.add_node("board", lambda board: {"collisions": [len(set(board["picks"].values())) == 1]})
    for name in (AGENT, PERSON):
        builder.add_edge(START, name)
    builder.add_edge([AGENT, PERSON], "board")
    builder.add_conditional_edges(
        "board",
        lambda board: END if len(board["collisions"]) >= ROUNDS else [AGENT, PERSON],
        [AGENT, PERSON, END],
    )
    return builder.compile(checkpointer=checkpointer)


def main() -> None:
    """Play at the terminal."""
    graph = build(InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}, "recursion_limit": 5 * ROUNDS}
    start: Board = {"picks": {}, "collisions": []}
    state = graph.invoke(start, config)
    played = 0
    while "__interrupt__" in state:
        if len(state["collisions"]) > played:
            played = len(state["collisions"])
            print(f"  the agent took {state['picks'][AGENT]}: {'✗ both' if state['collisions'][-1] else '✓'}")
        question = state["__interrupt__"][0].value
        if "problem" in question:
            print(f"  {question['problem']}")
        try:
            answer = input(f"round {question['round']}, {' or '.join(question['tickets'])}? ")
        except EOFError:
            answer = ""
        if not answer:
            return
        state = graph.invoke(Command(resume=answer), config)
    print(f"{sum(state['collisions'])} collisions in {ROUNDS} rounds")
    known = graph.get_state(config).values["tom"][AGENT]["partners"][PERSON]
    posterior = [sum(row) for row in known["weights"]]
    print("the agent takes you for order", posterior.index(max(posterior)))


if __name__ == "__main__":
    main()
