"""A leader and a follower: one acts first, the other sees it.

Lea picks a ticket, and ann, who is yours, sees it before she picks. ``moved=`` tells the node so. Nothing is
left to guess, and ann does no better with the node than without: reading the state is enough. The README's
drop-in, which does not say ``moved=`` ("not told" below), guesses what it could have read, and does worse.

In the second graph ann sees what lea did, and ben picks at the same time as ann. Now there is somebody to
anticipate, and the node helps.

Run it: ``python examples/in_turn.py``.
"""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial
from operator import add
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from measured import ROUNDS, WAYS, Episode, Numbers, ScriptedModel, ask, episode, measure, show
from typing_extensions import TypedDict

from atom import (
    AdaptiveAgent,
    AdaptiveToMNode,
    CongestionReasoner,
    FixedOrderAgent,
    Player,
    Situation,
    add_tom_node,
)

TICKETS = ("billing", "login", "search")
ORDERS = ("order 0", "order 1", "order 2")


class Board(TypedDict):
    """The graph's own state: ``last`` has the picks of the round before."""

    number: int
    lea: str
    ann: str
    ben: str
    last: dict[str, str]
    collisions: Annotated[list[bool], add]


def alone(player: str, ticket: str, same: int, others: int) -> float:
    """A ticket is worth 1 to whoever is alone on it."""
    return float(same == 0)


GAME = CongestionReasoner(alone, ties="first")


def node(player: Player, team: tuple[str, ...], *, tells: bool = True) -> AdaptiveToMNode:
    """Any player as a node; ``tells`` what it sees of those who acted before it."""

    def situation(board: Board) -> Situation:
        now = Situation(dict.fromkeys(team, TICKETS), history=[board["last"]] if board["last"] else [])
        if not tells:
            return now
        seen: Any = {} if player.me == "lea" else {"lea": board["lea"]}
        return replace(now, moved=seen, turns=(team[:1], team[1:]))

    return AdaptiveToMNode(
        player.me,
        player,
        situation=situation,
        observed=lambda board: {name: did for name, did in board["last"].items() if name != player.me},
        write=lambda decision: {player.me: decision.action},
        episode=lambda board: board["number"],
    )


def add_ann(
    builder: StateGraph[Any], way: str, team: tuple[str, ...], model: ScriptedModel, seed: int
) -> None:
    """Ann's seat, filled in one of five ways."""
    if way in ("ours", "not told"):
        agent = AdaptiveAgent("ann", GAME, agent=model, seed=seed)
        add_tom_node(builder, "ann", node(agent, team, tells=way == "ours"))
    elif way == "bare":  # reads the state: what lea did now, and what ben did last

        def bare(state: Board) -> dict[str, str]:
            seen = {"lea": state["lea"]}
            if "ben" in team:
                seen["ben"] = state["last"].get("ben", TICKETS[0])
            return {"ann": ask(model, TICKETS, seen)}

        builder.add_node("ann", bare)
    elif way == "coin":
        coin = random.Random(seed)  # noqa: S311 - a coin, no key
        builder.add_node("ann", lambda board: {"ann": coin.choice(TICKETS)})
    else:  # a convention: search is ann's
        builder.add_node("ann", lambda board: {"ann": "search"})


def play(way: str, order: str, seed: int, *, team: tuple[str, ...] = ("lea", "ann")) -> Episode:
    """One run of the graph: lea, then the others, who see it, then the board."""
    model = ScriptedModel()
    thinks = 0 if order == "chance" else int(order.split()[1])
    builder = StateGraph(Board)
    if order == "chance":  # lea takes whatever comes in
        chance = random.Random(f"lea {seed}")  # noqa: S311
        builder.add_node("lea", lambda board: {"lea": chance.choice(TICKETS)})
    else:
        add_tom_node(builder, "lea", node(FixedOrderAgent("lea", GAME, 0 if "ben" in team else thinks), team))
    add_ann(builder, way, team, model, seed)
    if "ben" in team:
        add_tom_node(builder, "ben", node(FixedOrderAgent("ben", GAME, thinks), team))
    builder.add_edge(START, "lea")
    for name in team[1:]:
        builder.add_edge("lea", name)
        builder.add_edge(name, "board")

    def board(state: Board) -> dict[str, Any]:
        keys: Any = state
        picks = {name: keys[name] for name in team}
        others = [pick for name, pick in picks.items() if name != "ann"]
        return {"last": picks, "collisions": [picks["ann"] in others]}

    builder.add_node("board", board)
    builder.add_conditional_edges(
        "board", lambda now: END if len(now["collisions"]) >= ROUNDS else "lea", ["lea", END]
    )
    start: Board = {"number": seed, "lea": "", "ann": "", "ben": "", "last": {}, "collisions": []}
    return episode(sum(builder.compile().invoke(start, {"recursion_limit": 5 * ROUNDS})["collisions"]), model)


def seen(seeds: int = 20) -> Numbers:
    """Beside leaders of every order and one that picks at random, all seen by ann."""
    return measure(play, (*ORDERS, "chance"), seeds, (*WAYS, "not told"))


def anticipated(seeds: int = 20) -> Numbers:
    """Beside a leader whom ann sees, and colleagues of every order who pick when ann does."""
    return measure(partial(play, team=("lea", "ann", "ben")), ORDERS, seeds, (*WAYS, "not told"))


if __name__ == "__main__":
    print("a leader of …, seen")
    show(seen())
    print("\na leader, seen, and a colleague of …, who picks at the same time")
    show(anticipated())
