"""A supervisor that delegates, and a worker that accepts or hands back.

Every round the supervisor hands ben one of three tickets; he accepts it, or hands it back and the round is
lost. What he would accept is up to him: always the same kind, something new each time, or the kind that he
accepted last. So the worker's action is the ticket that he is open for, which the supervisor sees when he
accepts. When he hands a ticket back, it was one of the others: that is a ``Seen`` with weights. Kinds of
workers that you know are hypotheses with names; whoever is none of them is learned as a habit.

Run it: ``python examples/delegation.py``.
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
    Hypothesis,
    NormalFormReasoner,
    Seen,
    Situation,
    add_tom_node,
    symmetric_payoffs,
)
from atom.belief import DEFAULT_HYPOTHESES

TICKETS = ("billing", "login", "search")
GAME = NormalFormReasoner(symmetric_payoffs(np.eye(3)))  # 1 where ben gets what he is open for


class Office(TypedDict):
    """The graph's own state: every delegation with its outcome."""

    ticket: str
    rounds: Annotated[list[tuple[str, bool]], add]


Open = Callable[[list[tuple[str, bool]]], str]
"""What a worker is open for after all rounds so far."""


def something_new(rounds: list[tuple[str, bool]]) -> str:
    """Goes through the kinds: the one after the last that he accepted."""
    done = [ticket for ticket, accepted in rounds if accepted]
    return TICKETS[(TICKETS.index(done[-1]) + 1) % 3] if done else TICKETS[1]


WORKERS: dict[str, Open] = {
    "search alone": lambda rounds: "search",
    "something new": something_new,
    "every other day": lambda rounds: TICKETS[len(rounds) % 2],  # nobody has listed him
}


def as_hypothesis(name: str) -> Hypothesis:
    """What is known of a kind of worker; he sees the same rounds."""

    def behaviour(situation: Situation, worker: str) -> dict[str, float]:
        return {WORKERS[name]([(ticket, accepted) for ticket, accepted in situation.state]): 1.0}

    return Hypothesis(name, behaviour=behaviour, prior=0.3)


def situation(office: Office) -> Situation:
    """What both know."""
    return Situation({"supervisor": TICKETS, "ben": TICKETS}, state=[list(r) for r in office["rounds"]])


def observed(office: Office) -> dict[str, Seen] | None:
    """What ben was open for: the ticket that he accepted, or one of those that he was not offered."""
    if not office["rounds"]:
        return None
    ticket, accepted = office["rounds"][-1]
    return {"ben": Seen({name: float((name == ticket) == accepted) for name in TICKETS})}


def play(way: str, worker: str, seed: int) -> Episode:
    """One run of the graph: the supervisor delegates by a ``Command``, the worker answers."""
    model = ScriptedModel(joins=True)
    coin = random.Random(seed)  # noqa: S311 - a coin, no key
    builder = StateGraph(Office)

    def bare(state: Office) -> Command[Any]:
        ticket, accepted = state["rounds"][-1] if state["rounds"] else (TICKETS[-1], False)
        after = TICKETS.index(ticket) + 1  # what he accepted, and else the next in the list
        seen = {"ben": ticket} if accepted else {}
        chosen = ask(model, (*TICKETS[after:], *TICKETS[:after]), seen, "accepted")
        return Command(goto="ben", update={"ticket": chosen})

    def by_rule(state: Office) -> Command[Any]:
        in_order = TICKETS[len(state["rounds"]) % 3]  # a convention: one after the other
        return Command(goto="ben", update={"ticket": coin.choice(TICKETS) if way == "coin" else in_order})

    if way == "ours":
        kinds = [as_hypothesis(name) for name in ("search alone", "something new")]
        agent = AdaptiveAgent(
            "supervisor", GAME, agent=model, hypotheses=[*DEFAULT_HYPOTHESES, *kinds], seed=seed
        )
        node = AdaptiveToMNode(
            "supervisor",
            agent,
            situation=situation,
            observed=observed,
            write=lambda decision: Command(goto="ben", update={"ticket": decision.action}),
        )
        add_tom_node(builder, "supervisor", node, destinations=("ben",))
    else:
        builder.add_node("supervisor", bare if way == "bare" else by_rule, destinations=("ben",))

    def ben(state: Office) -> dict[str, Any]:
        return {"rounds": [(state["ticket"], state["ticket"] == WORKERS[worker](state["rounds"]))]}

    builder.add_node("ben", ben)
    builder.add_edge(START, "supervisor")
    builder.add_conditional_edges(
        "ben", lambda office: END if len(office["rounds"]) >= ROUNDS else "supervisor", ["supervisor", END]
    )
    rounds = builder.compile().invoke({"ticket": "", "rounds": []}, {"recursion_limit": 3 * ROUNDS})["rounds"]
    return episode(sum(not accepted for _, accepted in rounds), model)


def numbers(seeds: int = 20) -> Numbers:
    """Tickets handed back by every worker, whoever delegates."""
    return measure(play, tuple(WORKERS), seeds)


if __name__ == "__main__":
    show(numbers())
