"""What partners of habits look back at in one decision, and what they then do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from atom.agents.problems import Problems
from atom.belief.beliefs import Beliefs
from atom.belief.habits import Habits
from atom.belief.hypotheses import Behaviour
from atom.errors import DistributionError
from atom.memories import HabitMemory, LookBack, PartnerMemory
from atom.policies import Policy, check_policy, is_ours
from atom.reasoning.reasoner import OutcomeReasoner, Reasoner, TieReasoner
from atom.situation import Situation


@dataclass(frozen=True, slots=True)
class LooksBack:
    """Who says what partners look back at.

    Attributes:
        me: the observer.
        habits: what is counted of them.
        orders: the ToM orders among the hypotheses, weighed beside the habits with ties broken otherwise.
        outcomes, ties: the reasoner, where it has that ability.
    """

    me: str
    habits: Habits
    orders: Sequence[int]
    outcomes: OutcomeReasoner | None
    ties: TieReasoner | None

    @classmethod
    def by(cls, me: str, habits: Habits, orders: Sequence[int], reasoner: Reasoner) -> LooksBack:
        """The same with whatever the reasoner can do, which is asked for once."""
        return cls(
            me,
            habits,
            orders,
            reasoner if isinstance(reasoner, OutcomeReasoner) else None,
            reasoner if isinstance(reasoner, TieReasoner) else None,
        )

    def seen(
        self, situation: Situation, partner: str, record: PartnerMemory, step: int, problems: Problems
    ) -> LookBack:
        """What a partner looks back at.

        Args:
            situation: what all players see.
            partner: its name.
            record: what is remembered of it.
            step: number of the observer's decision.
            problems: takes what the reasoner said that is no distribution.
        """
        mine = situation.actions.get(self.me, ())
        known = self._known(record)
        fresh = record.get("counted", step - 1) == step - 1
        own, other = known["last"] if fresh else (None, None)
        found: LookBack = {
            "own": own,
            "other": other,
            "other_index": mine.index(other) if other in mine else None,
        }
        if (
            self.outcomes is not None
            and own is not None
            and other is not None
            and len(situation.actions) == 2
        ):
            found["outcome"] = self.outcomes.outcome(situation, partner, {partner: own, self.me: other})
        if self.ties is not None and (situation.at_once or partner not in situation.later(self.me)):
            there = situation.as_seen_by(partner) if partner in situation.moved else situation
            found["further"] = self._further(self.ties, there, partner, problems)
        return found

    def _further(
        self, ties: TieReasoner, situation: Situation, partner: str, problems: Problems
    ) -> list[dict[str, float]]:
        """What the partner would do at each order with ties broken otherwise; uniform where that is none."""
        policies, legal = ties.with_other_ties(situation, partner, self.orders), situation.legal(partner)
        if is_ours(ties):
            return [dict(policy) for policy in policies]
        of, found = f"the policy with other ties of {type(ties).__name__}", []
        for policy in policies:
            try:
                found.append(dict(check_policy(policy, legal, f"{of} for {partner!r}", of)))
            except DistributionError as error:  # there are as many in every decision
                problems.failed(f"{partner} with other ties", error)
                found.append(dict.fromkeys(legal, 1.0 / len(legal)))
        return found

    def policy(self, situation: Situation, partner: str, record: PartnerMemory, seen: LookBack) -> Policy:
        """What a partner of habits does."""
        return self.habits.predict(self._known(record), situation.actions[partner], seen)

    def _known(self, record: PartnerMemory) -> HabitMemory:
        return record.get("habits") or self.habits.new()


@dataclass(frozen=True, slots=True)
class Behaving:
    """How partners act under the hypotheses that are no orders.

    Attributes:
        behaviours: name -> how such a partner acts, as the hypothesis says.
        habitual: the hypothesis of habits; None where it is none.
        looks: who says what partners of habits look back at; None likewise.
    """

    behaviours: Mapping[str, Behaviour]
    habitual: str | None
    looks: LooksBack | None

    @classmethod
    def by(cls, me: str, beliefs: Beliefs, reasoner: Reasoner) -> Behaving:
        """The same of some beliefs and a reasoner."""
        behaviours = {h.name: h.behaviour for h in beliefs.hypotheses if h.behaviour is not None}
        looks = None
        if beliefs.habits is not None:
            looks = LooksBack.by(me, beliefs.habits, beliefs.orders, reasoner)
        return cls(behaviours, beliefs.habitual, looks)

    def of(
        self, situation: Situation, records: Mapping[str, PartnerMemory], step: int, problems: Problems
    ) -> tuple[Mapping[str, Behaviour], Mapping[str, LookBack]]:
        """Name -> how such a partner acts in one decision; and partner -> what it then looks back at.

        Args:
            situation: what all players see.
            records: partner -> what is remembered of it.
            step: number of the observer's decision.
            problems: takes what failed.
        """
        looks, habitual = self.looks, self.habitual
        if looks is None or habitual is None:
            return self.behaviours, {}
        seen = {
            partner: looks.seen(situation, partner, record, step, problems)
            for partner, record in records.items()
        }

        def by_habit(situation: Situation, partner: str) -> Policy:
            return looks.policy(situation, partner, records[partner], seen[partner])

        return {**self.behaviours, habitual: by_habit}, seen
