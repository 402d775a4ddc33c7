"""Further learners over a partner's order, for comparison: no tuning, no learning, and a heuristic.

Arrays as in ``atom.belief.learners``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from atom.belief.learners import Array
from atom.errors import BeliefError


@dataclass(frozen=True)
class AdaHedge:
    """Exponential weights whose learning rate tunes itself (de Rooij et al. 2014, JMLR 15, "AdaHedge").

    With cumulative losses L and the cumulative mixability gap Δ, ``η = ln K / Δ`` and
    ``w ∝ exp(-η · L)``. After losses ℓ the gap grows by ``w · ℓ - m`` where
    ``m = -(1/η) ln Σ w exp(-η ℓ)`` is the mix loss. While Δ = 0, η is infinite: all weight lies on
    the leaders, evenly. Easy partners keep it close to following the leader; its regret after T steps
    is at most ``sqrt(T ln K) + 4/3 ln K + 2`` whatever the partner does.

    Weights are ``[..., K + 1]``: the cumulative losses, and Δ.
    """

    def init(self, orders: Sequence[int], batch: tuple[int, ...] = ()) -> Array:
        """No losses and no gap, ``[*batch, K + 1]``."""
        return np.zeros((*batch, len(orders) + 1))

    def update(self, weights: Array, likelihoods: ArrayLike, n_actions: int = 2) -> Array:
        """Cumulative losses and gap, ``[..., K + 1]``."""
        losses = 1.0 - np.asarray(likelihoods, dtype=float)
        before, gap = weights[..., :-1], weights[..., -1:]
        expected = (self.probabilities(weights) * losses).sum(axis=-1, keepdims=True)
        after = before + losses
        mix = self._mixed(after, gap) - self._mixed(before, gap)
        # the gap is never negative but for rounding
        return np.concatenate([after, gap + np.maximum(0.0, expected - mix)], axis=-1)

    def probabilities(self, weights: Array) -> Array:
        """Probability of following each expert, ``[..., K]``."""
        unnormalised = self._unnormalised(weights[..., :-1], weights[..., -1:])
        return np.asarray(unnormalised / unnormalised.sum(axis=-1, keepdims=True))

    def _mixed(self, losses: Array, gap: Array) -> Array:
        """``-(1/η) ln (1/K) Σ exp(-η L)``, the cumulative mix loss at the rate of ``gap``, ``[..., 1]``."""
        k = losses.shape[-1]
        total = self._unnormalised(losses, gap).sum(axis=-1, keepdims=True)
        return np.asarray(losses.min(axis=-1, keepdims=True) - gap / math.log(max(k, 2)) * np.log(total / k))

    def _unnormalised(self, losses: Array, gap: Array) -> Array:
        behind = losses - losses.min(axis=-1, keepdims=True)
        rate = math.log(max(losses.shape[-1], 2)) / np.where(gap > 0.0, gap, 1.0)
        return np.asarray(np.where(gap > 0.0, np.exp(-rate * behind), behind == 0.0))


@dataclass(frozen=True)
class RescorlaWagner:
    """Hypotheses scored as in Hypothetical Minds (Cross et al. 2024, arXiv 2407.07086).

    The value of a hypothesis moves towards 1 when it predicted the action and towards -1 when it did
    not: ``V ← V + α (r - V)``, ``r = 2 p - 1`` with the probability p that it gave to the action.
    The hypothesis of the highest value is followed once that exceeds the threshold. That system lets
    its language model write new hypotheses while none does; here the orders are given, and each is
    followed with the same probability.

    Weights are the values, ``[..., K]`` in [-1, 1].

    Args:
        alpha: learning rate in (0, 1]; theirs is 0.3.
        threshold: in [-1, 1); theirs is 0.7.

    Raises:
        BeliefError: a setting out of its range.
    """

    alpha: float = 0.3
    threshold: float = 0.7

    def __post_init__(self) -> None:
        if not 0.0 < self.alpha <= 1.0:
            raise BeliefError(f"the learning rate alpha lies in (0, 1], got {self.alpha}")
        if not -1.0 <= self.threshold < 1.0:
            raise BeliefError(f"the threshold lies in [-1, 1), got {self.threshold}")

    def init(self, orders: Sequence[int], batch: tuple[int, ...] = ()) -> Array:
        """Values of 0, ``[*batch, K]``."""
        return np.zeros((*batch, len(orders)))

    def update(self, weights: Array, likelihoods: ArrayLike, n_actions: int = 2) -> Array:
        """Values, ``[..., K]``."""
        reward = 2.0 * np.asarray(likelihoods, dtype=float) - 1.0
        return np.asarray(weights + self.alpha * (reward - weights))

    def probabilities(self, weights: Array) -> Array:
        """One for the best hypothesis (the lowest order on ties) if it is good enough, else uniform."""
        k = weights.shape[-1]
        good = weights.max(axis=-1, keepdims=True) > self.threshold
        return np.asarray(np.where(good, np.eye(k)[np.argmax(weights, axis=-1)], 1.0 / k))


@dataclass(frozen=True)
class Uniform:
    """Learns nothing: every order is as likely as at the beginning. The baseline without a belief.

    Weights are the probabilities, ``[..., K]``.
    """

    def init(self, orders: Sequence[int], batch: tuple[int, ...] = ()) -> Array:
        """Uniform, ``[*batch, K]``."""
        return np.full((*batch, len(orders)), 1.0 / len(orders))

    def update(self, weights: Array, likelihoods: ArrayLike, n_actions: int = 2) -> Array:
        """The weights as they are; with the leading axes of the likelihoods."""
        return np.broadcast_to(weights, np.asarray(likelihoods).shape).copy()

    def probabilities(self, weights: Array) -> Array:
        """Uniform, ``[..., K]``."""
        return weights
