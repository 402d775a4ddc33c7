"""What a player expects of its partners, and what it decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar

from atom.names import HABITS, Declared, order_of
from atom.policies import TOLERANCE, Policy, added, mixture, same_policy
from atom.usage import Usage

T = TypeVar("T")

Answered: TypeAlias = Literal["estimate", "prediction", "seen", "reply"]
"""How a partner is answered: as what it is taken for, which for an order is an order one apart from it; as
it is predicted over all hypotheses; as it was seen to act in this step; or, where it acts later, as it will
reply to each action."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a partner's declaration stands.

    Attributes:
        order: the ToM order that it declared, or the name of another hypothesis.
        kept: probability that it keeps its word, in [0, 1]; 0 once the contract is broken.
        broken_at: number of the observer's decision that first knew of the breach; None while the
            contract holds.
    """

    order: Declared
    kept: float
    broken_at: int | None = None

    def as_plain(self) -> dict[str, Any]:
        """The same as JSON-serialisable data."""
        return {"order": self.order, "kept": self.kept, "broken_at": self.broken_at}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a partner, as it was noticed.

    Attributes:
        step: number of the observer's decision before which it was noticed.
        before, after: names of the likeliest hypotheses before and after; an order's is its number.
        probability: that the partner changed within the window, in [0, 1].
        followed: whether the observer's own order had changed in the same window just before: a partner
            that adapts changes for that, one that switches by itself does not care.
    """

    step: int
    before: str
    after: str
    probability: float
    followed: bool

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data; orders as numbers."""
        return {
            "step": self.step,
            "before": _number_or_name(self.before),
            "after": _number_or_name(self.after),
            "probability": self.probability,
            "followed": self.followed,
        }


def _number_or_name(hypothesis: str) -> int | str:
    order = order_of(hypothesis)
    return hypothesis if order is None else order


@dataclass(frozen=True, slots=True)
class PartnerPrediction:
    """What a player expects of one partner.

    Hypotheses are known by their names; an order's is its number. ``order``, ``posterior`` and
    ``by_order`` say the same of those that are orders, by numbers.

    Attributes:
        hypothesis: the estimate, the hypothesis that the partner is taken for.
        probabilities: hypothesis -> probability, over all hypotheses.
        policies: hypothesis -> what such a partner would do here. One that was not evaluated is
            absent; it then carries no information at this step.
        expects: what a partner of order k̂ expects of *me*, ``policy(me, k̂ - 1)``; None at k̂ = 0,
            whose partner expects nothing of anyone, and for an estimate that is no order.
        contract: how the partner's declaration stands; None where it declared nothing.
        change: the last change of the partner that was noticed; None where none was, or nobody looks.
        lapses: hypothesis -> expected rate at which a partner of that kind does something else, in (0, 1];
            None where the learner infers none.
        explained: probability that the hypotheses together explain the partner, in [0, 1]; None where that
            is not known.
        actions: the partner's legal actions.
        counts: action -> how often the partner took it so far, where its habits are followed.
        follows: what its next action follows from by its likeliest habit, in words; None where nobody looks.
        answered: how it is answered.
        moved: what it did in this step already; None where it has yet to act.
        drawn: what is counted on of a partner that nothing explains, drawn from ``predictive``; else None.
        views: what the partner may see -> probability, after what it did in this step; empty where nothing of
            it is hidden.
    """

    hypothesis: str
    probabilities: Mapping[str, float]
    policies: Mapping[str, Policy]
    expects: Policy | None = None
    contract: Standing | None = None
    change: Change | None = None
    lapses: Mapping[str, float] | None = None
    explained: float | None = None
    actions: Sequence[str] = ()
    counts: Mapping[str, float] = field(default_factory=dict)
    follows: str | None = None
    answered: Answered = "estimate"
    moved: str | None = None
    drawn: str | None = None
    views: Mapping[str, float] = field(default_factory=dict)
    _predictive: Policy | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def order(self) -> int | None:
        """The estimated ToM order of the partner, k̂; None for an estimate that is no order."""
        return order_of(self.hypothesis)

    @property
    def posterior(self) -> dict[int, float]:
        """Order -> probability; together less than 1 where other hypotheses have the rest."""
        return _by_order(self.probabilities)

    @property
    def by_order(self) -> dict[int, Policy]:
        """Order -> what a partner of that order would do here."""
        return _by_order(self.policies)

    @property
    def policy(self) -> Policy:
        """What the partner will do *if* the estimate is right, ``policy(partner, k̂)``, and does not lapse.

        It says nothing of how likely that is; ``predictive`` weighs all hypotheses and lapses.
        """
        return self.policies[self.hypothesis]

    @property
    def lapse(self) -> float | None:
        """Expected rate, over all hypotheses, at which the partner does not do what they say, in (0, 1]."""
        if self.lapses is None:
            return None
        return added(p * self.lapses[name] for name, p in self.probabilities.items())

    @property
    def predictive(self) -> Policy:
        """What the partner will do, over all hypotheses and lapse rates: the posterior predictive.

        ``P(a) = Σ_k P(k) ((1 - ε_k) policy_k(a) + ε_k / |A|)`` over the hypotheses that were evaluated, with
        the expected lapse rate ε_k of each, 0 where the learner infers none.
        """
        found = self._predictive
        if found is None:  # asked for two or three times in a decision
            found = mixture(self.policies, self.probabilities, self.lapses or {}, self.actions)
            object.__setattr__(self, "_predictive", found)
        return found

    @property
    def expected(self) -> Policy:
        """What is answered: what it did or is counted on to do, else ``policy`` or ``predictive``."""
        if (certain := self.moved or self.drawn) is not None:
            return {certain: 1.0}
        return self.predictive if self.answered == "prediction" else self.policy

    def in_words(self, name: str) -> str:
        """What the partner called ``name`` is: ``"no order explains ben; it did C in 30 of 30"``."""
        if self.answered != "prediction" and self.order is not None:
            return f"{name} seems to act at order {self.order} of theory of mind ({self._confidence:.0%})"
        seen, often = added(self.counts.values()), max(self.counts, key=self.counts.__getitem__, default="")
        did = (
            f"it did {often} in {self.counts[often]:g} of {seen:g}" if often else "it was not seen to act yet"
        )
        if self.order is not None:
            return f"nothing explains {name}; {did}"
        if self.hypothesis != HABITS:
            return f"{name} seems to act by {self.hypothesis!r} ({self._confidence:.0%})"
        if 2.0 * self.counts.get(often, 0.0) >= seen + 1.0 or self.follows is None:
            return f"no order explains {name}; {did}"
        return f"no order explains {name}; its action seems to follow from {self.follows}"

    @property
    def _confidence(self) -> float:
        return self.probabilities.get(self.hypothesis, 0.0)

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data; keys of ``posterior`` and ``by_order`` are the hypotheses' names."""
        return {
            "hypothesis": self.hypothesis,
            "order": self.order,
            "posterior": dict(self.probabilities),
            "by_order": {name: dict(policy) for name, policy in self.policies.items()},
            "expects": None if self.expects is None else dict(self.expects),
            "contract": None if self.contract is None else self.contract.as_plain(),
            "change": None if self.change is None else self.change.as_plain(),
            "lapse": self.lapse,
            "explained": self.explained,
            "predictive": dict(self.predictive),
            "answered": self.answered,
            "counts": dict(self.counts),
            "follows": self.follows,
            "moved": self.moved,
            "drawn": self.drawn,
            **({"views": dict(self.views)} if self.views else {}),
        }

    def equivalent_hypotheses(self, tolerance: float = TOLERANCE) -> list[list[str]]:
        """The hypotheses grouped by behaviour: those of one group act alike in this situation.

        An observed action cannot tell them apart, so an estimate is right up to its group only.

        Args:
            tolerance: largest difference in any action's probability within a group, >= 0.
        """
        groups: list[list[str]] = []
        for name, policy in self.policies.items():
            alike = (g for g in groups if same_policy(policy, self.policies[g[0]], tolerance))
            group = next(alike, None)
            if group is None:
                groups.append(group := [])
            group.append(name)
        return groups

    def equivalent_orders(self, tolerance: float = TOLERANCE) -> list[list[int]]:
        """The same of the hypotheses that are orders."""
        groups = (list(_by_order(dict.fromkeys(g))) for g in self.equivalent_hypotheses(tolerance))
        return [group for group in groups if group]


def _response(own: int | None, partner: PartnerPrediction) -> str:
    if own is None or partner.order is None or partner.answered == "seen":
        return "best response"
    return {1: "above", -1: "below"}.get(own - partner.order, "apart")


def _by_order(by_name: Mapping[str, T]) -> dict[int, T]:
    return {k: value for name, value in by_name.items() if (k := order_of(name)) is not None}


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a player expects of everybody, and the order at which it means to act.

    Acting above an estimate answers what the partner will do (``policy``), below it what it ``expects``.

    Attributes:
        order: the ToM order to act at; None where a partner is no order, and is best answered as it is
            predicted.
        partners: partner -> what is expected of it. A partner of whom nothing could be predicted is
            absent.
        note: what a wrapped agent should know besides, in words: why it is asked again.
        recommended: the action that fits, for wrapped agents that ask for a recommendation.
    """

    order: int | None
    partners: Mapping[str, PartnerPrediction]
    note: str = ""
    recommended: str | None = None

    @property
    def expected(self) -> dict[str, Policy]:
        """Partner -> what is answered; without those who act later and will answer what they then see."""
        return {name: p.expected for name, p in self.partners.items() if p.answered != "reply"}

    def as_plain(self) -> dict[str, Any]:
        """JSON-serialisable data."""
        partners = {name: p.as_plain() for name, p in self.partners.items()}
        return {"order": self.order, "partners": partners, "note": self.note}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a player does, and why.

    Attributes:
        player: who decides.
        action: its legal action.
        order: the ToM order that it acts at; None for a player that reasons about nobody, and for an
            answer to a partner that is no order.
        partners: partner -> what the player expects of it; empty for one that predicts nobody.
        usage: what the decision cost in calls to models; None where none was needed.
        degraded: what went wrong or was left out, one sentence each; empty for a full decision.
        gap: belief-action gap: how much expected payoff, >= 0, the wrapped agent's first answer gives
            away against the best response to what it believes; None where payoffs are unknown.
        overruled: the wrapped agent's first answer where another action is taken instead.
        reply: the messages of the wrapped agent's answer that is acted on, to be written back; None for none.
    """

    player: str
    action: str
    order: int | None = None
    partners: Mapping[str, PartnerPrediction] = field(default_factory=dict)
    usage: Usage | None = None
    degraded: tuple[str, ...] = ()
    gap: float | None = None
    overruled: str | None = None
    reply: tuple[Any, ...] | None = None

    @property
    def estimates(self) -> dict[str, int]:
        """Partner -> estimated ToM order, of those whose estimate is an order."""
        return {name: p.order for name, p in self.partners.items() if p.order is not None}

    @property
    def hypotheses(self) -> dict[str, str]:
        """Partner -> name of the hypothesis that it is taken for."""
        return {name: partner.hypothesis for name, partner in self.partners.items()}

    @property
    def responses(self) -> dict[str, str]:
        """Partner -> how it is answered.

        ``"above"`` or ``"below"``, at the order one above or below its estimated one; ``"best response"``, to
        what is predicted of it; ``"apart"`` where no single order fits all partners.
        """
        return {name: _response(self.order, partner) for name, partner in self.partners.items()}

    @property
    def posterior(self) -> dict[str, dict[int, float]]:
        """Partner -> order -> probability, before this step's action is seen."""
        return {name: partner.posterior for name, partner in self.partners.items()}

    @property
    def predictions(self) -> dict[str, dict[int, Policy]]:
        """Partner -> order -> distribution over its actions."""
        return {name: partner.by_order for name, partner in self.partners.items()}

    @property
    def contracts(self) -> dict[str, Standing]:
        """Partner -> how its declaration stands, for those that declared an order."""
        return {name: p.contract for name, p in self.partners.items() if p.contract is not None}

    def equivalent_orders(self) -> dict[str, list[list[int]]]:
        """Partner -> its orders grouped by behaviour in this situation."""
        return {name: partner.equivalent_orders() for name, partner in self.partners.items()}

    def as_plain(self) -> dict[str, Any]:
        """The decision as JSON-serialisable data."""
        return {
            "player": self.player,
            "action": self.action,
            "order": self.order,
            "partners": {name: partner.as_plain() for name, partner in self.partners.items()},
            "responses": self.responses,
            "usage": None if self.usage is None else self.usage.as_plain(),
            "degraded": list(self.degraded),
            "gap": self.gap,
            "overruled": self.overruled,
        }
