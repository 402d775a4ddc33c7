"""A decision with its observation in teams of 2 to 50 agents, with 1 to 4 hypotheses about each partner."""

from __future__ import annotations

import time

from atom import AdaptiveAgent, CongestionReasoner, Situation

ROUNDS = 30
REPEATS = 5


def alone(player: str, ticket: str, same: int, others: int) -> float:
    return float(same == 0)


def microseconds(n: int, orders: int) -> float:
    """Microseconds a decision with its observation, of one among ``n`` agents; best of the repeats."""
    names = [f"agent-{i}" for i in range(n)]
    actions = dict.fromkeys(names, tuple(f"ticket-{i}" for i in range(n + 5)))
    tickets = actions[names[0]]
    best = float("inf")
    for _ in range(REPEATS):
        agent = AdaptiveAgent(names[0], CongestionReasoner(alone), orders=range(orders))
        memory = agent.start(names[1:])
        last: dict[str, str] = {}
        started = time.perf_counter()
        for t in range(ROUNDS):
            situation = Situation(actions, history=[last] if last else [])
            decision, memory = agent.decide(situation, memory)
            others = {name: tickets[(i * t) % len(tickets)] for i, name in enumerate(names[1:])}
            last = {names[0]: decision.action, **others}
            memory = agent.observe(memory, situation, last)
        best = min(best, 1e6 * (time.perf_counter() - started) / ROUNDS)
    return best


def main() -> None:
    print("decide and observe, µs (µs a partner and order); tickets-N-(N+5)")
    for n in (2, 5, 10, 20, 50):
        row = [(k, microseconds(n, k)) for k in (1, 2, 3, 4)]
        print(
            f"  {n:2} agents  " + "   ".join(f"K={k}: {us:7.0f} ({us / (n - 1) / k:4.0f})" for k, us in row)
        )


if __name__ == "__main__":
    main()
