"""Boards drawn with Pillow (extra: ``pictures``)."""

from __future__ import annotations

import math
from typing import Any

from eval.show.replay.frames import BoardTask
from eval.tasks import GridTask, OvercookedTask, State
from eval.tasks.maps import DIRECTIONS, STARTS, Cell
from eval.tasks.overcooked.dynamics import FULL
from eval.tasks.overcooked.layout import COUNTER, DISHES, ONIONS, POT, SERVING

TILE = 64
# Okabe and Ito's colours, safe for colour-blind readers.
PLAYERS = ("#0072B2", "#D55E00")
INK, PAPER, FLOOR, WALL, WOOD, LINE = "#1b1b1b", "#ffffff", "#f4f1ea", "#4a4a4a", "#c9a878", "#d8d4ca"
_ONION, _DISH, _SOUP, _STEEL, _SERVE = "#e8c547", "#ffffff", "#b5542b", "#3d4650", "#8fb996"
_THINGS = (None, _ONION, _DISH, _SOUP)


def board_size(task: BoardTask) -> tuple[int, int]:
    """Width and height of the board's picture in pixels."""
    rows = _rows(task)
    return len(rows[0]) * TILE, len(rows) * TILE


def draw_board(canvas: Any, fonts: Any, task: BoardTask, state: State, at: tuple[int, int]) -> None:
    """Draw the board of ``state`` with its upper left corner at pixel ``at``.

    Args:
        canvas: a ``PIL.ImageDraw.Draw``.
        fonts: ``fonts(size)`` gives a font.
        task: what is played.
        state: the task's state.
        at: x and y in pixels.
    """
    if isinstance(task, GridTask):
        _draw_grid(canvas, fonts, task, state, at)
    else:
        _draw_kitchen(canvas, fonts, task, state, at)


def _rows(task: BoardTask) -> tuple[str, ...]:
    return task.map.rows if isinstance(task, GridTask) else task.layout.map.rows


def _corner(cell: Cell, at: tuple[int, int]) -> tuple[int, int]:
    return at[0] + cell[1] * TILE, at[1] + cell[0] * TILE


def _draw_grid(canvas: Any, fonts: Any, task: GridTask, state: State, at: tuple[int, int]) -> None:
    goals = {task.map.starts[1]: 0, task.map.starts[0]: 1}
    for cell, tile in task.map.tiles():
        x, y = _corner(cell, at)
        canvas.rectangle(
            (x, y, x + TILE - 1, y + TILE - 1), fill=WALL if tile == "#" else FLOOR, outline=LINE
        )
        if cell in goals:
            colour = PLAYERS[goals[cell]]
            canvas.rounded_rectangle((x + 6, y + 6, x + TILE - 7, y + TILE - 7), 8, outline=colour, width=3)
            canvas.text((x + 12, y + 9), f"goal {goals[cell] + 1}", fill=colour, font=fonts(12))
    for player, cell in enumerate(task.where(state)):
        x, y = _corner(cell, at)
        _disc(canvas, x + TILE // 2, y + TILE // 2 + 4, 19, PLAYERS[player])
        _centred(canvas, fonts(20), x + TILE // 2, y + TILE // 2 + 4, str(player + 1), PAPER)


def _draw_kitchen(canvas: Any, fonts: Any, task: OvercookedTask, state: State, at: tuple[int, int]) -> None:
    code = int(task.table.codes[state["index"]])
    served = code == task.kitchen.size
    first, second, pots = task.kitchen.unpack(0 if served else code)
    in_pot = dict(zip(task.layout.pots, pots, strict=True))
    for cell, tile in task.layout.map.tiles():
        x, y = _corner(cell, at)
        floor = tile in STARTS or tile == " "
        canvas.rectangle((x, y, x + TILE - 1, y + TILE - 1), fill=FLOOR if floor else WOOD, outline=LINE)
        if not floor and tile != COUNTER:
            pot = (0 if served else in_pot.get(cell, 0)), task.kitchen.ready
            _draw_station(canvas, fonts, tile, (x + TILE // 2, y + TILE // 2), pot)
    if served:
        width, height = board_size(task)
        x, y = at[0] + width // 2, at[1] + height // 2
        canvas.rounded_rectangle((x - 70, y - 20, x + 70, y + 20), 10, fill=_SERVE, outline=INK)
        _centred(canvas, fonts(20), x, y, "served", INK)
        return
    for player, cook in enumerate((first, second)):
        x, y = _corner(task.layout.map.cells[cook >> 4], at)
        _draw_cook(canvas, fonts, player, cook, (x + TILE // 2, y + TILE // 2))


def _draw_station(canvas: Any, fonts: Any, tile: str, centre: tuple[int, int], pot: tuple[int, int]) -> None:
    x, y = centre
    if tile == ONIONS:
        for dx, dy in ((-9, 5), (9, 5), (0, -9)):
            _disc(canvas, x + dx, y + dy, 10, _ONION)
    elif tile == DISHES:
        for dy in (7, 0, -7):
            canvas.ellipse((x - 20, y + dy - 9, x + 20, y + dy + 9), fill=_DISH, outline=INK)
    elif tile == SERVING:
        canvas.rectangle(
            (x - TILE // 2 + 1, y - TILE // 2 + 1, x + TILE // 2 - 2, y + TILE // 2 - 2), fill=_SERVE
        )
        _centred(canvas, fonts(13), x, y, "serve", INK)
    elif tile == POT:
        _disc(canvas, x, y, 25, _STEEL)
        _draw_pot(canvas, fonts, centre, *pot)


def _draw_pot(canvas: Any, fonts: Any, centre: tuple[int, int], pot: int, ready: int) -> None:
    x, y = centre
    if pot <= FULL:
        for i in range(FULL):
            angle = math.tau * i / FULL - math.pi / 2
            filled = i < pot
            _disc(
                canvas,
                x + round(11 * math.cos(angle)),
                y + round(11 * math.sin(angle)),
                7,
                _ONION if filled else _STEEL,
                outline=_ONION,
            )
        return
    _disc(canvas, x, y, 19, _SOUP)
    done = (pot - FULL) / (ready - FULL)
    canvas.arc((x - 25, y - 25, x + 25, y + 25), -90, -90 + 360 * done, fill=_ONION, width=5)
    _centred(canvas, fonts(13), x, y, "ready" if pot == ready else str(ready - pot), PAPER)


def _draw_cook(canvas: Any, fonts: Any, player: int, cook: int, centre: tuple[int, int]) -> None:
    x, y = centre
    dy, dx = list(DIRECTIONS.values())[cook >> 2 & 3]
    tip = (x + 29 * dx, y + 29 * dy)
    sides = [(x + 17 * dx + 9 * s * dy, y + 17 * dy + 9 * s * dx) for s in (-1, 1)]
    canvas.polygon([tip, *sides], fill=PLAYERS[player])
    _disc(canvas, x, y, 19, PLAYERS[player])
    _centred(canvas, fonts(20), x, y, str(player + 1), PAPER)
    thing = _THINGS[cook & 3]
    if thing is not None:
        # Beside the cook, on the side that it does not face.
        _disc(canvas, x - 17 * dx + 15 * abs(dy), y - 17 * dy - 15 * abs(dx), 10, thing)


def _disc(canvas: Any, x: int, y: int, radius: int, fill: str, outline: str = INK) -> None:
    canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill, outline=outline)


def _centred(canvas: Any, font: Any, x: int, y: int, text: str, fill: str) -> None:
    canvas.text((x, y), text, fill=fill, font=font, anchor="mm")
