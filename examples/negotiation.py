"""A negotiation with somebody who may lie.

Two sellers choose a market in every round, and earn nothing where both go. Ben says beforehand where he will
go. ``announced=`` tells the node what he said, and ``announcing()`` has the hypotheses about it: an honest
partner, a liar, one whose words mean nothing. They stand beside orders and habits in one posterior.

Run it: ``python examples/negotiation.py``.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from operator import add
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from measured import ROUNDS, Episode, Numbers, ScriptedModel, ask, episode, measure, show
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    Contract,
    NormalFormReasoner,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)
from atom.belief import DEFAULT_HYPOTHESES, announcing

MARKETS = ("north", "south")
GAME = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))

BENS: dict[str, Callable[[str, int], str]] = {
    "keeps his word": lambda said, number: said,
    "lies": lambda said, number: next(market for market in MARKETS if market != said),
    "lies from round 6 on": lambda said, number: BENS["keeps his word" if number < 5 else "lies"](
        said, number
    ),
    "talks at random": lambda said, number: MARKETS[0],
}


class Talks(TypedDict):
    """The graph's own state."""

    said: str
    ann: str
    ben: str
    rounds: Annotated[list[dict[str, str]], add]


def agent(model: ScriptedModel, seed: int) -> AdaptiveAgent:
    """Takes ben at his word until that is broken, and learns then what his word is worth."""
    return AdaptiveAgent(
        "ann",
        GAME,
        agent=model,
        hypotheses=[*DEFAULT_HYPOTHESES, *announcing()],
        contract=Contract({"ben": "honest"}),
        seed=seed,
    )


def add_ann(builder: StateGraph[Any], way: str, model: ScriptedModel, seed: int) -> None:
    """Ann's seat, filled in one of four ways."""
    if way == "ours":
        node = AdaptiveToMNode(
            "ann",
            agent(model, seed),
            situation=lambda talks: Situation(
                {"ann": MARKETS, "ben": MARKETS}, history=talks["rounds"], announced={"ben": talks["said"]}
            ),
            observed=lambda talks: {"ben": talks["ben"]} if talks["ben"] else None,
            write=lambda decision: {"ann": decision.action},
        )
        add_tom_node(builder, "ann", node)
    elif way == "bare":  # believes what is said
        verb = "has announced that it will do"
        builder.add_node("ann", lambda talks: {"ann": ask(model, MARKETS, {"ben": talks["said"]}, verb)})
    elif way == "coin":
        coin = random.Random(seed)  # noqa: S311 - a coin, no key
        builder.add_node("ann", lambda talks: {"ann": coin.choice(MARKETS)})
    else:  # a convention: ann has the south, whatever is said
        builder.add_node("ann", lambda talks: {"ann": MARKETS[1]})


def play(way: str, ben: str, seed: int) -> Episode:
    """One run of the graph: ben speaks, then both act at once."""
    model = ScriptedModel()
    rng = random.Random(f"ben {seed}")  # noqa: S311 - what he says is no key
    builder = StateGraph(Talks)
    builder.add_node("talk", lambda talks: {"said": rng.choice(MARKETS)})
    add_ann(builder, way, model, seed)
    builder.add_node("ben", lambda talks: {"ben": BENS[ben](talks["said"], len(talks["rounds"]))})
    builder.add_node("sell", lambda talks: {"rounds": [{"ann": talks["ann"], "ben": talks["ben"]}]})
    builder.add_edge(START, "talk")
    for name in ("ann", "ben"):
        builder.add_edge("talk", name)
        builder.add_edge(name, "sell")
    builder.add_conditional_edges(
        "sell", lambda talks: END if len(talks["rounds"]) >= ROUNDS else "talk", ["talk", END]
    )
    start: Talks = {"said": "", "ann": "", "ben": "", "rounds": []}
    rounds = builder.compile().invoke(start, {"recursion_limit": 4 * ROUNDS})["rounds"]
    return episode(sum(done["ann"] == done["ben"] for done in rounds), model)


def numbers(seeds: int = 20) -> Numbers:
    """Rounds in which both went to the same market."""
    return measure(play, tuple(BENS), seeds)


if __name__ == "__main__":
    show(numbers())
