"""Kitchens with one pot or two as text maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eval.tasks.files.kitchenfile import COOK_TIME, kitchen_file
from eval.tasks.maps import DIRECTIONS, ONLY_TWO, STARTS, Cell, MapError, TileMap, parse

FLOOR, COUNTER, ONIONS, DISHES, POT, SERVING = " XODPS"

SMALL = "XXPXX\nO1 2O\nD   D\nXXSXX"
RING = "XXXPXXX\nO1   2O\nX XXX X\nD     D\nXXXSXXX"


MOST_POTS = 2
_HINTS = {
    "T": "tomatoes are not modelled, make it a counter 'X' or onions 'O'",
    **ONLY_TWO,
}


@dataclass(frozen=True)
class Layout:
    """A kitchen with one pot or two for two cooks.

    Tiles: `` `` floor, ``1`` and ``2`` where the cooks begin, ``X`` counter, ``O`` onions, ``D``
    dishes, ``P`` pot, ``S`` serving place. The border is not floor.

    Attributes:
        map: the tiles.
        cook_time: how many steps a soup cooks, >= 1.
    """

    map: TileMap
    cook_time: int = COOK_TIME

    @cached_property
    def pots(self) -> list[Cell]:
        """Where the K pots are, row by row."""
        return [cell for cell, tile in self.map.tiles() if tile == POT]

    @cached_property
    def facing(self) -> NDArray[np.str_]:
        """``[C, 4]``: the tile that a cook sees from each floor cell in each direction."""
        rows = self.map.rows
        return np.array([[rows[r + dr][c + dc] for dr, dc in DIRECTIONS.values()] for r, c in self.map.cells])

    @cached_property
    def pot_faced(self) -> NDArray[np.int32]:
        """``[C, 4]``: which pot a cook sees from each floor cell in each direction, -1 for none."""
        index = {cell: k for k, cell in enumerate(self.pots)}
        return np.array(
            [[index.get((r + dr, c + dc), -1) for dr, dc in DIRECTIONS.values()] for r, c in self.map.cells],
            dtype=np.int32,
        )

    @property
    def pot_places(self) -> int:
        """From how many cells the pot can be reached that can be reached from the most."""
        return max(int((self.pot_faced == k).any(axis=1).sum()) for k in range(len(self.pots)))

    def reachable(self, player: int) -> list[int]:
        """The cells that a cook can get to from its start if nobody is in the way, in ascending order."""
        reached, frontier = set[int](), {self.map.index[self.map.starts[player]]}
        while frontier:
            reached |= frontier
            frontier = {int(cell) for here in frontier for cell in self.map.moves[here]} - reached
        return sorted(reached)


def parse_layout(text: str, what: str = "the layout") -> Layout:
    """A layout from text: the tiles alone, or a ``.layout`` file, see ``eval.tasks.files.kitchenfile``.

    Raises:
        MapError: as for every map and every layout file, and for an open border, more than two pots, or no
            pot, onions, dishes or serving place; line and column are named.
    """
    file = kitchen_file(text, what)
    known = COUNTER + ONIONS + DISHES + POT + SERVING
    tiles = parse(file.rows, floor=FLOOR, other=known, what=what, hints=_HINTS)
    height, width = len(tiles.rows), len(tiles.rows[0])
    for (r, c), tile in tiles.tiles():
        if tile in tiles.floor and (r in (0, height - 1) or c in (0, width - 1)):
            raise MapError(
                f"{what} is open at {tiles.place((r, c))}; close the border with counters ({COUNTER!r})"
            )
    layout = Layout(tiles, file.cook_time)
    if len(layout.pots) > MOST_POTS:
        places = " and at ".join(map(tiles.place, layout.pots))
        raise MapError(
            f"{what} has {len(layout.pots)} pots, at {places}; the table is for {MOST_POTS}, make the others "
            f"counters ({COUNTER!r})"
        )
    for tile, name in ((POT, "pot"), (ONIONS, "onions"), (DISHES, "dishes"), (SERVING, "serving place")):
        if not any(tile in row for row in tiles.rows):
            raise MapError(
                f"{what} has no {name} in lines {tiles.origins[0][0]} to {tiles.origins[-1][0]}, "
                f"columns 1 to {width}; mark one with {tile!r}"
            )
    _check_reach(layout, what)
    return layout


def _check_reach(layout: Layout, what: str) -> None:
    # A cook who plans alone (ToM-0) has to be able to do all of the work.
    tiles = layout.map
    for player, start in zip(STARTS, tiles.starts, strict=True):
        seen = set(layout.facing[layout.reachable(STARTS.index(player))].flat)
        for tile in (ONIONS, POT, DISHES, SERVING):
            if tile not in seen:
                raise MapError(
                    f"{what} has no path for player {player} from {tiles.place(start)} to any {tile!r}; "
                    "each cook must be able to serve alone, open a counter"
                )
