"""What is trained on: a game of two with one common payoff, as arrays over what a policy remembers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from atom import NormalFormReasoner, Situation
from eval.tasks import MatrixTask, Task

Array = NDArray[np.float64]

MOST_ACTIONS = 32
"""Actions a player: a policy has a row for each of their pairs."""


@dataclass(frozen=True)
class Stage:
    """A repeated common-payoff game of two players with A actions each.

    A policy is an array ``[S, A]`` over its memory: state 0 before the first round, then ``1 + a · A + b``
    after the joint action (a, b); without memory there is one state.

    Attributes:
        name: of the task.
        actions: the names of both players' actions.
        payoff: ``[A, A]``, what both get, 1 for the best joint action.
        rounds: of an episode, >= 1.
        memory: rounds that a policy remembers, 0 or 1.
        worth: what a payoff of 1 is in the task's unit.
        reasoner: what players of theory-of-mind orders do here.
    """

    name: str
    actions: tuple[str, ...]
    payoff: Array
    rounds: int
    memory: int
    worth: float
    reasoner: NormalFormReasoner

    @property
    def n_states(self) -> int:
        """S."""
        return 1 if self.memory == 0 else 1 + len(self.actions) ** 2

    @property
    def digest(self) -> str:
        """16 hexadecimal digits for payoffs, actions and memory: policies of another game do not fit."""
        text = repr((self.actions, self.payoff.tolist(), self.memory))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def after(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
        """The states after joint actions, of any shape."""
        if self.memory == 0:
            return np.zeros_like(first)
        return 1 + first * len(self.actions) + second

    @cached_property
    def _last_rounds(self) -> tuple[tuple[tuple[int, int], ...], ...]:
        """State -> what was done before, as far as it is remembered."""
        joint = [((a, b),) for a in range(len(self.actions)) for b in range(len(self.actions))]
        return ((), *joint)[: self.n_states]

    def order_policies(self, orders: tuple[int, ...]) -> Array:
        """``[K, 2, S, A]``: what both players would do at each order in each state.

        Without memory everybody acts as before the first round.
        """
        players = ("player-1", "player-2")
        found = np.zeros((len(orders), 2, self.n_states, len(self.actions)))
        for state, before in enumerate(self._last_rounds):
            history = [dict(zip(players, (self.actions[a], self.actions[b]), strict=True)) for a, b in before]
            situation = Situation(dict.fromkeys(players, self.actions), history=history)
            for k, order in enumerate(orders):
                for seat, player in enumerate(players):
                    policy = self.reasoner.policy(situation, player, order)
                    found[k, seat, state] = [policy.get(action, 0.0) for action in self.actions]
        return found


def stage_of(task: Task, memory: int = 1) -> Stage:
    """The game of a task as arrays.

    Args:
        task: a normal-form game of two players who get the same and have the same actions.
        memory: rounds that a trained policy remembers, 0 or 1.

    Raises:
        ValueError: another task, or a memory of another length.
    """
    if memory not in (0, 1):
        raise ValueError(f"a trained policy remembers 0 or 1 rounds, got {memory}")
    if not isinstance(task, MatrixTask) or len(task.players) != 2:
        raise ValueError(f"{task.name!r} cannot be trained on: it takes a normal-form game of two players")
    situation = task.situation(task.start())
    own, other = (tuple(situation.actions[player]) for player in task.players)
    if own != other or len(own) > MOST_ACTIONS or not np.array_equal(task.payoffs[0], task.payoffs[1]):
        raise ValueError(
            f"{task.name!r} cannot be trained on: both players need the same actions, {MOST_ACTIONS} at "
            "most, and one common payoff, as in lever-5, one-ahead-5 and memory-1"
        )
    worth = float(task.payoffs[0].max())
    if not (np.isfinite(worth) and worth > 0.0):
        raise ValueError(f"{task.name!r} cannot be trained on: no joint action pays more than 0")
    reasoner = task.reasoner()
    return Stage(task.name, own, task.payoffs[0] / worth, task.max_steps, memory, worth, reasoner)


def values(stage: Stage, first: Array, second: Array) -> Array:
    """The mean payoff a round of every first player with every second one, without sampling.

    Args:
        stage: the game.
        first: ``[M, S, A]``, policies of the first seat.
        second: ``[N, S, A]``, of the second seat.

    Returns:
        ``[M, N]``, in shares of the best joint action.
    """
    m, n, a = len(first), len(second), len(stage.actions)
    chances = np.zeros((m, n, stage.n_states))
    chances[..., 0] = 1.0
    total = np.zeros((m, n))
    for _ in range(stage.rounds):
        joint = np.einsum("mns,msa,nsb->mnab", chances, first, second, optimize=True)
        total += (joint * stage.payoff).sum(axis=(2, 3))
        if stage.memory:
            chances = np.concatenate([np.zeros((m, n, 1)), joint.reshape(m, n, a * a)], axis=2)
    return total / stage.rounds


def greedy(policies: Array) -> Array:
    """Policies ``[..., A]`` that always take the likeliest action, the first on ties."""
    found = np.zeros_like(policies)
    np.put_along_axis(found, policies.argmax(axis=-1)[..., None], 1.0, axis=-1)
    return found
