"""Players as arrays: what each is asked for, and where it sits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom.randomness import RandomStreams
from eval.play.batched.exact import Ints
from eval.play.batched.games import Game


@dataclass(frozen=True, slots=True)
class Now:
    """One step of B episodes, as both players see it.

    Attributes:
        step: its number, from 0.
        rows: ``[B]``, the rows of the contexts.
        last: ``[2, B]``, what the players did last; None before the first step.
        all: ``[B]``, the places 0 to B - 1.
    """

    step: int
    rows: Ints
    last: Ints | None
    all: Ints


class Batch(Protocol):
    """One player in B episodes; it is asked for every step once."""

    def decide(self, now: Now) -> Ints:
        """``[B]``, the indices of its actions."""
        ...

    def observe(self, now: Now, actions: Ints) -> None:
        """Takes note of what was done, ``[2, B]``."""
        ...

    def keep(self, rows: Ints) -> None:
        """Goes on with some of the episodes."""
        ...


Episodes: TypeAlias = NDArray[np.uint64]

Begin: TypeAlias = Callable[[Episodes], Batch]
"""The player at the beginning of some episodes, ``[B]``."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a player sits.

    Attributes:
        game: what is played.
        index: its seat, 0 or 1.
    """

    game: Game
    index: int

    @property
    def me(self) -> str:
        """The player's name."""
        return self.game.players[self.index]

    @property
    def partner(self) -> str:
        """The other's name."""
        return self.game.players[1 - self.index]

    @property
    def mine(self) -> tuple[str, ...]:
        """The player's actions."""
        return self.game.actions[self.index]

    @property
    def theirs(self) -> tuple[str, ...]:
        """The other's actions."""
        return self.game.actions[1 - self.index]


class Rule:
    """A player that remembers nothing: what it does follows from the step, the context and chance.

    Args:
        streams: its random numbers.
        acts: what it does.
    """

    def __init__(self, streams: RandomStreams, acts: Callable[[Now, RandomStreams], Ints]) -> None:
        self._streams = streams
        self._acts = acts

    def decide(self, now: Now) -> Ints:
        self._streams.begin(now.step)
        return self._acts(now, self._streams)

    def observe(self, now: Now, actions: Ints) -> None:
        pass

    def keep(self, rows: Ints) -> None:
        self._streams.keep(rows)
