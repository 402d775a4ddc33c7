"""The adaptive agent: observe, believe, ask, act, as pure functions of a memory.

``decide`` predicts every partner under every hypothesis, estimates which one holds, and acts at an order
that fits; ``observe`` re-weighs the hypotheses by what the partners then did. The whole loop stands in this
file. It is written once, as a coroutine that never suspends for synchronous callers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Unpack

from atom.agents.act import LastStep
from atom.agents.actors import Agent, as_actor
from atom.agents.ask import Ask, AskAwaiting, AskNow, Pair, by_hypothesis, questions
from atom.agents.briefing import deciding
from atom.agents.choosing import (
    Plan,
    among,
    counted_on,
    estimated,
    own_questions,
    paying,
    planned,
    predictions,
)
from atom.agents.looking_back import Behaving
from atom.agents.observing import after, counted_now, is_waiting, put_by
from atom.agents.partners import partners_of
from atom.agents.payoffs import known_best, known_payoffs
from atom.agents.problems import Problems
from atom.agents.pruning import affordable
from atom.agents.settings import Acting, Settings, Spending, answerable, grouped
from atom.agents.turns import AskInTurn, Named, answers_to, in_turn, replying, seen_by_now
from atom.agents.unseen import Unseen, asking
from atom.belief.beliefs import Assessment, Beliefs
from atom.belief.learners import Learner
from atom.belief.partner import expecting
from atom.coroutines import finish
from atom.decision import Decision, Prediction
from atom.errors import SituationError
from atom.memories import LookBack, Memory, PartnerMemory, PlayerMemory, as_plain
from atom.names import Declared
from atom.observation import Observed, each
from atom.policies import Policy
from atom.randomness import RandomStream, Uniform
from atom.reasoning.reasoner import ImmediateReasoner, Reasoner, check_responder
from atom.situation import Situation, check_legal
from atom.usage import Meter, metered

_NOTHING: Mapping[str, Policy] = {}


class AdaptiveAgent:
    """Estimates what each partner is, its ToM order above all, and acts at an order that fits (paper, A-ToM).

    Orders are aligned when they differ by one. Partners whose estimates no single order fits are answered
    by the best response to all their predicted policies at once; so is a partner that is no order. One of
    habits, or that nothing explains, is predicted over all hypotheses and lapse rates.

    Args:
        me: this player's name in situations.
        reasoner: says how a player of any order acts.
        learner: belief over the hypotheses about a partner; each partner has its own.
        agent: wrapped agent that takes the last step: a callable, a chat model, a compiled graph, or the
            name of a model, see ``as_actor``. None lets the reasoner act.
        beliefs: hypotheses, learner, contract and changes, in one value.
        acting: selection, response, gate, payoffs and on_error, in one value.
        spending: prune and budget, in one value.
        seed: seed of the random numbers, >= 0.
        settings: the same one by one, such as ``orders=(0, 1)`` or ``response="above"``; each belongs to
            one of the three values and is explained there.

    Raises:
        BeliefError: orders that are not ascending integers >= 0, or other settings of beliefs that do
            not fit each other.
        ContractError: a contract that these orders cannot test, or that aligns this agent with nobody.
        SituationError: hypotheses that are no orders, and a reasoner that cannot respond to them.
        TypeError: an unknown setting, or one that is said twice.
        ValueError: an unknown selection, response, gate or on_error, or a gate without payoffs.

    Example:
        >>> from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs
        >>> ann = AdaptiveAgent("ann", NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]])))
        >>> situation = Situation(actions={"ann": ("A", "B"), "ben": ("A", "B")})
        >>> decision, memory = ann.decide(situation, ann.start(["ben"]))
        >>> memory = ann.observe(memory, situation, {"ben": "A"})
        >>> decision, memory = ann.decide(situation, memory)
        >>> max(decision.posterior["ben"].items(), key=lambda item: item[1])[0]  # A is what ToM-1 does
        1
    """

    def __init__(
        self,
        me: str,
        reasoner: Reasoner,
        learner: Learner | None = None,
        agent: Agent | None = None,
        *,
        beliefs: Beliefs | None = None,
        acting: Acting | None = None,
        spending: Spending | None = None,
        seed: int = 0,
        **settings: Unpack[Settings],
    ) -> None:
        self.me, self.reasoner, self.wraps = me, reasoner, agent is not None
        self.beliefs, self.acting, self.spending = grouped(beliefs, acting, spending, learner, settings)
        self.beliefs = answerable(self.beliefs, reasoner, wrapped=agent is not None)
        self.seed = seed
        if self.beliefs.contract is not None:
            self.beliefs.contract.opening(me, self.beliefs.names)  # one that does not fit is refused now
        self._immediate = isinstance(reasoner, ImmediateReasoner)
        self._now = AskNow(reasoner, raises=self.acting.on_error == "raise")
        self._awaiting = AskAwaiting(reasoner)
        if self.beliefs.names != tuple(map(str, self.orders)) and agent is None:
            check_responder(reasoner, "hypotheses that are no orders")
        self._behaving = Behaving.by(me, self.beliefs, reasoner)
        gate = self.acting.gate
        needed = "" if gate == "off" else f"gate={gate!r}"
        self._payoffs = payoffs = known_payoffs(self.acting.payoffs, reasoner, needed=needed)
        self._best = known_best(payoffs, reasoner)
        actor = None if agent is None else as_actor(me, agent)
        self._act = LastStep.of(me, actor, gate, payoffs, reasoner)

    @property
    def orders(self) -> tuple[int, ...]:
        """The hypotheses about a partner that are ToM orders."""
        return self.beliefs.orders

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode; partners not named join when a situation shows them."""
        return as_plain(self.beliefs.start(self.me, partners, episode))

    def hear(self, memory: Memory, declared: Mapping[str, Declared]) -> Memory:
        """Memory after declarations were heard of; the same without a contract."""
        others = {player: order for player, order in declared.items() if player != self.me}
        if self.beliefs.contract is None or not others:
            return memory
        return as_plain(self.beliefs.hear(self.beliefs.typed(memory, self.me), others))

    def posterior(self, memory: Memory, partner: str) -> dict[int, float]:
        """Order -> probability, as this player believes it of ``partner`` now.

        Raises:
            BeliefError: as ``decide``.
        """
        record = self.beliefs.record(self.beliefs.typed(memory, self.me), partner, self.me)
        by_name = self.beliefs.probabilities(record)
        return {order: by_name[str(order)] for order in self.orders}

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action, and the memory that waits for the partners' actions.

        Raises:
            SituationError: this player or every partner is missing from the situation.
            IllegalActionError: the wrapped agent's action is not legal.
            BeliefError: the memory was made with other hypotheses, another learner or another version.
            LLMError, DistributionError: a model failed, or a policy is none, with ``on_error="raise"``.
        """
        typed = self.beliefs.typed(memory, self.me)
        with deciding(self.me), metered(self.spending.meter(typed)) as meter:
            return finish(self._decide(situation, typed, self._now.for_decision(), meter))

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``; hypotheses that do not depend on each other are awaited at once."""
        typed = self.beliefs.typed(memory, self.me)
        with deciding(self.me), metered(self.spending.meter(typed)) as meter:
            return await self._decide(situation, typed, self._awaiting.for_decision(), meter)

    async def _decide(
        self, situation: Situation, memory: PlayerMemory, ask: Ask, meter: Meter
    ) -> tuple[Decision, Memory]:
        rng = RandomStream(self.seed, memory["episode"], memory["step"], self.me)
        problems = Problems(self.acting.on_error)
        ask, situation, unseen = asking(ask, situation, self.me, self._payoffs)
        partners = partners_of(self.beliefs, situation, memory, self.me)
        records = {partner: self.beliefs.record(memory, partner, self.me) for partner in partners}
        problems.recall(records)
        assessed = {partner: self.beliefs.assess(record) for partner, record in records.items()}
        habitual = self.beliefs.habitual
        estimates = estimated(assessed, records, self.acting.selection, rng, habitual)
        wanted = self._wanted(situation, memory, assessed, estimates, meter, problems)
        planning = self._planning(memory, assessed, rng)
        # whom to answer is known before anything is predicted, so all questions are asked at once
        plan = in_turn(planning(among(wanted, estimates, assessed)), self.me, situation)
        answers = await ask.policies(situation, [*questions(wanted), *self._mine(plan)])
        problems.check(answers.failed.values())
        behaviours, seen = unseen.behaving(*self._behaving.of(situation, records, memory["step"], problems))
        policies = by_hypothesis(situation, wanted, answers, behaviours, problems)
        if any(e not in policies.get(p, ()) for p, e in plan.estimates.items()):
            plan = in_turn(planning(among(policies, estimates, assessed)), self.me, situation)
            answers.add(await ask.policies(situation, self._mine(plan)))
        expects = partial(answers.expected_of, self.me)
        told = predictions(plan, assessed, policies, situation.actions, expects)
        predicted = unseen.seen_through(situation, counted_on(seen_by_now(situation, told), rng))
        if self._best is not None and self.acting.response == "nearest" and not unseen.hides:
            plan = paying(plan, self.me, situation, predicted, answers.policies, self._best, problems)
        prediction = Prediction(plan.order, predicted)
        taken = await self._act.take(
            situation, prediction, aligned=plan.aligned, answers=answers, ask=ask, rng=rng, problems=problems,
            unseen=unseen,
        )  # fmt: skip
        check_legal(self.me, taken.action, situation.actions[self.me])
        if not situation.at_once:
            mine, named = (self.me, taken.action), Named(behaviours, habitual, problems)
            policies = await answers_to(ask, mine, situation, wanted, policies, named, asks=self._immediate)
            prediction = replace(prediction, partners=replying(predicted, policies))
        usage, said = meter.usage() if meter.touched else None, tuple(problems.said)
        decision = Decision(
            self.me, taken.action, plan.order, prediction.partners, usage, said, taken.gap, taken.overruled
        )
        after = self._after(situation, memory, records, decision, policies, seen, meter)
        after["partners"] = unseen.remembered(situation, after["partners"])
        if situation.moved:
            watches = self.spending.prune is not None
            after = counted_now(self.beliefs, after, self.me, situation.moved, watches=watches)
        if self.spending.prune is not None and all(
            partner in policies and wanted.get(partner) == self.beliefs.names for partner in records
        ):
            after["checked"] = memory["step"]
        return decision, as_plain(after)

    def _planning(
        self, memory: PlayerMemory, assessed: Mapping[str, Assessment], rng: Uniform
    ) -> Callable[[Mapping[str, str]], Plan]:
        """Estimates -> how to answer partners of them."""
        return partial(
            planned,
            assessed=assessed,
            declares=memory.get("declares"),
            current=memory["order"],
            response=self.acting.response,
            rng=rng,
            responds=self._act.responds or self._act.actor is not None,
            habitual=self.beliefs.habitual,
        )

    def _wanted(
        self,
        situation: Situation,
        memory: PlayerMemory,
        assessed: Mapping[str, Assessment],
        estimates: Mapping[str, str],
        meter: Meter,
        problems: Problems,
    ) -> Mapping[str, tuple[str, ...]]:
        """Partner -> hypotheses to evaluate: all of them, or those that pay."""
        wanted = dict.fromkeys(assessed, self.beliefs.names)
        beliefs = {partner: belief.probabilities for partner, belief in assessed.items()}
        prune = self.spending.prune
        if prune is not None and not prune.due(memory["step"], memory.get("checked")):
            wanted = {p: prune.keep(beliefs[p], estimates[p], self.beliefs.habitual) for p in beliefs}
        if meter.budget is not None:
            calls = meter.budget.affordable_calls(meter.before)
            players, wrapped = list(situation.actions), self._act.actor is not None
            moved = situation.moved
            wanted, step = affordable(calls, players, self.me, wanted, beliefs, moved, wrapped=wrapped)
            if step:
                problems.say(step)
        return wanted

    def _mine(self, plan: Plan) -> list[Pair]:
        return own_questions(plan, self.me, is_told=self._act.is_told, responds=self._act.responds)

    def _after(
        self,
        situation: Situation,
        memory: PlayerMemory,
        records: Mapping[str, PartnerMemory],
        decision: Decision,
        policies: Mapping[str, Mapping[str, Policy]],
        seen: Mapping[str, LookBack],
        meter: Meter,
    ) -> PlayerMemory:
        """The memory after a decision, which waits for the partners' actions."""
        late = self.beliefs.late
        partners = {
            name: record if name in records else put_by(record, memory, late)
            for name, record in memory["partners"].items()
        }
        for partner, record in records.items():
            predicted = decision.partners.get(partner)
            estimate = record["estimate"] if predicted is None else predicted.hypothesis
            found = policies.get(partner, _NOTHING)
            legal = situation.actions[partner]
            waiting = put_by(record, memory, late)
            partners[partner] = expecting(waiting, estimate, legal, found, seen.get(partner))
        order = decision.order if decision.partners and decision.order is not None else memory["order"]
        after: PlayerMemory = {**memory, "step": memory["step"] + 1, "order": order, "partners": partners}
        if self.beliefs.habits is not None:
            after["acted"] = decision.action
        if meter.budget is not None and meter.budget.per == "episode":
            after["spent"] = (meter.before + meter.usage()).as_plain()
        return after

    def observe(self, memory: Memory, situation: Situation | None, actions: Observed) -> Memory:
        """Memory after the partners' actions were seen.

        The actions are judged by the predictions that the last decision made, those that were seen late
        (``Seen(..., step=)``) by those of their own step. Only without a decision to wait for is
        ``situation``, the one that the actions were taken in, asked for.

        Args:
            memory: as ``decide`` or this method returned it.
            situation: see above.
            actions: player -> action, or a list of these; see ``Seen`` for what was seen late or unclearly. A
                partner left out was not seen, and its belief stays.

        Raises:
            SituationError: an action of somebody unknown, or of a step whose prediction is not kept; neither
                decision nor situation.
            IllegalActionError: an action that the partner did not have.
            BeliefError: as ``decide``.
        """
        typed = self.beliefs.typed(memory, self.me)
        if not is_waiting(typed, actions):
            typed = self._expecting(typed, situation, [name for name, _ in each(actions)])
        watches = self.spending.prune is not None
        found, surprised = after(self.beliefs, typed, self.me, actions, watches=watches)
        if surprised:
            found["checked"] = None
        return as_plain(found)

    def _expecting(
        self, memory: PlayerMemory, situation: Situation | None, actions: Sequence[str]
    ) -> PlayerMemory:
        """The memory as a decision in ``situation`` would have left it, of those who acted."""
        if situation is None:
            raise SituationError(
                f"{self.me!r} has not decided since its last observation; pass the situation that "
                "the observed actions were taken in"
            )
        wanted = {
            name: self.beliefs.names for name in situation.actions if name != self.me and name in actions
        }
        situation, unseen = situation.known_to(self.me), Unseen(self._now.for_decision())
        answers = finish(AskInTurn(unseen).policies(situation, questions(wanted)))
        records = {partner: self.beliefs.record(memory, partner, self.me) for partner in wanted}
        problems = Problems(self.acting.on_error)
        behaviours, seen = unseen.behaving(*self._behaving.of(situation, records, memory["step"], problems))
        policies = by_hypothesis(situation, wanted, answers, behaviours, problems)
        partners = dict(memory["partners"])
        for partner, record in records.items():
            legal, found = situation.actions[partner], policies.get(partner, _NOTHING)
            partners[partner] = expecting(record, record["estimate"], legal, found, seen.get(partner))
        return {**memory, "partners": unseen.remembered(situation, partners)}
