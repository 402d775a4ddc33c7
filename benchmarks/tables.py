"""Planning on tables: time by size beside SciPy's bare Dijkstra, kitchens, decisions, the paper's command."""

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
REPEATS_OF_TABLES = 3
ROOT = Path(__file__).parents[1]


def cpu(measure: Callable[[], object]) -> float:
    """CPU seconds of one call; wall time would be a figure of what else the machine does."""
    started = time.process_time()
    measure()
    return time.process_time() - started


def open_room(side: int) -> GridTask:
    """Side x side free cells with the players at the ends of the first row, as in game-1."""
    rows = ["1" + "." * (side - 2) + "2", *["." * side] * (side - 1)]
    return GridTask(f"{side}x{side}", "\n".join(rows), max_steps=100)


def bare_solver(model: TabularModel) -> Callable[[], NDArray[np.float64]]:
    """SciPy's Dijkstra and nothing else, on a graph that is built already, without repeated edges."""
    n = model.n_states
    live = np.flatnonzero(~model.terminal)
    successors = model.next[live].reshape(len(live), -1)
    edges = np.unique(
        np.stack([successors.ravel(), np.repeat(live, successors.shape[1])]).astype(np.int64), axis=1
    )
    graph = coo_array((model.cost[edges[1]].astype(float), (edges[0], edges[1])), shape=(n, n)).tocsr()
    ends = np.flatnonzero(model.terminal)
    return lambda: np.asarray(dijkstra(graph, indices=ends, min_only=True))


def joint_costs() -> None:
    print(
        "least joint costs on open rooms and in kitchens, and all levels up to 3 "
        f"(CPU time, best of {REPEATS_OF_TABLES})"
    )
    print("  task               states   least costs   bare Dijkstra          all levels   per state")
    for task in [*map(open_room, SIDES), overcooked(), overcooked_ring()]:
        model = task.model
        joint, bare = model.next.reshape(model.n_states, -1), bare_solver(model)
        ours = shortest_costs(joint, model.cost, model.terminal)
        if not np.array_equal(np.where(ours == UNREACHABLE, np.inf, ours), bare()):
            raise AssertionError(f"the plugin and SciPy disagree on {task.name}")
        times: dict[str, list[float]] = {"ours": [], "bare": [], "levels": []}
        for _ in range(REPEATS_OF_TABLES):  # interleaved, so that a slow minute is one for all
            times["ours"].append(cpu(lambda m=model, j=joint: shortest_costs(j, m.cost, m.terminal)))  # type: ignore[misc]
            times["bare"].append(cpu(bare))
            times["levels"].append(cpu(lambda m=model: solve(m, 3)))  # type: ignore[misc]
        mine, rival, levels = (min(some) for some in times.values())
        print(
            f"  {task.name:16} {model.n_states:8} {1e3 * mine:10.1f} ms {1e3 * rival:10.1f} ms "
            f"({mine / rival:4.1f}x) {1e3 * levels:10.1f} ms {1e6 * levels / model.n_states:8.2f} µs"
        )


def kitchens() -> None:
    print("kitchens: table, all levels up to 3, what answers to predictions need, states (CPU time)")
    for make in (overcooked, overcooked_ring):
        task: OvercookedTask = make()
        building = cpu(lambda t=task: t.model)  # type: ignore[misc]
        solving = cpu(lambda t=task: TabularReasoner(t.model, cache=False).policies)  # type: ignore[misc]
        beside = cpu(lambda t=task: solve_beside_actions(t.model))  # type: ignore[misc]
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
    print("python -m eval paper --episodes 30 --workers 2, every column")
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        for label, limit in (("cold", 40), ("warm", 5)):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, "-m", "eval", "paper", "--episodes", "30", "--workers", "2"],
                check=True,
                cwd=ROOT,
                env=environment,
                capture_output=True,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"  {label} {spent:6.1f} s of CPU time   (limit {limit})")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"  peak memory {peak:.2f} GiB   (limit 2)")


def main() -> None:
    joint_costs()
    kitchens()
    decisions()
    paper()


if __name__ == "__main__":
    main()
