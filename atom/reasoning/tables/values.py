"""Least costs until the end, on tables."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom.lazy import missing_extra
from atom.reasoning.tables.model import Bools, Ints

Floats: TypeAlias = NDArray[np.float64]

UNREACHABLE = 1 << 30
"""The cost of a state from which no plan reaches the end."""

_CHUNK = 1 << 15
_MOST_KEPT = int(np.iinfo(np.int16).max)


def shortest_costs(successors: Ints, cost: Ints, terminal: Bools) -> Ints:
    """Least cost from every state to a terminal one, by SciPy's Dijkstra from all ends at once.

    Args:
        successors: ``[S, B]``, the states that B choices lead to.
        cost: ``[S]``, of a step begun there; >= 1 where not terminal.
        terminal: ``[S]``.

    Returns:
        ``[S]``: V(s) = cost(s) + min over successors of V, 0 where terminal, ``UNREACHABLE`` where no plan
        reaches the end.

    Raises:
        MissingExtraError: SciPy is not installed.
    """
    try:
        from scipy.sparse import csc_array  # noqa: PLC0415 - as long as importing all of atom takes
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise missing_extra("planning on tables", "scipy") from error

    ends = np.flatnonzero(terminal)
    if not ends.size:
        return np.full(len(cost), UNREACHABLE, dtype=np.int32)
    leads_to, first = _edges(successors, terminal)
    lengths = np.repeat(cost.astype(np.float64), np.diff(first))
    # a column for each state and where it leads as rows: that is the graph walked from the ends
    backwards = csc_array((lengths, leads_to, first), shape=(len(cost), len(cost))).tocsr()
    found = dijkstra(backwards, indices=ends, min_only=True)
    return np.minimum(found, UNREACHABLE).astype(np.int32)


def _edges(successors: Ints, terminal: Bools) -> tuple[Ints, Ints]:
    """``[E]``: where the states lead, each once; and ``[S + 1]``: where those of each state begin.

    Nothing leads on from the end. Many choices lead to the same state, and edges cost more than sorting.
    """
    some, counts = [], np.zeros(len(terminal), dtype=np.int32)
    for first in range(0, len(terminal), _CHUNK):
        chunk = slice(first, first + _CHUNK)
        ordered = np.sort(successors[chunk], axis=1)
        new = np.ones(ordered.shape, dtype=bool)
        np.not_equal(ordered[:, 1:], ordered[:, :-1], out=new[:, 1:])
        new[terminal[chunk]] = False
        some.append(ordered[new].astype(np.int32, copy=False))
        counts[chunk] = np.count_nonzero(new, axis=1)
    begins = np.zeros(len(terminal) + 1, dtype=np.int32)
    np.cumsum(counts, out=begins[1:])
    return np.concatenate(some), begins


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
