"""Players that predict nobody: one ToM order for ever, and a wrapped agent on its own."""

from __future__ import annotations

from collections.abc import Mapping

from atom.agents.act import last_resort
from atom.agents.actors import Agent, as_actor
from atom.agents.ask import Ask, AskAwaiting, AskNow
from atom.agents.briefing import deciding, take_reply
from atom.agents.player import StaticPlayer
from atom.agents.problems import Problems
from atom.agents.settings import OnError, check_on_error
from atom.coroutines import finish
from atom.decision import Decision, Prediction
from atom.errors import LLMError
from atom.memories import Memory
from atom.randomness import RandomStream, draw
from atom.reasoning.reasoner import Reasoner
from atom.situation import Situation
from atom.usage import Meter, metered


class FixedOrderAgent(StaticPlayer):
    """Acts at one ToM order for ever (paper, Table 1).

    Args:
        me: this player's name in situations.
        reasoner: says how a player of any order acts.
        order: the ToM order to act at, >= 0.
        seed: seed of the random numbers, used where the policy is not certain.
        on_error: whether a model that fails degrades the decision (ToM-0, then a uniformly random
            action) or raises its ``LLMError``.

    Raises:
        ValueError: a negative order, or an unknown on_error.
    """

    def __init__(
        self, me: str, reasoner: Reasoner, order: int, *, seed: int = 0, on_error: OnError = "degrade"
    ) -> None:
        if not isinstance(order, int) or order < 0:
            raise ValueError(f"a theory-of-mind order is an integer >= 0, got {order}")
        self.me = me
        self.order = order
        self.reasoner = reasoner
        self.seed = seed
        self._now = AskNow(reasoner)
        self._awaiting = AskAwaiting(reasoner)
        self._on_error = check_on_error(on_error)

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action drawn from ``policy(me, order)``."""
        with metered(Meter()) as meter:
            return finish(self._decide(situation, memory, self._now.for_decision(), meter))

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        with metered(Meter()) as meter:
            return await self._decide(situation, memory, self._awaiting.for_decision(), meter)

    async def _decide(
        self, situation: Situation, memory: Memory, ask: Ask, meter: Meter
    ) -> tuple[Decision, Memory]:
        problems = Problems(self._on_error)
        rng = RandomStream(self.seed, memory["episode"], memory["step"], self.me)
        for order in dict.fromkeys((self.order, 0)):
            answers = await ask.policies(situation, [(self.me, order)])
            for error in answers.failed.values():
                problems.failed(f"acting at order {order}", error)
            for policy in answers.policies.values():
                return _decided(self.me, situation, memory, draw(policy, rng), self.order, problems, meter)
        action = last_resort(situation, self.me, rng, problems)
        return _decided(self.me, situation, memory, action, self.order, problems, meter)


class BareAgent(StaticPlayer):
    """A wrapped agent on its own: it is told the situation and no prediction.

    Args:
        me: this player's name in situations.
        agent: who acts: a callable, a chat model, a graph or the name of a model.
        seed: seed of the random numbers, used only where the agent's model failed.
        on_error: whether a model that fails degrades the decision to a uniformly random action or
            raises its ``LLMError``.
    """

    def __init__(self, me: str, agent: Agent, *, seed: int = 0, on_error: OnError = "degrade") -> None:
        self.me = me
        self._agent = as_actor(me, agent)
        self._seed = seed
        self._on_error = check_on_error(on_error)

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The agent's action."""
        with deciding(self.me), metered(Meter()) as meter:
            problems = Problems(self._on_error)
            try:
                action = self._agent(situation, Prediction(0, {}))
            except LLMError as error:
                action = self._instead(situation, memory, problems, error)
            return _decided(self.me, situation, memory, action, None, problems, meter)

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        with deciding(self.me), metered(Meter()) as meter:
            problems = Problems(self._on_error)
            try:
                action = await self._agent.aact(situation, Prediction(0, {}))
            except LLMError as error:
                action = self._instead(situation, memory, problems, error)
            return _decided(self.me, situation, memory, action, None, problems, meter)

    def _instead(
        self, situation: Situation, memory: Mapping[str, int], problems: Problems, error: LLMError
    ) -> str:
        take_reply()  # nobody acts on it
        problems.failed("the agent", error)
        rng = RandomStream(self._seed, memory["episode"], memory["step"], self.me)
        return last_resort(situation, self.me, rng, problems)


def _decided(
    me: str,
    situation: Situation,
    memory: Memory,
    action: str,
    order: int | None,
    problems: Problems,
    meter: Meter,
) -> tuple[Decision, Memory]:
    usage = meter.usage() if meter.touched else None
    decision = Decision(
        me, situation.check_action(me, action), order, usage=usage, degraded=tuple(problems.said)
    )
    return decision, {**memory, "step": memory["step"] + 1}
