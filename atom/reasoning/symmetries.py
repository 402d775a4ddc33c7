"""Symmetries: other labels for players, actions and states under which a game stays as it is.

Found for payoff arrays by search (``payoff_symmetries``), or declared (``Renaming``).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import permutations, product
from math import prod
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom.errors import PayoffError, SituationError
from atom.policies import Policy
from atom.situation import JointAction, Situation

MOST_STEPS = 200_000
"""Partial relabellings that a search looks at before it gives up."""

_Item = TypeVar("_Item", bound=Hashable)


@runtime_checkable
class Symmetry(Protocol):
    """Other labels for the same game."""

    @property
    def name(self) -> str:
        """What it is called, such as ``(A C)`` where A and C change places; ``()`` changes nothing."""
        ...

    def before(self, situation: Situation, player: str) -> tuple[Situation, str]:
        """What the situation looked like, and who the player was, before the labels were changed."""
        ...

    def after(self, situation: Situation, player: str, policy: Policy) -> Policy:
        """What a policy of that time comes to for ``player`` under the labels of ``situation``."""
        ...


@dataclass(frozen=True, slots=True)
class Relabelling:
    """Labels by position: in the order of the players of a situation, and of their legal actions.

    Attributes:
        actions: player -> action -> the action that it becomes, of the player that this one becomes.
        seats: player -> the player that it becomes.
    """

    actions: tuple[tuple[int, ...], ...]
    seats: tuple[int, ...]

    @property
    def name(self) -> str:
        """Its cycles, actions counted from 1: one for all players where all are relabelled alike."""
        return self.named([[str(i + 1) for i in range(len(own))] for own in self.actions])

    def named(self, actions: Sequence[Sequence[str]]) -> str:
        """Its cycles with the actions' names, player -> action -> name."""
        players = [str(i + 1) for i in range(len(self.seats))]
        cycles = [_cycles(own, names) for own, names in zip(self.actions, actions, strict=True)]
        alike = len(set(cycles)) == 1 and len({tuple(names) for names in actions}) == 1
        said = cycles[0] if alike else " / ".join(cycle or "()" for cycle in cycles)
        swapped = _cycles(self.seats, players)
        return (said or "()") + (f" players {swapped}" if swapped else "")

    @property
    def moved(self) -> int:
        """How many labels it changes."""
        return sum(i != to for own in (*self.actions, self.seats) for i, to in enumerate(own))

    def then(self, other: Relabelling) -> Relabelling:
        """This one, and the other on what it leads to."""
        actions = tuple(
            tuple(other.actions[seat][action] for action in own)
            for own, seat in zip(self.actions, self.seats, strict=True)
        )
        return Relabelling(actions, tuple(other.seats[seat] for seat in self.seats))

    def before(self, situation: Situation, player: str) -> tuple[Situation, str]:
        """See ``Symmetry``.

        Raises:
            SituationError: other numbers of players or actions.
        """
        players = list(situation.actions)
        self._check(situation)
        situation.legal(player)
        back = {players[to]: players[i] for i, to in enumerate(self.seats)}
        was: dict[str, dict[str, str]] = {}
        for i, name in enumerate(players):
            mine, became = situation.actions[name], players[self.seats[i]]
            was[became] = {situation.actions[became][to]: mine[a] for a, to in enumerate(self.actions[i])}
        history = [_renamed(joint, was, back) for joint in situation.history]
        turns = [[back[name] for name in group] for group in situation.turns]
        moved = _renamed(situation.moved, was, back)
        earlier = replace(situation, history=history, moved=moved, turns=turns, announced={})
        return earlier, back[player]

    def after(self, situation: Situation, player: str, policy: Policy) -> Policy:
        """See ``Symmetry``."""
        players = list(situation.actions)
        i = self.seats.index(players.index(player))
        mine, theirs = situation.actions[players[i]], situation.actions[player]
        return {theirs[to]: policy.get(mine[a], 0.0) for a, to in enumerate(self.actions[i])}

    def _check(self, situation: Situation) -> None:
        found = [len(own) for own in situation.actions.values()]
        if found != [len(own) for own in self.actions]:
            raise SituationError(
                f"the symmetry {self.name} is of players with {[len(own) for own in self.actions]} actions, "
                f"the situation has {found}"
            )


@dataclass(frozen=True, slots=True)
class Renaming:
    """Labels by name, for games whose legal actions change: what a task declares of its symmetries.

    Args:
        name: what it is called, such as ``red <-> blue``.
        actions: action -> the action that it becomes; those left out stay. One to one.
        state: gives the state before the labels were changed from the one after; None where states have no
            such labels.

    Raises:
        SituationError: two actions become one.

    Example:
        >>> swap = Renaming("red <-> blue", {"hint red": "hint blue", "hint blue": "hint red"})
        >>> situation = Situation({"ann": ("hint red", "hint blue", "play"), "ben": ("play",)})
        >>> swap.after(situation, "ann", {"hint red": 1.0})
        {'hint blue': 1.0}
    """

    name: str
    actions: Mapping[str, str]
    state: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        if set(self.actions) != set(self.actions.values()):
            raise SituationError(
                f"the renaming {self.name!r} must take its actions one to one to each other, got "
                f"{dict(self.actions)}"
            )

    def before(self, situation: Situation, player: str) -> tuple[Situation, str]:
        """See ``Symmetry``."""
        was = {to: action for action, to in self.actions.items()}
        actions = {
            name: tuple(was.get(action, action) for action in own) for name, own in situation.actions.items()
        }
        history = [{p: was.get(a, a) for p, a in joint.items()} for joint in situation.history]
        moved = {p: was.get(a, a) for p, a in situation.moved.items()}
        state = situation.state if self.state is None else self.state(situation.state)
        earlier = replace(situation, actions=actions, history=history, moved=moved, state=state, announced={})
        return earlier, player

    def after(self, situation: Situation, player: str, policy: Policy) -> Policy:
        """See ``Symmetry``."""
        return {self.actions.get(action, action): p for action, p in policy.items()}


@dataclass(frozen=True)
class Group:
    """All symmetries of a payoff array, as the products of few of them.

    Attributes:
        levels: representatives: every symmetry is one product of one of each level.
    """

    levels: tuple[tuple[Relabelling, ...], ...]

    @property
    def order(self) -> int:
        """How many symmetries there are, the one that changes nothing included."""
        return prod(len(level) for level in self.levels)

    def __iter__(self) -> Iterator[Relabelling]:
        """Every symmetry, once."""
        for chosen in product(*self.levels):
            yield reduce(lambda one, other: other.then(one), chosen)

    def orbit(self, item: _Item, moved: Callable[[Relabelling, _Item], _Item]) -> dict[_Item, Relabelling]:
        """Everything that an item becomes, and one symmetry that makes it that.

        Args:
            item: something that symmetries act on.
            moved: ``moved(symmetry, item)``.
        """
        generators = [one for level in self.levels for one in level if one.moved]
        identity = reduce(lambda one, other: other.then(one), (level[0] for level in self.levels))
        found = {item: identity}
        waiting = [item]
        while waiting:
            at = waiting.pop(0)
            for generator in generators:
                then = moved(generator, at)
                if then not in found:
                    found[then] = found[at].then(generator)
                    waiting.append(then)
        return found


def payoff_symmetries(payoffs: ArrayLike, *, seats: bool = False, most_steps: int = MOST_STEPS) -> Group:
    """The symmetries of a payoff array.

    A permutation of every player's actions, and of the players where ``seats``, is one where each player's
    payoff stays the same when all are relabelled (Nash 1951, section 3; Hu et al. 2020, "Other-Play"). They
    are found by a search with backtracking for representatives of a chain of stabilisers (Sims 1970), so
    ten levers that are alike, which have 10! symmetries, take 45 searches.

    Args:
        payoffs: ``[N, A_1, ..., A_N]``, finite.
        seats: whether players may change places as well.
        most_steps: partial relabellings to look at, over all searches; it stops there.

    Raises:
        PayoffError: another shape, or a search that is not done after ``most_steps``.

    Example:
        >>> levers = np.stack([np.eye(3)] * 2)
        >>> group = payoff_symmetries(levers)
        >>> group.order, sorted(symmetry.name for symmetry in group)
        (6, ['()', '(1 2 3)', '(1 2)', '(1 3 2)', '(1 3)', '(2 3)'])
    """
    array = np.asarray(payoffs, dtype=float)
    if array.ndim < 2 or array.shape[0] != array.ndim - 1 or not np.isfinite(array).all():
        raise PayoffError(
            f"symmetries are those of finite payoffs [N, A_1, ..., A_N], got shape {list(array.shape)}"
        )
    search = _Search(array, most_steps)
    n = array.shape[0]
    same = tuple(range(n))
    places = [one for one in permutations(same) if seats or one == same]
    top = [found for one in places if (found := search.first(one, ())) is not None]
    levels = [tuple(top)]
    fixed: tuple[int, ...] = ()
    for player, action in search.points:
        images = range(action, array.shape[player + 1])
        level = [search.first(same, (*fixed, image)) for image in images]
        levels.append(tuple(one for one in level if one is not None))
        fixed = (*fixed, action)
    return Group(tuple(level for level in levels if len(level) > 1) or (levels[0],))


class _Search:
    """Finds one symmetry at a time.

    Attributes:
        points: (player, action) in the order in which images are chosen.
    """

    def __init__(self, payoffs: NDArray[np.float64], most_steps: int) -> None:
        self._payoffs = payoffs
        self._left = self._most = most_steps
        sizes = payoffs.shape[1:]
        self.points = [(i, a) for a in range(max(sizes)) for i in range(len(sizes)) if a < sizes[i]]

    def first(self, seats: tuple[int, ...], images: tuple[int, ...]) -> Relabelling | None:
        """One that takes the first points to these images; None where there is none."""
        sizes = self._payoffs.shape[1:]
        if any(sizes[i] != sizes[to] for i, to in enumerate(seats)):
            return None
        # axis i of `there` is the action of the player that i becomes
        there = np.stack([np.transpose(self._payoffs[to], seats) for to in seats])
        kinds, others = _kinds(self._payoffs), _kinds(there)
        chosen: list[list[int]] = [[] for _ in sizes]
        if not self._extend(there, (kinds, others), chosen, images):
            return None
        return Relabelling(tuple(map(tuple, chosen)), seats)

    def _extend(
        self,
        there: NDArray[np.float64],
        kinds: tuple[list[list[bytes]], list[list[bytes]]],
        chosen: list[list[int]],
        images: tuple[int, ...],
    ) -> bool:
        at = sum(map(len, chosen))
        if at == len(self.points):
            return True
        player, action = self.points[at]
        size = self._payoffs.shape[player + 1]
        for image in images[at : at + 1] or range(size):
            if image in chosen[player] or kinds[0][player][action] != kinds[1][player][image]:
                continue
            self._left -= 1
            if self._left < 0:
                raise PayoffError(
                    f"the symmetries of payoffs of shape {list(self._payoffs.shape)} were not found within "
                    f"{self._most} steps; pass most_steps= to search on, or symmetries= to declare them"
                )
            chosen[player].append(image)
            if self._fits(there, chosen) and self._extend(there, kinds, chosen, images):
                return True
            chosen[player].pop()
        return False

    def _fits(self, there: NDArray[np.float64], chosen: list[list[int]]) -> bool:
        players = range(len(chosen))
        here = self._payoffs[np.ix_(players, *(range(len(own)) for own in chosen))]
        return bool(np.array_equal(here, there[np.ix_(players, *chosen)]))


def _kinds(payoffs: NDArray[np.float64]) -> list[list[bytes]]:
    """Player -> action -> what relabelling the others cannot change: every player's payoffs, sorted."""
    found = []
    for axis in range(1, payoffs.ndim):
        rows = np.moveaxis(payoffs, axis, 1).reshape(len(payoffs), payoffs.shape[axis], -1)
        ordered = np.sort(rows, axis=2) + 0.0
        found.append([ordered[:, a].tobytes() for a in range(payoffs.shape[axis])])
    return found


def _renamed(
    joint: JointAction, was: Mapping[str, Mapping[str, str]], back: Mapping[str, str]
) -> dict[str, str]:
    """What players and actions were before the labels changed; who is gone is left out."""
    return {back[player]: was[player].get(did, did) for player, did in joint.items() if player in back}


def _cycles(images: Sequence[int], names: Sequence[str]) -> str:
    """``(A C)(B D)``; empty where nothing changes."""
    seen: set[int] = set()
    said = []
    for start in range(len(images)):
        cycle, at = [], start
        while at not in seen:
            seen.add(at)
            cycle.append(at)
            at = images[at]
        if len(cycle) > 1:
            said.append(f"({' '.join(names[i] for i in cycle)})")
    return "".join(said)
