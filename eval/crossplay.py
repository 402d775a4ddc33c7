"""Every agent with every partner: scores of episodes, and what they come to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from eval.episodes import play, seat_players, total_scores
from eval.graph import episode_graph, play_in_graph
from eval.llm.run import llm_scores
from eval.tasks import Environment, Task, make_task
from eval.tasks.described import DescribedTask
from partners import asks_models

Runtime: TypeAlias = Literal["plain", "langgraph"]
Progress: TypeAlias = Callable[[], None]
SELF = "self"


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

    The agent takes the first seat in even episodes and the next seat in odd ones, the others are
    the partner's.

    Args:
        task: the task to be played.
        agent, partner: names of the zoo; a partner ``"self"`` is the agent's own kind.
        episodes: how many.
        seed: seed of all random numbers, >= 0.
        runtime: ``"plain"`` plays the episodes directly, ``"langgraph"`` in a compiled graph; the
            episodes are the same.
        epsilon: the rate at which every player lapses to a random action.
    """
    partner = agent if partner == SELF else partner
    if asks_models(agent) or asks_models(partner):
        if runtime == "plain":
            yield from llm_scores(task, agent, partner, episodes, seed=seed, epsilon=epsilon)
            return
        task = DescribedTask(task)
    tables = []
    for seat in range(2):
        names = [partner] * len(task.players)
        names[seat] = agent
        seats = seat_players(task, names, seed=seed, epsilon=epsilon)
        graph = episode_graph(task, seats).compile() if runtime == "langgraph" else None
        tables.append((task.players[seat], seats, graph))
    for episode in range(episodes):
        me, seats, graph = tables[episode % 2]
        if graph is None:
            scores = [step.scores for step in play(task, seats, episode)]
        else:
            scores = list(play_in_graph(graph, task, episode)["scores"])
        yield total_scores(task, scores)[me]


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
) -> list[list[Cell]]:
    """The cross-play matrix, one row for each agent and one column for each partner.

    Args:
        task_name: name of a task.
        agents, partners: names of the zoo.
        episodes: episodes a cell, >= 1.
        seed, runtime, epsilon: see ``pairing_scores``.
        env: see ``make_task``.
        progress: called after every episode.

    Raises:
        ValueError: an unknown name, a partner that cannot play the task, no episodes; all before the
            first episode is played.
    """
    if episodes < 1:
        raise ValueError(f"cross-play needs at least one episode a cell, got {episodes}")
    task = make_task(task_name, env)
    for name in dict.fromkeys([*agents, *partners]):
        if name != SELF:
            seat_players(task, [name] * len(task.players), seed=seed, epsilon=epsilon)
    return [
        [
            play_cell(
                task,
                agent,
                partner,
                episodes,
                seed=seed,
                runtime=runtime,
                epsilon=epsilon,
                progress=progress,
            )
            for partner in partners
        ]
        for agent in agents
    ]


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
