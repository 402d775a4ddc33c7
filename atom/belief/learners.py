"""Learners over a partner's theory-of-mind order.

Each is a set of pure functions on arrays: ``init`` makes weights, ``update`` re-weighs them by what
was observed, ``probabilities`` reads them. Leading axes are free, so that the same functions serve
one episode and many.

K hypotheses (orders), L lapse rates; ``likelihoods[..., k]`` is the probability that hypothesis k
gave to the action that the partner took.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom.errors import BeliefError

Array: TypeAlias = NDArray[np.float64]

SMALLEST = 1e-300
"""Below this a weight is kept up, so that it can recover."""


@runtime_checkable
class Learner(Protocol):
    """What an agent needs of a learner."""

    def init(self, orders: Sequence[int], batch: tuple[int, ...] = ()) -> Array:
        """Weights before anything was observed, of shape ``[*batch, K]`` or ``[*batch, K, L]``."""
        ...

    def update(self, weights: Array, likelihoods: ArrayLike, n_actions: int = 2) -> Array:
        """Weights after one observed action.

        Args:
            weights: as returned by ``init`` or ``update``; left unchanged.
            likelihoods: ``[..., K]`` in [0, 1].
            n_actions: how many legal actions the partner had.
        """
        ...

    def probabilities(self, weights: Array) -> Array:
        """Probability of each hypothesis, ``[..., K]``, summing to 1."""
        ...


@dataclass(frozen=True)
class Bayes:
    """Joint posterior over (order x lapse rate), for a partner that may switch.

    With lapse rate ε the partner acts by its order's policy, and lapses to a uniformly random action
    with probability ε: ``P(a | k, ε) = (1 - ε) · policy_k(a) + ε / |A|``. The lapse rate is inferred
    with the order: consistent partners sharpen the posterior quickly, contradictions flatten it, and
    ε = 1 is the partner that no order explains. After every update the prior is mixed back in at the
    hazard rate h, ``w ← (1 - h) · w + h · prior``, the chance that the partner changed.

    With one lapse rate and h = 0 this is ``Hedge`` with ``η = ln((1 - ε)(|A| - 1) / ε)`` where
    ``ε`` counts the probability *off* the predicted action, ``ε · (|A| - 1) / |A|`` here (paper, Hedge).

    Weights are probabilities of shape ``[..., K, L]``, summing to 1 over the last two axes.

    Args:
        lapses: L rates in (0, 1].
        hazard: probability in [0, 1) that the partner changes between two steps.
        prior: probability of each order, positive; None for uniform.

    Raises:
        BeliefError: a setting out of its range.
    """

    lapses: tuple[float, ...] = (0.02, 0.1, 0.3, 0.6, 1.0)
    hazard: float = 0.02
    prior: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "lapses", tuple(map(float, self.lapses)))
        if not self.lapses or not all(0.0 < lapse <= 1.0 for lapse in self.lapses):
            raise BeliefError(
                f"lapse rates lie in (0, 1], got {self.lapses}; a rate of 0 would make one slip of the "
                "partner impossible for ever, so use a small one"
            )
        if not 0.0 <= self.hazard < 1.0:
            raise BeliefError(f"the hazard rate lies in [0, 1), got {self.hazard}")
        if self.prior is not None:
            object.__setattr__(self, "prior", tuple(map(float, self.prior)))
            if not all(math.isfinite(p) and p > 0.0 for p in self.prior):
                raise BeliefError(
                    f"prior probabilities must be positive, got {self.prior}; leave an order out of "
                    "`orders` to exclude it"
                )

    @cached_property
    def _lapse_array(self) -> Array:
        return np.asarray(self.lapses)

    @cached_property
    def _attention(self) -> Array:
        return np.asarray(1.0 - self._lapse_array)

    def init(self, orders: Sequence[int], batch: tuple[int, ...] = ()) -> Array:
        """Joint prior, uniform over lapse rates, ``[*batch, K, L]``."""
        prior = joint_prior(self.prior, len(orders), len(self.lapses))
        return np.broadcast_to(prior, (*batch, *prior.shape)).copy()

    def update(self, weights: Array, likelihoods: ArrayLike, n_actions: int = 2) -> Array:
        """Joint posterior, ``[..., K, L]``."""
        given_order = np.asarray(likelihoods, dtype=float)[..., None]
        posterior = (given_order * self._attention + self._lapse_array / n_actions) * weights
        posterior *= (1.0 - self.hazard) / posterior.sum(axis=(-2, -1), keepdims=True)
        if self.hazard > 0.0:
            posterior += _restart(self.prior, weights.shape[-2], len(self.lapses), self.hazard)
        else:
            # nothing is mixed back in, and a probability that underflows to 0 could never recover
            np.maximum(posterior, SMALLEST, out=posterior)
        return np.asarray(posterior)

    def probabilities(self, weights: Array) -> Array:
        """Posterior over orders, the lapse rate summed out, ``[..., K]``."""
        return np.asarray(weights.sum(axis=-1))

    def reweigh(self, weights: Array, prior: ArrayLike) -> Array:
        """Joint posterior after each order was made likelier by its factor ``prior[..., K]``, > 0."""
        posterior = weights * np.asarray(prior, dtype=float)[..., None]
        return np.asarray(posterior / posterior.sum(axis=(-2, -1), keepdims=True))

    def lapse_posterior(self, weights: Array) -> Array:
        """Posterior over lapse rates, the order summed out, ``[..., L]``."""
        return np.asarray(weights.sum(axis=-2))


@lru_cache(maxsize=64)
def joint_prior(prior: tuple[float, ...] | None, k: int, lapses: int) -> Array:
    """Prior over (order x lapse rate), ``[K, L]``; uniform over lapse rates."""
    orders = np.ones(k) if prior is None else np.asarray(prior)
    if len(orders) != k:
        raise BeliefError(f"the prior has {len(orders)} entries for {k} orders")
    joint = np.repeat(orders[:, None], lapses, axis=1)
    joint /= joint.sum()
    joint.flags.writeable = False
    return joint


@lru_cache(maxsize=64)
def _restart(prior: tuple[float, ...] | None, k: int, lapses: int, hazard: float) -> Array:
    """What a change of the partner mixes back in, ``[K, L]``."""
    restart = hazard * joint_prior(prior, k, lapses)
    restart.flags.writeable = False
    return restart


@dataclass(frozen=True)
class FollowTheLeader:
    """The hypothesis with the least cumulative loss; the lowest order on ties (paper, FTL).

    Weights are cumulative losses ``[..., K]``; the loss of a hypothesis is the probability that it
    did *not* give to the observed action (0 or 1 where it is certain).
    """

    def init(self, orders: Sequence[int], batch: tuple[int, ...] = ()) -> Array:
        """Zero losses, ``[*batch, K]``."""
        return np.zeros((*batch, len(orders)))

    def update(self, weights: Array, likelihoods: ArrayLike, n_actions: int = 2) -> Array:
        """Cumulative losses, ``[..., K]``."""
        return np.asarray(weights + _losses(likelihoods))

    def reweigh(self, weights: Array, prior: ArrayLike) -> Array:
        """Losses less ``ln prior[..., K]``: an order half as likely is as good as ln 2 losses behind."""
        return np.asarray(weights - np.log(np.asarray(prior, dtype=float)))

    def probabilities(self, weights: Array) -> Array:
        """One for the leader, zero for the rest, ``[..., K]``."""
        return np.asarray(np.eye(weights.shape[-1])[np.argmin(weights, axis=-1)])


@dataclass(frozen=True)
class Hedge:
    """Exponential weights, ``w ← w · exp(-η · loss)``, normalised (paper, Hedge).

    Weights are log-probabilities ``[..., K]``.

    Args:
        eta: learning rate η > 0; the paper does not state its own, 1 reproduces its table.

    Raises:
        BeliefError: η not positive and finite.
    """

    eta: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.eta) and self.eta > 0.0):
            raise BeliefError(f"the learning rate eta must be positive and finite, got {self.eta}")

    def init(self, orders: Sequence[int], batch: tuple[int, ...] = ()) -> Array:
        """Uniform, ``[*batch, K]``."""
        return np.full((*batch, len(orders)), -math.log(len(orders)))

    def update(self, weights: Array, likelihoods: ArrayLike, n_actions: int = 2) -> Array:
        """Log weights, ``[..., K]``."""
        updated = weights - self.eta * _losses(likelihoods)
        updated -= updated.max(axis=-1, keepdims=True)
        return np.asarray(updated - np.log(np.exp(updated).sum(axis=-1, keepdims=True)))

    def reweigh(self, weights: Array, prior: ArrayLike) -> Array:
        """Log weights after each expert was made likelier by its factor ``prior[..., K]``, > 0."""
        return np.asarray(weights + np.log(np.asarray(prior, dtype=float)))

    def probabilities(self, weights: Array) -> Array:
        """Probability of following each expert, ``[..., K]``."""
        return _normalised(np.exp(weights))


@dataclass(frozen=True)
class FixedShare(Hedge):
    """Exponential weights that share: the best expert may change under way.

    ``w ← (1 - α) · Hedge(w) + α / K`` (Herbster and Warmuth 1998, "Tracking the best expert", with
    the share taken back to uniform); with α = 0 it is ``Hedge``.

    Args:
        eta: learning rate η > 0.
        share: α in [0, 1).

    Raises:
        BeliefError: a setting out of its range.
    """

    share: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.share < 1.0:
            raise BeliefError(f"the share lies in [0, 1), got {self.share}")

    def update(self, weights: Array, likelihoods: ArrayLike, n_actions: int = 2) -> Array:
        """Log weights, ``[..., K]``."""
        updated = super().update(weights, likelihoods, n_actions)
        if self.share == 0.0:
            return updated
        shared = (1.0 - self.share) * np.exp(updated) + self.share / weights.shape[-1]
        return np.asarray(np.log(shared))


def _losses(likelihoods: ArrayLike) -> Array:
    return np.asarray(1.0 - np.asarray(likelihoods, dtype=float))


def _normalised(weights: Array) -> Array:
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))
