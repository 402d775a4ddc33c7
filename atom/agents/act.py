"""The last step of a decision: the wrapped agent acts, else the reasoner, else ToM-0, else chance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from atom.agents.actors import Actor
from atom.agents.ask import Answers, Ask
from atom.agents.briefing import give_reply, take_reply
from atom.agents.gate import Gate, Gated, gated, worth_of
from atom.agents.payoffs import Payoffs
from atom.agents.problems import Problems
from atom.agents.unseen import Open, Unseen
from atom.decision import Prediction
from atom.errors import FAILURES
from atom.policies import Policy
from atom.randomness import Uniform, draw
from atom.reasoning.reasoner import DecisionReasoner, Reasoner, Responder
from atom.situation import Situation


@dataclass(frozen=True, slots=True)
class LastStep:
    """Who takes the last step of a decision.

    Attributes:
        me: the player that decides.
        actor: the wrapped agent, or None.
        gate: what to do when it acts against the best response to the prediction.
        payoffs: who knows the payoffs for that, or None.
        responds: whether the reasoner can answer what is predicted, whatever the partners' orders.
        recommends: whether the wrapped agent is to be told which action fits. One that leaves that open
            (``tell=None``) is, unless it costs a question to a model.
    """

    me: str
    actor: Actor | None
    gate: Gate
    payoffs: Payoffs | None
    responds: bool
    recommends: bool

    @classmethod
    def of(
        cls, me: str, actor: Actor | None, gate: Gate, payoffs: Payoffs | None, reasoner: Reasoner
    ) -> Self:
        """The last step of one who reasons by ``reasoner``."""
        tell = getattr(actor, "tell", "text")
        recommends = tell == "recommendation" or (tell is None and not isinstance(reasoner, DecisionReasoner))
        return cls(me, actor, gate, payoffs, isinstance(reasoner, Responder), recommends)

    @property
    def is_told(self) -> bool:
        """Whether a wrapped agent acts that asks for no recommendation, so that no own policy is needed."""
        return self.actor is not None and not self.recommends

    async def take(
        self,
        situation: Situation,
        prediction: Prediction,
        *,
        aligned: bool,
        answers: Answers,
        ask: Ask,
        rng: Uniform,
        problems: Problems,
        unseen: Open | Unseen,
    ) -> Gated:
        """The action.

        Args:
            situation: what all players see.
            prediction: what is expected of the partners, and the order to act at.
            aligned: whether that order fits all partners.
            answers: what was asked so far.
            ask: to ask for what is missing.
            rng: draws from policies that are not certain.
            problems: takes what went wrong.
            unseen: what actions are worth where players see different things.

        Raises:
            IllegalActionError: the wrapped agent's action is not legal.
            LLMError, DistributionError, ExpectedPayoffError: a model, a reasoner or payoffs failed, with
                ``on_error="raise"``.
        """
        order = prediction.order or 0
        if self.actor is not None:
            try:
                if self.recommends:
                    fits = await self._own(situation, prediction, order, answers, ask, aligned=aligned)
                    # drawn as one's own action would be, or two models that obey would never part
                    prediction = replace(prediction, recommended=draw(fits, rng))
                return await self._by_actor(self.actor, situation, prediction, ask, problems, unseen)
            except FAILURES as error:
                problems.failed("the agent", error)
        policy = answers.policies.get((self.me, order)) if aligned else None
        if policy is not None:
            return Gated(draw(policy, rng))
        try:
            policy = await self._own(situation, prediction, order, answers, ask, aligned=aligned)
        except FAILURES as error:
            problems.failed(f"acting at order {order}", error)
            if order == 0:
                return Gated(last_resort(situation, self.me, rng, problems))
            try:
                policy = await self._policy(situation, 0, Answers(), ask)
            except FAILURES as at_zero:
                problems.failed("acting at order 0", at_zero)
                return Gated(last_resort(situation, self.me, rng, problems))
        return Gated(draw(policy, rng))

    async def _by_actor(
        self,
        actor: Actor,
        situation: Situation,
        prediction: Prediction,
        ask: Ask,
        problems: Problems,
        unseen: Open | Unseen,
    ) -> Gated:
        action, reply = await self._answer(actor, situation, prediction, ask)
        replies = {action: reply}
        if self.payoffs is None:
            result = Gated(action)
        else:

            async def again(noted: Prediction) -> str | None:
                try:
                    second, further = await self._answer(actor, situation, noted, ask)
                except FAILURES as error:
                    problems.failed("the agent, asked again", error)
                    return None
                replies.setdefault(second, further)
                return second

            worth = None
            try:
                if unseen.hides:
                    worth = await unseen.worth(situation, self.me, asks=self.gate != "off")
                if worth is None and not (unseen.hides and self.gate == "off"):
                    worth = worth_of(self.payoffs, situation, self.me, prediction)
            except FAILURES as error:  # which takes nothing away from the action
                problems.failed("the gate", error)
            result = Gated(action)
            if worth is not None:
                result = await gated(self.gate, worth, prediction, action, again)
        give_reply(replies.get(result.action))
        return result

    async def _answer(
        self, actor: Actor, situation: Situation, prediction: Prediction, ask: Ask
    ) -> tuple[str, tuple[Any, ...] | None]:
        """The agent's action, and the messages that say so."""
        take_reply()
        try:
            action = await ask.act(actor, situation, prediction)
        finally:
            reply = take_reply()
        return situation.check_action(self.me, action), reply

    async def _own(
        self,
        situation: Situation,
        prediction: Prediction,
        order: int,
        answers: Answers,
        ask: Ask,
        *,
        aligned: bool,
    ) -> Policy:
        if self.responds and not aligned:
            # no single order fits the partners: answer all that is predicted of them at once
            return await ask.respond(situation, self.me, prediction.expected)
        return await self._policy(situation, order, answers, ask)

    async def _policy(self, situation: Situation, order: int, answers: Answers, ask: Ask) -> Policy:
        """One's own policy at ``order``, asked for where that was not done.

        Raises:
            LLMError, DistributionError: there is none.
        """
        mine = (self.me, order)
        if mine not in answers.policies and mine not in answers.failed:
            answers.add(await ask.policies(situation, [mine]))
        if mine in answers.failed:
            raise answers.failed[mine]
        return answers.policies[mine]


def last_resort(situation: Situation, me: str, rng: Uniform, problems: Problems) -> str:
    """A uniformly random legal action, for when nobody can say what to do; says so."""
    problems.say("the action was drawn uniformly from the legal ones")
    legal = situation.legal(me)
    return legal[int(rng.random() * len(legal))]
