"""A partner who changes its mind under way, and an agent that says when.

The partner reasons two steps deep and from round 20 on not at all. The agent follows it within a few
rounds, and its change points say that it did.

Run it: ``python examples/switching_partner.py``.
"""

from __future__ import annotations

import numpy as np

from atom import (
    AdaptiveAgent,
    ChangePoints,
    FixedOrderAgent,
    NormalFormReasoner,
    Situation,
    symmetric_payoffs,
)

ACTIONS = dict.fromkeys(("ann", "ben"), ("A", "B", "C", "D", "E"))
SWITCH, ROUNDS = 20, 30


def neighbours() -> NormalFormReasoner:
    """Both score where their actions are neighbours on a circle of five."""
    a = np.arange(5)
    return NormalFormReasoner(symmetric_payoffs(np.isin((a[:, None] - a) % 5, (1, 4)) * 5.0), ties="next")


def main() -> None:
    """Play and print every round in which something changed."""
    game = neighbours()
    ann = AdaptiveAgent("ann", game, changes=ChangePoints())
    bens = [FixedOrderAgent("ben", game, order) for order in (2, 0)]
    memory, told = ann.start(["ben"]), bens[0].start(["ann"])
    history: list[dict[str, str]] = []
    score, reported = 0.0, None
    for number in range(1, ROUNDS + 1):
        situation = Situation(ACTIONS, history=history[-1:])
        decision, memory = ann.decide(situation, memory)
        change = decision.partners["ben"].change
        if change is not None and change != reported:
            reported = change
            print(
                f"before round {number}: ben changed from order {change.before} to {change.after} "
                f"(probability {change.probability:.2f})"
            )
        answer, told = bens[number >= SWITCH].decide(situation, told)
        joint = {"ann": decision.action, "ben": answer.action}
        memory = ann.observe(memory, situation, joint)
        score += game.expected_payoffs(situation, "ann", {"ben": {answer.action: 1.0}})[decision.action]
        history.append(joint)
    print(f"ben really changed at round {SWITCH}; {score:g} points of {5 * ROUNDS}")


if __name__ == "__main__":
    main()
