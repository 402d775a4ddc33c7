"""Further learners over hypotheses, for comparison: no tuning, no learning, and a heuristic.

Plain lists as in ``atom.belief.learners``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from atom.belief.learners import normalised
from atom.errors import BeliefError
from atom.memories import Weights
from atom.policies import added


@dataclass(frozen=True)
class AdaHedge:
    """Exponential weights whose learning rate tunes itself (de Rooij et al. 2014, JMLR 15, "AdaHedge").

    With cumulative losses L and the cumulative mixability gap Δ, ``η = ln K / Δ`` and
    ``w ∝ exp(-η · L)``. After losses ℓ the gap grows by ``w · ℓ - m`` where
    ``m = -(1/η) ln Σ w exp(-η ℓ)`` is the mix loss. While Δ = 0, η is infinite: all weight lies on
    the leaders, evenly. Easy partners keep it close to following the leader; its regret after T steps
    is at most ``sqrt(T ln K) + 4/3 ln K + 2`` whatever the partner does.

    Weights are ``[K + 1]``: the cumulative losses, and Δ.
    """

    def init(self, hypotheses: Sequence[str]) -> Weights:
        """No losses and no gap, ``[K + 1]``."""
        return [0.0] * (len(hypotheses) + 1)

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int = 2) -> Weights:
        """Cumulative losses and gap, ``[K + 1]``."""
        *before, gap = weights
        losses = [1.0 - p for p in likelihoods]
        expected = added(p * loss for p, loss in zip(self.probabilities(weights), losses, strict=True))
        after = [total + loss for total, loss in zip(before, losses, strict=True)]
        mix = _mixed(after, gap) - _mixed(before, gap)
        # the gap is never negative but for rounding
        return [*after, gap + max(0.0, expected - mix)]

    def probabilities(self, weights: Weights) -> list[float]:
        """Probability of following each expert, ``[K]``."""
        *losses, gap = weights
        return normalised(_unnormalised(losses, gap))

    def reweigh(self, weights: Weights, prior: Sequence[float]) -> Weights:
        """Losses less ``ln prior[k] / η``: the experts' weights times their factors, at the rate of now.

        While Δ = 0 every rate is as good as any other, and the losses go down by ``-ln prior[k]``.
        """
        *losses, gap = weights
        scale = gap / math.log(max(len(losses), 2)) if gap > 0.0 else 1.0
        return [*(loss - scale * math.log(p) for loss, p in zip(losses, prior, strict=True)), gap]


def _mixed(losses: Sequence[float], gap: float) -> float:
    """``-(1/η) ln (1/K) Σ exp(-η L)``, the cumulative mix loss at the rate of ``gap``."""
    k = len(losses)
    total = added(_unnormalised(losses, gap))
    return min(losses) - gap / math.log(max(k, 2)) * math.log(total / k)


def _unnormalised(losses: Sequence[float], gap: float) -> list[float]:
    best = min(losses)
    if gap <= 0.0:
        return [float(loss == best) for loss in losses]
    rate = math.log(max(len(losses), 2)) / gap
    return [math.exp(-rate * (loss - best)) for loss in losses]


@dataclass(frozen=True)
class RescorlaWagner:
    """Hypotheses scored as in Hypothetical Minds (Cross et al. 2024, arXiv 2407.07086).

    The value of a hypothesis moves towards 1 when it predicted the action and towards -1 when it did
    not: ``V ← V + α (r - V)``, ``r = 2 p - 1`` with the probability p that it gave to the action.
    The hypothesis of the highest value is followed once that exceeds the threshold. That system lets
    its language model write new hypotheses while none does; here they are given, and each is followed
    with the same probability.

    Weights are the values, ``[K]`` in [-1, 1].

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

    def init(self, hypotheses: Sequence[str]) -> Weights:
        """Values of 0, ``[K]``."""
        return [0.0] * len(hypotheses)

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int = 2) -> Weights:
        """Values, ``[K]``."""
        return [v + self.alpha * ((2.0 * p - 1.0) - v) for v, p in zip(weights, likelihoods, strict=True)]

    def probabilities(self, weights: Weights) -> list[float]:
        """One for the best hypothesis (the first on ties) if it is good enough, else uniform, ``[K]``."""
        best = max(weights)
        if best <= self.threshold:
            return [1.0 / len(weights)] * len(weights)
        return [float(k == weights.index(best)) for k in range(len(weights))]

    def reweigh(self, weights: Weights, prior: Sequence[float]) -> Weights:
        """Values that begin where the factor says: the likeliest keeps its value, others fall below it.

        Values are no probabilities; ``V ← V - (1 - prior[k] / max prior) (V + 1)`` keeps their order and
        their range.
        """
        top = max(prior)
        return [v - (1.0 - p / top) * (v + 1.0) for v, p in zip(weights, prior, strict=True)]


@dataclass(frozen=True)
class Uniform:
    """Learns nothing: every hypothesis is as likely as at first. The baseline without a belief.

    Weights are the probabilities, ``[K]``.
    """

    def init(self, hypotheses: Sequence[str]) -> Weights:
        """Uniform, ``[K]``."""
        return [1.0 / len(hypotheses)] * len(hypotheses)

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int = 2) -> Weights:
        """The weights as they are."""
        return list(weights)

    def probabilities(self, weights: Weights) -> list[float]:
        """Uniform, ``[K]``."""
        return list(weights)

    def reweigh(self, weights: Weights, prior: Sequence[float]) -> Weights:
        """The weights as they are: what was known before is not used either."""
        return list(weights)
