"""Tasks of two players whose states can be listed: the score is the number of steps to the end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, Literal

import numpy as np

from atom import JointAction, Situation, TabularModel, TabularReasoner
from atom.reasoning.tables import shortest_costs
from eval.tasks.base import State, Transition, in_two_parts

PLAYERS = ("player-1", "player-2")


class TabularTask(ABC):
    """A game on a ``TabularModel``, scored 1 a step until its terminal states.

    A state is ``{"index": state of the model, "step": steps so far}``; situations carry the index.

    Args:
        name: as given on the command line.
        text: the map or layout that it is made from.
        max_steps: the episode ends after as many steps, finished or not.
        epsilon: lapse rate of the reasoner's policies, see ``TabularReasoner``.
    """

    better: Literal["lower"] = "lower"
    unit = "steps"
    players = PLAYERS

    def __init__(self, name: str, text: str, *, max_steps: int, epsilon: float = 0.0) -> None:
        self.name = name
        self.text = text
        self.max_steps = max_steps
        self._epsilon = epsilon

    def settings(self) -> dict[str, Any]:
        """What it was made with but for its name, as JSON-serialisable data."""
        return {"text": self.text, "max_steps": self.max_steps, "epsilon": self._epsilon}

    @abstractmethod
    def build(self) -> TabularModel:
        """The game's tables."""

    @abstractmethod
    def rules(self) -> str:
        """The rules and the map in words."""

    @abstractmethod
    def positions(self, state: State) -> str:
        """What is where in ``state``, in words that name the players."""

    @cached_property
    def model(self) -> TabularModel:
        """The game's tables, built when first used."""
        return self.build()

    @cached_property
    def optimum(self) -> float | None:
        """The least number of steps in which two players who follow one plan can finish."""
        joint = self.model.next.reshape(self.model.n_states, -1)
        steps = np.ones(self.model.n_states, dtype=np.int32)
        return float(shortest_costs(joint, steps, self.model.terminal)[self.model.starts[0]])

    @cached_property
    def _reasoner(self) -> TabularReasoner:
        return TabularReasoner(self.model, epsilon=self._epsilon)

    @cached_property
    def _actions(self) -> dict[str, tuple[str, ...]]:
        return dict.fromkeys(self.players, self.model.actions)

    def reasoner(self) -> TabularReasoner:
        """Exact level-k reasoning over the whole horizon."""
        return self._reasoner

    def start(self) -> State:
        """The first start of the model."""
        return {"index": self.model.starts[0], "step": 0}

    def situation(self, state: State) -> Situation:
        """Both players see the state of the model."""
        return Situation(actions=self._actions, state=state["index"])

    def step(self, state: State, actions: JointAction) -> Transition:
        """One step later; each step costs both players 1."""
        first, second = (self.model.actions.index(actions[player]) for player in self.players)
        index = int(self.model.next[state["index"], first, second])
        step = state["step"] + 1
        done = step >= self.max_steps or bool(self.model.terminal[index])
        return Transition({"index": index, "step": step}, dict.fromkeys(self.players, 1.0), done)

    def describe(self, state: State) -> str:
        """Rules, map, positions and steps so far in words."""
        legal = ", ".join(self.model.actions)
        return in_two_parts(
            f"{self.rules()}\nActions of both players: {legal}.\n"
            f"The game lasts at most {self.max_steps} steps.",
            f"{self.positions(state)}\nThis is step {state['step'] + 1}.",
        )
