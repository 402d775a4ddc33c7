"""Decisions where players see different things: a partner is asked about in every view that it may have.

What is predicted of it is the mean over its views, ``P(a | k) = Σ_v P(v) · policy_k(a | v)``, so all that
follows (beliefs, estimates, plans) is as where everything is open. An answer weighs the views one by one,
since what is good may depend on them, and on what the partner did, which tells of its view.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import TypeAlias, TypeVar

from atom.agents.actors import Actor
from atom.agents.ask import Answers, Ask, Pair, expected_by
from atom.agents.gate import Worth
from atom.agents.payoffs import Payoffs
from atom.agents.turns import AskInTurn
from atom.belief.hypotheses import Behaviour
from atom.decision import PartnerPrediction, Prediction
from atom.memories import PartnerMemory
from atom.names import order_of
from atom.policies import Policy, added, mixture
from atom.reasoning.ties import best_of
from atom.situation import JointAction, Situation

ByView: TypeAlias = dict[str, dict[str, Policy]]
"""View -> hypothesis -> policy."""

_SMALLEST = 1e-300

MOST_VIEWS = 256
"""Combinations of views of all partners together that an answer weighs one by one; beyond, it is one to what
they do on the average."""

T = TypeVar("T")


class Open:
    """The same where nothing is hidden: everything stays as it is."""

    __slots__ = ()

    hides = False

    def behaving(self, behaviours: Mapping[str, Behaviour], seen: T) -> tuple[Mapping[str, Behaviour], T]:
        """See ``Unseen``."""
        return behaviours, seen

    def remembered(
        self, situation: Situation, partners: dict[str, PartnerMemory]
    ) -> dict[str, PartnerMemory]:
        """See ``Unseen``."""
        return partners

    def seen_through(
        self, situation: Situation, partners: Mapping[str, PartnerPrediction]
    ) -> Mapping[str, PartnerPrediction]:
        """See ``Unseen``."""
        return partners

    async def worth(self, situation: Situation, player: str, *, asks: bool = True) -> None:
        """Nothing: it follows from what is predicted."""


_OPEN = Open()


class Unseen:
    """Asks about partners as they see the situation: without what is private to others, in each view.

    Of one decision: it remembers what was predicted in each view.

    Args:
        ask: answers the questions about one view.
        payoffs: who knows what actions are worth; None where nobody does.
    """

    hides = True

    __slots__ = ("_ask", "_asked", "_behaviours", "_by_view", "_partners", "_payoffs")

    def __init__(self, ask: Ask, payoffs: Payoffs | None = None) -> None:
        self._ask, self._payoffs = ask, payoffs
        self._by_view: dict[str, ByView] = {}
        self._behaviours: Mapping[str, Behaviour] = {}
        self._partners: Mapping[str, PartnerPrediction] = {}
        self._asked: dict[tuple[str, ...], Policy] = {}

    def for_decision(self) -> Ask:
        """The same for one decision."""
        return Unseen(self._ask.for_decision(), self._payoffs)

    async def policies(self, situation: Situation, pairs: Sequence[Pair]) -> Answers:
        """The policies, those of players with several possible views as the mean over them."""
        answers = Answers()
        for player in dict.fromkeys(player for player, _ in pairs):
            own = [pair for pair in pairs if pair[0] == player]
            unseen = situation.unseen(player)
            if not unseen:
                answers.add(await self._ask.policies(situation.known_to(player), own))
                continue
            by_view: dict[str, Answers] = {}
            for view in unseen:
                by_view[view] = await self._ask.policies(_as_seen(situation, player, view), own)
                answers.failed |= by_view[view].failed
            for pair in own:
                if pair not in answers.failed:
                    policies = {view: found.policies[pair] for view, found in by_view.items()}
                    answers.policies[pair] = self._mean(player, str(pair[1]), policies, unseen)
        return answers

    def behaving(self, behaviours: Mapping[str, Behaviour], seen: T) -> tuple[Mapping[str, Behaviour], T]:
        """Name -> how a partner acts by a hypothesis that is no order, as the mean over its views."""
        self._behaviours = behaviours
        return {name: self._behaving(name, behaviour) for name, behaviour in behaviours.items()}, seen

    def _behaving(self, name: str, behaviour: Behaviour) -> Behaviour:
        def mean(situation: Situation, player: str) -> Policy | None:
            unseen = situation.unseen(player)
            if not unseen:
                return behaviour(situation.known_to(player), player)
            found: dict[str, Policy] = {}
            for view in unseen:
                policy = expected_by(name, behaviour, _as_seen(situation, player, view), player)
                if policy is None:
                    return None
                found[view] = policy
            return self._mean(player, name, found, unseen)

        return mean

    def _mean(
        self, player: str, name: str, policies: Mapping[str, Policy], unseen: Mapping[str, float]
    ) -> Policy:
        known = self._by_view.setdefault(player, {})
        for view, policy in policies.items():
            known.setdefault(view, {})[name] = policy
        return mixture(policies, unseen, {})

    def remembered(
        self, situation: Situation, partners: dict[str, PartnerMemory]
    ) -> dict[str, PartnerMemory]:
        """What is remembered of partners, with what was expected of each in each view."""
        found = dict(partners)
        for name in self._by_view:
            record = found.get(name)
            if record is None or record["expected"] is None or not situation.unseen(name):
                continue
            expected, views = record["expected"], self._by_view[name]
            plain = {
                view: {hypothesis: dict(policies[hypothesis]) for hypothesis in expected["policies"]}
                for view, policies in views.items()
            }
            chances = dict(situation.unseen(name))
            found[name] = {**record, "expected": {**expected, "views": plain, "chances": chances}}
        return found

    def seen_through(
        self, situation: Situation, partners: Mapping[str, PartnerPrediction]
    ) -> Mapping[str, PartnerPrediction]:
        """The predictions, with what each partner may see after what it did in this step."""
        found = {
            name: replace(partner, views=self._views(situation, name, partner))
            if situation.unseen(name)
            else partner
            for name, partner in partners.items()
        }
        self._partners = found
        return found

    def _views(self, situation: Situation, name: str, partner: PartnerPrediction) -> dict[str, float]:
        """``P(v | a) ∝ P(v) · Σ_k P(k) P(a | k, v)``, lapses included; ``P(v)`` of who has yet to act."""
        unseen = dict(situation.unseen(name))
        if partner.moved is None:
            return unseen
        likely = {}
        for view, p in unseen.items():
            policies = self._by_view.get(name, {}).get(view)
            predicted = {} if not policies else self._predicted(partner, policies)
            likely[view] = p * max(predicted.get(partner.moved, 0.0), _SMALLEST) if predicted else p
        total = added(likely.values())
        return {view: p / total for view, p in likely.items()}

    @staticmethod
    def _predicted(partner: PartnerPrediction, policies: Mapping[str, Policy]) -> Policy:
        return mixture(policies, partner.probabilities, partner.lapses or {}, partner.actions)

    async def respond(self, situation: Situation, player: str, predicted: Mapping[str, Policy]) -> Policy:
        """The best response, each alike on ties: to what partners do in each view, and reply to each action.

        Where nobody knows payoffs, the reasoner responds to the means, and is told by ``possible`` which
        views are likely after what was done.
        """
        worth = await self.worth(situation, player)
        if worth is None:
            told = {name: partner.views for name, partner in self._partners.items() if partner.views}
            then = replace(situation, possible={**situation.possible, **told})
            return await self._ask.respond(then, player, predicted)
        return {action: 1.0 / len(worth.good) if action in worth.good else 0.0 for action in worth.expected}

    async def worth(self, situation: Situation, player: str, *, asks: bool = True) -> Worth | None:
        """What actions are worth, weighed over the views that partners may have.

        Args:
            situation: as ``player`` sees it.
            player: who decides.
            asks: whether what is not known of partners by now is asked for.

        Returns:
            None where nobody knows payoffs, where not all partners are predicted, where they may see more
            than ``MOST_VIEWS`` combinations of views, or where something would have to be asked for.

        Raises:
            LLMError, DistributionError: what a partner does in a view is not known.
            ExpectedPayoffError: what an action is worth is no finite number.
        """
        partners = self._partners
        if self._payoffs is None or partners.keys() != situation.actions.keys() - {player}:
            return None
        choices = [
            [(name, view, p) for view, p in (partner.views or {"": 1.0}).items()]
            for name, partner in partners.items()
        ]
        later = set() if situation.at_once else set(situation.later(player))
        known = all(self._known(name, view) is not None for views in choices for name, view, _ in views)
        if prod(map(len, choices)) > MOST_VIEWS or not (asks or (known and not later)):
            return None
        values = dict.fromkeys(situation.legal(player), 0.0)
        for chosen in product(*choices):
            chance = prod(p for _, _, p in chosen)
            views = {name: view for name, view, _ in chosen}
            there = situation.with_views({name: view for name, view in views.items() if view})
            now = [name for name in views if name not in later]
            at_once = {name: await self._doing(situation, name, views[name], {}) for name in now}
            worth = {} if later else self._payoffs.expected_payoffs(there, player, at_once)
            for action in values:
                if later:
                    mine = {player: action}
                    replies = {name: await self._doing(situation, name, views[name], mine) for name in later}
                    worth = self._payoffs.expected_payoffs(there, player, {**at_once, **replies})
                values[action] += chance * worth[action]
        return Worth(values, best_of(values))

    def _known(self, name: str, view: str) -> Policy | None:
        """What a partner does in one view, empty where all see the same, as far as it was asked about."""
        partner = self._partners[name]
        if (certain := partner.moved or partner.drawn) is not None:
            return {certain: 1.0}
        policies = self._by_view.get(name, {}).get(view, {}) if view else partner.policies
        if partner.answered == "prediction":
            return self._predicted(partner, {**partner.policies, **policies})
        return policies.get(partner.hypothesis)

    async def _doing(self, situation: Situation, name: str, view: str, mine: JointAction) -> Policy:
        """What a partner does in one view, as it is answered, and in reply to an action that it sees."""
        partner = self._partners[name]
        found, is_certain = self._known(name, view), partner.moved or partner.drawn
        if found is not None and (not mine or is_certain or partner.answered == "prediction"):
            return found
        key = (name, view, *mine.values())
        if key not in self._asked:
            then = situation.after(mine) if mine else situation
            there = _as_seen(then, name, view) if view else then.known_to(name)
            self._asked[key] = await self._by_estimate(there, partner, name)
        return self._asked[key]

    async def _by_estimate(self, there: Situation, partner: PartnerPrediction, name: str) -> Policy:
        order = order_of(partner.hypothesis)
        if order is not None:
            answers = await self._ask.policies(there, [(name, order)])
            for error in answers.failed.values():
                raise error
            return answers.policies[name, order]
        found = expected_by(partner.hypothesis, self._behaviours[partner.hypothesis], there, name)
        return partner.policy if found is None else found

    async def act(self, actor: Actor, situation: Situation, prediction: Prediction) -> str:
        """A wrapped agent's action."""
        return await self._ask.act(actor, situation, prediction)


def asking(
    ask: Ask, situation: Situation, me: str, payoffs: Payoffs | None
) -> tuple[Ask, Situation, Open | Unseen]:
    """Whom to ask in one decision, the situation as ``me`` knows it, and what looks after views.

    Args:
        ask: answers the questions of the decision.
        situation: whatever is known of it.
        me: who decides.
        payoffs: who knows what actions are worth; None where nobody does.
    """
    unseen: Open | Unseen = _OPEN
    if situation.private or situation.possible:
        ask = unseen = Unseen(ask, payoffs)
        situation = situation.known_to(me)
    return ask if situation.at_once else AskInTurn(ask), situation, unseen


def _as_seen(situation: Situation, player: str, view: str) -> Situation:
    return situation.with_views({player: view}).known_to(player)
