"""What a player is: whoever can take a seat, agents and partners alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from atom.belief.beliefs import Beliefs
from atom.decision import Decision
from atom.memories import Memory, opening
from atom.names import Declared
from atom.situation import JointAction, Situation


class Player(Protocol):
    """Whoever can take a seat.

    Settings live in the object, all memory in plain data that is handed in and out, so that one object
    serves any number of threads, graphs and episodes.
    """

    @property
    def me(self) -> str:
        """The name by which situations know this player."""
        ...

    @property
    def beliefs(self) -> Beliefs | None:
        """What it believes of partners by, and its memory is then a ``PlayerMemory``; None for no beliefs."""
        ...

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode.

        Args:
            partners: their names; further ones may join.
            episode: number of the episode, keys the random numbers.
        """
        ...

    def hear(self, memory: Memory, declared: Mapping[str, Declared]) -> Memory:
        """Memory after declarations were heard of; the same where nobody believes them.

        Args:
            memory: the memory before.
            declared: player -> declared ToM order, >= 0; one's own is passed over.
        """
        ...

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action for this situation, and the memory after it."""
        ...

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``, awaited."""
        ...

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """Memory after the others' actions were seen.

        Args:
            memory: as ``decide`` returned it.
            situation: the one that the actions were taken in; None for that of the last decision.
            actions: player -> action.
        """
        ...


class StaticPlayer(ABC):
    """Base of players that keep no beliefs, hear no declarations and learn nothing: ``decide`` is missing.

    Attributes:
        me: the name by which situations know this player.
    """

    me: str

    @property
    def beliefs(self) -> Beliefs | None:
        """None: it believes nothing."""
        return None

    def start(self, partners: Sequence[str], *, episode: int = 0) -> Memory:
        """Memory at the beginning of an episode: its number, and that of the next step."""
        return opening(episode)

    def hear(self, memory: Memory, declared: Mapping[str, Declared]) -> Memory:
        """The memory as it is."""
        return memory

    @abstractmethod
    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """An action for this situation, and the memory after it."""

    async def adecide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The same as ``decide``."""
        return self.decide(situation, memory)

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """The memory as it is."""
        return memory
