"""Maps of tiles as text: reading, checking, moving, mirrors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom import ToMError
from eval.tasks.files.text import read_text

Cell: TypeAlias = tuple[int, int]
"""Row and column, from 0 at the top left."""

DIRECTIONS: dict[str, Cell] = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
STARTS = "12"

MEMORY_BUDGET = 2 << 30
"""Bytes that building a table may take unless told otherwise."""


class MapError(ToMError):
    """A map that cannot be played on; the message names line and column, counted from 1."""


@dataclass(frozen=True)
class TileMap:
    """A rectangle of tiles with one start for each of two players.

    Attributes:
        rows: one string per row, all of the same length.
        floor: the tiles that players can stand on, starts included.
        first_line: the line of its file that the first row stands on.
    """

    rows: tuple[str, ...]
    floor: str
    first_line: int = 1

    def place(self, cell: Cell) -> str:
        """Line and column of a cell in the file, from 1."""
        return f"line {cell[0] + self.first_line}, column {cell[1] + 1}"

    def tiles(self) -> Iterator[tuple[Cell, str]]:
        """Every cell with its tile, row by row."""
        for r, row in enumerate(self.rows):
            for c, tile in enumerate(row):
                yield (r, c), tile

    @cached_property
    def cells(self) -> list[Cell]:
        """The C cells that players can stand on, row by row."""
        return [cell for cell, tile in self.tiles() if tile in self.floor]

    @cached_property
    def index(self) -> dict[Cell, int]:
        """Cell -> its place in ``cells``."""
        return {cell: i for i, cell in enumerate(self.cells)}

    @cached_property
    def starts(self) -> tuple[Cell, Cell]:
        """Where the two players begin."""
        found = {tile: cell for cell, tile in self.tiles() if tile in STARTS}
        return found["1"], found["2"]

    @cached_property
    def moves(self) -> NDArray[np.int32]:
        """``[C, 4]``: the cell reached in each direction; one's own where the way is blocked."""
        return np.array(
            [
                [self.index.get((r + dr, c + dc), i) for dr, dc in DIRECTIONS.values()]
                for i, (r, c) in enumerate(self.cells)
            ],
            dtype=np.int32,
        )

    def mirror(self) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
        """A symmetry of the map that swaps the players: ``[C]`` cells and ``[4]`` directions.

        Tried in turn: left-right, up-down, half turn, and on square maps the two diagonals.
        """
        height, width = len(self.rows), len(self.rows[0])
        reflections: list[Callable[[int, int], Cell]] = [
            lambda r, c: (r, width - 1 - c),
            lambda r, c: (height - 1 - r, c),
            lambda r, c: (height - 1 - r, width - 1 - c),
        ]
        if height == width:
            reflections += [lambda r, c: (c, r), lambda r, c: (height - 1 - c, height - 1 - r)]
        swapped = str.maketrans("12", "21")
        tiles = dict(self.tiles())
        for reflect in reflections:
            if all(tiles[reflect(*cell)] == tile.translate(swapped) for cell, tile in tiles.items()):
                cells = [self.index[reflect(*cell)] for cell in self.cells]
                r0, c0 = reflect(0, 0)
                seen = [(r - r0, c - c0) for r, c in (reflect(dr, dc) for dr, dc in DIRECTIONS.values())]
                directions = [list(DIRECTIONS.values()).index(step) for step in seen]
                return np.array(cells, dtype=np.int32), np.array(directions, dtype=np.int32)
        return None


def parse(text: str, *, floor: str, other: str, what: str = "the map") -> TileMap:
    """A map from text.

    Args:
        text: one line per row; empty lines at the beginning and the end don't count.
        floor: tiles that players can stand on, besides the starts ``1`` and ``2``.
        other: every other known tile.
        what: how errors call the map.

    Raises:
        MapError: empty or ragged, an unknown tile, a start missing or given twice.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    skipped = 0
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    rows = lines[skipped:]
    if not rows:
        raise MapError(f"{what} is empty; write one line of tiles per row")
    tiles = TileMap(tuple(rows), STARTS + floor, skipped + 1)
    _check_tiles(tiles, STARTS + floor + other, what)
    for row, tile_row in enumerate(rows):
        if len(tile_row) != len(rows[0]):
            raise MapError(
                f"{what} is ragged: line {skipped + 1 + row} ends at column {len(tile_row)}, line "
                f"{skipped + 1} at column {len(rows[0])}; make all lines equally long"
            )
    return tiles


def _check_tiles(tiles: TileMap, known: str, what: str) -> None:
    seen: dict[str, str] = {}
    for cell, tile in tiles.tiles():
        if tile not in known:
            raise MapError(
                f"{what} has the unknown tile {tile!r} at {tiles.place(cell)}; known are "
                f"{' '.join(map(repr, known))}"
            )
        if tile in STARTS and tile in seen:
            raise MapError(
                f"{what} has the start of player {tile} twice, at {seen[tile]} and at "
                f"{tiles.place(cell)}; keep one"
            )
        seen[tile] = tiles.place(cell)
    for tile in STARTS:
        if tile not in seen:
            last = len(tiles.rows) - 1
            raise MapError(
                f"{what} has no start of player {tile} from {tiles.place((0, 0))} to "
                f"{tiles.place((last, len(tiles.rows[last]) - 1))}; mark a free tile with {tile!r}"
            )


def read(path: Path, what: str) -> str:
    """The text of a map file.

    Raises:
        MapError: the file cannot be read, or is no UTF-8 text.
    """
    return read_text(path, what, MapError)


def check_budget(what: str, needed: int, budget: int) -> None:
    """Refuse a table that would not fit, before it is built.

    Raises:
        MapError: ``needed`` bytes exceed ``budget``.
    """
    if needed > budget:
        raise MapError(
            f"the table of {what} would take up to {needed / 2**30:.1f} GiB, the budget is "
            f"{budget / 2**30:.1f} GiB; use a smaller map, or raise the budget"
        )


def named(cell: Cell) -> str:
    """A cell in words, rows and columns counted from 1 at the top left."""
    return f"row {cell[0] + 1}, column {cell[1] + 1}"
