"""Grid games from a map and sentences about positions and goals."""

from __future__ import annotations

import re
from functools import lru_cache

from eval.modelserver.reading import Question, UnreadableError
from eval.tasks import GridTask

_MAP = "Map ("
_GOAL = re.compile(r"[Tt]he goal of (\S+) is row (\d+), column (\d+)")
_AT = re.compile(r"(\S+) is at row (\d+), column (\d+)")
_ROW = re.compile(r"^[.#]+$")


def is_grid(question: Question) -> bool:
    """Whether the game is told by a map."""
    return any(line.startswith(_MAP) for line in question.game)


def grid_values(question: Question) -> dict[str, float]:
    """Label -> 1 for the planned move and 0 for the others.

    Order 0 plans its own way; a higher order k plans its answer to a partner of order k - 1 over the
    whole way. Where the prompt leaves the order open, it is 0.

    Raises:
        UnreadableError: map, goals or positions are not said.
    """
    rows = _rows(question)
    text = "\n".join(question.game)
    goals = {name: (int(r) - 1, int(c) - 1) for name, r, c in _GOAL.findall(text)}
    cells = {name: (int(r) - 1, int(c) - 1) for name, r, c in _AT.findall(text)}
    if set(goals) != set(question.players) or set(cells) != set(question.players):
        raise UnreadableError(f"goals are told of {sorted(goals)}, positions of {sorted(cells)}")
    first, second = question.players
    planned = _planned(
        rows,
        goals[second],
        goals[first],
        cells[first],
        cells[second],
        first == question.me,
        question.order or 0,
    )
    return {label: float(action == planned) for label, action in question.options.items()}


def _rows(question: Question) -> tuple[str, ...]:
    start = next(i for i, line in enumerate(question.game) if line.startswith(_MAP)) + 1
    rows = []
    for line in question.game[start:]:
        if not _ROW.match(line):
            break
        rows.append(line)
    if not rows:
        raise UnreadableError("no row follows the words about the map")
    return tuple(rows)


@lru_cache(maxsize=4096)
def _planned(
    rows: tuple[str, ...],
    start_first: tuple[int, int],
    start_second: tuple[int, int],
    first: tuple[int, int],
    second: tuple[int, int],
    is_first: bool,
    order: int,
) -> str:
    task = _task(rows, start_first, start_second)
    index = task.map.index[first] * len(task.map.cells) + task.map.index[second]
    situation = task.situation({"index": index, "step": 0})
    player = task.players[0 if is_first else 1]
    policy = task.reasoner().policy(situation, player, order)
    return max(policy, key=lambda action: policy[action])


@lru_cache(maxsize=16)
def _task(rows: tuple[str, ...], start_first: tuple[int, int], start_second: tuple[int, int]) -> GridTask:
    tiles = [list(row) for row in rows]
    for (row, column), mark in ((start_first, "1"), (start_second, "2")):
        tiles[row][column] = mark
    return GridTask("as read", "\n".join("".join(row) for row in tiles))
