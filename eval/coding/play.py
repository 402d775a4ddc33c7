"""Agents and partners through sequences of tasks, in the repository of every pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.coding.agents import COST, make_agent
from eval.coding.pairs import ANN, BEN, Pair
from eval.coding.partners import make_partner
from eval.coding.tasks import Board, Task, finished, listed, touched_parts
from eval.coding.testing import SECONDS
from eval.coding.workshop import Verdicts, Workshop

TASKS, RUNS, LEARNING = 20, 4, 5
"""Tasks of a run, runs of a cell, and tasks at the beginning of a run that are left out where it says so."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played.

    Attributes:
        agents, partners: by name.
        runs: of each pair, agent and partner, >= 1.
        tasks: of a run, >= 1.
        seed: of all random numbers.
        cost: of a look.
        seconds: a time limit on the tests of a merge.
        workers: how many pairs at once.
    """

    agents: tuple[str, ...]
    partners: tuple[str, ...]
    runs: int = RUNS
    tasks: int = TASKS
    seed: int = 0
    cost: float = COST
    seconds: float = SECONDS
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """An agent beside a partner on one pair: ``runs[r][t]`` is task t of run r."""

    pair: str
    kind: str
    agent: str
    partner: str
    runs: tuple[tuple[Task, ...], ...]

    def tasks(self, first: int = 0) -> list[Task]:
        """All tasks from the ``first`` of every run on."""
        return [task for run in self.runs for task in run[first:]]


def play(
    pairs: Sequence[Pair], plan: Plan, verdicts: Verdicts, *, progress: Callable[[], None] = lambda: None
) -> list[Cell]:
    """All cells of all pairs, in the order of pairs, partners, agents.

    Args:
        pairs: of features.
        plan: what is played.
        verdicts: on merges, which are added to.
        progress: called after every pair.

    Raises:
        ValueError: an unknown agent or partner.
        RepositoryError: no git, or one that is too old.
    """
    for agent in plan.agents:
        make_agent(agent, pairs[0], plan.seed, plan.cost)
    for partner in plan.partners:
        make_partner(partner, pairs[0], plan.seed)

    def one(pair: Pair) -> list[Cell]:
        with TemporaryDirectory(prefix="atom-coding-", ignore_cleanup_errors=True) as folder:
            workshop = Workshop(pair, Path(folder), verdicts, seconds=plan.seconds)
            cells = [
                play_cell(workshop, agent, partner, plan)
                for partner in plan.partners
                for agent in plan.agents
            ]
        progress()
        return cells

    if plan.workers == 1:
        return [cell for pair in pairs for cell in one(pair)]
    with ThreadPoolExecutor(plan.workers) as pool:
        return [cell for cells in pool.map(one, pairs) for cell in cells]


def play_cell(workshop: Workshop, agent: str, partner: str, plan: Plan) -> Cell:
    """One agent beside one partner on the pair of a workshop."""
    pair = workshop.pair
    runs = tuple(play_run(workshop, agent, partner, run, plan) for run in range(plan.runs))
    return Cell(pair.name, pair.kind, agent, partner, runs)


def play_run(workshop: Workshop, agent: str, partner: str, run: int, plan: Plan) -> tuple[Task, ...]:
    """One sequence of tasks."""
    pair = workshop.pair
    ann = make_agent(agent, pair, plan.seed, plan.cost)
    ben = make_partner(partner, pair, plan.seed)
    hers, his = ann.start(run), ben.start(run)
    history: tuple[dict[str, str], ...] = ()
    tasks: list[Task] = []
    for number in range(plan.tasks):
        board = Board(listed(pair, plan.seed, run, number), None, run, number, history)
        claim, label, his = ben.act(board, his)
        board = replace(board, claim=claim)

        def look(label: str = label) -> tuple[str, ...]:
            return touched_parts(pair, workshop.changes(BEN, label))

        choice, hers = ann.choose(board, hers, look)
        task = finished(workshop, board, choice, label)
        tasks.append(task)
        theirs = counted(task.theirs, claim)
        hers, his = ann.observe(hers, theirs), ben.observe(his, choice.part)
        history = (*history[-1:], {ANN: choice.part, BEN: theirs})
    return tuple(tasks)


def counted(theirs: Sequence[str], claim: str | None) -> str:
    """The part that counts of several that were touched: one that was not claimed, which nobody expects."""
    return next((part for part in theirs if part != claim), theirs[0])
