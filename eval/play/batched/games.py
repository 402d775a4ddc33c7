"""Tasks as arrays: where B episodes of a task stand, and what follows when all players have acted."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol

import numpy as np

from atom import NormalFormReasoner, TabularReasoner
from eval.play.batched.contexts import Contexts
from eval.play.batched.exact import Bools, Floats, Ints, added
from eval.tasks import MatrixTask, TabularTask, Task

_MOST_KEYS = 1 << 62
_PLAYERS = 2


class Rounds(Protocol):
    """Where B episodes stand."""

    def rows(self) -> Ints:
        """``[B]``, the rows of their contexts."""
        ...

    def step(self, actions: Ints) -> Bools:
        """Takes a step by ``[2, B]`` actions; ``[B]`` whether an episode is over, for good."""
        ...

    def totals(self) -> Floats:
        """``[2, B]``, the players' scores so far."""
        ...

    def keep(self, rows: Ints) -> None:
        """Goes on with some of the episodes."""
        ...


class Game(Protocol):
    """A task that can be played in batches.

    Attributes:
        players: their names.
        actions: of each player.
        reasoner: how players of any order act.
        contexts: what their policies depend on.
        most_steps: an episode ends after as many at the latest.
        shows_history: whether situations show what was done before.
    """

    @property
    def players(self) -> tuple[str, ...]: ...
    @property
    def actions(self) -> tuple[tuple[str, ...], ...]: ...
    @property
    def reasoner(self) -> NormalFormReasoner | TabularReasoner: ...
    @property
    def contexts(self) -> Contexts: ...
    @property
    def most_steps(self) -> int: ...
    @property
    def shows_history(self) -> bool: ...

    def begin(self, size: int) -> Rounds:
        """So many episodes at their beginning."""
        ...


def game_of(task: Task) -> Game | None:
    """The task as arrays; None where it cannot be had so: that is for games of two in normal form and tables.

    Tasks of other classes, and of classes that are made of these two and change what they do, are not.
    """
    if type(task) is MatrixTask and len(task.players) == _PLAYERS:
        return MatrixGame(task) if _keys(task) < _MOST_KEYS else None
    if isinstance(task, TabularTask):
        own, base = type(task), TabularTask
        plain = own.step is base.step and own.situation is base.situation and own.start is base.start
        return TableGame(task) if plain and task.model.mover is None else None
    return None


class MatrixGame:
    """A repeated game of two in normal form.

    Policies depend on the remembered rounds, so a key says these: their joint actions, the latest last, in a
    number with a digit for each, 0 for none; or how often each player took each action, where all are
    remembered.

    Args:
        task: the task.
    """

    shows_history = True

    def __init__(self, task: MatrixTask) -> None:
        situation = task.situation(task.start())
        self.players = task.players
        self.actions = tuple(tuple(own) for own in situation.actions.values())
        self.reasoner = task.reasoner()
        self.payoffs = task.payoffs.reshape(_PLAYERS, -1).astype(np.float64)
        self.most_steps = task.max_steps
        self.memory = None if task.memory is None else min(task.memory, task.max_steps)
        self.contexts = Contexts(lambda key: task.situation(self._history(key)), _keys(task))

    def begin(self, size: int) -> Rounds:
        """So many episodes at their beginning."""
        return _MatrixRounds(self, size)

    def added_to(self, keys: Ints, actions: Ints, joint: Ints) -> Ints:
        """The keys one round later."""
        found: Ints
        if self.memory is None:
            first, second = self._places
            found = keys + first[actions[0]] + second[actions[1]]
        elif self.memory == 1:
            found = joint + 1
        else:
            base = len(self.payoffs[0]) + 1
            # the oldest round goes first: all rounds and one more may not fit into 64 bits
            found = keys % base ** (self.memory - 1) * base + joint + 1
        return found

    @cached_property
    def _places(self) -> tuple[Ints, Ints]:
        """What one more action of each player adds to a key, where counts are kept."""
        places = (self.most_steps + 1) ** np.arange(self._n_actions, dtype=np.int64)
        return places[: len(self.actions[0])], places[len(self.actions[0]) :]

    @property
    def _n_actions(self) -> int:
        return sum(map(len, self.actions))

    def _history(self, key: int) -> list[dict[str, str]]:
        """Rounds that are remembered as a key says."""
        first, second = self.actions
        if self.memory is None:
            counts = _digits(key, self.most_steps + 1, self._n_actions)
            of_first = [a for a, n in zip(first, counts, strict=False) for _ in range(n)]
            of_second = [a for a, n in zip(second, counts[len(first) :], strict=True) for _ in range(n)]
            return [
                dict(zip(self.players, joint, strict=True)) for joint in zip(of_first, of_second, strict=True)
            ]
        digits = _digits(key, len(self.payoffs[0]) + 1, self.memory)
        pairs = [divmod(digit - 1, len(second)) for digit in reversed(digits) if digit]
        return [dict(zip(self.players, (first[a], second[b]), strict=True)) for a, b in pairs]


class _MatrixRounds:
    def __init__(self, game: MatrixGame, size: int) -> None:
        self._game = game
        self._keys = np.zeros(size, dtype=np.int64)
        self._scores: list[Floats] = []

    def rows(self) -> Ints:
        return self._game.contexts.rows(self._keys)

    def step(self, actions: Ints) -> Bools:
        joint = actions[0] * len(self._game.actions[1]) + actions[1]
        self._scores.append(self._game.payoffs.take(joint, axis=1))
        self._keys = self._game.added_to(self._keys, actions, joint)
        return np.full(joint.size, len(self._scores) >= self._game.most_steps)

    def totals(self) -> Floats:
        return added(self._scores)

    def keep(self, rows: Ints) -> None:
        self._keys = self._keys[rows]
        self._scores = [scores[:, rows] for scores in self._scores]


class TableGame:
    """A game on a table; its states are the keys.

    Args:
        task: the task.
    """

    shows_history = False

    def __init__(self, task: TabularTask) -> None:
        model = task.model
        self.players = task.players
        self.actions = (model.actions,) * _PLAYERS
        self.reasoner = task.reasoner()
        self.following = model.next.reshape(-1)
        self.terminal = model.terminal
        self.start = int(task.start()["index"])
        self.most_steps = task.max_steps
        self.contexts = Contexts(lambda key: task.situation({"index": key, "step": 0}), model.n_states)

    def begin(self, size: int) -> Rounds:
        """So many episodes at their beginning."""
        return _TableRounds(self, size)


class _TableRounds:
    def __init__(self, game: TableGame, size: int) -> None:
        self._game = game
        self._states = np.full(size, game.start, dtype=np.int64)
        self._steps = np.zeros(size)
        self._over = np.zeros(size, dtype=bool)

    def rows(self) -> Ints:
        return self._game.contexts.rows(self._states)

    def step(self, actions: Ints) -> Bools:
        n = len(self._game.actions[0])
        following = self._game.following.take((self._states * n + actions[0]) * n + actions[1]).astype(
            np.int64
        )
        self._steps += ~self._over
        # those that are over stay where they last acted, and count no more
        over: Bools = (
            self._over | (self._steps >= self._game.most_steps) | self._game.terminal.take(following)
        )
        self._states = np.where(over, self._states, following)
        self._over = over
        return over

    def totals(self) -> Floats:
        return np.stack([self._steps, self._steps])

    def keep(self, rows: Ints) -> None:
        self._states, self._steps, self._over = self._states[rows], self._steps[rows], self._over[rows]


def _keys(task: MatrixTask) -> int:
    """How many keys there may be."""
    first, second = task.payoffs.shape[1:]
    if task.memory is None:
        return int((task.max_steps + 1) ** (first + second))
    return int((first * second + 1) ** min(task.memory, task.max_steps))


def _digits(number: int, base: int, count: int) -> list[int]:
    """The digits of a number, the least first."""
    found: list[int] = []
    for _ in range(count):
        number, digit = divmod(number, base)
        found.append(digit)
    return found
