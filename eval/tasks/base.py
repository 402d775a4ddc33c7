"""What a task is: a game in steps of all players, as pure functions of plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from atom import JointAction, Reasoner, Seen, Situation
from atom.observation import Observation

State: TypeAlias = Any
"""The state of an episode: JSON-serialisable, so that it can live in a graph's state."""

Better: TypeAlias = Literal["higher", "lower"]
"""Whether a higher or a lower score is better."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What one step of all players leads to.

    Attributes:
        state: the next state.
        scores: player -> what the step adds to its score: points, or 1 a step where time counts.
        done: whether the episode is over.
    """

    state: State
    scores: dict[str, float]
    done: bool


@runtime_checkable
class Task(Protocol):
    """A game that episodes are played of.

    Attributes:
        name: as given on the command line.
        players: their names, in the order of the seats.
        better: whether a ``"higher"`` or a ``"lower"`` score is better.
        unit: what the score counts, such as points or steps.
        optimum: the best score that an aligned pair can reach, or None where nobody computed it.
        max_steps: the episode ends after as many steps at the latest.
    """

    @property
    def name(self) -> str: ...
    @property
    def players(self) -> tuple[str, ...]: ...
    @property
    def better(self) -> Better: ...
    @property
    def unit(self) -> str: ...
    @property
    def optimum(self) -> float | None: ...
    @property
    def max_steps(self) -> int: ...

    def start(self) -> State:
        """The state at the beginning of an episode."""
        ...

    def situation(self, state: State) -> Situation:
        """What all players see in ``state``; with ``turns`` where they act one after the other."""
        ...

    def step(self, state: State, actions: JointAction) -> Transition:
        """What follows when all players have acted."""
        ...

    def reasoner(self) -> Reasoner:
        """How a player of any order acts in this task; one object, shared by all players."""
        ...

    def describe(self, state: State) -> str:
        """Rules, payoffs, state and history in words that name the players.

        Rules and payoffs first, an empty line, and then what changes from step to step, see ``in_two_parts``.
        """
        ...


def reveals(task: Task) -> bool:
    """Whether what players saw and others did not is shown after a step; a task says no by ``reveals``."""
    return bool(getattr(task, "reveals", True))


def shown_after(task: Task, situation: Situation, actions: JointAction) -> Observation:
    """What all are shown after a step: what was done, and what each had seen where the task reveals it.

    Args:
        task: what is played.
        situation: the step's, with everything that anybody saw.
        actions: the joint action.
    """
    if not situation.private or not reveals(task):
        return actions
    views = situation.private
    return {name: Seen(did, view=views[name]) if name in views else did for name, did in actions.items()}


def in_two_parts(rules: str, now: str) -> str:
    """A description: what stays as it is in an episode, an empty line, and what changes.

    Prompts keep the first part where caches of prefixes find it (``Situation.description``).
    """
    return f"{rules}\n\n{now}"
