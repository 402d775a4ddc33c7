"""Depth is not skill: what a belief about orders makes of partners that act by theirs now and then."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from atom import Bayes
from atom.policies import added
from eval.studies.changing import HYPOTHESES, ORDERS, Floats, observe_partner
from eval.tasks import one_ahead

SKILLS = (0.11, 0.2, 0.3, 0.39)
ROUNDS = 300
SURE = 0.9
_ACTIONS = 5

BELIEFS = {
    "default": Bayes(),
    "no hazard": Bayes(hazard=0.0),
    "lapses to 1": Bayes(lapses=(0.02, 0.1, 0.3, 0.6, 1.0)),
}
"""Beliefs compared. A grid that ends at 1 has a rate at which no order explains anything."""


@dataclass(frozen=True, slots=True)
class CompetenceRow:
    """One belief and one true order; lists are by skill.

    Attributes:
        belief: name of the belief.
        order: the partner's order.
        truth: mean probability of that order after the last round.
        lapses: mean inferred lapse rate.
        rounds: median round from which the order first had a probability of 0.9; infinite for never.
        distance: mean total variation between the posteriors at the lowest and at the highest skill.
    """

    belief: str
    order: int
    truth: list[float]
    lapses: list[float]
    rounds: list[float]
    distance: float


def parts_of_competence(episodes: int) -> int:
    """How often ``competence_rows`` calls its ``progress``."""
    return len(ORDERS) * (len(SKILLS) * episodes + len(BELIEFS))


def competence_rows(
    episodes: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> list[CompetenceRow]:
    """All rows.

    Args:
        episodes: episodes of every skill and order, >= 1.
        seed: seed of all random numbers, >= 0.
        progress: called after every episode, and every row.
    """
    task = one_ahead(_ACTIONS, ROUNDS)
    rows = []
    for order in ORDERS:
        seen = [
            np.stack(
                observe_partner(task, f"competence:{skill}@{order}", episodes, seed=seed, progress=progress)
            )
            for skill in SKILLS
        ]
        for name, belief in BELIEFS.items():
            rows.append(_row(name, belief, order, seen))
            progress()
    return sorted(rows, key=lambda row: list(BELIEFS).index(row.belief))


def _row(name: str, belief: Bayes, order: int, seen: list[Floats]) -> CompetenceRow:
    ends, lapses, rounds = [], [], []
    for likelihoods in seen:
        learned = [_learned(belief, order, episode.tolist()) for episode in likelihoods]
        ends.append(np.array([probabilities for probabilities, _, _ in learned]))
        lapses.append(float(np.mean([lapse for _, lapse, _ in learned])))
        rounds.append(float(np.median([first for _, _, first in learned])))
    distance = float((abs(ends[0] - ends[-1]).sum(axis=-1) / 2).mean())
    truth = [float(end[:, ORDERS.index(order)].mean()) for end in ends]
    return CompetenceRow(name, order, truth, lapses, rounds, distance)


def _learned(belief: Bayes, order: int, episode: list[list[float]]) -> tuple[list[float], float, float]:
    """What one episode comes to: probabilities, mean lapse rate, the round that was sure of ``order``."""
    weights, first = belief.init(HYPOTHESES), math.inf
    for t, likelihoods in enumerate(episode):
        weights = belief.update(weights, likelihoods, _ACTIONS)
        if math.isinf(first) and belief.probabilities(weights)[ORDERS.index(order)] >= SURE:
            first = t + 1.0
    lapse = added(p * rate for p, rate in zip(belief.lapse_posterior(weights), belief.lapses, strict=True))
    return belief.probabilities(weights), lapse, first
