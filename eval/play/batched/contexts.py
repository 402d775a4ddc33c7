"""What the policies of a task depend on: the few situations that come back, each asked about once.

A context is a row of tables. Policies are the real reasoner's: it is asked in a situation that stands for
all of its kind, so nothing of how an order acts is said twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atom import Policy, Situation
from atom.randomness import RandomStreams
from eval.play.batched.drawing import drawn
from eval.play.batched.exact import Ints

_DENSE = 1 << 16
"""Up to so many possible contexts their rows stand in an array."""


class Contexts:
    """The contexts that were met so far.

    Args:
        situation: a situation of the context of a key.
        bound: keys lie below it.

    Attributes:
        situations: one of each context, by row.
    """

    def __init__(self, situation: Callable[[int], Situation], bound: int) -> None:
        self.situations: list[Situation] = []
        self._situation = situation
        self._rows: dict[int, int] = {}
        self._dense = np.full(bound, -1, dtype=np.int64) if bound <= _DENSE else None

    def rows(self, keys: Ints) -> Ints:
        """``[B]``: the rows of the contexts of ``keys``, ``[B]``."""
        if self._dense is None:
            distinct, places = np.unique(keys, return_inverse=True)
            rows = np.array([self._row(key) for key in distinct.tolist()], dtype=np.int64)
            return rows[places]
        found = self._dense.take(keys)
        if found.min() < 0:
            for key in np.unique(keys[found < 0]).tolist():
                self._dense[key] = self._row(key)
            found = self._dense.take(keys)
        return found

    def _row(self, key: int) -> int:
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = len(self.situations)
            self.situations.append(self._situation(key))
        return row


class ByContext:
    """An array for every context, asked for as contexts are met.

    Args:
        contexts: the contexts.
        shape: of the array.
        ask: what gives it.

    """

    def __init__(
        self, contexts: Contexts, shape: tuple[int, ...], ask: Callable[[Situation], Sequence[Any]]
    ) -> None:
        self._contexts = contexts
        self._ask = ask
        self._filled = 0
        self._values = np.zeros((*shape, 8))

    @property
    def values(self) -> NDArray[np.float64]:
        """``[*shape, capacity]``, by row of the contexts that are known now."""
        situations = self._contexts.situations
        while self._filled < len(situations):
            if self._filled == self._values.shape[-1]:
                self._values = _doubled(self._values)
            self._values[..., self._filled] = self._ask(situations[self._filled])
            self._filled += 1
        return self._values


class Choices:
    """How a player acts by a number that says where and why, each asked for once.

    Args:
        actions: the player's actions.
        ask: number -> policy.
    """

    def __init__(self, actions: Sequence[str], ask: Callable[[int], Policy]) -> None:
        self._index = {action: i for i, action in enumerate(actions)}
        self._ask = ask
        # the certain action, or below -1 the place among those that are drawn
        self._certain = np.full(64, _UNKNOWN, dtype=np.int64)
        self._drawn: list[tuple[Ints, NDArray[np.float64]]] = []
        self._options = np.zeros((len(actions), 0), dtype=np.int64)
        self._chances = np.zeros((len(actions), 0))

    def draw(self, numbers: Ints, streams: RandomStreams, rows: Ints) -> Ints:
        """``[n]``: an action drawn for each number; ``rows`` are the episodes that it is drawn in."""
        while numbers.max(initial=0) >= len(self._certain):
            self._certain = _doubled(self._certain, _UNKNOWN)
        found = self._certain.take(numbers)
        if found.min(initial=0) < 0:
            unknown = numbers[found == _UNKNOWN]
            if unknown.size:
                self._learn(np.unique(unknown).tolist())
                found = self._certain.take(numbers)
            some = (found < 0).nonzero()[0]
            at = _FIRST_DRAWN - found[some]
            options, chances = self._options.take(at, axis=1), self._chances.take(at, axis=1)
            found[some] = drawn(options, chances, streams, rows[some])
        return found

    def _learn(self, numbers: Sequence[int]) -> None:
        before = len(self._drawn)
        for number in numbers:
            options, chances = as_arrays(self._ask(number), self._index)
            certain = np.flatnonzero(chances >= 1.0)
            if certain.size:
                self._certain[number] = options[certain[0]]
            else:
                self._certain[number] = _FIRST_DRAWN - len(self._drawn)
                self._drawn.append((options, chances))
        if len(self._drawn) > before:
            self._options = np.stack([options for options, _ in self._drawn], axis=1)
            self._chances = np.stack([chances for _, chances in self._drawn], axis=1)


_UNKNOWN, _FIRST_DRAWN = -1, -2


class Answers:
    """Numbers by number, each asked for once.

    Args:
        ask: number -> an integer >= 0.
    """

    def __init__(self, ask: Callable[[int], int]) -> None:
        self._ask = ask
        self._values = np.full(64, -1, dtype=np.int64)

    def of(self, numbers: Ints) -> Ints:
        """``[n]``."""
        while numbers.max(initial=0) >= len(self._values):
            self._values = _doubled(self._values, -1)
        found = self._values.take(numbers)
        if found.min(initial=0) < 0:
            for number in np.unique(numbers[found < 0]).tolist():
                self._values[number] = self._ask(number)
            found = self._values.take(numbers)
        return found


def as_arrays(policy: Policy, index: Mapping[str, int]) -> tuple[Ints, NDArray[np.float64]]:
    """The actions of a policy, in its order, and their chances, ``[A]`` each.

    Where it has fewer than A, its last action is there again, with no chance: it is what is left when
    rounding leaves nothing else.
    """
    options = [index[action] for action in policy]
    missing = len(index) - len(options)
    chances = [*policy.values(), *[0.0] * missing]
    return np.array(options + [options[-1]] * missing, dtype=np.int64), np.array(chances)


def _doubled(values: NDArray[Any], fill: int = 0) -> NDArray[Any]:
    """The array with twice as many columns."""
    return np.concatenate([values, np.full_like(values, fill)], axis=-1)
