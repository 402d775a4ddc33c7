"""Partners that follow a simple rule: reference points that no theory of mind explains well."""

from __future__ import annotations

import numpy as np

from atom import JointAction, Memory, Reasoner, Situation, SituationError
from atom.randomness import draw
from atom.reasoning import Responder
from partners.base import SimplePartner, Traits
from partners.registry import partner


@partner("random", source="folklore")
class RandomPartner(SimplePartner):
    """Draws every action with the same probability."""

    traits = Traits(stochastic=True, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """A uniformly random action."""
        legal = situation.legal(self.me)
        return legal[int(rng.integers(len(legal)))], memory


@partner("repeat", source="folklore")
class RepeatPartner(SimplePartner):
    """Draws its first action and keeps it.

    Where it is no longer legal, it draws anew.
    """

    traits = Traits(stochastic=True, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """The last action."""
        legal = situation.legal(self.me)
        action: str = memory.get("last", "")
        if action not in legal:
            action = legal[int(rng.integers(len(legal)))]
        return action, {**memory, "last": action}


@partner("alternate", source="folklore")
class AlternatePartner(SimplePartner):
    """Goes through its actions in turn.

    It begins with the first of those that are legal.
    """

    traits = Traits(stochastic=False, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """The next action in turn."""
        legal = situation.legal(self.me)
        return legal[memory["step"] % len(legal)], memory


@partner("imitate", source="folklore")
class ImitatePartner(SimplePartner):
    """Does what the next player did last (tit for tat's memory).

    Its first legal action where that is none of its own.
    """

    traits = Traits(stochastic=False, adaptive=False)

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """The other's last action."""
        players, legal = list(situation.actions), situation.legal(self.me)
        other = players[(players.index(self.me) + 1) % len(players)]
        last = situation.history[-1].get(other, "") if situation.history else ""
        return last if last in legal else legal[0], memory


@partner("frequency", source="Brown 1951", plays="matrices")
class FrequencyPartner(SimplePartner):
    """Best-responds to how often each action was taken.

    One is added to every count. It models what partners do and not why: the fictitious player (Brown
    1951) of repeated games.

    Args:
        me: this player's name in situations.
        reasoner: must be able to respond to predicted partners.
        seed: seed of the random numbers, >= 0.

    Raises:
        SituationError: a reasoner that cannot.
    """

    traits = Traits(stochastic=False, adaptive=True)

    def __init__(self, me: str, reasoner: Reasoner, *, seed: int = 0) -> None:
        super().__init__(me, seed=seed)
        if not isinstance(reasoner, Responder):
            raise SituationError(
                "the frequency predictor needs a reasoner that can respond to predicted actions, as those of "
                "normal-form games do; it cannot play this task"
            )
        self._reasoner = reasoner

    def choose(self, situation: Situation, memory: Memory, rng: np.random.Generator) -> tuple[str, Memory]:
        """The best response to the counted frequencies."""
        counts = memory.get("counts", {})
        predicted = {}
        for player, legal in situation.actions.items():
            if player != self.me:
                seen = [counts.get(player, {}).get(action, 0) + 1 for action in legal]
                predicted[player] = {a: n / sum(seen) for a, n in zip(legal, seen, strict=True)}
        return draw(self._reasoner.respond(situation, self.me, predicted), rng), memory

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """Counts the partners' actions."""
        counts = {player: dict(own) for player, own in memory.get("counts", {}).items()}
        for player, action in actions.items():
            if player != self.me:
                own = counts.setdefault(player, {})
                own[action] = own.get(action, 0) + 1
        return {**memory, "counts": counts}
