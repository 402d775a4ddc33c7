"""Episodes as the page replays them: compact plain data, compressed by pairing.

An episode is ``{"n": number, "seat": seat, "score": score, "actions": [T][players] indices,
"frames": [T + 1] boards, "minds": [T][players]}``; a mind is null or ``[order, estimate, {order:
probability}, partner]``.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eval.results import StoredEpisode
from eval.tasks import Board, Environment, Task, board_of, make_task

_DIGITS = 3


@dataclass(frozen=True, slots=True)
class PairingEpisodes:
    """The replays of one pairing.

    Attributes:
        agent, partner: who played.
        episodes: see the module; each as JSON, which takes a tenth of the memory.
    """

    agent: str
    partner: str
    episodes: list[str]

    def packed(self, limit: int | None = None) -> list[Any]:
        """``[agent, partner, how many, base64 of zlib of JSON]`` of the first ``limit`` episodes."""
        kept = self.episodes[:limit]
        packed = base64.b64encode(zlib.compress(f"[{','.join(kept)}]".encode(), 9)).decode()
        return [self.agent, self.partner, len(kept), packed]


class Packer:
    """Packs the episodes of one task.

    Args:
        task: its name.
        env: see ``make_task``.
    """

    def __init__(self, task: str, env: Environment) -> None:
        self._task: Task | None
        try:
            self._task = make_task(task, env)
        except (ValueError, OSError, ModuleNotFoundError):
            self._task = None  # made from a file that is gone, or by a package that is not installed
        self.board = Board("words") if self._task is None else board_of(self._task)
        self._legal: dict[str, dict[str, int]] = {}

    def episode(self, episode: StoredEpisode, players: Sequence[str]) -> str:
        """One episode as JSON, see the module."""
        for step in episode.steps:
            for player in players:
                names = self._legal.setdefault(player, {})
                names.setdefault(step["actions"][player], len(names))
        content = {
            "n": episode.episode,
            "seat": episode.seat,
            "score": round(episode.score, _DIGITS),
            "actions": [
                [self._legal[player][step["actions"][player]] for player in players] for step in episode.steps
            ],
            "scores": [round(step["scores"][players[episode.seat]], _DIGITS) for step in episode.steps],
            "frames": self._frames(episode),
            "minds": [[_mind(step["decisions"][player]) for player in players] for step in episode.steps],
        }
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False)

    @property
    def actions(self) -> list[list[str]]:
        """For every player the names of the actions that were taken, by index."""
        return [list(names) for names in self._legal.values()]

    def _frames(self, episode: StoredEpisode) -> list[Any]:
        if self._task is None:
            return []
        state, frames = self._task.start(), []
        for step in episode.steps:
            frames.append(self.board.frame(state))
            state = self._task.step(state, step["actions"]).state
        return [*frames, self.board.frame(state)]


def _mind(decision: dict[str, Any]) -> list[Any] | None:
    """What a player believes of the first of its partners."""
    for name, partner in decision.get("partners", {}).items():
        posterior = {k: round(p, _DIGITS) for k, p in partner["posterior"].items()}
        estimate = partner.get("hypothesis", str(partner["order"]))
        return [decision.get("order"), estimate, posterior, name]
    return None
