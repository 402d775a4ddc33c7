"""Every agent with every partner: scores of episodes, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.play.unit import SELF, Limiter, Pairing, Runtime, seats_of
from eval.results.runs import Run
from eval.sweeps.executors import Backend
from eval.sweeps.plan import Matrix, Progress, plan, sweep
from eval.sweeps.spending import LLMRun
from eval.tasks import Environment, Task, make_task
from partners import all_kinds

ALL = "all"


@dataclass(frozen=True, slots=True)
class Cell:
    """The scores of one agent with one partner.

    Attributes:
        agent: its name in the zoo.
        partner: its name in the zoo, or ``"self"``.
        scores: the agent's score in each episode.
    """

    agent: str
    partner: str
    scores: tuple[float, ...]

    @property
    def n(self) -> int:
        """Number of episodes."""
        return len(self.scores)

    @property
    def mean(self) -> float:
        """Mean score."""
        return float(np.mean(self.scores))

    @property
    def se(self) -> float:
        """Standard error of the mean; 0 for a single episode, which says nothing of its error."""
        return float(np.std(self.scores, ddof=1) / math.sqrt(self.n)) if self.n > 1 else 0.0


def pairing_scores(
    task: Task,
    agent: str,
    partner: str,
    episodes: int,
    *,
    seed: int,
    runtime: Runtime = "plain",
    epsilon: float = 0.0,
) -> Iterator[float]:
    """The agent's score in one episode after the other.

    The agent takes one seat after the other, in a circle; all others are the partner's.

    Args:
        task: the task to be played.
        agent, partner: names of the zoo; a partner ``"self"`` is the agent's own kind.
        episodes: how many.
        seed: seed of all random numbers, >= 0.
        runtime: ``"plain"`` plays the episodes directly, ``"langgraph"`` in a compiled graph; the
            episodes are the same.
        epsilon: the rate at which every player lapses to a random action.
    """
    pairings = [
        Pairing(task, agent, partner, seat, seed=seed, epsilon=epsilon, runtime=runtime)
        for seat in range(min(episodes, seats_of(task.name)))
    ]
    for episode in range(episodes):
        pairing = pairings[episode % len(pairings)]
        yield pairing.scores(episode)[pairing.me]


def play_cell(
    task: Task,
    agent: str,
    partner: str,
    episodes: int,
    *,
    seed: int,
    runtime: Runtime = "plain",
    epsilon: float = 0.0,
    progress: Progress = lambda: None,
) -> Cell:
    """All episodes of one pairing; ``progress`` is called after each. Arguments as ``pairing_scores``."""
    scores = []
    for score in pairing_scores(task, agent, partner, episodes, seed=seed, runtime=runtime, epsilon=epsilon):
        scores.append(score)
        progress()
    return Cell(agent, partner, tuple(scores))


def cross_play(
    task_name: str,
    agents: Sequence[str],
    partners: Sequence[str],
    episodes: int,
    *,
    seed: int,
    runtime: Runtime = "plain",
    epsilon: float = 0.0,
    env: Environment = "table",
    progress: Progress = lambda: None,
    backend: Backend | None = None,
    run: Run | None = None,
    limiter: Limiter | None = None,
    models: LLMRun | None = None,
) -> list[list[Cell]]:
    """The cross-play matrix, one row for each agent and one column for each partner.

    Args:
        task_name: name of a task.
        agents, partners: names of the zoo.
        episodes: episodes a cell, >= 1.
        seed, runtime, epsilon: see ``pairing_scores``.
        env: see ``make_task``.
        progress: called after every episode.
        backend, run, limiter, models: where episodes are played and what is kept, see ``sweep``.

    Raises:
        ValueError: an unknown name, a partner that cannot play the task, no episodes; all before the
            first episode is played.
    """
    (rows,) = cross_plays(
        [(task_name, tuple(agents), tuple(partners))],
        episodes,
        seed=seed,
        runtime=runtime,
        epsilon=epsilon,
        env=env,
        progress=progress,
        backend=backend,
        run=run,
        limiter=limiter,
        models=models,
    )
    return rows


def cross_plays(
    matrices: Sequence[Matrix],
    episodes: int,
    *,
    seed: int,
    runtime: Runtime = "plain",
    epsilon: float = 0.0,
    env: Environment = "table",
    progress: Progress = lambda: None,
    backend: Backend | None = None,
    run: Run | None = None,
    limiter: Limiter | None = None,
    models: LLMRun | None = None,
) -> list[list[list[Cell]]]:
    """Several cross-play matrices as one sweep; arguments and errors as ``cross_play``."""
    check_pairings(matrices, episodes, env, epsilon=epsilon)
    units = plan(matrices, episodes, seed=seed, epsilon=epsilon, runtime=runtime, env=env)
    scores = sweep(units, backend=backend, run=run, limiter=limiter, models=models, progress=progress)
    return [
        [
            [
                Cell(agent, partner, tuple(scores[task, agent, partner, e] for e in range(episodes)))
                for partner in partners
            ]
            for agent in agents
        ]
        for task, agents, partners in matrices
    ]


def check_pairings(
    matrices: Sequence[Matrix], episodes: int, env: Environment = "table", *, epsilon: float = 0.0
) -> None:
    """Refuses what cannot be played, before anything is.

    Raises:
        ValueError: an unknown name, a player that cannot play the task, or no episodes.
    """
    if episodes < 1:
        raise ValueError(f"cross-play needs at least one episode a cell, got {episodes}")
    for task, agents, partners in matrices:
        for agent in agents:
            for partner in partners:
                Pairing(make_task(task, env), agent, partner, 0, seed=0, epsilon=epsilon)


def who_plays(task_name: str, env: Environment = "table") -> tuple[tuple[str, ...], dict[str, str]]:
    """All players of the zoo that can play a task, and name -> reason for those that cannot."""
    task = make_task(task_name, env)
    able, reasons = [], {}
    for name in all_kinds():
        try:
            Pairing(task, name, SELF, 0, seed=0)
        except (ValueError, ModuleNotFoundError) as error:
            reasons[name] = str(error)
        else:
            able.append(name)
    return tuple(able), reasons


def as_json(
    task: str, agents: Sequence[str], partners: Sequence[str], seed: int, rows: list[list[Cell]]
) -> dict[str, Any]:
    """The matrix as plain data: ``mean`` and ``se`` are ``[agents][partners]``."""
    return {
        "task": task,
        "agents": list(agents),
        "partners": list(partners),
        "n": rows[0][0].n,
        "seed": seed,
        "mean": [[cell.mean for cell in row] for row in rows],
        "se": [[cell.se for cell in row] for row in rows],
    }
