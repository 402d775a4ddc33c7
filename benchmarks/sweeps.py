"""How the time of a cross-play grows with agents, episodes and workers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from eval.sweeps import Backend, Sweep, play_all, processes

AGENTS = ("bayes", "hedge", "ftl", "tom-1", "fixed-share", "adahedge", "rescorla-wagner", "no-belief")
TASK = "one-ahead-5"
LARGE = len(AGENTS), 160


def seconds(
    agents: int, episodes: int, backend: Backend | None = None, clock: Callable[[], float] = time.process_time
) -> float:
    """What a sweep takes that records every step, as one that is stored does; its episodes are not stored."""
    chosen = AGENTS[:agents]
    asked = Sweep(((TASK, chosen, chosen),), episodes, seed=1)
    began = clock()
    for _ in play_all(asked.units, backend):
        pass
    return clock() - began


def main() -> None:
    seconds(len(AGENTS), 2)
    print(f"cross-play on {TASK}, every agent with every agent: processor time")
    for agents, episodes in ((1, 20), (2, 20), (4, 20), (8, 20), (4, 5), (4, 80)):
        spent = seconds(agents, episodes)
        each = 1e3 * spent / (agents**2 * episodes)
        print(f"  {agents} agents, {episodes:3} episodes: {spent:6.2f} s, {each:.2f} ms an episode")
    alone = seconds(*LARGE, clock=time.perf_counter)
    agents, episodes = LARGE
    print(f"{agents} agents, {episodes} episodes on {os.cpu_count()} cores: wall time")
    print(f"  in this process: {alone:6.2f} s")
    for workers in (1, 2, 4):
        start = seconds(1, workers, processes(workers), time.perf_counter)
        spent = seconds(*LARGE, processes(workers), time.perf_counter)
        print(
            f"  {workers} processes: {spent:6.2f} s, {alone / spent:.2f} times as fast; without starting and "
            f"stopping them ({start:.2f} s) {alone / (spent - start):.2f} times"
        )


if __name__ == "__main__":
    main()
