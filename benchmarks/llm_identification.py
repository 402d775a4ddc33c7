"""How fast an order is identified: log-probabilities beside 0-1 losses, on games whose orders differ.

A model at temperature 1 plays every order; both players' policies come from log-probabilities. The
observer sees the partner's actions in states that a random first player leads to, and re-weighs the
orders by graded probabilities, or by whether each order's likeliest action was right.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
from numpy.typing import NDArray

from atom import Bayes, FollowTheLeader, Hedge, Learner, Policy, Situation
from atom.llm import LLMReasoner, Sampling
from atom.randomness import draw
from eval.modelserver import ScriptedServer
from eval.tasks import Task, make_task

ORDERS = (0, 1, 2)
GAMES = ("one-ahead-5", "one-ahead-7", "anti-coordination-3")
TEMPERATURES = (0.5, 1.0)
EPISODES = 50
ROUNDS = 30

LEARNERS: dict[str, tuple[Learner, bool]] = {
    "Bayes, log-probabilities": (Bayes(hazard=0.0), True),
    "Hedge, log-probabilities": (Hedge(1.0), True),
    "Bayes, 0-1": (Bayes(hazard=0.0), False),
    "Hedge, 0-1 (paper)": (Hedge(1.0), False),
    "FTL, 0-1 (paper)": (FollowTheLeader(), False),
}


class Hypotheses:
    """The policies of one player at every order, asked once for each state."""

    def __init__(self, task: Task, reasoner: LLMReasoner, player: str) -> None:
        self.task = task
        self.player = player
        self._reasoner = reasoner
        self._found: dict[str, list[Policy]] = {}

    def at(self, situation: Situation) -> list[Policy]:
        words = situation.description
        if words not in self._found:
            self._found[words] = [self._reasoner.policy(situation, self.player, k) for k in ORDERS]
        return self._found[words]


def rounds_until_identified(
    hypotheses: Hypotheses, order: int, learner: Learner, *, graded: bool, episodes: int = EPISODES
) -> NDArray[np.float64]:
    """``[episodes]``: the round from which on the true order leads alone; 30 if never."""
    task, other = hypotheses.task, hypotheses.player
    result = np.full(episodes, float(ROUNDS))
    for episode in range(episodes):
        rng = np.random.default_rng(episode)
        weights, state, since = learner.init([str(k) for k in ORDERS]), task.start(), 0
        for number in range(ROUNDS):
            situation = dataclasses.replace(task.situation(state), description=task.describe(state))
            policies = hypotheses.at(situation)
            action = draw(policies[order], rng)
            likelihoods = [_likelihood(policy, action, graded=graded) for policy in policies]
            weights = learner.update(weights, likelihoods, len(policies[order]))
            others = np.delete(learner.probabilities(weights), order)
            if learner.probabilities(weights)[order] <= others.max():
                since = number + 1
            own = {p: str(rng.choice(situation.actions[p])) for p in task.players if p != other}
            state = task.step(state, {**own, other: action}).state
        result[episode] = since
    return result


def _likelihood(policy: Policy, action: str, *, graded: bool) -> float:
    return policy[action] if graded else float(action == max(policy, key=lambda a: policy[a]))


def main() -> None:
    with ScriptedServer() as server:
        for name, temperature in itertools.product(GAMES, TEMPERATURES):
            task = make_task(name)
            sampling = Sampling(temperature=temperature)
            reasoner = LLMReasoner("openai/scripted", api_base=server.url, api_key="none", sampling=sampling)
            hypotheses = Hypotheses(task, reasoner, task.players[1])
            print(f"{name}, temperature {temperature}: rounds until the true order leads for good")
            print(f"  {'':<28}" + "".join(f"order {k:<12}" for k in ORDERS))
            for label, (learner, graded) in LEARNERS.items():
                cells = []
                for order in ORDERS:
                    found = rounds_until_identified(hypotheses, order, learner, graded=graded)
                    cells.append(f"{found.mean():5.1f} ± {found.std() / math.sqrt(len(found)):4.2f}")
                print(f"  {label:<28}" + "".join(f"{cell:<18}" for cell in cells))


if __name__ == "__main__":
    main()
