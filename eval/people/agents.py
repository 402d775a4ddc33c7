"""The plugin's own agent as a predictor: what it expects of the other player, round by round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from atom import AdaptiveAgent, Hypothesis, NormalFormReasoner, Situation
from atom.belief import DEFAULT_HYPOTHESES, habitual, order
from eval.people.orders import HABITS_PRIOR, ORDERS
from eval.people.recordings import NONE, Floats, Side

_PLAYERS = ("0", "1")


@dataclass(frozen=True)
class Expecting:
    """An adaptive agent in the other's seat, which sees the same rounds and does what was done there.

    Nothing of it is fitted. A round after one in which somebody made no move has no history.

    Args:
        name: what it is called.
        payoffs: ``[2, A_1, A_2]``.
        hypotheses: of the agent.
    """

    name: str
    payoffs: Floats
    hypotheses: tuple[Hypothesis, ...] = DEFAULT_HYPOTHESES

    @property
    def settings(self) -> dict[str, float]:
        """Nothing."""
        return {}

    def fitted(self, sides: Sequence[Side]) -> Expecting:
        """Itself."""
        return self

    def predict(self, side: Side) -> Floats:
        """``[T, A]``: the posterior predictive before each round."""
        player, observer = _PLAYERS[side.seat], _PLAYERS[1 - side.seat]
        actions = {
            name: tuple(map(str, range(n))) for name, n in zip(_PLAYERS, self.payoffs.shape[1:], strict=True)
        }
        reasoner = NormalFormReasoner(self.payoffs, memory=1, ties="uniform")
        agent = AdaptiveAgent(observer, reasoner, hypotheses=self.hypotheses)
        memory, history, found = agent.start([player]), list[dict[str, str]](), []
        for own, other in zip(side.own.tolist(), side.other.tolist(), strict=True):
            decision, memory = agent.decide(Situation(actions, history=history), memory)
            predictive = decision.partners[player].predictive
            found.append([predictive[action] for action in actions[player]])
            joint = {name: str(a) for name, a in ((player, own), (observer, other)) if a != NONE}
            if player in joint:
                memory = agent.observe(memory, None, joint)
            history = [joint] if len(joint) == len(_PLAYERS) else []
        return np.array(found)


def agents(payoffs: Floats) -> list[Expecting]:
    """The default agent, and one that looks for orders 0 to 5, with the same prior of habits."""
    share = (1.0 - HABITS_PRIOR) / len(ORDERS)
    further = (*(order(k, share) for k in ORDERS), habitual(HABITS_PRIOR))
    return [
        Expecting("the default agent", payoffs),
        Expecting("the agent with orders 0 to 5", payoffs, further),
    ]
