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

Pair = tuple[str, str]
_TIES = 1e-12


@dataclass(slots=True)
class TaskData:
    """What was played of one task.

    Attributes:
        curves: (agent, partner) -> for each episode the agent's scores, ``[T]``.
        judged: agent -> (confidence of the likeliest class, share of it that is right) of every belief.
        costs: agent -> mean cost of an episode.
    """

    curves: dict[Pair, list[list[float]]] = field(default_factory=lambda: defaultdict(list))
    judged: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)

    def sort(self, agents: Sequence[str], partners: Sequence[str]) -> None:
        """Puts everything into the order in which agents and partners were asked for."""
        self.curves = {(a, p): self.curves[a, p] for a in agents for p in partners if (a, p) in self.curves}
        self.judged = {agent: self.judged[agent] for agent in agents if agent in self.judged}
        self.costs = {agent: self.costs[agent] for agent in agents if agent in self.costs}


def collect(
    path: Path, number: int | None, *, seen: Callable[[StoredEpisode], None] = lambda _: None
) -> dict[str, TaskData]:
    """Task -> what was played of it.

    Args:
        path: the results file.
        number: the run; the latest for None.
        seen: told of every episode before its steps are forgotten.

    Raises:
        ResultsError: see ``stored_run``.
    """
    found: dict[str, TaskData] = defaultdict(TaskData)
    spent: dict[Pair, list[StoredEpisode]] = defaultdict(list)
    for episode in stored_episodes(path, number):
        task, players = episode.task, tuple(episode.scores)
        data, me = found[task], players[episode.seat]
        if scores := [step["scores"][me] for step in episode.steps]:  # none where a run keeps scores only
            data.curves[episode.agent, episode.partner].append(scores)
        _judge(data, episode, players)
        seen(episode)
        episode.steps.clear()
        spent[task, episode.agent].append(episode)
    for (task, agent), episodes in spent.items():
        found[task].costs[agent] = _cost(episodes)
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
