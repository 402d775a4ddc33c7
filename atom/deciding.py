"""How an adaptive agent decides, apart from how it waits for policies and for a wrapped agent.

The decision is a generator: it yields what it needs and is sent the answer, so that it is written
once for synchronous and asynchronous callers.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from atom.belief import Array, Learner
from atom.changes import last_change
from atom.contract import Contract, Term, bound_to, sharpened
from atom.errors import BeliefError, LLMError
from atom.gate import Gate, Gated, Payoffs, gated
from atom.hypotheses import Pruning, affordable, impute
from atom.player import VERSION, Memory, last_resort
from atom.randomness import LazyGenerator, Uniform, draw
from atom.situation import Decision, PartnerPrediction, Policy, Prediction, Situation, Standing
from atom.usage import Meter

Selection: TypeAlias = Literal["win-stay", "sample", "leader"]
Response: TypeAlias = Literal["nearest", "above"]

Pairs: TypeAlias = list[tuple[str, int]]
Predicted: TypeAlias = dict[str, Policy]
Request: TypeAlias = Pairs | Prediction | Predicted
"""Policies by (player, order), the wrapped agent's action, or the best response to what is predicted."""
Deciding: TypeAlias = Generator[Request, Any, tuple[Decision, Memory]]
ByOrder: TypeAlias = dict[str, dict[int, Policy]]

_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Decider:
    """The settings of an adaptive agent, and the decision that follows from them.

    Attributes:
        me, orders, learner, selection, response, seed, prune, gate, payoffs: see ``AdaptiveAgent``.
        prior: the learner's weights before anything was observed.
        wrapped: whether a wrapped agent takes the last step.
        responds: whether the reasoner can answer partners of different orders at once.
        contract: what players declared; None where nobody is asked.
    """

    me: str
    orders: tuple[int, ...]
    learner: Learner
    prior: Array
    selection: Selection
    response: Response
    seed: int
    prune: Pruning | None
    gate: Gate
    payoffs: Payoffs | None
    wrapped: bool
    responds: bool
    contract: Contract | None = None

    def check(self, memory: Memory) -> None:
        """Refuses a memory that was made by other settings.

        Raises:
            BeliefError: other orders, another learner or another version.
        """
        found = (memory.get("version"), memory.get("learner"), memory.get("orders"))
        expected = (VERSION, type(self.learner).__name__, list(self.orders))
        if found != expected:
            raise BeliefError(
                f"the memory of {self.me!r} has (version, learner, orders) = {found}, this agent has "
                f"{expected}; begin a new one with start(partners), or use the settings that made it"
            )

    def weights(self, memory: Memory, partner: str) -> Array:
        """The learner's weights for one partner.

        Raises:
            BeliefError: they are of another shape than this learner's.
        """
        weights = np.asarray(memory["belief"].get(partner, self.prior))
        if weights.shape != self.prior.shape:
            raise BeliefError(
                f"the belief of {self.me!r} about {partner!r} has shape {list(weights.shape)}, the learner's "
                f"is {list(self.prior.shape)}; begin a new memory with start(partners), or use the settings "
                "that made it"
            )
        return weights

    def probabilities(self, memory: Memory, partner: str) -> dict[int, float]:
        """Order -> probability; a declared order that is believed sharpens what the learner says."""
        probabilities = self.learner.probabilities(self.weights(memory, partner)).tolist()
        belief = dict(zip(self.orders, probabilities, strict=True))
        standing = self.standing(memory, partner)
        if standing is None or standing.broken_at is not None:
            return belief
        return sharpened(belief, standing.order, standing.kept)

    def reweighed(self, memory: Memory, partner: str, prior: Mapping[int, float]) -> Any:
        """The learner's weights for a partner that is not met for the first time, as plain data.

        Raises:
            BeliefError: the learner cannot take a prior.
        """
        reweigh = getattr(self.learner, "reweigh", None)
        if reweigh is None:
            raise BeliefError(
                f"the learner {type(self.learner).__name__} cannot take a prior; give it a method "
                "reweigh(weights, prior)"
            )
        return reweigh(self.weights(memory, partner), [prior[k] for k in self.orders]).tolist()

    def standing(self, memory: Memory, partner: str) -> Standing | None:
        """How the declaration of ``partner`` stands."""
        if self.contract is None:
            return None
        return self.contract.standing(memory.get("contracts", {}).get(partner))

    def deciding(
        self, situation: Situation, memory: Memory, partners: Sequence[str], meter: Meter
    ) -> Deciding:
        """Yields requests; a model's failure is sent back as its ``LLMError``."""
        rng = LazyGenerator(self.seed, memory["episode"], memory["step"], self.me)
        posteriors = {partner: self.probabilities(memory, partner) for partner in partners}
        standings = {} if self.contract is None else {p: self.standing(memory, p) for p in partners}
        estimates = {
            p: self._estimate(posteriors[p], memory["estimates"].get(p), rng, standings.get(p))
            for p in partners
        }
        problems: list[str] = []
        wanted, complete = self._wanted(situation, memory, posteriors, estimates, meter, problems)
        pairs = [(partner, k) for partner, orders in wanted.items() for k in orders]
        by_order = sort_policies(pairs, (yield pairs), problems)
        found: dict[str, PartnerPrediction] = {}
        changes = {p: last_change(track) for p, track in memory.get("changes", {}).items()}
        for partner, policies in by_order.items():
            posterior, estimate = posteriors[partner], estimates[partner]
            if estimate not in policies:
                estimate = max(policies, key=lambda k: (posterior[k], -k))
            found[partner] = PartnerPrediction(
                estimate, posterior, policies, contract=standings.get(partner), change=changes.get(partner)
            )
        bound = bound_to(memory.get("declares"), standings.values())
        order = memory["declares"] if bound else self._own_order(found, memory["order"], rng)
        expecting = {p: (self.me, e.order - 1) for p, e in found.items() if e.order > 0}
        if expecting:
            for partner, expects in zip(expecting, (yield list(expecting.values())), strict=True):
                if not isinstance(expects, LLMError):
                    old = found[partner]
                    found[partner] = replace(old, expects=expects)
        taken = yield from self._acting(situation, Prediction(order, found), rng, problems, bound=bound)
        situation.check_action(self.me, taken.action)
        usage = meter.usage() if meter.touched else None
        decision = Decision(
            self.me, taken.action, order, found, usage, tuple(problems), taken.gap, taken.overruled
        )
        after = {
            **memory,
            "step": memory["step"] + 1,
            "order": order if found else memory["order"],
            "estimates": {**memory["estimates"], **{p: e.order for p, e in found.items()}},
            "pending": pending(situation, {partner: by_order.get(partner, {}) for partner in partners}),
        }
        if self.prune is not None and complete and len(by_order) == len(partners):
            after["checked"] = memory["step"]
        if meter.budget is not None and meter.budget.per == "episode":
            after["spent"] = (meter.before + meter.usage()).as_plain()
        return decision, after

    def _estimate(
        self, posterior: Mapping[int, float], kept: int | None, rng: Uniform, standing: Standing | None
    ) -> int:
        if standing is not None and standing.broken_at is None:
            return standing.order
        if self.selection == "leader":
            return max(self.orders, key=posterior.__getitem__)
        if self.selection == "win-stay" and kept is not None:
            return kept
        return int(draw({str(k): p for k, p in posterior.items()}, rng))

    def supported(self, estimate: int, weights: Array, likelihoods: Sequence[float], n_actions: int) -> bool:
        """Whether an action was as likely under the estimate as under the belief as a whole, or more.

        It must also be as likely as by chance: of a partner that no order explains, every order is
        equally wrong, and an estimate that is kept for that would be kept for ever.

        Args:
            estimate: one of the orders.
            weights: the learner's weights before the action.
            likelihoods: ``[K]``, the probability that each order gave to the action.
            n_actions: how many legal actions the partner had.
        """
        predictive = float(np.dot(self.learner.probabilities(weights), likelihoods))
        return likelihoods[self.orders.index(estimate)] >= max(predictive, 1.0 / n_actions) - _TOLERANCE

    def likelihoods(
        self, memory: Memory, partner: str, policies: Mapping[str, Policy], action: str
    ) -> tuple[list[float], float]:
        """``[K]`` likelihoods of an action, and their mean under the belief where a surprise would matter."""
        if len(policies) == len(self.orders) and self.prune is None:
            return [policies[str(k)].get(action, 0.0) for k in self.orders], 1.0
        return impute(self.orders, policies, self.probabilities(memory, partner), action)

    def verified(
        self, memory: Memory, partner: str, policies: Mapping[str, Policy], action: str, n_actions: int
    ) -> Term | None:
        """The declaration of ``partner`` after it acted; None where it declared nothing.

        Args:
            memory: the memory before.
            partner: who acted.
            policies: order, as text -> policy.
            action: what it did.
            n_actions: how many legal actions it had.
        """
        term = None if self.contract is None else memory.get("contracts", {}).get(partner)
        if self.contract is None or term is None:
            return None
        by_order = {int(k): policy for k, policy in policies.items()}
        return self.contract.verify(term, by_order, action, n_actions, memory["step"])

    def best_explanation(self, weights: ArrayLike, refuted: int) -> int:
        """The likeliest order other than the one that a broken contract declared."""
        probabilities = self.learner.probabilities(np.asarray(weights)).tolist()
        belief = dict(zip(self.orders, probabilities, strict=True))
        return max((k for k in self.orders if k != refuted), key=belief.__getitem__, default=refuted)

    def _wanted(
        self,
        situation: Situation,
        memory: Memory,
        posteriors: Mapping[str, Mapping[int, float]],
        estimates: Mapping[str, int],
        meter: Meter,
        problems: list[str],
    ) -> tuple[Mapping[str, Sequence[int]], bool]:
        """Partner -> orders to evaluate, and whether that is all of them."""
        wanted: dict[str, tuple[int, ...]] = dict.fromkeys(posteriors, self.orders)
        if self.prune is not None and not self.prune.due(memory["step"], memory.get("checked")):
            wanted = {p: self.prune.keep(posteriors[p], estimates[p]) for p in posteriors}
        if meter.budget is not None:
            calls = meter.budget.affordable_calls(meter.before)
            players = list(situation.actions)
            wanted, step = affordable(calls, players, self.me, wanted, posteriors, wrapped=self.wrapped)
            if step:
                problems.append(step)
        complete = len(wanted) == len(posteriors) and all(ks == self.orders for ks in wanted.values())
        return wanted, complete

    def _own_order(self, found: Mapping[str, PartnerPrediction], current: int | None, rng: Uniform) -> int:
        if not found:
            return 0
        estimates = {partner.order for partner in found.values()}
        above = max(estimates) + 1
        if self.response == "above":
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

    def _acting(
        self,
        situation: Situation,
        prediction: Prediction,
        rng: Uniform,
        problems: list[str],
        *,
        bound: bool,
    ) -> Generator[Request, Any, Gated]:
        """The action: the wrapped agent's, else the reasoner's own, else ToM-0's, else a random one."""
        if self.wrapped:
            action = yield prediction
            if not isinstance(action, LLMError):
                situation.check_action(self.me, action)
                if self.payoffs is None:
                    return Gated(action)
                return (yield from gated(self.gate, self.payoffs, situation, self.me, prediction, action))
            problems.append(f"the agent: {action}")
        partners = prediction.partners
        aligned = all(abs(prediction.order - partner.order) == 1 for partner in partners.values())
        if self.responds and not aligned and not bound:
            # no single order fits partners whose orders differ: answer all of them at once
            policy = yield {name: partner.policy for name, partner in partners.items()}
        else:
            (policy,) = yield [(self.me, prediction.order)]
        if isinstance(policy, LLMError):
            problems.append(f"acting at order {prediction.order}: {policy}")
            if prediction.order > 0:
                (policy,) = yield [(self.me, 0)]
        if isinstance(policy, LLMError):
            if prediction.order > 0:
                problems.append(f"acting at order 0: {policy}")
            return Gated(last_resort(situation, self.me, rng, problems))
        return Gated(draw(policy, rng))


def sort_policies(pairs: Pairs, answers: Iterable[Policy | LLMError], problems: list[str]) -> ByOrder:
    """Partner -> order -> policy; failures go to ``problems``, partners without any policy are absent."""
    by_order: ByOrder = {}
    for (partner, order), answer in zip(pairs, answers, strict=True):
        if isinstance(answer, LLMError):
            problems.append(f"{partner} at order {order}: {answer}")
        else:
            by_order.setdefault(partner, {})[order] = answer
    return by_order


def pending(situation: Situation, by_order: Mapping[str, Mapping[int, Policy]]) -> dict[str, Any]:
    """What was predicted, as plain data, to judge the partners' actions by."""
    return {
        partner: {
            "actions": list(situation.actions[partner]),
            "policies": {str(k): dict(policy) for k, policy in policies.items()},
        }
        for partner, policies in by_order.items()
    }
