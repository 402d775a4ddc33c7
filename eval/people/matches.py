"""How often people win against bots, and agents against bots made from the same description."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from atom import AdaptiveAgent, Player
from eval.measure import Interval
from eval.people.orders import ORDERS
from eval.people.recordings import NONE, Floats, Side
from eval.people.scoring import grouped_mean
from eval.play import play
from eval.tasks import MatrixTask
from partners import make_partner
from partners.rps_bots import FOLLOWS, RULES

SEEDS = 20

AGENTS = {
    "bayes": lambda me, task: AdaptiveAgent(me, task.reasoner()),
    "orders 0-5, above": lambda me, task: AdaptiveAgent(me, task.reasoner(), orders=ORDERS, response="above"),
}
"""Name -> ``make(me, task)``: the default agent, and one that knows all orders and acts one above."""


@dataclass(frozen=True, slots=True)
class Beaten:
    """How often one bot is beaten.

    Attributes:
        bot: its name.
        order: its order; None where it has none.
        people: the people's share of won rounds, of those in which they moved.
        agents: agent -> its share of won rounds.
        ceiling: the share of whoever knows the rule.
    """

    bot: str
    order: int | None
    people: Interval
    agents: dict[str, Interval]
    ceiling: float = FOLLOWS


def known_bots(sides: Sequence[Side]) -> list[str]:
    """The bots of a recording that are known by their rule."""
    return list(dict.fromkeys(side.player for side in sides if side.bot and side.player in RULES))


def beaten(
    sides: Sequence[Side],
    task: MatrixTask,
    *,
    seeds: int = SEEDS,
    progress: Callable[[], None] = lambda: None,
) -> list[Beaten]:
    """Win rates against every bot of the recording that is known by its rule.

    Args:
        sides: what was recorded.
        task: the game that the agents play; the bots must be able to.
        seeds: how many games of every agent with every bot, >= 1.
        progress: called after every game.
    """
    rows = []
    for bot in known_bots(sides):
        won = np.array(
            [share_won(side, task.payoffs) for side in sides if side.group == bot and not side.bot]
        )
        agents = {}
        for name in AGENTS:
            rates = []
            for seed in range(seeds):
                rates.append(win_rate(name, bot, task, seed))
                progress()
            agents[name] = grouped_mean(np.array(rates), [bot] * seeds)
        rows.append(Beaten(bot, RULES[bot].order, grouped_mean(won, [bot] * len(won)), agents))
    return rows


def share_won(side: Side, payoffs: Floats) -> float:
    """The share of rounds in which the player got more than the other, of those in which both moved."""
    both = (side.own != NONE) & (side.other != NONE)
    joint = (side.own, side.other) if side.seat == 0 else (side.other, side.own)
    ahead = payoffs[(side.seat, *joint)] > payoffs[(1 - side.seat, *joint)]
    return float(ahead[both].mean()) if both.any() else float("nan")


def win_rate(agent: str, bot: str, task: MatrixTask, seed: int) -> float:
    """The share of rounds of one game that an agent of ``AGENTS`` wins against a bot."""
    first, second = task.players
    player: Player = AGENTS[agent](first, task)
    seats = {first: player, second: make_partner(f"rps-bot:{bot}", second, task.reasoner(), seed=seed)}
    steps = list(play(task, seats, seed))
    return sum(step.scores[first] > step.scores[second] for step in steps) / len(steps)
