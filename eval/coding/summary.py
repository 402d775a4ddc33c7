"""What cells come to: success with intervals, looks, promises, failures by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from eval.coding.agents import TESTING
from eval.coding.play import LEARNING, Cell
from eval.coding.tasks import FAILURES, Task
from eval.measure import Interval, stratified_mean, wilson_interval


@dataclass(frozen=True, slots=True)
class Success:
    """An agent beside a partner, over pairs.

    Attributes:
        agent, partner: who.
        naive: how often both features work as git merges, on the later tasks of every run.
        union: the same where both sides of a conflict are kept.
        all_tasks: as ``naive``, on all tasks.
        looks: how often it looked, on the later tasks.
        net: ``naive`` less what the looks cost.
        degraded: how often a language model gave no usable answer, of all tasks.
        failures: kind -> how many of all tasks failed for it.
        tasks: how many tasks there were.
        kept, broken: promises of the partner, by what was read of its branch.
        tests: whether the agent tests the partner's promises.
        reported: in how many of the runs it stopped believing them.
        runs: how many runs there were.
    """

    agent: str
    partner: str
    naive: Interval
    union: float
    all_tasks: float
    looks: float
    net: float
    degraded: float
    failures: dict[str, int]
    tasks: int
    kept: int
    broken: int
    tests: bool
    reported: int
    runs: int


def success(cells: Sequence[Cell], cost: float, *, learning: int = LEARNING) -> Success:
    """One agent beside one partner.

    The interval is ``stratified_mean``'s over runs within each pair, cut to [0, 1]. With one run of a pair,
    or where no run differs from another, it is Wilson's over tasks.

    Args:
        cells: of both, one for each pair.
        cost: of a look.
        learning: tasks at the beginning of every run that ``naive`` leaves out.
    """
    every = [task for cell in cells for task in cell.tasks()]
    later = [task for cell in cells for task in cell.tasks(learning)] or every
    runs = [[_share(run[learning:] or run) for run in cell.runs] for cell in cells]
    passed, looks = sum(task.passed for task in later), fmean(task.choice.looked for task in later)
    varied = all(len(own) > 1 for own in runs) and any(len(set(own)) > 1 for own in runs)
    interval = stratified_mean(runs) if varied else wilson_interval(passed, len(later))
    interval = replace(interval, low=max(0.0, interval.low), high=min(1.0, interval.high))
    failures = Counter(task.failure for task in every if task.failure is not None)
    return Success(
        cells[0].agent,
        cells[0].partner,
        interval,
        fmean(task.union for task in later),
        fmean(task.passed for task in every),
        looks,
        passed / len(later) - cost * looks,
        fmean(task.choice.degraded for task in every),
        {kind: failures[kind] for kind in FAILURES},
        len(every),
        sum(task.kept is True for task in every),
        sum(task.kept is False for task in every),
        cells[0].agent in TESTING,
        sum(any(task.choice.reported for task in run) for cell in cells for run in cell.runs),
        sum(len(cell.runs) for cell in cells),
    )


def successes(cells: Sequence[Cell], cost: float, *, learning: int = LEARNING) -> list[Success]:
    """Every agent beside every partner, in the order in which they were played."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.agent, cell.partner), []).append(cell)
    return [success(own, cost, learning=learning) for own in found.values()]


def by_kind(cells: Sequence[Cell], *, learning: int = LEARNING) -> dict[str, dict[str, float]]:
    """Kind of pair -> agent -> success on the later tasks, over all partners."""
    found: dict[str, dict[str, list[bool]]] = {}
    for cell in cells:
        own = found.setdefault(cell.kind, {}).setdefault(cell.agent, [])
        own += [task.passed for task in cell.tasks(learning) or cell.tasks()]
    return {kind: {agent: fmean(own) for agent, own in agents.items()} for kind, agents in found.items()}


def _share(tasks: Sequence[Task]) -> float:
    return fmean(task.passed for task in tasks)
