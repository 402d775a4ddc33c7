"""Agents as pure functions: memory in, memory out, plain data throughout.

``decide`` predicts every partner under every hypothesis about its order, estimates each order, and
acts at an order that fits; ``observe`` re-weighs the hypotheses by what the partners then did. An
agent object holds settings only, so one object serves any number of threads, graphs and episodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast, get_args

from atom.agents.actors import Actor, Agent, as_actor
from atom.agents.asking import Asker
from atom.agents.deciding import Decider, Response, Selection, sort_policies
from atom.agents.gate import Gate, Payoffs
from atom.agents.player import (
    VERSION,
    FixedOrderAgent,
    Memory,
    OnError,
    PlainAgent,
    Player,
    check_on_error,
)
from atom.agents.pruning import Pruning
from atom.belief.changes import ChangePoints
from atom.belief.contract import Contract
from atom.belief.learners import Bayes, Learner
from atom.belief.partner import Estimator
from atom.belief.plain import copied
from atom.decision import Decision
from atom.errors import BeliefError, SituationError
from atom.reasoning.reasoner import Reasoner, Responder
from atom.situation import JointAction, Situation
from atom.usage import Budget, Meter, Usage, metered

__all__ = [
    "Actor",
    "AdaptiveAgent",
    "FixedOrderAgent",
    "Memory",
    "PlainAgent",
    "Player",
    "Response",
    "Selection",
]

_CHOICES: dict[str, Any] = {"selection": Selection, "response": Response, "gate": Gate}


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
        agent: wrapped agent that takes the last step: a callable of the situation and the prediction
            that returns the action, a chat model, a compiled graph, or the name of a model (see
            ``atom.agents.actors.as_actor``). None lets the reasoner act.
        orders: hypotheses about a partner's order (paper: K = {0, 1, 2}), ascending.
        selection: how an estimate is taken from the belief. ``"sample"`` draws one at every step:
            randomising is what lets two adaptive agents break their symmetry. ``"win-stay"`` draws
            anew only when the partner's action was less likely under the estimate than under the
            belief as a whole, or than by chance (win-stay, lose-sample: Bonawitz et al. 2014), so
            that what works is kept. ``"leader"`` takes the likeliest, the lowest on ties.
        response: the order to act at, ``"nearest"`` or ``"above"``.
        seed: seed of the random numbers, >= 0.
        prune: leaves unlikely hypotheses out, for reasoners that cost; None evaluates all.
        budget: limits what calls to models may cost; None sets no limit.
        gate: what to do when the wrapped agent acts against the best response to the prediction:
            nothing but measure (``"off"``), ``"ask"`` it once more, or ``"override"`` it.
        payoffs: who knows the payoffs for the gate; None for the reasoner, if it does.
        contract: declared orders, and how far they are believed. While a partner keeps an order that
            is one apart from the one that this agent declared, the agent acts at its own.
        changes: reports when a partner changed its order; needs ``Bayes``. No action depends on it.
        on_error: whether a model that fails degrades the decision or raises its ``LLMError``. A
            hypothesis without an answer carries no information at that step; a wrapped agent
            without one is replaced by the reasoner; a reasoner without one by ToM-0, and that by a
            uniformly random action.

    Raises:
        BeliefError: orders that are not ascending integers >= 0.
        ContractError: a contract that these orders cannot test, or that aligns this agent with nobody.
        ValueError: an unknown selection, response, gate or on_error, or a gate without payoffs.

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
        agent: Agent | None = None,
        *,
        orders: Sequence[int] = (0, 1, 2),
        selection: Selection = "win-stay",
        response: Response = "nearest",
        seed: int = 0,
        prune: Pruning | None = None,
        budget: Budget | None = None,
        gate: Gate = "off",
        payoffs: Payoffs | None = None,
        contract: Contract | None = None,
        changes: ChangePoints | None = None,
        on_error: OnError = "degrade",
    ) -> None:
        for name, value in (("selection", selection), ("response", response), ("gate", gate)):
            if value not in (known := get_args(_CHOICES[name])):
                raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
        if not orders or orders[0] < 0 or list(orders) != sorted(set(orders)):
            raise BeliefError(f"orders must be ascending integers >= 0, got {list(orders)}")
        if payoffs is None and isinstance(reasoner, Payoffs):
            payoffs = reasoner
        if gate != "off" and payoffs is None:
            raise ValueError(
                f"gate={gate!r} needs payoffs, and this reasoner knows none; pass payoffs=, for example a "
                "NormalFormReasoner"
            )
        self.me = me
        self.orders = tuple(orders)
        self.learner: Learner = Bayes() if learner is None else learner
        actor = None if agent is None else as_actor(me, agent)
        self._asker = Asker(me, reasoner, actor, check_on_error(on_error))
        self._budget = budget
        self.contract = contract
        self._opening = {} if contract is None else contract.opening(me, self.orders)
        self._estimator = Estimator(me, self.orders, self.learner, contract, changes, prune is not None)
        self._decider = Decider(
            self._estimator,
            selection,
            response,
            seed,
            prune,
            gate,
            payoffs,
            wrapped=agent is not None,
            responds=isinstance(reasoner, Responder),
        )

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode.

        Args:
            partners: their names; further ones join when a situation shows them.
            episode: number of the episode, keys the random numbers.
        """
        prior = self._estimator.plain.prior  # everybody's own copy of it: states are other people's lists
        return {
            "version": VERSION,
            "learner": type(self.learner).__name__,
            "orders": list(self.orders),
            "episode": episode,
            "step": 0,
            "order": None,
            "estimates": {},
            "belief": {partner: copied(prior) for partner in partners if partner != self.me},
            "pending": None,
            **self._opening,
        }

    def hear(self, memory: Memory, declared: Mapping[str, int]) -> Memory:
        """Memory after declarations of partners were heard of; the same without a contract.

        Args:
            memory: the memory before.
            declared: player -> declared ToM order, >= 0; one's own is passed over.
        """
        if self.contract is None:
            return memory
        memory = {**self._opening, **memory}
        others = {player: order for player, order in declared.items() if player != self.me}
        terms = self.contract.adopt(memory["contracts"], others, self.orders)
        return memory if terms == memory["contracts"] else {**memory, "contracts": terms}

    def expect(self, memory: Memory, priors: Mapping[str, Mapping[int, float]]) -> Memory:
        """Memory with partners that are not met for the first time.

        Args:
            memory: the memory before.
            priors: partner -> order -> probability, positive, by which its belief is re-weighed.

        Raises:
            BeliefError: the learner cannot take a prior.
        """
        reweighed = {p: self._estimator.reweighed(memory, p, prior) for p, prior in priors.items()}
        return {**memory, "belief": {**memory["belief"], **reweighed}}

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action, and the memory that waits for the partners' actions.

        Raises:
            SituationError: this player or every partner is missing from the situation.
            IllegalActionError: the wrapped agent's action is not legal.
            BeliefError: the memory was made with other orders, another learner or another version.
            LLMError: a model failed, with ``on_error="raise"``.
        """
        with metered(self._meter(memory)) as meter:
            partners = self._partners(situation, memory)
            asker = self._asker.for_decision()
            deciding = self._decider.deciding(situation, memory, partners, meter)
            try:
                request = next(deciding)
                while True:
                    request = deciding.send(asker.answer(situation, request))
            except StopIteration as decided:
                return cast("tuple[Decision, Memory]", decided.value)

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``; hypotheses that do not depend on each other are awaited at once."""
        with metered(self._meter(memory)) as meter:
            partners = self._partners(situation, memory)
            asker = self._asker.for_decision()
            deciding = self._decider.deciding(situation, memory, partners, meter)
            try:
                request = next(deciding)
                while True:
                    request = deciding.send(await asker.aanswer(situation, request))
            except StopIteration as decided:
                return cast("tuple[Decision, Memory]", decided.value)

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
        self._estimator.check(memory)
        expected = memory["pending"]
        if expected is None:
            expected = self._expected(situation, actions)
        return self._estimator.observed(memory, expected, actions)

    def _expected(self, situation: Situation | None, actions: JointAction) -> dict[str, Any]:
        """What a decision would have predicted of those who acted."""
        if situation is None:
            raise SituationError(
                f"{self.me!r} has not decided since its last observation; pass the situation that "
                "the observed actions were taken in"
            )
        partners = [name for name in situation.actions if name != self.me and name in actions]
        pairs = [(partner, k) for partner in partners for k in self.orders]
        by_order = sort_policies(pairs, self._asker.answer(situation, pairs), [])
        return self._estimator.pending(situation, partners, by_order)

    def posterior(self, memory: Memory, partner: str) -> dict[int, float]:
        """Order -> probability, as this player believes it of ``partner`` now."""
        self._estimator.check(memory)
        return self._estimator.probabilities(memory, partner)

    def _partners(self, situation: Situation, memory: Memory) -> list[str]:
        self._estimator.check(memory)
        situation.legal(self.me)
        partners = [player for player in situation.actions if player != self.me]
        known = memory["belief"]
        if self.contract is not None and memory["step"] == 0:
            self.contract.check_players(self.me, list(situation.actions))
        if not partners or (known and known.keys().isdisjoint(partners)):
            raise SituationError(
                f"no partner of {self.me!r} is in this situation: expected {list(known) or 'one at least'}, "
                f"its players are {list(situation.actions)}; name players alike in start and in situations"
            )
        return partners

    def _meter(self, memory: Memory) -> Meter:
        budget = self._budget
        if budget is None or budget.per != "episode":
            return Meter(budget)
        return Meter(budget, Usage.from_plain(memory.get("spent")))
