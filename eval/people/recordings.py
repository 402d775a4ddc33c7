"""Recorded play: one player's side of a repeated game, and what it has seen before each move."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

NONE = -1
"""Stands for a move that was not made."""

PARTS = ("all", "first", "last")
"""Parts of a game, see ``spans``."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One player's side of a repeated game of two.

    T rounds. Actions are numbers from 0, in the order of the task's.

    Attributes:
        game: the game's name.
        player: who it is.
        seat: 0 or 1, the player's axis in the payoffs.
        own: ``[T]`` its actions; ``NONE`` where it made no move.
        other: ``[T]`` the other player's.
        group: what the game has in common with others, such as the bot that people met; may be empty.
        bot: whether this side is a program's, so that it is no person to be predicted.
    """

    game: str
    player: str
    seat: int
    own: Ints
    other: Ints
    group: str = ""
    bot: bool = False

    def part(self, name: str) -> Side:
        """A part of the rounds (``PARTS``) as a game of its own."""
        span = spans(len(self.own))[name]
        return replace(self, own=self.own[span], other=self.other[span])


def spans(rounds: int) -> dict[str, slice]:
    """Part of a game -> its rounds: all of them, the first third and the last third."""
    third = max(1, rounds // 3)
    return {"all": slice(0, rounds), "first": slice(0, third), "last": slice(rounds - third, rounds)}


def last_joint(side: Side, n_other: int) -> Ints:
    """``[T]``: the joint action of the round before, ``1 + own * n_other + other``; 0 where there is none.

    There is none before the first round, nor after one in which either made no move.
    """
    known = (side.own != NONE) & (side.other != NONE)
    return _shifted(np.where(known, 1 + side.own * n_other + side.other, 0))


def last_action(actions: Ints) -> Ints:
    """``[T]``: 1 + the action of the round before; 0 where there is none."""
    return _shifted(actions + 1)


def people(sides: Iterable[Side]) -> list[Side]:
    """The sides that are no bot's."""
    return [side for side in sides if not side.bot]


def groups(sides: Iterable[Side]) -> list[str]:
    """The groups, each once, in the order in which they come."""
    return list(dict.fromkeys(side.group for side in sides))


def folds(sides: Sequence[Side], n: int, *, seed: int = 0) -> list[list[str]]:
    """The games in ``n`` parts, each with its share of every group; all sides of a game are in one part.

    Args:
        sides: what was recorded.
        n: how many parts, >= 2.
        seed: seed of the order in which games are dealt out, >= 0.

    Raises:
        ValueError: fewer games than parts.
    """
    group_of = {side.game: side.group for side in sides}
    return parts_of(list(group_of), n, "games", seed=seed, group=lambda game: group_of[game])


def parts_of(
    names: Sequence[str], n: int, what: str, *, seed: int = 0, group: Callable[[str], str] = lambda _: ""
) -> list[list[str]]:
    """Names in ``n`` parts, dealt out group by group in a random order.

    Raises:
        ValueError: fewer names than parts.
    """
    if not 2 <= n <= len(names):
        raise ValueError(
            f"{len(names)} {what} cannot be split into {n} parts: each is predicted from the others, so give "
            f"--folds between 2 and the number of {what}, and record 2 or more"
        )
    mixed = [names[i] for i in np.random.default_rng(seed).permutation(len(names))]
    dealt = sorted(mixed, key=group)
    return [dealt[i::n] for i in range(n)]


def _shifted(values: Ints) -> Ints:
    return np.concatenate([[0], values[:-1]])
