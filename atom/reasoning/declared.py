"""Level-k reasoning where the orders of a team are declared."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any, Self, TypeVar, cast

from atom.belief.contract import check_order
from atom.policies import Policy
from atom.reasoning.reasoner import (
    AsyncReasoner,
    AsyncResponder,
    ConcurrentReasoner,
    ImmediateReasoner,
    Reasoner,
    RuleResponder,
    check_responder,
    for_decision,
)
from atom.reasoning.recursive import Evaluations, Latest, Respond
from atom.sharing import together
from atom.situation import Situation

T = TypeVar("T")


class DeclaredReasoner:
    """ToM-k among players who have declared their orders.

    A ToM-k player takes a partner that declared an order below k for what it declared, and everybody
    else for ToM-(k-1), as without declarations; it best-responds to all of them together. So orders
    0, 1, 2, … of a team answer one another like a queue: each takes what those before it leave. Without
    declarations nothing changes, and two players who declared neighbouring orders act as they would. Whoever
    acts later in a step will answer what it sees, whatever it declared.

    It can be awaited where the wrapped reasoner can: then it has ``apolicy`` and ``arespond``, and asks at
    once what does not depend on each other; and ``run`` where that one has it.

    Args:
        reasoner: reasons without declarations, and can respond to partners of different orders
            (``NormalFormReasoner``, ``CongestionReasoner``, ``RecursiveReasoner``).
        orders: player -> declared order, see ``atom.reasoning.roles.team_orders``.

    Raises:
        ContractError: an order that is no integer >= 0.
        SituationError: a reasoner that cannot respond.

    Example:
        >>> from atom.reasoning.congestion import CongestionReasoner
        >>> tickets = CongestionReasoner(lambda player, ticket, same, others: float(same == 0))
        >>> team = {"ann": 0, "ben": 1, "cem": 2}
        >>> situation = Situation({name: ("A", "B", "C") for name in team})
        >>> reasoner = DeclaredReasoner(tickets, team)
        >>> [reasoner.policy(situation, name, order) for name, order in team.items()]
        [{'B': 1.0}, {'A': 1.0}, {'C': 1.0}]
    """

    def __new__(cls, reasoner: Reasoner | None = None, orders: Mapping[str, int] | None = None) -> Self:
        kind: type[DeclaredReasoner] = cls
        # abilities are methods, which others look for; where nothing waits there is nothing to await
        if cls is DeclaredReasoner and not isinstance(reasoner, ImmediateReasoner):
            if isinstance(reasoner, ConcurrentReasoner):
                kind = ConcurrentDeclaredReasoner
            elif isinstance(reasoner, AsyncReasoner):
                kind = AsyncDeclaredReasoner
        return object.__new__(cast("type[Self]", kind))

    def __init__(self, reasoner: Reasoner, orders: Mapping[str, int]) -> None:
        self._reasoner = reasoner
        self._responder = check_responder(reasoner, "declared orders")
        # an order is played by a rule, also where the reasoner leaves ties of an answer to chance
        self._best_response: Respond = (
            reasoner.best_response if isinstance(reasoner, RuleResponder) else self._responder.respond
        )
        self._orders = {player: check_order(player, order) for player, order in orders.items()}
        self._latest = Latest()

    def for_decision(self) -> DeclaredReasoner:
        """A reasoner for one decision, of the wrapped one's for one decision; this one where it has none."""
        inner = for_decision(self._reasoner)
        return self if inner is self._reasoner else DeclaredReasoner(inner, self._orders)

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """How ``player`` would act here if it were ToM-``order``.

        Raises:
            ValueError: a negative order.
            SituationError: the player is not in the situation.
        """
        return self._policy(situation, player, order, self._latest.of(situation).policies)

    def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response of ``player`` to what every other player is expected to do."""
        return self._responder.respond(situation, player, predicted)

    def _policy(
        self, situation: Situation, player: str, order: int, known: dict[tuple[str, int], Policy]
    ) -> Policy:
        found = known.get((player, order))
        if found is None:
            if order <= 0 or player in situation.moved:
                found = self._reasoner.policy(situation, player, order)
            else:
                predicted = {
                    other: self._policy(situation, other, taken_for, known)
                    for other, taken_for in self._answered(situation, player, order).items()
                }
                found = self._best_response(situation, player, predicted)
            known[player, order] = found
        return found

    def _answered(self, situation: Situation, player: str, order: int) -> dict[str, int]:
        """Whom a player of an order >= 1 answers, and the order that it takes each for."""
        later = () if situation.at_once else situation.later(player)
        return {
            other: min(self._orders.get(other, order - 1), order - 1)
            for other in situation.actions
            if other != player and other not in later
        }


class AsyncDeclaredReasoner(DeclaredReasoner):
    """``DeclaredReasoner`` around a reasoner that can be awaited; ``DeclaredReasoner(...)`` makes it."""

    async def apolicy(self, situation: Situation, player: str, order: int) -> Policy:
        """The same as ``policy``, awaited; concurrent callers share every evaluation that is under way."""
        return await self._apolicy(situation, player, order, self._latest.of(situation))

    async def arespond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The same as ``respond``, awaited."""
        if isinstance(self._responder, AsyncResponder):
            return await self._responder.arespond(situation, player, predicted)
        return self._responder.respond(situation, player, predicted)

    async def _apolicy(self, situation: Situation, player: str, order: int, known: Evaluations) -> Policy:
        return await known.once(player, order, lambda: self._evaluate(situation, player, order, known))

    async def _evaluate(self, situation: Situation, player: str, order: int, known: Evaluations) -> Policy:
        if order <= 0 or player in situation.moved:
            return await cast("AsyncReasoner", self._reasoner).apolicy(situation, player, order)
        answered = self._answered(situation, player, order)
        policies = await together(
            self._apolicy(situation, other, taken_for, known) for other, taken_for in answered.items()
        )
        predicted = dict(zip(answered, policies, strict=True))
        if isinstance(self._reasoner, RuleResponder):
            return self._best_response(situation, player, predicted)
        return await self.arespond(situation, player, predicted)


class ConcurrentDeclaredReasoner(AsyncDeclaredReasoner):
    """The same around one that asks over a network for synchronous callers, too."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``, which runs in the wrapped reasoner's event loop."""
        return cast("ConcurrentReasoner", self._reasoner).run(work)
