"""Partners on tables that are no ToM agents of the modelled kind: plans, other ties, any policy."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from atom import Memory, Reasoner, Situation, TabularModel, TabularReasoner
from atom.randomness import RandomStream
from partners.base import OWN, SimplePartner, Traits
from partners.names import whole
from partners.registry import partner


def on_table(name: str, reasoner: Reasoner) -> TabularReasoner:
    """``reasoner`` itself where it reasons on a table.

    Raises:
        ValueError: it does not; the message says in which tasks the partner can play.
    """
    if isinstance(reasoner, TabularReasoner):
        return reasoner
    raise ValueError(
        f"the partner {name!r} plays tasks on tables, such as game-1 or overcooked; this task has none"
    )


class _TablePartner(SimplePartner):
    """Acts by a rule on the state of a table.

    Args:
        me: this player's name in situations.
        model: the game.
        seed: seed of the random numbers.
    """

    def __init__(self, me: str, model: TabularModel, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        self._actions = model.actions

    @abstractmethod
    def act(self, state: int, player: int) -> int:
        """The index of the action of ``player`` (0 or 1) in ``state``."""

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The action of the rule."""
        player = list(situation.actions).index(self.me)
        return self._actions[self.act(situation.state, player)], memory


@partner(
    "convention",
    source=OWN,
    argument="SEED",
    default="0",
    reads=lambda text: (whole(text),),
    plays="tables",
)
class ConventionPartner(_TablePartner):
    """Its half of one joint-optimal plan: stands for self-play-trained partners.

    It plays that whatever the other does. The plan has no memory: in each state a seeded draw picks one of
    the best joint actions. It stands for partners that were trained in self-play and expect the convention
    that they happened on.

    Args:
        me: this player's name in situations.
        reasoner: of a task on a table.
        convention: seed of the plan, >= 0; two partners with the same one fit perfectly.
        seed: it leaves nothing to chance.

    Raises:
        ValueError: a task without a table.
    """

    traits = Traits(stochastic=False, adaptive=False)

    def __init__(self, me: str, reasoner: Reasoner, convention: int = 0, *, seed: int = 0) -> None:
        table = on_table("convention", reasoner)
        super().__init__(me, table.model, seed=seed)
        self._reasoner = table
        self._convention = convention

    def act(self, state: int, player: int) -> int:
        """The player's half of the plan."""
        following = self._reasoner.values[self._reasoner.model.next[state]]
        best = np.argwhere(following == following.min())
        rng = np.random.default_rng([self._convention, state])
        return int(best[rng.integers(len(best))][player])


class PolicyPartner(_TablePartner):
    """Acts by a policy that was learned or planned elsewhere.

    Args:
        me: this player's name in situations.
        model: the game.
        policies: ``[2, S]``, the action of each seat in each state.
    """

    def __init__(self, me: str, model: TabularModel, policies: NDArray[np.int8]) -> None:
        super().__init__(me, model)
        self._policies = policies

    def act(self, state: int, player: int) -> int:
        """The policy's action."""
        return int(self._policies[player, state])


def _order_and_ties(text: str) -> tuple[int, int]:
    order, _, ties = text.partition("@")
    return whole(order), whole(ties)


@partner(
    "independent-ties",
    source=OWN,
    traits=Traits(stochastic=False, adaptive=False),
    argument="ORDER@SEED",
    default="1@1",
    reads=_order_and_ties,
    plays="tables",
)
def independent_ties(me: str, reasoner: Reasoner, order: int, ties: int, *, seed: int = 0) -> PolicyPartner:
    """An order whose ties are broken in another way than expected.

    A misspecified partner: a ToM-k player as everybody expects it but for the ties. Its whole hierarchy is
    solved with the other ties, without a mirror.

    Args:
        me: this player's name in situations.
        reasoner: of a task on a table.
        order: its ToM order, >= 0.
        ties: seed of its preferences, >= 0.
        seed: it leaves nothing to chance.

    Raises:
        ValueError: a task without a table, or an order that it was not solved for.
    """
    table = on_table("independent-ties", reasoner)
    if not 0 <= order <= table.max_order:
        raise ValueError(f"the order lies between 0 and {table.max_order}, got {order}")
    other = _with_other_ties(table.model, ties, table.max_order)
    return PolicyPartner(me, table.model, other.policies[order])


@lru_cache(maxsize=8)
def _with_other_ties(model: TabularModel, seed: int, max_order: int) -> TabularReasoner:
    rng = np.random.default_rng([seed])
    first, second = (tuple(rng.permutation(len(model.actions)).tolist()) for _ in range(2))
    return TabularReasoner(dataclasses.replace(model, mirror=None, ties=(first, second)), max_order)
