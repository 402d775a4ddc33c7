"""Whoever can take a seat: the protocol of all players, and the one that never adapts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from atom.randomness import draw, generator
from atom.reasoning import Reasoner, apolicy
from atom.situation import Decision, JointAction, Policy, Situation

Memory: TypeAlias = dict[str, Any]
"""A player's memory: JSON-serialisable data, never modified in place."""


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
    """

    def __init__(self, me: str, reasoner: Reasoner, order: int, *, seed: int = 0) -> None:
        if order < 0:
            raise ValueError(f"a theory-of-mind order is an integer >= 0, got {order}")
        self.me = me
        self.order = order
        self._reasoner = reasoner
        self._seed = seed

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode."""
        return {"episode": episode, "step": 0}

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action drawn from ``policy(me, order)``."""
        return self._decided(situation, memory, self._reasoner.policy(situation, self.me, self.order))

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        policy = await apolicy(self._reasoner, situation, self.me, self.order)
        return self._decided(situation, memory, policy)

    def _decided(self, situation: Situation, memory: Memory, policy: Policy) -> tuple[Decision, Memory]:
        rng = generator(self._seed, memory["episode"], memory["step"], self.me)
        action = situation.check_action(self.me, draw(policy, rng))
        return Decision(self.me, action, self.order), {**memory, "step": memory["step"] + 1}

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """The memory as it is: this agent learns nothing."""
        return memory
