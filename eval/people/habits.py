"""Predictors that count: what a player did before, by itself or after what.

Each says the probabilities of a player's next action before it is seen: T rounds, A actions of the player,
C contexts. Every ``fitted`` returns another predictor and leaves the one that it is called on unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import numpy as np
from scipy import optimize

from eval.people.recordings import NONE, Floats, Ints, Side, last_action, last_joint

Context: TypeAlias = Callable[[Side, Floats], Ints]
"""``context(side, payoffs)``: ``[T]``, what a move is conditioned on, as numbers from 0."""


class Predictor(Protocol):
    """What says a player's next action.

    Attributes:
        name: what it is called in tables.
        settings: what was fitted, by name; empty before, and where there is nothing to fit.
    """

    @property
    def name(self) -> str: ...
    @property
    def settings(self) -> dict[str, float]: ...

    def fitted(self, sides: Sequence[Side]) -> Predictor:
        """The same predictor with the settings under which the moves of ``sides`` are likeliest."""
        ...

    def predict(self, side: Side) -> Floats:
        """``[T, A]``: the probability of every action, each row from the rounds before alone."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Every action is as likely as any other.

    Args:
        payoffs: ``[2, A_1, A_2]``, of which it takes the number of actions.
    """

    payoffs: Floats
    name: str = "uniform"

    @property
    def settings(self) -> dict[str, float]:
        """Nothing."""
        return {}

    def fitted(self, sides: Sequence[Side]) -> Uniform:
        """Itself."""
        return self

    def predict(self, side: Side) -> Floats:
        """``[T, A]``, all 1/A."""
        n = n_actions(self.payoffs, side)
        return np.full((len(side.own), n), 1.0 / n)


@dataclass(frozen=True)
class Habit:
    """Dirichlet-multinomial: how often each action followed the same context in this game before.

    ``P(a | c) = (n(a, c) + α) / (n(c) + α A)`` with the counts of the rounds before (the posterior predictive
    of a symmetric Dirichlet prior; Gelman et al. 2013, "Bayesian Data Analysis", section 3.4). Nothing is
    carried from one game to another but α.

    Args:
        name: what it is called.
        payoffs: ``[2, A_1, A_2]``.
        context: what a move is conditioned on.
        alpha: α > 0, the prior's count of every action in every context.
        steps: whether it counts the step from the own last action (modulo A) instead of the action; the
            rounds after one without an own move are then predicted as uniform and not counted.
    """

    name: str
    payoffs: Floats
    context: Context
    alpha: float = 1.0
    steps: bool = False

    @property
    def settings(self) -> dict[str, float]:
        """The prior's count."""
        return {"alpha": self.alpha}

    def fitted(self, sides: Sequence[Side]) -> Habit:
        """The same with the likeliest α between 0.001 and 1000 (``scipy.optimize.minimize_scalar``)."""
        seen, totals, actions = [], [], []
        for side in sides:
            counts, moves = self._counts(side)
            made = np.flatnonzero(moves != NONE)
            seen.append(counts[made, moves[made]])
            totals.append(counts[made].sum(axis=1))
            actions.append(np.full(len(made), counts.shape[1]))
        n, total, size = map(np.concatenate, (seen, totals, actions))

        def loss(log_alpha: float) -> float:
            alpha = np.exp(log_alpha)
            return -float(np.log((n + alpha) / (total + alpha * size)).sum())

        found = optimize.minimize_scalar(loss, bounds=(np.log(1e-3), np.log(1e3)), method="bounded")
        return replace(self, alpha=float(np.exp(found.x)))

    def predict(self, side: Side) -> Floats:
        """``[T, A]``."""
        counts, _ = self._counts(side)
        n = counts.shape[1]
        found: Floats = (counts + self.alpha) / (counts.sum(axis=1, keepdims=True) + self.alpha * n)
        if not self.steps:
            return found
        last = last_action(side.own)
        actions = (np.arange(n) - (last[:, None] - 1)) % n
        return np.where(last[:, None] == 0, 1.0 / n, np.take_along_axis(found, actions, axis=1))

    def _counts(self, side: Side) -> tuple[Floats, Ints]:
        """``[T, A]`` counts before each round in its context, and ``[T]`` what is counted there."""
        n, moves = n_actions(self.payoffs, side), side.own
        if self.steps:
            last = last_action(side.own)
            moves = np.where((last > 0) & (moves != NONE), (moves - last + 1) % n, NONE)
        made = (moves[:, None] == np.arange(n)).astype(float)
        counts, contexts = np.zeros_like(made), self.context(side, self.payoffs)
        for context in np.unique(contexts):
            here = np.flatnonzero(contexts == context)
            counts[here] = np.cumsum(made[here], axis=0) - made[here]
        return counts, moves


def n_actions(payoffs: Floats, side: Side) -> int:
    """How many actions the player has."""
    return int(payoffs.shape[1 + side.seat])


def nothing(side: Side, payoffs: Floats) -> Ints:
    """``[T]``: always the same context."""
    return np.zeros(len(side.own), dtype=np.int64)


def own_action(side: Side, payoffs: Floats) -> Ints:
    """``[T]``: the player's last action."""
    return last_action(side.own)


def other_action(side: Side, payoffs: Floats) -> Ints:
    """``[T]``: the other's last action."""
    return last_action(side.other)


def joint_action(side: Side, payoffs: Floats) -> Ints:
    """``[T]``: the last joint action."""
    return last_joint(side, payoffs.shape[2 - side.seat])


def outcome(side: Side, payoffs: Floats) -> Ints:
    """``[T]``: whether the player got less than the other in the last round (1), as much (2) or more (3)."""
    known = (side.own != NONE) & (side.other != NONE)
    joint = (side.own, side.other) if side.seat == 0 else (side.other, side.own)
    ahead = payoffs[(side.seat, *joint)] - payoffs[(1 - side.seat, *joint)]
    before = np.where(known, 2 + np.sign(ahead).astype(np.int64), 0)
    return np.concatenate([[0], before[:-1]])


def habits(payoffs: Floats) -> list[Habit]:
    """Frequencies, and the four Markov predictors of the first order."""
    return [
        Habit("frequency", payoffs, nothing),
        Habit("Markov: own action", payoffs, own_action),
        Habit("Markov: other's action", payoffs, other_action),
        Habit("Markov: joint action", payoffs, joint_action),
        Habit("Markov: step by outcome", payoffs, outcome, steps=True),
    ]
