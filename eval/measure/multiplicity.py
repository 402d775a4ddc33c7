"""Tests, and what is left of them when there are many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from eval.measure.intervals import RESAMPLES

Array = NDArray[np.float64]


def sign_flip_test(strata: Sequence[ArrayLike], *, resamples: int = RESAMPLES, seed: int = 0) -> float:
    """p-value of "paired differences are symmetric about 0", two-sided.

    The randomisation test of paired data (Fisher 1935, "The Design of Experiments", section 21), by
    ``scipy.stats.permutation_test``: under the null hypothesis every difference may as well have had
    the other sign. The statistic is the mean of the strata's means.

    Args:
        strata: S samples of differences, ``[n_s]`` each.
        resamples: how many sign flips; the smallest p-value is about 2 / (resamples + 1).
        seed: seed of the flips, >= 0.
    """
    samples = [np.asarray(stratum, dtype=float) for stratum in strata]
    shares = np.concatenate([sample / (len(samples) * len(sample)) for sample in samples])
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
