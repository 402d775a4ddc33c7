"""What a partner is: a player that says how it behaves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from atom.agents.player import Memory, Player
from atom.decision import Decision
from atom.randomness import generator
from atom.situation import JointAction, Situation


@dataclass(frozen=True, slots=True)
class Traits:
    """How a partner behaves, as data.

    Attributes:
        stochastic: whether it draws random numbers.
        adaptive: whether what others did to it changes its way of playing (a fixed-order player
            answers the situation, but always in the same way).
        order: its ToM order, where it has one.
    """

    stochastic: bool
    adaptive: bool
    order: int | None = None


@runtime_checkable
class Partner(Player, Protocol):
    """A player with declared traits."""

    @property
    def traits(self) -> Traits: ...


class SimplePartner(ABC):
    """Base of partners that choose by the situation and a little memory, and predict nobody.

    Args:
        me: this player's name in situations.
        seed: seed of the random numbers, >= 0.
    """

    traits: Traits

    def __init__(self, me: str, *, seed: int = 0) -> None:
        self.me = me
        self._seed = seed

    @abstractmethod
    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """A legal action and the memory after it (``memory`` is not modified)."""

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode."""
        return {"episode": episode, "step": 0}

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The chosen action."""
        rng = generator(self._seed, memory["episode"], memory["step"], self.me)
        action, memory = self.choose(situation, memory, rng)
        decision = Decision(self.me, situation.check_action(self.me, action))
        return decision, {**memory, "step": memory["step"] + 1}

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``."""
        return self.decide(situation, memory)

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """The memory as it is."""
        return memory
