"""The command on agents that code together."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

import eval.coding as together
from eval.cli.options import JsonFile, MarkdownFile, Seed, split_names, writable
from eval.coding.tables import (
    dataset_table,
    failures_table,
    kinds_table,
    net_table,
    promises_table,
    success_table,
    union_table,
)
from eval.show.console import Table, note, out, progress_bar, write_json
from eval.show.tables import markdown


@dataclass(frozen=True, slots=True)
class FromDataset:
    """Pairs that somebody else made."""

    dataset: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Merge and test pairs of this checkout of CooperBench's dataset."),
    ] = None
    repositories: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Folder of clones that have the base commits of --dataset."),
    ] = None
    only: Annotated[str, typer.Option(help="Of --dataset, tasks whose names contain this.")] = ""
    untested: Annotated[bool, typer.Option("--untested", help="Merge --dataset, and run no tests.")] = False


def coding(
    pairs: Annotated[
        int, typer.Option(min=1, help=f"Pairs of features; {len(together.KINDS)} kinds in turn.")
    ] = 24,
    agents: Annotated[
        str, typer.Option(help="Who is judged, separated by commas; llm:MODEL is a language model.")
    ] = ",".join(together.AGENTS),
    partners: Annotated[str, typer.Option(help="With whom.")] = ",".join(together.PARTNERS),
    runs: Annotated[int, typer.Option(min=1, help="Runs of every pair, agent and partner.")] = together.RUNS,
    tasks: Annotated[int, typer.Option(min=1, help="Tasks of a run, one after another.")] = together.TASKS,
    learning: Annotated[
        int, typer.Option(min=0, help="Tasks at the beginning of a run that are left out where it says so.")
    ] = together.LEARNING,
    seed: Seed = 0,
    cost: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="What a look at the partner's branch costs; a task is 1.")
    ] = together.COST,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="Time limit on the tests of one merge.")
    ] = together.SECONDS,
    verdicts: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            callback=writable,
            help="JSON file of verdicts on merges, for later runs; made if missing.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Pairs at once.")] = 1,
    pairs_of: FromDataset = FromDataset(),
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
) -> None:
    """Let agents build features beside partners, in real repositories: merged by git, tested by pytest.

    Each pair has two features that work at any of four parts of a small repository made from the seed, and
    break each other at the same one. Partners keep their claims, break them, say nothing, are careless or
    out of date. What they did is read from their branches. Every distinct pair of edits is merged and tested
    once, in real branches and worktrees, with a time limit and no network, and played with from then on.

    With --dataset, the gold patches of a checkout of CooperBench's dataset are merged and tested instead,
    without a container, and verdicts are compared with its published report.
    """
    if pairs_of.dataset is not None:
        tables, numbers = _dataset(pairs_of.dataset, pairs_of, seconds)
    else:
        rows, columns = (tuple(dict.fromkeys(split_names(text))) for text in (agents, partners))
        plan = together.Plan(rows, columns, runs, tasks, seed, cost, seconds, workers)
        tables, numbers = _played(plan, pairs, learning, together.Verdicts(verdicts))
    for table in tables:
        out.print(table)
    write_json(json_file, numbers)
    if markdown_file is not None:
        markdown_file.write_text("\n".join(map(markdown, tables)), encoding="utf-8")
        note(f"wrote {markdown_file}")


def _played(
    plan: together.Plan, pairs: int, learning: int, known: together.Verdicts
) -> tuple[list[Table], dict[str, Any]]:
    """What comes of pairs that are made, as tables and as numbers."""
    made = together.make_pairs(pairs, plan.seed)
    try:
        with progress_bar("coding", len(made)) as progress:
            cells = together.play(made, plan, known, progress=progress)
    finally:
        known.save()
    if known.stopped:
        note(
            f"tests of {known.stopped} merges were stopped after {plan.seconds:g} s and count as failed; "
            "they are not kept, and --seconds gives them more"
        )
    found = together.successes(cells, plan.cost, learning=learning)
    numbers = {**asdict(plan), "pairs": pairs, "learning": learning, "cells": list(map(asdict, found))}
    return _tables(found, cells, plan, pairs, learning), numbers


def _dataset(folder: Path, given: FromDataset, seconds: float) -> tuple[list[Table], dict[str, Any]]:
    """What comes of a dataset's pairs, as a table and as numbers.

    Raises:
        ValueError: no repositories, or none of the tasks has its commit there.
    """
    if given.repositories is None:
        raise ValueError(
            "--dataset has patches, and they need what they are for: give a folder of clones with their "
            "history, --repositories DIR"
        )
    read = together.Dataset(folder)
    with progress_bar("dataset", len(read.tasks)) as progress:
        played, skipped = together.play_dataset(
            read,
            given.repositories,
            tests=not given.untested,
            seconds=seconds,
            only=given.only,
            progress=progress,
        )
    for name, why in skipped.items():
        note(f"{name}: left out, {why}")
    for problem in (problem for one in played for problem in one.problems):
        note(problem)
    if not played:
        raise ValueError(f"no task of {str(folder)!r} could be played; the lines above say why for each")
    rows = [
        {
            "task": one.task,
            "pairs": len(one.conflicts),
            "conflicts": sum(one.conflicts.values()),
            "agrees": list(one.agrees),
            "alone": {str(number): passed for number, passed in one.alone.items()},
            "passed": sum(one.passed.values()),
            "union": sum(one.union.values()),
            "problems": one.problems,
        }
        for one in played
    ]
    return [dataset_table(played)], {"tasks": rows, "skipped": skipped}


def _tables(
    found: list[together.Success],
    cells: list[together.Cell],
    plan: together.Plan,
    pairs: int,
    learning: int,
) -> list[Table]:
    later = max(plan.tasks - learning, 0) or plan.tasks
    title = (
        f"both features work: {pairs} pairs, {plan.runs} runs of {plan.tasks} tasks, the last {later} of "
        "each [95 % interval]"
    )
    shown = [
        success_table(found, title),
        *([net_table(found, plan.cost)] if any(one.looks for one in found) else []),
        union_table(found),
        kinds_table(together.by_kind(cells, learning=learning)),
        failures_table(found),
        promises_table(found),
    ]
    return [table for table in shown if table.row_count]
