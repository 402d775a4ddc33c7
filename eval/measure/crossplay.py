"""Measures of who plays well with whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from eval.measure.intervals import BOOTSTRAP, Interval, T, apart, episode_table, joint_mean
from eval.measure.resampling import FEW, LEVEL, RESAMPLES, interval_bounds, is_lopsided, resampled
from eval.tasks import Better

Array = NDArray[np.float64]


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
            order, all of the same seeds and episodes; two kinds at least.
        level, resamples, seed: see ``joint_mean``; every pairing is a column.

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
        joint_mean(own, level=level, resamples=resamples, seed=seed),
        joint_mean(cross, level=level, resamples=resamples, seed=seed),
        joint_mean([*own, *cross], weights=weights, level=level, resamples=resamples, seed=seed),
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
    return Interval(mean, float(low), float(high), level, T)


def worst_partner(
    scores: Mapping[str, ArrayLike],
    better: Better = "higher",
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[str, Interval]:
    """The partner with whom the mean score is worst, and the mean beside the worst one, whichever that is.

    The lowest of several means is low by chance too. Episodes are resampled jointly over all partners, and in
    every resample the worst is chosen anew: by as much as it then lies below the mean of the one that was
    chosen in the data, the estimate is raised. The interval is of the smallest of the true means. It must not
    lie above any partner's mean, so its lower end is the lowest of the partners' own; its upper end is the
    lowest of upper ends that hold for all partners at once (by the largest studentised deviation in each
    resample; with fewer than ten episodes by Bonferroni's correction of Student's t).

    Args:
        scores: partner -> sample of scores, all of the same episodes, see ``joint_mean``.
        better: whether a higher or a lower score is better.
        level: nominal coverage in (0, 1); what is measured is rather more.
        resamples, seed: see ``joint_mean``.

    Raises:
        ValueError: no partners; and as ``joint_mean``.
    """
    if not scores:
        raise ValueError("the worst of no partners was asked for")
    sign = 1.0 if better == "higher" else -1.0
    table = sign * episode_table(list(scores.values()))
    columns = [row[~np.isnan(row)] for row in table]
    lengths = np.array(list(map(len, columns)))
    means = np.array([column.mean() for column in columns])
    data = columns if np.isnan(table).any() else [table]
    bounds = [interval_bounds([one], level=level, resamples=resamples, seed=seed) for one in data]
    ends = np.hstack([one.reshape(2, -1) for one in bounds])
    varies = ends[0] < ends[1]
    errors = np.where(varies, [stats.sem(column) for column in columns], 0.0)
    rng = np.random.default_rng(seed)
    batches = [apart(table) @ counted.T for counted in resampled(rng, table.shape[1], resamples)]
    moved = np.concatenate(batches, axis=1)
    picked = int(means.argmin())
    lower_by = means[picked] + moved[picked] - (means[:, None] + moved).min(axis=0)
    upper = means + _reach(moved, errors, lengths, level) * errors
    low, high = float(ends[0].min()), float(np.maximum(ends[1], upper).min())
    estimate = min(max(float(means[picked] + lower_by.mean()), low), high)
    low, high = sorted((sign * low, sign * high))
    method = "" if low == high else T if lengths.min() < FEW else BOOTSTRAP
    rare = is_lopsided(columns[picked])
    return list(scores)[picked], Interval(sign * estimate, low, high, level, method, rare)


def _reach(moved: Array, errors: Array, lengths: NDArray[np.int64], level: float) -> Array:
    """By how many standard errors means may lie below the truth, in all columns at once: ``[S]``.

    Args:
        moved: ``[S, B]``: resampled means less those of the data.
        errors: ``[S]``: their standard errors; 0 where a column does not vary.
        lengths: ``[S]``: how many episodes each has.
        level: nominal coverage of both ends.
    """
    beyond = (1.0 - level) / 2.0
    varies = errors > 0.0
    if lengths.min() < FEW or not varies.any():
        return np.asarray(stats.t.ppf(1.0 - beyond / len(errors), lengths - 1))
    largest = (-moved[varies] / errors[varies, None]).max(axis=0)
    wider = stats.t.ppf(1.0 - beyond, lengths - 1) / stats.norm.ppf(1.0 - beyond)
    return np.asarray(np.quantile(largest, 1.0 - beyond) * wider)


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
