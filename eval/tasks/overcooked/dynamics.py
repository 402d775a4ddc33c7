"""What one step does in a one-pot kitchen, on arrays of states.

The rules are those of ``overcooked-ai`` 1.1.0 (Carroll et al. 2019, "On the utility of learning about
humans for human-AI coordination") for one soup of three onions, with two guards: INTERACT
at a counter, and starting a soup of fewer than three onions, are STAY.

A state is a code: ``(first cook * P + second cook) * N_POT + pot``. A cook is
``(cell * 4 + direction faced) * 4 + held``, P = 16 C of them. The last code, ``size``, is the end: a soup
was delivered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from eval.tasks.maps import DIRECTIONS
from eval.tasks.overcooked.layout import DISHES, ONIONS, POT, SERVING, Layout

Ints: TypeAlias = NDArray[np.int32]
Code = TypeVar("Code", int, Ints)

ACTIONS = (*DIRECTIONS, "stay", "interact")
STAY, INTERACT = 4, 5

HELD = ("nothing", "onion", "dish", "soup")
NOTHING, ONION, DISH, SOUP = range(4)

COOK_TIME = 20
FULL = 3
"""Onions that make a soup; pots 0 to 3 hold as many onions and do not cook."""
READY = FULL + COOK_TIME
"""Pots 4 to 23 have cooked for 1 to 20 steps."""
N_POT = READY + 1
_STARTED = N_POT
"""A soup started within this step: it has cooked for 0 steps, and no state is ever left so."""


@dataclass(frozen=True, eq=False)
class Kitchen:
    """The dynamics of one layout.

    Attributes:
        layout: the kitchen.
        moves: ``[C, 6]``, the cell that each action leads to when nobody is in the way.
        hands: ``[P, N_POT + 1]``, the cook after an INTERACT, by cook and pot.
        pots: ``[P, N_POT + 1]``, the pot after it.
        delivers: ``[P]``, whether it delivers a soup.
    """

    layout: Layout
    moves: Ints
    hands: Ints
    pots: Ints
    delivers: NDArray[np.bool_]

    @property
    def n_cooks(self) -> int:
        """P, the states of one cook."""
        return len(self.delivers)

    @property
    def size(self) -> int:
        """The number of codes; also the code of the end."""
        return self.n_cooks * self.n_cooks * N_POT

    def code(self, first: Code, second: Code, pot: Code) -> Code:
        """The code of two cooks and a pot, or of arrays of them."""
        return (first * self.n_cooks + second) * N_POT + pot

    def split(self, codes: NDArray[np.integer]) -> tuple[Ints, Ints, Ints]:
        """First cook, second cook and pot of codes below ``size``."""
        cooks, pot = np.divmod(codes.astype(np.int32), N_POT)
        first, second = np.divmod(cooks, self.n_cooks)
        return first, second, pot

    def successors(self, codes: Ints) -> Ints:
        """``[..., 6, 6]``: the codes that follow ``codes`` (all below ``size``), by both actions.

        Interactions come first, the first cook's before the second's; then both move; then the soup
        cooks on.
        """
        first, second, pot = self.split(codes)
        following = np.empty((len(codes), len(ACTIONS), len(ACTIONS)), dtype=np.int32)
        no = np.zeros(len(codes), dtype=np.bool_)
        for a_interacts in (False, True):
            a, pot_a, a_delivers = self._interact(first, pot) if a_interacts else (first, pot, no)
            for b_interacts in (False, True):
                b, pot_b, b_delivers = self._interact(second, pot_a) if b_interacts else (second, pot_a, no)
                cooked = cook(pot_b)
                over = a_delivers | b_delivers
                for x in (INTERACT,) if a_interacts else range(INTERACT):
                    for y in (INTERACT,) if b_interacts else range(INTERACT):
                        moved_a, moved_b = self._move(a, b, x, y)
                        codes_after = (moved_a * self.n_cooks + moved_b) * N_POT + cooked
                        following[:, x, y] = np.where(over, self.size, codes_after)
        return following

    def _interact(self, cook: Ints, pot: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        return self.hands[cook, pot], self.pots[cook, pot], self.delivers[cook]

    def _move(self, a: Ints, b: Ints, x: int, y: int) -> tuple[Ints, Ints]:
        at_a, at_b = a >> 4, b >> 4
        to_a, to_b = self.moves[at_a, x], self.moves[at_b, y]
        blocked = (to_a == to_b) | ((to_a == at_b) & (to_b == at_a))
        return (
            turned(a, x, np.where(blocked, at_a, to_a)),
            turned(b, y, np.where(blocked, at_b, to_b)),
        )


def turned(cook: Ints, action: int, cell: Ints) -> Ints:
    """``cook`` at ``cell``, facing the direction of ``action`` where that is one."""
    facing = np.int32(action) if action < STAY else cook >> 2 & 3
    return np.asarray((cell * 4 + facing) * 4 + (cook & 3))


def cook(pot: Ints) -> Ints:
    """The pot one step later."""
    later = np.where((pot > FULL) & (pot < READY), pot + 1, pot)
    return np.where(pot == _STARTED, FULL + 1, later).astype(np.int32)


def kitchen(layout: Layout) -> Kitchen:
    """The dynamics of a layout, as tables over single cooks."""
    n_cells = len(layout.map.cells)
    here = np.arange(n_cells, dtype=np.int32)[:, None]
    cooks = np.arange(16 * n_cells, dtype=np.int32)
    faced = layout.facing[cooks >> 4, cooks >> 2 & 3][:, None]
    held, pot = np.broadcast_arrays(cooks[:, None] & 3, np.arange(N_POT + 1, dtype=np.int32)[None, :])
    after, pots = held.copy(), pot.copy()
    after[(faced == ONIONS) & (held == NOTHING)] = ONION
    after[(faced == DISHES) & (held == NOTHING)] = DISH
    at_pot = faced == POT
    pots[at_pot & (held == NOTHING) & (pot == FULL)] = _STARTED
    adds = at_pot & (held == ONION) & (pot < FULL)
    after[adds] = NOTHING
    pots[adds] += 1
    takes = at_pot & (held == DISH) & (pot == READY)
    after[takes] = SOUP
    pots[takes] = 0
    return Kitchen(
        layout,
        moves=np.concatenate([layout.map.moves, here, here], axis=1),
        hands=cooks[:, None] - held + after,
        pots=pots,
        delivers=(faced[:, 0] == SERVING) & (cooks & 3 == SOUP),
    )
