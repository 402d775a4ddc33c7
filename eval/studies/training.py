"""Pairs that were trained together, beside themselves, beside each other's, and beside agents that adapt.

A pair's seed is the unit: whoever was trained with it, and everybody who plays beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.measure import Interval, disjoint_seed_pairs, mean_interval, paired_difference
from eval.sweeps import pairing_scores
from eval.tasks import make_task
from eval.training import METHODS, Asked, Settings, all_trained, stage_of, values
from partners import Population, save_population

Array = NDArray[np.float64]

TASKS = ("lever-5", "one-ahead-5", "memory-1")
ORDERS = "adaptive:bayes/win-stay/nearest"
"""A-ToM over the orders 0, 1 and 2 alone."""
CONVENTIONS = "conventions"
AGENTS = (ORDERS, "bayes", CONVENTIONS)
SEEDS = 8
PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Trained:
    """What one population comes to; scores are shares of the best joint action.

    Attributes:
        task, method: names.
        own: pairs as they were trained (self-play).
        cross: players of different pairs (cross-play), of disjoint pairs of seeds.
        gain: how much more cross-play it has than the plain population, of the same pairs of seeds; None for
            that one, or without it.
        beside: agent -> beside the population, each member in turn.
        ahead: how much better A-ToM over conventions does there than over orders alone; None without both.
    """

    task: str
    method: str
    own: Interval
    cross: Interval
    gain: Interval | None
    beside: Mapping[str, Interval]
    ahead: Interval | None


def asked_for(
    tasks: Sequence[str],
    methods: Sequence[str],
    *,
    seeds: int = SEEDS,
    seed: int = 42,
    base: Settings | None = None,
    memory: int = 1,
) -> list[Asked]:
    """The populations of a study, the methods of one task after the other.

    Args:
        tasks, methods: names.
        seeds: pairs in each, >= 4.
        seed: of the first pair; the others follow.
        base: settings of the training.
        memory: rounds that policies remember, 0 or 1.

    Raises:
        ValueError: an unknown name, a task that cannot be trained on, or fewer than four seeds.
    """
    if seeds < 4:
        raise ValueError(f"cross-play of disjoint pairs takes at least four seeds, got {seeds}")
    if unknown := [name for name in methods if name not in METHODS]:
        raise ValueError(f"there is no training {', '.join(unknown)}; there are {', '.join(METHODS)}")
    for task in tasks:
        stage_of(make_task(task), memory)
    trained_with = tuple(range(seed, seed + seeds))
    return [
        Asked(task, method, trained_with, base or Settings(), memory) for task in tasks for method in methods
    ]


def judged(
    populations: Sequence[Population],
    agents: Sequence[str] = AGENTS,
    *,
    rounds: int = 1,
    seed: int = 42,
    progress: Callable[[], None] = lambda: None,
) -> list[Trained]:
    """What populations come to.

    Args:
        populations: all with the same seeds where one task has several.
        agents: players to sit beside them.
        rounds: how often each of them meets every member in each seat, >= 1.
        seed: of the random numbers of what is played, >= 0.
        progress: called once for every population and agent, and once for every population.
    """
    found: list[Trained] = []
    crosses: dict[tuple[str, str], Array] = {}
    for population in populations:
        task, method = population.task, population.method
        stage = stage_of(make_task(task), population.memory)
        matrix = values(stage, population.policies[:, 0], population.policies[:, 1])
        crosses[task, method] = matrix
        progress()
        scores = beside(population, agents, rounds=rounds, seed=seed, progress=progress)
        plain = crosses.get((task, PLAIN))
        gain = None if plain is None or method == PLAIN else disjoint_seed_pairs(matrix - plain)
        ahead = None
        if {ORDERS, CONVENTIONS} <= scores.keys():
            ahead = paired_difference([scores[CONVENTIONS]], [scores[ORDERS]])
        shown = {agent: mean_interval(of_member) for agent, of_member in scores.items()}
        own, cross = mean_interval(np.diag(matrix)), disjoint_seed_pairs(matrix)
        found.append(Trained(task, method, own, cross, gain, shown, ahead))
    return found


def beside(
    population: Population,
    agents: Sequence[str],
    *,
    rounds: int = 1,
    seed: int = 42,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, Array]:
    """Agent -> its mean score beside every member, ``[N]``, as a share of the best.

    Args:
        population: whom to sit beside, as the partner ``trained``.
        agents, rounds, seed, progress: see ``judged``.
    """
    task = make_task(population.task)
    best = stage_of(task, population.memory).worth * task.max_steps
    n, seats = len(population.seeds), len(task.players)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "population.json")
        save_population(file, population)
        for agent in agents:
            scores = list(pairing_scores(task, agent, f"trained:{file}", rounds * n * seats, seed=seed))
            found[agent] = np.reshape(scores, (rounds, n, seats)).mean(axis=(0, 2)) / best
            progress()
    return found


def study(
    asked: Sequence[Asked],
    agents: Sequence[str] = AGENTS,
    *,
    rounds: int = 1,
    seed: int = 42,
    workers: int = 1,
    progress: Callable[[], None] = lambda: None,
) -> list[Trained]:
    """Trains populations and says what they come to; arguments as ``all_trained`` and ``judged``."""
    populations = list(all_trained(asked, workers, progress))
    return judged(populations, agents, rounds=rounds, seed=seed, progress=progress)
