"""A decision with three hypotheses in a 2 x 2 game, beside tomsup's 2-ToM agent in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

import tomsup

from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs

PAYOFFS = symmetric_payoffs([[0, 5], [5, 0]])
ROUNDS = 200
REPEATS = 7


def adaptive_microseconds() -> tuple[float, float]:
    """CPU microseconds of one decision, and of one decision with the observation that follows it."""
    agent = AdaptiveAgent("ann", NormalFormReasoner(PAYOFFS))
    actions = {"ann": ("A", "B"), "ben": ("A", "B")}
    history: list[dict[str, str]] = []
    memory, deciding, started = agent.start(["ben"]), 0.0, time.process_time()
    for step in range(ROUNDS):
        situation = Situation(actions, history=history[-1:])
        before = time.process_time()
        decision, memory = agent.decide(situation, memory)
        deciding += time.process_time() - before
        joint = {"ann": decision.action, "ben": "AB"[step // 2 % 2]}
        memory = agent.observe(memory, situation, joint)
        history.append(joint)
    return 1e6 * deciding / ROUNDS, 1e6 * (time.process_time() - started) / ROUNDS


def tomsup_microseconds() -> float:
    """CPU microseconds of one ``compete`` of a 2-ToM agent, which observes and decides."""
    payoffs = tomsup.PayoffMatrix(name="custom", predefined=PAYOFFS)
    agent = tomsup.TOM(level=2)
    choice, started = None, time.process_time()
    for step in range(ROUNDS):
        agent.compete(payoffs, 0, choice)
        choice = step // 2 % 2
    return 1e6 * (time.process_time() - started) / ROUNDS


def best(measure: Callable[[], float]) -> float:
    return min(measure() for _ in range(REPEATS))


def main() -> None:
    decide = best(lambda: adaptive_microseconds()[0])
    both = best(lambda: adaptive_microseconds()[1])
    rival = best(tomsup_microseconds)
    print("decision with three hypotheses, 2 x 2 game (CPU time, best of 7 runs of 200 rounds)")
    print(f"  decide                     {decide:8.1f} µs   (limit 100)")
    print(f"  decide and observe         {both:8.1f} µs")
    print(f"  tomsup 2-ToM, the same     {rival:8.1f} µs   {rival / both:.1f} times ours (target 30)")


if __name__ == "__main__":
    main()
