"""How often intervals cover and tests reject on this engine's own episodes.

Many episodes are played once. Their means are the truth, and small samples of them are what a command would
have seen: whole episodes, in all cells at once, the seats in turn. Intervals that are unknown exclude
nothing, so they count as covering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eval.measure import interval_bounds, is_lopsided, sign_flip_test, worst_partner
from eval.play import SELF, Cell
from eval.studies.strangers import lapses
from eval.sweeps import Sweep
from eval.tasks import make_task

Array = NDArray[np.float64]
Drawn: TypeAlias = NDArray[np.int64]

TASKS = ("memory-1", "one-ahead-5", "game-2")
AGENTS = ("bayes", "hedge", "fixed-share", "rescorla-wagner")
PARTNERS = ("tom-0", "tom-1", "tom-2", "switching", SELF)
SIZES = (5, 10, 30, 100)
SEATS = 2
_ALPHA = 0.05
_BATCHES = 10
_RESAMPLES = 999
_SLOW = 2
"""Of the draws one in so many is taken for what is computed one by one."""

CELL, OVER = "mean with one partner", "mean over partners"
APART, APART_OVER = "difference with one partner", "difference over partners"
GAP, WORST, EQUAL = "gap of self- to cross-play", "worst partner", "worst of all cells, equally bad"
PLACES, MEANS = "sign flips, players change places", "sign flips, means are equal"
TESTS = (PLACES, MEANS)
KINDS = 9
"""How often ``rates_of`` calls its progress for each size."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often the intervals, or tests, of one kind held, over the cases of one task.

    Attributes:
        task: its name.
        what: the kind, one of the module's names.
        n: episodes in a sample.
        lowest, median, highest: of the cases' rates: of covering at nominal 95 %; of rejecting at 5 % what is
            true.
        where: the case of the lowest.
        warned: of the intervals there that did not cover, the share that was marked as resting on a few
            episodes; None where that is not counted, or all covered.
    """

    task: str
    what: str
    n: int
    lowest: float
    median: float
    highest: float
    where: str
    warned: float | None = None


def coverage_sweep(
    tasks: Sequence[str] = TASKS, agents: Sequence[str] = AGENTS, *, episodes: int = 2000, seed: int = 42
) -> Sweep:
    """The episodes that are drawn from: every agent with ``PARTNERS``, lapses where steps are counted.

    Args:
        tasks: names of tasks with two seats.
        agents: two names at least.
        episodes: episodes a cell, even, so that both seats count the same.
        seed: seed of all random numbers, >= 0.

    Raises:
        ValueError: an unknown name, a task of other seats, a single agent, or an odd number of episodes.
    """
    if episodes < SEATS or episodes % SEATS or len(set(agents)) < 2:
        raise ValueError(
            f"coverage needs two agents and an even number of episodes, got {agents}, {episodes}"
        )
    made = {name: make_task(name) for name in dict.fromkeys(tasks)}
    if others := [name for name, task in made.items() if len(task.players) != SEATS]:
        raise ValueError(f"coverage is measured with two seats, and {', '.join(others)} has others")
    rates = {name: lapses(task) for name, task in made.items()}
    matrices = tuple((name, tuple(dict.fromkeys(agents)), PARTNERS) for name in made)
    return Sweep(matrices, episodes, seed, rates, kind="coverage")


def rates_of(
    task: str,
    rows: Sequence[Sequence[Cell]],
    sizes: Sequence[int] = SIZES,
    *,
    draws: int = 600,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Rate]:
    """What every kind of interval and test does on samples of one task's episodes.

    Args:
        task: its name.
        rows: the cross-play of ``coverage_sweep`` there.
        sizes: episodes in a sample, each >= 2.
        draws: how many samples, a multiple of 10.
        seed: seed of the samples, >= 0.
        progress: called after every kind and size.
    """
    # where fewer is better the sign turns, so that the worst is always the lowest
    sign = -1.0 if make_task(task).better == "lower" else 1.0
    table = {(cell.agent, cell.partner): sign * np.array(cell.scores) for row in rows for cell in row}
    agents = [row[0].agent for row in rows]
    found = []
    for n in sizes:
        rng = np.random.default_rng([seed, n])
        pool = len(rows[0][0].scores) // SEATS
        drawn, other = (SEATS * rng.integers(0, pool, (draws, n)) + np.arange(n) % SEATS for _ in range(2))
        for what, cases in _cases(table, agents, drawn, other):
            found.append(_rate(task, what, n, cases))
            progress()
    return found


Found: TypeAlias = tuple[float, float | None]


def _cases(
    table: Mapping[tuple[str, str], Array], agents: Sequence[str], drawn: Drawn, other: Drawn
) -> Iterator[tuple[str, dict[str, Found]]]:
    """Kind -> case -> its rate, and what was warned of."""
    over = {agent: np.mean([table[agent, p] for p in PARTNERS], axis=0) for agent in agents}
    pairs = list(combinations(agents, 2))
    apart = {f"{a} less {b}": over[a] - over[b] for a, b in pairs}
    others = [partner for partner in PARTNERS if partner != SELF]
    means = {
        CELL: {f"{agent} with {partner}": values for (agent, partner), values in table.items()},
        OVER: over,
        APART: {f"{a} less {b} with {p}": table[a, p] - table[b, p] for a, b in pairs for p in PARTNERS},
        APART_OVER: apart,
        GAP: {a: table[a, SELF] - np.mean([table[a, p] for p in others], axis=0) for a in agents},
    }
    for what, cases in means.items():
        yield what, {case: _covers(values, drawn) for case, values in cases.items()}
    few, else_ = drawn[::_SLOW], other[::_SLOW]
    beside = {agent: {partner: table[agent, partner] for partner in PARTNERS} for agent in agents}
    yield WORST, {agent: (_worst_covers(columns, few), None) for agent, columns in beside.items()}
    equal = {str(name): scores - scores.mean() for name, scores in table.items()}
    yield EQUAL, {"all cells": (_worst_covers(equal, few), None)}
    yield PLACES, {agent: (_rejects(values, few, else_), None) for agent, values in over.items()}
    yield MEANS, {case: (_rejects(_centred(values), few), None) for case, values in apart.items()}


def _centred(values: Array) -> Array:
    """Differences moved so that their mean is 0; where both did alike they still do."""
    differs = values != 0.0
    return np.asarray(values - differs * (values.sum() / max(1, differs.sum())))


def _covers(values: Array, drawn: Drawn) -> Found:
    """How often the interval covers the mean of the pool, and the share of the others that had a warning."""
    samples = values[drawn]
    batches = [
        interval_bounds([batch], resamples=_RESAMPLES, seed=seed)
        for seed, batch in enumerate(np.array_split(samples, _BATCHES))
    ]
    low, high = np.concatenate(batches, axis=1)
    missed = (low < high) & ~((low <= values.mean()) & (values.mean() <= high))
    warned = [is_lopsided(sample) for sample in samples[missed]]
    return float(1.0 - missed.mean()), float(np.mean(warned)) if warned else None


def _worst_covers(beside: Mapping[str, Array], drawn: Drawn) -> float:
    truth = min(values.mean() for values in beside.values())
    covered = 0
    for seed, episodes in enumerate(drawn):
        scores = {partner: values[episodes] for partner, values in beside.items()}
        _, interval = worst_partner(scores, resamples=_RESAMPLES // 2, seed=seed)
        covered += not interval.excludes(truth)
    return covered / len(drawn)


def _rejects(values: Array, drawn: Drawn, other: Drawn | None = None) -> float:
    """How often the test finds a difference at 5 %, of the values or between two samples of them."""
    samples = values[drawn] if other is None else values[drawn] - values[other]
    p = [sign_flip_test([one], resamples=_RESAMPLES, seed=seed) for seed, one in enumerate(samples)]
    return float(np.mean(np.array(p) <= _ALPHA))


def _rate(task: str, what: str, n: int, cases: Mapping[str, Found]) -> Rate:
    rates = {case: rate for case, (rate, _) in cases.items()}
    where = min(rates, key=rates.__getitem__)
    found = sorted(rates.values())
    return Rate(task, what, n, found[0], float(np.median(found)), found[-1], where, cases[where][1])


def by_row(found: Sequence[Rate]) -> Iterator[tuple[str, str, dict[int, Rate]]]:
    """(task, kind, size -> rate), in the order in which they were measured."""
    rows: dict[tuple[str, str], dict[int, Rate]] = {}
    for rate in found:
        rows.setdefault((rate.task, rate.what), {})[rate.n] = rate
    for (task, what), rates in rows.items():
        yield task, what, rates
