"""What an adaptive agent believes of its partners, and how their actions change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any

import numpy as np

from atom.agents.player import VERSION, Memory
from atom.belief.changes import ChangePoints, Observed, follow_all
from atom.belief.contract import Contract, Term, sharpened
from atom.belief.impute import impute
from atom.belief.learners import Learner
from atom.belief.plain import PlainLearner, Weights, plain_learner
from atom.decision import Standing
from atom.errors import BeliefError, SituationError
from atom.situation import JointAction, Policy, Situation, check_legal

_TOLERANCE = 1e-12


@dataclass(frozen=True, slots=True)
class Estimator:
    """Reads and re-weighs the beliefs in an agent's memory; one for each partner.

    Attributes:
        me, orders, learner, contract, changes: see ``AdaptiveAgent``.
        pruned: whether hypotheses may be left out, so that surprises matter.
        plain: the learner, for one belief as it stands in a memory.
        settings: what a memory must have been made by: version, learner and orders.
        keys: order -> the key that stands for it in plain data.
    """

    me: str
    orders: tuple[int, ...]
    learner: Learner
    contract: Contract | None = None
    changes: ChangePoints | None = None
    pruned: bool = False
    plain: PlainLearner = field(init=False)
    settings: tuple[int, str, list[int]] = field(init=False)
    keys: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", plain_learner(self.learner, self.orders))
        object.__setattr__(self, "settings", (VERSION, type(self.learner).__name__, list(self.orders)))
        object.__setattr__(self, "keys", {order: str(order) for order in self.orders})

    def check(self, memory: Memory) -> None:
        """Refuses a memory that was made by other settings.

        Raises:
            BeliefError: other orders, another learner or another version.
        """
        found = (memory.get("version"), memory.get("learner"), memory.get("orders"))
        if found != self.settings:
            raise BeliefError(
                f"the memory of {self.me!r} has (version, learner, orders) = {found}, this agent has "
                f"{self.settings}; begin a new one with start(partners), or use the settings that made it"
            )

    def weights(self, memory: Memory, partner: str) -> Weights:
        """The learner's weights for one partner.

        Raises:
            BeliefError: they are of another shape than this learner's.
        """
        weights: Weights | None = memory["belief"].get(partner)
        if weights is None:
            return self.plain.prior
        if not self.plain.fits(weights):
            raise BeliefError(
                f"the belief of {self.me!r} about {partner!r} is not of the learner's shape "
                f"{list(np.shape(self.plain.prior))}; begin a new memory with start(partners), or use the "
                "settings that made it"
            )
        return weights

    def probabilities(self, memory: Memory, partner: str) -> dict[int, float]:
        """Order -> probability; a declared order that is believed sharpens what the learner says."""
        belief = self._by_order(self.weights(memory, partner))
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
        weights = np.asarray(self.weights(memory, partner))
        return reweigh(weights, [prior[k] for k in self.orders]).tolist()

    def standing(self, memory: Memory, partner: str) -> Standing | None:
        """How the declaration of ``partner`` stands."""
        if self.contract is None:
            return None
        return self.contract.standing(memory.get("contracts", {}).get(partner))

    def standings(self, memory: Memory, partners: Sequence[str]) -> dict[str, Standing | None]:
        """Partner -> how its declaration stands; empty where nobody is asked."""
        if self.contract is None:
            return {}
        return {partner: self.standing(memory, partner) for partner in partners}

    def pending(
        self, situation: Situation, partners: Iterable[str], by_order: Mapping[str, Mapping[int, Policy]]
    ) -> dict[str, Any]:
        """What was predicted of ``partners``, as plain data, to judge their actions by."""
        return {
            partner: {
                "actions": list(situation.actions[partner]),
                "policies": {self.keys[k]: dict(policy) for k, policy in by_order.get(partner, {}).items()},
            }
            for partner in partners
        }

    def observed(self, memory: Memory, expected: Mapping[str, Any], actions: JointAction) -> Memory:
        """Memory after ``actions`` were seen.

        Args:
            memory: the memory before.
            expected: partner -> what was predicted of it, as ``pending`` gives it.
            actions: player -> action.

        Raises:
            SituationError: an action of somebody of whom nothing was expected.
            IllegalActionError: an action that the partner did not have.
            BeliefError: weights of another shape than this learner's.
        """
        belief, estimates = dict(memory["belief"]), dict(memory["estimates"])
        terms: dict[str, Term] = {}
        seen: list[Observed] = []
        surprised = False
        for partner, action in actions.items():
            if partner == self.me:
                continue
            legal, policies = self._known(expected, partner)
            check_legal(partner, action, legal)
            if not policies:
                continue
            weights = self.weights(memory, partner)
            likelihoods, mean = self._likelihoods(memory, partner, policies, action)
            surprised = surprised or mean < 1.0 / len(legal)
            if partner in estimates and not self._supported(
                estimates[partner], weights, likelihoods, len(legal)
            ):
                del estimates[partner]
            belief[partner] = updated = self.plain.update(weights, likelihoods, len(legal))
            seen.append((partner, weights, updated, likelihoods, len(legal)))
            term = self._verified(memory, partner, policies, action, len(legal))
            if term is not None:
                terms[partner] = term
                if term["broken"] == memory["step"]:
                    estimates[partner] = self._best_explanation(updated, term["order"])
        after = {**memory, "belief": belief, "estimates": estimates, "pending": None}
        if self.changes is not None:
            after["changes"] = follow_all(self.changes, self.learner, memory, seen)
        if terms:
            after["contracts"] = {**memory["contracts"], **terms}
        return {**after, "checked": None} if surprised else after

    def _known(self, expected: Mapping[str, Any], partner: str) -> tuple[list[str], dict[str, Policy]]:
        """The legal actions of ``partner`` and, by order, what was predicted of it."""
        if partner not in expected:
            raise SituationError(
                f"{self.me!r} observed an action of {partner!r}; the partners of its last decision "
                f"are {list(expected)}"
            )
        return expected[partner]["actions"], expected[partner]["policies"]

    def _supported(
        self, estimate: int, weights: Weights, likelihoods: Sequence[float], n_actions: int
    ) -> bool:
        """Whether an action was as likely under the estimate as under the belief as a whole, or more.

        It must also be as likely as by chance: of a partner that no order explains, every order is
        equally wrong, and an estimate that is kept for that would be kept for ever.

        Args:
            estimate: one of the orders.
            weights: the learner's weights before the action.
            likelihoods: ``[K]``, the probability that each order gave to the action.
            n_actions: how many legal actions the partner had.
        """
        predictive: float = sum(map(mul, self.plain.probabilities(weights), likelihoods))
        return likelihoods[self.orders.index(estimate)] >= max(predictive, 1.0 / n_actions) - _TOLERANCE

    def _likelihoods(
        self, memory: Memory, partner: str, policies: Mapping[str, Policy], action: str
    ) -> tuple[list[float], float]:
        """``[K]`` likelihoods of an action, and their mean under the belief where a surprise would matter."""
        if len(policies) == len(self.orders) and not self.pruned:
            return [policies[key].get(action, 0.0) for key in self.keys.values()], 1.0
        return impute(self.orders, policies, self.probabilities(memory, partner), action)

    def _verified(
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

    def _best_explanation(self, weights: Weights, refuted: int) -> int:
        """The likeliest order other than the one that a broken contract declared."""
        belief = self._by_order(weights)
        return max((k for k in self.orders if k != refuted), key=belief.__getitem__, default=refuted)

    def _by_order(self, weights: Weights) -> dict[int, float]:
        return dict(zip(self.orders, self.plain.probabilities(weights), strict=True))
