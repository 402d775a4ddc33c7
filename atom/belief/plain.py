"""One belief as plain lists, as an agent keeps it in its memory.

A belief over three orders is a dozen numbers: making an array of them and a list again costs more than
the arithmetic in between. So the default learner's formulas stand here a second time, number by number;
all other learners are asked by arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from atom.belief.learners import SMALLEST, Bayes, Learner, joint_prior

Weights: TypeAlias = list[Any]
"""A learner's weights as nested lists of floats, ``[K]`` or ``[K][L]``."""


class PlainLearner(Protocol):
    """A learner over a fixed number of hypotheses, for one belief at a time."""

    @property
    def prior(self) -> Weights:
        """Weights before anything was observed; not to be modified."""
        ...

    def fits(self, weights: Weights) -> bool:
        """Whether ``weights`` have the shape of this learner's."""
        ...

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int) -> Weights:
        """Weights after one observed action, see ``Learner.update``; ``weights`` are left unchanged."""
        ...

    def probabilities(self, weights: Weights) -> list[float]:
        """``[K]`` probabilities of the hypotheses, summing to 1."""
        ...


def copied(weights: Weights) -> Weights:
    """The same weights in lists of their own."""
    return [copied(row) if isinstance(row, list) else row for row in weights]


def plain_learner(learner: Learner, orders: Sequence[int]) -> PlainLearner:
    """``learner`` for one belief over ``orders``, as fast as it can be had."""
    # a class derived from Bayes may update otherwise
    return PlainBayes.of(learner, len(orders)) if type(learner) is Bayes else ByArrays.of(learner, orders)


@dataclass(frozen=True, slots=True)
class PlainBayes:
    """``Bayes`` over K orders and L lapse rates; equal to it but for the rounding of sums.

    Attributes:
        prior: ``[K][L]``.
        restart: what a change of the partner mixes back in, hazard · prior, ``[K]``, for each lapse rate.
        lapses: the L pairs (1 - ε, ε).
        keep: 1 - hazard.
    """

    prior: Weights
    restart: list[float]
    lapses: tuple[tuple[float, float], ...]
    keep: float

    @classmethod
    def of(cls, bayes: Bayes, k: int) -> PlainBayes:
        """``bayes`` over ``k`` orders."""
        prior = joint_prior(bayes.prior, k, len(bayes.lapses))
        lapses = tuple((1.0 - lapse, lapse) for lapse in bayes.lapses)
        return cls(prior.tolist(), (bayes.hazard * prior[:, 0]).tolist(), lapses, 1.0 - bayes.hazard)

    def fits(self, weights: Weights) -> bool:
        """Whether ``weights`` are ``[K][L]``."""
        try:
            return list(map(len, weights)) == list(map(len, self.prior))
        except TypeError:  # [K]
            return False

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int) -> Weights:
        """Joint posterior, ``[K][L]``."""
        joint = [
            [(kept * likelihood + lapse / n_actions) * w for (kept, lapse), w in zip(self.lapses, row)]  # noqa: B905 - asked in fits
            for likelihood, row in zip(likelihoods, weights, strict=True)
        ]
        scale = self.keep / sum(map(sum, joint))
        if self.keep == 1.0:
            return [[max(scale * w, SMALLEST) for w in row] for row in joint]
        return [[scale * w + back for w in row] for row, back in zip(joint, self.restart, strict=True)]

    def probabilities(self, weights: Weights) -> list[float]:
        """Posterior over orders, the lapse rate summed out, ``[K]``."""
        return list(map(sum, weights))


@dataclass(frozen=True, slots=True)
class ByArrays:
    """Any learner, asked by arrays.

    Attributes:
        learner: the learner.
        prior: its weights before anything was observed.
        shape: their shape.
    """

    learner: Learner
    prior: Weights
    shape: tuple[int, ...]

    @classmethod
    def of(cls, learner: Learner, orders: Sequence[int]) -> ByArrays:
        """``learner`` over ``orders``."""
        prior = learner.init(orders)
        return cls(learner, prior.tolist(), prior.shape)

    def fits(self, weights: Weights) -> bool:
        """Whether ``weights`` have the learner's shape."""
        try:
            return np.shape(weights) == self.shape
        except ValueError:  # rows of different lengths
            return False

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int) -> Weights:
        """The learner's update."""
        updated: Weights = self.learner.update(np.asarray(weights), likelihoods, n_actions).tolist()
        return updated

    def probabilities(self, weights: Weights) -> list[float]:
        """The learner's probabilities, ``[K]``."""
        probabilities: list[float] = self.learner.probabilities(np.asarray(weights)).tolist()
        return probabilities
