"""Kitchens as ``overcooked-ai`` stores them: ``.layout`` files, each a Python dictionary with a ``grid``.

Of what such a file may say, this project models one order, a soup of three onions, and how long that
cooks. Values and rewards are read over: the score is the number of steps. Everything else that would
change the game is refused, with its line.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from eval.tasks.maps import MapError, Row, lines_of

COOK_TIME = 20
"""Steps that a soup cooks unless the file says otherwise, as in the package."""
MAX_COOK_TIME = 100
SOUP = ("onion", "onion", "onion")

_WITHOUT_EFFECT = frozenset(
    {
        "layout_name",
        "onion_value",
        "tomato_value",
        "tomato_time",
        "recipe_values",
        "order_bonus",
        "delivery_reward",
        "rew_shaping_params",
        "counter_goals",
    }
)
"""What changes rewards, or what nobody can make here."""


@dataclass(frozen=True, slots=True)
class KitchenFile:
    """What a layout says.

    Attributes:
        rows: the grid.
        cook_time: how many steps a soup of three onions cooks, >= 1.
    """

    rows: list[Row]
    cook_time: int = COOK_TIME


@dataclass(frozen=True, slots=True)
class _Said:
    """A value of the dictionary and the line that it begins on."""

    value: Any
    line: int


def kitchen_file(text: str, what: str) -> KitchenFile:
    """A kitchen from the text of a ``.layout`` file, or from a bare grid.

    Args:
        text: a dictionary, or the grid alone, one line per row.
        what: how errors call it.

    Raises:
        MapError: no dictionary, none with a grid, or one that says what nobody models; the line is named.
    """
    if not text.lstrip().startswith("{"):
        return KitchenFile(lines_of(text))
    said = _dictionary(text, what)
    if "grid" not in said or not isinstance(said["grid"].value, str):
        raise MapError(f"{what} has no 'grid' with the tiles as text; is it a .layout file?")
    orders = _orders(said, what)
    return KitchenFile(_grid_rows(text, said["grid"]), _cook_time(said, orders, what))


def _dictionary(text: str, what: str) -> dict[str, _Said]:
    """The dictionary's values by key; nothing in it is run."""
    try:
        # in brackets, so that the text may begin anywhere; the line that they add is taken off again
        root = ast.parse(f"(\n{text}\n)", mode="eval").body
    except SyntaxError as error:
        where = f"line {error.lineno - 1}, " if error.lineno else ""
        raise MapError(f"{what}, {where}is no Python dictionary: {error.msg}; correct it there") from None
    except (ValueError, RecursionError, MemoryError):
        raise MapError(f"{what} is no Python dictionary") from None
    if not isinstance(root, ast.Dict):
        raise MapError(f"{what} is no Python dictionary with a 'grid'")
    said: dict[str, _Said] = {}
    for key, value in zip(root.keys, root.values, strict=True):
        line = value.lineno - 1
        other = MapError(
            f"{what}, line {line}, holds something else than text, numbers, lists and dictionaries; "
            "write it out"
        )
        if key is None:  # a dictionary that is unpacked into this one
            raise other
        try:
            said[str(ast.literal_eval(key))] = _Said(ast.literal_eval(_Infinity().visit(value)), line)
        except (ValueError, TypeError, RecursionError):
            raise other from None
    return said


class _Infinity(ast.NodeTransformer):
    """Writes ``float('inf')``, which some layouts call, as a number."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        return ast.Constant(math.inf) if ast.unparse(node) == "float('inf')" else node


def _grid_rows(text: str, grid: _Said) -> list[Row]:
    """The rows of the grid, spaces around them left out as the package does, and where they stand."""
    lines = text.replace("\r", "").split("\n")
    rows = []
    for number, tiles in enumerate(grid.value.split("\n"), grid.line):
        row = tiles.strip()
        line = lines[number - 1] if number <= len(lines) else ""
        begin = line.find('"""') + 3 if number == grid.line else 0
        rows.append(Row(row, number, max(0, line.find(row, max(0, begin))) + 1))
    while rows and not rows[-1].tiles:
        rows.pop()
    while rows and not rows[0].tiles:
        rows.pop(0)
    return rows


def _orders(said: Mapping[str, _Said], what: str) -> list[tuple[str, ...]]:
    """The orders; refused unless a soup of three onions is the only one."""
    found = []
    for key in ("start_all_orders", "start_bonus_orders"):
        orders = said.get(key)
        if orders is None or not orders.value:
            continue
        try:
            soups = [tuple(order["ingredients"]) for order in orders.value]
        except (TypeError, KeyError):
            raise MapError(f"{what}, line {orders.line}, has {key} that are no list of ingredients") from None
        for soup in soups:
            if soup != SOUP:
                raise MapError(
                    f"{what}, line {orders.line}, orders a soup of {', '.join(map(str, soup))} in {key}; "
                    "only soups of three onions are modelled, leave the others out"
                )
        found += soups if key == "start_all_orders" else []
    if not found:
        line = said["start_all_orders"].line if "start_all_orders" in said else 1
        raise MapError(
            f"{what}, line {line}, orders any soup that there is; only soups of three onions are modelled, "
            "write 'start_all_orders': [{'ingredients': ['onion', 'onion', 'onion']}]"
        )
    if len(found) > 1:
        raise MapError(f"{what}, line {said['start_all_orders'].line}, has one order twice; keep one")
    return found


def _cook_time(said: Mapping[str, _Said], orders: list[tuple[str, ...]], what: str) -> int:
    """How long the soup cooks: by its recipe, by its onions, or as every soup does."""
    for key, (value, line) in ((key, (at.value, at.line)) for key, at in said.items()):
        known = key in (
            "grid",
            "start_all_orders",
            "start_bonus_orders",
            "cook_time",
            "recipe_times",
            "onion_time",
        )
        harmless = key in _WITHOUT_EFFECT or (key, value) in (
            ("num_items_for_soup", len(SOUP)),
            ("old_dynamics", False),
            ("start_state", None),
        )
        if not known and not harmless:
            raise MapError(f"{what}, line {line}, sets {key!r}, which is not modelled; leave it out")
    if (times := said.get("recipe_times")) is not None:
        if not isinstance(times.value, list) or len(times.value) != len(orders):
            _refuse_time(what, times, "recipe_times")
        return _steps(times.value[0], what, times, "recipe_times")
    if (each := said.get("onion_time")) is not None:
        return len(SOUP) * _steps(each.value, what, each, "onion_time")
    if (always := said.get("cook_time")) is not None:
        return _steps(always.value, what, always, "cook_time")
    return COOK_TIME


def _steps(value: Any, what: str, said: _Said, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_COOK_TIME:
        _refuse_time(what, said, key)
    return value


def _refuse_time(what: str, said: _Said, key: str) -> NoReturn:
    raise MapError(
        f"{what}, line {said.line}, has the {key} {said.value!r}; a soup cooks a whole number of steps from "
        f"1 to {MAX_COOK_TIME}"
    )
