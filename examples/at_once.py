"""Two agents that act at once: the README's drop-in, with a model inside.

Ann and ben each pick a ticket in the same super-step, and a ticket that both picked counts for nothing. Ann
is yours. Ben thinks at some order, or is exactly like ann: the same model, the same node.

Run it: ``python examples/at_once.py``.
"""

from __future__ import annotations

import random
from operator import add
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from measured import ROUNDS, Episode, Numbers, ScriptedModel, ask, episode, measure, show
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    FixedOrderAgent,
    NormalFormReasoner,
    Player,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)

TICKETS = ("billing", "login")
AGENTS = ("ann", "ben")
PARTNERS = ("order 0", "order 1", "order 2", "its like")
GAME = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))


class Board(TypedDict):
    """The graph's own state."""

    number: int
    ann: str
    ben: str
    collisions: Annotated[list[bool], add]


def node(player: Player) -> AdaptiveToMNode:
    """Any player as a node: this is what is dropped in."""
    (partner,) = {*AGENTS} - {player.me}
    return AdaptiveToMNode(
        player.me,
        player,
        situation=lambda board: Situation(
            dict.fromkeys(AGENTS, TICKETS), history=[{name: board[name] for name in AGENTS}]
        ),
        observed=lambda board: {partner: board[partner]},
        write=lambda decision: {player.me: decision.action},
        episode=lambda board: board["number"],
    )


def add_seat(builder: StateGraph[Any], me: str, way: str, model: ScriptedModel, seed: int) -> None:
    """One seat of the graph, filled in one of four ways."""
    (partner,) = {*AGENTS} - {me}
    if way == "ours":
        add_tom_node(builder, me, node(AdaptiveAgent(me, GAME, agent=model)))
    elif way == "bare":
        builder.add_node(me, lambda board: {me: ask(model, TICKETS, {partner: board[partner]})})
    elif way == "coin":
        coin = random.Random(f"{me} {seed}")  # noqa: S311 - a coin, no key
        builder.add_node(me, lambda board: {me: coin.choice(TICKETS)})
    else:  # a convention: ann has billing, ben has login
        builder.add_node(me, lambda board: {me: TICKETS[AGENTS.index(me)]})


def play(way: str, partner: str, seed: int) -> Episode:
    """One run of the graph."""
    model = ScriptedModel()
    builder = StateGraph(Board)
    add_seat(builder, "ann", way, model, seed)
    if partner == "its like":
        add_seat(builder, "ben", way, ScriptedModel(), seed)
    else:
        add_tom_node(builder, "ben", node(FixedOrderAgent("ben", GAME, int(partner.split()[1]))))
    builder.add_node("board", lambda board: {"collisions": [board["ann"] == board["ben"]]})
    for name in AGENTS:
        builder.add_edge(START, name)
        builder.add_edge(name, "board")
    builder.add_conditional_edges(
        "board", lambda board: END if len(board["collisions"]) >= ROUNDS else list(AGENTS), [*AGENTS, END]
    )
    start: Board = {"number": seed, "ann": TICKETS[0], "ben": TICKETS[0], "collisions": []}
    board = builder.compile().invoke(start, {"recursion_limit": 3 * ROUNDS})
    return episode(sum(board["collisions"]), model)


def numbers(seeds: int = 20) -> Numbers:
    """Collisions of all ways beside all partners."""
    return measure(play, PARTNERS, seeds)


if __name__ == "__main__":
    show(numbers())
