"""Partners that are agents of this package: fixed orders, adaptive ones, and one that switches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from atom.agents.adaptive import AdaptiveAgent, Response, Selection
from atom.agents.player import FixedOrderAgent, Memory
from atom.belief.learners import Learner
from atom.decision import Decision
from atom.reasoning.reasoner import Reasoner
from atom.situation import JointAction, Situation
from partners.base import Traits


class FixedOrderPartner(FixedOrderAgent):
    """A ToM-k agent (paper, Table 1).

    Its traits call it deterministic; that holds for reasoners whose policies are certain.
    """

    @property
    def traits(self) -> Traits:
        """Deterministic, of one order."""
        return Traits(stochastic=False, adaptive=False, order=self.order)


class AdaptivePartner(AdaptiveAgent):
    """An A-ToM agent as a partner (paper, Table 2).

    Args:
        me, reasoner, learner, selection, response, seed: see ``AdaptiveAgent``.
        stochastic: whether its learner leaves anything to chance.
    """

    def __init__(
        self,
        me: str,
        reasoner: Reasoner,
        learner: Learner,
        *,
        selection: Selection = "win-stay",
        response: Response = "nearest",
        seed: int = 0,
        stochastic: bool = True,
    ) -> None:
        super().__init__(me, reasoner, learner, selection=selection, response=response, seed=seed)
        self.traits = Traits(stochastic=stochastic, adaptive=True)


class SwitchingPartner:
    """Plays one ToM order and changes to others at given rounds, whatever the others do.

    Args:
        me, reasoner, seed: see ``FixedOrderAgent``.
        orders: the orders in turn, one at least.
        rounds: the rounds (counted from 1) from which the second and later orders are played, ascending.

    Raises:
        ValueError: not one round for each order after the first, or rounds that do not ascend.
    """

    traits = Traits(stochastic=False, adaptive=False)

    def __init__(
        self, me: str, reasoner: Reasoner, orders: Sequence[int], rounds: Sequence[int], *, seed: int = 0
    ) -> None:
        if len(rounds) != len(orders) - 1 or any(a >= b for a, b in pairwise([1, *rounds])):
            raise ValueError(
                f"a switching partner with {len(orders)} orders needs {len(orders) - 1} ascending rounds "
                f"after 1, got {list(rounds)}"
            )
        self.me = me
        self._phases = [FixedOrderAgent(me, reasoner, order, seed=seed) for order in orders]
        self._rounds = list(rounds)

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode."""
        return self._phases[0].start(partners, episode=episode)

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action of the order whose turn it is."""
        return self._current(memory).decide(situation, memory)

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        return await self._current(memory).adecide(situation, memory)

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """The memory as it is."""
        return memory

    def _current(self, memory: Memory) -> FixedOrderAgent:
        return self._phases[bisect_right(self._rounds, int(memory["step"]) + 1)]
