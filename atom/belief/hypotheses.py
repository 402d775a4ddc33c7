"""Hypotheses about a partner: named ways of acting, of which theory-of-mind orders are one kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import index
from typing import SupportsIndex, TypeAlias

from atom.belief.habits import Habits
from atom.errors import BeliefError
from atom.names import HABITS, order_of
from atom.policies import Policy
from atom.situation import Situation

Behaviour: TypeAlias = Callable[[Situation, str], "Policy | None"]
"""``behaviour(situation, player)``: what ``player`` would do here, a distribution over its legal actions;
None where the hypothesis says nothing of it, and is left as it is. What its probabilities leave of 1 goes to
the actions that it does not name, alike."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way in which a partner may act.

    It is a theory-of-mind order, and then a reasoner says how a player of that order acts; or it says so
    itself, by its ``behaviour``; or it is learned, as ``habits`` are. The answer to an order is an order one
    apart from it; to all others it is the best response to what is predicted.

    Args:
        name: by which memories, decisions, events and results know it. An order's is its number.
        order: the ToM order, >= 0; None for another kind.
        behaviour: how a partner of this kind acts; None for another kind.
        habits: what is counted of a partner; None for another kind.
        prior: how likely it is beforehand beside the other hypotheses, > 0; they need not sum to one.
        permits: whether a behaviour says what a partner may do, and not in which shares, so that a partner
            which declares it is tested by whether it did any of that (see ``Contract``).

    Raises:
        BeliefError: not one kind of the three, no name, a name that is the number of another order, or a
            prior that is not positive and finite.

    Example:
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> from atom.belief import Hypothesis, order
        >>> stays = Hypothesis("stays", behaviour=lambda situation, player: {situation.legal(player)[0]: 1.0})
        >>> game = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
        >>> ann = AdaptiveAgent("ann", game, hypotheses=[order(0), order(1), stays])
        >>> decision, _ = ann.decide(Situation({"ann": ("A", "B"), "ben": ("A", "B")}), ann.start(["ben"]))
        >>> list(decision.partners["ben"].probabilities)
        ['0', '1', 'stays']
    """

    name: str
    order: int | None = None
    behaviour: Behaviour | None = None
    habits: Habits | None = None
    prior: float = 1.0
    permits: bool = False

    def __post_init__(self) -> None:
        if [self.order, self.behaviour, self.habits].count(None) != 2:
            raise BeliefError(
                f"the hypothesis {self.name!r} needs an order, a behaviour or habits, and one of them alone; "
                "order(k) makes one of a theory-of-mind order"
            )
        if not (math.isfinite(self.prior) and self.prior > 0.0):
            raise BeliefError(
                f"the prior of the hypothesis {self.name!r} must be positive and finite, got {self.prior}; "
                "leave a hypothesis out to exclude it"
            )
        name = self.name if self.order is None else str(self.order)
        if not isinstance(name, str) or not name or name != self.name or order_of(name) != self.order:
            raise BeliefError(
                f"{self.name!r} cannot name the hypothesis of order {self.order}: an order's name is its "
                "number, a behaviour's any other text"
            )


def order(k: SupportsIndex, prior: float = 1.0) -> Hypothesis:
    """The hypothesis that a partner acts at ToM order ``k``.

    Raises:
        BeliefError: ``k`` is no integer >= 0, or the prior is not positive.
    """
    if isinstance(k, bool) or not isinstance(k, SupportsIndex) or index(k) < 0:
        raise BeliefError(f"a theory-of-mind order is an integer >= 0, got {k!r}")
    return Hypothesis(str(index(k)), order=index(k), prior=prior)


def habitual(prior: float = 1.0) -> Hypothesis:
    """The hypothesis ``"habits"``, that a partner follows habits and models nobody (see ``Habits``).

    Raises:
        BeliefError: the prior is not positive.
    """
    return Hypothesis(HABITS, habits=Habits(), prior=prior)


def check_hypotheses(hypotheses: Iterable[Hypothesis]) -> tuple[Hypothesis, ...]:
    """The hypotheses themselves.

    Raises:
        BeliefError: there is none, two have one name, orders do not ascend, or habits are named twice.
    """
    found = tuple(hypotheses)
    strange = [item for item in found if not isinstance(item, Hypothesis)]
    if strange:
        raise BeliefError(f"{strange[0]!r} is no Hypothesis; order(k) makes one of a theory-of-mind order")
    names = [hypothesis.name for hypothesis in found]
    orders = [hypothesis.order for hypothesis in found if hypothesis.order is not None]
    if not found or len(set(names)) != len(names) or orders != sorted(orders):
        raise BeliefError(
            "hypotheses need names of their own, one at least, and orders among them must be ascending; "
            f"got {names}"
        )
    if sum(hypothesis.habits is not None for hypothesis in found) > 1:
        raise BeliefError(f"all habits are one hypothesis, name it once; got {names}")
    return found
