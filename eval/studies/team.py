"""Teams: one kind of player, or several, on all seats of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, cycle, islice

import numpy as np

from atom import AdaptiveAgent, Contract, DeclaredReasoner, Player, team_orders
from atom.policies import added
from eval.play import Runtime, episode_graph, mean_and_error, play, play_in_graph, seat_players
from eval.sweeps import Progress
from eval.tasks import Task, collisions

CONTRACT = "contract"
"""The team whose members declare their orders to each other."""

JOIN = "+"


@dataclass(frozen=True, slots=True)
class TeamResult:
    """What came of a team's episodes; n episodes, T rounds.

    Attributes:
        team: its name.
        collisions: ``[n, T]``, how many players did what somebody else did too.
        scores: ``[n]``, the mean over players of their scores.
    """

    team: str
    collisions: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    scores: np.ndarray[tuple[int], np.dtype[np.float64]]

    @property
    def a_round(self) -> tuple[float, float | None]:
        """Collisions a round, and the standard error over episodes; None for one."""
        return mean_and_error(self.collisions.mean(axis=1))

    @property
    def score(self) -> tuple[float, float | None]:
        """Score a player, and the standard error over episodes; None for one."""
        return mean_and_error(self.scores)

    @property
    def settled(self) -> float:
        """Median round, counted from 1, from which on nobody collided; infinite for "never"."""
        rounds = []
        for episode in self.collisions:
            late = np.flatnonzero(episode)
            last = int(late[-1]) + 1 if len(late) else 0
            rounds.append(np.inf if last == len(episode) else last + 1)
        return float(np.median(rounds))


def play_team(
    task: Task,
    team: str,
    episodes: int,
    *,
    seed: int,
    runtime: Runtime = "plain",
    progress: Progress = lambda: None,
) -> TeamResult:
    """Plays a team.

    Args:
        task: the task; its players act by name of action, alike for all.
        team: a name of the zoo for every seat, several joined by ``+`` and taken in turn, or
            ``"contract"``.
        episodes: how many, >= 1.
        seed: seed of all random numbers, >= 0.
        runtime: see ``Sweep``.
        progress: called after every episode.

    Raises:
        ValueError: an unknown name, or a player that cannot play the task.
    """
    seats = seat_team(task, team, seed=seed)
    graph = episode_graph(task, seats).compile() if runtime == "langgraph" else None
    shared, scores = [], []
    for episode in range(episodes):
        joint: list[Mapping[str, str]]
        got: list[Mapping[str, float]]
        if graph is None:
            steps = list(play(task, seats, episode))
            joint, got = [step.actions for step in steps], [step.scores for step in steps]
        else:
            end = play_in_graph(graph, task, episode)
            joint, got = list(end["history"]), list(end["scores"])
        shared.append([collisions(actions) for actions in joint])
        scores.append(added(added(step.values()) for step in got) / len(task.players))
        progress()
    return TeamResult(team, np.array(shared, dtype=float), np.array(scores))


def seat_team(task: Task, team: str, *, seed: int) -> dict[str, Player]:
    """Player -> who sits there; arguments as ``play_team``."""
    if team == CONTRACT:
        return _contracted(task, seed)
    return seat_players(task, list(islice(cycle(team.split(JOIN)), len(task.players))), seed=seed)


def _contracted(task: Task, seed: int) -> dict[str, Player]:
    orders = team_orders(combinations(task.players, 2))
    reasoner = DeclaredReasoner(task.reasoner(), orders)
    hypotheses = sorted(set(orders.values()))
    return {
        me: AdaptiveAgent(me, reasoner, orders=hypotheses, contract=Contract(orders), seed=seed)
        for me in task.players
    }
