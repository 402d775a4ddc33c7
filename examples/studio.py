"""The graph of ``langgraph.json`` in the root: ``langgraph dev`` serves it, and LangGraph Studio shows it.

Two agents book a room around a courtyard at once, round after round, and want to be next door to each other.
The input has defaults, so that it runs as it is; the context says how ann believes: learner, orders and seed.
``beliefs`` in the state is what she takes ben for, in words. Another run in the same thread plays on, and one
with other settings begins the belief anew.

Run it: ``python examples/studio.py``, or ``langgraph dev`` in the root.
"""

from __future__ import annotations

from functools import cache
from operator import add
from typing import Annotated, Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    Bayes,
    Decision,
    FixedOrderAgent,
    FollowTheLeader,
    Hedge,
    Learner,
    NormalFormReasoner,
    Situation,
    symmetric_payoffs,
)

ROOMS = ("red", "orange", "yellow", "green", "blue")
AGENTS = ("ann", "ben")
NEXT_DOOR = [[float((a - b) % 5 in (1, 4)) for b in range(5)] for a in range(5)]
GAME = NormalFormReasoner(symmetric_payoffs(NEXT_DOOR), ties="next")
LEARNERS: dict[str, Learner] = {"bayes": Bayes(), "hedge": Hedge(), "follow the leader": FollowTheLeader()}


class Settings(BaseModel):
    """How ann believes: the context of a run."""

    learner: Literal["bayes", "hedge", "follow the leader"] = "bayes"
    orders: tuple[int, ...] = Field(default=(0, 1, 2), description="ascending, each >= 0")
    seed: int = Field(default=0, ge=0)

    model_config = {"frozen": True}


class Start(BaseModel):
    """The input; every field has a default."""

    order_of_ben: Literal[0, 1, 2] = Field(default=1, description="his order of theory of mind")
    rounds: int = Field(default=10, ge=1, le=50)


class Board(Start):
    """The graph's own state."""

    ann: str = ROOMS[0]
    ben: str = ROOMS[0]
    left: int = 0
    met: Annotated[list[bool], add] = Field(default_factory=list)
    beliefs: str = "ben: nothing was seen yet"
    tom: dict[str, Any] = Field(default_factory=dict)


def situation(board: Board) -> Situation:
    """What both see."""
    return Situation(dict.fromkeys(AGENTS, ROOMS), history=[{"ann": board.ann, "ben": board.ben}])


def readable(decision: Decision) -> str:
    """``"ben: order 1 (83 %), order 0 (17 %)"``, the likeliest first."""
    partners = []
    for name, partner in decision.partners.items():
        ranked = sorted(partner.posterior.items(), key=lambda item: -item[1])
        partners.append(f"{name}: " + ", ".join(f"order {order} ({p:.0%})" for order, p in ranked))
    return "; ".join(partners).replace("%", " %")


@cache
def node(settings: Settings) -> AdaptiveToMNode:
    """Ann's node for a run's settings."""
    learner = LEARNERS[settings.learner]
    return AdaptiveToMNode(
        "ann",
        AdaptiveAgent("ann", GAME, learner, orders=settings.orders, seed=settings.seed),
        situation=situation,
        observed=lambda board: {"ben": board.ben},
        write=lambda decision: {"ann": decision.action, "beliefs": readable(decision)},
        on_mismatch="restart",
    )


def ann(state: Board, runtime: Runtime[Settings]) -> Any:
    """Ann's turn, with the learner, orders and seed of the run's context."""
    return node(runtime.context or Settings()).invoke(state)


def ben(state: Board) -> dict[str, str]:
    """Ben acts at one order for ever."""
    player = FixedOrderAgent("ben", GAME, state.order_of_ben)
    decision, _ = player.decide(situation(state), player.start(["ann"]))
    return {"ben": decision.action}


def board(state: Board) -> dict[str, Any]:
    """Whether they are next door to each other."""
    met = NEXT_DOOR[ROOMS.index(state.ann)][ROOMS.index(state.ben)] > 0
    return {"met": [met], "left": state.left - 1}


def build() -> Any:
    """The graph: both at once, then the board, as often as the input says."""
    builder = StateGraph(Board, input_schema=Start, context_schema=Settings)
    builder.add_node("begin", lambda state: {"left": state.rounds})
    builder.add_node("ann", ann)
    builder.add_node("ben", ben)
    builder.add_node("board", board)
    builder.add_edge(START, "begin")
    for name in AGENTS:
        builder.add_edge("begin", name)
        builder.add_edge(name, "board")
    builder.add_conditional_edges(
        "board", lambda state: list(AGENTS) if state.left > 0 else END, [*AGENTS, END]
    )
    return builder.compile().with_config(recursion_limit=200)


rooms = build()


def main() -> None:
    """Print what ann takes ben for, beside bens of every order."""
    for order in (0, 1, 2):
        for learner in LEARNERS:
            state = rooms.invoke({"order_of_ben": order}, context={"learner": learner})
            count = sum(state["met"])
            print(f"ben of order {order}, {learner:>17}: met {count:2} times; {state['beliefs']}")


if __name__ == "__main__":
    main()
