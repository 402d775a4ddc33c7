"""One-pot kitchens as text maps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from eval.tasks.maps import DIRECTIONS, STARTS, MapError, TileMap, parse

FLOOR, COUNTER, ONIONS, DISHES, POT, SERVING = " XODPS"

SMALL = "XXPXX\nO1 2O\nD   D\nXXSXX"
RING = "XXXPXXX\nO1   2O\nX XXX X\nD     D\nXXXSXXX"


@dataclass(frozen=True)
class Layout:
    """A kitchen with one pot for two cooks.

    Tiles: `` `` floor, ``1`` and ``2`` where the cooks begin, ``X`` counter, ``O`` onions, ``D``
    dishes, ``P`` pot, ``S`` serving place. The border is not floor.
    """

    map: TileMap

    @cached_property
    def facing(self) -> NDArray[np.str_]:
        """``[C, 4]``: the tile that a cook sees from each floor cell in each direction."""
        rows = self.map.rows
        return np.array([[rows[r + dr][c + dc] for dr, dc in DIRECTIONS.values()] for r, c in self.map.cells])

    @property
    def pot_places(self) -> int:
        """From how many cells the pot can be reached."""
        return int((self.facing == POT).any(axis=1).sum())


def parse_layout(text: str, what: str = "the layout") -> Layout:
    """A layout from text.

    Raises:
        MapError: as for every map, and for an open border, more than one pot, or no pot, onions, dishes
            or serving place; line and column are named.
    """
    tiles = parse(text, floor=FLOOR, other=COUNTER + ONIONS + DISHES + POT + SERVING, what=what)
    height, width = len(tiles.rows), len(tiles.rows[0])
    for (r, c), tile in tiles.tiles():
        if tile in tiles.floor and (r in (0, height - 1) or c in (0, width - 1)):
            raise MapError(
                f"{what} is open at {tiles.place((r, c))}; close the border with counters ({COUNTER!r})"
            )
    pots = [tiles.place(cell) for cell, tile in tiles.tiles() if tile == POT]
    if len(pots) > 1:
        raise MapError(
            f"{what} has {len(pots)} pots, at {' and at '.join(pots)}; the table is for one, keep one"
        )
    for tile, name in ((POT, "pot"), (ONIONS, "onions"), (DISHES, "dishes"), (SERVING, "serving place")):
        if not any(tile in row for row in tiles.rows):
            raise MapError(
                f"{what} has no {name} in lines {tiles.first_line} to {tiles.first_line + height - 1}, "
                f"columns 1 to {width}; mark one with {tile!r}"
            )
    layout = Layout(tiles)
    _check_reach(layout, what)
    return layout


def _check_reach(layout: Layout, what: str) -> None:
    # A cook who plans alone (ToM-0) has to be able to do all of the work.
    tiles = layout.map
    for player, start in zip(STARTS, tiles.starts, strict=True):
        reached, frontier = set[int](), {tiles.index[start]}
        while frontier:
            reached |= frontier
            frontier = {int(cell) for here in frontier for cell in tiles.moves[here]} - reached
        seen = set(layout.facing[sorted(reached)].flat)
        for tile in (ONIONS, POT, DISHES, SERVING):
            if tile not in seen:
                raise MapError(
                    f"{what} has no path for player {player} from {tiles.place(start)} to any {tile!r}; "
                    "each cook must be able to serve alone, open a counter"
                )
