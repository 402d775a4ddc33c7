"""Measures of who plays well with whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from eval.measure.intervals import LEVEL, RESAMPLES, Interval, stratified_mean
from eval.tasks import Better


@dataclass(frozen=True, slots=True)
class SelfAndCross:
    """How agents do with their own kind and with each other.

    Attributes:
        own: mean score with their own kind (self-play).
        cross: mean score with the other kinds (cross-play).
        gap: ``own - cross``; large where agents have conventions that others do not know.
    """

    own: Interval
    cross: Interval
    gap: Interval


def self_and_cross_play(
    scores: Sequence[Sequence[ArrayLike]],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> SelfAndCross:
    """Self-play, cross-play and their gap (Hu et al. 2020, "Other-Play", section 5).

    Args:
        scores: ``[A][A]`` samples of n scores: agent i with partner j, the same A kinds in the same
            order; two kinds at least.
        level, resamples, seed: see ``stratified_mean``; every pairing is a stratum.

    Raises:
        ValueError: not a square of two kinds or more.
    """
    a = len(scores)
    if a < 2 or any(len(row) != a for row in scores):
        raise ValueError(
            f"self- and cross-play need a square matrix of two kinds at least, got rows of "
            f"{[len(row) for row in scores]}"
        )
    own = [scores[i][i] for i in range(a)]
    cross = [scores[i][j] for i in range(a) for j in range(a) if i != j]
    weights = [1.0 / len(own)] * len(own) + [-1.0 / len(cross)] * len(cross)
    return SelfAndCross(
        stratified_mean(own, level=level, resamples=resamples, seed=seed),
        stratified_mean(cross, level=level, resamples=resamples, seed=seed),
        stratified_mean([*own, *cross], weights=weights, level=level, resamples=resamples, seed=seed),
    )


def disjoint_seed_pairs(matrix: ArrayLike, *, level: float = LEVEL, seed: int = 0) -> Interval:
    """Mean cross-play between agents that were trained with N different seeds.

    Entries of one row share an agent, so the N(N - 1) entries are not independent and an error taken
    over all of them is too small. Here each seed is used in one pair only: of ``n = floor(N / 2)``
    pairs (i, j), drawn at random, the values ``½ (M[i, j] + M[j, i])`` are independent, and the
    interval is Student's t with n - 1 degrees of freedom.

    Args:
        matrix: ``[N, N]``, N >= 4; ``M[i, j]`` is the mean score of agent i with agent j.
        level: nominal coverage in (0, 1).
        seed: seed of the pairing, >= 0.

    Raises:
        ValueError: not square, or fewer than four seeds.
    """
    m = np.asarray(matrix, dtype=float)
    if m.ndim != 2 or m.shape[0] != m.shape[1] or len(m) < 4:
        raise ValueError(
            f"disjoint pairs need a square matrix of at least four seeds, got shape {list(m.shape)}"
        )
    shuffled = np.random.default_rng(seed).permutation(len(m))
    n = len(m) // 2
    i, j = shuffled[:n], shuffled[n : 2 * n]
    values = 0.5 * (m[i, j] + m[j, i])
    mean, error = float(values.mean()), float(stats.sem(values))
    if error == 0.0:
        return Interval(mean, mean, mean, level)
    low, high = stats.t.interval(level, n - 1, loc=mean, scale=error)
    return Interval(mean, float(low), float(high), level)


def worst_partner(
    scores: Mapping[str, ArrayLike],
    better: Better = "higher",
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[str, Interval]:
    """The partner with whom the mean score is worst.

    It was picked for its mean, which therefore looks worse than it is; its interval is widened to
    hold for all J partners at once (Bonferroni: nominal coverage ``1 - (1 - level) / J``).

    Args:
        scores: partner -> sample of scores.
        better: whether a higher or a lower score is better.
        level: joint nominal coverage in (0, 1).
        resamples, seed: see ``stratified_mean``.

    Raises:
        ValueError: no partners.
    """
    if not scores:
        raise ValueError("the worst of no partners was asked for")
    means = {name: float(np.mean(np.asarray(sample, dtype=float))) for name, sample in scores.items()}
    pick = min if better == "higher" else max
    name = pick(means, key=means.__getitem__)
    joint = 1.0 - (1.0 - level) / len(means)
    found = stratified_mean([scores[name]], level=joint, resamples=resamples, seed=seed)
    return name, Interval(found.estimate, found.low, found.high, level)


def share_of_optimum(mean: float, optimum: float, better: Better) -> float:
    """How much of the aligned optimum is reached: 1 is all of it.

    Args:
        mean: a mean score.
        optimum: the best score that an aligned pair can reach, positive.
        better: for ``"higher"`` the share is ``mean / optimum``, for ``"lower"`` ``optimum / mean``.

    Raises:
        ValueError: an optimum, or a mean of a lower-is-better score, that is not positive.
    """
    if optimum <= 0.0 or (better == "lower" and mean <= 0.0):
        raise ValueError(f"a share needs positive scores, got a mean of {mean} and an optimum of {optimum}")
    return mean / optimum if better == "higher" else optimum / mean
