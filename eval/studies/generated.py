"""Tasks that nobody tuned: random games of five classes, circles, maps, kitchens, by seed and number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from atom.randomness import RandomStream
from atom.reasoning.normal_form import Ties
from eval.tasks import GridTask, MatrixTask, OvercookedTask, Task, one_ahead
from eval.tasks.maps import MapError
from eval.tasks.matrix import action_names

SIZES = (3, 5)
"""Fewest and most actions of a player in a random game."""

_TIES: tuple[Ties, ...] = ("first", "next")
_CIRCLES = (4, 5, 6, 7)
_KITCHENS = 2
_SHORTEST, _LONGEST = 3, 12
"""Of the joint plans of two players on a map: in fewer steps nobody is in the way."""


def _payoffs_common(rng: np.random.Generator) -> NDArray[np.float64]:
    """What both get, uniform in [0, 1)."""
    matrix = rng.random(_shape(rng))
    return np.stack([matrix, matrix])


def _payoffs_ties(rng: np.random.Generator) -> NDArray[np.float64]:
    """What both get, a whole number from 0 to 3, so that many actions are equally good."""
    matrix = rng.integers(4, size=_shape(rng)).astype(float)
    return np.stack([matrix, matrix])


def _payoffs_symmetric(rng: np.random.Generator) -> NDArray[np.float64]:
    """What both get, uniform in [0, 1), whoever of them does which."""
    n = _shape(rng)[0]
    matrix = rng.random((n, n))
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    return np.stack([matrix, matrix])


def _payoffs_battle(rng: np.random.Generator) -> NDArray[np.float64]:
    """Players agree on which joint actions are good, and what one of them likes more the other likes less.

    Good are as many joint actions as the player with fewer actions has, no two with an action in common. They
    pay 1 to 2 to one player and 3 less that to the other, all others nothing.
    """
    rows, columns = _shape(rng)
    n = min(rows, columns)
    good = rng.permutation(rows)[:n], rng.permutation(columns)[:n]
    liked = 1.0 + rng.random(n)
    payoffs = np.zeros((2, rows, columns))
    payoffs[0][good], payoffs[1][good] = liked, 3.0 - liked
    return payoffs


def _payoffs_general(rng: np.random.Generator) -> NDArray[np.float64]:
    """What each gets, uniform in [0, 1) and independent."""
    return rng.random((2, *_shape(rng)))


def _shape(rng: np.random.Generator) -> tuple[int, int]:
    rows, columns = rng.integers(SIZES[0], SIZES[1] + 1, size=2).tolist()
    return rows, columns


PAYOFFS: Mapping[str, Callable[[np.random.Generator], NDArray[np.float64]]] = MappingProxyType(
    {
        "common": _payoffs_common,
        "ties": _payoffs_ties,
        "symmetric": _payoffs_symmetric,
        "battle": _payoffs_battle,
        "general": _payoffs_general,
    }
)
"""Class of random games -> ``[2, A, B]`` payoffs, 3 to 5 actions each."""

CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "common": "common payoff, continuous",
        "ties": "common payoff, whole numbers from 0 to 3",
        "symmetric": "common payoff, symmetric",
        "battle": "agree on what is good, differ in what they prefer",
        "general": "general sum",
        "one-ahead": "neighbours on a circle of 4 to 7",
        "mirrored": "maps with a mirror",
        "lopsided": "maps without a mirror",
        "kitchens": "small kitchens",
    }
)
"""Class of tasks -> what it is."""


def tasks_of(kind: str, games: int, *, seed: int) -> list[Task]:
    """The tasks of a class.

    Args:
        kind: one of ``CLASSES``.
        games: how many, >= 1; of circles there are four always, of kitchens two at most.
        seed: seed of the tasks, >= 0; the first tasks of more are those of fewer.

    Raises:
        ValueError: an unknown class, or no games.
    """
    if kind not in CLASSES:
        raise ValueError(f"there is no class of tasks {kind!r}; there are {', '.join(CLASSES)}")
    if games < 1:
        raise ValueError(f"a class of tasks needs at least one game, got {games}")
    if kind == "one-ahead":
        return [one_ahead(n) for n in _CIRCLES]
    make: Callable[[str, np.random.Generator], Task]
    if kind in PAYOFFS:
        make = _game
    elif kind == "kitchens":
        make, games = _kitchen, min(games, _KITCHENS)
    else:
        make = _map
    return [make(f"{kind}-{n + 1}", RandomStream(seed, n, 0, kind, "generated").numpy) for n in range(games)]


def _game(name: str, rng: np.random.Generator) -> MatrixTask:
    """A random game; what level 0 remembers and how ties are broken is drawn as well."""
    payoffs = PAYOFFS[name.rpartition("-")[0]](rng)
    _, rows, columns = payoffs.shape
    memory = None if rng.random() < 0.5 else 1
    ties = _TIES[int(rng.integers(len(_TIES)))]
    return MatrixTask(name, payoffs, [action_names(rows), action_names(columns)], memory=memory, ties=ties)


def _map(name: str, rng: np.random.Generator) -> GridTask:
    """A map with random walls, drawn until it can be played on and has a mirror or none, as its name says."""
    while True:
        height, width = int(rng.integers(2, 5)), int(rng.integers(3, 7))
        tiles = np.where(rng.random((height, width)) < rng.choice([0.1, 0.2, 0.3]), "#", ".")
        if mirrored := name.startswith("mirrored"):
            tiles = np.where((tiles == "#") | (tiles[:, ::-1] == "#"), "#", ".")
            row, column = int(rng.integers(height)), int(rng.integers(width // 2))
            starts = (row, column), (row, width - 1 - column)
        else:
            first, second = rng.choice(height * width, size=2, replace=False).tolist()
            starts = divmod(first, width), divmod(second, width)
        for start, tile in zip(starts, "12", strict=True):
            tiles[start] = tile
        try:
            task = GridTask(name, "\n".join(map("".join, tiles)))
        except MapError:
            continue
        shortest = task.optimum or 0.0
        if _SHORTEST <= shortest <= _LONGEST and (task.model.mirror is not None) == mirrored:
            return task


def _kitchen(name: str, rng: np.random.Generator) -> OvercookedTask:
    """Two by three cells of floor, with onions, dishes, a pot and a serving place anywhere around them."""
    while True:
        tiles = np.full((4, 5), "X")
        tiles[1:3, 1:4] = " "
        around = [(r, c) for r in (0, 3) for c in (1, 2, 3)] + [(r, c) for r in (1, 2) for c in (0, 4)]
        for place, tile in zip(rng.permutation(len(around))[:4].tolist(), "ODPS", strict=True):
            tiles[around[place]] = tile
        for cell, tile in zip(rng.permutation(6)[:2].tolist(), "12", strict=True):
            tiles[1 + cell // 3, 1 + cell % 3] = tile
        try:
            return OvercookedTask(name, "\n".join(map("".join, tiles)))
        except MapError:
            continue
