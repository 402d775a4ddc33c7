"""Who is best, beside whom, and by how much: differences from the best, corrected for all pairs of agents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.measure.intervals import Interval, apart, episode_values, mean_intervals
from eval.measure.multiplicity import FLIPS, holm, sign_flip_tests
from eval.measure.resampling import LEVEL
from eval.tasks import Better

Array = NDArray[np.float64]
Scores = Mapping[str, Mapping[str, Mapping[int, float]]]
"""Agent -> partner -> number of an episode -> score."""

ALL = "all"
"""Stands for all partners together."""
_FLIPS_A_TEST = 80
"""Flips for every test of a family, so that the smallest adjusted p-value is half of 0.05 at most."""


@dataclass(frozen=True, slots=True)
class Lead:
    """By how much the best agent is better than another.

    Attributes:
        best, other: names of the agents.
        partner: beside whom, or ``"all"`` for the mean over partners.
        difference: ``best - other`` in points of the score, over the episodes that both have played; its
            interval is at the level at which Holm's procedure tests it.
        p_holm: of the sign-flip test, adjusted for all pairs of agents.
        episodes: how many both have played.
        beyond_chance: whether the adjusted p-value and the interval say so, both.
    """

    best: str
    other: str
    partner: str
    difference: Interval
    p_holm: float
    episodes: int
    beyond_chance: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """The agents of one task, the best first.

    Attributes:
        means: agent -> mean over ``partners``, each counting the same, the best agent first.
        partners: those whom every agent has met, in two episodes at least.
        leads: of the best agent over all others; family: all pairs of agents.
        beside: for every partner the lead of the best agent over the next one; family: all pairs of agents
            beside all partners.
    """

    means: Mapping[str, Interval]
    partners: Sequence[str]
    leads: Sequence[Lead]
    beside: Sequence[Lead]


def ranking(scores: Scores, better: Better = "higher", *, level: float = LEVEL) -> Ranking:
    """Who is best in a cross-play matrix, over all partners and beside each.

    The best agent was found by looking at the data, so that its differences are a part of a family of
    all pairs, and Holm's correction counts all of them. Random numbers are keyed by episode, so episodes are
    the units: their signs are flipped, and their differences resampled, over all partners at once.

    Args:
        scores: of one task; pairings may be missing, and so may episodes.
        better: whether a higher or a lower score is better.
        level: nominal coverage in (0, 1) of all intervals of a family together.
    """
    partners = list(dict.fromkeys(p for row in scores.values() for p in row))
    shared = [p for p in partners if all(len(row.get(p, ())) >= 2 for row in scores.values())]
    sign = 1.0 if better == "higher" else -1.0
    values = [_values([row[p] for p in shared]) for row in scores.values()] if shared else []
    means = dict(zip(scores, mean_intervals(values, level=level), strict=False))
    order = sorted(means, key=lambda agent: -sign * means[agent].estimate)
    n = len(scores)
    pairs = n * (n - 1) // 2
    over_all = [(order[0], other, ALL, shared) for other in order[1:]]
    beside = [found for p in partners if (found := _next_best(scores, p, sign))]
    return Ranking(
        {agent: means[agent] for agent in order},
        shared,
        _leads(scores, over_all, pairs, level),
        _leads(scores, beside, pairs * len(partners), level),
    )


def _values(columns: Sequence[Mapping[int, float]]) -> Array:
    """The mean over columns in every episode: ``[N]``."""
    return episode_values([np.ma.masked_invalid(row) for row in _table(columns)])


def _table(columns: Sequence[Mapping[int, float]]) -> Array:
    """``[S, N]``: a row a column, a place an episode; NaN where it is missing."""
    numbers = sorted({number for column in columns for number in column})
    return np.array([[column.get(number, np.nan) for number in numbers] for column in columns])


def _next_best(scores: Scores, partner: str, sign: float) -> tuple[str, str, str, list[str]] | None:
    means = {
        agent: sign * float(np.mean(list(row[partner].values())))
        for agent, row in scores.items()
        if len(row.get(partner, ())) >= 2
    }
    best = sorted(means, key=lambda agent: -means[agent])[:2]
    return (best[0], best[1], partner, [partner]) if len(best) == 2 else None


def _leads(
    scores: Scores, wanted: Sequence[tuple[str, str, str, Sequence[str]]], family: int, level: float
) -> list[Lead]:
    """The leads of a family that are ``wanted``: (best, other, partner, columns)."""
    values = [_differences(scores, best, other, columns) for best, other, _, columns in wanted]
    compared = [(names[:3], row) for names, row in zip(wanted, values, strict=True) if len(row) >= 2]
    if not compared:
        return []
    width = max(len(row) for _, row in compared)
    padded = np.array([np.pad(row, (0, width - len(row))) for _, row in compared])
    adjusted = holm(sign_flip_tests(padded, resamples=max(FLIPS, _FLIPS_A_TEST * family)), family=family)
    levels = _levels(adjusted, family, level)
    intervals = mean_intervals([row for _, row in compared], level=levels)
    found = []
    for (names, row), p, interval in zip(compared, adjusted.tolist(), intervals, strict=True):
        beyond = p <= 1.0 - level and (interval.is_unknown or interval.excludes(0.0))
        found.append(Lead(*names, interval, p, len(row), beyond))
    return found


def _differences(scores: Scores, best: str, other: str, partners: Sequence[str]) -> Array:
    """The mean over partners of ``best - other`` in every episode that both have played: ``[N]``."""
    both = []
    for partner in partners:
        first, second = scores[best][partner], scores[other][partner]
        both.append({number: value - second[number] for number, value in first.items() if number in second})
    if not all(both):
        return np.zeros(0)
    table = _table(both)
    return np.asarray((np.nanmean(table, axis=1, keepdims=True) + apart(table)).mean(axis=0))


def _levels(adjusted: Array, family: int, level: float) -> list[float]:
    """At which level Holm's procedure tests each: it becomes milder with every test that it passes."""
    levels, passed = [0.0] * len(adjusted), 0
    for index in np.argsort(adjusted, kind="stable"):
        levels[index] = 1.0 - (1.0 - level) / (family - passed)
        passed += bool(adjusted[index] <= 1.0 - level)
    return levels
