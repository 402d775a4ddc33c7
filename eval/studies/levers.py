"""The lever game played once: what entropy does to policies that were trained apart, and where it fails.

Two players pull one of K levers at the same time, and get what it pays if it is the same one. Policies are
softmax tables, the gradient of the mean payoff and the entropies is exact, and after training the likeliest
lever is pulled (Forkel et al. 2025, "High entropy leads to symmetry equivariant policies in Dec-POMDPs").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.measure import Interval, mean_interval
from eval.training import entropy_gradient, softmax

Array = NDArray[np.float64]

ONE_BETTER = (1.1, 1.0, 1.0, 1.0, 1.0)
"""One lever of five pays more: whoever is drawn to it agrees with everybody."""
ONE_WORSE = (*[1.0] * 9, 0.9)
"""Nine levers that are alike, and one that is worse and the only one to agree on (Hu et al. 2020)."""

PUBLISHED = {(0.01, "own"): 1.01, (0.01, "cross"): 0.20, (0.3, "own"): 1.10, (0.3, "cross"): 1.10}
"""(α, self- or cross-play) -> the paper's value."""


_RATE = 4.0
_STEPS = 800
_STARTS = 20


@dataclass(frozen=True, slots=True)
class Levers:
    """What pairs come to that were trained apart.

    Attributes:
        payoffs: of the levers.
        entropy: α.
        relabelled: whether levers that pay the same were relabelled in training (other-play).
        greedy: whether the likeliest lever is pulled, and not one drawn from the policy.
        own: mean payoff of a pair.
        cross: mean payoff of players from different pairs.
    """

    payoffs: tuple[float, ...]
    entropy: float
    relabelled: bool
    greedy: bool
    own: Interval
    cross: Interval


def pulled(
    payoffs: Sequence[float],
    entropy: float,
    *,
    pairs: int,
    seed: int,
    relabel: bool = False,
    greedy: bool = True,
    starts: int = 1,
) -> Levers:
    """Trains pairs apart from each other, and pairs their players with strangers.

    Args:
        payoffs: ``[K]``, of the levers.
        entropy: α, >= 0.
        pairs: how many, >= 4; they differ in their first logits, which are standard normal.
        seed: seed of the logits, >= 0.
        relabel: whether levers that pay the same are relabelled at random between the players of a pair.
        greedy: whether the likeliest lever is pulled after training.
        starts: of as many pairs the one is kept that does best in what it was trained for, >= 1.
    """
    pay = np.asarray(payoffs, dtype=float)
    logits = np.random.default_rng([seed]).normal(size=(2, pairs * starts, len(pay)))
    alike = pay[:, None] == pay[None, :]
    mixing = alike / alike.sum(axis=1, keepdims=True) if relabel else np.eye(len(pay))
    for _ in range(_STEPS):
        policies = softmax(logits)
        # what a lever pays, given how likely the other pulls it under the labels that it may have
        worth = pay * (policies[::-1] @ mixing)
        gain = worth - (policies * worth).sum(axis=-1, keepdims=True)
        logits += _RATE * (policies * gain + entropy * entropy_gradient(policies))
    first, second = _best_of(softmax(logits), pay, mixing, starts)
    if greedy:
        first, second = (np.eye(len(pay))[own.argmax(axis=-1)] for own in (first, second))
    # every player is in one pair of strangers, so that these are independent
    half = pairs // 2
    strangers = first[:half] * pay * second[half : 2 * half] + first[half : 2 * half] * pay * second[:half]
    own = mean_interval((first * pay * second).sum(axis=-1))
    cross = mean_interval(strangers.sum(axis=-1) / 2.0)
    return Levers(tuple(map(float, payoffs)), entropy, relabel, greedy, own, cross)


def _best_of(policies: Array, pay: Array, mixing: Array, starts: int) -> Array:
    """``[2, N, K]`` of ``[2, N · starts, K]``: those with the highest mean payoff in training."""
    value = (policies[0] * pay * (policies[1] @ mixing)).sum(axis=-1).reshape(-1, starts)
    best = value.argmax(axis=1) + np.arange(len(value)) * starts
    return np.asarray(policies[:, best])


def lever_games(*, pairs: int = 10_000, seed: int = 42) -> list[Levers]:
    """The published game at the published weights, then the one in which entropy fails.

    Args:
        pairs: pairs trained apart in each of the published game, a tenth of them in the other, >= 40.
        seed: seed of the logits, >= 0.
    """
    few = max(4, pairs // 10)
    return [
        pulled(ONE_BETTER, 0.01, pairs=pairs, seed=seed),
        pulled(ONE_BETTER, 0.3, pairs=pairs, seed=seed),
        pulled(ONE_WORSE, 0.01, pairs=few, seed=seed),
        pulled(ONE_WORSE, 0.3, pairs=few, seed=seed, greedy=False),
        pulled(ONE_WORSE, 0.01, pairs=few, seed=seed, relabel=True, starts=_STARTS),
    ]
