"""Games on tables in which one player moves at a time."""

from __future__ import annotations

import operator
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from atom.errors import ModelError, shortly
from atom.reasoning.tables.answers import Seat
from atom.reasoning.tables.levels import Solution
from atom.reasoning.tables.model import Solo, TabularModel
from atom.reasoning.tables.values import unreachable_in
from atom.situation import Situation

_TOLERANCE = 1e-9


def taking_turns(model: TabularModel, first: int = 0) -> TabularModel:
    """The game in which, at every step, one player moves and the other sees that before it does.

    Between the states of the game stand those in which the first has moved: S + S · A in all, s and then
    ``S + s · A + a`` after its action a. Both halves of a step cost what the step did, so all costs double. A
    ToM-0 player still plans alone; it takes the move that it has just seen for granted.

    Args:
        model: a game of players who act at once.
        first: who moves first in every step, 0 or 1.

    Returns:
        a model with ``mover``; its states' indices below S are the game's own.

    Raises:
        ModelError: a game of turns already, or another ``first``.
    """
    if model.mover is not None:
        raise ModelError("the players of this game take turns already; its states say who moves")
    if first not in (0, 1):
        raise ModelError(f"first must be 0 or 1, the index of the player who moves first, got {first!r}")
    size, n = model.n_states, len(model.actions)
    halves = size + np.arange(size * n, dtype=np.int32).reshape(size, n)
    opening = np.broadcast_to(halves[:, :, None], (size, n, n))
    closing = model.next if first == 0 else model.next.transpose(0, 2, 1)  # by the first's action
    closing = np.broadcast_to(closing.reshape(size * n, 1, n), (size * n, n, n))
    if first == 1:
        opening, closing = opening.transpose(0, 2, 1), closing.transpose(0, 2, 1)
    return TabularModel(
        np.concatenate([opening, closing]),
        np.concatenate([model.cost, model.cost.repeat(n)]),
        np.concatenate([model.terminal, model.terminal.repeat(n)]),
        model.starts,
        model.actions,
        None if model.solo is None else _alone(model.solo, first, n),
        ties=model.ties,
        mover=np.concatenate([np.full(size, first), np.full(size * n, 1 - first)]).astype(np.int8),
    )


def _alone(solo: Solo, first: int, n: int) -> Solo:
    """The same games alone; the first to move is where its move leads, and the other where it was."""
    own = solo.project[first]
    project = [np.empty(0, dtype=np.int32)] * 2
    project[first] = np.concatenate([own, solo.next[own].reshape(-1)])
    other = solo.project[1 - first]
    project[1 - first] = np.concatenate([other, other.repeat(n)])
    return Solo(solo.next, solo.cost, solo.terminal, np.stack(project))


def state_of(model: TabularModel, situation: Situation) -> int:
    """The state that a situation is in, after the moves that are known of this step.

    Raises:
        ModelError: moves or turns in a game of players who act at once, or moves out of turn.
    """
    try:
        state = operator.index(situation.state)
    except TypeError:
        state = -1
    if not 0 <= state < model.n_states:
        raise ModelError(
            f"situation.state must be a state's index from 0 to {model.n_states - 1}, got "
            f"{shortly(situation.state)}"
        )
    if situation.at_once:
        return state
    if model.mover is None:
        raise ModelError(
            "in this game both act at once, and the situation says who moves first; make the reasoner of "
            "taking_turns(model), with first=1 where the second player moves first"
        )
    players = list(situation.actions)
    if not situation.moved and players[model.mover[state]] not in situation.to_move:
        raise ModelError(
            f"in state {state} it is the turn of {players[model.mover[state]]!r}, and the situation's turns "
            f"begin with {list(situation.to_move)}; correct them, or take taking_turns(model, first=...)"
        )
    for name, action in situation.moved.items():
        player, index = players.index(name), model.actions.index(action)
        if model.mover[state] != player:
            raise ModelError(f"{name!r} has moved, and in state {state} it is not its turn")
        state = int(model.next[state, index, index])
    return state


def answer_in_turn(seat: Seat, solution: Solution, model: TabularModel) -> Mapping[int, float] | None:
    """The response of whoever is to move, beside a partner that may be of any order below the highest.

    Args:
        seat: where to act.
        solution: the solved tables.
        model: the game.

    Returns:
        action -> 1; None where nothing leads to the end.
    """
    costs = solution.costs[:, seat.index][:, seat.next[:, 0]].astype(float)  # by order and own action
    unreachable = unreachable_in(solution.costs)
    if not len(costs) or (costs >= unreachable).all():
        return None
    worst = 2.0 * costs[costs < unreachable].max() + 1.0
    mean: NDArray[np.float64] = np.where(costs >= unreachable, worst, costs).mean(axis=0)
    near = mean <= mean.min() + _TOLERANCE
    return {next(x for x in seat.ties if near[x]): 1.0}
