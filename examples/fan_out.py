"""Five agents at once, by ``Send``: one node of the graph for all of them.

Every round all agents pick one of five tickets, and whoever shares one works in vain. All five are yours.
Bare agents keep away from what the others picked last. With the node each has a belief about each of the
others, and the reasoner acts: in a crowd it draws among what is equally good. A model that answers alike
whenever it is told alike, put inside ("model inside" below), sends several to the same place again. Since all
five are yours, they can also agree: a number each, and nobody needs a model of anybody.

Run it: ``python examples/fan_out.py``.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from operator import add
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from measured import ROUNDS, WAYS, Episode, Numbers, ScriptedModel, ask, episode, measure, show
from typing_extensions import TypedDict

from atom import AdaptiveAgent, AdaptiveToMNode, CongestionReasoner, Situation, add_tom_team

AGENTS = ("ann", "ben", "cem", "dan", "eve")
TICKETS = ("billing", "login", "search", "upload", "export")


def merge(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """Picks of one round come from all agents at once."""
    return {**left, **right}


class Board(TypedDict):
    """The graph's own state."""

    number: int
    picks: Annotated[dict[str, str], merge]
    shared: Annotated[list[int], add]


class Sent(TypedDict):
    """What a ``Send`` hands to one bare agent."""

    me: str
    picks: dict[str, str]


def alone(player: str, ticket: str, same: int, others: int) -> float:
    """A ticket is worth 1 to whoever is alone on it."""
    return float(same == 0)


GAME = CongestionReasoner(alone)


def node(agent: AdaptiveAgent) -> AdaptiveToMNode:
    """What an agent reads from the board and writes to it."""
    return AdaptiveToMNode(
        agent.me,
        agent,
        situation=lambda board: Situation(
            dict.fromkeys(AGENTS, TICKETS), history=[board["picks"]] if board["picks"] else []
        ),
        observed=lambda board: {me: pick for me, pick in board["picks"].items() if me != agent.me},
        write=lambda decision: {"picks": {agent.me: decision.action}},
        episode=lambda board: board["number"],
    )


def play(way: str, _: str, seed: int) -> Episode:
    """One run of the graph; a round went wrong in which anybody shared a ticket."""
    model = ScriptedModel()
    coins = {me: random.Random(f"{me} {seed}") for me in AGENTS}  # noqa: S311 - coins, no keys
    builder = StateGraph(Board)
    everybody: Any
    if way in ("ours", "model inside"):  # the node's own router sends to every agent
        inside = model if way == "model inside" else None
        team = [node(AdaptiveAgent(me, GAME, agent=inside)) for me in AGENTS]
        everybody = add_tom_team(builder, "agent", team)
    else:

        def agent(state: Sent) -> dict[str, Any]:
            me, picks = state["me"], state["picks"]
            if way == "bare":
                pick = ask(model, TICKETS, {name: did for name, did in picks.items() if name != me})
            elif way == "coin":
                pick = coins[me].choice(TICKETS)
            else:  # a convention: everybody has a number
                pick = TICKETS[AGENTS.index(me)]
            return {"picks": {me: pick}}

        def everybody(board: Board) -> list[Send]:
            return [Send("agent", {"me": me, "picks": board["picks"]}) for me in AGENTS]

        builder.add_node("agent", agent)

    def board(state: Board) -> dict[str, Any]:
        return {"shared": [sum(n for n in Counter(state["picks"].values()).values() if n > 1)]}

    builder.add_node("board", board)
    builder.add_node("next", lambda now: {})
    builder.add_conditional_edges(START, everybody, ["agent"])
    builder.add_edge("agent", "board")
    builder.add_conditional_edges(
        "board", lambda now: END if len(now["shared"]) >= ROUNDS else "next", ["next", END]
    )
    builder.add_conditional_edges("next", everybody, ["agent"])
    start: Board = {"number": seed, "picks": {}, "shared": []}
    shared = builder.compile().invoke(start, {"recursion_limit": 5 * ROUNDS})["shared"]
    return episode(sum(number > 0 for number in shared), model)


def numbers(seeds: int = 20) -> Numbers:
    """Rounds in which anybody shared a ticket."""
    return measure(play, ("five of a kind",), seeds, (*WAYS, "model inside"))


if __name__ == "__main__":
    show(numbers())
