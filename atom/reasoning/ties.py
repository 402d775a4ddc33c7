"""When two actions are equally good: a rule that follows the game and not the units of its payoffs.

Payoffs say which action is better and not by how much in any absolute sense: ``a·x + b`` with a > 0 is
the same game (von Neumann and Morgenstern 1944, on utility). So no tolerance here is a number of
points. Two actions tie where the difference of their expected payoffs is small beside

- the payoff differences that were weighed against each other to get it (``RELATIVE`` of them), or
- what the numbers can tell apart at all (``ROUNDING`` of the payoffs themselves): a payoff of 1e9 + 1
  holds its 1 to seven digits, whatever is done with it later.

Payoffs that the players cannot reach, and those of actions that are no candidates, such as one joint
action with a penalty of -1e12, have no say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom.policies import Policy
from atom.situation import Situation

Floats: TypeAlias = NDArray[np.float64]

RELATIVE = 1e-9
"""Share of the payoff differences behind a comparison below which its outcome counts as none."""

ROUNDING = 16 * float(np.finfo(np.float64).eps)
"""The same for the payoffs themselves: the two roundings of ``a·x + b`` in each of two payoffs, and those
of summing, four times over. An offset of 1e9 so hides differences below 1e-5."""


CLEAR = 8.0 * RELATIVE
"""Share of the largest payoff by which an action is ahead of all others beyond any tolerance: the payoff
differences, and twice the payoffs that are summed, are at most four times that."""


@runtime_checkable
class KnowsBest(Protocol):
    """Whoever knows which actions are equally good, and not only what each is worth."""

    def best_actions(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> frozenset[str]:
        """The best responses of ``player`` when the others act as ``predicted``; never empty."""
        ...


def best(values: ArrayLike, spread: ArrayLike = 0.0, size: ArrayLike = 0.0) -> NDArray[np.bool_]:
    """Which actions are best: within the tolerance of the largest value.

    Args:
        values: ``[..., A]`` expected payoffs; minus infinity for an action that may not be taken, but
            not for all of them.
        spread: ``[..., A]``, >= 0: the payoff differences between the action and the best one that were
            weighed against each other, expected. 0 where outcomes are certain: then the difference of the
            values is all there is.
        size: ``[..., A]``, >= 0: expected size of the payoffs that were summed for the action and for the
            best one; at least that of the values is taken.

    Returns:
        ``[..., A]``; at least one action of each row is best.
    """
    given = np.asarray(values, dtype=float)
    top = given.max(axis=-1, keepdims=True)
    finite = np.where(np.isfinite(given), given, top)
    sizes = np.maximum(np.asarray(size, dtype=float), np.abs(finite) + np.abs(top))
    tolerance = RELATIVE * np.asarray(spread, dtype=float) + ROUNDING * sizes
    return np.asarray((given == top) | (top - given <= tolerance))


def best_responses(payoffs: Floats, chances: Floats) -> NDArray[np.bool_]:
    """Which actions are best against outcomes that do not depend on the own action.

    Actions are compared pair by pair, outcome by outcome: what a pair has in common, an offset above
    all, leaves the sum before it is taken.

    Args:
        payoffs: ``[A, M]``, the payoff of each own action in each of M outcomes; finite.
        chances: ``[M]``, >= 0: how likely each outcome is.

    Returns:
        ``[A]``; at least one is True.
    """
    values = payoffs @ chances
    leader = int(values.argmax())
    behind = values[leader] - values
    behind[leader] = np.inf
    if behind.min() > CLEAR * np.abs(payoffs).max() * chances.sum():
        return np.asarray(np.arange(len(payoffs)) == leader)
    for _ in range(len(payoffs)):
        beside = payoffs - payoffs[leader]
        gains = beside @ chances
        ahead = int(np.argmax(gains))
        if gains[ahead] <= 0.0:
            break
        # The plain sum lost the digits in which these two differ.
        leader = ahead
    sizes = np.abs(payoffs) @ chances
    return best(gains, np.abs(beside) @ chances, sizes + sizes[leader])


def best_of(expected: Mapping[str, float]) -> frozenset[str]:
    """The actions of the largest expected payoff where nothing else is known of the game."""
    mask = best(list(expected.values()))
    return frozenset(action for action, among in zip(expected, mask.tolist(), strict=True) if among)
