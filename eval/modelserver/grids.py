"""Grid games from a map and sentences about positions and goals."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from atom.policies import same_policy
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
    """Label -> 1 for the chosen move and 0 for the others; where it does what is expected of it, that chance.

    It acts on what it is told. Below the other's order it does what the other expects of it. Told that the
    other does what a player of the order below would do here, it plans its answer to such a player over the
    whole way; told anything else, it takes a move that costs least against that, and of those the one that
    its order takes (0 where the prompt leaves it open). The way after the next move, which no prompt tells,
    it counts with the project's own planner.

    Raises:
        UnreadableError: map, goals or positions are not said.
    """
    if question.seems is not None and question.order is not None and question.order < question.seems:
        return {label: question.wished.get(action, 0.0) for label, action in question.options.items()}
    rows = _rows(question)
    text = "\n".join(question.game)
    goals = {name: (int(r) - 1, int(c) - 1) for name, r, c in _GOAL.findall(text)}
    cells = {name: (int(r) - 1, int(c) - 1) for name, r, c in _AT.findall(text)}
    if set(goals) != set(question.players) or set(cells) != set(question.players):
        raise UnreadableError(f"goals are told of {sorted(goals)}, positions of {sorted(cells)}")
    first, second = question.players
    other = second if first == question.me else first
    told = tuple(question.expected.get(other, {}).items()) if question.order != 0 else ()
    board = _Board(
        rows, goals[second], goals[first], cells[first], cells[second], 0 if first == question.me else 1
    )
    best = _best(board, question.order or 0, told)
    return {label: float(action == best) for label, action in question.options.items()}


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


class _Board(NamedTuple):
    """A map, who starts and stands where, and which of both is asked."""

    rows: tuple[str, ...]
    start_first: tuple[int, int]
    start_second: tuple[int, int]
    first: tuple[int, int]
    second: tuple[int, int]
    seat: int


@lru_cache(maxsize=4096)
def _best(board: _Board, order: int, told: tuple[tuple[str, float], ...]) -> str:
    task = _task(board.rows, board.start_first, board.start_second)
    index = task.map.index[board.first] * len(task.map.cells) + task.map.index[board.second]
    situation = task.situation({"index": index, "step": 0})
    me, other = task.players[board.seat], task.players[1 - board.seat]
    reasoner = task.reasoner()
    policy = reasoner.policy(situation, me, order)
    planned = max(policy, key=lambda action: policy[action])
    if not told or (order > 0 and same_policy(dict(told), reasoner.policy(situation, other, order - 1))):
        return planned
    best = reasoner.best_actions(situation, me, {other: dict(told)})
    if planned in best:
        return planned
    return next(action for action in situation.legal(me) if action in best)


@lru_cache(maxsize=16)
def _task(rows: tuple[str, ...], start_first: tuple[int, int], start_second: tuple[int, int]) -> GridTask:
    tiles = [list(row) for row in rows]
    for (row, column), mark in ((start_first, "1"), (start_second, "2")):
        tiles[row][column] = mark
    return GridTask("as read", "\n".join("".join(row) for row in tiles))
