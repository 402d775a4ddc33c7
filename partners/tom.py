"""Partners of given orders: one for ever, one after the other, or one above the partner's."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from atom import Decision, FixedOrderAgent, Memory, Reasoner, Situation
from partners.base import OWN, PAPER, StaticPartner, Traits
from partners.names import integers
from partners.registry import partner

_ORDERS = range(4)


def _fixed_order(order: int) -> None:
    """Enters ``tom-K``. Its traits call it deterministic; that holds for policies that are certain."""

    @partner(
        f"tom-{order}",
        source=f"{PAPER}, Table 1",
        traits=Traits(stochastic=False, adaptive=False, order=order),
        summary="acts on the state alone" if order == 0 else f"best-responds to a ToM-{order - 1} partner",
    )
    def tom(me: str, reasoner: Reasoner, *, seed: int = 0) -> FixedOrderAgent:
        return FixedOrderAgent(me, reasoner, order, seed=seed)


for _order in _ORDERS:
    _fixed_order(_order)


def orders_and_rounds(text: str) -> tuple[list[int], list[int]]:
    """``"2-0-1@8-12"`` as ``([2, 0, 1], [8, 12])``.

    Raises:
        ValueError: a part that is no whole number.
    """
    orders, _, rounds = text.partition("@")
    return integers(orders), integers(rounds)


@partner(
    "switching",
    source=OWN,
    argument="ORDER-ORDER…@ROUND…",
    default="2-0@8",
    reads=orders_and_rounds,
)
class SwitchingPartner(StaticPartner):
    """Plays the first order, and from the given rounds on the next ones.

    Whatever the others do: when it switches is known beforehand.

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
        super().__init__(me, seed=seed)
        if len(rounds) != len(orders) - 1 or any(a >= b for a, b in pairwise([1, *rounds])):
            raise ValueError(
                f"a switching partner with {len(orders)} orders needs {len(orders) - 1} ascending rounds "
                f"after 1, got {list(rounds)}"
            )
        self.phases = [FixedOrderAgent(me, reasoner, order, seed=seed) for order in orders]
        self.rounds = list(rounds)

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode."""
        return self.phases[0].start(partners, episode=episode)

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action of the order whose turn it is."""
        return self._current(memory).decide(situation, memory)

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        return await self._current(memory).adecide(situation, memory)

    def _current(self, memory: Memory) -> FixedOrderAgent:
        return self.phases[bisect_right(self.rounds, int(memory["step"]) + 1)]


@partner(
    "oracle",
    source="baseline",
    traits=SwitchingPartner.traits,
    summary="is told the partner's order (crossplay tells it) and acts one above",
    argument="ORDER-ORDER…@ROUND…",
    default="0",
    reads=orders_and_rounds,
)
def oracle(
    me: str, reasoner: Reasoner, orders: Sequence[int], rounds: Sequence[int], *, seed: int = 0
) -> SwitchingPartner:
    """Is told the partner's orders and acts one above: what a perfect estimate would be worth.

    Args:
        me, reasoner, seed: see ``FixedOrderAgent``.
        orders: the partner's orders in turn.
        rounds: the rounds from which its second and later orders are played, see ``SwitchingPartner``.
    """
    return SwitchingPartner(me, reasoner, [order + 1 for order in orders], rounds, seed=seed)
