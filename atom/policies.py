"""Distributions over one player's actions: when two are the same, and how a lapse blurs them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Policy: TypeAlias = Mapping[str, float]
"""A distribution over one player's legal actions: action -> probability in [0, 1], summing to 1."""

Probability = TypeVar("Probability", float, NDArray[np.float64])

TOLERANCE = 1e-9
"""The largest difference in an action's probability within policies that count as the same."""


def lapsed(probability: Probability, lapse: Probability | float, n_actions: int) -> Probability:
    """``(1 - ε) p + ε / |A|``: the probability of an action by somebody who lapses.

    Whoever lapses, at the rate ε, draws one of its legal actions uniformly.

    Args:
        probability: p in [0, 1], of the action without lapses; an array for many at once.
        lapse: ε in [0, 1]; an array where the rates differ.
        n_actions: ``|A|``, how many actions are legal, >= 1.
    """
    return (1.0 - lapse) * probability + lapse / n_actions


def same_policy(one: Policy, other: Policy, tolerance: float = TOLERANCE) -> bool:
    """Whether two policies are the same but for rounding.

    Args:
        one, other: policies; an action left out has probability 0.
        tolerance: the largest difference in any action's probability, >= 0.
    """
    return one is other or all(
        abs(one.get(action, 0.0) - other.get(action, 0.0)) <= tolerance for action in {*one, *other}
    )
