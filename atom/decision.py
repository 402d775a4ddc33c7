"""What a player expects of its partners, and what it decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from atom.situation import Policy
from atom.usage import Usage


@dataclass(frozen=True, slots=True)
class Standing:
    """How a partner's declaration stands.

    Attributes:
        order: the ToM order that it declared.
        kept: probability that it keeps its word, in [0, 1]; 0 once the contract is broken.
        broken_at: number of the observer's decision that first knew of the breach; None while the
            contract holds.
    """

    order: int
    kept: float
    broken_at: int | None = None

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON-serialisable data."""
        return {"order": self.order, "kept": self.kept, "broken_at": self.broken_at}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a partner's order, as it was noticed.

    Attributes:
        step: number of the observer's decision before which it was noticed.
        before, after: the likeliest orders before and after.
        probability: that the order changed within the window, in [0, 1].
        followed: whether the observer's own order had changed in the same window just before: a partner
            that adapts changes for that, one that switches by itself does not care.
    """

    step: int
    before: int
    after: int
    probability: float
    followed: bool

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data."""
        return {
            "step": self.step,
            "before": self.before,
            "after": self.after,
            "probability": self.probability,
            "followed": self.followed,
        }


@dataclass(frozen=True, slots=True)
class PartnerPrediction:
    """What a player expects of one partner.

    Attributes:
        order: the estimated ToM order of the partner, k̂.
        posterior: order -> probability, over all hypotheses.
        by_order: order -> what a partner of that order would do here. An order that was not
            evaluated is absent; it then carries no information at this step.
        expects: what a partner of order k̂ expects of *me*, ``policy(me, k̂ - 1)``; None at k̂ = 0,
            whose partner expects nothing of anyone.
        contract: how the partner's declaration stands; None where it declared nothing.
        change: the last change of its order that was noticed; None where none was, or nobody looks.
    """

    order: int
    posterior: Mapping[int, float]
    by_order: Mapping[int, Policy]
    expects: Policy | None = None
    contract: Standing | None = None
    change: Change | None = None

    @property
    def policy(self) -> Policy:
        """What the partner will do if the estimate is right, ``policy(partner, k̂)``."""
        return self.by_order[self.order]

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data (orders as strings, as JSON object keys must be)."""
        return {
            "order": self.order,
            "posterior": {str(k): p for k, p in self.posterior.items()},
            "by_order": {str(k): dict(p) for k, p in self.by_order.items()},
            "expects": None if self.expects is None else dict(self.expects),
            "contract": None if self.contract is None else self.contract.as_plain(),
            "change": None if self.change is None else self.change.as_plain(),
        }

    def equivalent_orders(self, tolerance: float = 1e-9) -> list[list[int]]:
        """The hypotheses grouped by behaviour: orders of one group act alike in this situation.

        An observed action cannot tell them apart, so an estimate is right up to its group only.

        Args:
            tolerance: largest difference in any action's probability within a group, >= 0.
        """
        groups: list[list[int]] = []
        for order, policy in self.by_order.items():
            for group in groups:
                other = self.by_order[group[0]]
                if all(
                    abs(policy.get(action, 0.0) - other.get(action, 0.0)) <= tolerance
                    for action in {*policy, *other}
                ):
                    group.append(order)
                    break
            else:
                groups.append([order])
        return groups


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a player expects of everybody, and the order at which it means to act.

    Acting above an estimate answers what the partner will do (``partners[p].policy``); acting below
    it meets what the partner expects (``partners[p].expects``).

    Attributes:
        order: the ToM order to act at.
        partners: partner -> what is expected of it. A partner of whom nothing could be predicted is
            absent.
        note: what a wrapped agent should know besides, in words: why it is asked again.
    """

    order: int
    partners: Mapping[str, PartnerPrediction]
    note: str = ""

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data."""
        partners = {name: partner.as_plain() for name, partner in self.partners.items()}
        return {"order": self.order, "partners": partners, "note": self.note}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a player does, and why.

    Attributes:
        player: who decides.
        action: its legal action.
        order: the ToM order that it acts at; None for a player that reasons about nobody.
        partners: partner -> what the player expects of it; empty for one that predicts nobody.
        usage: what the decision cost in calls to models; None where none was needed.
        degraded: what went wrong or was left out, one sentence each; empty for a full decision.
        gap: belief-action gap: how much expected payoff, >= 0, the wrapped agent's first answer gives
            away against the best response to what it believes; None where payoffs are unknown.
        overruled: the wrapped agent's first answer where another action is taken instead.
    """

    player: str
    action: str
    order: int | None = None
    partners: Mapping[str, PartnerPrediction] = field(default_factory=dict)
    usage: Usage | None = None
    degraded: tuple[str, ...] = ()
    gap: float | None = None
    overruled: str | None = None

    @property
    def estimates(self) -> dict[str, int]:
        """Partner -> estimated ToM order."""
        return {name: partner.order for name, partner in self.partners.items()}

    @property
    def posterior(self) -> dict[str, dict[int, float]]:
        """Partner -> order -> probability, before this step's action is seen."""
        return {name: dict(partner.posterior) for name, partner in self.partners.items()}

    @property
    def predictions(self) -> dict[str, dict[int, Policy]]:
        """Partner -> order -> distribution over its actions."""
        return {name: dict(partner.by_order) for name, partner in self.partners.items()}

    @property
    def contracts(self) -> dict[str, Standing]:
        """Partner -> how its declaration stands, for those that declared an order."""
        return {name: p.contract for name, p in self.partners.items() if p.contract is not None}

    def equivalent_orders(self) -> dict[str, list[list[int]]]:
        """Partner -> its orders grouped by behaviour in this situation."""
        return {name: partner.equivalent_orders() for name, partner in self.partners.items()}

    def as_plain(self) -> dict[str, Any]:
        """The decision as JSON-serialisable data (orders as strings, as JSON object keys must be)."""
        return {
            "player": self.player,
            "action": self.action,
            "order": self.order,
            "partners": {name: partner.as_plain() for name, partner in self.partners.items()},
            "usage": None if self.usage is None else self.usage.as_plain(),
            "degraded": list(self.degraded),
            "gap": self.gap,
            "overruled": self.overruled,
        }
