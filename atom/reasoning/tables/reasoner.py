"""Level-k reasoning by table look-up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from atom.errors import ModelError
from atom.policies import Policy, added, lapsed
from atom.reasoning.tables import cache as disk
from atom.reasoning.tables.answers import (
    Beside,
    Seat,
    answer,
    cheapest_against,
    cheapest_alone,
    cheapest_beside,
    seat_of,
)
from atom.reasoning.tables.levels import Solution, solve, solve_beside_actions
from atom.reasoning.tables.model import Actions, Ints, TabularModel
from atom.reasoning.tables.turns import answer_in_turn, state_of
from atom.situation import Situation


class TabularReasoner:
    """How players of any order act in a tabular two-player game, solved once and looked up.

    ToM-0 is optimal with the partner removed; ToM-k is the best response over the whole horizon to the
    partner's ToM-(k-1) policy (paper, "Theory of mind"). Where nothing that a player does leads to
    the end, it acts as ToM-0. ``situation.state`` is the state's index, and the first player of the
    situation is the first of the model. Where players take turns (``taking_turns``), a ToM-k mover plans over
    a ToM-(k-1) replier, and ``situation.moved`` says how far the step has come.

    Args:
        model: the game.
        max_order: the highest order that can be asked for, >= 0. An agent that estimates orders
            up to K acts at up to K + 1.
        epsilon: lapse rate in [0, 1] of every policy returned: ``(1 - ε) · policy + ε / A``. Plans
            are made for partners who do not lapse.
        cache: directory for solved tables; True for one under the user's cache directory, False
            to keep none.

    Raises:
        ValueError: ``max_order`` or ``epsilon`` out of range.

    Example:
        A button that both must press at once, ``press`` or ``wait``; alone, pressing is enough.

        >>> import numpy as np
        >>> from atom.reasoning.tables import Solo, TabularModel, TabularReasoner
        >>> solo = Solo(np.array([[1, 0], [1, 1]]), np.array([1, 0]), np.array([False, True]),
        ...             project=np.array([[0, 1], [0, 1]]))
        >>> model = TabularModel(np.array([[[1, 0], [0, 0]], [[1, 1], [1, 1]]]), np.array([1, 0]),
        ...                      np.array([False, True]), (0,), ("press", "wait"), solo)
        >>> from atom import Situation
        >>> situation = Situation({"ann": model.actions, "ben": model.actions}, state=0)
        >>> TabularReasoner(model, cache=False).policy(situation, "ann", 1)
        {'press': 1.0}
    """

    def __init__(
        self,
        model: TabularModel,
        max_order: int = 3,
        *,
        epsilon: float = 0.0,
        cache: Path | bool = True,
    ) -> None:
        if max_order < 0:
            raise ValueError(f"a theory-of-mind order is an integer >= 0, got max_order={max_order}")
        if not 0.0 <= epsilon <= 1.0:
            raise ValueError(f"epsilon is a probability in [0, 1], got {epsilon}")
        self.model = model
        self.max_order = max_order
        self.epsilon = epsilon
        self._cache = cache
        names = model.actions
        self._distributions: list[dict[str, float]] = [
            {name: lapsed(float(name == chosen), epsilon, len(names)) for name in names}
            if epsilon
            else {chosen: 1.0}
            for chosen in names
        ]

    @property
    def policies(self) -> Actions:
        """``[max_order + 1, 2, S]``: the action of each order and player in each state."""
        return self._solution.policies

    @property
    def values(self) -> Ints:
        """``[S]``: the least joint cost until the end, when both follow one plan."""
        return self._solution.values

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` would act here if it were ToM-``order``.

        Raises:
            ModelError: an order above ``max_order``, or a situation of another game.
            SituationError: the player is not in the situation.
        """
        self._check_order(order)
        index = self._index(situation, player)
        if player in situation.moved:
            return {situation.moved[player]: 1.0}
        chosen = self._solution.policies[order, index, state_of(self.model, situation)]
        return dict(self._distributions[chosen])

    def policies_at_once(self, situation: Situation, pairs: Sequence[tuple[str, int]]) -> list[Policy]:
        """``policy`` of every (player, order), in that order."""
        return [self.policy(situation, player, order) for player, order in pairs]

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The response of ``player`` to what its partner is expected to do next.

        To a partner that is certainly of one order below ``max_order`` it is the best response over the whole
        horizon, ToM one order above. To any other it looks one step ahead: each action of the partner is
        read as the sign of the orders that take it here, or, where none does, of a partner that takes it
        for ever. Comparably likely actions that want different answers are answered in their proportion.
        Where nothing leads to the end, it acts as ToM-0. More in ``answers.answer``. Where players take turns
        it answers all orders below ``max_order`` at once, since what is predicted has yet to be replied to.

        The first call solves the game once more for every action of the partner, and keeps that as well.

        Raises:
            ModelError: a situation of another game, or no prediction for the partner.
            SituationError: the player is not in the situation.
        """
        index = self._index(situation, player)
        seat = self._seat(index, situation)
        if self.model.mover is not None:
            mine = answer_in_turn(seat, self._solution, self.model)
            names = seat.names
            return (
                self.policy(situation, player, 0)
                if mine is None
                else self._lapsed({names[action]: p for action, p in mine.items()})
            )
        found = answer(seat, self._chances(seat, situation, player, predicted), self._beside)
        if found is None:
            return self.policy(situation, player, 0)
        return self._lapsed({seat.names[action]: p for action, p in found.items()})

    def best_actions(
        self, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> frozenset[str]:
        """The actions of ``player`` that cost least, in expectation, when its partner acts as ``predicted``.

        By one step of look-ahead, as ``respond`` reads predictions. All actions where players take turns,
        since there a plan depends on the partner's order and not on what it does next.

        Raises:
            ModelError, SituationError: as ``respond``.
        """
        index = self._index(situation, player)
        seat = self._seat(index, situation)
        if self.model.mover is not None:
            return frozenset(seat.names)
        best = cheapest_against(seat, self._chances(seat, situation, player, predicted), self._beside)
        return frozenset([seat.names[action] for action in best])

    def _chances(
        self, seat: Seat, situation: Situation, player: str, predicted: Mapping[str, Policy]
    ) -> list[float]:
        """``[A]``: how likely each action of the partner is."""
        (partner,) = (name for name in situation.actions if name != player)
        policy = predicted.get(partner, {})
        chances = [policy.get(name, 0.0) for name in seat.names]
        if not added(chances) > 0.0:
            raise ModelError(
                f"no prediction for player {partner!r}; one over its actions {list(self.model.actions)} is "
                f"needed, got {dict(policy)}"
            )
        return chances

    def with_other_ties(self, situation: Situation, player: str, orders: Sequence[int]) -> list[Policy]:
        """``policy`` of ``player`` at each of the ``orders``, averaged over the ways to break its last tie.

        Uniform over all actions that cost least beside the partner's own policy one order below, whose ties
        are broken as everybody expects.

        Raises:
            ModelError, SituationError: as ``policy``.
        """
        index = self._index(situation, player)
        seat = self._seat(index, situation)
        found = []
        for order in orders:
            self._check_order(order)
            best = cheapest_beside(seat, order - 1, self._solution) if order else None
            if best is None:
                best = cheapest_alone(self.model, seat, self._solution.alone)
            found.append(self._lapsed(dict.fromkeys([seat.names[a] for a in best], 1.0 / len(best))))
        return found

    def _check_order(self, order: int) -> None:
        if not 0 <= order <= self.max_order:
            raise ModelError(
                f"order {order} was not solved; this reasoner knows orders 0 to {self.max_order}, make "
                f"it with max_order={max(order, 0)}"
            )

    def _lapsed(self, policy: Mapping[str, float]) -> Policy:
        if not self.epsilon:
            return policy
        names = self.model.actions
        return {name: lapsed(policy.get(name, 0.0), self.epsilon, len(names)) for name in names}

    def _seat(self, index: int, situation: Situation) -> Seat:
        return seat_of(self.model, index, state_of(self.model, situation), self._mirrored)

    @cached_property
    def _mirrored(self) -> tuple[str, ...] | None:
        mirror = self.model.mirror
        return None if mirror is None else tuple(self.model.actions[a] for a in mirror.actions.tolist())

    @cached_property
    def _solution(self) -> Solution:
        arrays = self._kept(
            f"{self.model.digest()}-{self.max_order}",
            disk.NAMES,
            lambda: disk.as_arrays(solve(self.model, self.max_order)),
            lambda found: disk.solution_fits(self.model, self.max_order, found),
            rows=self.max_order + 1,
        )
        return disk.as_solution(arrays)

    @cached_property
    def _beside(self) -> Beside:
        arrays = self._kept(
            f"{self.model.digest()}-actions",
            ("costs",),
            lambda: {"costs": solve_beside_actions(self.model)},
            lambda found: disk.costs_fit(self.model, len(self.model.actions), found["costs"]),
            rows=len(self.model.actions),
        )
        return Beside.of(self._solution, arrays["costs"])

    def _kept(
        self,
        key: str,
        names: Sequence[str],
        found: Callable[[], disk.Arrays],
        fits: Callable[[disk.Arrays], bool],
        *,
        rows: int,
    ) -> disk.Arrays:
        """Arrays of so many rows a seat from the cache, or solved and put there."""
        if self._cache is False:
            return found()
        directory = disk.default_directory() if self._cache is True else self._cache
        path = directory / f"{key}-v{disk.VERSION}.npz"
        arrays: disk.Arrays | None = disk.load(path, key, names, fits, most=disk.most_bytes(self.model, rows))
        if arrays is None:
            arrays = found()
            disk.save(path, key, arrays)
        return arrays

    def _index(self, situation: Situation, player: str) -> int:
        legal = situation.legal(player)
        model = self.model
        if legal != model.actions and tuple(legal) != model.actions:
            raise ModelError(
                f"player {player!r} has the actions {list(legal)}, the model has {list(model.actions)}"
            )
        players = list(situation.actions)
        if len(players) != 2:
            raise ModelError(f"the model has two players, the situation has {players}")
        return players.index(player)
