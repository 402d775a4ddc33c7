"""Rewards of teams, as CoMLRL's trainers call them.

CoMLRL (Liu et al. 2025, "LLM Collaboration With Multi-Agent Reinforcement Learning") calls
``reward(completions_1, completions_2, …, batch_items=…)``, and again without ``batch_items`` where that
raises a ``TypeError``. So none is ever raised here: what players wrote, whatever it is, has a reward, and
what is wrong with the call is a ``RewardError``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom.errors import RewardError
from atom.reasoning.normal_form import NormalFormReasoner
from atom.reasoning.reasoner import Reasoner
from atom.situation import JointAction, Situation

Read: TypeAlias = Callable[[str, Sequence[str]], Sequence[str | None]]
"""``read(completion, legal)``: the actions that a completion takes, step by step; None for what is none."""

_Taken: TypeAlias = "list[dict[str, str | None]]"

_LONGEST = 20_000
"""Characters of a completion that are read."""
_WORDS = re.compile(r"[^\s,;|]+")


def actions_in(completion: str, legal: Sequence[str]) -> list[str | None]:
    """The actions that a text names, in order: those of a JSON list, else its words.

    A text that is one action is that action, also where it has several words. In a text of words those that
    are no action are passed over; in a list each is a step without an action.

    Example:
        >>> actions_in('["A", "C", "B"]', ["A", "B"]), actions_in("first A, then B", ["A", "B"])
        (['A', None, 'B'], ['A', 'B'])
    """
    known, text = frozenset(legal), completion.strip()[:_LONGEST]
    if text in known:
        return [text]
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return [item if isinstance(item, str) and item in known else None for item in found]
    words = (word.strip(".:!?\"'`()[]{}*") for word in _WORDS.findall(text))
    return [word for word in words if word in known]


@dataclass(frozen=True)
class TeamReward:
    """A reward for what several players did together; ``order_reward`` and ``alignment_reward`` make one.

    It is called with one sequence of completions for each player, of the same length, and gives one number
    for each joint completion. A completion is a player's actions in all steps. A step in which somebody took
    no action pays ``lowest``, and is no order of that player's.

    A trainer may pass ``batch_items``, the items of its data set: one for all completions, or one for each.
    An item's ``"history"``, a list of joint actions (player -> action), is what was done before the first
    step.

    Attributes:
        payoffs: ``[N, A_1, ..., A_N]``.
        actions: player -> its actions, in the order of the payoffs' axes.
        reasoner: what orders do.
        orders: the orders that are looked for.
        weight: λ, >= 0.
        aligned: whether orders that differ by one count, and not each player's own.
        steps: of an episode, >= 1; what is written beyond is not read, and what is missing is no action.
        read: see ``Read``.
    """

    payoffs: NDArray[np.float64]
    actions: Mapping[str, Sequence[str]]
    reasoner: Reasoner
    orders: tuple[int, ...] = (0, 1, 2)
    weight: float = 1.0
    aligned: bool = False
    steps: int = 1
    read: Read = actions_in
    lowest: float = field(init=False)

    def __post_init__(self) -> None:
        sizes = [len(self.actions), *map(len, self.actions.values())]
        if list(self.payoffs.shape) != sizes or not np.isfinite(self.payoffs).all():
            raise RewardError(
                f"a team of {sizes[0]} players with {sizes[1:]} actions needs finite payoffs of the shape "
                f"{sizes}, got {list(self.payoffs.shape)}"
            )
        if not self.orders or any(isinstance(k, bool) or k < 0 for k in self.orders):
            raise RewardError(f"a reward looks for orders >= 0, one at least; got {list(self.orders)}")
        if not (np.isfinite(self.weight) and self.weight >= 0.0) or self.steps < 1:
            raise RewardError(
                f"a reward needs a finite weight >= 0 and steps >= 1, got {self.weight} and {self.steps}"
            )
        if self.aligned and not self._pairs():
            raise RewardError(
                f"no two of the orders {list(self.orders)} differ by one, so no players are aligned; add one"
            )
        object.__setattr__(self, "lowest", float(self.payoffs.mean(axis=0).min()))

    @property
    def reward_range(self) -> tuple[float, float]:
        """The least and the greatest reward."""
        best = float(self.payoffs.mean(axis=0).max()) + self.weight
        return self.lowest, max(best, self.lowest + 1e-9)

    def __call__(self, *completions: Any, batch_items: Any = None, **_others: Any) -> list[float]:
        """The reward of each joint completion, finite.

        Args:
            completions: one sequence for each player.
            batch_items: see above; others that a trainer may pass are not looked at.

        Raises:
            RewardError: not one sequence for each player, or of different lengths, or a reader that fails.
        """
        sequences = [self._sequence(one, i) for i, one in enumerate(completions)]
        if len(sequences) != len(self.actions) or len({len(one) for one in sequences}) > 1:
            raise RewardError(
                f"the reward of {len(self.actions)} players takes as many sequences of completions of one "
                f"length, got lengths {[len(one) for one in sequences]}"
            )
        histories = self._histories(batch_items, len(sequences[0]) if sequences else 0)
        return [
            self.of(self._taken(joint), history)
            for joint, history in zip(zip(*sequences, strict=True), histories, strict=True)
        ]

    def of(self, taken: Sequence[Mapping[str, str | None]], history: Sequence[JointAction] = ()) -> float:
        """The reward of what was done: the mean payoff of players and steps, and λ times the share by orders.

        Args:
            taken: player -> action, step by step; None, or left out, for no action.
            history: what was done before.
        """
        paid: list[float] = []
        hits = np.zeros((len(self.orders), len(self.actions), len(taken)), dtype=bool)
        before = [dict(joint) for joint in history]
        for t, joint in enumerate(taken):
            done = {player: action for player in self.actions if (action := joint.get(player)) is not None}
            legal = all(done.get(player) in own for player, own in self.actions.items())
            paid.append(self._payoff(done) if legal else self.lowest)
            hits[:, :, t] = self._by_orders(done, before)
            if legal:
                before.append(done)
        return float(np.mean(paid)) + self.weight * self._share(hits)

    def _share(self, hits: NDArray[np.bool_]) -> float:
        """The best share of steps, of ``[K, N, T]`` whether each player acted by each order."""
        if not self.aligned:
            return float(hits.mean(axis=2).max(axis=0).mean())
        players = range(hits.shape[1])
        return max(float(hits[list(of_player), players].all(axis=0).mean()) for of_player in self._pairs())

    def _pairs(self) -> list[tuple[int, ...]]:
        """Places of orders for all players in which all differ from their neighbour by one."""
        return [
            chosen
            for chosen in product(range(len(self.orders)), repeat=len(self.actions))
            if all(abs(self.orders[a] - self.orders[b]) == 1 for a, b in pairwise(chosen))
        ]

    def _payoff(self, done: Mapping[str, str]) -> float:
        index = tuple(list(own).index(done[player]) for player, own in self.actions.items())
        return float(np.mean([of_player[index] for of_player in self.payoffs]))

    def _by_orders(self, done: Mapping[str, str], before: Sequence[JointAction]) -> NDArray[np.bool_]:
        """``[K, N]``: whether what each player did has a probability at each order."""
        situation = Situation(self.actions, history=tuple(before))
        found = [
            [
                player in done and self.reasoner.policy(situation, player, k).get(done[player], 0.0) > 0.0
                for player in self.actions
            ]
            for k in self.orders
        ]
        return np.array(found, dtype=bool)

    def _taken(self, joint: Sequence[Any]) -> _Taken:
        read = []
        for completion, own in zip(joint, self.actions.values(), strict=True):
            text = completion if isinstance(completion, str) else ""
            try:
                found = list(self.read(text, own))[: self.steps]
            except Exception as error:
                raise RewardError(
                    f"the reward's reader failed on {text[:80]!r}: {type(error).__name__}: {error}"
                ) from error
            read.append([*found, *[None] * (self.steps - len(found))])
        return [
            {
                player: action if isinstance(action, str) else None
                for player, action in zip(self.actions, step, strict=True)
            }
            for step in zip(*read, strict=True)
        ]

    @staticmethod
    def _sequence(given: Any, place: int) -> Sequence[Any]:
        if isinstance(given, str | bytes) or not isinstance(given, Sequence):
            raise RewardError(
                f"the completions of player {place + 1} are a sequence of texts, got {type(given).__name__}"
            )
        return given

    def _histories(self, items: Any, n: int) -> list[Sequence[JointAction]]:
        """What was done before each joint completion, as far as the items say so."""
        if not isinstance(items, Sequence) or isinstance(items, str | bytes) or not items:
            return [()] * n
        if len(items) not in (1, n):
            raise RewardError(
                f"batch_items has one item, or one for each of {n} completions; got {len(items)}"
            )
        found = [self._history(item) for item in items]
        return found if len(found) == n else found * n

    def _history(self, item: Any) -> Sequence[JointAction]:
        history = item.get("history", ()) if isinstance(item, Mapping) else ()
        if history is None:
            return ()
        fits = isinstance(history, Sequence) and all(
            isinstance(joint, Mapping)
            and all(joint.get(player) in own for player, own in self.actions.items())
            for joint in history
        )
        if not fits:
            raise RewardError(
                "an item's history is a list of joint actions, each player -> one of its actions, got "
                f"{str(history)[:80]}"
            )
        return tuple({player: joint[player] for player in self.actions} for joint in history)


def order_reward(
    payoffs: ArrayLike,
    actions: Mapping[str, Sequence[str]],
    *,
    orders: Sequence[int] = (0, 1, 2),
    weight: float = 1.0,
    steps: int = 1,
    reasoner: Reasoner | None = None,
    read: Read = actions_in,
) -> TeamReward:
    """Joint payoff, and λ times the best share of steps at which each player acted by one order.

    ``R = mean payoff + λ · mean over players of max_k (share of steps at which the player's action is one
    that order k takes)``. A team that gets the payoff by orders can be joined by whoever models orders.

    Args:
        payoffs: ``[N, A_1, ..., A_N]``, finite.
        actions: player -> its actions, in the order of the payoffs' axes.
        orders: the orders that are looked for, each >= 0.
        weight: λ, >= 0.
        steps: how many actions a completion holds, >= 1.
        reasoner: what orders do; None for a ``NormalFormReasoner`` of the payoffs.
        read: finds a completion's actions.

    Raises:
        RewardError: payoffs that do not fit the actions, or a setting out of its range.

    Example:
        >>> reward = order_reward([[[0, 1], [1, 0]]] * 2, {"ann": ["A", "B"], "ben": ["A", "B"]})
        >>> reward(["A", "A", "?"], ["B", "A", "B"])  # B is ToM-0's first action here, A is ToM-1's
        [2.0, 1.0, 0.5]
    """
    return _made(payoffs, actions, tuple(orders), weight, steps, reasoner, read, aligned=False)


def alignment_reward(
    payoffs: ArrayLike,
    actions: Mapping[str, Sequence[str]],
    *,
    orders: Sequence[int] = (0, 1, 2),
    weight: float = 1.0,
    steps: int = 1,
    reasoner: Reasoner | None = None,
    read: Read = actions_in,
) -> TeamReward:
    """Joint payoff, and λ times the best share of steps at which players acted by orders that fit.

    ``R = mean payoff + λ · max over orders (k_1, …, k_N), neighbours of which differ by one, of the share of
    steps at which every player i took an action that order k_i takes`` (paper, "aligned"). Arguments and
    errors as ``order_reward``; orders of which no two differ by one are refused.
    """
    return _made(payoffs, actions, tuple(orders), weight, steps, reasoner, read, aligned=True)


def _made(
    payoffs: ArrayLike,
    actions: Mapping[str, Sequence[str]],
    orders: tuple[int, ...],
    weight: float,
    steps: int,
    reasoner: Reasoner | None,
    read: Read,
    *,
    aligned: bool,
) -> TeamReward:
    try:
        array = np.asarray(payoffs, dtype=float)
    except (TypeError, ValueError):
        raise RewardError("payoffs are numbers in an array [N, A_1, ..., A_N]") from None
    known = NormalFormReasoner(array) if reasoner is None else reasoner
    return TeamReward(array, actions, known, orders, weight, aligned, steps, read)
