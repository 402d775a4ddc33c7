"""The functional API: two agents as tasks of an ``@entrypoint``, no graph and no node.

``take_turn`` is what the node does, as a function: memories go in and come out, and the entrypoint saves them
under its thread. One call of the entrypoint is one round.

Run it: ``python examples/functional.py``.
"""

from __future__ import annotations

import random
from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from measured import ROUNDS, Episode, Numbers, ScriptedModel, ask, episode, measure, show

from atom import (
    AdaptiveAgent,
    FixedOrderAgent,
    NormalFormReasoner,
    Player,
    Situation,
    symmetric_payoffs,
    take_turn,
)

TICKETS = ("billing", "login")
AGENTS = ("ann", "ben")
PARTNERS = ("order 0", "order 1", "order 2", "its like")
GAME = NormalFormReasoner(symmetric_payoffs([[0, 1], [1, 0]]))

Picks = dict[str, str]


@task
def adapt(player: Player, memories: dict[str, Any], last: Picks) -> tuple[str, dict[str, Any]]:
    """One agent's turn, and what it remembers."""
    situation = Situation(dict.fromkeys(AGENTS, TICKETS), history=[last])
    observed = {name: did for name, did in last.items() if name != player.me}
    decision, memories = take_turn(player, memories, situation, observed)
    return decision.action, memories


@task
def pick(
    way: str, me: str, model: ScriptedModel, last: Picks, coin: random.Random
) -> tuple[str, dict[str, Any]]:
    """The same for agents that remember nothing."""
    if way == "bare":
        return ask(model, TICKETS, {name: did for name, did in last.items() if name != me}), {}
    # a convention: ann has billing, ben has login
    return coin.choice(TICKETS) if way == "coin" else TICKETS[AGENTS.index(me)], {}


def play(way: str, partner: str, seed: int) -> Episode:
    """Many rounds of one thread."""
    models = {name: ScriptedModel() for name in AGENTS}
    coins = {name: random.Random(f"{name} {seed}") for name in AGENTS}  # noqa: S311 - coins, no keys
    ways = {"ann": way, "ben": way if partner == "its like" else partner}

    def turn(me: str, memories: dict[str, Any], last: Picks) -> Any:
        if ways[me] == "ours":
            return adapt(AdaptiveAgent(me, GAME, agent=models[me], seed=seed), memories, last)
        if ways[me].startswith("order"):
            return adapt(FixedOrderAgent(me, GAME, int(ways[me].split()[1])), memories, last)
        return pick(ways[me], me, models[me], last, coins[me])

    @entrypoint(checkpointer=InMemorySaver())
    def choose(last: Picks, *, previous: Any = None) -> entrypoint.final[Picks, Any]:
        known = previous or {name: {} for name in AGENTS}
        turns = {name: turn(name, known[name], last) for name in AGENTS}  # both at once
        done = {name: one.result() for name, one in turns.items()}
        picks = {name: action for name, (action, _) in done.items()}
        return entrypoint.final(value=picks, save={name: kept for name, (_, kept) in done.items()})

    thread: Any = {"configurable": {"thread_id": "1"}}
    picks, collisions = dict.fromkeys(AGENTS, TICKETS[0]), 0
    for _ in range(ROUNDS):
        picks = choose.invoke(picks, thread)
        collisions += picks["ann"] == picks["ben"]
    return episode(collisions, models["ann"])


def numbers(seeds: int = 20) -> Numbers:
    """Collisions of all ways beside all partners."""
    return measure(play, PARTNERS, seeds)


if __name__ == "__main__":
    show(numbers())
