"""Regret: what a learner lost by not knowing the best hypothesis from the start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom import Bayes, FixedShare, Hedge, Learner
from atom.belief import AdaHedge
from atom.policies import lapsed

REGRET_NOTE = (
    "External regret: against the best fixed hypothesis on the actions that were seen. An adaptive partner "
    "would have answered other play with other actions, so this is not policy regret."
)
"""To be shown wherever regret is."""


@dataclass(frozen=True, slots=True)
class Regret:
    """Measured external regret beside what theory allows.

    Attributes:
        measured: the learner's cumulative loss less that of the best fixed hypothesis. It may be
            negative for learners that follow changes.
        bound: the largest value that is possible; None where there is none below T.
        loss: ``"linear"``, 1 - the probability given to the action, in [0, 1] a step; or ``"log"``, its
            negative logarithm, for Bayes.
        eta: the learning rate used, where the learner has a fixed one.
        steps: T.
    """

    measured: float
    bound: float | None
    loss: Literal["linear", "log"]
    eta: float | None
    steps: int


def external_regret(learner: Learner, likelihoods: ArrayLike, n_actions: Sequence[int] | int = 2) -> Regret:
    """Runs a learner over what was observed and compares it with the best hypothesis in hindsight.

    Args:
        learner: as it was used.
        likelihoods: ``[T, K]``: what each hypothesis gave to the action of each step.
        n_actions: how many legal actions the partner had, the same at every step or one for each.

    Raises:
        ValueError: not an array ``[T, K]`` with T >= 1.
    """
    given = np.asarray(likelihoods, dtype=float)
    if given.ndim != 2 or len(given) < 1:
        raise ValueError(f"regret needs likelihoods [T, K], got shape {list(given.shape)}")
    steps, k = given.shape
    sizes = [n_actions] * steps if isinstance(n_actions, int) else list(n_actions)
    if isinstance(learner, Bayes):
        return _log_regret(learner, given, sizes)
    weights = learner.init(_names(k))
    total = 0.0
    for row, size in zip(given, sizes, strict=True):
        total += float(np.dot(learner.probabilities(weights), 1.0 - row))
        weights = learner.update(weights, row.tolist(), size)
    best = float((1.0 - given).sum(axis=0).min())
    eta = learner.eta if isinstance(learner, Hedge) else None
    return Regret(total - best, regret_bound(learner, steps, k), "linear", eta, steps)


def regret_bound(learner: Learner, steps: int, k: int) -> float | None:
    """The largest external regret that is possible after T steps with K hypotheses.

    - ``Hedge``: ``ln K / η + η T / 8`` (Cesa-Bianchi and Lugosi 2006, Theorem 2.2).
    - ``FixedShare``: ``ln K / η + (T - 1) / η · ln 1/(1 - α) + η T / 8`` (there, Theorem 5.2, no switch).
    - ``AdaHedge``: ``sqrt(T ln K) + 4/3 ln K + 2`` (de Rooij et al. 2014, section 2: the bound
      ``2 sqrt(V ln K) + 4/3 ln K + 2`` with the cumulative variance V <= T / 4 of losses in [0, 1]).
    - ``Bayes``, in log loss: ``ln(K L) + (T - 1) ln 1/(1 - h)`` with a uniform prior over K orders and L
      lapse rates; the mixture gives every pair its prior share, less what the hazard rate h moved.
    - ``FollowTheLeader`` and others: None. Following the leader can lose at every step.

    Args:
        learner: with its settings.
        steps: T >= 1.
        k: K >= 1.
    """
    if isinstance(learner, FixedShare):
        shared = (steps - 1) / learner.eta * -math.log1p(-learner.share)
        return math.log(k) / learner.eta + shared + learner.eta * steps / 8.0
    if isinstance(learner, Hedge):
        return math.log(k) / learner.eta + learner.eta * steps / 8.0
    if isinstance(learner, AdaHedge):
        return math.sqrt(steps * math.log(k)) + 4.0 / 3.0 * math.log(k) + 2.0
    if isinstance(learner, Bayes):
        prior = np.ones(k) if learner.prior is None else np.asarray(learner.prior)
        rarest = float(prior.min() / prior.sum()) / len(learner.lapses)
        return -math.log(rarest) - (steps - 1) * math.log1p(-learner.hazard)
    return None


def _log_regret(learner: Bayes, given: NDArray[np.float64], sizes: Sequence[int]) -> Regret:
    steps, k = given.shape
    lapses = np.asarray(learner.lapses)
    weights = learner.init(_names(k))  # the joint posterior
    mixture, fixed = 0.0, np.zeros((k, len(lapses)))
    for row, size in zip(given, sizes, strict=True):
        likelihood = lapsed(row[:, None], lapses, size)
        mixture -= math.log(float((np.asarray(weights) * likelihood).sum()))
        fixed -= np.log(likelihood)
        weights = learner.update(weights, row.tolist(), size)
    return Regret(mixture - float(fixed.min()), regret_bound(learner, steps, k), "log", None, steps)


def _names(k: int) -> list[str]:
    """Names of so many hypotheses; a learner uses their number."""
    return [str(i) for i in range(k)]
