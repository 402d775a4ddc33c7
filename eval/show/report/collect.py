"""What a report shows of a results file, read in one pass over its episodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from eval.measure import judged, watched
from eval.play import SELF, true_orders
from eval.results import StoredEpisode, stored_episodes
from eval.show.figures.cost import Cost
from eval.show.report.episodes import Packer, PairingEpisodes
from eval.tasks import Board, Environment

Pair = tuple[str, str]
_TIES = 1e-12


@dataclass(slots=True)
class TaskData:
    """What was played of one task.

    Attributes:
        curves: (agent, partner) -> for each episode the agent's scores, ``[T]``.
        judged: agent -> (confidence of the likeliest class, share of it that is right) of every belief.
        costs: agent -> mean cost of an episode.
        pairings: replays, one for each (agent, partner).
        board: how the task's states are drawn.
        players: their names.
        actions: for every player the names of the actions that were taken.
    """

    curves: dict[Pair, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    judged: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    pairings: list[PairingEpisodes] = field(default_factory=list)
    board: Board = field(default_factory=lambda: Board("words"))
    players: tuple[str, ...] = ()
    actions: list[list[str]] = field(default_factory=list)

    def sort(self, agents: Sequence[str], partners: Sequence[str]) -> None:
        """Puts everything into the order in which agents and partners were asked for."""
        self.curves = {(a, p): self.curves[a, p] for a in agents for p in partners if (a, p) in self.curves}
        self.judged = {agent: self.judged[agent] for agent in agents if agent in self.judged}
        self.costs = {agent: self.costs[agent] for agent in agents if agent in self.costs}
        self.pairings.sort(key=lambda p: (agents.index(p.agent), partners.index(p.partner)))


def collect(
    path: Path,
    number: int | None,
    *,
    env: Environment = "table",
    replays: int | None = None,
    read: Callable[[], None] = lambda: None,
) -> dict[str, TaskData]:
    """Task -> what was played of it.

    Args:
        path: the results file.
        number: the run; the latest for None.
        env: see ``make_task``.
        replays: how many episodes of a pairing to keep for replays; all for None.
        read: called after every episode.

    Raises:
        ResultsError: see ``stored_run``.
    """
    found: dict[str, TaskData] = defaultdict(TaskData)
    spent: dict[Pair, list[StoredEpisode]] = defaultdict(list)
    packers: dict[str, Packer] = {}
    kept: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    players_of: dict[str, tuple[str, ...]] = {}
    for episode in stored_episodes(path, number):
        task, pair = episode.task, (episode.agent, episode.partner)
        if task not in packers:
            packers[task] = Packer(task, env)
            players_of[task] = tuple(episode.scores)
        data, players = found[task], players_of[task]
        me = players[episode.seat]
        data.curves[pair].append([step["scores"][me] for step in episode.steps])
        _judge(data, episode, players)
        if replays is None or len(kept[task, *pair]) < replays:
            kept[task, *pair].append(packers[task].episode(episode, players))
        episode.steps.clear()
        spent[task, episode.agent].append(episode)
        read()
    for (task, agent), episodes in spent.items():
        found[task].costs[agent] = _cost(episodes)
    for task, packer in packers.items():
        found[task].board, found[task].actions = packer.board, packer.actions
        found[task].players = players_of[task]
    for (task, agent, partner), some in kept.items():
        found[task].pairings.append(PairingEpisodes(agent, partner, some))
    return dict(found)


def _judge(data: TaskData, episode: StoredEpisode, players: Iterable[str]) -> None:
    names = list(players)
    me = names[episode.seat]
    truth = true_orders(episode.agent if episode.partner == SELF else episode.partner)
    for other in names:
        seen = watched(episode.steps, me, other)
        if not seen:
            continue
        confidences, rights = data.judged.setdefault(episode.agent, ([], []))
        for belief, index in judged(seen, truth):
            top = np.flatnonzero(np.asarray(belief) >= max(belief) - _TIES)
            confidences.append(max(belief))
            rights.append(float(index in top) / len(top))


def _cost(episodes: list[StoredEpisode]) -> Cost:
    prices = [episode.usage["cost"] for episode in episodes]
    tokens = [episode.usage["prompt_tokens"] + episode.usage["completion_tokens"] for episode in episodes]
    return Cost(
        seconds=float(np.mean([episode.seconds for episode in episodes])),
        calls=float(np.mean([episode.usage["calls"] for episode in episodes])),
        tokens=float(np.mean(tokens)),
        dollars=None if None in prices else float(np.mean(prices)),
    )
