"""A decision in a 2 x 2 game, of three orders and by default, beside tomsup's 2-ToM agent in one run."""

from __future__ import annotations

import time
from collections.abc import Sequence

import tomsup

from atom import AdaptiveAgent, Hypothesis, Memory, NormalFormReasoner, Situation, symmetric_payoffs
from atom.belief import DEFAULT_HYPOTHESES, order

HYPOTHESES: dict[str, Sequence[Hypothesis]] = {
    "three orders": [order(k) for k in range(3)],
    "four orders and habits (default)": DEFAULT_HYPOTHESES,
}
PAYOFFS = symmetric_payoffs([[0, 5], [5, 0]])
ROUNDS = 200
REPEATS = 7


def adaptive_microseconds(hypotheses: Sequence[Hypothesis]) -> tuple[float, float]:
    """CPU microseconds of one decision, and of one decision with the observation that follows it.

    The clock is read outside the loops: reading it takes as long as a small decision on some systems.
    """
    agent = AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS), hypotheses=hypotheses)
    actions = {"ann": ("A", "B"), "ben": ("A", "B")}
    history: list[dict[str, str]] = []
    decided: list[tuple[Situation, Memory]] = []
    memory, started = agent.start(["ben"]), time.process_time()
    for step in range(ROUNDS):
        situation = Situation(actions, history=history[-1:])
        decided.append((situation, memory))
        decision, memory = agent.decide(situation, memory)
        joint = {"ann": decision.action, "ben": "AB"[step // 2 % 2]}
        memory = agent.observe(memory, situation, joint)
        history.append(joint)
    ended = time.process_time()
    for situation, memory in decided:
        agent.decide(situation, memory)
    return 1e6 * (time.process_time() - ended) / ROUNDS, 1e6 * (ended - started) / ROUNDS


def tomsup_microseconds() -> float:
    """CPU microseconds of one ``compete`` of a 2-ToM agent, which observes and decides."""
    payoffs = tomsup.PayoffMatrix(name="custom", predefined=PAYOFFS)
    agent = tomsup.TOM(level=2)
    choice, started = None, time.process_time()
    for step in range(ROUNDS):
        agent.compete(payoffs, 0, choice)
        choice = step // 2 % 2
    return 1e6 * (time.process_time() - started) / ROUNDS


def main() -> None:
    """Interleaved, so that a slow minute is one for all; beside a partner that no order explains."""
    of_each: dict[str, list[tuple[float, float]]] = {name: [] for name in HYPOTHESES}
    rivals = []
    for _ in range(REPEATS):
        for name, hypotheses in HYPOTHESES.items():
            of_each[name].append(adaptive_microseconds(hypotheses))
        rivals.append(tomsup_microseconds())
    rival = min(rivals)
    print(f"decision, 2 x 2 game (CPU time, best of {REPEATS} runs of {ROUNDS} rounds)")
    for name, measured in of_each.items():
        decide, both = map(min, zip(*measured, strict=True))
        print(f"  {name:32} decide {decide:6.1f} µs, decide and observe {both:6.1f} µs")
        print(f"  {'':32} tomsup 2-ToM is {rival / both:.1f} times that (target 30)")
    print(f"  {'tomsup 2-ToM, the same':32} {rival:6.1f} µs")


if __name__ == "__main__":
    main()
