"""How well a team can do on ``tickets-N-N`` without communication when all follow one policy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

_STARTS = 8


def symmetric_limit(n: int) -> float:
    """Collisions, summed over all rounds, of the best symmetric policy on ``tickets-n-n``.

    Players that did the same so far can differ by chance only. The policies compared: whoever is
    alone on a ticket stays; a group of g players that shared one draws anew, each by itself and with
    the same probabilities, among g tickets of its own (there are as many unclaimed tickets as players
    without one). The probabilities are optimised numerically for every g. In a single round nobody can
    do better: a player of a group of g is alone with probability at most ``(1 - 1/g)^(g-1)``.

    Args:
        n: number of players and of tickets, 1 to 8.

    Returns:
        expected sum over rounds of the number of players that share a ticket; 0 for n = 1.

    Raises:
        ValueError: an n out of range.
    """
    if not 1 <= n <= 8:
        raise ValueError(f"the limit is computed for 1 to 8 players, got {n}")
    return _best(n)


@cache
def _best(g: int) -> float:
    if g == 1:
        return 0.0
    splits = list(_compositions(g, g))
    weights = np.array([math.factorial(g) / math.prod(map(math.factorial, split)) for split in splits])
    counts = np.array(splits)
    shared = np.where(counts > 1, counts, 0).sum(axis=1)
    later = np.array([sum(_best(size) for size in split if 1 < size < g) for split in splits])
    again = counts.max(axis=1) == g

    def cost(logits: NDArray[np.float64]) -> float:
        p = np.exp(logits - logits.max())
        p /= p.sum()
        chances = weights * np.prod(p**counts, axis=1)
        # who all chose the same ticket again are where they were
        return float(chances @ (shared + later) / (1.0 - chances[again].sum()))

    rng = np.random.default_rng(0)
    starts = [np.zeros(g), *(rng.normal(size=g) for _ in range(_STARTS))]
    return min(float(minimize(cost, start).fun) for start in starts)


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)
