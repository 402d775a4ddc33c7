"""Least costs until the end, by value iteration from above, on tables."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom.reasoning.tables.model import Bools, Ints

Floats: TypeAlias = NDArray[np.float64]

UNREACHABLE = 1 << 30
"""The cost of a state from which no plan reaches the end."""

_CHUNK = 1 << 15
_MOST_KEPT = int(np.iinfo(np.int16).max)


def shortest_costs(successors: Ints, cost: Ints, terminal: Bools) -> Ints:
    """Least cost from every state to a terminal one.

    After n sweeps a value is the least cost of all plans of at most n steps, or ``UNREACHABLE``:
    values come from above, so states without a plan keep theirs and cannot hold up convergence. A longer plan
    costs at least (n + 1) times the cheapest step, so whatever costs no more is final and is left
    out of later sweeps.

    Args:
        successors: ``[S, B]``, the states that B choices lead to.
        cost: ``[S]``, of a step begun there; >= 1 where not terminal.
        terminal: ``[S]``.

    Returns:
        ``[S]``: V(s) = cost(s) + min over successors of V, 0 where terminal.
    """
    values = np.where(terminal, 0, UNREACHABLE).astype(np.int32)
    active = np.flatnonzero(~terminal).astype(np.int32)
    if not active.size:
        return values
    cheapest = int(cost[active].min())
    settled = cheapest
    while active.size:
        updated = np.minimum(least_successor(values, successors, active) + cost[active], UNREACHABLE)
        if np.array_equal(updated, values[active]):
            break
        values[active] = updated
        settled += cheapest
        active = active[updated > settled]
    return values


def compact(costs: Ints) -> NDArray[Any]:
    """The same costs as ``int16`` where the reachable ones fit, else as they are.

    What was ``UNREACHABLE`` is then ``unreachable_in`` the array.
    """
    if (costs[costs < UNREACHABLE] >= _MOST_KEPT).any():
        return costs
    return np.minimum(costs, _MOST_KEPT).astype(np.int16)


def unreachable_in(costs: NDArray[Any]) -> int:
    """What stands for ``UNREACHABLE`` in costs that ``compact`` returned."""
    return UNREACHABLE if costs.dtype == np.int32 else _MOST_KEPT


def least_successor(values: Ints, successors: Ints, states: Ints) -> Ints:
    """The least value among the successors of each of ``states``, of their shape."""
    least = np.empty(len(states), dtype=np.int32)
    for first in range(0, len(states), _CHUNK):
        some = slice(first, first + _CHUNK)
        least[some] = values[successors[states[some]]].min(axis=1)
    return least


def expected_costs(successors: Ints, cost: Ints, terminal: Bools, horizon: int) -> Floats:
    """Least expected cost of the next ``horizon`` steps against a partner who acts at random.

    Args:
        successors: ``[S, A, B]``: own action, partner's action.
        cost: ``[S]``.
        terminal: ``[S]``.
        horizon: number of steps looked ahead, >= 0.

    Returns:
        ``[S]``: V_n(s) = cost(s) + min over a of the mean over b of V_(n-1), from V_0 = 0.
    """
    values = np.zeros(len(cost))
    for _ in range(horizon):
        updated = np.where(terminal, 0.0, cost + values[successors].mean(axis=2).min(axis=1))
        if np.allclose(updated, values, rtol=0.0, atol=1e-12):
            break
        values = updated
    return values
