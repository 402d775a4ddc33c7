"""A newcomer's package: a task, a partner, a learner and a reasoner, and a few broken things."""

import numpy as np

from atom import symmetric_payoffs
from eval.tasks import MatrixTask
from partners import SimplePartner, Traits

NUMBER = 7


def pick_a_door():
    """Three doors, differ to score."""
    return MatrixTask("pick-a-door", symmetric_payoffs(1.0 - np.eye(3)), ["left", "middle", "right"])


class Imitator(SimplePartner):
    """Does what another player did last."""

    traits = Traits(stochastic=False, adaptive=True)

    def choose(self, situation, memory, rng):
        others = [player for player in situation.actions if player != self.me]
        last = situation.history[-1][others[0]] if situation.history else ""
        legal = situation.legal(self.me)
        return (last if last in legal else legal[0]), memory


class LastSeen:
    """Believes the hypothesis that predicted the last action best."""

    def init(self, orders, batch=()):
        return np.full((*batch, len(orders)), 1.0 / len(orders))

    def update(self, weights, likelihoods, n_actions=2):
        likely = np.asarray(likelihoods, dtype=float) + 1e-3
        return likely / likely.sum(axis=-1, keepdims=True)

    def probabilities(self, weights):
        return weights


class Crooked(LastSeen):
    def probabilities(self, weights):
        return weights * 2.0


class Trembling:
    def __init__(self, reasoner):
        self.reasoner = reasoner

    def policy(self, situation, player, order):
        sure = self.reasoner.policy(situation, player, order)
        legal = situation.legal(player)
        return {action: 0.9 * sure.get(action, 0.0) + 0.1 / len(legal) for action in legal}

    async def apolicy(self, situation, player, order):
        return self.policy(situation, player, order)


def trembling(reasoner):
    """Everybody's hand trembles once in ten rounds."""
    return Trembling(reasoner)
