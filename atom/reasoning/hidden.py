"""Games in which players see different things: exact level-k reasoning over what each may see.

A game of incomplete information with types (Harsanyi 1967), one step long and played again and again: every
player has a view, what all get depends on all views and on what all do. Earlier steps are not remembered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from operator import index
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from atom.errors import PayoffError, SituationError, check_choice
from atom.policies import Policy, added
from atom.reasoning.symmetries import Symmetry
from atom.reasoning.ties import best
from atom.reasoning.turns import Reply, endings
from atom.situation import Situation

Ties: TypeAlias = Literal["view", "uniform"]

_World: TypeAlias = tuple[dict[str, str], float]
"""Player -> view, and how likely that is."""

_CACHE_SIZE = 4096


class BayesianGameReasoner:
    """Level-k reasoning where players have views.

    An order means what it does where all is open (``atom.reasoning.turns``), and of views:

    - ToM-0 models nobody. Of those yet to act it expects each action alike. What others did tells it of
      their views what the payoffs alone rule out: views in which the action was obviously dominated, worse
      at best than another one at worst (Li 2017). A true hint so counts as what it says, and a mere sign as
      nothing, which is the *grounded* reading (Hu et al. 2021, "Off-Belief Learning").
    - ToM-k expects players of order k - 1 in every view that they may have. What they did tells it of their
      views by Bayes' rule; an action that such a player never takes, as to ToM-0.

    Args:
        payoffs: ``[V_1, ..., V_N, N, A_1, ..., A_N]``, finite: what each player gets by views and actions.
        actions: player by seat -> names of its actions.
        views: player by seat -> names of its views, one at least; who sees nothing of its own has one.
        prior: ``[V_1, ..., V_N]``, >= 0: how likely the views are together; None for all alike.
        ties: of equally good actions, ``"view"`` takes the one at the place of the own view (the third of
            them with the third view), ``"uniform"`` each alike.
        symmetries: other labels under which the game stays as it is (``atom.conventions``).

    Raises:
        PayoffError: arrays or names that do not fit each other.
        ValueError: unknown ties.

    Example:
        >>> actions, views = [("o", "x"), ("red", "blue")], [("red", "blue"), ("nothing",)]
        >>> right = [[[[[[1, -1]] * 2] * 2]], [[[[[-1, 1]] * 2] * 2]]]  # what ann does costs nothing
        >>> game = BayesianGameReasoner(np.array(right)[:, :, 0], actions, views)
        >>> then = Situation({"ann": ("o", "x"), "ben": ("red", "blue")}, moved={"ann": "x"})
        >>> game.policy(then, "ben", 1)  # ToM-0 says the second sign for the second view
        {'red': 0.0, 'blue': 1.0}
    """

    def __init__(
        self,
        payoffs: ArrayLike,
        actions: Sequence[Sequence[str]],
        views: Sequence[Sequence[str]],
        prior: ArrayLike | None = None,
        *,
        ties: Ties = "view",
        symmetries: Sequence[Symmetry] = (),
    ) -> None:
        check_choice("ties", ties, get_args(Ties))
        self.actions = tuple(map(tuple, actions))
        self.views = tuple(map(tuple, views))
        self.payoffs = _checked(payoffs, self.actions, self.views)
        shape = tuple(map(len, self.views))
        weights = np.ones(shape) if prior is None else np.asarray(prior, dtype=float)
        if weights.shape != shape or not np.isfinite(weights).all() or weights.min() < 0 or not weights.sum():
            raise PayoffError(
                f"the prior of the views needs the shape {list(shape)}, entries >= 0 and one above, got "
                f"{prior!r}"
            )
        self.prior: NDArray[np.float64] = weights / weights.sum()
        self._ties = ties
        self._symmetries = tuple(symmetries)
        self._folly = [_obviously_dominated(self.payoffs, seat) for seat in range(len(shape))]
        self._known: dict[tuple[object, ...], Policy] = {}

    def symmetries(self) -> tuple[Symmetry, ...]:
        """Those that were declared."""
        return self._symmetries

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` would act with its view, ``situation.private[player]``, if it were ToM-``order``.

        Raises:
            SituationError: a view that is missing or unknown, or another number of players.
            PayoffError: other actions.
            ValueError: an order that is no integer >= 0.
        """
        if isinstance(order, bool) or index(order) < 0:
            raise ValueError(f"a theory-of-mind order is an integer >= 0, got {order!r}")
        known = situation.known_to(player)
        key = (player, order, tuple(known.actions), *_items(known))
        found = self._known.get(key)
        if found is None:
            self._seat(known, player)
            worlds = self._judged(known, player, list(self._worlds(known)), order)
            values = self._values(known, player, worlds, self._reply_at(order))
            if len(self._known) >= _CACHE_SIZE:
                self._known.clear()
            found = self._known[key] = self._chosen(known, player, values)
        return dict(found)

    def policies_at_once(self, situation: Situation, pairs: Sequence[tuple[str, int]]) -> list[Policy]:
        """``policy`` of every (player, order), in that order."""
        return [self.policy(situation, player, order) for player, order in pairs]

    def expected_payoffs(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> dict[str, float]:
        """Action of ``player`` -> its expected payoff when the others act as ``predicted``.

        Views that are not ``private`` are weighed by ``possible``, where that says nothing by the prior. Who
        acts later and is left out plans to the end of the step.
        """
        depth = len(situation.groups)
        if situation.at_once and (missing := situation.actions.keys() - {player, *predicted}):
            raise PayoffError(
                f"no prediction for player {min(missing)!r}; one is needed for every other player"
            )
        worlds = list(self._worlds(situation))

        def reply(then: Situation, other: str) -> Policy:
            return predicted.get(other) or self.policy(then, other, depth)

        return self._values(situation, player, worlds, reply)

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response of ``player`` to what every other player is expected to do."""
        return self._chosen(situation, player, self.expected_payoffs(situation, player, predicted))

    def _reply_at(self, order: int) -> Reply:
        if order:
            return lambda then, other: self.policy(then, other, order - 1)
        return lambda then, other: dict.fromkeys(then.actions[other], 1.0 / len(then.actions[other]))

    def _seat(self, situation: Situation, player: str) -> int:
        situation.legal(player)
        if len(situation.actions) != len(self.views):
            raise SituationError(
                f"the game has {len(self.views)} players, the situation has {list(situation.actions)}"
            )
        seat = list(situation.actions).index(player)
        if set(situation.actions[player]) != set(self.actions[seat]):
            raise PayoffError(
                f"{player!r} has the actions {list(self.actions[seat])} in this game, the situation has "
                f"{list(situation.actions[player])}"
            )
        if player not in situation.private and len(self.views[seat]) > 1:
            raise SituationError(
                f"what {player!r} sees is missing; pass private={{{player!r}: ...}}, one of "
                f"{list(self.views[seat])}"
            )
        return seat

    def _worlds(self, situation: Situation) -> Iterator[_World]:
        """Everything that all may see, given what is known, and how likely that is; likelihoods sum to 1."""
        players = list(situation.actions)
        if len(players) != len(self.views):
            self._seat(situation, players[0])
        for player, seen in {**situation.private, **situation.possible}.items():
            seat = players.index(player)
            named = [seen] if isinstance(seen, str) else list(seen)
            if unknown := [view for view in named if view not in self.views[seat]]:
                raise SituationError(
                    f"{player!r} sees one of {list(self.views[seat])} in this game, not {unknown[0]!r}"
                )
        said = {player: situation.unseen(player) for player in players}
        free = self.prior.sum(
            axis=tuple(i for i, player in enumerate(players) if said[player]), keepdims=True
        )
        found: list[_World] = []
        for at in product(*(range(len(own)) for own in self.views)):
            world = {player: self.views[i][v] for i, (player, v) in enumerate(zip(players, at, strict=True))}
            if any(world[player] != view for player, view in situation.private.items()):
                continue
            chance = float(free[tuple(0 if said[p] else v for p, v in zip(players, at, strict=True))])
            for player, own in said.items():
                chance *= own.get(world[player], 0.0) if own else 1.0
            if chance > 0.0:
                found.append((world, chance))
        total = added(chance for _, chance in found)
        if not total:
            raise SituationError(f"by the prior nobody sees {dict(situation.private)!r} together")
        yield from ((world, chance / total) for world, chance in found)

    def _judged(self, situation: Situation, player: str, worlds: list[_World], order: int) -> list[_World]:
        """The worlds after what was done in this step told of them what an order reads from it."""
        moved = [other for other in situation.moved if other != player]
        if not moved:
            return worlds
        if order:
            found = [(w, p * self._likely(situation, w, moved, order - 1)) for w, p in worlds]
            if total := added(p for _, p in found):
                return [(w, p / total) for w, p in found if p]
        found = [(w, p) for w, p in worlds if not any(self._is_folly(situation, w, one) for one in moved)]
        total = added(p for _, p in found)
        return [(w, p / total) for w, p in found] if total else worlds

    def _likely(
        self, situation: Situation, world: Mapping[str, str], moved: Sequence[str], order: int
    ) -> float:
        likelihood = 1.0
        for other in moved:
            there = situation.as_seen_by(other).with_views({other: world[other]})
            likelihood *= self.policy(there, other, order).get(situation.moved[other], 0.0)
        return likelihood

    def _is_folly(self, situation: Situation, world: Mapping[str, str], other: str) -> bool:
        seat = list(situation.actions).index(other)
        view, action = self.views[seat].index(world[other]), self.actions[seat].index(situation.moved[other])
        return bool(self._folly[seat][view, action])

    def _values(
        self, situation: Situation, player: str, worlds: Sequence[_World], reply: Reply
    ) -> dict[str, float]:
        players = list(situation.actions)
        me = players.index(player)
        values = dict.fromkeys(situation.actions[player], 0.0)
        for world, chance in worlds:
            seen = tuple(self.views[i].index(world[name]) for i, name in enumerate(players))

            def there(then: Situation, other: str, world: Mapping[str, str] = world) -> Policy:
                return reply(then.with_views({other: world[other]}), other)

            for action, ends in endings(situation, player, there):
                for joint, p in ends:
                    done = tuple(self.actions[i].index(joint[name]) for i, name in enumerate(players))
                    values[action] += chance * p * float(self.payoffs[(*seen, me, *done)])
        return values

    def _chosen(self, situation: Situation, player: str, values: Mapping[str, float]) -> Policy:
        seat = list(situation.actions).index(player)
        own = self.actions[seat]
        size = float(np.abs(self.payoffs).max())
        good = [
            a for a, is_best in zip(own, best([values[a] for a in own], size, size), strict=True) if is_best
        ]
        if self._ties == "view":
            view = situation.private.get(player, self.views[seat][0])
            good = [good[self.views[seat].index(view) % len(good)]]
        return {action: 1.0 / len(good) if action in good else 0.0 for action in situation.actions[player]}


def _items(situation: Situation) -> tuple[object, ...]:
    """What a policy depends on, but for players and order."""
    turns = () if situation.at_once else situation.groups
    possible = tuple((player, tuple(own.items())) for player, own in situation.possible.items())
    return tuple(situation.moved.items()), turns, tuple(situation.private.items()), possible


def _obviously_dominated(payoffs: NDArray[np.float64], seat: int) -> NDArray[np.bool_]:
    """``[V, A]``: whether a player's action is worse at best than another one at worst, by its own view."""
    n = (payoffs.ndim - 1) // 2
    own = np.moveaxis(np.take(payoffs, seat, axis=n), (seat, n + seat), (0, 1))
    flat = own.reshape(*own.shape[:2], -1)
    return np.asarray(flat.max(axis=2) < flat.min(axis=2).max(axis=1, keepdims=True))


def _checked(
    payoffs: ArrayLike, actions: Sequence[Sequence[str]], views: Sequence[Sequence[str]]
) -> NDArray[np.float64]:
    names = [*actions, *views]
    if len(actions) != len(views) or len(actions) < 2 or not all(names):
        raise PayoffError("actions and views are lists of names for each of two players or more")
    if any(len(set(own)) != len(own) for own in names):
        raise PayoffError(f"an action or a view is named twice in {names}")
    shape = (*map(len, views), len(actions), *map(len, actions))
    try:
        array = np.asarray(payoffs, dtype=float)
    except (TypeError, ValueError) as error:
        raise PayoffError(f"payoffs are not an array of numbers: {error}") from None
    if array.shape != shape or not np.isfinite(array).all():
        raise PayoffError(
            f"payoffs by views, player and actions need the shape {list(shape)} and finite numbers, got the "
            f"shape {list(array.shape)}"
        )
    return array
