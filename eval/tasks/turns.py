"""The same games with players who act one after the other, and see what was done before them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from atom import Reasoner, Situation, TabularReasoner
from atom.reasoning.tables import taking_turns
from eval.tasks.around import TaskAround
from eval.tasks.base import State, in_two_parts
from eval.tasks.tabular import TabularTask

_AT_ONCE = re.compile(r"(, both| and act)? at the same time")
"""How the rules of this project's tasks say what does not hold here."""


@dataclass(frozen=True)
class InTurn(TaskAround):
    """``task``, in every step of which the players act in the order of their seats.

    The step ends as if all had acted at once: moves, collisions and payoffs are those of the task.
    """

    @property
    def name(self) -> str:
        return f"in-turn:{self.task.name}"

    @cached_property
    def _turns(self) -> tuple[tuple[str, ...], ...]:
        return tuple((player,) for player in self.players)

    @cached_property
    def _reasoner(self) -> Reasoner:
        if isinstance(self.task, TabularTask):
            return TabularReasoner(taking_turns(self.task.model), epsilon=self.task.reasoner().epsilon)
        return self.task.reasoner()

    def situation(self, state: State) -> Situation:
        """What the first player sees; ``after`` says what the others see."""
        return replace(self.task.situation(state), turns=self._turns)

    def reasoner(self) -> Reasoner:
        """How a player of any order acts who sees those before it, and plans over those after it."""
        return self._reasoner

    def describe(self, state: State) -> str:
        """The rules of the task, and who acts when."""
        order = ", then ".join(self.players)
        rules, empty, now = _AT_ONCE.sub("", self.task.describe(state)).rpartition("\n\n")
        said = f"In every step {order}: whoever acts later sees what was done."
        return in_two_parts(f"{rules}\n{said}", now) if empty else f"{now}\n{said}"
