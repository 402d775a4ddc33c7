"""Means and differences with intervals around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from eval.measure.resampling import FEW, LEVEL, RESAMPLES, interval_bounds, is_lopsided, shares_of, sum_of
from eval.play.scores import sample

Array = NDArray[np.float64]

T, BOOTSTRAP, WILSON = "Student's t", "Student's t or studentised bootstrap", "Wilson"
_ROUNDING = 1e-12
RARE = "‡"
"""Stands behind an interval whose spread comes from a few values."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the interval that covers the truth at a given rate.

    Attributes:
        estimate: the estimate.
        low, high: the interval's ends; both equal the estimate where the data do not vary or are a single
            value, which says that the interval is unknown, not that there is no error.
        level: the rate, in (0, 1).
        method: how it was made; empty where it is unknown.
        rare: whether fewer than five values make nearly all of the spread. Where as rare ones were missed,
            the interval is too narrow.
    """

    estimate: float
    low: float
    high: float
    level: float = LEVEL
    method: str = ""
    rare: bool = False

    @property
    def is_unknown(self) -> bool:
        """Whether it has no width."""
        return self.low == self.high

    def excludes(self, value: float) -> bool:
        """Whether ``value`` lies outside; an interval that is unknown excludes nothing."""
        return not self.is_unknown and not self.low <= value <= self.high

    def scaled(self, factor: float) -> Interval:
        """Estimate and ends times ``factor``, which is positive."""
        ends = self.estimate * factor, self.low * factor, self.high * factor
        return replace(self, estimate=ends[0], low=ends[1], high=ends[2])

    def text(self, digits: int = 2) -> str:
        """``-1.25 [-2.10, -0.41]``, with ``‡`` where it is ``rare``; ``75.00 [?]`` where unknown."""
        if self.is_unknown:
            return f"{self.estimate:.{digits}f} [?]"
        ends = f"[{self.low:.{digits}f}, {self.high:.{digits}f}]"
        return f"{self.estimate:.{digits}f} {ends}{RARE if self.rare else ''}"

    def __str__(self) -> str:
        return self.text()


def mean_interval(
    values: ArrayLike, *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The mean of ``[n]`` independent values, and the interval of ``stratified_mean``.

    Raises:
        ValueError: fewer than two values, or some that are not finite.
    """
    return stratified_mean([values], level=level, resamples=resamples, seed=seed)


def mean_intervals(samples: Sequence[ArrayLike], *, level: float | Sequence[float] = LEVEL) -> list[Interval]:
    """``mean_interval`` of many samples; those of one length share their resamples, which takes less time.

    Args:
        samples: one or more values each; a single value has an interval that is unknown.
        level: nominal coverage in (0, 1); one, or one for each sample.

    Raises:
        ValueError: a sample without values, or with some that are not finite; or not a level for each.
    """
    arrays = [sample(values, 1) for values in samples]
    levels = np.broadcast_to(level, len(arrays))
    found: dict[int, Interval] = {}
    for length in {len(values) for values in arrays}:
        own = [index for index, values in enumerate(arrays) if len(values) == length]
        rows = np.stack([arrays[index] for index in own])
        means = rows.mean(axis=1)
        at = level if isinstance(level, float) else levels[own]
        lows, highs = (means, means) if length == 1 else interval_bounds([rows], level=at)
        method = T if length < FEW else BOOTSTRAP
        for index, mean, low, high in zip(own, means.tolist(), lows.tolist(), highs.tolist(), strict=True):
            own_level = float(levels[index])
            if low == high:
                found[index] = Interval(mean, mean, mean, own_level)
            else:
                rare = is_lopsided(arrays[index] - mean)
                found[index] = Interval(mean, low, high, own_level, method, rare)
    return [found[index] for index in range(len(arrays))]


def joint_mean(
    columns: Sequence[ArrayLike],
    *,
    weights: Sequence[float] | None = None,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """A weighted sum of the means of columns that share their episodes, such as scores with each partner.

    Random numbers are keyed by seed, episode, step and player, and not by the partner: in one and the same
    episode an agent has the same luck beside all of them. So episodes are the units. Each has one value, the
    weighted sum over its columns, and the interval is that of these values' mean.

    Args:
        columns: S samples of at least two values; value i of each is of the same seed and episode. A column
            may be shorter, where the last episodes are missing, or a masked array.
        weights: one for each column, for contrasts also negative; None for 1/S each.
        level: nominal coverage in (0, 1).
        resamples: how many bootstrap samples.
        seed: seed of the resampling, >= 0.

    Raises:
        ValueError: no column, or one with fewer than two values or with values that are not finite.
    """
    values = episode_values(columns, weights)
    return mean_interval(values, level=level, resamples=resamples, seed=seed)


def paired_difference(
    first: Sequence[ArrayLike],
    second: Sequence[ArrayLike],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The mean of ``first - second`` over columns that were all played with the same seeds and episodes.

    Args:
        first, second: S samples each; value i of every column in both is of the same seed and episode.
        level, resamples, seed: see ``joint_mean``.

    Raises:
        ValueError: columns that do not match in number or length; and as ``joint_mean``.
    """
    return joint_mean(differences(first, second), level=level, resamples=resamples, seed=seed)


def differences(first: Sequence[ArrayLike], second: Sequence[ArrayLike]) -> list[Array]:
    """``first - second`` for every column.

    Raises:
        ValueError: columns that do not match in number or length.
    """
    pairs = [
        (np.asarray(a, dtype=float), np.asarray(b, dtype=float)) for a, b in zip(first, second, strict=False)
    ]
    if len(first) != len(second) or any(a.shape != b.shape for a, b in pairs):
        raise ValueError(
            f"paired samples must match: got strata of {[np.size(a) for a in first]} and of "
            f"{[np.size(b) for b in second]} values; use the same seeds and episodes for both"
        )
    return [a - b for a, b in pairs]


def stratified_mean(
    strata: Sequence[ArrayLike],
    *,
    weights: Sequence[float] | None = None,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """A weighted sum of the means of samples that are *independent* of each other, such as groups of people.

    For scores with several partners see ``joint_mean``. The interval is Student's t with fewer than ten
    values in a stratum, and from there on the outer ends of that and of the studentised bootstrap, see
    ``interval_bounds``. How often it covers on episodes of this engine, ``python -m eval coverage`` tells.

    Args:
        strata: S samples of at least two values each.
        weights, level, resamples, seed: see ``joint_mean``.

    Raises:
        ValueError: no stratum, or one with fewer than two values or with values that are not finite.
    """
    samples = [sample(stratum, 2) for stratum in strata]
    shares = shares_of(len(samples), weights)
    low, high = interval_bounds(samples, weights=weights, level=level, resamples=resamples, seed=seed)
    pairs = list(zip(shares, samples, strict=True))
    estimate = float(sum_of([share * values.mean() for share, values in pairs]))
    if low == high:
        return Interval(estimate, estimate, estimate, level)
    apart = np.concatenate([share * (values - values.mean()) / len(values) for share, values in pairs])
    method = T if min(map(len, samples)) < FEW else BOOTSTRAP
    return Interval(estimate, float(low), float(high), level, method, is_lopsided(apart))


def episode_values(columns: Sequence[ArrayLike], weights: Sequence[float] | None = None) -> Array:
    """One value for each of N episodes, whose mean is the weighted sum of the columns' means: ``[N]``.

    An episode that a column lacks counts with that column's mean, and the others for more.

    Args:
        columns, weights: see ``joint_mean``.

    Raises:
        ValueError: as ``joint_mean``.
    """
    shares = np.asarray(shares_of(len(columns), weights))
    table = episode_table(columns)
    missing = np.isnan(table)
    whole = np.nanmean(table, axis=1, keepdims=True) + apart(table) if missing.any() else table
    values = np.asarray(shares @ whole)
    # columns that outweigh each other leave rounding behind
    rounding = _ROUNDING * float(np.nanmax(np.abs(table)))
    return np.full_like(values, values.mean()) if np.ptp(values) <= rounding else values


def apart(table: Array) -> Array:
    """How far every episode moves the mean of its column, times N: ``[S, N]``, 0 where it is missing.

    Args:
        table: from ``episode_table``.
    """
    known = ~np.isnan(table)
    off = np.where(known, table - np.nanmean(table, axis=1, keepdims=True), 0.0)
    return np.asarray(off * (table.shape[1] / known.sum(axis=1, keepdims=True)))


def episode_table(columns: Sequence[ArrayLike]) -> Array:
    """``[S, N]``: the columns below each other, NaN where an episode is missing.

    Raises:
        ValueError: as ``joint_mean``.
    """
    if not columns:
        raise ValueError("a mean over columns needs one at least, got none")
    masks = [np.ma.getmaskarray(np.ma.asarray(column)) for column in columns]
    table = np.full((len(columns), max(mask.size for mask in masks)), np.nan)
    for row, column, mask in zip(table, columns, masks, strict=True):
        values = np.asarray(column, dtype=float)
        known = sample(values[~mask] if values.ndim == 1 else values, 2)
        row[: len(mask)][~mask] = known
    return table


def wilson_interval(successes: int, n: int, *, level: float = LEVEL) -> Interval:
    """A rate and Wilson's score interval (Wilson 1927), by ``scipy.stats.binomtest``; for independent trials.

    Args:
        successes: how many of ``n``, in [0, n].
        n: how many trials, >= 1.
        level: nominal coverage in (0, 1).

    Raises:
        ValueError: counts out of range.
    """
    if not 0 <= successes <= n or n < 1:
        raise ValueError(f"a rate needs 0 <= successes <= n and n >= 1, got {successes} of {n}")
    interval = stats.binomtest(successes, n).proportion_ci(confidence_level=level, method="wilson")
    return Interval(successes / n, float(interval.low), float(interval.high), level, WILSON)
