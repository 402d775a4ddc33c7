"""Tests, and what is left of them when there are many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from eval.measure.intervals import episode_table, joint_mean
from eval.measure.resampling import LEVEL

Array = NDArray[np.float64]

FLIPS = 9999


def sign_flip_test(columns: Sequence[ArrayLike], *, resamples: int = FLIPS, seed: int = 0) -> float:
    """p-value of "an episode's differences are symmetric about 0", two-sided.

    The randomisation test of paired data (Fisher 1935, "The Design of Experiments", section 21), by
    ``scipy.stats.permutation_test``: under the null hypothesis an episode may as well have had the other
    sign, in all columns at once, since they share its random numbers. The statistic is the mean of the
    columns' means.

    It is exact for that null hypothesis: two players who may change places. For "the means are equal", with
    differences that are skewed, it holds for many episodes only; p is then about that of a t test. Of n
    episodes no p-value is below 2^(1 - n), so that fewer than six never reach 0.05.

    Args:
        columns: S samples of differences, see ``joint_mean``.
        resamples: how many sign flips, all there are where these are fewer; the smallest p-value is about
            2 / (resamples + 1).
        seed: seed of the flips, >= 0.

    Raises:
        ValueError: as ``joint_mean``.
    """
    table = episode_table(columns)
    known = ~np.isnan(table)
    shares = (np.where(known, table, 0.0) / known.sum(axis=1, keepdims=True)).mean(axis=0)
    if not shares.any():
        return 1.0
    found = stats.permutation_test(
        (shares,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def is_beyond_chance(columns: Sequence[ArrayLike], *, level: float = LEVEL) -> bool:
    """Whether differences are other than 0 on average: the one rule of all verdicts.

    By the interval of ``joint_mean``; where all episodes are alike, and it is therefore unknown, by their
    signs (``sign_flip_test``). So six equal differences count at 95 % and five do not. Signs tell that one
    player does better as a rule; that rare episodes turn the mean, they cannot exclude.

    Args:
        columns: S samples of differences, see ``joint_mean``.
        level: of the interval, in (0, 1); the test's is the rest.

    Raises:
        ValueError: as ``joint_mean``.
    """
    found = joint_mean(columns, level=level)
    return sign_flip_test(columns) <= 1.0 - level if found.is_unknown else found.excludes(0.0)


def holm(p_values: ArrayLike) -> Array:
    """Adjusted p-values that keep the rate of *any* false finding (Holm 1979).

    Args:
        p_values: ``[m]`` in [0, 1].

    Returns:
        ``[m]``: the j-th smallest becomes the largest of ``(m - i + 1) · p_(i)`` over i <= j, at most 1.

    Raises:
        ValueError: values out of range.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError(f"p-values lie in [0, 1], got {p.tolist()}")
    order = np.argsort(p, kind="stable")
    scaled = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    adjusted = np.empty_like(scaled)
    adjusted[order] = scaled
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> Array:
    """Adjusted p-values that keep the share of false findings among findings.

    Benjamini and Hochberg 1995, by ``scipy.stats.false_discovery_control``; for independent or
    positively dependent tests.

    Args:
        p_values: ``[m]`` in [0, 1].

    Raises:
        ValueError: values out of range.
    """
    return np.asarray(stats.false_discovery_control(np.asarray(p_values, dtype=float), method="bh"))
