"""The ends of intervals around means: Student's t, and a bootstrap that follows a long tail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

LEVEL = 0.95
RESAMPLES = 1999
FEW = 10
"""With fewer values there are too few resamples that differ, and Student's t stands alone."""

_BATCH_NUMBERS = 4_000_000
_NO_SPREAD = 1e-12
_TAIL = 5.0
_NORMAL_KURTOSIS = 3.0


def interval_bounds(
    strata: Sequence[Array],
    *,
    weights: Sequence[float] | None = None,
    level: float | Array = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Array:
    """The ends of intervals around weighted sums of means of independent samples, of many data sets at once.

    Student's t, with the degrees of freedom of Welch and Satterthwaite where there are several samples. Where
    all have ``FEW`` values or more, the studentised bootstrap as well (Efron 1979; Hall 1988, "Theoretical
    comparison of bootstrap confidence intervals"), and each end is the outer one of the two: t is too short
    on the side of a long tail, the bootstrap where few values differ from the rest.

    Args:
        strata: S arrays ``[..., n_s]`` with the same leading axes, one data set each; n_s >= 2.
        weights: one for each stratum, for contrasts also negative; None for 1/S each.
        level: nominal coverage in (0, 1); one, or one for each data set, ``[...]``.
        resamples: how many bootstrap samples; data sets of one call share them.
        seed: seed of the resampling, >= 0.

    Returns:
        ``[2, ...]``: low and high; both are the estimate where the data do not vary.

    Raises:
        ValueError: not as many weights as strata.
    """
    shares = shares_of(len(strata), weights)
    means = sum_of([share * stratum.mean(axis=-1) for share, stratum in zip(shares, strata, strict=True)])
    scale = sum_of([abs(share) * np.abs(s).max(axis=-1) for share, s in zip(shares, strata, strict=True)])
    parts = [share**2 * s.var(axis=-1, ddof=1) / s.shape[-1] for share, s in zip(shares, strata, strict=True)]
    variance = sum_of(parts)
    varies = np.sqrt(variance) > _NO_SPREAD * np.maximum(scale, _NO_SPREAD)
    error = np.where(varies, np.sqrt(variance), 0.0)
    squares = sum_of([part**2 / (s.shape[-1] - 1) for part, s in zip(parts, strata, strict=True)])
    freedom = np.where(varies, variance**2 / np.where(squares > 0.0, squares, 1.0), 1.0)
    half = stats.t.ppf((1.0 + level) / 2.0, freedom) * error
    low, high = means - half, means + half
    if min(stratum.shape[-1] for stratum in strata) >= FEW:
        ratios = _studentised(strata, shares, resamples, seed)
        below, above = _tails(np.where(varies[..., None], ratios, 0.0), level)
        low, high = np.minimum(low, means - above * error), np.maximum(high, means - below * error)
    return np.stack([low, high])


def _tails(ratios: Array, level: float | Array) -> Array:
    """Of ``[..., B]`` the ends between which a share of ``level`` lies, in the middle: ``[2, ...]``."""
    if isinstance(level, float):
        return np.asarray(np.nanquantile(ratios, ((1.0 - level) / 2.0, (1.0 + level) / 2.0), axis=-1))
    levels = np.broadcast_to(level, ratios.shape[:-1])
    found = np.empty((2, *levels.shape))
    for at in np.ndindex(levels.shape):
        found[(slice(None), *at)] = _tails(ratios[at], float(levels[at]))
    return found


def is_lopsided(values: Array) -> bool:
    """Whether fewer than five values make nearly all of the spread, as rare events do.

    What they count as is ``(Σ u²)² / Σ u⁴`` with the deviations u from the mean: k for k events of one size
    among many other values that are alike. It must be below 5, and the kurtosis twice a normal sample's.

    Args:
        values: ``[n]``; fewer than ``FEW`` tell nothing of it.
    """
    squares = (values - values.mean()) ** 2
    if len(values) < FEW or not squares.any():
        return False
    like = float(squares.sum() ** 2 / (squares**2).sum())
    return like < min(_TAIL, len(values) / (2.0 * _NORMAL_KURTOSIS))


def resampled(rng: np.random.Generator, n: int, resamples: int) -> Iterator[Array]:
    """How often each of n values is in a bootstrap sample, as shares: ``[B, n]`` in batches."""
    batch = max(1, _BATCH_NUMBERS // n)
    for begin in range(0, resamples, batch):
        rows = min(batch, resamples - begin)
        drawn = rng.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n) / n


def deviations(stratum: Array, counted: Array) -> tuple[Array, Array]:
    """Of every bootstrap sample the mean, less that of the data, and the variance of a mean.

    Args:
        stratum: ``[..., n]``.
        counted: ``[B, n]``, from ``resampled``.

    Returns:
        two arrays ``[..., B]``.
    """
    apart = stratum - stratum.mean(axis=-1, keepdims=True)
    means = apart @ counted.T
    spread = np.maximum(0.0, apart**2 @ counted.T - means**2)
    return means, spread / (stratum.shape[-1] - 1)


def shares_of(strata: int, weights: Sequence[float] | None) -> Sequence[float]:
    """The weights, 1/S each for None.

    Raises:
        ValueError: not as many as strata.
    """
    shares = [1.0 / strata] * strata if weights is None else weights
    if len(shares) != strata:
        raise ValueError(f"{strata} strata need as many weights, got {len(shares)}")
    return shares


def sum_of(arrays: Sequence[Array]) -> Array:
    """The sum of arrays of one shape, one at least."""
    return np.asarray(sum(arrays[1:], start=arrays[0]))


def _studentised(strata: Sequence[Array], shares: Sequence[float], resamples: int, seed: int) -> Array:
    """``[..., B]``: how many of its own standard errors each bootstrap estimate is off; NaN without."""
    rng = np.random.default_rng(seed)
    means, variances = [], []
    for share, stratum in zip(shares, strata, strict=True):
        batches = [deviations(stratum, counted) for counted in resampled(rng, stratum.shape[-1], resamples)]
        means.append(share * np.concatenate([mean for mean, _ in batches], axis=-1))
        variances.append(share**2 * np.concatenate([variance for _, variance in batches], axis=-1))
    off, variance = sum_of(means), sum_of(variances)
    data = sum_of([share**2 * s.var(axis=-1) for share, s in zip(shares, strata, strict=True)])
    known = variance > _NO_SPREAD * data[..., None]
    return np.where(known, off / np.sqrt(np.where(known, variance, 1.0)), np.nan)
