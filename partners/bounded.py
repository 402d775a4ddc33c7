"""Partners whose reasoning or skill is bounded, and one that deceives."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol, runtime_checkable

from atom import (
    JointAction,
    Memory,
    Policy,
    Reasoner,
    RecursiveReasoner,
    Situation,
    SituationError,
    TabularReasoner,
)
from atom.agents import Payoffs
from atom.policies import added
from atom.randomness import RandomStream, draw
from atom.reasoning import Respond, Responder
from partners.base import OWN, SimplePartner, Traits
from partners.registry import partner


@runtime_checkable
class BestResponder(Protocol):
    """A reasoner that tells its best response apart from the way in which its players respond."""

    def best_response(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response of ``player`` to what every other player is expected to do."""
        ...


def _rate_and_order(text: str, otherwise: int = 1) -> tuple[float, int]:
    rate, _, order = text.partition("@")
    return float(rate), int(order or otherwise)


def _shown_hidden_trust(text: str) -> tuple[int, int, int]:
    orders, _, trust = text.partition("@")
    shown, _, hidden = orders.partition("-")
    return int(shown), int(hidden), int(trust)


@partner(
    "competence",
    source=OWN,
    traits=lambda competence, order: Traits(stochastic=competence < 1.0, adaptive=False, order=order),
    argument="PROBABILITY@ORDER",
    default="0.39@1",
    reads=_rate_and_order,
)
class CompetentPartner(SimplePartner):
    """Acts by its order with a probability, else at random.

    How deeply it reasons and how well it acts are apart: an order is not a skill.

    Args:
        me: this player's name in situations.
        reasoner: how players of any order act.
        competence: probability in [0, 1] of acting by its order.
        order: its ToM order, >= 0.
        seed: seed of the random numbers, >= 0.

    Raises:
        ValueError: a setting out of its range.
    """

    def __init__(self, me: str, reasoner: Reasoner, competence: float, order: int, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not 0.0 <= competence <= 1.0:
            raise ValueError(f"the competence lies in [0, 1], got {competence}")
        self.reasoner = reasoner
        self.competence = competence
        self.order = order

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The order's action or a random one."""
        if rng.random() < self.competence:
            return draw(self.reasoner.policy(situation, self.me, self.order), rng), memory
        legal = situation.legal(self.me)
        return legal[rng.integers(len(legal))], memory


@partner(
    "quantal",
    source="McKelvey and Palfrey 1995; Stahl and Wilson 1994",
    traits=lambda temperature, order: Traits(stochastic=True, adaptive=False, order=order),
    argument="TEMPERATURE@ORDER",
    default="1@1",
    reads=_rate_and_order,
    plays="matrices",
)
class QuantalPartner(SimplePartner):
    """Level-k whose better actions are likelier (softmax of payoffs).

    None is certain. Order 0 is the reasoner's; order k responds to partners that are quantal of order k-1
    with the same temperature.
    ``P(a) ∝ exp(payoff(a) / temperature)`` (McKelvey and Palfrey 1995; level-k form: Stahl and Wilson 1994).

    Args:
        me: this player's name in situations.
        reasoner: must know payoffs.
        temperature: > 0, in units of payoff.
        order: its ToM order, >= 1; order 0 predicts nobody, so no payoff could be expected.
        seed: seed of the random numbers, >= 0.

    Raises:
        ValueError: a setting out of its range.
        SituationError: a reasoner without payoffs.
    """

    def __init__(self, me: str, reasoner: Reasoner, temperature: float, order: int, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not (math.isfinite(temperature) and temperature > 0.0):
            raise ValueError(f"the temperature is positive and finite, got {temperature}")
        if order < 1:
            raise ValueError(
                f"a quantal response is to a prediction, so its order is at least 1, got {order}"
            )
        self.reasoner = reasoner
        self._payoffs = knows_payoffs("quantal", reasoner)
        self._quantal = RecursiveReasoner(self._level_zero, self._response)
        self._temperature = temperature
        self._order = order

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """An action drawn from the softmax of expected payoffs."""
        return draw(self.policy(situation), rng), memory

    def policy(self, situation: Situation) -> Policy:
        """The softmax of expected payoffs."""
        return self._quantal.policy(situation, self.me, self._order)

    def _level_zero(self, situation: Situation, player: str) -> Policy:
        return self.reasoner.policy(situation, player, 0)

    def _response(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        return softmax(self._payoffs.expected_payoffs(situation, player, predicted), self._temperature)


@partner(
    "cognitive-hierarchy",
    source="Camerer, Ho and Chong 2004",
    traits=lambda tau, order: Traits(stochastic=False, adaptive=False, order=order),
    argument="TAU@ORDER",
    default="1.5@2",
    reads=partial(_rate_and_order, otherwise=2),
    plays="matrices",
)
class HierarchyPartner(SimplePartner):
    """Best-responds to a Poisson mixture of all orders below its own.

    The orders of its partners are taken to be Poisson distributed with mean τ, cut off below its own
    order and normalised (Camerer, Ho and Chong 2004; they estimate τ of about 1.5).

    Args:
        me: this player's name in situations.
        reasoner: must be able to respond to predicted partners.
        tau: mean number of thinking steps, > 0.
        order: its own order, >= 1.
        seed: seed of the random numbers, >= 0.

    Raises:
        ValueError: a setting out of its range.
        SituationError: a reasoner that cannot respond.
    """

    def __init__(self, me: str, reasoner: Reasoner, tau: float, order: int, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not (math.isfinite(tau) and tau > 0.0):
            raise ValueError(f"the mean number of thinking steps is positive and finite, got {tau}")
        if order < 1:
            raise ValueError(f"a cognitive hierarchy begins above order 0, got {order}")
        self.reasoner = reasoner
        self._respond = _best_response_of(reasoner)
        self._shares = poisson_shares(tau, order)
        self._order = order

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The best response to the mixture."""
        return draw(self.policy(situation), rng), memory

    def policy(self, situation: Situation) -> Policy:
        """The best response to the mixture."""
        return self._policy(situation, self.me, self._order, {})

    def _policy(
        self, situation: Situation, player: str, order: int, memo: dict[tuple[str, int], Policy]
    ) -> Policy:
        found = memo.get((player, order))
        if found is None:
            if order == 0:
                found = self.reasoner.policy(situation, player, 0)
            else:
                shares = self._shares[:order]
                predicted = {
                    other: mixed([self._policy(situation, other, k, memo) for k in range(order)], shares)
                    for other in situation.actions
                    if other != player
                }
                found = self._respond(situation, player, predicted)
            memo[player, order] = found
        return found


@partner(
    "deceptive",
    source=OWN,
    argument="SHOWN-HIDDEN@ANSWERS",
    default="1-2@4",
    reads=_shown_hidden_trust,
)
class DeceptivePartner(SimplePartner):
    """Plays one order until it is answered well so often, then another for three rounds.

    Then it begins again. It keeps count of how often its partners answered it well, that is as a player
    one order above the order that it shows would. After so many such answers in a row it takes them to
    trust it.

    Args:
        me: this player's name in situations.
        reasoner: how players of any order act.
        shown: the order that it plays until it is trusted.
        hidden: the order that it plays then.
        trust: how many good answers in a row it waits for, >= 1.
        rounds: how long it plays the hidden order, >= 1.
        seed: seed of the random numbers, >= 0.

    Raises:
        ValueError: a setting out of its range.
    """

    traits = Traits(stochastic=False, adaptive=True)

    def __init__(
        self,
        me: str,
        reasoner: Reasoner,
        shown: int,
        hidden: int,
        trust: int,
        *,
        rounds: int = 3,
        seed: int = 0,
    ) -> None:
        super().__init__(me, seed=seed)
        if min(shown, hidden) < 0 or shown == hidden or trust < 1 or rounds < 1:
            raise ValueError(
                "a deceptive partner needs two different orders >= 0, and at least one good answer to wait "
                f"for and one round to deceive in; got {shown}, {hidden}, {trust} and {rounds}"
            )
        self.reasoner = reasoner
        self._orders = shown, hidden
        self._trust, self._rounds = trust, rounds

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """An action of the order whose turn it is; remembers what a good answer would be."""
        left = memory.get("left", 0)
        order = self._orders[1 if left else 0]
        answers = {
            other: dict(self.reasoner.policy(situation, other, self._orders[0] + 1))
            for other in situation.actions
            if other != self.me
        }
        action = draw(self.reasoner.policy(situation, self.me, order), rng)
        return action, {**memory, "answers": answers, "deceived": bool(left), "left": max(0, left - 1)}

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """Counts the good answers in a row."""
        if memory.get("deceived"):
            return {**memory, "good": 0}
        good = all(
            policy.get(actions.get(other, ""), 0.0) >= max(policy.values())
            for other, policy in memory.get("answers", {}).items()
        )
        count = memory.get("good", 0) + 1 if good else 0
        return {**memory, "good": count, "left": self._rounds if count >= self._trust else 0}


def _best_response_of(reasoner: Reasoner) -> Respond:
    if isinstance(reasoner, BestResponder):
        return reasoner.best_response
    # the answers of a table are no best responses to a mixture
    if isinstance(reasoner, Responder) and not isinstance(reasoner, TabularReasoner):
        return reasoner.respond
    raise SituationError(
        "a cognitive hierarchy needs a reasoner that can respond to mixed predictions, as those of "
        "normal-form games do; it cannot play this task"
    )


def softmax(payoffs: Mapping[str, float], temperature: float) -> dict[str, float]:
    """Action -> probability, ``∝ exp(payoff / temperature)``."""
    top = max(payoffs.values())
    weights = {action: math.exp((value - top) / temperature) for action, value in payoffs.items()}
    norm = added(weights.values())
    return {action: weight / norm for action, weight in weights.items()}


def poisson_shares(tau: float, orders: int) -> list[float]:
    """``[orders]`` Poisson probabilities of 0, 1, … but for a common factor."""
    return [tau**k / math.factorial(k) for k in range(orders)]


def mixed(policies: Sequence[Policy], shares: Sequence[float]) -> dict[str, float]:
    """The mixture of policies in proportion to their shares."""
    norm = added(shares)
    mixture: dict[str, float] = {}
    for policy, share in zip(policies, shares, strict=True):
        for action, probability in policy.items():
            mixture[action] = mixture.get(action, 0.0) + share / norm * probability
    return mixture


def knows_payoffs(name: str, reasoner: Reasoner) -> Payoffs:
    """The reasoner itself.

    Raises:
        SituationError: it knows no payoffs.
    """
    if not isinstance(reasoner, Payoffs):
        raise SituationError(
            f"the partner {name!r} weighs payoffs, and the reasoner of this task knows none; play a "
            "normal-form game, such as one-ahead-5"
        )
    return reasoner
