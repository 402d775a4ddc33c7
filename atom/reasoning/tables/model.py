"""Two-player games as tables: joint dynamics, the game of one player alone, and a mirror."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom.errors import ModelError

Ints: TypeAlias = NDArray[np.int32]
Bools: TypeAlias = NDArray[np.bool_]
Actions: TypeAlias = NDArray[np.int8]

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Solo:
    """The game with the partner removed, in which ToM-0 plans (paper, ToM-0).

    T solo states, A actions, S joint states.

    Attributes:
        next: ``[T, A]``, the solo state that follows.
        cost: ``[T]``, what a step begun there costs; at least 1 where not terminal.
        terminal: ``[T]``, whether the player has finished.
        project: ``[2, S]``, what each player sees of a joint state.
    """

    next: Ints
    cost: Ints
    terminal: Bools
    project: Ints

    def __post_init__(self) -> None:
        for name in ("next", "cost", "terminal", "project"):
            dtype = np.bool_ if name == "terminal" else np.int32
            object.__setattr__(self, name, _array(f"solo.{name}", getattr(self, name), dtype))
        if self.next.ndim != 2 or not self.next.size:
            raise ModelError(f"solo.next needs the shape [T, A], got {list(self.next.shape)}")
        size = len(self.next)
        _check_indices("solo.next", self.next, size)
        _check_indices("solo.project", self.project, size)
        _check_costs("solo.", self.cost, self.terminal, size)


@dataclass(frozen=True, slots=True, eq=False)
class Mirror:
    """A symmetry of the game that swaps the players.

    Attributes:
        states: ``[S]``, the state in which the players have changed places.
        actions: ``[A]``, the action seen in the mirror.
    """

    states: Ints
    actions: Ints

    def __post_init__(self) -> None:
        for name in ("states", "actions"):
            array = _array(f"mirror.{name}", getattr(self, name), np.int32)
            object.__setattr__(self, name, array)
            _check_indices(f"mirror.{name}", array, len(array))
            if array.ndim != 1 or (array[array] != np.arange(len(array))).any():
                raise ModelError(f"mirror.{name} must be its own inverse: two reflections change nothing")


@dataclass(frozen=True, slots=True, eq=False)
class TabularModel:
    """A deterministic game of two players who share every cost, and act at once or one at a time.

    S states, A actions. Both players know the state and want the sum of costs until a terminal state
    to be least. A game of players who act at once becomes one of turns by ``taking_turns``.

    Attributes:
        next: ``[S, A, A]``; ``next[s, a, b]`` follows when the first player does a and the second b.
        cost: ``[S]``, what a step begun in s costs; at least 1 where not terminal.
        terminal: ``[S]``, whether the game is over.
        starts: states in which a game may begin.
        actions: the actions' names.
        solo: the game of one player alone; None makes ToM-0 plan against a partner who acts
            at random.
        mirror: a symmetry that swaps the players, or None. Their policies are then mirror images.
        ties: for each player the actions in the order in which ties are broken. By default the order
            of ``actions`` for the first player, and its mirror image for the second.
        mover: ``[S]``, 0 or 1: whose turn it is in each state; what the other does there changes nothing.
            None where both act at once.

    Raises:
        ModelError: arrays that do not fit each other, or a mirror that is none.
    """

    next: Ints
    cost: Ints
    terminal: Bools
    starts: tuple[int, ...]
    actions: tuple[str, ...]
    solo: Solo | None = None
    mirror: Mirror | None = None
    ties: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    mover: Actions | None = None

    def __post_init__(self) -> None:
        for name in ("next", "cost", "terminal"):
            dtype = np.bool_ if name == "terminal" else np.int32
            object.__setattr__(self, name, _array(name, getattr(self, name), dtype))
        object.__setattr__(self, "starts", tuple(map(int, self.starts)))
        object.__setattr__(self, "actions", tuple(self.actions))
        n_actions = len(self.actions)
        if self.next.ndim != 3 or not self.next.size or self.next.shape[1:] != (n_actions, n_actions):
            raise ModelError(
                f"next needs the shape [S, A, A] with the {n_actions} named actions, got "
                f"{list(self.next.shape)}"
            )
        if n_actions > np.iinfo(np.int8).max:
            raise ModelError(f"policies are tables of int8 and hold at most 127 actions, got {n_actions}")
        _check_indices("next", self.next, self.n_states)
        _check_costs("", self.cost, self.terminal, self.n_states)
        if not self.starts or not all(0 <= start < self.n_states for start in self.starts):
            raise ModelError(f"starts must be states below {self.n_states}, at least one; got {self.starts}")
        if self.solo is not None:
            self._check_solo(self.solo)
        if self.mirror is not None:
            self._check_mirror(self.mirror)
        if self.mover is not None:
            self._check_mover(self.mover)
        self._set_ties()

    @property
    def n_states(self) -> int:
        """S."""
        return len(self.next)

    def tie_order(self, player: int) -> tuple[int, ...]:
        """The actions in the order in which ``player`` (0 or 1) breaks ties."""
        if self.ties is None:  # never after __post_init__
            return tuple(range(len(self.actions)))
        return self.ties[player]

    def digest(self) -> str:
        """A hash of everything that policies depend on, as hexadecimal digits."""
        found = hashlib.blake2b(digest_size=16)
        arrays: list[Any] = [self.next, self.cost, self.terminal, np.asarray(self.ties)]
        if self.solo is not None:
            arrays += [self.solo.next, self.solo.cost, self.solo.terminal, self.solo.project]
        if self.mirror is not None:
            arrays += [self.mirror.states, self.mirror.actions]
        found.update(f"solo={self.solo is not None} mirror={self.mirror is not None}".encode())
        if self.mover is not None:
            arrays.append(self.mover)
        for array in arrays:
            found.update(f"{array.dtype}{array.shape}".encode())
            found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()

    def _check_mover(self, given: Actions) -> None:
        mover = _array("mover", given, np.int8)
        object.__setattr__(self, "mover", mover)
        if self.mirror is not None:
            raise ModelError("a game of turns has no mirror: the players' states differ; leave it out")
        if mover.shape != (self.n_states,) or not np.isin(mover, (0, 1)).all():
            raise ModelError(f"mover needs 0 or 1 for each of the {self.n_states} states")
        for player, axis in ((0, 2), (1, 1)):
            where = np.flatnonzero((mover == player) & ~self.terminal)
            for first in range(0, len(where), _CHUNK):
                some = where[first : first + _CHUNK]
                differs = (np.diff(self.next[some], axis=axis) != 0).any(axis=(1, 2))
                if differs.any():
                    raise ModelError(
                        f"in state {some[differs.argmax()]} it is player {player}'s turn, and what follows "
                        "depends on the other's action as well"
                    )

    def _check_solo(self, solo: Solo) -> None:
        if solo.next.shape[1] != len(self.actions):
            raise ModelError(f"solo.next has {solo.next.shape[1]} actions, the game has {len(self.actions)}")
        if solo.project.shape != (2, self.n_states):
            raise ModelError(
                f"solo.project needs the shape [2, S] = {[2, self.n_states]}, got {list(solo.project.shape)}"
            )

    def _check_mirror(self, mirror: Mirror) -> None:
        states, actions = mirror.states, mirror.actions
        if len(states) != self.n_states or len(actions) != len(self.actions):
            raise ModelError(
                f"the mirror has {len(states)} states and {len(actions)} actions, the game has "
                f"{self.n_states} and {len(self.actions)}"
            )
        if (self.cost[states] != self.cost).any() or (self.terminal[states] != self.terminal).any():
            raise ModelError("the mirror changes costs or terminal states, so it is no symmetry of this game")
        live = np.flatnonzero(~self.terminal)
        for first in range(0, len(live), _CHUNK):
            some = live[first : first + _CHUNK]
            seen = self.next[states[some]][:, actions][:, :, actions].transpose(0, 2, 1)
            wrong = (seen != states[self.next[some]]).any(axis=(1, 2))
            if wrong.any():
                raise ModelError(
                    f"the mirror is no symmetry of this game: it fails in state {some[wrong.argmax()]}; "
                    "leave it out, and give `ties` to keep mirrored preferences"
                )

    def _set_ties(self) -> None:
        given = self.ties
        identity = tuple(range(len(self.actions)))
        if given is None:
            seen = identity if self.mirror is None else tuple(self.mirror.actions.tolist())
            given = (identity, seen)
        given = (tuple(map(int, given[0])), tuple(map(int, given[1])))
        if any(sorted(own) != list(identity) for own in given):
            raise ModelError(
                f"ties must order all of the {len(identity)} actions for each player, got {given}"
            )
        if self.mirror is not None and tuple(self.mirror.actions[list(given[0])].tolist()) != given[1]:
            raise ModelError(f"with a mirror the second player's ties are the first's mirrored, got {given}")
        object.__setattr__(self, "ties", given)


def _array(name: str, given: Any, dtype: Any) -> NDArray[Any]:
    array = np.asarray(given)
    if array.dtype != dtype and array.dtype.kind not in ("b" if dtype is np.bool_ else "iu"):
        wanted = "truth values" if dtype is np.bool_ else "whole numbers"
        raise ModelError(f"{name} must hold {wanted}, got {array.dtype}; scale costs to whole numbers")
    return np.ascontiguousarray(array, dtype=dtype)


def _check_indices(name: str, array: NDArray[Any], size: int) -> None:
    if array.size and (array.min() < 0 or array.max() >= size):
        raise ModelError(
            f"{name} holds indices from {array.min()} to {array.max()}, allowed are 0 to {size - 1}"
        )


def _check_costs(prefix: str, cost: Ints, terminal: Bools, size: int) -> None:
    if cost.shape != (size,) or terminal.shape != (size,):
        raise ModelError(
            f"{prefix}cost and {prefix}terminal need the shape [{size}], got {list(cost.shape)} and "
            f"{list(terminal.shape)}"
        )
    low = np.flatnonzero((cost < 1) & ~terminal)
    if low.size:
        raise ModelError(
            f"{prefix}cost is {cost[low[0]]} in state {low[0]}, which is not terminal; a step must cost "
            "at least 1, or going round in circles would be free"
        )
