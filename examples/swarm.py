"""A swarm of two that hand over to each other, as in ``langgraph-swarm``: by a ``Command`` with ``goto``.

Ann has the customer. She hands the question to ben, who knows more, or answers it herself. If he is busy he
hands it back, and the customer has waited for two handoffs; if she answers while he was free, the answer is
the lesser one. Both are rounds that went wrong. What the state says of ben is how he was, not how he is.

Run it: ``python examples/swarm.py``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from operator import add
from typing import Annotated, Any

import numpy as np
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from measured import ROUNDS, Episode, Numbers, ScriptedModel, ask, episode, measure, show
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    Decision,
    NormalFormReasoner,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)
from atom.belief import habitual

HAND_OVER, ANSWER = "hand over", "answer"
FREE, BUSY = "free", "busy"
GAME = NormalFormReasoner(symmetric_payoffs(np.eye(2)))  # hand over to who is free, answer while he is busy


class Swarm(TypedDict):
    """The graph's own state: what ann did in each round, and how ben was."""

    rounds: Annotated[list[tuple[str, str]], add]


BENS: dict[str, Callable[[list[tuple[str, str]]], str]] = {
    "always free": lambda rounds: FREE,
    "busy every other time": lambda rounds: (FREE, BUSY)[len(rounds) % 2],
    "two busy, one free": lambda rounds: (BUSY, BUSY, FREE)[len(rounds) % 3],
    "rests after a handover": lambda rounds: BUSY if rounds and rounds[-1][0] == HAND_OVER else FREE,
}


def situation(swarm: Swarm) -> Situation:
    """What both see; it holds the rounds so far, so that ben's habits can be found."""
    history = [{"ann": did, "ben": was} for did, was in swarm["rounds"]]
    return Situation({"ann": (HAND_OVER, ANSWER), "ben": (FREE, BUSY)}, history=history)


def went(action: str) -> Command[Any]:
    """Ann's step: control goes to ben, or to the end of the round."""
    return Command(goto="ben" if action == HAND_OVER else "answered")


def play(way: str, ben: str, seed: int) -> Episode:
    """One run of the swarm over many questions."""
    model = ScriptedModel(joins=True)
    coin = random.Random(seed)  # noqa: S311 - a coin, no key

    def bare(state: Swarm) -> Command[Any]:  # trusts the status in the state
        was = state["rounds"][-1][1] if state["rounds"] else FREE
        return went(ask(model, (HAND_OVER, ANSWER), {"ben": HAND_OVER if was == FREE else ANSWER}))

    def by_rule(state: Swarm) -> Command[Any]:  # a convention: ben gets everything
        return went(coin.choice((HAND_OVER, ANSWER)) if way == "coin" else HAND_OVER)

    def told(situation: Situation, prediction: Any) -> str:  # the same model, told how ben will be
        (expected,) = prediction.partners.values()
        free = expected.expected.get(FREE, 0.0) >= 0.5
        return ask(model, (HAND_OVER, ANSWER), {"ben": HAND_OVER if free else ANSWER}, "does")

    builder = StateGraph(Swarm)
    ends = ("ben", "answered")
    if way == "ours":

        def write(decision: Decision) -> Command[Any]:
            return went(decision.action)

        node = AdaptiveToMNode(
            "ann",
            AdaptiveAgent("ann", GAME, agent=told, hypotheses=[habitual()], seed=seed),
            situation=situation,
            observed=lambda swarm: {"ben": swarm["rounds"][-1][1]} if swarm["rounds"] else None,
            write=write,
        )
        add_tom_node(builder, "ann", node, destinations=ends)
    else:
        builder.add_node("ann", bare if way == "bare" else by_rule, destinations=ends)

    def at_bens(state: Swarm) -> Command[Any]:
        was = BENS[ben](state["rounds"])
        return Command(goto="next", update={"rounds": [(HAND_OVER, was)]})

    builder.add_node("ben", at_bens, destinations=("next",))
    builder.add_node("answered", lambda swarm: {"rounds": [(ANSWER, BENS[ben](swarm["rounds"]))]})
    builder.add_node("next", lambda swarm: {})
    builder.add_edge(START, "ann")
    builder.add_edge("answered", "next")
    builder.add_conditional_edges(
        "next", lambda swarm: END if len(swarm["rounds"]) >= ROUNDS else "ann", ["ann", END]
    )
    rounds = builder.compile().invoke({"rounds": []}, {"recursion_limit": 4 * ROUNDS})["rounds"]
    return episode(sum((did == HAND_OVER) != (was == FREE) for did, was in rounds), model)


def numbers(seeds: int = 20) -> Numbers:
    """Questions that waited or were answered by the wrong one."""
    return measure(play, tuple(BENS), seeds)


if __name__ == "__main__":
    show(numbers())
