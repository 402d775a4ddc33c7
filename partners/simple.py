"""Partners that reason about nobody."""

from __future__ import annotations

import numpy as np

from atom.agents.player import Memory
from atom.situation import Situation
from partners.base import SimplePartner, Traits


class RandomPartner(SimplePartner):
    """Draws every legal action with the same probability."""

    traits = Traits(stochastic=True, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """A uniformly random action."""
        legal = situation.legal(self.me)
        return legal[int(rng.integers(len(legal)))], memory


class RepeatPartner(SimplePartner):
    """Draws its first action and keeps it; draws anew where it is no longer legal."""

    traits = Traits(stochastic=True, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """The last action."""
        legal = situation.legal(self.me)
        action: str = memory.get("last", "")
        if action not in legal:
            action = legal[int(rng.integers(len(legal)))]
        return action, {**memory, "last": action}


class AlternatePartner(SimplePartner):
    """Goes through its legal actions in turn, beginning with the first."""

    traits = Traits(stochastic=False, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """The next action in turn."""
        legal = situation.legal(self.me)
        return legal[memory["step"] % len(legal)], memory


class ImitatePartner(SimplePartner):
    """Does what the next player did last; its first legal action where that is none of its own."""

    traits = Traits(stochastic=False, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """The other's last action."""
        players, legal = list(situation.actions), situation.legal(self.me)
        other = players[(players.index(self.me) + 1) % len(players)]
        last = situation.history[-1].get(other, "") if situation.history else ""
        return last if last in legal else legal[0], memory
