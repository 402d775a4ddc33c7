"""Policies of every theory-of-mind order, solved over the whole horizon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from atom.reasoning.tables.model import Actions, Ints, TabularModel
from atom.reasoning.tables.values import UNREACHABLE, expected_costs, shortest_costs

RANDOM_PARTNER_HORIZON = 200
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What planning found.

    Attributes:
        policies: ``[K + 1, 2, S]``: the action of each order and player in each state.
        values: ``[S]``: the least joint cost until the end, when both follow one plan;
            ``UNREACHABLE`` where there is none.
    """

    policies: Actions
    values: Ints


def solve(model: TabularModel, max_order: int) -> Solution:
    """Policies of the orders 0 to ``max_order`` and the joint optimum.

    ToM-0 is optimal alone; ToM-k is the best response over the whole horizon to the partner's
    ToM-(k-1) policy (paper, "Theory of mind", where the prediction holds for one step only: an agent
    that expects its partner to yield at the next step waits for ever).
    """
    policies = np.empty((max_order + 1, 2, model.n_states), dtype=np.int8)
    for order in range(max_order + 1):
        for player in (0, 1):
            if player == 1 and model.mirror is not None:
                policies[order, 1] = model.mirror.actions[policies[order, 0, model.mirror.states]]
            elif order == 0:
                policies[0, player] = level_zero(model, player)
            else:
                policies[order, player] = best_response(
                    model, player, policies[order - 1, 1 - player], otherwise=policies[0, player]
                )
    joint = model.next.reshape(model.n_states, -1)
    return Solution(policies, shortest_costs(joint, model.cost, model.terminal))


def level_zero(model: TabularModel, player: int) -> Actions:
    """The optimal policy of a player that models nobody, ``[S]``.

    It plans in the game of one player alone, or, where the model has none, against a partner who acts
    at random, ``RANDOM_PARTNER_HORIZON`` steps ahead. Where nothing leads to its end alone, it takes its
    first action.
    """
    solo = model.solo
    if solo is None:
        successors = model.next if player == 0 else model.next.transpose(0, 2, 1)
        values = expected_costs(successors, model.cost, model.terminal, RANDOM_PARTNER_HORIZON)
        return _first_best(values[successors].mean(axis=2), model.tie_order(player))
    costs = shortest_costs(solo.next, solo.cost, solo.terminal)
    chosen = _first_best(costs[solo.next], model.tie_order(player))
    return np.asarray(chosen[solo.project[player]])


def best_response(model: TabularModel, player: int, partner: Actions, *, otherwise: Actions) -> Actions:
    """The optimal policy of ``player`` (0 or 1) when its partner is known to act by ``partner``.

    Args:
        model: the game.
        player: 0 or 1.
        partner: ``[S]``, the partner's action in each state.
        otherwise: ``[S]``, what to do where no response ever reaches the end.

    Returns:
        ``[S]``: of the actions with the least cost, the first in the player's order of ties.
    """
    successors = model.next[np.arange(model.n_states), :, partner]
    if player == 1:
        successors = model.next[np.arange(model.n_states), partner, :]
    costs = shortest_costs(successors, model.cost, model.terminal)
    chosen = _first_best(costs[successors], model.tie_order(player))
    return np.asarray(np.where(costs == UNREACHABLE, otherwise, chosen), dtype=np.int8)


def _first_best(costs: NDArray[Any], ties: tuple[int, ...]) -> Actions:
    """The cheapest action of each row of ``[S, A]``, the first in the order of ``ties``."""
    preferred = costs[:, list(ties)]
    near = preferred <= preferred.min(axis=1, keepdims=True) + _TOLERANCE
    return np.asarray(np.asarray(ties, dtype=np.int8)[near.argmax(axis=1)])
