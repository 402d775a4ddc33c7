"""Tasks around other tasks."""

from __future__ import annotations

from dataclasses import dataclass

from atom import JointAction, Reasoner, Situation
from eval.tasks.base import Better, State, Task, Transition, reveals


@dataclass(frozen=True)
class TaskAround:
    """A task that is another one but for what its class says.

    Attributes:
        task: the other one.
    """

    task: Task

    @property
    def name(self) -> str:
        return self.task.name

    @property
    def players(self) -> tuple[str, ...]:
        return self.task.players

    @property
    def better(self) -> Better:
        return self.task.better

    @property
    def unit(self) -> str:
        return self.task.unit

    @property
    def optimum(self) -> float | None:
        return self.task.optimum

    @property
    def max_steps(self) -> int:
        return self.task.max_steps

    @property
    def reveals(self) -> bool:
        return reveals(self.task)

    def start(self) -> State:
        """The state at the beginning of an episode."""
        return self.task.start()

    def situation(self, state: State) -> Situation:
        """What all players see in ``state``."""
        return self.task.situation(state)

    def step(self, state: State, actions: JointAction) -> Transition:
        """What follows when all players have acted."""
        return self.task.step(state, actions)

    def reasoner(self) -> Reasoner:
        """How a player of any order acts in this task."""
        return self.task.reasoner()

    def describe(self, state: State) -> str:
        """Rules, payoffs, state and history in words."""
        return self.task.describe(state)
