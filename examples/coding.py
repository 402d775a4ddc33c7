"""Two coding agents and a list of files that gets shorter.

Both take a file of the list at once. Two different files are merged and leave the list; one that both edited
is a conflict, and stays. The legal actions are what is left, so ``situation`` reads them from the state in
every step, and an order says how far down the list somebody looks: 0 takes the top, 1 leaves it to the other.
Order 2 does what 0 does, so ``orders=(0, 1)`` are all there are; with the default hypotheses ("default"
below) two models that are alike may take each other for creatures of habit, and never part. With a long list
a coin does nearly as well, and where both coders are yours, one that works from the bottom needs nothing
at all.

Run it: ``python examples/coding.py``.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from operator import add
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from measured import ROUNDS, WAYS, Episode, Numbers, ScriptedModel, ask, episode, measure, show
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    FixedOrderAgent,
    Player,
    RecursiveReasoner,
    Situation,
    add_tom_node,
)
from atom.policies import Policy

CODERS = ("ann", "ben")
FILES = tuple(f"part_{number:02}.py" for number in range(2 * ROUNDS))
PARTNERS = ("order 0", "order 1", "order 2", "its like")


class Repository(TypedDict):
    """The graph's own state: the files to do, who edits what, and whether that was a conflict."""

    number: int
    files: list[str]
    ann: str
    ben: str
    conflicts: Annotated[list[bool], add]


def top(situation: Situation, player: str) -> Policy:
    """ToM-0: the list from the top."""
    return {situation.legal(player)[0]: 1.0}


def elsewhere(situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
    """The first file that the other is least likely to take."""
    (theirs,) = predicted.values()
    return {min(situation.legal(player), key=lambda file: theirs.get(file, 0.0)): 1.0}


WORK = RecursiveReasoner(top, elsewhere)


def node(player: Player) -> AdaptiveToMNode:
    """Any coder as a node."""
    (other,) = {*CODERS} - {player.me}
    return AdaptiveToMNode(
        player.me,
        player,
        situation=lambda repository: Situation(dict.fromkeys(CODERS, repository["files"])),
        observed=lambda repository: {other: repository[other]} if repository[other] else None,
        write=lambda decision: {player.me: decision.action},
        episode=lambda repository: repository["number"],
    )


def add_coder(builder: StateGraph[Any], me: str, way: str, model: ScriptedModel, seed: int) -> None:
    """One seat, filled in one of five ways."""
    if way == "ours":
        add_tom_node(builder, me, node(AdaptiveAgent(me, WORK, agent=model, orders=(0, 1))))
    elif way == "default":
        add_tom_node(builder, me, node(AdaptiveAgent(me, WORK, agent=model)))
    elif way == "bare":  # asks for a file of the list
        builder.add_node(me, lambda repository: {me: ask(model, repository["files"], {})})
    elif way == "coin":
        coin = random.Random(f"{me} {seed}")  # noqa: S311 - a coin, no key
        builder.add_node(me, lambda repository: {me: coin.choice(repository["files"])})
    else:  # a convention: ann works from the top, ben from the bottom
        builder.add_node(me, lambda repository: {me: repository["files"][-CODERS.index(me)]})


def merge(state: Repository) -> dict[str, Any]:
    """What both edited leaves the list, unless it is the same file."""
    edited = {state["ann"], state["ben"]}
    clash = len(edited) == 1
    left = state["files"] if clash else [file for file in state["files"] if file not in edited]
    return {"files": left, "conflicts": [clash]}


def play(way: str, partner: str, seed: int) -> Episode:
    """One run of the graph."""
    model = ScriptedModel()
    builder = StateGraph(Repository)
    add_coder(builder, "ann", way, model, seed)
    if partner == "its like":
        add_coder(builder, "ben", way, ScriptedModel(), seed)
    else:
        add_tom_node(builder, "ben", node(FixedOrderAgent("ben", WORK, int(partner.split()[1]))))
    builder.add_node("merge", merge)
    for name in CODERS:
        builder.add_edge(START, name)
        builder.add_edge(name, "merge")
    builder.add_conditional_edges(
        "merge", lambda r: END if len(r["conflicts"]) >= ROUNDS else list(CODERS), [*CODERS, END]
    )
    start: Repository = {"number": seed, "files": list(FILES), "ann": "", "ben": "", "conflicts": []}
    return episode(sum(builder.compile().invoke(start, {"recursion_limit": 3 * ROUNDS})["conflicts"]), model)


def numbers(seeds: int = 20) -> Numbers:
    """Conflicts of all ways beside all partners."""
    return measure(play, PARTNERS, seeds, (*WAYS, "default"))


if __name__ == "__main__":
    show(numbers())
