"""What one step does in a kitchen of one pot or two, on arrays of states.

The rules are those of ``overcooked-ai`` 1.1.0 (Carroll et al. 2019, "On the utility of learning about
humans for human-AI coordination") for one soup of three onions, with two guards: INTERACT
at a counter, and starting a soup of fewer than three onions, are STAY.

A state is a code: ``(first cook * P + second cook) * n_pots + pots``. A cook is
``(cell * 4 + direction faced) * 4 + held``, P = 16 C of them; the pots are the digits of a number, the first
pot's the highest. The last code, ``size``, is the end: a soup was delivered.

With two pots, cooks that face different tiles of which they have no use are one and the same: they
face the first such direction. Nothing that follows depends on which it is, and the table stays small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from eval.tasks.maps import DIRECTIONS, STARTS
from eval.tasks.overcooked.layout import COUNTER, DISHES, FLOOR, ONIONS, POT, SERVING, Layout

Ints: TypeAlias = NDArray[np.int32]
Code = TypeVar("Code", int, Ints)

ACTIONS = (*DIRECTIONS, "stay", "interact")
STAY, INTERACT = 4, 5

HELD = ("nothing", "onion", "dish", "soup")
NOTHING, ONION, DISH, SOUP = range(4)

FULL = 3
"""Onions that make a soup; pots 0 to 3 hold as many onions and do not cook, those above cook."""


@dataclass(frozen=True, eq=False)
class Kitchen:
    """The dynamics of one layout.

    Attributes:
        layout: the kitchen.
        moves: ``[C, 6]``, the cell that each action leads to when nobody is in the way.
        hands: ``[P, n_pot + 1]``, the cook after an INTERACT, by cook and the pot that it faces.
        pots: ``[P, n_pot + 1]``, that pot after it; the same where it faces none.
        delivers: ``[P]``, whether it delivers a soup.
        target: ``[P]``, the pot that the cook faces; the first where it faces none.
        turn: ``[C, 4]``, the direction that stands for each.
    """

    layout: Layout
    moves: Ints
    hands: Ints
    pots: Ints
    delivers: NDArray[np.bool_]
    target: Ints
    turn: Ints

    @property
    def ready(self) -> int:
        """A pot whose soup is done; those from 4 on have cooked for 1, 2, … steps."""
        return FULL + self.layout.cook_time

    @property
    def n_pot(self) -> int:
        """The states of one pot."""
        return self.ready + 1

    @property
    def n_pots(self) -> int:
        """The states of all pots together."""
        return int(self.n_pot ** len(self.layout.pots))

    @property
    def n_cooks(self) -> int:
        """P, the states of one cook."""
        return len(self.delivers)

    @property
    def size(self) -> int:
        """The number of codes; also the code of the end."""
        return self.n_cooks * self.n_cooks * self.n_pots

    def code(self, first: Code, second: Code, pots: Code) -> Code:
        """The code of two cooks and the pots, or of arrays of them; one pot is itself."""
        return (first * self.n_cooks + second) * self.n_pots + pots

    def split(self, codes: NDArray[np.integer]) -> tuple[Ints, Ints, Ints]:
        """First cook, second cook and pots of codes below ``size``; the pots as one number."""
        cooks, pots = np.divmod(codes.astype(np.int32), self.n_pots)
        first, second = np.divmod(cooks, self.n_cooks)
        return first, second, pots

    def unpack(self, code: int) -> tuple[int, int, tuple[int, ...]]:
        """First cook, second cook and every pot of a code below ``size``."""
        cooks, pots = divmod(code, self.n_pots)
        first, second = divmod(cooks, self.n_cooks)
        found = []
        for _ in self.layout.pots:
            pots, pot = divmod(pots, self.n_pot)
            found.append(pot)
        return first, second, tuple(reversed(found))

    def joined(self, pots: Sequence[int]) -> int:
        """The pots as one number."""
        total = 0
        for pot in pots:
            total = total * self.n_pot + pot
        return total

    def each_pot(self, pots: Ints) -> Ints:
        """``[K, ...]``: the pots that a number stands for."""
        weights = self.n_pot ** np.arange(len(self.layout.pots) - 1, -1, -1, dtype=np.int32)
        return np.asarray(pots[None] // weights.reshape(-1, *[1] * pots.ndim) % self.n_pot, dtype=np.int32)

    def all_pots(self, each: Ints) -> Ints:
        """The number that the pots ``[K, ...]`` stand for."""
        total = np.asarray(each[0], dtype=np.int32)
        for pot in each[1:]:
            total = np.asarray(total * np.int32(self.n_pot) + pot, dtype=np.int32)
        return total

    def successors(self, codes: Ints) -> Ints:
        """``[..., 6, 6]``: the codes that follow ``codes`` (all below ``size``), by both actions.

        Interactions come first, the first cook's before the second's; then both move; then the soup
        cooks on.
        """
        first, second, pots = self.split(codes)
        pot = self.each_pot(pots)
        following = np.empty((len(codes), len(ACTIONS), len(ACTIONS)), dtype=np.int32)
        no = np.zeros(len(codes), dtype=np.bool_)
        for a_interacts in (False, True):
            a, pot_a, a_delivers = self.interact(first, pot) if a_interacts else (first, pot, no)
            for b_interacts in (False, True):
                b, pot_b, b_delivers = self.interact(second, pot_a) if b_interacts else (second, pot_a, no)
                cooked = self.all_pots(self.cook(pot_b))
                over = a_delivers | b_delivers
                for x in (INTERACT,) if a_interacts else range(INTERACT):
                    for y in (INTERACT,) if b_interacts else range(INTERACT):
                        moved_a, moved_b = self._move(a, b, x, y)
                        codes_after = (moved_a * self.n_cooks + moved_b) * self.n_pots + cooked
                        following[:, x, y] = np.where(over, self.size, codes_after)
        return following

    def interact(self, cook: Ints, each: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """Cooks ``[n]`` and pots ``[K, n]`` after the cooks' INTERACT, and whether they deliver."""
        at = self.target[cook], np.arange(len(cook))
        pot = each[at]
        after = each.copy()
        after[at] = self.pots[cook, pot]
        return self.hands[cook, pot], after, self.delivers[cook]

    def cook(self, pot: Ints) -> Ints:
        """The pots one step later; a soup that was started within the step has cooked for one."""
        later = np.where((pot > FULL) & (pot < self.ready), pot + 1, pot)
        return np.where(pot == self.n_pot, FULL + 1, later).astype(np.int32)

    def turned(self, cook: Ints, action: int, cell: Ints) -> Ints:
        """``cook`` at ``cell``, facing the direction of ``action`` where that is one."""
        facing = self.turn[cell, action] if action < STAY else self.turn[cell, cook >> 2 & 3]
        return np.asarray((cell * 4 + facing) * 4 + (cook & 3))

    def _move(self, a: Ints, b: Ints, x: int, y: int) -> tuple[Ints, Ints]:
        at_a, at_b = a >> 4, b >> 4
        to_a, to_b = self.moves[at_a, x], self.moves[at_b, y]
        blocked = (to_a == to_b) | ((to_a == at_b) & (to_b == at_a))
        return (
            self.turned(a, x, np.where(blocked, at_a, to_a)),
            self.turned(b, y, np.where(blocked, at_b, to_b)),
        )


def kitchen(layout: Layout) -> Kitchen:
    """The dynamics of a layout, as tables over single cooks."""
    n_cells = len(layout.map.cells)
    n_pot = FULL + layout.cook_time + 1
    started = n_pot  # within this step: the soup has cooked for 0 steps, and no state is ever left so
    here = np.arange(n_cells, dtype=np.int32)[:, None]
    cooks = np.arange(16 * n_cells, dtype=np.int32)
    faced = layout.facing[cooks >> 4, cooks >> 2 & 3][:, None]
    held, pot = np.broadcast_arrays(cooks[:, None] & 3, np.arange(n_pot + 1, dtype=np.int32)[None, :])
    after, pots = held.copy(), pot.copy()
    after[(faced == ONIONS) & (held == NOTHING)] = ONION
    after[(faced == DISHES) & (held == NOTHING)] = DISH
    at_pot = faced == POT
    pots[at_pot & (held == NOTHING) & (pot == FULL)] = started
    adds = at_pot & (held == ONION) & (pot < FULL)
    after[adds] = NOTHING
    pots[adds] += 1
    takes = at_pot & (held == DISH) & (pot == n_pot - 1)
    after[takes] = SOUP
    pots[takes] = 0
    return Kitchen(
        layout,
        moves=np.concatenate([layout.map.moves, here, here], axis=1),
        hands=cooks[:, None] - held + after,
        pots=pots,
        delivers=(faced[:, 0] == SERVING) & (cooks & 3 == SOUP),
        target=np.maximum(layout.pot_faced[cooks >> 4, cooks >> 2 & 3], 0),
        turn=_directions(layout),
    )


def _directions(layout: Layout) -> Ints:
    """``[C, 4]``: see ``Kitchen.turn``; every direction stands for itself where there is one pot."""
    turn = np.tile(np.arange(4, dtype=np.int32), (len(layout.map.cells), 1))
    if len(layout.pots) > 1:
        useless = np.isin(layout.facing, list(FLOOR + STARTS + COUNTER))
        turn = np.where(useless, useless.argmax(axis=1)[:, None], turn)
    return turn.astype(np.int32)
