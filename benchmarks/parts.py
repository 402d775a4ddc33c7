"""Where the time of a decision goes: processor time by file, of one decision and its observation.

A profile counts calls too dearly, so its shares are laid on the time that was measured without it. What the
interpreter's own functions take is charged to the file that calls them.
"""

from __future__ import annotations

import cProfile
import pstats
import time
from collections import Counter

from atom import AdaptiveAgent, NormalFormReasoner, Situation, symmetric_payoffs

ROUNDS = 300
REPEATS = 9
SHOWN = 12


def play(agent: AdaptiveAgent, rounds: int) -> None:
    """Decides and observes beside a partner that no order explains."""
    actions = {"ann": ("A", "B"), "ben": ("A", "B")}
    history: list[dict[str, str]] = []
    memory = agent.start(["ben"])
    for step in range(rounds):
        situation = Situation(actions, history=history[-1:])
        decision, memory = agent.decide(situation, memory)
        joint = {"ann": decision.action, "ben": "AB"[step // 2 % 2]}
        memory = agent.observe(memory, situation, joint)
        history.append(joint)


def microseconds(agent: AdaptiveAgent) -> float:
    """The least of several runs, for one round."""
    taken = []
    for _ in range(REPEATS):
        started = time.process_time()
        play(agent, ROUNDS)
        taken.append(time.process_time() - started)
    return 1e6 * min(taken) / ROUNDS


def by_file(agent: AdaptiveAgent) -> tuple[dict[str, float], float]:
    """File of ``atom`` -> its share in [0, 1], and how many calls a round makes."""
    with cProfile.Profile() as profile:
        play(agent, 10 * ROUNDS)
    shares: Counter[str] = Counter()
    calls = 0
    for (file, _, _), (_, called, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        calls += called
        if "/atom/" in file:
            shares[file.rpartition("/atom/")[2]] += own
            continue
        for (caller, _, _), of_caller in callers.items():
            shares[caller.rpartition("/atom/")[2] if "/atom/" in caller else "the benchmark"] += of_caller[2]
    total = sum(shares.values())
    return {file: share / total for file, share in shares.most_common()}, calls / (10 * ROUNDS)


def main() -> None:
    """Three orders, and the default."""
    reasoner = NormalFormReasoner(symmetric_payoffs([[0, 5], [5, 0]]))
    agents = {
        "three orders": AdaptiveAgent("ann", reasoner, orders=(0, 1, 2)),
        "default": AdaptiveAgent("ann", reasoner),
    }
    for name, agent in agents.items():
        total = microseconds(agent)
        shares, calls = by_file(agent)
        print(f"{name}: {total:.0f} µs, {calls:.0f} calls a decision and its observation")
        for file, share in list(shares.items())[:SHOWN]:
            print(f"  {file:28} {share * total:5.1f} µs")


if __name__ == "__main__":
    main()
