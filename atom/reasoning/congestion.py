"""Exact reasoning in games of many players where it matters how many others do the same.

A payoff array of N players with A actions has N · A^N entries. In congestion games (Rosenthal 1973)
a player's payoff depends on its own action and on *how many* others take it, which needs N · A · N.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from atom.errors import PayoffError, SituationError, check_choice
from atom.policies import Policy
from atom.reasoning.snapshots import length_and_last
from atom.reasoning.ties import best
from atom.reasoning.turns import Reply, certain, endings, is_last, unanswered
from atom.situation import Situation, strange_history

Congestion: TypeAlias = Callable[[str, str, int, int], float]
"""``payoff(player, action, same, others)``: what ``player`` gets for ``action`` while ``same`` of the
``others`` other players, 0 <= same <= others, take that action too."""

CongestionTies: TypeAlias = Literal["stay", "first", "uniform"]
_AnyTies: TypeAlias = Literal["stay", "first", "uniform", "spread"]

_Floats: TypeAlias = NDArray[np.float64]


class _Table(NamedTuple):
    """What is known of the players and actions that the situations show at present.

    Attributes:
        actions: those of the situation, player -> legal actions.
        seats: player -> its row.
        columns: action -> its column, over all players' actions.
        legal: ``[N, A]``, whether the player has the action.
        payoffs: ``[N, A, N]``, by player, action and number of others that take it.
    """

    actions: Mapping[str, Sequence[str]]
    seats: dict[str, int]
    columns: dict[str, int]
    legal: NDArray[np.bool_]
    payoffs: _Floats


class _Worth(NamedTuple):
    """What actions are worth, all ``[..., A]`` by column.

    Attributes:
        values: expected payoffs; minus infinity where an action is not legal.
        spread, size: what ``atom.reasoning.ties.best`` needs to tell which of them tie.
    """

    values: _Floats
    spread: _Floats
    size: _Floats


class _Levels(NamedTuple):
    """Every order's policies in one situation, as far as they were asked for.

    Attributes:
        table: see ``_Table``.
        last: ``[N]`` columns of the actions that everybody remembers.
        chosen: order -> ``[N, A]`` probabilities.
        policies: order -> the same by player.
    """

    table: _Table
    last: NDArray[np.intp]
    chosen: dict[int, _Floats]
    policies: dict[int, dict[str, Policy]]


class CongestionReasoner:
    """Level-k reasoning by expected payoff, for any number of players.

    ToM-0 best-responds to what the others did in the last round (each player's first action before
    the first round, and for whoever was not there or did what is not to be had now); ToM-k best-responds to
    the others' ToM-(k-1) policies. All players of one order are evaluated at once and kept until the
    situation changes: a new order costs N · A where policies are certain, whoever asks. Where others act
    after a player and see what it did, it weighs each of its actions by their answers to it, one question
    each (``atom.reasoning.turns``). Players may come and go, and may have different actions; two do the same
    where the actions have the same name.

    Policies leave out actions of probability 0.

    Args:
        payoff: see ``Congestion``; finite.
        ties: which of several best actions is taken: one's last one if it is among them and else the
            next after it, in a circle (``"stay"``); the ``"first"``; or each equally (``"uniform"``).
            All are the same rule for every player: a rule that gave each player a first choice of its
            own would be a convention, and would hide whether players understand each other.

    Raises:
        ValueError: unknown ties.

    Example:
        >>> reasoner = CongestionReasoner(lambda player, ticket, same, others: float(same == 0))
        >>> situation = Situation({name: ("A", "B", "C") for name in ("ann", "ben", "cem")})
        >>> [reasoner.policy(situation, "ann", k) for k in (0, 1)]  # all remember A
        [{'B': 1.0}, {'A': 1.0}]
    """

    def __init__(self, payoff: Congestion, *, ties: CongestionTies = "stay") -> None:
        check_choice("ties", ties, get_args(CongestionTies))
        self._payoff = payoff
        self._ties: CongestionTies = ties
        self._table: _Table | None = None
        self._last: tuple[Situation, tuple[int, Any], _Levels] | None = None

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` would act here if it were ToM-``order``.

        Raises:
            ValueError: a negative order.
            SituationError: the player is not in the situation.
            PayoffError: a payoff that is not finite, or a last round without a player who is here.
        """
        if order < 0:
            raise ValueError(f"a theory-of-mind order is an integer >= 0, got {order}")
        situation.legal(player)
        if not situation.at_once:
            return self._in_turn(situation, player, order)
        levels = self._levels(situation)
        for level in range(order + 1):
            if level not in levels.policies:
                self._raise_level(levels, level)
        return levels.policies[order][player]

    def policies_at_once(self, situation: Situation, pairs: Sequence[tuple[str, int]]) -> list[Policy]:
        """``policy`` of every (player, order), in that order."""
        return [self.policy(situation, player, order) for player, order in pairs]

    def best_response(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response of ``player`` to what the others are expected to do, ties as in ``policy``."""
        return self._respond(situation, player, predicted, self._ties)

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The same for an agent that acts on its own estimates: it stays, or draws from the best actions.

        Players who read each other alike answer alike, and a rule for ties would send all of a crowd
        from one full place to the next.
        """
        return self._respond(situation, player, predicted, "spread")

    def _respond(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy], ties: _AnyTies
    ) -> Policy:
        levels = self._levels(situation)
        worth = self._expected(levels.table, situation, player, predicted)
        seat = levels.table.seats[player]
        return _as_policy(levels.table, self._maximise(levels, best(*worth)[None], [seat], ties)[0])

    def _in_turn(self, situation: Situation, player: str, order: int) -> Policy:
        """``policy`` where players see what others did before them."""
        moved = situation.moved
        if player in moved:
            return certain(moved[player])
        predicted = {other: certain(action) for other, action in moved.items()}
        if order == 0 or is_last(situation, player):
            levels = self._levels(situation)
            names = list(levels.table.columns)
            for other, seat in levels.table.seats.items():
                predicted.setdefault(other, certain(names[levels.last[seat]]))
            return self._respond(situation, player, predicted, self._ties)

        def reply(then: Situation, other: str) -> Policy:
            return self.policy(then, other, order - 1)

        if player in situation.to_move and situation.later(player):
            levels = self._levels(situation)
            worth = self._led(levels.table, situation, player, reply)
            seat = levels.table.seats[player]
            return _as_policy(levels.table, self._maximise(levels, best(*worth)[None], [seat], self._ties)[0])
        others = [other for other in situation.actions if other != player]
        return self._respond(
            situation, player, {other: reply(situation, other) for other in others}, self._ties
        )

    def _led(self, table: _Table, situation: Situation, player: str, reply: Reply) -> _Worth:
        """What the actions of one player are worth, ``[A]``, to whom others see before they act."""
        payoffs = table.payoffs[table.seats[player]]
        values = np.full(len(table.columns), -np.inf)
        outcomes: dict[int, tuple[_Floats, _Floats]] = {}
        for action, found in endings(situation, player, reply):
            column = table.columns[action]
            same = [sum(done == action for done in joint.values()) - 1 for joint, _ in found]
            chances = np.array([probability for _, probability in found])
            outcomes[column] = payoffs[column, same], chances
            values[column] = outcomes[column][0] @ chances
        top = int(values.argmax())
        spread, size = np.zeros(len(values)), np.zeros(len(values))
        for column, (worth, chances) in outcomes.items():
            spread[column] = np.abs(worth - values[top]) @ chances
            size[column] = np.abs(worth) @ chances
        return _Worth(values, spread + spread[top], size + size[top])

    def expected_payoffs(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> dict[str, float]:
        """Action of ``player`` -> its expected payoff when the others act as ``predicted``."""
        table = self._table_of(situation)
        values = self._expected(table, situation, player, predicted).values
        return {action: float(values[table.columns[action]]) for action in situation.legal(player)}

    def best_actions(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> frozenset[str]:
        """The actions of ``player`` that are equally good, and best, when the others act as ``predicted``."""
        table = self._table_of(situation)
        among = best(*self._expected(table, situation, player, predicted))
        return frozenset(action for action, column in table.columns.items() if among[column])

    def _expected(
        self, table: _Table, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> _Worth:
        situation.legal(player)
        if unanswered(situation, player, predicted):
            order = len(situation.groups)
            return self._led(
                table,
                situation,
                player,
                lambda then, other: predicted.get(other) or self.policy(then, other, order),
            )
        try:
            others = [predicted[name] for name in situation.actions if name != player]
        except KeyError as missing:
            raise SituationError(
                f"no prediction for player {missing.args[0]!r}; one is needed for every other player"
            ) from None
        rows = np.zeros((len(others), len(table.columns)))
        for row, policy in zip(rows, others, strict=True):
            for action, probability in policy.items():
                row[table.columns[action]] = probability
        return _expected_alone(table, table.seats[player], rows)

    def _raise_level(self, levels: _Levels, order: int) -> None:
        table = levels.table
        seats = list(table.seats.values())
        if order > 0:
            before = levels.chosen[order - 1]
        else:
            before = np.zeros(table.legal.shape)
            before[seats, levels.last] = 1.0
        if ((before == 0.0) | (before == 1.0)).all():
            counts = before.sum(axis=0) - before
            values = np.take_along_axis(table.payoffs, counts.astype(np.intp)[..., None], axis=2)[..., 0]
            among = best(np.where(table.legal, values, -np.inf))
        else:
            alone = [_expected_alone(table, i, np.delete(before, i, axis=0)) for i in seats]
            among = np.stack([best(*worth) for worth in alone])
        chosen = self._maximise(levels, among, seats, self._ties)
        # Kept by order, not appended: threads that race compute the same level twice, and no harm is done.
        levels.chosen[order] = chosen
        levels.policies[order] = {name: _as_policy(table, chosen[i]) for name, i in table.seats.items()}

    def _maximise(
        self, levels: _Levels, among: NDArray[np.bool_], seats: Sequence[int], ties: _AnyTies
    ) -> _Floats:
        """``[n, A]`` policies of the players at ``seats``, of whose actions those ``among`` are best."""
        n = among.shape[1]
        last = levels.last[list(seats)]
        if ties == "spread":
            staying = among[np.arange(len(seats)), last]
            among = np.where(staying[:, None], np.eye(n, dtype=np.bool_)[last], among)
        if ties in ("uniform", "spread"):
            return np.asarray(among / among.sum(axis=1, keepdims=True))
        first = np.zeros(len(seats), dtype=np.intp) if ties == "first" else last
        distance = (np.arange(n) - first[:, None]) % n
        chosen = np.zeros(among.shape)
        chosen[np.arange(len(seats)), np.where(among, distance, n).argmin(axis=1)] = 1.0
        return chosen

    def _levels(self, situation: Situation) -> _Levels:
        last, steps = self._last, length_and_last(situation)
        if last is not None and last[0] is situation and last[1] == steps:
            return last[2]
        table = self._table_of(situation)
        joint = situation.history[-1] if situation.history else {}
        remembered = np.empty(len(table.seats), dtype=np.intp)
        for name, seat in table.seats.items():
            action = joint.get(name)
            if action not in table.columns:
                action = situation.actions[name][0]
            remembered[seat] = table.columns[action]
        if joint and joint.keys().isdisjoint(situation.actions):
            raise PayoffError(strange_history(joint, situation))
        if last is not None and last[2].table is table and np.array_equal(last[2].last, remembered):
            levels = last[2]
        else:
            levels = _Levels(table, remembered, {}, {})
        # one attribute that is replaced whole: threads that race compute twice, never mix two
        self._last = (situation, steps, levels)
        return levels

    def _table_of(self, situation: Situation) -> _Table:
        table = self._table
        actions = {player: tuple(own) for player, own in situation.actions.items()}
        if table is None or table.actions != actions:
            table = self._table = self._tabulate(actions)
        return table

    def _tabulate(self, actions: Mapping[str, Sequence[str]]) -> _Table:
        seats = {name: seat for seat, name in enumerate(actions)}
        columns = {a: i for i, a in enumerate(dict.fromkeys(a for own in actions.values() for a in own))}
        n = len(seats)
        legal = np.zeros((n, len(columns)), dtype=np.bool_)
        payoffs = np.zeros((n, len(columns), n))
        for name, own in actions.items():
            for action in own:
                at = seats[name], columns[action]
                legal[at] = True
                payoffs[at] = [self._payoff(name, action, same, n - 1) for same in range(n)]
        if not np.isfinite(payoffs).all():
            seat, column, same = np.argwhere(~np.isfinite(payoffs))[0].tolist()
            raise PayoffError(
                f"payoffs must be finite, got {payoffs[seat, column, same]} for {list(seats)[seat]!r} doing "
                f"{list(columns)[column]!r} with {same} others"
            )
        return _Table(actions, seats, columns, legal, payoffs)


def _expected_alone(table: _Table, seat: int, others: _Floats) -> _Worth:
    """What the actions of one player are worth, ``[A]``, while the others act as ``[N-1, A]``.

    How many others take an action is a sum of independent coins (Poisson-binomial), one for each. How
    far an action's payoffs lie from what the best one is worth is its spread.
    """
    crowd = np.zeros((others.shape[1], len(others) + 1))
    crowd[:, 0] = 1.0
    for probabilities in others[:, :, None]:
        moved = crowd[:, :-1] * probabilities
        crowd *= 1.0 - probabilities
        crowd[:, 1:] += moved
    payoffs = table.payoffs[seat]
    values = np.where(table.legal[seat], (crowd * payoffs).sum(axis=1), -np.inf)
    top = int(values.argmax())
    spread = (crowd * np.abs(payoffs - values[top])).sum(axis=1)
    size = (crowd * np.abs(payoffs)).sum(axis=1)
    return _Worth(values, spread + spread[top], size + size[top])


def _as_policy(table: _Table, row: _Floats) -> Policy:
    names = list(table.columns)
    return {names[i]: float(row[i]) for i in np.flatnonzero(row)}
