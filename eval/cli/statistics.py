"""Commands that say what episodes come to: statistics of a file, comparisons, the ablation."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.cli.options import (
    DaskAddress,
    Episodes,
    Epsilon,
    ForceNew,
    JsonFile,
    MemoFile,
    Rate,
    Results,
    Seed,
    Temperature,
    Workers,
    Yes,
    check_writable,
    note,
    out,
    split_names,
    write_json,
)
from eval.cli.results import ResultsFile, RunNumber
from eval.cli.sweeps import matrices_of, play_matrices
from eval.measure.beliefs import belief_reports
from eval.measure.regret import NOTE
from eval.measure.summary import compare, self_and_cross, summarise
from eval.results.cells import stored_cells
from eval.results.content import stored_run
from eval.show.tables.statistics import belief_table, comparison_table, markdown, summary_table
from eval.studies import ablation
from eval.sweeps.session import PAPER_TEMPERATURE, LLMOptions
from eval.tasks import make_task


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("statistics")(statistics_)
    app.command("compare")(compare_)
    app.command("ablation")(ablation_)


def statistics_(file: ResultsFile, run: RunNumber = None, json_file: JsonFile = None) -> None:
    """Summarise a results file: means with intervals, worst partners, self-play, beliefs, regret."""
    check_writable(json_file)
    matrices = stored_cells(file, run)
    if stored_run(file, run).finished is None:
        note(f"{file}: the run is not finished; these are the episodes so far")
    found: dict[str, Any] = {"tasks": {}, "note": NOTE}
    for name, rows in matrices.items():
        task = make_task(name)
        summaries = summarise(task, rows)
        out.print(summary_table(task, summaries))
        both = self_and_cross(rows)
        if both is not None:
            out.print(f"self-play {both.own}, cross-play {both.cross}, gap {both.gap}", highlight=False)
        found["tasks"][name] = {
            "agents": [asdict(summary) for summary in summaries],
            "self_and_cross": None if both is None else asdict(both),
        }
    reports = list(belief_reports(file, run))
    if reports:
        out.print(belief_table(reports))
        out.print(f"[dim]{NOTE}[/dim]")
    found["beliefs"] = [asdict(report) for report in reports]
    write_json(json_file, found)


def compare_(
    task: Annotated[str, typer.Option(help="A task, see list.")],
    agents: Annotated[str, typer.Option(help="Players, separated by commas.")],
    against: Annotated[str, typer.Option(help="Players that each of the agents is compared with.")],
    partners: Annotated[str, typer.Option(help="With whom.")] = "tom-0,tom-1,tom-2,self",
    episodes: Episodes = 200,
    seed: Seed = 42,
    epsilon: Epsilon = 0.0,
    json_file: JsonFile = None,
    results: Results = None,
    force_new: ForceNew = False,
    workers: Workers = None,
    dask: DaskAddress = "",
    temperature: Temperature = PAPER_TEMPERATURE,
    memo: MemoFile = None,
    rate: Rate = None,
    yes: Yes = False,
) -> None:
    """Paired differences between agents on the same seeds, with 95 % intervals and Holm's correction."""
    check_writable(json_file)
    firsts, seconds = split_names(agents), split_names(against)
    matrices = matrices_of([task], [*firsts, *seconds], split_names(partners))
    rows = play_matrices(
        "compare",
        matrices,
        episodes,
        seed=seed,
        epsilon=epsilon,
        results=results,
        force_new=force_new,
        workers=workers,
        dask=dask,
        options=LLMOptions(temperature, None, rate, memo, yes),
    ).tables[0]
    cells = {row[0].agent: {cell.partner: cell for cell in row} for row in rows}
    pairs = [(cells[a], cells[b]) for a in firsts for b in seconds if a != b]
    comparisons = compare(pairs)
    out.print(comparison_table(make_task(task), comparisons, episodes))
    write_json(
        json_file,
        {"task": task, "n": episodes, "seed": seed, "comparisons": [asdict(c) for c in comparisons]},
    )


def ablation_(
    task: Annotated[str, typer.Option(help="Tasks, separated by commas.")] = "memory-1,one-ahead-5",
    partners: Annotated[str, typer.Option(help="With whom.")] = ",".join(ablation.PARTNERS),
    episodes: Episodes = 200,
    seed: Seed = 42,
    epsilon: Epsilon = 0.0,
    json_file: JsonFile = None,
    markdown_file: Annotated[
        Path | None, typer.Option("--markdown", dir_okay=False, help="Write the tables to this file.")
    ] = None,
    results: Results = None,
    force_new: ForceNew = False,
    workers: Workers = None,
    dask: DaskAddress = "",
) -> None:
    """Every learner x selection x response, with differences from the default setting."""
    check_writable(json_file)
    check_writable(markdown_file)
    tasks = split_names(task)
    matrices = matrices_of(tasks, ablation.settings(), split_names(partners))
    played = play_matrices(
        "ablation",
        matrices,
        episodes,
        seed=seed,
        epsilon=epsilon,
        results=results,
        force_new=force_new,
        workers=workers,
        dask=dask,
    ).tables
    sections, content = [], {}
    for name, rows in zip(tasks, played, strict=True):
        lines = ablation.ablate(make_task(name), rows)
        table = ablation.table(make_task(name), lines, episodes)
        out.print(table)
        sections.append(markdown(table))
        content[name] = [asdict(line) for line in lines]
    write_json(json_file, {"n": episodes, "seed": seed, "tasks": content})
    if markdown_file is not None:
        markdown_file.write_text("\n".join(sections), encoding="utf-8")
        note(f"wrote {markdown_file}")
