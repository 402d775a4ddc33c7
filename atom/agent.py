"""Agents as pure functions: memory in, memory out, plain data throughout.

``decide`` predicts every partner under every hypothesis about its order, estimates each order, and
acts at an order that fits; ``observe`` re-weighs the hypotheses by what the partners then did. An
agent object holds settings only, so one object serves any number of threads, graphs and episodes.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast, get_args

import numpy as np

from atom.belief import Array, Bayes, Learner
from atom.errors import BeliefError, SituationError
from atom.player import Memory
from atom.randomness import draw, generator
from atom.reasoning import Reasoner, apolicy
from atom.situation import (
    Decision,
    JointAction,
    PartnerPrediction,
    Policy,
    Prediction,
    Situation,
)

Actor: TypeAlias = Callable[[Situation, Prediction], "str | Awaitable[str]"]
"""A wrapped agent: given the situation and the prediction, it returns its action."""

Selection: TypeAlias = Literal["win-stay", "sample", "leader"]
Response: TypeAlias = Literal["nearest", "above"]

_VERSION = 1
_TOLERANCE = 1e-12
_ByOrder: TypeAlias = dict[str, dict[int, Policy]]


class AdaptiveAgent:
    """Estimates each partner's ToM order and acts at an order that fits (paper, A-ToM).

    Orders are aligned when they differ by one. Against an estimate k̂ the paper acts at k̂ + 1
    (``response="above"``). ``"nearest"`` keeps the agent's own order while it is one apart from k̂,
    and else moves to k̂ - 1 or k̂ + 1 at random: two agents that both act above chase each other up
    the ladder, two that stay where they are aligned settle. Partners whose estimates no single order
    fits are answered by the best response to all their predicted policies at once.

    Args:
        me: this player's name in situations.
        reasoner: says how a player of any order acts.
        learner: belief over a partner's order; each partner has its own.
        agent: wrapped agent that takes the last step: called with the situation and the prediction,
            returns the action. None lets the reasoner act.
        orders: hypotheses about a partner's order (paper: K = {0, 1, 2}), ascending.
        selection: how an estimate is taken from the belief. ``"sample"`` draws one at every step:
            randomising is what lets two adaptive agents break their symmetry. ``"win-stay"`` draws
            anew only when the partner's action was less likely under the estimate than under the
            belief as a whole (win-stay, lose-sample: Bonawitz et al. 2014), so that what works is
            kept. ``"leader"`` takes the likeliest, the lowest on ties.
        response: the order to act at, ``"nearest"`` or ``"above"``.
        seed: seed of the random numbers, >= 0.

    Raises:
        BeliefError: orders that are not ascending integers >= 0.
        ValueError: an unknown selection or response.

    Example:
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> ann = AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]])))
        >>> situation = Situation(actions={"ann": ("A", "B"), "ben": ("A", "B")})
        >>> decision, memory = ann.decide(situation, ann.start(["ben"]))
        >>> memory = ann.observe(memory, situation, {"ben": "A"})
        >>> decision, memory = ann.decide(situation, memory)
        >>> max(decision.posterior["ben"].items(), key=lambda item: item[1])[0]  # A is what ToM-1 does
        1
    """

    def __init__(
        self,
        me: str,
        reasoner: Reasoner,
        learner: Learner | None = None,
        agent: Actor | None = None,
        *,
        orders: Sequence[int] = (0, 1, 2),
        selection: Selection = "win-stay",
        response: Response = "nearest",
        seed: int = 0,
    ) -> None:
        for value, known in ((selection, get_args(Selection)), (response, get_args(Response))):
            if value not in known:
                raise ValueError(f"expected one of {', '.join(known)}, got {value!r}")
        if not orders or orders[0] < 0 or list(orders) != sorted(set(orders)):
            raise BeliefError(f"orders must be ascending integers >= 0, got {list(orders)}")
        self.me = me
        self.orders = tuple(orders)
        self.learner: Learner = Bayes() if learner is None else learner
        self._reasoner = reasoner
        self._respond = getattr(reasoner, "respond", None)
        self._agent = agent
        self._selection = selection
        self._response = response
        self._seed = seed
        self._prior = self.learner.init(self.orders)

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode.

        Args:
            partners: their names; further ones join when a situation shows them.
            episode: number of the episode, keys the random numbers.
        """
        prior = self._prior.tolist()
        return {
            "version": _VERSION,
            "learner": type(self.learner).__name__,
            "orders": list(self.orders),
            "episode": episode,
            "step": 0,
            "order": None,
            "estimates": {},
            "belief": {partner: prior for partner in partners if partner != self.me},
            "pending": None,
        }

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action, and the memory that waits for the partners' actions.

        Raises:
            SituationError: this player or every partner is missing from the situation.
            IllegalActionError: the wrapped agent's action is not legal.
            BeliefError: the memory was made with other orders, another learner or another version.
        """
        partners = self._partners(situation, memory)
        by_order = {
            partner: {k: self._reasoner.policy(situation, partner, k) for k in self.orders}
            for partner in partners
        }
        prediction, rng = self._estimate(memory, by_order)
        expects = {
            partner: self._reasoner.policy(situation, self.me, found.order - 1)
            for partner, found in prediction.partners.items()
            if found.order > 0
        }
        prediction = _with_expectations(prediction, expects)
        if self._agent is not None:
            action = self._agent(situation, prediction)
            if inspect.isawaitable(action):
                if inspect.iscoroutine(action):
                    action.close()
                raise TypeError(
                    f"the agent of {self.me!r} is asynchronous; call adecide, or run the graph with ainvoke"
                )
        else:
            policy = self._combined(situation, prediction)
            if policy is None:
                policy = self._reasoner.policy(situation, self.me, prediction.order)
            action = draw(policy, rng)
        return self._decided(situation, memory, prediction, action)

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``; hypotheses that do not depend on each other are awaited at once."""
        partners = self._partners(situation, memory)
        pairs = [(partner, k) for partner in partners for k in self.orders]
        policies = await asyncio.gather(
            *(apolicy(self._reasoner, situation, partner, k) for partner, k in pairs)
        )
        by_order: _ByOrder = {partner: {} for partner in partners}
        for (partner, k), policy in zip(pairs, policies, strict=True):
            by_order[partner][k] = policy
        prediction, rng = self._estimate(memory, by_order)
        expects = {
            partner: await apolicy(self._reasoner, situation, self.me, found.order - 1)
            for partner, found in prediction.partners.items()
            if found.order > 0
        }
        prediction = _with_expectations(prediction, expects)
        if self._agent is not None:
            action = self._agent(situation, prediction)
            if inspect.isawaitable(action):
                action = await action
        else:
            own = self._combined(situation, prediction)
            if own is None:
                own = await apolicy(self._reasoner, situation, self.me, prediction.order)
            action = draw(own, rng)
        return self._decided(situation, memory, prediction, action)

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """Memory after the partners' actions were seen.

        The actions are judged by the predictions that the last decision made. Only without a decision
        to wait for is ``situation``, the one that the actions were taken in, asked for.

        Args:
            actions: player -> action. A partner left out was not seen, and its belief stays.

        Raises:
            SituationError: an action of somebody unknown, or neither decision nor situation.
            IllegalActionError: an action that the partner did not have.
            BeliefError: as ``decide``.
        """
        self._check(memory)
        pending = memory["pending"]
        if pending is None:
            if situation is None:
                raise SituationError(
                    f"{self.me!r} has not decided since its last observation; pass the situation that "
                    "the observed actions were taken in"
                )
            partners = [name for name in situation.actions if name != self.me and name in actions]
            pending = _pending(
                situation,
                {p: {k: self._reasoner.policy(situation, p, k) for k in self.orders} for p in partners},
            )
        belief, estimates = dict(memory["belief"]), dict(memory["estimates"])
        for partner, action in actions.items():
            if partner == self.me:
                continue
            if partner not in pending:
                raise SituationError(
                    f"{self.me!r} observed an action of {partner!r}; the partners of its last decision "
                    f"are {list(pending)}"
                )
            legal = pending[partner]["actions"]
            Situation({partner: legal}).check_action(partner, action)
            policies = pending[partner]["policies"]
            likelihoods = [policies[str(k)].get(action, 0.0) for k in self.orders]
            weights = np.asarray(belief.get(partner, self._prior))
            if partner in estimates and not self._supported(estimates[partner], weights, likelihoods):
                del estimates[partner]
            belief[partner] = self.learner.update(weights, likelihoods, len(legal)).tolist()
        return {**memory, "belief": belief, "estimates": estimates, "pending": None}

    def posterior(self, memory: Memory, partner: str) -> dict[int, float]:
        """Order -> probability, as this player believes it of ``partner`` now."""
        self._check(memory)
        weights = np.asarray(memory["belief"].get(partner, self._prior))
        probabilities = self.learner.probabilities(weights).tolist()
        return dict(zip(self.orders, probabilities, strict=True))

    def _partners(self, situation: Situation, memory: Memory) -> list[str]:
        self._check(memory)
        situation.legal(self.me)
        partners = [player for player in situation.actions if player != self.me]
        known = memory["belief"]
        if not partners or (known and not any(partner in known for partner in partners)):
            raise SituationError(
                f"no partner of {self.me!r} is in this situation: expected {list(known) or 'one at least'}, "
                f"its players are {list(situation.actions)}; name players alike in start and in situations"
            )
        return partners

    def _estimate(self, memory: Memory, by_order: _ByOrder) -> tuple[Prediction, np.random.Generator]:
        rng = generator(self._seed, memory["episode"], memory["step"], self.me)
        partners = {}
        for partner, policies in by_order.items():
            posterior = self.posterior(memory, partner)
            if self._selection == "leader":
                estimate = max(self.orders, key=posterior.__getitem__)
            elif self._selection == "win-stay" and partner in memory["estimates"]:
                estimate = memory["estimates"][partner]
            else:
                estimate = int(draw({str(k): p for k, p in posterior.items()}, rng))
            partners[partner] = PartnerPrediction(estimate, posterior, policies)
        estimates = [partner.order for partner in partners.values()]
        return Prediction(self._own_order(estimates, memory["order"], rng), partners), rng

    def _supported(self, estimate: int, weights: Array, likelihoods: Sequence[float]) -> bool:
        """Whether the action was at least as likely under the estimate as under the whole belief."""
        predictive = float(np.dot(self.learner.probabilities(weights), likelihoods))
        return likelihoods[self.orders.index(estimate)] >= predictive - _TOLERANCE

    def _own_order(self, estimates: Iterable[int], current: int | None, rng: np.random.Generator) -> int:
        estimates = set(estimates)
        above = max(estimates) + 1
        if self._response == "above":
            return above
        aligned = [
            order
            for order in range(max(0, above - 2), above + 1)
            if all(abs(order - estimate) == 1 for estimate in estimates)
        ]
        if not aligned:
            return above
        if current in aligned:
            return current
        return aligned[0] if len(aligned) == 1 else aligned[int(rng.random() * len(aligned))]

    def _combined(self, situation: Situation, prediction: Prediction) -> Policy | None:
        """The best response to partners whose orders differ; None where one order fits them all."""
        partners = prediction.partners
        if self._respond is None or all(
            abs(prediction.order - partner.order) == 1 for partner in partners.values()
        ):
            return None
        predicted = {name: partner.policy for name, partner in partners.items()}
        return cast("Policy", self._respond(situation, self.me, predicted))

    def _decided(
        self, situation: Situation, memory: Memory, prediction: Prediction, action: str
    ) -> tuple[Decision, Memory]:
        situation.check_action(self.me, action)
        partners = prediction.partners
        decision = Decision(self.me, action, prediction.order, partners)
        return decision, {
            **memory,
            "step": memory["step"] + 1,
            "order": prediction.order,
            "estimates": {name: partner.order for name, partner in partners.items()},
            "pending": _pending(situation, {name: p.by_order for name, p in partners.items()}),
        }

    def _check(self, memory: Memory) -> None:
        found = (memory.get("version"), memory.get("learner"), memory.get("orders"))
        expected = (_VERSION, type(self.learner).__name__, list(self.orders))
        if found != expected:
            raise BeliefError(
                f"the memory of {self.me!r} has (version, learner, orders) = {found}, this agent has "
                f"{expected}; begin a new one with start(partners), or use the settings that made it"
            )
        for partner, weights in memory["belief"].items():
            shape = _shape(weights)
            if shape != self._prior.shape:
                raise BeliefError(
                    f"the belief of {self.me!r} about {partner!r} has shape {list(shape)}, the learner's is "
                    f"{list(self._prior.shape)}; begin a new memory with start(partners), or use the "
                    "settings that made it"
                )


def _with_expectations(prediction: Prediction, expects: Mapping[str, Policy]) -> Prediction:
    return Prediction(
        prediction.order,
        {
            name: PartnerPrediction(p.order, p.posterior, p.by_order, expects.get(name))
            for name, p in prediction.partners.items()
        },
    )


def _pending(situation: Situation, by_order: Mapping[str, Mapping[int, Policy]]) -> dict[str, Any]:
    return {
        partner: {
            "actions": list(situation.actions[partner]),
            "policies": {str(k): dict(policy) for k, policy in policies.items()},
        }
        for partner, policies in by_order.items()
    }


def _shape(nested: Any) -> tuple[int, ...]:
    """Shape of nested lists, by their first elements."""
    shape = []
    while isinstance(nested, list):
        shape.append(len(nested))
        nested = nested[0] if nested else None
    return tuple(shape)
