"""Decisions in steps where players see what others did: whom to ask about where, and how to answer.

What an order means there is said in ``atom.reasoning.turns``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from atom.agents.actors import Actor
from atom.agents.ask import Answers, Ask, Pair, questions
from atom.agents.choosing import Plan
from atom.decision import Answered, PartnerPrediction, Prediction
from atom.names import order_of
from atom.policies import Policy
from atom.situation import Situation


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
    *,
    asks: bool,
) -> dict[str, dict[str, Policy]]:
    """What every partner's action is to be judged by once the own action is known.

    Of those who act later it is what each order answers to that action. Where that is not known, since
    others act before them, or would cost calls to a model, nothing is said of their orders: whoever acts
    last answers alike at every order.

    Args:
        ask: answers questions.
        mine: who decided, and what.
        situation: where.
        wanted: partner -> hypotheses to evaluate.
        policies: partner -> hypothesis -> policy, as they were asked for before.
        asks: whether questions cost nothing.
    """
    found = {partner: dict(by_name) for partner, by_name in policies.items()}
    later = [partner for partner in situation.later(mine[0]) if partner in found]
    if not later:
        return found
    then = situation.after(dict([mine]))
    for partner in later:
        found[partner] = {name: p for name, p in found[partner].items() if order_of(name) is None}
    known = {partner: tuple(wanted[partner]) for partner in later if partner in then.to_move}
    if asks and known:
        answers = await ask.policies(then, questions(known))
        for (partner, order), policy in answers.policies.items():
            found[partner][str(order)] = policy
    return found
