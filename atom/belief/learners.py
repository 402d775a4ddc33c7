"""Learners over hypotheses about a partner.

Each is a set of pure functions on plain lists, as they stand in a memory: ``init`` makes weights,
``update`` re-weighs them by what was observed, ``probabilities`` reads them. A belief over three orders is
a dozen numbers: making an array of them and a list again costs more than the arithmetic in between.

K hypotheses, L lapse rates; ``likelihoods[k]`` is the probability that hypothesis k gave to the action
that the partner took.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from typing import Protocol, runtime_checkable

from atom.errors import BeliefError
from atom.memories import Weights
from atom.policies import added, lapsed

SMALLEST = 1e-300
"""Below this a weight is kept up, so that it can recover."""


@runtime_checkable
class Learner(Protocol):
    """What an agent needs of a learner."""

    def init(self, hypotheses: Sequence[str]) -> Weights:
        """Weights before anything was observed, such as ``[K]`` or ``[K][L]``, in lists of their own."""
        ...

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int = 2) -> Weights:
        """Weights after one observed action.

        Args:
            weights: as returned by ``init`` or ``update``; left unchanged.
            likelihoods: ``[K]`` in [0, 1].
            n_actions: how many legal actions the partner had, >= 1.
        """
        ...

    def probabilities(self, weights: Weights) -> list[float]:
        """Probability of each hypothesis, ``[K]``, summing to 1."""
        ...

    def reweigh(self, weights: Weights, prior: Sequence[float]) -> Weights:
        """Weights after each hypothesis was made likelier by its factor ``prior[k]``, > 0."""
        ...


@dataclass(frozen=True)
class Bayes:
    """Joint posterior over (hypothesis x lapse rate), for a partner that may switch.

    With lapse rate ε the partner acts by its hypothesis, and lapses to a uniformly random action with
    probability ε: ``P(a | k, ε) = (1 - ε) · policy_k(a) + ε / |A|``. The lapse rate is inferred with the
    hypothesis: consistent partners sharpen the posterior quickly, contradictions flatten it.

    After every update the prior is mixed back in, the chance that the partner changed: a partner that never
    lapses does so at the hazard rate h, one of lapse rate ε at ``h(ε) = h · (1 - ε)²``. What an action tells
    apart falls with the same square, so that a belief about a partner of little skill forgets no faster
    than it learns, and ends where that about a skilled one does (``python -m eval competence``).

    With one lapse rate and h = 0 this is ``Hedge`` with ``η = ln((1 - ε)(|A| - 1) / ε)`` where ``ε`` counts
    the probability *off* the predicted action, ``ε · (|A| - 1) / |A|`` here (paper, Hedge).

    Weights are probabilities ``[K][L]``, summing to 1 over both.

    Args:
        lapses: L rates in (0, 1].
        hazard: probability in [0, 1) that a partner that never lapses changes between two steps.
        prior: probability of each hypothesis, positive; None for what the hypotheses say.

    Raises:
        BeliefError: a setting out of its range.
    """

    lapses: tuple[float, ...] = (0.02, 0.1, 0.3, 0.6, 0.9)
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
                    f"prior probabilities must be positive, got {self.prior}; leave a hypothesis out to "
                    "exclude it"
                )

    @property
    def stays(self) -> tuple[float, ...]:
        """``[L]``: the probability that a partner of each lapse rate does not change, ``1 - h (1 - ε)²``."""
        return _stays(self.hazard, self.lapses)

    def init(self, hypotheses: Sequence[str]) -> Weights:
        """Joint prior, uniform over lapse rates, ``[K][L]``."""
        return [[p] * len(self.lapses) for p in _prior(self.prior, len(hypotheses), len(self.lapses))]

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int = 2) -> Weights:
        """Joint posterior, ``[K][L]``."""
        joint = [
            list(map(mul, _blurred(likelihood, self.lapses, n_actions), row))
            for likelihood, row in zip(likelihoods, weights, strict=True)
        ]
        scale = 1.0 / added(map(added, joint))
        if self.hazard == 0.0:
            # nothing is mixed back in, and a probability that underflows to 0 could never recover
            return [[max(scale * w, SMALLEST) for w in row] for row in joint]
        stays = [scale * stay for stay in self.stays]
        kept = [list(map(mul, row, stays)) for row in joint]
        moved = 1.0 - added(map(added, kept))
        prior = _prior(self.prior, len(weights), len(self.lapses))
        return [[w + back for w in row] for row, back in zip(kept, [moved * p for p in prior], strict=True)]

    def probabilities(self, weights: Weights) -> list[float]:
        """Posterior over hypotheses, the lapse rate summed out, ``[K]``."""
        return list(map(added, weights))

    def reweigh(self, weights: Weights, prior: Sequence[float]) -> Weights:
        """Joint posterior after each hypothesis was made likelier by its factor ``prior[k]``, > 0."""
        joint = [[w * factor for w in row] for row, factor in zip(weights, prior, strict=True)]
        total = added(map(added, joint))
        return [[w / total for w in row] for row in joint]

    def corrected(
        self, weights: Weights, before: Sequence[float], after: Sequence[float], n_actions: int
    ) -> Weights:
        """Joint posterior once an action that was counted with some likelihoods turns out to have others.

        With hazard 0 it is what it would be had they been known at once; else nearly so.

        Args:
            weights: ``[K][L]``, after the action was counted, and maybe others since.
            before, after: ``[K]`` in [0, 1].
            n_actions: how many legal actions the partner had, >= 1.
        """
        joint = [
            [
                w * new / old
                for w, new, old in zip(
                    row,
                    _blurred(right, self.lapses, n_actions),
                    _blurred(wrong, self.lapses, n_actions),
                    strict=True,
                )
            ]
            for row, wrong, right in zip(weights, before, after, strict=True)
        ]
        total = added(map(added, joint))
        return [[max(w / total, SMALLEST) for w in row] for row in joint]

    def lapses_of(self, weights: Weights) -> list[float]:
        """The expected lapse rate under each hypothesis, ``[K]`` in (0, 1]."""
        return [added(map(mul, row, self.lapses)) / added(row) for row in weights]

    def joined(self, weights: Weights, known: Sequence[int], hypotheses: Sequence[str]) -> Weights:
        """Weights after further hypotheses joined, which have their prior probability.

        Args:
            weights: ``[len(known)][L]``, of those that were known.
            known: their places among ``hypotheses``.
            hypotheses: names of all.
        """
        found = self.init(hypotheses)
        share = added(added(found[k]) for k in known)
        for k, row in zip(known, weights, strict=True):
            found[k] = [share * w for w in row]
        return found

    def lapse_posterior(self, weights: Weights) -> list[float]:
        """Posterior over lapse rates, the hypothesis summed out, ``[L]``."""
        return list(map(added, zip(*weights, strict=True)))


@lru_cache(maxsize=64)
def _stays(hazard: float, lapses: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(1.0 - hazard * (1.0 - lapse) ** 2 for lapse in lapses)


@lru_cache(maxsize=4096)
def _blurred(likelihood: float, lapses: tuple[float, ...], n_actions: int) -> tuple[float, ...]:
    """``[L]``: the probability of an action at each lapse rate; policies say the same few numbers."""
    return tuple(lapsed(likelihood, lapse, n_actions) for lapse in lapses)


@lru_cache(maxsize=64)
def _prior(prior: tuple[float, ...] | None, k: int, lapses: int) -> tuple[float, ...]:
    """``[K]``: the prior probability of each hypothesis with any one of so many lapse rates."""
    hypotheses = (1.0,) * k if prior is None else prior
    if len(hypotheses) != k:
        raise BeliefError(
            f"the prior has {len(hypotheses)} entries for {k} hypotheses; name as many with orders= or "
            "hypotheses="
        )
    total = added(hypotheses) * lapses
    return tuple(p / total for p in hypotheses)


@dataclass(frozen=True)
class FollowTheLeader:
    """The hypothesis with the least cumulative loss; the first on ties (paper, FTL).

    Weights are cumulative losses ``[K]``; the loss of a hypothesis is the probability that it did *not*
    give to the observed action (0 or 1 where it is certain).
    """

    def init(self, hypotheses: Sequence[str]) -> Weights:
        """Zero losses, ``[K]``."""
        return [0.0] * len(hypotheses)

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int = 2) -> Weights:
        """Cumulative losses, ``[K]``."""
        return [loss + (1.0 - p) for loss, p in zip(weights, likelihoods, strict=True)]

    def probabilities(self, weights: Weights) -> list[float]:
        """One for the leader, zero for the rest, ``[K]``."""
        leader = weights.index(min(weights))
        return [float(k == leader) for k in range(len(weights))]

    def reweigh(self, weights: Weights, prior: Sequence[float]) -> Weights:
        """Losses less ``ln prior[k]``: a hypothesis half as likely is as good as ln 2 losses behind."""
        return [loss - math.log(factor) for loss, factor in zip(weights, prior, strict=True)]


@dataclass(frozen=True)
class Hedge:
    """Exponential weights, ``w ← w · exp(-η · loss)``, normalised (paper, Hedge).

    Weights are log-probabilities ``[K]``.

    Args:
        eta: learning rate η > 0; the paper does not state its own, 1 reproduces its table.

    Raises:
        BeliefError: η not positive and finite.
    """

    eta: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.eta) and self.eta > 0.0):
            raise BeliefError(f"the learning rate eta must be positive and finite, got {self.eta}")

    def init(self, hypotheses: Sequence[str]) -> Weights:
        """Uniform, ``[K]``."""
        return [-math.log(len(hypotheses))] * len(hypotheses)

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int = 2) -> Weights:
        """Log weights, ``[K]``."""
        updated = [w - self.eta * (1.0 - p) for w, p in zip(weights, likelihoods, strict=True)]
        top = max(updated)
        updated = [w - top for w in updated]
        norm = math.log(added(map(math.exp, updated)))
        return [w - norm for w in updated]

    def probabilities(self, weights: Weights) -> list[float]:
        """Probability of following each expert, ``[K]``."""
        return normalised(list(map(math.exp, weights)))

    def reweigh(self, weights: Weights, prior: Sequence[float]) -> Weights:
        """Log weights after each expert was made likelier by its factor ``prior[k]``, > 0."""
        return [w + math.log(factor) for w, factor in zip(weights, prior, strict=True)]


@dataclass(frozen=True)
class FixedShare(Hedge):
    """Exponential weights that share: the best expert may change under way.

    ``w ← (1 - α) · Hedge(w) + α / K``, with Hedge's weights normalised: the forecaster of Cesa-Bianchi and
    Lugosi 2006, "Prediction, Learning, and Games", section 5.2. In Herbster and Warmuth 1998, "Tracking the
    best expert", an expert gives its share to the K - 1 *others*; theirs is this one with
    ``α_HW = α (K - 1) / K``. With α = 0 it is ``Hedge``.

    Args:
        eta: learning rate η > 0.
        share: α in [0, 1); what is not kept, of which 1/K comes back.

    Raises:
        BeliefError: a setting out of its range.
    """

    share: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 <= self.share < 1.0:
            raise BeliefError(f"the share lies in [0, 1), got {self.share}")

    def update(self, weights: Weights, likelihoods: Sequence[float], n_actions: int = 2) -> Weights:
        """Log weights, ``[K]``."""
        updated = super().update(weights, likelihoods, n_actions)
        if self.share == 0.0:
            return updated
        return [math.log(lapsed(math.exp(w), self.share, len(updated))) for w in updated]


def normalised(values: Sequence[float]) -> list[float]:
    """``values``, >= 0 and not all 0, divided by their sum."""
    total = added(values)
    return [value / total for value in values]
