"""Habits as arrays: what partners do after what, counted in B episodes at once (``atom.belief.habits``).

A habit counts in cells: one for each context and each action, or step, in it. Which cells the partner's
actions stand in follows from what both players did last, so a table says it for every joint action.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from atom import Situation
from atom.belief import Habit, Habits
from atom.belief.habits import MOST_CONTEXTS
from atom.reasoning.reasoner import OutcomeReasoner, TieReasoner
from eval.play.batched.contexts import ByContext
from eval.play.batched.exact import Floats, Ints, added, as_slice
from eval.play.batched.players import Now, Seat

MOST_CELLS = 1 << 12
"""Up to so many cells an episode the counts of habits are kept in arrays."""

_NOWHERE = -1


def fits(seat: Seat, habits: Habits) -> bool:
    """Whether the counts of a partner's habits may be kept in arrays, and no context would be forgotten.

    Args:
        seat: the observer's.
        habits: those that are looked for.
    """
    n, m = len(seat.theirs), len(seat.mine)
    contexts = {"nothing": 1, "own": n, "other": m, "both": n * m, "outcome": n * m}
    most = [contexts[habit.given] for habit in habits.habits]
    forgets = min(max(most), seat.game.most_steps) > MOST_CONTEXTS
    return n * sum(most) <= MOST_CELLS and not forgets


class HabitTable:
    """Where the habits of a partner are counted.

    H habits, of which the first M or others are counted once something was done; A actions of the partner,
    J joint actions.

    Args:
        seat: the observer's.
        habits: those that are looked for.
        orders: weighed beside them with ties broken in another way, where the reasoner knows such.

    Attributes:
        counted: the M habits that are counted after a joint action.
        at_first: the F that are counted before there was one.
        cells: ``[M, A, J]``, the cell of each action after a joint action, numbered ``own * m + other``
            where the observer has m actions.
        first_cells: ``[F, A]``, the same before there was one.
        n_cells: how many there are.
        further: ``[O, A, contexts]``, the orders with other ties; None where the reasoner knows none.
    """

    def __init__(self, seat: Seat, habits: Habits, orders: Sequence[int]) -> None:
        self.habits = habits
        self.seat = seat
        n, m = len(seat.theirs), len(seat.mine)
        whole = np.full((len(habits.habits), n, n * m), _NOWHERE)
        first = np.full((len(habits.habits), n), _NOWHERE)
        self.n_cells = 0
        for h, habit in enumerate(habits.habits):
            self._enter(habit, whole[h], first[h])
        self.counted = as_slice(np.flatnonzero(whole[:, 0, 0] != _NOWHERE))
        self.at_first = as_slice(np.flatnonzero(first[:, 0] != _NOWHERE))
        self.cells = whole[self.counted]
        self.first_cells = first[self.at_first]
        self.further: ByContext | None = None
        reasoner = seat.game.reasoner
        if isinstance(reasoner, TieReasoner):

            def with_other_ties(situation: Situation) -> list[list[float]]:
                policies = reasoner.with_other_ties(situation, seat.partner, orders)
                return [[policy.get(action, 0.0) for action in seat.theirs] for policy in policies]

            self.further = ByContext(seat.game.contexts, (len(orders), n), with_other_ties)
        self.n_further = 0 if self.further is None else len(orders)

    def _enter(self, habit: Habit, cells: Ints, first: Ints) -> None:
        """Gives a habit its cells: ``[A, J]`` after joint actions and ``[A]`` before there was one."""
        n, m = len(self.seat.theirs), len(self.seat.mine)
        contexts: dict[str, int] = {}
        places = np.arange(n)
        if habit.given == "nothing" and habit.step_from is None:
            first[:] = self.n_cells + places
        for own in range(n):
            for other in range(m):
                context = self._context(habit, own, other)
                if context is None:
                    continue
                at = contexts.setdefault(context, len(contexts))
                base = {None: 0, "own": own, "other": other}[habit.step_from]
                steps = (places - base) % n
                cells[:, own * m + other] = self.n_cells + at * n + steps
        self.n_cells += max(1, len(contexts)) * n

    def _context(self, habit: Habit, own: int, other: int) -> str | None:
        theirs, mine = self.seat.theirs[own], self.seat.mine[other]
        if habit.given == "both":
            return f"{theirs}\0{mine}"
        if habit.given == "outcome":
            reasoner = self.seat.game.reasoner
            if not isinstance(reasoner, OutcomeReasoner):
                return None
            legal = dict(zip(self.seat.game.players, self.seat.game.actions, strict=True))
            joint = {self.seat.partner: theirs, self.seat.me: mine}
            return reasoner.outcome(Situation(legal), self.seat.partner, joint)
        return {"nothing": "", "own": theirs, "other": mine}[habit.given]


class HabitCounts:
    """The habits of a partner in B episodes.

    Args:
        table: where they are counted.
        size: B.
    """

    def __init__(self, table: HabitTable, size: int) -> None:
        self._table = table
        n, h = len(table.seat.theirs), len(table.habits.habits) + table.n_further
        self._n, self._h = n, h
        self._weights = np.full((h, size), 1.0 / h)
        self._counts = np.zeros(size * table.n_cells)
        self._cells = np.zeros((0, size), dtype=np.int64)
        self._resize(size)

    def _resize(self, size: int) -> None:
        self._first_cell = np.arange(size) * self._table.n_cells
        self._said = np.full((self._h, self._n, size), 1.0 / self._n)

    def predict(self, now: Now) -> Floats:
        """``[A, B]``, what partners of such habits do next."""
        table, said = self._table, self._said
        if now.last is not None:
            counts, whole = self._counted(self._joint(now))
            if isinstance(table.counted, slice):
                np.divide(counts, whole, out=said[table.counted])
            else:
                said[table.counted] = counts / whole
        if table.further is not None:
            said[len(table.habits.habits) :] = table.further.values.take(now.rows, axis=2)
        return added(said * self._weights[:, np.newaxis])

    def observed(self, now: Now, did: Ints) -> None:
        """Counts what the partners did, ``[B]``, and weighs the habits by what they said of it."""
        table, at = self._table, did * did.size + now.all
        if now.last is None:
            cells = table.first_cells[:, did] + self._first_cell
        else:
            cells = self._cells.reshape(-1, self._n * did.size).take(at, axis=1)
        np.add.at(self._counts, cells, 1.0)
        weights = self._said.reshape(self._h, -1).take(at, axis=1)
        weights *= self._weights
        weights *= (1.0 - table.habits.share) / added(weights)
        weights += table.habits.share / self._h
        self._weights = weights

    def keep(self, rows: Ints) -> None:
        """Goes on with some of the episodes."""
        self._weights = self._weights.take(rows, axis=1)
        self._counts = self._counts.reshape(-1, self._table.n_cells)[rows].reshape(-1)
        self._resize(len(rows))

    def _counted(self, joint: Ints) -> tuple[Floats, Floats]:
        """``n(a, c) + 1/A``, ``[M, A, B]``, and ``n(c) + 1``, ``[M, 1, B]``, after joint actions ``[B]``."""
        self._cells = self._table.cells.reshape(-1, self._table.cells.shape[2]).take(joint, axis=1)
        self._cells += self._first_cell
        found = self._counts.take(self._cells).reshape(-1, self._n, joint.size)
        whole = added(found.swapaxes(0, 1))  # of whole numbers, which no order rounds
        whole += 1.0
        found += 1.0 / self._n
        return found, whole[:, np.newaxis]

    def _joint(self, now: Now) -> Ints:
        """What partner and observer did last, as a number."""
        if now.last is None:
            raise ValueError("nothing was done yet")
        index = self._table.seat.index
        found: Ints = now.last[1 - index] * len(self._table.seat.mine) + now.last[index]
        return found
