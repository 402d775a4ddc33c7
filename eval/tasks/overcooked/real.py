"""The same kitchens inside the real ``overcooked-ai`` package (extra: ``overcooked``)."""

from __future__ import annotations

import contextlib
import importlib
import io
import warnings
from typing import Any

import numpy as np

from atom import ToMError
from eval.tasks.maps import STARTS
from eval.tasks.overcooked.dynamics import (
    FULL,
    HELD,
    INTERACT,
    NOTHING,
    SOUP,
    STAY,
    Kitchen,
)
from eval.tasks.overcooked.layout import COUNTER, FLOOR, POT

_VECTORS = ((0, -1), (0, 1), (-1, 0), (1, 0))
"""Up, down, left, right as the package writes directions: (x, y)."""

_ORDER = {"ingredients": ["onion"] * FULL}


class MissingExtraError(ToMError):
    """An optional package is needed that is not installed; the message names the command."""


def package(module: str) -> Any:
    """A module of ``overcooked_ai_py``.

    Raises:
        MissingExtraError: the package is not installed.
    """
    if not hasattr(np, "Inf"):
        # The package still says np.Inf, which numpy 2 took away.
        setattr(np, "Inf", np.inf)  # noqa: B010
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            return importlib.import_module(f"overcooked_ai_py.{module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("overcooked_ai_py", "gym", "scipy"):
            raise
        raise MissingExtraError(
            "the real Overcooked environment needs the package 'overcooked-ai'; install it with "
            "pip install 'langgraph-atom[overcooked]'"
        ) from None


class RealKitchen:
    """A kitchen of the real package, driven with the codes of ``Kitchen``.

    Args:
        kitchen: the kitchen to play in; it also says which interactions are guarded.

    Raises:
        MissingExtraError: the package is not installed.
    """

    def __init__(self, kitchen: Kitchen) -> None:
        self.kitchen = kitchen
        self._package = package("mdp.overcooked_mdp")
        self.mdp = self._package.OvercookedGridworld.from_grid(
            list(kitchen.layout.map.rows),
            params_to_overwrite={"start_all_orders": [_ORDER], "cook_time": kitchen.layout.cook_time},
        )
        self._pots = [(column, row) for row, column in kitchen.layout.pots]

    def state(self, code: int) -> Any:
        """The package's state of a code below ``kitchen.size``."""
        first, second, pots = self.kitchen.unpack(code)
        players = [self._player(cook) for cook in (first, second)]
        objects = {
            place: self._soup(place, min(pot, FULL), pot - FULL if pot > FULL else -1)
            for place, pot in zip(self._pots, pots, strict=True)
            if pot
        }
        return self._package.OvercookedState(players, objects, all_orders=[_ORDER])

    def code(self, state: Any) -> int:
        """The code of a state of the package in which nothing lies on a counter."""
        pots = [0] * len(self._pots)
        for place, soup in state.objects.items():
            if place not in self._pots:
                raise ValueError(f"something lies on the counter at {place}, which no code can say")
            pots[self._pots.index(place)] = len(soup.ingredients) + max(soup._cooking_tick, 0)  # noqa: SLF001
        first, second = map(self._cook, state.players)
        return self.kitchen.code(first, second, self.kitchen.joined(pots))

    def step(self, code: int, first: int, second: int) -> tuple[int, float]:
        """What follows when both cooks act (indices of ``ACTIONS``): the next code and the reward.

        After a delivery the code is ``kitchen.size``.
        """
        after, reward = self.transition(self.state(code), *guarded(self.kitchen, code, first, second))
        return (self.kitchen.size if reward else self.code(after)), reward

    def transition(self, state: Any, first: int, second: int) -> tuple[Any, float]:
        """One step of the package itself, without guards: the next state and the reward."""
        # Recipes are settings of a class, so another kitchen may have changed them.
        self._package.Recipe.configure(self.mdp.recipe_config)
        joint = tuple(
            "interact" if a == INTERACT else (0, 0) if a == STAY else _VECTORS[a] for a in (first, second)
        )
        after, infos = self.mdp.get_state_transition(state, joint)
        return after, float(sum(infos["sparse_reward_by_agent"]))

    def _player(self, cook: int) -> Any:
        row, column = self.kitchen.layout.map.cells[cook >> 4]
        held, place = cook & 3, (column, row)
        thing = None
        if held == SOUP:
            thing = self._soup(place, FULL, self.kitchen.layout.cook_time)
        elif held != NOTHING:
            thing = self._package.ObjectState(HELD[held], place)
        return self._package.PlayerState(place, _VECTORS[cook >> 2 & 3], thing)

    def _soup(self, place: tuple[int, int], onions: int, tick: int) -> Any:
        return self._package.SoupState.get_soup(place, num_onions=onions, cooking_tick=tick)

    def _cook(self, player: Any) -> int:
        column, row = player.position
        held = NOTHING if player.held_object is None else HELD.index(player.held_object.name)
        cell = self.kitchen.layout.map.index[row, column]
        facing = int(self.kitchen.turn[cell, _VECTORS.index(tuple(player.orientation))])
        return (cell * 4 + facing) * 4 + held


def guarded(kitchen: Kitchen, code: int, first: int, second: int) -> tuple[int, int]:
    """Both actions with the guards applied: what the table does not model becomes STAY.

    The first cook's interaction comes before the second's, so the second is judged after it.
    """
    cooks, pots = kitchen.unpack(code)[:2], list(kitchen.unpack(code)[2])
    actions = []
    for cook, action in zip(cooks, (first, second), strict=True):
        if action == INTERACT:
            faced = kitchen.layout.facing[cook >> 4, cook >> 2 & 3]
            at = int(kitchen.target[cook])
            early = faced == POT and cook & 3 == NOTHING and 0 < pots[at] < FULL
            pots[at] = int(kitchen.pots[cook, pots[at]])
            actions.append(STAY if faced in FLOOR + STARTS + COUNTER or early else INTERACT)
        else:
            actions.append(action)
    return actions[0], actions[1]
