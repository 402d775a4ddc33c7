"""A package of somebody else: a task, a partner, a learner and a reasoner, announced in pyproject.toml."""

from collections.abc import Sequence

import numpy as np

from atom import Memory, Policy, RandomStream, Reasoner, Situation, symmetric_payoffs
from eval.tasks import MatrixTask
from partners import SimplePartner, Traits


def pick_a_door() -> MatrixTask:
    """Three doors, differ to score."""
    return MatrixTask("pick-a-door", symmetric_payoffs(1.0 - np.eye(3)), ["left", "middle", "right"])


class Imitator(SimplePartner):
    """Does what another player did last."""

    traits = Traits(stochastic=False, adaptive=True)

    def choose(self, situation: Situation, memory: Memory, rng: RandomStream) -> tuple[str, Memory]:
        """The other player's last action, at first the first one."""
        other = next(player for player in situation.actions if player != self.me)
        last = situation.history[-1][other] if situation.history else situation.legal(self.me)[0]
        return last, memory


class LastSeen:
    """Believes the hypothesis that predicted the last action best."""

    def init(self, hypotheses: Sequence[str]) -> list[float]:
        """Uniform, ``[K]``."""
        return [1.0 / len(hypotheses)] * len(hypotheses)

    def update(self, weights: list[float], likelihoods: Sequence[float], n_actions: int = 2) -> list[float]:
        """What was just seen, normalised, ``[K]``."""
        likely = [likelihood + 1e-3 for likelihood in likelihoods]
        return [value / sum(likely) for value in likely]

    def probabilities(self, weights: list[float]) -> list[float]:
        """The weights, ``[K]``."""
        return weights

    def reweigh(self, weights: list[float], prior: Sequence[float]) -> list[float]:
        """The weights times what is known beforehand, normalised, ``[K]``."""
        known = [weight * factor for weight, factor in zip(weights, prior, strict=True)]
        return [value / sum(known) for value in known]


class Trembling:
    """Everybody's hand trembles once in ten rounds.

    Args:
        reasoner: how players act whose hands do not tremble.
    """

    def __init__(self, reasoner: Reasoner) -> None:
        self._reasoner = reasoner

    def policy(self, situation: Situation, player: str, order: int) -> Policy:
        """The sure policy with a tenth of uniform chance."""
        sure = self._reasoner.policy(situation, player, order)
        legal = situation.legal(player)
        return {action: 0.9 * sure.get(action, 0.0) + 0.1 / len(legal) for action in legal}

    async def apolicy(self, situation: Situation, player: str, order: int) -> Policy:
        """The same as ``policy``."""
        return self.policy(situation, player, order)
