"""Policies of every theory-of-mind order, solved over the whole horizon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from atom.reasoning.tables.model import Actions, Ints, TabularModel
from atom.reasoning.tables.values import UNREACHABLE, compact, expected_costs, shortest_costs

RANDOM_PARTNER_HORIZON = 200
_TOLERANCE = 1e-9


Alone: TypeAlias = tuple[NDArray[Any], ...]
"""What ToM-0 expects a state to cost, for one player after the other: ``[T]`` of its own game where it has
one, which is the same for both, else ``[S]``; the first player's alone where a mirror shows the second's."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """What planning found.

    P players are kept: 2, or the first alone where a mirror shows the second's costs.

    Attributes:
        policies: ``[K + 1, 2, S]``: the action of each order and player in each state.
        values: ``[S]``: the least joint cost until the end, when both follow one plan;
            ``UNREACHABLE`` where there is none.
        costs: ``[K, P, S]``: the least cost until the end beside a partner of each order below K, as
            ``compact`` keeps it.
        alone: see ``Alone``.
    """

    policies: Actions
    values: Ints
    costs: NDArray[Any]
    alone: Alone


def solve(model: TabularModel, max_order: int) -> Solution:
    """Policies of the orders 0 to ``max_order`` and the joint optimum.

    ToM-0 is optimal alone; ToM-k is the best response over the whole horizon to the partner's
    ToM-(k-1) policy (paper, "Theory of mind", where the prediction holds for one step only: an agent
    that expects its partner to yield at the next step waits for ever).
    """
    policies = np.empty((max_order + 1, 2, model.n_states), dtype=np.int8)
    alone = tuple(costs_alone(model, player) for player in seats_of(model)[: 1 if model.solo else 2])
    beside: list[Ints] = []
    for order in range(max_order + 1):
        for player in (0, 1):
            if player == 1 and model.mirror is not None:
                policies[order, 1] = model.mirror.actions[policies[order, 0, model.mirror.states]]
            elif order == 0:
                policies[0, player] = level_zero(model, player, alone[min(player, len(alone) - 1)])
            else:
                partner = policies[order - 1, 1 - player]
                beside.append(costs_beside(model, player, partner))
                policies[order, player] = best_response(
                    model, player, partner, otherwise=policies[0, player], costs=beside[-1]
                )
    joint = model.next.reshape(model.n_states, -1)
    values = shortest_costs(joint, model.cost, model.terminal)
    return Solution(policies, values, _stacked(model, beside, max_order), alone)


def solve_beside_actions(model: TabularModel) -> NDArray[Any]:
    """The least cost until the end beside a partner that takes one action for ever.

    Returns:
        ``[A, P, S]``, by the partner's action, as ``compact`` keeps it; P as in ``Solution``.
    """
    n_actions = len(model.actions)
    always = [np.full(model.n_states, action, dtype=np.int8) for action in range(n_actions)]
    found = [costs_beside(model, player, partner) for partner in always for player in seats_of(model)]
    return _stacked(model, found, n_actions)


def seats_of(model: TabularModel) -> tuple[int, ...]:
    """The players whose costs are kept: a mirror shows the second's."""
    return (0,) if model.mirror is not None else (0, 1)


def _stacked(model: TabularModel, costs: list[Ints], rows: int) -> NDArray[Any]:
    shape = (rows, len(seats_of(model)), model.n_states)
    return compact(np.array(costs, dtype=np.int32).reshape(shape))


def costs_alone(model: TabularModel, player: int) -> NDArray[Any]:
    """What a player that models nobody expects each state to cost, see ``Alone``.

    It plans in the game of one player alone, or, where the model has none, against a partner who acts
    at random, ``RANDOM_PARTNER_HORIZON`` steps ahead.
    """
    solo = model.solo
    if solo is not None:
        return shortest_costs(solo.next, solo.cost, solo.terminal)
    successors = model.next if player == 0 else model.next.transpose(0, 2, 1)
    return expected_costs(successors, model.cost, model.terminal, RANDOM_PARTNER_HORIZON)


def level_zero(model: TabularModel, player: int, alone: NDArray[Any]) -> Actions:
    """The optimal policy of a player that models nobody, ``[S]``.

    Where nothing leads to the end of its game alone, it takes its first action.

    Args:
        model: the game.
        player: 0 or 1.
        alone: its ``costs_alone``.
    """
    if model.solo is None:
        successors = model.next if player == 0 else model.next.transpose(0, 2, 1)
        return _first_best(alone[successors].mean(axis=2), model.tie_order(player))
    if model.mover is not None:
        # a move that was seen is no plan of somebody's: it is where the player now stands
        led = model.next[:, :, 0] if player == 0 else model.next[:, 0, :]
        own = _first_best(alone[model.solo.project[player][led]], model.tie_order(player))
        return np.asarray(np.where(model.mover == player, own, model.tie_order(player)[0]), dtype=np.int8)
    chosen = _first_best(alone[model.solo.next], model.tie_order(player))
    return np.asarray(chosen[model.solo.project[player]])


def costs_beside(model: TabularModel, player: int, partner: Actions) -> Ints:
    """``[S]``: the least cost until the end for ``player`` (0 or 1) when its partner acts by ``partner``.

    Args:
        model: the game.
        player: 0 or 1.
        partner: ``[S]``, the partner's action in each state.
    """
    return shortest_costs(_successors(model, player, partner), model.cost, model.terminal)


def best_response(
    model: TabularModel, player: int, partner: Actions, *, otherwise: Actions, costs: Ints | None = None
) -> Actions:
    """The optimal policy of ``player`` (0 or 1) when its partner is known to act by ``partner``.

    Args:
        model: the game.
        player: 0 or 1.
        partner: ``[S]``, the partner's action in each state.
        otherwise: ``[S]``, what to do where no response ever reaches the end.
        costs: ``costs_beside`` such a partner; None finds them.

    Returns:
        ``[S]``: of the actions with the least cost, the first in the player's order of ties.
    """
    if costs is None:
        costs = costs_beside(model, player, partner)
    chosen = _first_best(costs[_successors(model, player, partner)], model.tie_order(player))
    return np.asarray(np.where(costs == UNREACHABLE, otherwise, chosen), dtype=np.int8)


def _successors(model: TabularModel, player: int, partner: Actions) -> Ints:
    """``[S, A]``: what follows the player's actions beside such a partner."""
    states = np.arange(model.n_states)
    found = model.next[states, :, partner] if player == 0 else model.next[states, partner, :]
    return np.asarray(found)


def _first_best(costs: NDArray[Any], ties: tuple[int, ...]) -> Actions:
    """The cheapest action of each row of ``[S, A]``, the first in the order of ``ties``."""
    preferred = costs[:, list(ties)]
    near = preferred <= preferred.min(axis=1, keepdims=True) + _TOLERANCE
    return np.asarray(np.asarray(ties, dtype=np.int8)[near.argmax(axis=1)])
