"""Level-k reasoning by table look-up."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from atom.errors import ModelError
from atom.policies import Policy, lapsed
from atom.reasoning.tables import cache as disk
from atom.reasoning.tables.levels import Solution, solve
from atom.reasoning.tables.model import Actions, Ints, TabularModel
from atom.situation import Situation


class TabularReasoner:
    """How players of any order act in a tabular two-player game, solved once and looked up.

    ToM-0 is optimal with the partner removed; ToM-k is the best response over the whole horizon to the
    partner's ToM-(k-1) policy (paper, "Theory of mind"). Where nothing that a player does leads to
    the end, it acts as ToM-0. ``situation.state`` is the state's index, and the first player of the
    situation is the first of the model.

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
        if not 0 <= order <= self.max_order:
            raise ModelError(
                f"order {order} was not solved; this reasoner knows orders 0 to {self.max_order}, make "
                f"it with max_order={max(order, 0)}"
            )
        index = self._index(situation, player)
        chosen = self._solution.policies[order, index, situation.state]
        return dict(self._distributions[chosen])

    @cached_property
    def _solution(self) -> Solution:
        if self._cache is False:
            return solve(self.model, self.max_order)
        directory = disk.default_directory() if self._cache is True else self._cache
        key = f"{self.model.digest()}-{self.max_order}"
        path = directory / f"{key}.npz"
        solution = disk.load(path, key, self.model, self.max_order)
        if solution is None:
            solution = solve(self.model, self.max_order)
            disk.save(path, key, solution)
        return solution

    def _index(self, situation: Situation, player: str) -> int:
        legal = situation.legal(player)
        model = self.model
        if legal != model.actions and tuple(legal) != model.actions:
            raise ModelError(
                f"player {player!r} has the actions {list(legal)}, the model has {list(model.actions)}"
            )
        state = situation.state
        if not isinstance(state, int) or not 0 <= state < model.n_states:
            raise ModelError(
                f"situation.state must be a state's index from 0 to {model.n_states - 1}, got {state!r}"
            )
        players = list(situation.actions)
        if len(players) != 2:
            raise ModelError(f"the model has two players, the situation has {players}")
        return players.index(player)
