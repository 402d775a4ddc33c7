"""Maps of tiles as text: reading, checking, moving, mirrors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

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


ONLY_TWO = dict.fromkeys("3456789", "two players are modelled, make the starts of others free tiles")
"""Tiles of maps for more players -> what to do about them."""


class MapError(ToMError):
    """A map that cannot be played on; the message names line and column, counted from 1."""


@dataclass(frozen=True)
class TileMap:
    """A rectangle of tiles with one start for each of two players.

    Attributes:
        rows: one string per row, all of the same length.
        floor: the tiles that players can stand on, starts included.
        origins: line and column of each row's first tile in its file, from 1; empty where the map is all
            of the file.
    """

    rows: tuple[str, ...]
    floor: str
    origins: tuple[Cell, ...] = ()

    def place(self, cell: Cell) -> str:
        """Line and column of a cell in the file, from 1."""
        line, column = self.origins[cell[0]] if self.origins else (cell[0] + 1, 1)
        return f"line {line}, column {column + cell[1]}"

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


class Row(NamedTuple):
    """A row of tiles, and where it stands in its file: the line and the column of its first tile, from 1."""

    tiles: str
    line: int
    column: int = 1


def lines_of(text: str) -> list[Row]:
    """The lines of a text as rows; empty ones at the beginning and the end don't count."""
    rows = [Row(line, number) for number, line in enumerate(text.replace("\r", "").split("\n"), 1)]
    while rows and not rows[-1].tiles.strip():
        rows.pop()
    while rows and not rows[0].tiles.strip():
        rows.pop(0)
    return rows


def parse(
    rows: Sequence[Row],
    *,
    floor: str,
    other: str,
    what: str = "the map",
    hints: Mapping[str, str] = MappingProxyType(ONLY_TWO),
) -> TileMap:
    """A map from its rows.

    Args:
        rows: see ``lines_of``.
        floor: tiles that players can stand on, besides the starts ``1`` and ``2``.
        other: every other known tile.
        what: how errors call the map.
        hints: unknown tile -> what to do about it.

    Raises:
        MapError: empty or ragged, an unknown tile, a start missing or given twice.
    """
    if not rows:
        raise MapError(f"{what} is empty; write one line of tiles per row")
    tiles = TileMap(
        tuple(row.tiles for row in rows), STARTS + floor, tuple((row.line, row.column) for row in rows)
    )
    _check_tiles(tiles, STARTS + floor + other, what, hints)
    for row in rows:
        if len(row.tiles) != len(rows[0].tiles):
            raise MapError(
                f"{what} is ragged: line {row.line} ends at column {row.column + len(row.tiles) - 1}, line "
                f"{rows[0].line} at column {rows[0].column + len(rows[0].tiles) - 1}; make all lines equally "
                "long"
            )
    return tiles


def _check_tiles(tiles: TileMap, known: str, what: str, hints: Mapping[str, str]) -> None:
    seen: dict[str, str] = {}
    for cell, tile in tiles.tiles():
        if tile not in known:
            hint = f"; {hints[tile]}" if tile in hints else ""
            raise MapError(
                f"{what} has the unknown tile {tile!r} at {tiles.place(cell)}; known are "
                f"{' '.join(map(repr, known))}{hint}"
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
