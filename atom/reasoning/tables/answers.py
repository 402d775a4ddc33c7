"""Answers to what is predicted of a partner, by one step of look-ahead over solved costs.

Everything here is said from the seat of one player. Where the model has a mirror the second player looks
into it and acts as the first, so that costs are kept for one seat only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atom.policies import added
from atom.reasoning.tables.levels import Alone, Solution
from atom.reasoning.tables.model import Actions, TabularModel
from atom.reasoning.tables.values import unreachable_in

COMPARABLE = 1.0 / 3.0
"""From this share of the likeliest action's probability on, a partner's action has an answer of its own."""

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """Where a player is to act.

    Attributes:
        index: whose costs and policies are looked up, 0 or 1; 0 for both players where there is a mirror.
        state: the state's index as seen from there.
        next: ``[A, A]``, what follows, by own action and the partner's.
        names: ``[A]``, what the actions are called that are looked up.
        ties: the actions in the order in which ties are broken.
    """

    index: int
    state: int
    next: NDArray[np.int32]
    names: tuple[str, ...]
    ties: tuple[int, ...]


def seat_of(model: TabularModel, player: int, state: int, mirrored: tuple[str, ...] | None) -> Seat:
    """Where ``player`` (0 or 1) is to act.

    Args:
        model: the game.
        player: 0 or 1.
        state: the state's index.
        mirrored: the names of the actions seen in the mirror; None without one.
    """
    if player == 0:
        return Seat(0, state, model.next[state], model.actions, model.tie_order(0))
    if model.mirror is None or mirrored is None:
        return Seat(1, state, model.next[state].T, model.actions, model.tie_order(1))
    seen = int(model.mirror.states[state])
    return Seat(0, seen, model.next[seen], mirrored, model.tie_order(0))


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """Costs until the end beside partners of one kind each; shapes as in ``Solution``.

    Attributes:
        policies: ``[K + 1, 2, S]``, the action of each order and player.
        orders: ``[K, P, S]``, beside partners of each order below K.
        actions: ``[A, P, S]``, beside partners that take one action for ever.
        worst: what stands for "no end": twice the dearest reachable cost. An end that such a partner bars is
            far away, not infinitely far, since the partner may be of another kind after all.
    """

    policies: Actions
    orders: NDArray[Any]
    actions: NDArray[Any]
    worst: int

    @classmethod
    def of(cls, solution: Solution, actions: NDArray[Any]) -> Beside:
        """The same of solved tables."""
        dearest = [
            int(kept[kept < unreachable_in(kept)].max(initial=1)) for kept in (solution.costs, actions)
        ]
        return cls(solution.policies, solution.costs, actions, 2 * max(dearest))


def answer(seat: Seat, predicted: Sequence[float], beside: Beside) -> dict[int, float] | None:
    """The response to what is predicted of the partner's next action.

    Each action b that the partner may take is read as the sign of who takes it: of the orders that do so
    here, or, where none does, of a partner that takes b for ever. C_b(x) is the cost of what follows own
    action x and b, best-responding to that partner over the whole horizon; the mean where several orders do
    b. So a partner that is certainly of one order gets its best response, and one that does what no order
    does is worked around where it stands. To count on a joint plan, or on the mean or the least over all
    orders, waits for a partner that never comes: beside one that goes through its actions in turn that takes
    77 steps in Overcooked, and this 45 (``docs/decisions/answers-on-tables.md``).

    Every b that is at least ``COMPARABLE`` as likely as the likeliest is answered by the x of the least C_b,
    in proportion to its probability P(b); all of them, the less likely ones as well, decide ties by the least
    Q(x) = Σ_b P(b) C_b(x). Always to take the x of the least Q is no worse beside partners that do not adapt,
    but two agents that answer each other's mixture by one best action mirror each other for ever.

    Args:
        seat: where to act.
        predicted: ``[A]``, >= 0 and not all 0: the partner's actions.
        beside: costs of the model.

    Returns:
        Action -> probability; None where nothing leads to the end, whatever the partner does.
    """
    # small lists: numpy's overhead for each of these steps is longer than the step
    by_action = _costs(seat, beside)
    if all(min(by_action[b]) >= beside.worst for b, p in enumerate(predicted) if p > 0.0):
        return None
    expected = _expected(by_action, predicted)
    tolerance = _TOLERANCE * beside.worst
    least = COMPARABLE * max(predicted)
    likely = {b: p for b, p in enumerate(predicted) if p >= least}
    found: dict[int, float] = {}
    for b, p in likely.items():
        good = _cheapest(by_action[b])
        near = min(expected[x] for x in good) + tolerance
        chosen = next(x for x in seat.ties if x in good and expected[x] <= near)
        found[chosen] = found.get(chosen, 0.0) + p
    total = added(likely.values())
    return {x: p / total for x, p in found.items()}


def cheapest_against(seat: Seat, predicted: Sequence[float], beside: Beside) -> list[int]:
    """The actions of the least Q(x) = Σ_b P(b) C_b(x), see ``answer``.

    Args:
        seat: where to act.
        predicted: ``[A]``, >= 0 and not all 0: the partner's actions.
        beside: costs of the model.
    """
    by_action = _costs(seat, beside)
    expected = _expected(by_action, predicted)
    near = min(expected) + _TOLERANCE * beside.worst
    return [action for action, cost in enumerate(expected) if cost <= near]


def _costs(seat: Seat, beside: Beside) -> list[list[float]]:
    """``[A][A]``: the cost, by the partner's action and then one's own, of all that follows."""
    followed = seat.next.T
    rows = beside.actions[np.arange(len(followed))[:, None], seat.index, followed].tolist()
    found = [_lifted(row, unreachable_in(beside.actions), beside.worst) for row in rows]
    doing: dict[int, list[int]] = {}
    for order, b in enumerate(beside.policies[:-1, 1 - seat.index, seat.state].tolist()):
        doing.setdefault(b, []).append(order)
    for b, orders in doing.items():
        kept = [beside.orders[order, seat.index][followed[b]].tolist() for order in orders]
        here = [_lifted(row, unreachable_in(beside.orders), beside.worst) for row in kept]
        found[b] = [added(column) / len(orders) for column in zip(*here, strict=True)]
    return found


def _expected(by_action: Sequence[Sequence[float]], predicted: Sequence[float]) -> list[float]:
    """Q(x) by own action."""
    return [added(map(mul, predicted, column)) for column in zip(*by_action, strict=True)]


def _lifted(kept: Sequence[int], unreachable: int, worst: int) -> list[float]:
    """Costs with a number for "no end" that can be weighed."""
    return [worst if cost == unreachable else cost for cost in kept]


def cheapest_alone(model: TabularModel, seat: Seat, alone: Alone) -> list[int]:
    """The actions that are equally good for a player that models nobody."""
    if model.solo is None:
        return _cheapest(alone[seat.index][seat.next].mean(axis=1).tolist())
    if model.mover is not None:
        return _cheapest(alone[0][model.solo.project[seat.index][seat.next[:, 0]]].tolist())
    return _cheapest(alone[0][model.solo.next[model.solo.project[seat.index, seat.state]]].tolist())


def cheapest_beside(seat: Seat, order: int, solution: Solution) -> list[int] | None:
    """The best responses to a partner of ``order``; None where none ever reaches the end."""
    b = solution.policies[order, 1 - seat.index, seat.state]
    costs = solution.costs[order, seat.index][seat.next[:, b]].tolist()
    return None if min(costs) >= unreachable_in(solution.costs) else _cheapest(costs)


def _cheapest(costs: Sequence[float]) -> list[int]:
    least = min(costs) + _TOLERANCE
    return [action for action, cost in enumerate(costs) if cost <= least]
