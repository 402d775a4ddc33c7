"""What a partner is taken for, and how it is answered: one order apart (paper), or as it is predicted."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from atom.agents.settings import Response, Selection
from atom.belief.beliefs import Assessment
from atom.belief.contract import bound_to
from atom.decision import Answered, Standing, order_of
from atom.policies import Policy
from atom.randomness import Uniform, draw

DOMINANT = 0.75
"""From this probability on, a hypothesis is taken without drawing: a slip of a partner that is well known
costs nothing, and two agents that still have to break their symmetry are never that sure."""

UNEXPLAINED = 0.1
"""Below this probability that any hypothesis explains a partner, it is answered as it is predicted."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to answer.

    Attributes:
        estimates: partner -> the hypothesis that it is taken for.
        answered: partner -> how it is answered.
        order: the ToM order to act at; None where a partner is answered as it is predicted.
        aligned: whether that order is one apart from every partner's, or was agreed on.
        bound: whether the agent declared it.
    """

    estimates: Mapping[str, str]
    answered: Mapping[str, Answered]
    order: int | None
    aligned: bool
    bound: bool


def taken_for(
    assessed: Assessment, kept: str | None, selection: Selection, rng: Uniform, habitual: str | None = None
) -> str:
    """The hypothesis that a partner is taken for: the declared one, habits, or by the selection.

    A partner is taken for one of habits where they explain more than all other hypotheses together: where
    they have more of the probability that is not lapses. Among the others it is chosen as if there were no
    habits, so that two such agents break their symmetry as two that know of orders alone.

    Args:
        assessed: what is believed of the partner.
        kept: what it was taken for so far, while its actions supported it.
        selection: see ``Acting``.
        rng: draws from the belief.
        habitual: the hypothesis of habits; None where it is none.
    """
    if assessed.bound:
        return str(assessed.standing.order) if assessed.standing is not None else ""
    belief = assessed.probabilities
    if habitual is not None:
        explains = assessed.explains()
        if len(explains) == 1 or 2.0 * explains[habitual] > sum(explains.values()):
            return habitual
        belief = _without(belief, habitual)
        kept = None if kept == habitual else kept
    likeliest = max(belief, key=belief.__getitem__)
    if selection == "leader":
        return likeliest
    if selection == "win-stay":
        if kept is not None:
            return kept
        if belief[likeliest] >= DOMINANT:
            return likeliest
    return draw(belief, rng)


def _without(belief: Mapping[str, float], name: str) -> dict[str, float]:
    """The belief given that one hypothesis is false; uniform where it had all probability."""
    others = {other: p for other, p in belief.items() if other != name}
    total = sum(others.values())
    if total <= 0.0:
        return dict.fromkeys(others, 1.0 / len(others))
    return {other: p / total for other, p in others.items()}


def among(
    known: Mapping[str, Iterable[str]], estimates: Mapping[str, str], assessed: Mapping[str, Assessment]
) -> dict[str, str]:
    """The estimates, or the likeliest hypothesis that is known where theirs is not, the first on ties.

    Args:
        known: partner -> hypotheses; a partner of whom none is known is left out.
        estimates: partner -> the hypothesis that it is taken for.
        assessed: partner -> what is believed of it.
    """
    return {
        p: estimates[p] if estimates[p] in names else max(names, key=assessed[p].probabilities.__getitem__)
        for p, names in known.items()
        if names
    }


def planned(
    estimates: Mapping[str, str],
    assessed: Mapping[str, Assessment],
    declares: int | None,
    current: int | None,
    response: Response,
    rng: Uniform,
    *,
    responds: bool,
) -> Plan:
    """How to answer partners.

    Args:
        estimates: partner -> the hypothesis that it is taken for.
        assessed: partner -> what is believed of it.
        declares: the order that the agent itself declared; None for none.
        current: the order that it acted at last; None before the first decision.
        response: see ``Acting``.
        rng: decides between two orders that fit.
        responds: whether anybody can answer what is predicted of a partner.
    """
    answered = {p: _answered(estimate, assessed[p], responds=responds) for p, estimate in estimates.items()}
    standings: dict[str, Standing | None] = {p: belief.standing for p, belief in assessed.items()}
    if declares is not None and bound_to(declares, standings.values()):
        return Plan(estimates, answered, declares, aligned=True, bound=True)
    if "prediction" in answered.values():
        return Plan(estimates, answered, None, aligned=False, bound=False)
    orders = [order for estimate in estimates.values() if (order := order_of(estimate)) is not None]
    order = _respond(orders, current, response, rng)
    return Plan(estimates, answered, order, aligned=_aligned(order, orders), bound=False)


def _answered(estimate: str, assessed: Assessment, *, responds: bool) -> Answered:
    """How a partner is answered: by its order where one explains it, else as it is predicted."""
    if order_of(estimate) is None:
        return "prediction"
    if assessed.bound or not responds or assessed.explained is None:
        return "order"
    return "order" if assessed.explained >= UNEXPLAINED else "prediction"


def pays(mine: Policy, good: Container[str]) -> bool:
    """Whether acting below partners costs no payoff beside the best response to what is predicted.

    Acting below a partner's order does what it expects, and that is a best response in some situations and
    not in others: where interests differ, or the partner counts on being yielded to.

    Args:
        mine: the policy at the order below theirs.
        good: the best responses to what is predicted.
    """
    return all(action in good for action, p in mine.items() if p > 0.0)


def above(estimates: Mapping[str, str]) -> int:
    """The order one above all estimates that are orders."""
    return 1 + max((order for e in estimates.values() if (order := order_of(e)) is not None), default=-1)


def _respond(estimated: Sequence[int], current: int | None, response: Response, rng: Uniform) -> int:
    if not estimated:
        return 0
    above = max(estimated) + 1
    if response == "above":
        return above
    if current is not None and _aligned(current, estimated):
        return current
    below = above - 2
    if below >= 0 and _aligned(below, estimated):
        return (below, above)[int(rng.random() * 2)] if _aligned(above, estimated) else below
    return above


def _aligned(order: int, estimates: Iterable[int]) -> bool:
    """Whether ``order`` is one apart from every estimate."""
    return {order - 1, order + 1}.issuperset(estimates)
