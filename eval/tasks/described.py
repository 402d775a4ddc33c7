"""Tasks whose situations come with their words, for players that are language models."""

from __future__ import annotations

from dataclasses import dataclass, replace

from atom import Situation
from eval.tasks.around import TaskAround
from eval.tasks.base import State


@dataclass(frozen=True)
class DescribedTask(TaskAround):
    """``task``, with ``describe`` as the description of every situation.

    Words cost time, so tasks leave them out where nobody reads them.
    """

    def situation(self, state: State) -> Situation:
        """What all players see in ``state``, in words too."""
        return replace(self.task.situation(state), description=self.task.describe(state))
