"""Decisions in steps where players see what others did: whom to ask about where, and how to answer.

What an order means there is said in ``atom.reasoning.turns``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from atom.agents.actors import Actor
from atom.agents.ask import Answers, Ask, Pair, by_hypothesis, questions
from atom.agents.choosing import Plan
from atom.agents.problems import Problems
from atom.belief.hypotheses import Behaviour
from atom.decision import Answered, PartnerPrediction, Prediction
from atom.names import order_of
from atom.policies import Policy
from atom.situation import Situation


@dataclass(frozen=True, slots=True)
class Named:
    """Hypotheses that are no orders.

    Attributes:
        behaviours: name -> how such a partner acts.
        habitual: the one of habits, which look at nothing of this step; None for none.
        problems: takes what failed.
    """

    behaviours: Mapping[str, Behaviour]
    habitual: str | None
    problems: Problems


class AskInTurn:
    """Asks about every player where it acts: about those who have moved, in the situation that they saw.

    Args:
        ask: answers the questions.
    """

    __slots__ = ("_ask",)

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def for_decision(self) -> Ask:
        """The same for one decision."""
        return AskInTurn(self._ask.for_decision())

    async def policies(self, situation: Situation, pairs: Sequence[Pair]) -> Answers:
        """The policies."""
        now = [pair for pair in pairs if pair[0] not in situation.moved]
        answers = await self._ask.policies(situation, now) if now else Answers()
        for moved in dict.fromkeys(player for player, _ in pairs if player in situation.moved):
            own = [pair for pair in pairs if pair[0] == moved]
            answers.add(await self._ask.policies(situation.as_seen_by(moved), own))
        return answers

    async def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response."""
        return await self._ask.respond(situation, player, predicted)

    async def act(self, actor: Actor, situation: Situation, prediction: Prediction) -> str:
        """The action."""
        return await self._ask.act(actor, situation, prediction)


def in_turn(plan: Plan, me: str, situation: Situation) -> Plan:
    """The plan where players see each other act: what is seen is certain, and who acts later will reply.

    Orders are chosen as everywhere: beyond the step two players still depend on their alignment.

    Args:
        plan: how to answer partners who act at once.
        me: who decides.
        situation: what it sees.
    """
    if situation.at_once or not plan.estimates:
        return plan
    later = situation.later(me)
    answered: dict[str, Answered] = {}
    for partner, how in plan.answered.items():
        if partner in situation.moved:
            answered[partner] = "seen"
        elif partner in later and how == "estimate" and order_of(plan.estimates[partner]) is not None:
            answered[partner] = "reply"
        else:
            answered[partner] = how
    return replace(plan, answered=answered)


def seen_by_now(
    situation: Situation, partners: Mapping[str, PartnerPrediction]
) -> Mapping[str, PartnerPrediction]:
    """The predictions, with what those did who have moved."""
    moved = situation.moved
    if not moved:
        return partners
    return {
        name: replace(partner, moved=moved[name]) if name in moved else partner
        for name, partner in partners.items()
    }


async def answers_to(
    ask: Ask,
    mine: tuple[str, str],
    situation: Situation,
    wanted: Mapping[str, Iterable[str]],
    policies: Mapping[str, Mapping[str, Policy]],
    named: Named,
    *,
    asks: bool,
) -> dict[str, dict[str, Policy]]:
    """What every partner's action is to be judged by once the own action is known.

    Of those who act later it is what each hypothesis answers to that action. Where that is not known, since
    others act before them, nothing is said of it; nor of orders where that would cost calls to a model:
    whoever acts last answers alike at every order.

    Args:
        ask: answers questions.
        mine: who decided, and what.
        situation: where.
        wanted: partner -> hypotheses to evaluate.
        policies: partner -> hypothesis -> policy, as they were asked for before.
        named: how partners act under the hypotheses that are no orders.
        asks: whether questions cost nothing.
    """
    found = {partner: dict(by_name) for partner, by_name in policies.items()}
    later = [partner for partner in situation.later(mine[0]) if partner in wanted]
    if not later:
        return found
    then = situation.after(dict([mine]))
    known = {partner: tuple(wanted[partner]) for partner in later if partner in then.to_move}
    orders = await ask.policies(then, questions(known)) if asks and known else Answers()
    for partner in later:
        names = [
            name
            for name in known.get(partner, ())
            if order_of(name) is None or (partner, order_of(name)) in orders.policies
        ]
        answered = by_hypothesis(then, {partner: names}, orders, named.behaviours, named.problems)
        habits = {n: p for n, p in found.get(partner, {}).items() if n == named.habitual}
        found[partner] = {**habits, **answered.get(partner, {})}
    return found


def replying(
    partners: Mapping[str, PartnerPrediction], policies: Mapping[str, Mapping[str, Policy]]
) -> dict[str, PartnerPrediction]:
    """The predictions, with what those who act later will answer to the action that was taken."""
    return {
        name: replace(partner, policies=policies[name])
        if partner.answered == "reply" and partner.hypothesis in policies.get(name, ())
        else partner
        for name, partner in partners.items()
    }
