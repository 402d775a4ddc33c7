"""Planning on tables: time by size beside scipy's Dijkstra, kitchens, decisions, the paper's command."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from atom import AdaptiveAgent, TabularModel, TabularReasoner
from atom.reasoning.tables import UNREACHABLE, shortest_costs
from atom.reasoning.tables.levels import solve, solve_beside_actions
from eval.tasks import GridTask, OvercookedTask, TabularTask
from eval.tasks.grid import game_one
from eval.tasks.overcooked import overcooked, overcooked_ring
from partners import make_partner

SIDES = (5, 7, 9, 11)
REPEATS = 15
ROOT = Path(__file__).parents[1]


def best_of(n: int, measure: Callable[[], object]) -> float:
    """The least of n durations in seconds."""
    durations = []
    for _ in range(n):
        started = time.perf_counter()
        measure()
        durations.append(time.perf_counter() - started)
    return min(durations)


def open_room(side: int) -> GridTask:
    """Side x side free cells with the players at the ends of the first row, as in game-1."""
    rows = ["1" + "." * (side - 2) + "2", *["." * side] * (side - 1)]
    return GridTask(f"{side}x{side}", "\n".join(rows), max_steps=100)


def dijkstra_costs(model: TabularModel) -> NDArray[np.float64]:
    """The least joint costs by scipy, on the reversed graph from all ends at once."""
    n = model.n_states
    live = np.flatnonzero(~model.terminal)
    successors = model.next[live].reshape(len(live), -1)
    edges = np.unique(
        np.stack([successors.ravel(), np.repeat(live, successors.shape[1])]).astype(np.int64), axis=1
    )
    graph = coo_array((model.cost[edges[1]].astype(float), (edges[0], edges[1])), shape=(n, n)).tocsr()
    return np.asarray(dijkstra(graph, indices=np.flatnonzero(model.terminal), min_only=True))


def value_iteration() -> None:
    print("joint value iteration on open rooms, and all levels up to 3 (best of 3)")
    print("   room   states  value iteration   scipy Dijkstra   all levels   per state")
    for side in SIDES:
        model = open_room(side).model
        joint = model.next.reshape(model.n_states, -1)
        ours = shortest_costs(joint, model.cost, model.terminal)
        theirs = dijkstra_costs(model)
        if not np.array_equal(np.where(ours == UNREACHABLE, np.inf, ours), theirs):
            raise AssertionError(f"value iteration and Dijkstra disagree on {side} x {side}")
        mine = best_of(3, lambda m=model, j=joint: shortest_costs(j, m.cost, m.terminal))  # type: ignore[misc]
        rival = best_of(3, lambda m=model: dijkstra_costs(m))  # type: ignore[misc]
        levels = best_of(3, lambda m=model: solve(m, 3))  # type: ignore[misc]
        print(
            f"  {side:2}x{side:<2}  {model.n_states:7} {1e3 * mine:12.1f} ms {1e3 * rival:10.1f} ms "
            f"({rival / mine:4.1f}x) {1e3 * levels:8.1f} ms {1e6 * levels / model.n_states:8.2f} µs"
        )


def kitchens() -> None:
    print("kitchens: table, all levels up to 3, what answers to predictions need, states")
    for make in (overcooked, overcooked_ring):
        task: OvercookedTask = make()
        building = best_of(1, lambda t=task: t.model)  # type: ignore[misc]
        solving = best_of(1, lambda t=task: TabularReasoner(t.model, cache=False).policies)  # type: ignore[misc]
        beside = best_of(1, lambda t=task: solve_beside_actions(t.model))  # type: ignore[misc]
        print(f"  {task.name:16} {building:6.2f} s {solving:6.2f} s {beside:6.2f} s {task.model.n_states:8}")


def decisions() -> None:
    print(f"decision on tables with three orders and habits (CPU time, best of {REPEATS} runs; limit 50 µs)")
    for label, task, partner in (
        ("beside ToM-1 in overcooked", overcooked(), "tom-1"),
        ("beside one that no order explains", game_one(), "repeat"),
    ):
        runs = [_decide(task, partner) for _ in range(REPEATS)]
        decide, both = (1e6 * min(times) for times in zip(*runs, strict=True))
        print(f"  {label:34} decide {decide:6.1f} µs, decide and observe {both:6.1f} µs")


def _decide(task: TabularTask, partner: str) -> tuple[float, float]:
    """CPU seconds of a decision, and of one with its observation, over six episodes."""
    me, other = task.players
    agent = AdaptiveAgent(me, task.reasoner(), seed=1)
    beside = make_partner(partner, other, task.reasoner(), seed=1)
    deciding = both = 0.0
    steps = 0
    for episode in range(6):
        memory, theirs = agent.start([other], episode=episode), beside.start([me], episode=episode)
        state, done = task.start(), False
        while not done:
            situation = task.situation(state)
            started = time.process_time()
            decision, memory = agent.decide(situation, memory)
            decided = time.process_time()
            answer, theirs = beside.decide(situation, theirs)
            joint = {me: decision.action, other: answer.action}
            before = time.process_time()
            memory = agent.observe(memory, situation, joint)
            deciding += decided - started
            both += decided - started + time.process_time() - before
            steps += 1
            transition = task.step(state, joint)
            state, done = transition.state, transition.done
    return deciding / steps, both / steps


def paper() -> None:
    print("python -m eval paper --episodes 30, every column")
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        for label, limit in (("cold", 90), ("warm", 15)):
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "eval", "paper", "--episodes", "30"],
                check=True,
                cwd=ROOT,
                env=environment,
                capture_output=True,
            )
            print(f"  {label} {time.perf_counter() - started:6.1f} s   (limit {limit})")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"  peak memory {peak:.2f} GiB   (limit 2)")


def main() -> None:
    value_iteration()
    kitchens()
    decisions()
    paper()


if __name__ == "__main__":
    main()
