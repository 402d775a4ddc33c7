"""Level-k reasoning where the orders of a team are declared."""

from __future__ import annotations

from collections.abc import Mapping

from atom.belief.contract import check_order
from atom.policies import Policy
from atom.reasoning.reasoner import Reasoner, RuleResponder, check_responder, for_decision
from atom.reasoning.recursive import Latest, Respond
from atom.situation import Situation


class DeclaredReasoner:
    """ToM-k among players who have declared their orders.

    A ToM-k player takes a partner that declared an order below k for what it declared, and everybody
    else for ToM-(k-1), as without declarations; it best-responds to all of them together. So orders
    0, 1, 2, … of a team answer one another like a queue: each takes what those before it leave. Without
    declarations nothing changes, and two players who declared neighbouring orders act as they would. Whoever
    acts later in a step will answer what it sees, whatever it declared.

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
                later = () if situation.at_once else situation.later(player)
                predicted = {
                    other: self._policy(situation, other, self._taken_for(other, order), known)
                    for other in situation.actions
                    if other != player and other not in later
                }
                found = self._best_response(situation, player, predicted)
            known[player, order] = found
        return found

    def _taken_for(self, partner: str, order: int) -> int:
        return min(self._orders.get(partner, order - 1), order - 1)
