"""What a partner is taken for, and how it is answered: one order apart (paper), or as it is predicted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from atom.agents.gate import weighed
from atom.agents.problems import Problems
from atom.agents.settings import Response, Selection
from atom.belief.beliefs import Assessment
from atom.belief.contract import bound_to
from atom.decision import Answered, PartnerPrediction, Standing
from atom.errors import ExpectedPayoffError
from atom.memories import PartnerMemory
from atom.names import order_of
from atom.policies import Policy, added
from atom.randomness import Uniform, draw
from atom.reasoning.ties import KnowsBest
from atom.situation import Situation

DOMINANT = 0.85
"""From this probability on, a hypothesis is taken without drawing: a slip of a partner that is well known
costs nothing, and two agents that still have to break their symmetry are hardly ever that sure (from 0.75 on,
they are in short games: in `game-1` two such agents need 7.7 steps and not 7.3)."""

UNEXPLAINED = 0.1
"""Below this probability that any hypothesis explains a partner, it is answered as it is predicted."""

DOUBTED = 0.25
"""Below this probability that any hypothesis explains a partner, one action drawn from the prediction may be
counted on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to answer.

    Attributes:
        estimates: partner -> the hypothesis that it is taken for.
        answered: partner -> how it is answered.
        order: the ToM order to act at; None where a partner is none, or is answered as it is predicted.
        aligned: whether that order is one apart from every partner's, or was agreed on.
        bound: whether the agent declared it.
    """

    estimates: Mapping[str, str]
    answered: Mapping[str, Answered]
    order: int | None
    aligned: bool
    bound: bool


def estimated(
    assessed: Mapping[str, Assessment],
    records: Mapping[str, PartnerMemory],
    selection: Selection,
    rng: Uniform,
    habitual: str | None,
) -> dict[str, str]:
    """Partner -> the hypothesis that it is taken for; see ``taken_for``.

    Args:
        assessed: what is believed of each.
        records: what is remembered of each.
        selection: see ``Acting``.
        rng: draws from beliefs, one partner after the other.
        habitual: the hypothesis of habits; None where it is none.
    """
    in_team = len(records) > 1
    return {
        partner: taken_for(assessed[partner], record["estimate"], selection, rng, habitual, in_team=in_team)
        for partner, record in records.items()
    }


def taken_for(
    assessed: Assessment,
    kept: str | None,
    selection: Selection,
    rng: Uniform,
    habitual: str | None = None,
    *,
    in_team: bool = False,
) -> str:
    """The hypothesis that a partner is taken for: the declared one, habits, or by the selection.

    A partner is taken for one of habits where they explain more than all other hypotheses together: where
    they have more of the probability that is not lapses. Among the others it is chosen as if there were no
    habits, so that two such agents break their symmetry as two that know of orders alone. In a team of more
    than two, habits must dominate: members that all adapt look like creatures of habit for a while, and if
    all best-respond to that, all do the same.

    Args:
        assessed: what is believed of the partner.
        kept: what it was taken for so far, while its actions supported it.
        selection: see ``Acting``.
        rng: draws from the belief.
        habitual: the hypothesis of habits; None where it is none.
        in_team: whether there are other partners as well.
    """
    if assessed.declared is not None:
        return assessed.declared
    belief = assessed.probabilities
    if habitual is not None:
        explains = assessed.explains()
        enough = max(0.5 * added(explains.values()), DOMINANT if in_team else 0.0)
        if len(explains) == 1 or explains[habitual] > enough:
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
    total = added(others.values())
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
    habitual: str | None,
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
        habitual: the hypothesis of habits; None where it is none.
    """
    answered = {p: _answered(e, assessed[p], habitual, responds=responds) for p, e in estimates.items()}
    standings: dict[str, Standing | None] = {p: belief.standing for p, belief in assessed.items()}
    if declares is not None and bound_to(declares, standings.values()):
        return Plan(estimates, answered, declares, aligned=True, bound=True)
    orders = [order for estimate in estimates.values() if (order := order_of(estimate)) is not None]
    if "prediction" in answered.values() or len(orders) < len(estimates):
        return Plan(estimates, answered, None, aligned=False, bound=False)
    order = _respond(orders, current, response, rng)
    return Plan(estimates, answered, order, aligned=_aligned(order, orders), bound=False)


def _answered(estimate: str, assessed: Assessment, habitual: str | None, *, responds: bool) -> Answered:
    """How a partner is answered: as it is predicted if it follows habits or nothing explains it.

    Who looks for orders alone, as the paper's agents do, answers orders.
    """
    if estimate == habitual:
        return "prediction"
    if assessed.declared is not None or not responds or habitual is None:
        return "estimate"
    return "estimate" if assessed.explained >= UNEXPLAINED else "prediction"


def predictions(
    plan: Plan,
    assessed: Mapping[str, Assessment],
    policies: Mapping[str, Mapping[str, Policy]],
    actions: Mapping[str, Sequence[str]],
    expects: Callable[[str], Policy | None],
) -> dict[str, PartnerPrediction]:
    """Partner -> what is expected of it.

    Args:
        plan: how to answer.
        assessed: partner -> what is believed of it.
        policies: partner -> hypothesis -> what such a partner would do.
        actions: player -> its legal actions.
        expects: estimate -> what such a partner expects of the player that decides.
    """
    found = {}
    for partner, estimate in plan.estimates.items():
        belief = assessed[partner]
        found[partner] = PartnerPrediction(
            estimate,
            belief.probabilities,
            policies[partner],
            expects(estimate),
            belief.standing,
            belief.change,
            belief.lapses,
            belief.explained,
            actions[partner],
            belief.counts,
            belief.follows,
            plan.answered[partner],
        )
    return found


def counted_on(partners: Mapping[str, PartnerPrediction], rng: Uniform) -> dict[str, PartnerPrediction]:
    """The predictions, of partners that nothing explains with one action drawn that is counted on.

    Two agents that are alike may each find the other inexplicable, and would answer the same mixture with
    the same action for ever. The less explains a partner that is answered as predicted, the likelier is an
    action drawn: always where nothing does, never from ``DOUBTED`` on. Without knowing anything of the
    partner that is sampled fictitious play (Kaniovski and Young, 1995).

    Args:
        partners: partner -> what is expected of it.
        rng: draws, partner by partner.
    """
    return {
        name: replace(partner, drawn=draw(partner.expected, rng)) if _is_doubted(partner, rng) else partner
        for name, partner in partners.items()
    }


def _is_doubted(partner: PartnerPrediction, rng: Uniform) -> bool:
    explained = partner.explained
    if partner.answered != "prediction" or explained is None or explained >= DOUBTED:
        return False
    return rng.random() * DOUBTED >= explained


def own_questions(plan: Plan, me: str, *, is_told: bool, responds: bool) -> list[tuple[str, int]]:
    """One's own policies that are needed, as (player, order).

    These are what each partner of an estimate above 0 expects, and the policy to act by where the
    reasoner acts at that order.

    Args:
        plan: how to answer.
        me: who decides.
        is_told: whether a wrapped agent acts that asks for no recommendation.
        responds: whether the reasoner can answer what is predicted.
    """
    numbers = (order_of(estimate) for estimate in plan.estimates.values())
    pairs = [(me, k - 1) for k in numbers if k]
    if not is_told and plan.order is not None and (plan.aligned or not responds):
        pairs.append((me, plan.order))
    return pairs


def paying(
    plan: Plan,
    me: str,
    situation: Situation,
    partners: Mapping[str, PartnerPrediction],
    policies: Mapping[tuple[str, int], Policy],
    best: KnowsBest,
    problems: Problems,
) -> Plan:
    """The plan, or one to act above the partners where acting below them costs payoff.

    Acting below a partner's order does what it expects, and that is a best response to it in some
    situations and not in others: where interests differ, or where the partner counts on being yielded to.

    Args:
        plan: how to answer.
        me: who decides.
        situation: what all players see.
        partners: what is expected of them.
        policies: (player, order) -> policy, as far as they were asked for.
        best: who knows the best responses.
        problems: takes what went wrong; the plan stays then.

    Raises:
        ExpectedPayoffError: what an action is worth is no number, with ``on_error="raise"``.
    """
    mine = None if plan.order is None else policies.get((me, plan.order))
    orders = [order for e in plan.estimates.values() if (order := order_of(e)) is not None]
    above = 1 + max(orders, default=-1)
    if plan.bound or plan.order is None or mine is None or plan.order >= above:
        return plan
    if len(partners) + 1 < len(situation.actions):
        return plan  # of somebody nothing is predicted, so nothing can be said of payoffs
    predicted = {
        name: partner.policy if partner.moved is None else partner.expected
        for name, partner in partners.items()
        if partner.answered != "reply"
    }
    try:
        good, _ = weighed(lambda known: best.best_actions(situation, me, known), predicted, partners)
    except ExpectedPayoffError as error:
        problems.failed("the best response", error)
        return plan
    if all(action in good for action, p in mine.items() if p > 0.0):
        return plan
    return replace(plan, order=above, aligned=False)


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
