"""Tests, and what is left of them when there are many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from eval.measure.intervals import episode_table, joint_mean
from eval.measure.resampling import LEVEL

Array = NDArray[np.float64]

FLIPS = 9999

_MOST_BITS = 30
_BATCH_NUMBERS = 4_000_000
_SMALL_PRODUCT = 250_000
"""Multiplications of a matrix product that fits caches, and for which BLAS wakes no threads."""
_ROUNDING = 1e-12


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


def sign_flip_tests(values: ArrayLike, *, resamples: int = FLIPS, seed: int = 0) -> Array:
    """``sign_flip_test`` of several comparisons over the same episodes at once, with the same flips.

    Args:
        values: ``[K, N]``: the difference of comparison k in episode n, 0 where it was not played.
        resamples: how many sign flips, all there are where these are fewer.
        seed: seed of the flips, >= 0.

    Returns:
        ``[K]``: two-sided p-values.

    Raises:
        ValueError: another shape.
    """
    x = np.asarray(values, dtype=float)
    if x.ndim != 2:
        raise ValueError(f"sign flips need a row of episodes for every comparison, got shape {list(x.shape)}")
    n = x.shape[1]
    every = n < _MOST_BITS and 2**n <= resamples
    rng = np.random.default_rng(seed)
    total = 2**n if every else resamples
    observed = x.sum(axis=1)
    # sums of the same numbers in another order are off by rounding
    slack = _ROUNDING * np.abs(x).sum(axis=1)
    above, below = np.zeros(len(x)), np.zeros(len(x))
    batch = max(1, _BATCH_NUMBERS // max(1, n))
    for begin in range(0, total, batch):
        rows = min(batch, total - begin)
        random = b"" if every else rng.bytes(rows * n // 8 + 1)
        for kept in _kept(random, begin, rows, x.shape):
            flipped = 2.0 * (kept @ x.T) - observed
            above += (flipped >= observed - slack).sum(axis=0)
            below += (flipped <= observed + slack).sum(axis=0)
    one = 0 if every else 1  # the data themselves are one of the flips
    return np.minimum(1.0, 2.0 * (np.minimum(above, below) + one) / (total + one))


def _kept(random: bytes, begin: int, rows: int, shape: tuple[int, ...]) -> Iterator[Array]:
    """Which of n signs are kept, 1.0 or 0.0, in flips from ``begin`` on: ``[B, n]``, a few at a time.

    Args:
        random: a bit for every sign of every flip; empty for the binary digits of the flip's number.
        begin, rows: the first flip, and how many.
        shape: how many tests there are, and how many signs.
    """
    tests, n = shape
    # eight rows at least, so that each part begins with a byte
    few = 8 * max(1, _SMALL_PRODUCT // (8 * max(1, n * tests)))
    for first in range(0, rows, few):
        part = min(few, rows - first)
        if random:
            bits = np.frombuffer(random, np.uint8, offset=first * n // 8)
            yield np.unpackbits(bits, count=part * n).reshape(part, n).astype(float)
        else:
            numbers = np.arange(begin + first, begin + first + part)[:, None]
            yield (numbers >> np.arange(n) & 1).astype(float)


def holm(p_values: ArrayLike, *, family: int | None = None) -> Array:
    """Adjusted p-values that keep the rate of *any* false finding (Holm 1979).

    Args:
        p_values: ``[m]`` in [0, 1].
        family: how many tests there are, of which these are a part that may have been chosen by looking; all
            of them for None. The adjusted values are then at least those in the whole family.

    Returns:
        ``[m]``: the j-th smallest becomes the largest of ``(M - i + 1) · p_(i)`` over i <= j, at most 1, with
        the M tests of the family.

    Raises:
        ValueError: values out of range, or a family that is smaller than its part.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError(f"p-values lie in [0, 1], got {p.tolist()}")
    tests = len(p) if family is None else family
    if tests < len(p):
        raise ValueError(f"a family of {tests} tests has no part of {len(p)}")
    order = np.argsort(p, kind="stable")
    scaled = np.minimum(1.0, np.maximum.accumulate(p[order] * (tests - np.arange(len(p)))))
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
