"""Boards as plain data, which pages draw (``eval/web/static/board.js``): grids, kitchens, tables, words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from atom import JointAction
from eval.tasks.base import State, Task
from eval.tasks.grid import GridTask
from eval.tasks.matrix import MatrixTask
from eval.tasks.overcooked import OvercookedTask

_LARGEST_TABLE = 8


@dataclass(frozen=True, slots=True)
class Board:
    """How the states of a task are drawn.

    Attributes:
        kind: ``"grid"`` and ``"kitchen"`` have ``rows`` of tiles, ``"matrix"`` a table of payoffs.
        content: what does not change, JSON-serialisable.
        frame: from a state to what does: a grid's cells ``[r, c, r, c]``, a kitchen's ``[r, c, facing,
            held, r, c, facing, held, pot]`` (empty when the soup is served), words, or None.
    """

    kind: Literal["grid", "kitchen", "matrix", "words"]
    content: dict[str, Any] = field(default_factory=dict)
    frame: Callable[[State], Any] = lambda _: None


def board_of(task: Task) -> Board:
    """The board of a task; words for tasks of no known kind."""
    if isinstance(task, GridTask):
        return Board("grid", {"rows": list(task.map.rows)}, lambda state: [*sum(task.where(state), ())])
    if isinstance(task, OvercookedTask):
        return Board(
            "kitchen", {"rows": list(task.layout.map.rows), "ready": task.kitchen.ready}, _kitchen_frame(task)
        )
    if isinstance(task, MatrixTask) and len(task.players) == 2:
        actions = task.situation(task.start()).actions
        names = [list(actions[player]) for player in task.players]
        if max(map(len, names)) <= _LARGEST_TABLE:
            return Board("matrix", {"actions": names, "payoffs": task.payoffs.tolist()})
    if isinstance(task, MatrixTask):
        return Board("words")
    return Board("words", frame=task.describe)


def frames_of(task: Task, board: Board, actions: Iterable[JointAction]) -> list[Any]:
    """What changes on a board in an episode, before every step and at the end: ``[T + 1]``.

    Args:
        task: what was played.
        board: its board.
        actions: the joint action of every step.
    """
    state, frames = task.start(), []
    for joint in actions:
        frames.append(board.frame(state))
        state = task.step(state, joint).state
    return [*frames, board.frame(state)]


def _kitchen_frame(task: OvercookedTask) -> Callable[[State], list[int]]:
    def frame(state: State) -> list[int]:
        code = int(task.table.codes[state["index"]])
        if code == task.kitchen.size:
            return []
        *cooks, pots = task.kitchen.unpack(code)
        found: list[int] = []
        for cook in cooks:
            row, column = task.layout.map.cells[cook >> 4]
            found += [row, column, cook >> 2 & 3, cook & 3]
        return [*found, *pots]

    return frame
