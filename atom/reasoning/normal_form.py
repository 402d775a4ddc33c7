"""Exact reasoning in normal-form games of any number of players and actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom.errors import PayoffError, check_choice
from atom.policies import Policy
from atom.reasoning.recursive import Evaluations, Latest, RecursiveReasoner
from atom.reasoning.ties import best, best_responses
from atom.reasoning.turns import Reply, endings, unanswered
from atom.situation import JointAction, Situation, strange_history

Ties: TypeAlias = Literal["first", "next", "uniform"]

_Array: TypeAlias = NDArray[np.float64]

_Vectors: TypeAlias = "tuple[tuple[float, ...], ...]"

_CACHE_SIZE = 4096


def symmetric_payoffs(payoffs: ArrayLike) -> NDArray[np.float64]:
    """The payoff array of a symmetric two-player game.

    Args:
        payoffs: ``[A, A]``; ``payoffs[a, b]`` is what a player gets that does ``a`` while its
            partner does ``b``.

    Returns:
        ``[2, A, A]``: the row player's payoffs and the column player's.

    Raises:
        PayoffError: not a square matrix.
    """
    try:
        matrix = np.asarray(payoffs, dtype=float)
    except (TypeError, ValueError):
        raise PayoffError("a symmetric game needs numbers in a square payoff matrix [A, A]") from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise PayoffError(
            f"a symmetric game needs a square payoff matrix [A, A], got shape {list(matrix.shape)}; "
            "give an array [2, A, B] for a game that is not symmetric"
        )
    return np.stack([matrix, matrix.T])


class _Table(NamedTuple):
    """What is known of the players and actions that the situations show at present."""

    actions: Mapping[str, Sequence[str]]
    seats: dict[str, int]
    known: dict[_Vectors, Evaluations]


class NormalFormReasoner(RecursiveReasoner):
    """Level-k reasoning by expected payoff.

    ToM-0 best-responds to what its partners did before (the last ``memory`` rounds of
    ``situation.history``, as frequencies); ToM-k best-responds to the product of its partners'
    ToM-(k-1) policies. Paper, section "Repeated matrix game": ``memory=1`` is Memory-1,
    ``memory=None`` is Memory-N. Where others act after a player and see what it did, it weighs each of its
    actions by their answers to it (``atom.reasoning.turns``). Whoever is predicted to act later may then be
    left out of ``predicted``: it answers what it sees, and plans over those after it.

    The array has ``N · A^N`` payoffs, and a decision walks through it: up to about 10^7 of them (six players
    with ten actions) it serves. Beyond that ``CongestionReasoner``, where it only counts how many do the
    same, or a ``RecursiveReasoner`` that samples (docs/growth.md).

    Args:
        payoffs: ``[N, A_1, ..., A_N]``: ``payoffs[i, a_1, ..., a_N]`` is player i's payoff; finite.
            Players and actions are those of the situation, in its order.
        memory: how many rounds ToM-0 remembers, >= 1; None for all of them. What a player did there and
            cannot do now is passed over.
        common_memory: the joint action, as action indices by player, that everybody remembers from
            before the first round; None for everybody's first action.
        ties: which of several best actions is taken: the ``"first"``; the first that comes
            ``"next"`` after the partner's likeliest one, in a circle; or each equally (``"uniform"``).
            When actions are equally good is said in ``atom.reasoning.ties``.

    Raises:
        PayoffError: payoffs of a wrong shape or not finite, or a common memory that does not fit.
        ValueError: ``memory`` or ``ties`` out of range.

    Example:
        >>> reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
        >>> situation = Situation(actions={"ann": ("A", "B"), "ben": ("A", "B")})
        >>> reasoner.policy(situation, "ann", 0), reasoner.policy(situation, "ann", 1)
        ({'A': 0.0, 'B': 1.0}, {'A': 1.0, 'B': 0.0})
    """

    def __init__(
        self,
        payoffs: ArrayLike,
        *,
        memory: int | None = 1,
        common_memory: tuple[int, ...] | None = None,
        ties: Ties = "first",
    ) -> None:
        super().__init__(self._best_response_to_memory, self._best_response)
        self._latest = Latest(self._lookup)
        self.payoffs = _checked(payoffs)
        shape = self.payoffs.shape[1:]
        if memory is not None and memory < 1:
            raise ValueError(f"memory counts rounds and must be at least 1, or None for all; got {memory}")
        check_choice("ties", ties, get_args(Ties))
        common = common_memory or (0,) * len(shape)
        if len(common) != len(shape) or any(not 0 <= a < n for a, n in zip(common, shape, strict=True)):
            raise PayoffError(
                f"common_memory {common!r} needs one action index for each of the {len(shape)} players, "
                f"below {list(shape)}"
            )
        self._memory = memory
        self._common = common
        self._ties = ties
        # payoffs of player i with its own axis first, so that the others contract from the back
        self._own_first = [np.moveaxis(self.payoffs[i], i, 0) for i in range(len(shape))]
        self._answers: dict[tuple[int, _Vectors], tuple[float, ...]] = {}
        self._bests: dict[tuple[int, _Vectors], tuple[int, ...]] = {}
        self._outcomes: dict[tuple[int, ...], str] = {}
        self._table = _Table({}, {}, {})

    def expected_payoffs(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> dict[str, float]:
        """Action of ``player`` -> its expected payoff when the others act as ``predicted``."""
        index = self._index(situation, player)
        if unanswered(situation, player, predicted):
            values = _worth(*self._led(situation, player, self._replies(situation, player, predicted)))[0]
        else:
            values = self._expected(index, self._vectors(situation, player, predicted))
        return dict(zip(situation.actions[player], values.tolist(), strict=True))

    def best_actions(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> frozenset[str]:
        """The actions of ``player`` that are equally good, and best, when the others act as ``predicted``."""
        index = self._index(situation, player)
        if unanswered(situation, player, predicted):
            led = self._led(situation, player, self._replies(situation, player, predicted))
            found = tuple(np.flatnonzero(best(*_worth(*led))).tolist())
        else:
            found = self._best(index, self._vectors(situation, player, predicted))
        return frozenset(situation.actions[player][action] for action in found)

    def outcome(self, situation: Situation, player: str, joint: JointAction) -> str | None:
        """The payoff of ``player`` where the players did ``joint``; None where an action is illegal here."""
        index = self._index(situation, player)
        try:
            chosen = tuple([actions.index(joint[name]) for name, actions in situation.actions.items()])
        except (KeyError, ValueError):
            return None
        cell = (index, *chosen)
        if cell not in self._outcomes:
            if len(self._outcomes) >= _CACHE_SIZE:
                self._outcomes.clear()
            self._outcomes[cell] = f"{self.payoffs[cell]:.12g}"
        return self._outcomes[cell]

    def policies_at_once(self, situation: Situation, pairs: Sequence[tuple[str, int]]) -> list[Policy]:
        """``policy`` of every (player, order), in that order."""
        return [self.policy(situation, player, order) for player, order in pairs]

    async def apolicy(self, situation: Situation, player: str, order: int) -> Policy:
        """The same as ``policy``: nothing here is worth waiting for."""
        return self.policy(situation, player, order)

    def _lookup(self, situation: Situation) -> Evaluations:
        if not situation.at_once:
            return Evaluations()
        # The policies depend on the remembered frequencies alone, and the same ones come back.
        known = self._table_of(situation).known
        remembered = self._remembered(situation)
        found = known.get(remembered)
        if found is None:
            if len(known) >= _CACHE_SIZE:
                known.clear()
            found = known[remembered] = Evaluations()
        return found

    def _remembered(self, situation: Situation) -> _Vectors:
        """How often each player took each of its actions, as far back as ToM-0 remembers."""
        history = situation.history
        length = len(history) if self._memory is None else min(self._memory, len(history))
        common = self._memory is None or length < self._memory
        found = []
        for axis, (name, actions) in enumerate(situation.actions.items()):
            counts = [0.0] * len(actions)
            if common:
                counts[self._common[axis]] = 1.0
            for joint in history[len(history) - length :]:
                done = joint.get(name)
                if done in actions:
                    counts[actions.index(done)] += 1.0
                elif joint.keys().isdisjoint(situation.actions):
                    raise PayoffError(strange_history(joint, situation))
            if not any(counts):
                counts[self._common[axis]] = 1.0
            found.append(tuple(counts))
        return tuple(found)

    def _best_response_to_memory(self, situation: Situation, player: str) -> Policy:
        index = self._index(situation, player)
        counts = self._remembered(situation)
        frequencies = [tuple([count / sum(own) for count in own]) for own in counts]
        for name, action in situation.moved.items():
            actions = situation.actions[name]
            frequencies[list(situation.actions).index(name)] = tuple([float(a == action) for a in actions])
        return self._answer(situation, player, index, tuple(frequencies[:index] + frequencies[index + 1 :]))

    def _best_response(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        index = self._index(situation, player)
        if unanswered(situation, player, predicted):
            return self._first_move(situation, player, self._replies(situation, player, predicted))
        return self._answer(situation, player, index, self._vectors(situation, player, predicted))

    def _lead(self, situation: Situation, player: str, order: int) -> Policy:
        return self._first_move(situation, player, lambda then, other: self.policy(then, other, order - 1))

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response of ``player`` to what the others are expected to do."""
        return self._respond(situation, player, predicted)

    async def arespond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The same as ``respond``: nothing here is worth waiting for."""
        return self._respond(situation, player, predicted)

    def _replies(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Reply:
        """What is predicted of the others; whoever is left out plans over all who act after it."""
        order = len(situation.groups)
        return lambda then, other: predicted.get(other) or self.policy(then, other, order)

    def _first_move(self, situation: Situation, player: str, reply: Reply) -> Policy:
        """The best action of whom others see before they act; the first, or each equally, on ties."""
        among = np.flatnonzero(best(*_worth(*self._led(situation, player, reply))))
        n = self.payoffs.shape[self._index(situation, player) + 1]
        chosen = np.zeros(n)
        chosen[among if self._ties == "uniform" else among[0]] = 1.0
        if self._ties == "uniform":
            chosen /= chosen.sum()
        return dict(zip(situation.actions[player], chosen.tolist(), strict=True))

    def _led(self, situation: Situation, player: str, reply: Reply) -> tuple[_Array, _Array]:
        """``[A, M]``: the payoffs of each own action by what the others do, and how likely that then is."""
        index = self._index(situation, player)
        own = self._own_first[index]
        others = [name for name in situation.actions if name != player]
        chances = np.zeros(own.shape)
        for row, (_, found) in enumerate(endings(situation, player, reply)):
            for joint, probability in found:
                at = [situation.actions[name].index(joint[name]) for name in others]
                chances[(row, *at)] += probability
        return own.reshape(len(own), -1), chances.reshape(len(own), -1)

    def _answer(self, situation: Situation, player: str, index: int, others: _Vectors) -> Policy:
        # The same few predictions come back round after round.
        key = (index, others)
        chosen = self._answers.get(key)
        if chosen is None:
            if len(self._answers) >= _CACHE_SIZE:
                self._answers.clear()
            chosen = self._answers[key] = self._maximise(index, others)
        return dict(zip(situation.actions[player], chosen, strict=True))

    def _expected(self, index: int, others: _Vectors) -> NDArray[np.float64]:
        values: Any = self._own_first[index]
        for vector in reversed(others):
            values = values @ np.asarray(vector)
        return np.asarray(values)

    def _best(self, index: int, others: _Vectors) -> tuple[int, ...]:
        """The best responses to what the others do, in the order of the actions."""
        key = (index, others)
        found = self._bests.get(key)
        if found is None:
            chances = np.ones(1)
            for vector in others:
                chances = np.outer(chances, vector).ravel()
            own = self._own_first[index]
            best = best_responses(own.reshape(len(own), -1), chances)
            if len(self._bests) >= _CACHE_SIZE:
                self._bests.clear()
            found = self._bests[key] = tuple(np.flatnonzero(best).tolist())
        return found

    def _maximise(self, index: int, others: _Vectors) -> tuple[float, ...]:
        best = self._best(index, others)
        n = self.payoffs.shape[index + 1]
        chosen = np.zeros(n)
        if self._ties == "uniform":
            chosen[list(best)] = 1.0 / len(best)
        elif self._ties == "next" and others:
            likeliest = int(np.argmax(others[0]))
            chosen[min(best, key=lambda a: (a - likeliest - 1) % n)] = 1.0
        else:
            chosen[best[0]] = 1.0
        return tuple(chosen.tolist())

    def _vectors(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> _Vectors:
        try:
            return tuple(
                tuple([predicted[name].get(action, 0.0) for action in actions])
                for name, actions in situation.actions.items()
                if name != player
            )
        except KeyError as missing:
            raise PayoffError(
                f"no prediction for player {missing.args[0]!r}; one is needed for every other player"
            ) from None

    def _index(self, situation: Situation, player: str) -> int:
        situation.legal(player)
        return self._table_of(situation).seats[player]

    def _table_of(self, situation: Situation) -> _Table:
        table = self._table
        if table.actions is not situation.actions and table.actions != situation.actions:
            sizes = {name: len(actions) for name, actions in situation.actions.items()}
            if tuple(sizes.values()) != self.payoffs.shape[1:]:
                raise PayoffError(
                    f"the payoffs are for players with {list(self.payoffs.shape[1:])} actions, the situation "
                    f"has {sizes}"
                )
            # Replaced whole, as the evaluations of the latest situation are.
            table = self._table = _Table(situation.actions, {name: i for i, name in enumerate(sizes)}, {})
        return table


def _worth(payoffs: _Array, chances: _Array) -> tuple[_Array, _Array, _Array]:
    """Values, spread and size, ``[A]``, as ``atom.reasoning.ties.best`` takes them."""
    values = (payoffs * chances).sum(axis=1)
    top = int(values.argmax())
    spread = (np.abs(payoffs - values[top]) * chances).sum(axis=1)
    size = (np.abs(payoffs) * chances).sum(axis=1)
    return values, spread + spread[top], size + size[top]


def _checked(payoffs: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.asarray(payoffs, dtype=float)
    except (TypeError, ValueError) as error:
        raise PayoffError(
            f"payoffs are not an array of numbers, all rows of one length: {str(error).partition('. ')[0]}"
        ) from None
    players = array.ndim - 1
    if players < 2 or array.shape[0] != players:
        raise PayoffError(
            f"payoffs of N players need the shape [N, A_1, ..., A_N] with N >= 2, got {list(array.shape)}; "
            "symmetric_payoffs(matrix) makes it from one matrix"
        )
    if not array.size:
        raise PayoffError(f"every player needs an action, got payoffs of shape {list(array.shape)}")
    if not np.isfinite(array).all():
        where = np.argwhere(~np.isfinite(array))[0].tolist()
        raise PayoffError(f"payoffs must be finite, got {array[tuple(where)]} at {where}")
    return array
