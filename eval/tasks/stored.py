"""Tasks as plain data: all that a reader of stored episodes needs to know of what was played."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from atom import JointAction, Reasoner, Situation
from eval.tasks.base import Better, State, Task, Transition
from eval.tasks.grid import GridTask
from eval.tasks.matrix import MatrixTask
from eval.tasks.overcooked import OvercookedTask, RealOvercookedTask
from eval.tasks.turns import InTurn


def as_plain(task: Task) -> dict[str, Any]:
    """What is known of a task, as JSON-serialisable data: ``StoredTask`` reads it.

    Returns:
        the attributes of ``Task``; ``actions``, player -> its actions at the start; ``rules``, the
        description of the start; and ``game``, what the task is made from where it is of a kind of this
        project: payoffs, a map or a layout, else None.

    Raises:
        ValueError: an optimum that is no finite number.
    """
    start = task.start()
    optimum = task.optimum
    if optimum is not None and not math.isfinite(optimum):
        raise ValueError(
            f"the optimum of the task {task.name!r} is {optimum}; it has to be a finite number, or None"
        )
    return {
        "name": task.name,
        **_facts(task),
        "optimum": optimum,
        "actions": {player: list(own) for player, own in task.situation(start).actions.items()},
        "rules": task.describe(start),
    }


def differs(plain: Mapping[str, Any], task: Task) -> bool:
    """Whether a task is another one than that which was stored: by what is played, and not by its words."""
    return any(plain.get(name) != fact for name, fact in _facts(task).items())


def _facts(task: Task) -> dict[str, Any]:
    """What has to be the same for a task to be the one that was played, and costs nothing to know."""
    return {
        "players": list(task.players),
        "better": task.better,
        "unit": task.unit,
        "max_steps": task.max_steps,
        "game": _game(task),
    }


@dataclass(frozen=True)
class StoredTask:
    """A task as it was played, whatever its file or its name stands for today.

    Args:
        plain: from ``as_plain``.
        by_name: the task that its name stands for today, which is played on where it is of no kind of this
            project.

    Raises:
        ValueError: plain data of something else; of the methods, a game that is of no kind of this project,
            so that it cannot be played on.
    """

    plain: Mapping[str, Any]
    by_name: Task | None = None

    def __post_init__(self) -> None:
        missing = [
            name for name in ("name", "players", "better", "unit", "max_steps") if name not in self.plain
        ]
        if missing:
            raise ValueError(f"a stored task lacks {', '.join(missing)}")

    @property
    def name(self) -> str:
        return str(self.plain["name"])

    @property
    def players(self) -> tuple[str, ...]:
        return tuple(self.plain["players"])

    @property
    def better(self) -> Better:
        return "lower" if self.plain["better"] == "lower" else "higher"

    @property
    def unit(self) -> str:
        return str(self.plain["unit"])

    @property
    def optimum(self) -> float | None:
        found = self.plain.get("optimum")
        return None if found is None else float(found)

    @property
    def max_steps(self) -> int:
        return int(self.plain["max_steps"])

    @cached_property
    def game(self) -> Task | None:
        """The task made anew from what was stored; ``by_name`` where it is of no kind of this project."""
        found = self.plain.get("game")
        return self.by_name if found is None else _MADE[found["kind"]](self.name, found)

    def start(self) -> State:
        """The state at the beginning of an episode."""
        return self._playable.start()

    def situation(self, state: State) -> Situation:
        """What all players see in ``state``."""
        return self._playable.situation(state)

    def step(self, state: State, actions: JointAction) -> Transition:
        """What follows when all players have acted."""
        return self._playable.step(state, actions)

    def reasoner(self) -> Reasoner:
        """How a player of any order acts in this task."""
        return self._playable.reasoner()

    def describe(self, state: State) -> str:
        """Rules, payoffs, state and history in words."""
        return self._playable.describe(state)

    @property
    def _playable(self) -> Task:
        if self.game is None:
            raise ValueError(f"of the task {self.name!r} only the scores and steps of episodes are stored")
        return self.game


def _game(task: Task) -> dict[str, Any] | None:
    if type(task) is MatrixTask:
        return {"kind": "matrix", **task.settings()}
    if type(task) is GridTask:
        return {"kind": "grid", **task.settings()}
    if type(task) in (OvercookedTask, RealOvercookedTask):
        return {"kind": "kitchen", **task.settings()}  # type: ignore[attr-defined]
    if type(task) is InTurn:
        inner = _game(task.task)
        return None if inner is None else {"kind": "in-turn", "name": task.task.name, "task": inner}
    return None


def _matrix(name: str, game: Mapping[str, Any]) -> Task:
    settings = {key: value for key, value in game.items() if key not in ("kind", "payoffs", "actions")}
    return MatrixTask(name, np.array(game["payoffs"], dtype=float), game["actions"], **settings)


def _on_map(make: Callable[..., Task]) -> Callable[[str, Mapping[str, Any]], Task]:
    return lambda name, game: make(name, game["text"], max_steps=game["max_steps"], epsilon=game["epsilon"])


def _in_turn(name: str, game: Mapping[str, Any]) -> Task:
    return InTurn(_MADE[game["task"]["kind"]](game["name"], game["task"]))


_MADE: dict[str, Callable[[str, Mapping[str, Any]], Task]] = {
    "matrix": _matrix,
    "grid": _on_map(GridTask),
    "kitchen": _on_map(OvercookedTask),
    "in-turn": _in_turn,
}
"""Kind of game -> makes the task of a name anew."""
