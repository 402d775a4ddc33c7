"""What a partner is: a player of a name, with declared traits; and what players of our own derive from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from atom import Decision, Memory, Player, Reasoner, Situation, StaticPlayer
from atom.randomness import RandomStream

PAPER = "Mu et al. 2026"
OWN = "this project"

Plays: TypeAlias = Literal["all", "2x2", "3x3", "tables", "kitchens", "matrices", "pairs"]
"""The tasks that a partner plays: all, those on tables (grids and kitchens), kitchens, normal-form games, or
those of them with two players and two actions each, three actions each on a circle, or (pairs) the same
actions each."""


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
class Declared(Protocol):
    """A class, or a function, that says how the partners behave that it makes."""

    traits: Traits


@dataclass(frozen=True, slots=True)
class PartnerKind:
    """What is known of a partner before it is made; ``partners.registry.partner`` makes one.

    Attributes:
        name: as given on the command line.
        summary: what it does.
        source: where it comes from.
        traits: those of a partner with the default argument.
        build: ``build(argument, me, reasoner, seed)``.
        argument: the form of the argument after the colon; empty for partners that take none.
        default: the argument where none is given.
        needs: the extra that it needs.
        plays: the tasks that it plays.
        varies: traits by the argument, for partners whose traits depend on it.
    """

    name: str
    summary: str
    source: str
    traits: Traits
    build: Callable[[str, str, Reasoner, int], Player]
    argument: str = ""
    default: str = ""
    needs: str = ""
    plays: Plays = "all"
    varies: Callable[[str], Traits] | None = None


class StaticPartner(StaticPlayer):
    """Base of partners that are players of their own: they hold no belief and hear no declaration.

    Args:
        me: this player's name in situations.
        seed: seed of the random numbers, >= 0.
    """

    def __init__(self, me: str, *, seed: int = 0) -> None:
        self.me = me
        self._seed = seed

    @property
    def seed(self) -> int:
        """The seed of its random numbers."""
        return self._seed


class SimplePartner(StaticPartner):
    """Base of partners that choose by the situation and a little memory, and predict nobody.

    A class of another package declares its ``traits``.

    Args:
        me: this player's name in situations.
        seed: seed of the random numbers, >= 0.
    """

    @abstractmethod
    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """A legal action and the memory after it (``memory`` is not modified)."""

    def decide(self, situation: Situation, memory: Memory) -> tuple[Decision, Memory]:
        """The chosen action.

        Raises:
            IllegalActionError: it is not legal.
        """
        rng = RandomStream(self._seed, memory["episode"], memory["step"], self.me)
        action, memory = self.choose(situation, memory, rng)
        decision = Decision(self.me, situation.check_action(self.me, action))
        return decision, {**memory, "step": memory["step"] + 1}
