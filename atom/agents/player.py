"""What a player is, and the players that predict nobody or one fixed kind of partner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, TypeAlias

from atom.agents.actors import Agent, as_actor
from atom.decision import Decision, Prediction
from atom.errors import LLMError
from atom.randomness import LazyGenerator, Uniform, draw
from atom.reasoning.reasoner import (
    AsyncReasoner,
    DecisionReasoner,
    ImmediateReasoner,
    Reasoner,
    apolicy,
)
from atom.situation import JointAction, Policy, Situation
from atom.usage import Meter, metered

Memory: TypeAlias = dict[str, Any]
"""A player's memory: JSON-serialisable data, never modified in place."""

OnError: TypeAlias = Literal["degrade", "raise"]

VERSION = 1


class Player(Protocol):
    """Whoever can take a seat: agents and partners alike."""

    @property
    def me(self) -> str:
        """The name by which situations know this player."""
        ...

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode; ``episode`` keys the random numbers."""
        ...

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action for this situation."""
        ...

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        ...

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """Memory after the others' actions were seen."""
        ...


class FixedOrderAgent:
    """Acts at one ToM order for ever (paper, Table 1).

    Args:
        me: this player's name in situations.
        reasoner: says how a player of any order acts.
        order: the ToM order to act at, >= 0.
        seed: seed of the random numbers, used where the policy is not certain.
        on_error: whether a model that fails degrades the decision (ToM-0, then a uniformly random
            action) or raises its ``LLMError``.
    """

    def __init__(
        self, me: str, reasoner: Reasoner, order: int, *, seed: int = 0, on_error: OnError = "degrade"
    ) -> None:
        if order < 0:
            raise ValueError(f"a theory-of-mind order is an integer >= 0, got {order}")
        self.me = me
        self.order = order
        self._reasoner = reasoner
        self._per_decision = reasoner if isinstance(reasoner, DecisionReasoner) else None
        self._awaited = isinstance(reasoner, AsyncReasoner) and not isinstance(reasoner, ImmediateReasoner)
        self._seed = seed
        self._on_error = check_on_error(on_error)

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode."""
        return {"version": VERSION, "episode": episode, "step": 0}

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action drawn from ``policy(me, order)``."""
        with metered(Meter()) as meter:
            reasoner = self._for_decision()
            problems: list[str] = []
            policy: Policy | None = None
            for order in dict.fromkeys((self.order, 0)):
                try:
                    policy = reasoner.policy(situation, self.me, order)
                    break
                except LLMError as error:
                    self._note(problems, order, error)
            return self._decided(situation, memory, policy, problems, meter)

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        with metered(Meter()) as meter:
            reasoner = self._for_decision()
            problems: list[str] = []
            policy: Policy | None = None
            for order in dict.fromkeys((self.order, 0)):
                try:
                    if self._awaited:
                        policy = await apolicy(reasoner, situation, self.me, order)
                    else:
                        policy = reasoner.policy(situation, self.me, order)
                    break
                except LLMError as error:
                    self._note(problems, order, error)
            return self._decided(situation, memory, policy, problems, meter)

    def _for_decision(self) -> Reasoner:
        return self._reasoner if self._per_decision is None else self._per_decision.for_decision()

    def _note(self, problems: list[str], order: int, error: LLMError) -> None:
        if self._on_error == "raise":
            raise error
        problems.append(f"acting at order {order}: {error}")

    def _decided(
        self, situation: Situation, memory: Memory, policy: Policy | None, problems: list[str], meter: Meter
    ) -> tuple[Decision, Memory]:
        rng = LazyGenerator(self._seed, memory["episode"], memory["step"], self.me)
        action = last_resort(situation, self.me, rng, problems) if policy is None else draw(policy, rng)
        decision = Decision(
            self.me,
            situation.check_action(self.me, action),
            self.order,
            usage=meter.usage() if meter.touched else None,
            degraded=tuple(problems),
        )
        return decision, {**memory, "step": memory["step"] + 1}

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """The memory as it is: this agent learns nothing."""
        return memory


class PlainAgent:
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

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode."""
        return {"version": VERSION, "episode": episode, "step": 0}

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The agent's action."""
        with metered(Meter()) as meter:
            try:
                action: str | LLMError = self._agent(situation, Prediction(0, {}))
            except LLMError as error:
                action = error
            return self._decided(situation, memory, action, meter)

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        with metered(Meter()) as meter:
            try:
                action: str | LLMError = await self._agent.aact(situation, Prediction(0, {}))
            except LLMError as error:
                action = error
            return self._decided(situation, memory, action, meter)

    def _decided(
        self, situation: Situation, memory: Memory, action: str | LLMError, meter: Meter
    ) -> tuple[Decision, Memory]:
        problems: list[str] = []
        if isinstance(action, LLMError):
            if self._on_error == "raise":
                raise action
            problems.append(f"the agent: {action}")
            rng = LazyGenerator(self._seed, memory["episode"], memory["step"], self.me)
            action = last_resort(situation, self.me, rng, problems)
        decision = Decision(
            self.me,
            situation.check_action(self.me, action),
            usage=meter.usage() if meter.touched else None,
            degraded=tuple(problems),
        )
        return decision, {**memory, "step": memory["step"] + 1}

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """The memory as it is: this agent learns nothing."""
        return memory


def last_resort(situation: Situation, me: str, rng: Uniform, problems: list[str]) -> str:
    """A uniformly random legal action, for when nobody can say what to do; adds that to ``problems``."""
    problems.append("the action was drawn uniformly from the legal ones")
    legal = situation.legal(me)
    return legal[int(rng.random() * len(legal))]


def check_on_error(on_error: OnError) -> OnError:
    """``on_error`` itself.

    Raises:
        ValueError: it is neither ``"degrade"`` nor ``"raise"``.
    """
    if on_error not in ("degrade", "raise"):
        raise ValueError(f"on_error must be 'degrade' or 'raise', got {on_error!r}")
    return on_error
