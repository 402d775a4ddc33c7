"""Grid games: two players on a small map, each on its way to where the other began (paper, "Grid")."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from atom import TabularModel
from atom.reasoning.tables import UNREACHABLE, Mirror, Solo, shortest_costs
from eval.tasks.base import State
from eval.tasks.files.gridmap import grid_rows
from eval.tasks.maps import (
    DIRECTIONS,
    MEMORY_BUDGET,
    Cell,
    MapError,
    TileMap,
    check_budget,
    named,
    parse,
    read,
)
from eval.tasks.tabular import TabularTask

ACTIONS = (*DIRECTIONS, "stay")
MAX_STEPS = 30
GAME_ONE = "1...2\n....."
GAME_TWO = "1...2\n#.#.#"
_BYTES_PER_STATE = 300


class GridTask(TabularTask):
    """Two players who move at once, each with its own goal; in each other's way they stay.

    Tiles: ``1`` and ``2`` are the starts, and each player's goal is the other's start; ``.`` is free,
    ``#`` a wall. A move into a wall or off the map is a stay; if both would stand on one cell, or
    would swap cells, both stay. A step costs 1 for each player that is not on its goal.

    Args:
        name: as given on the command line.
        text: the map, one line per row; see ``eval.tasks.files.gridmap`` for what may stand beside it.
        max_steps: the cap on an episode's length.
        epsilon: lapse rate of the reasoner's policies.
        budget: bytes that the table may take.

    Raises:
        MapError: a map that cannot be played on; line and column are named.
    """

    def __init__(
        self,
        name: str,
        text: str,
        *,
        max_steps: int = MAX_STEPS,
        epsilon: float = 0.0,
        budget: int = MEMORY_BUDGET,
    ) -> None:
        super().__init__(name, text, max_steps=max_steps, epsilon=epsilon)
        what = f"the map of {name!r}"
        self.map = parse(grid_rows(text, what), floor=".", other="#", what=what)
        check_budget(f"{name!r}", len(self.map.cells) ** 2 * _BYTES_PER_STATE, budget)
        self._check_paths()

    def build(self) -> TabularModel:
        """State ``first * C + second`` for the cells of the two players."""
        return grid_model(self.map)

    def where(self, state: State) -> tuple[Cell, Cell]:
        """The cells of the two players."""
        first, second = divmod(state["index"], len(self.map.cells))
        return self.map.cells[first], self.map.cells[second]

    def rules(self) -> str:
        """The rules and the map in words."""
        first, second = self.players
        walls = "\n".join(row.replace("1", ".").replace("2", ".") for row in self.map.rows)
        return (
            f"{first} and {second} move on a grid, both at the same time, one cell a step. Each wants to "
            "stand on its own goal; the game ends when both do, and every step until then costs both. A "
            "move into a wall or off the map leaves a player where it is. If both would enter the "
            "same cell, or would swap cells, both stay where they are.\n"
            f"Map (# is a wall, . is free):\n{walls}\n"
            f"The goal of {first} is {named(self.map.starts[1])}; the goal of {second} is "
            f"{named(self.map.starts[0])}."
        )

    def positions(self, state: State) -> str:
        """Where the players are, in words."""
        cells = zip(self.players, self.where(state), strict=True)
        return " ".join(f"{player} is at {named(cell)}." for player, cell in cells)

    def _check_paths(self) -> None:
        solo = _solo(self.map)
        steps = shortest_costs(solo.next, solo.cost, solo.terminal)
        first, second = map(self.map.place, self.map.starts)
        if steps[self.map.index[self.map.starts[0]]] == UNREACHABLE:
            raise MapError(
                f"the map of {self.name!r} has no path between the starts of the players at {first} and "
                f"at {second}; open a wall"
            )
        # Two players who can each arrive alone may still have no room to pass each other.
        if self.optimum == UNREACHABLE:
            raise MapError(
                f"the map of {self.name!r} has no room to pass between the starts at {first} and at "
                f"{second}; widen the way somewhere"
            )


def grid_model(tiles: TileMap) -> TabularModel:
    """Tables of a grid game: C cells, S = C² states, A = 5 actions."""
    n = len(tiles.cells)
    states = np.arange(n * n)
    first, second = (cells[:, None, None] for cells in np.divmod(states, n))
    moves = np.concatenate([tiles.moves, np.arange(n, dtype=np.int32)[:, None]], axis=1)
    to_first = moves[first[:, 0, 0]][:, :, None]
    to_second = moves[second[:, 0, 0]][:, None, :]
    blocked = (to_first == to_second) | ((to_first == second) & (to_second == first))
    following = np.where(blocked, first, to_first) * n + np.where(blocked, second, to_second)
    goals = tiles.index[tiles.starts[1]], tiles.index[tiles.starts[0]]
    cost = (first != goals[0]).astype(np.int32) + (second != goals[1])
    mirror = None
    found = tiles.mirror()
    if found is not None:
        cells, directions = found
        mirror = Mirror(
            cells[second[:, 0, 0]] * n + cells[first[:, 0, 0]],
            np.append(directions, len(directions)).astype(np.int32),
        )
    return TabularModel(
        next=following.astype(np.int32),
        cost=cost[:, 0, 0],
        terminal=cost[:, 0, 0] == 0,
        starts=(goals[1] * n + goals[0],),
        actions=ACTIONS,
        solo=_solo(tiles),
        mirror=mirror,
    )


def _solo(tiles: TileMap) -> Solo:
    """Either player alone: solo state ``player * C + cell``."""
    n = len(tiles.cells)
    moves = np.concatenate([tiles.moves, np.arange(n, dtype=np.int32)[:, None]], axis=1)
    terminal = np.zeros(2 * n, dtype=np.bool_)
    terminal[[tiles.index[tiles.starts[1]], n + tiles.index[tiles.starts[0]]]] = True
    first, second = np.divmod(np.arange(n * n), n)
    return Solo(
        next=np.concatenate([moves, n + moves]),
        cost=(~terminal).astype(np.int32),
        terminal=terminal,
        project=np.stack([first, n + second]).astype(np.int32),
    )


def game_one() -> GridTask:
    """Two open rows (paper, Grid Game 1)."""
    return GridTask("game-1", GAME_ONE)


def game_two() -> GridTask:
    """A corridor with two bays (paper, Grid Game 2)."""
    return GridTask("game-2", GAME_TWO)


def grid_from_file(path: Path, name: str) -> GridTask:
    """A grid game on the map in a text file.

    Raises:
        MapError: the file cannot be read, or the map cannot be played on.
    """
    return GridTask(name, read(path, "the map file"))
