"""How agents do on tasks that nobody tuned, beside partners of every kind.

Scores of different tasks are put on one scale, cell by cell, a cell being a task and a partner: 0 is what a
random player gets there, 1 the best that is known. That is the best mean of all players tried in the cell:
the agents, orders 0 to 3, and in normal-form games two predictors that count actions. Beside another agent of
its own kind it is what two players with one plan would get. What lies outside is cut off. Cells that tell
nothing are left out: those where the best known is hardly better than a random player.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from eval.measure import Interval, mean_interval, paired_difference, worst_partner
from eval.play import SELF, Cell
from eval.studies.strangers import ORDERS, PREDICTORS, lapses, who_can
from eval.sweeps import Progress, play_cell
from eval.tasks import MatrixTask, Task

AGENTS = (
    "bayes",
    "ftl",
    "hedge",
    "fixed-share",
    "adaptive:bayes/win-stay/above",
    "adaptive:bayes/sample/nearest",
    "adaptive:bayes/leader/nearest",
    "adaptive:hedge/sample/nearest",
    "adaptive:fixed-share/sample/nearest",
    "adaptive:ftl/leader/nearest",
)
PARTNERS = (
    *ORDERS,
    SELF,
    "repeat",
    "alternate",
    "imitate",
    "random",
    "noisy:0.1:tom-1",
    "switching",
)
RANDOM = "random"
MATTERS = 0.05
"""What must be there to be won in a cell for it to count, as a share of the task's range: of the largest
difference of payoffs in every round, or of all steps of an episode."""
BEYOND_CHANCE = 3.0
"""The same in standard errors of the difference between the best and a random player."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How an agent does in a class of tasks. Intervals are over the tasks, each of which counts the same.

    Attributes:
        agent: its name.
        mean: of the normalised scores, over tasks and partners.
        worst_with: the partner with whom that mean is lowest.
        worst: the mean with the worst partner, whichever that is, see ``worst_partner``.
        rank: among the agents, mean over tasks; 1 is the best, and equals share theirs.
        behind: ``mean`` less that of the first of the class, paired by task; None for the first itself.
    """

    agent: str
    mean: Interval
    worst_with: str
    worst: Interval
    rank: Interval
    behind: Interval | None


@dataclass(frozen=True, slots=True)
class Standings:
    """What a class of tasks comes to.

    Attributes:
        kind: what the class is called.
        tasks: how many of its tasks have a cell that counted.
        cells: how many cells counted.
        left_out: how many told nothing.
        agents: the best mean first.
    """

    kind: str
    tasks: int
    cells: int
    left_out: int
    agents: tuple[Standing, ...]


def count(tasks: Sequence[Task], agents: Sequence[str], partners: Sequence[str]) -> int:
    """How often ``standings`` calls its progress."""
    return sum(len(_players(task, agents)) * len(who_can(task, partners)[0]) for task in tasks)


def standings(
    kind: str,
    tasks: Sequence[Task],
    agents: Sequence[str] = AGENTS,
    partners: Sequence[str] = PARTNERS,
    *,
    episodes: int = 10,
    seed: int = 0,
    progress: Progress = lambda: None,
) -> Standings:
    """The standings of the agents in a class of tasks.

    Args:
        kind: what the class is called.
        tasks: its tasks, see ``tasks_of``; one at least.
        agents: names of players, one at least.
        partners: names of players, each where it plays; ``"self"`` is the agent's own kind.
        episodes: episodes a cell, >= 1; even numbers give both seats the same weight.
        seed: seed of all random numbers, >= 0.
        progress: called after every player's episodes with a partner.

    Raises:
        ValueError: an unknown name, an agent that cannot play one of the tasks, no episodes, or no cell that
            tells anything.
    """
    if episodes < 1:
        raise ValueError(f"a cell needs at least one episode, got {episodes}")
    found: list[dict[str, dict[str, float]]] = []
    left_out = 0
    for task in tasks:
        cells: dict[str, dict[str, float]] = {}
        for partner in who_can(task, partners)[0]:
            played = {}
            for player in _players(task, agents):
                rate = lapses(task)
                played[player] = play_cell(task, player, partner, episodes, seed=seed, epsilon=rate)
                progress()
            scale = _scale(task, partner, played)
            if scale is None:
                left_out += 1
            else:
                cells[partner] = {agent: normalised(played[agent].mean, *scale) for agent in agents}
        if cells:
            found.append(cells)
    if not found:
        raise ValueError(f"no cell of the class {kind!r} tells anything; take more games or other partners")
    return Standings(kind, len(found), sum(map(len, found)), left_out, _standings(found, agents))


def normalised(mean: float, low: float, high: float) -> float:
    """A mean score between 0 (``low`` or worse) and 1 (``high`` or better); the worse may be the larger.

    Raises:
        ValueError: both ends are the same.
    """
    if low == high:
        raise ValueError(f"a scale needs two ends, got {low} twice")
    return float(np.clip((mean - low) / (high - low), 0.0, 1.0))


def _players(task: Task, agents: Sequence[str]) -> list[str]:
    """All that are tried in a cell, the agents first."""
    predictors = PREDICTORS if isinstance(task, MatrixTask) else ()
    return list(dict.fromkeys((*agents, RANDOM, *ORDERS, *predictors)))


def _scale(task: Task, partner: str, played: Mapping[str, Cell]) -> tuple[float, float] | None:
    """The scores that stand for 0 and 1; None where they are too near to each other to tell anything."""
    low = played[RANDOM]
    if partner == SELF:
        high, error = _together(task), low.se or 0.0
    else:
        pick = max if task.better == "higher" else min
        best = pick(played.values(), key=lambda cell: cell.mean)
        high, error = best.mean, math.hypot(low.se or 0.0, best.se or 0.0)
    gain = high - low.mean if task.better == "higher" else low.mean - high
    enough = max(MATTERS * _range(task), BEYOND_CHANCE * error)
    return (low.mean, high) if gain > 0.0 and gain >= enough else None


def _together(task: Task) -> float:
    """What a player gets who shares a plan, mean over the seats."""
    if isinstance(task, MatrixTask):
        return task.max_steps * float(task.payoffs.mean(axis=0).max())
    return float(task.optimum or 0.0)


def _range(task: Task) -> float:
    if isinstance(task, MatrixTask):
        return task.max_steps * float(np.ptp(task.payoffs, axis=tuple(range(1, task.payoffs.ndim))).max())
    return float(task.max_steps)


def _standings(
    found: Sequence[Mapping[str, Mapping[str, float]]], agents: Sequence[str]
) -> tuple[Standing, ...]:
    scores = np.array(
        [[np.mean([cell[agent] for cell in cells.values()]) for cells in found] for agent in agents]
    )
    ranks = stats.rankdata(-scores.round(12), axis=0)
    first = int(scores.mean(axis=1).argmax())
    ranked = []
    for i, agent in enumerate(agents):
        worst_with, worst = _worst(
            {
                partner: [cells[partner][agent] if partner in cells else np.nan for cells in found]
                for partner in dict.fromkeys(partner for cells in found for partner in cells)
            }
        )
        behind = None if i == first else _over_tasks(scores[i], scores[first])
        standing = Standing(agent, _over_tasks(scores[i]), worst_with, worst, _over_tasks(ranks[i]), behind)
        ranked.append(standing)
    return tuple(sorted(ranked, key=lambda standing: -standing.mean.estimate))


def _worst(beside: Mapping[str, Sequence[float]]) -> tuple[str, Interval]:
    """The partner with the lowest mean, of one value a task, NaN where the cell did not count.

    The interval is unknown, a point, where that partner counted in one task.
    """
    counted = {partner: np.ma.masked_invalid(values) for partner, values in beside.items()}
    lowest = min(counted, key=lambda partner: float(counted[partner].mean()))
    if counted[lowest].count() < 2:
        return lowest, _over_tasks(counted[lowest].compressed().tolist())
    return worst_partner({partner: values for partner, values in counted.items() if values.count() > 1})


def _over_tasks(values: Sequence[float], less: Sequence[float] | None = None) -> Interval:
    """The mean over tasks, of differences where ``less`` is given; unknown, a point, for a single task."""
    if len(values) < 2:
        mean = float(np.mean(values)) - (0.0 if less is None else float(np.mean(less)))
        return Interval(mean, mean, mean)
    return mean_interval(values) if less is None else paired_difference([values], [less])
