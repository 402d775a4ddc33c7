"""Learners as arrays: what ``atom.belief`` says of one partner, of B partners at once.

Each mirrors a learner of that folder, operation by operation. Weights have the episodes as their last axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from atom.belief import (
    AdaHedge,
    Bayes,
    Beliefs,
    FixedShare,
    FollowTheLeader,
    Hedge,
    RescorlaWagner,
    Uniform,
)
from atom.belief.learners import SMALLEST
from atom.policies import lapsed
from eval.play.batched.exact import Floats, Ints, added, each


class Weights(Protocol):
    """The beliefs of one player about its partner in B episodes."""

    def probabilities(self) -> Floats:
        """``[K, B]``; not to be modified."""
        ...

    def update(self, likelihoods: Floats, n_actions: int) -> None:
        """Learns from ``[K, B]`` likelihoods of what the partners did."""
        ...

    def keep(self, rows: Ints) -> None:
        """Goes on with some of the episodes."""
        ...


class BayesWeights:
    """``Bayes``; weights ``[L, K, B]``, lapse rates first, so that they are summed out row by row."""

    def __init__(self, learner: Bayes, beliefs: Beliefs, size: int) -> None:
        prior = np.array(beliefs.prior).T
        self._weights = np.repeat(prior[:, :, np.newaxis], size, axis=2)
        self._hazard = learner.hazard
        self._prior = np.array([[[row[0]] for row in learner.init(beliefs.names)]])
        self._stays = np.array(learner.stays)[:, np.newaxis, np.newaxis]
        self._lapses = np.array(learner.lapses)[:, np.newaxis, np.newaxis]
        self._rows = added(self._weights)
        self._scratch = np.empty_like(self._weights)

    def probabilities(self) -> Floats:
        return self._rows

    def lapses_of(self) -> Floats:
        """``[K, B]``, the expected lapse rate under each hypothesis."""
        np.multiply(self._weights, self._lapses, out=self._scratch)
        found = added(self._scratch)
        found /= self._rows
        return found

    def update(self, likelihoods: Floats, n_actions: int) -> None:
        joint = np.multiply(1.0 - self._lapses, likelihoods, out=self._scratch)
        joint += self._lapses / n_actions
        joint *= self._weights
        scale = 1.0 / added(added(joint))
        if self._hazard == 0.0:
            joint *= scale
            np.maximum(joint, SMALLEST, out=joint)
        else:
            joint *= scale * self._stays
            joint += (1.0 - added(added(joint))) * self._prior
        self._scratch, self._weights = self._weights, joint
        self._rows = added(joint)

    def keep(self, rows: Ints) -> None:
        self._weights = self._weights.take(rows, axis=2)
        self._scratch, self._rows = np.empty_like(self._weights), self._rows.take(rows, axis=1)


class FlatWeights:
    """A learner that has one weight for each hypothesis, ``[K, B]``.

    Args:
        prior: ``[K]``.
        size: B.
        update: weights and likelihoods, ``[K, B]`` each -> new weights.
        probabilities: weights -> probabilities.
    """

    def __init__(
        self,
        prior: Any,
        size: int,
        update: Callable[[Floats, Floats], Floats],
        probabilities: Callable[[Floats], Floats],
    ) -> None:
        self._weights = np.repeat(np.array(prior)[:, np.newaxis], size, axis=1)
        self._update = update
        self._read = probabilities
        self._probabilities = probabilities(self._weights)

    def probabilities(self) -> Floats:
        return self._probabilities

    def update(self, likelihoods: Floats, n_actions: int) -> None:
        self._weights = self._update(self._weights, likelihoods)
        self._probabilities = self._read(self._weights)

    def keep(self, rows: Ints) -> None:
        self._weights = self._weights.take(rows, axis=1)
        self._probabilities = self._probabilities.take(rows, axis=1)


def _one_hot(which: Ints, n: int) -> Floats:
    found: Floats = (np.arange(n)[:, np.newaxis] == which).astype(np.float64)
    return found


def _leader(_: FollowTheLeader, beliefs: Beliefs, size: int) -> Weights:
    return FlatWeights(
        beliefs.prior,
        size,
        lambda losses, likelihoods: losses + (1.0 - likelihoods),
        lambda losses: _one_hot(losses.argmin(axis=0), len(losses)),
    )


def _normalised(values: Floats) -> Floats:
    return values / added(values)


def _hedged(eta: float) -> Callable[[Floats, Floats], Floats]:
    def update(weights: Floats, likelihoods: Floats) -> Floats:
        updated = weights - eta * (1.0 - likelihoods)
        updated -= updated.max(axis=0)
        norm = each(math.log, added(each(math.exp, updated)))
        return updated - norm

    return update


def _hedge(learner: Hedge, beliefs: Beliefs, size: int) -> Weights:
    return FlatWeights(beliefs.prior, size, _hedged(learner.eta), lambda w: _normalised(each(math.exp, w)))


def _fixed_share(learner: FixedShare, beliefs: Beliefs, size: int) -> Weights:
    hedged = _hedged(learner.eta)

    def update(weights: Floats, likelihoods: Floats) -> Floats:
        updated = hedged(weights, likelihoods)
        if learner.share == 0.0:
            return updated
        return each(math.log, lapsed(each(math.exp, updated), learner.share, len(updated)))

    return FlatWeights(beliefs.prior, size, update, lambda w: _normalised(each(math.exp, w)))


def _rescorla_wagner(learner: RescorlaWagner, beliefs: Beliefs, size: int) -> Weights:
    def probabilities(values: Floats) -> Floats:
        k = len(values)
        certain = values.max(axis=0) > learner.threshold
        return np.where(certain, _one_hot(values.argmax(axis=0), k), 1.0 / k)

    return FlatWeights(
        beliefs.prior, size, lambda v, p: v + learner.alpha * ((2.0 * p - 1.0) - v), probabilities
    )


def _uniform(_: Uniform, beliefs: Beliefs, size: int) -> Weights:
    return FlatWeights(beliefs.prior, size, lambda weights, _: weights, lambda weights: weights)


def _ada_hedge(_: AdaHedge, beliefs: Beliefs, size: int) -> Weights:
    k = len(beliefs.names)
    log_k = math.log(max(k, 2))

    def unnormalised(losses: Floats, gap: Floats) -> Floats:
        best = losses.min(axis=0)
        led: Floats = (losses == best).astype(np.float64)
        known = np.flatnonzero(gap > 0.0)
        if known.size:
            rate = log_k / gap[known]
            led[:, known] = each(math.exp, -rate * (losses[:, known] - best[known]))
        return led

    def mixed(losses: Floats, gap: Floats) -> Floats:
        ratio = added(unnormalised(losses, gap)) / k
        found: Floats = losses.min(axis=0) - gap / log_k * each(math.log, ratio)
        return found

    def probabilities(weights: Floats) -> Floats:
        return _normalised(unnormalised(weights[:-1], weights[-1]))

    def update(weights: Floats, likelihoods: Floats) -> Floats:
        before, gap = weights[:-1], weights[-1]
        losses = 1.0 - likelihoods
        expected = added(probabilities(weights) * losses)
        after = before + losses
        mix = mixed(after, gap) - mixed(before, gap)
        # as max(0.0, …) does, 0 where both are equal
        return np.concatenate([after, (gap + np.maximum(0.0, expected - mix))[np.newaxis]])

    return FlatWeights(beliefs.prior, size, update, probabilities)


WEIGHTS: dict[type, Callable[[Any, Beliefs, int], Weights]] = {
    Bayes: BayesWeights,
    FollowTheLeader: _leader,
    Hedge: _hedge,
    FixedShare: _fixed_share,
    RescorlaWagner: _rescorla_wagner,
    Uniform: _uniform,
    AdaHedge: _ada_hedge,
}
"""Class of a learner -> its weights for B episodes."""
