"""Three findings, measured: other partners, the number of optimal actions, rationality."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from eval.play import SELF, play, seat_players
from eval.studies.paper import ORDERS
from eval.sweeps import Progress, play_cell
from eval.tasks import Environment, MatrixTask, Task, anti_coordination, make_task

Name: TypeAlias = Literal["partners", "actions", "rationality"]

AGENTS = (*ORDERS, "ftl", "hedge", "bayes")
PARTNERS = ("greedy", "greedy-unstuck", "convention", "independent-ties")
"""Partners that are no ToM agents, or none of the expected kind; a trained population may join."""

EQUAL = [(order, order) for order in ORDERS]
ALIGNED = [("tom-0", "tom-1"), ("tom-1", "tom-0"), ("tom-1", "tom-2"), ("tom-2", "tom-1")]
BLIND = [(agent, partner) for agent in ORDERS for partner in ORDERS]
"""An order chosen at random beside a partner of an order drawn at random."""
ADAPTIVE = [("bayes", partner) for partner in ORDERS]

SIZES = (2, 3, 4, 6, 8)
EPSILONS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
SWEPT = ("memory-1", "game-1", "overcooked")


@dataclass(frozen=True, slots=True)
class Finding:
    """The mean score of one agent with one partner under one condition.

    Attributes:
        finding: which of the three.
        task: name of the task.
        condition: the number of actions, the lapse rate ε, or 0 where nothing is varied.
        agent, partner: names of the zoo; ``"self"`` is the agent's own kind.
        mean, se, n: the agent's score over n episodes; no error where there is one.
    """

    finding: Name
    task: str
    condition: float
    agent: str
    partner: str
    mean: float
    se: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Reading:
    """As what a ``bayes`` agent reads a partner.

    Attributes:
        task: name of the task.
        partner: name of the zoo.
        posterior: order -> its probability, mean over all steps of all episodes.
        last: order -> its probability before the last step, mean over the episodes.
        n: number of episodes.
    """

    task: str
    partner: str
    posterior: dict[int, float]
    last: dict[int, float]
    n: int


def other_partners(
    partners: Sequence[str] = PARTNERS,
    *,
    task: str = "overcooked",
    episodes: int = 60,
    epsilon: float = 0.02,
    seed: int = 42,
    env: Environment = "real",
    progress: Progress = lambda: None,
) -> list[Finding]:
    """Fixed orders and adaptive agents beside partners that are no ToM agents.

    Args:
        partners: names of the zoo.
        task: name of a task on a table.
        episodes: episodes a cell.
        epsilon: rate at which everybody lapses; without lapses deterministic pairs play one episode.
        seed: seed of all random numbers.
        env: see ``make_task``.
        progress: called after every episode.
    """
    condition = _Condition("partners", make_task(task, env), 0.0, episodes, seed, epsilon, progress)
    return [condition.measure(agent, partner) for agent in AGENTS for partner in partners]


def readings(
    partners: Sequence[str] = (*ORDERS, *PARTNERS),
    *,
    task: str = "overcooked",
    episodes: int = 60,
    epsilon: float = 0.02,
    seed: int = 42,
    env: Environment = "real",
) -> list[Reading]:
    """As what a ``bayes`` agent reads each partner. Arguments as ``other_partners``."""
    made = make_task(task, env)
    return [_reading(made, partner, episodes, seed, epsilon) for partner in partners]


def fewer_optimal_actions(
    sizes: Sequence[int] = SIZES,
    *,
    episodes: int = 300,
    epsilon: float = 0.02,
    seed: int = 42,
    progress: Progress = lambda: None,
) -> list[Finding]:
    """Choosing different actions among N, where N - 1 answers to a known action are optimal.

    Ties are broken at random, so that equal orders collide less often the more actions are optimal.

    Args:
        sizes: values of N.
        episodes, epsilon, seed, progress: as ``other_partners``.
    """
    found = []
    for size in sizes:
        base = anti_coordination(size)
        actions = list(base.situation(base.start()).actions[base.players[0]])
        task = MatrixTask(base.name, base.payoffs, actions, ties="uniform", optimum=base.optimum)
        condition = _Condition("actions", task, size, episodes, seed, epsilon, progress)
        found += [condition.measure(agent, partner) for agent, partner in _pairings()]
    return found


def less_rational(
    tasks: Sequence[str] = SWEPT,
    epsilons: Sequence[float] = EPSILONS,
    *,
    episodes: int = 60,
    seed: int = 42,
    progress: Progress = lambda: None,
) -> list[Finding]:
    """All pairs of orders, and ``bayes`` with each, while everybody lapses more and more.

    Args:
        tasks: names of tasks.
        epsilons: lapse rates.
        episodes, seed, progress: as ``other_partners``.
    """
    conditions = [
        _Condition("rationality", make_task(task), epsilon, episodes, seed, epsilon, progress)
        for task in tasks
        for epsilon in epsilons
    ]
    return [condition.measure(agent, partner) for condition in conditions for agent, partner in _pairings()]


def count(partners: Sequence[str], episodes: int) -> int:
    """How many episodes ``other_partners``, ``fewer_optimal_actions`` and ``less_rational`` play."""
    pairs = len(list(_pairings()))
    cells = len(AGENTS) * len(partners) + len(EPSILONS) * len(SWEPT) * pairs
    return cells * episodes + len(SIZES) * pairs * episodes


def mean_over(findings: Sequence[Finding], pairs: Sequence[tuple[str, str]]) -> float:
    """The mean of the mean scores of some pairings, given as (agent, partner)."""
    scores = {(finding.agent, finding.partner): finding.mean for finding in findings}
    return float(np.mean([scores[pair] for pair in pairs]))


def by_condition(findings: Sequence[Finding]) -> dict[tuple[str, float], list[Finding]]:
    """(task, condition) -> its findings; sizes of one family of tasks count as one task."""
    grouped: dict[tuple[str, float], list[Finding]] = {}
    for finding in findings:
        task = finding.task.rpartition("-")[0] if finding.finding == "actions" else finding.task
        grouped.setdefault((task, finding.condition), []).append(finding)
    return grouped


def _pairings() -> Iterator[tuple[str, str]]:
    for agent in (*ORDERS, "bayes"):
        for partner in ORDERS:
            yield agent, partner
    yield "bayes", SELF


@dataclass(frozen=True, slots=True)
class _Condition:
    """What is held fixed while agents and partners vary."""

    finding: Name
    task: Task
    value: float
    episodes: int
    seed: int
    epsilon: float
    progress: Progress

    def measure(self, agent: str, partner: str) -> Finding:
        cell = play_cell(
            self.task,
            agent,
            partner,
            self.episodes,
            seed=self.seed,
            epsilon=self.epsilon,
            progress=self.progress,
        )
        return Finding(self.finding, self.task.name, self.value, agent, partner, cell.mean, cell.se, cell.n)


def _reading(task: Task, partner: str, episodes: int, seed: int, epsilon: float) -> Reading:
    steps: list[dict[int, float]] = []
    last: list[dict[int, float]] = []
    for episode in range(episodes):
        seat = episode % 2
        names = [partner, partner]
        names[seat] = "bayes"
        me, other = task.players[seat], task.players[1 - seat]
        seats = seat_players(task, names, seed=seed, epsilon=epsilon)
        found = [step.decisions[me].posterior[other] for step in play(task, seats, episode)]
        steps += found
        last.append(found[-1])
    return Reading(task.name, partner, _mean(steps), _mean(last), episodes)


def _mean(posteriors: Sequence[dict[int, float]]) -> dict[int, float]:
    return {order: float(np.mean([p[order] for p in posteriors])) for order in posteriors[0]}
