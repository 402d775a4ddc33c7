"""Baselines to compare an adaptive agent with: each lacks, or is given, one thing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from atom.agents.player import Memory
from atom.belief.learners import Bayes
from atom.errors import SituationError
from atom.randomness import draw
from atom.reasoning.reasoner import Reasoner, Responder
from atom.situation import JointAction, Situation
from partners.base import SimplePartner, Traits
from partners.tom import AdaptivePartner, SwitchingPartner


class OraclePartner(SwitchingPartner):
    """Is told the partner's order and acts one above it: what a perfect estimate would be worth.

    Args:
        me, reasoner, seed: see ``FixedOrderAgent``.
        orders: the partner's orders in turn.
        rounds: the rounds from which the second and later orders are played, see ``SwitchingPartner``.
    """

    def __init__(
        self, me: str, reasoner: Reasoner, orders: Sequence[int], rounds: Sequence[int], *, seed: int = 0
    ) -> None:
        super().__init__(me, reasoner, [order + 1 for order in orders], rounds, seed=seed)


class FrequencyPartner(SimplePartner):
    """Best-responds to how often its partners took each action so far, one added to every count.

    It models what partners do and not why: the fictitious player (Brown 1951) of repeated games.

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


class PermutedPartner(AdaptivePartner):
    """Takes every player's actions for those of the player before it: a belief fed with the wrong person.

    With two players, what it believes of its partner it learns from its own actions. Actions that are
    not legal for whom they are taken for go unseen.
    """

    def __init__(self, me: str, reasoner: Reasoner, *, seed: int = 0) -> None:
        super().__init__(me, reasoner, Bayes(), seed=seed)

    def observe(self, memory: Memory, situation: Situation | None, actions: JointAction) -> Memory:
        """Observes the permuted actions."""
        ring = [*actions, next(iter(actions), self.me)]
        permuted = {
            player: actions[other]
            for player, other in pairwise(ring)
            if player != self.me and self._possible(memory, situation, player, actions[other])
        }
        return super().observe(memory, situation, permuted)

    @staticmethod
    def _possible(memory: Memory, situation: Situation | None, player: str, action: str) -> bool:
        pending = memory.get("pending")
        if pending is not None:
            return player in pending and action in pending[player]["actions"]
        return situation is not None and action in situation.actions.get(player, ())
