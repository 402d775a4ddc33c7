"""Commands that say what episodes come to: statistics of a file, comparisons."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from eval.cli.groups import Without
from eval.cli.options import (
    Asked,
    JsonFile,
    MaxDegraded,
    Models,
    ResultsFile,
    RunNumber,
    Storing,
    split_names,
)
from eval.cli.sweeps import end, execution, matrices_of, with_transcripts
from eval.measure import REGRET_NOTE, belief_summaries, compare, self_and_cross, summarise
from eval.results import stored_cells, stored_run, transcript_command
from eval.show.console import note, out, working, write_json
from eval.show.tables import Marks, belief_table, comparison_table, summary_table
from eval.sweeps import MAX_DEGRADED, cross_plays
from eval.tasks import make_task


def statistics(
    file: ResultsFile,
    run: RunNumber = None,
    json_file: JsonFile = None,
    max_degraded: MaxDegraded = MAX_DEGRADED,
) -> None:
    """Summarise a results file: means with intervals, worst partners, self-play, beliefs, regret."""
    with working("reading episodes"):
        matrices = stored_cells(file, run)
    if stored_run(file, run).finished is None:
        note(f"{file}: the run is not finished; these are the episodes so far")
    found: dict[str, Any] = {"tasks": {}, "note": REGRET_NOTE}
    marks: dict[str, Marks] = {}
    for name, rows in matrices.items():
        task = make_task(name)
        summaries = summarise(task, rows)
        marks[name] = Marks.of((cell for row in rows for cell in row), max_degraded)
        out.print(summary_table(task, summaries, marks[name]))
        both = self_and_cross(rows)
        if both is not None:
            out.print(f"self-play {both.own}, cross-play {both.cross}, gap {both.gap}", highlight=False)
        found["tasks"][name] = {
            "agents": [
                {
                    **asdict(summary),
                    "tallies": {cell.partner: cell.tally.as_plain(max_degraded) for cell in row},
                }
                for summary, row in zip(summaries, rows, strict=True)
            ],
            "self_and_cross": None if both is None else asdict(both),
        }
    with working("reading beliefs"):
        beliefs = list(belief_summaries(file, run))
    if beliefs:
        out.print(belief_table(beliefs, marks))
        out.print(f"[dim]{REGRET_NOTE}[/dim]")
    found["beliefs"] = [asdict(summary) for summary in beliefs]
    if command := transcript_command(file, run):
        note(f"what was asked and answered: {command}")
        found["transcripts"] = command
    write_json(json_file, found)
    end(marks)


def compare_(
    task: Annotated[str, typer.Option(help="A task, see list.")],
    agents: Annotated[str, typer.Option(help="Players, separated by commas.")],
    against: Annotated[str, typer.Option(help="Players that each of the agents is compared with.")],
    partners: Annotated[str, typer.Option(help="With whom.")] = "tom-0,tom-1,tom-2,self",
    asked: Annotated[Asked, Without("runtime", "env")] = Asked(episodes=200),
    json_file: JsonFile = None,
    storing: Storing = Storing(),
    models: Annotated[Models, Without("transcripts")] = Models(),
) -> None:
    """Paired differences between agents on the same seeds, with 95 % intervals and Holm's correction."""
    firsts, seconds = split_names(agents), split_names(against)
    matrices = matrices_of([task], [*firsts, *seconds], split_names(partners))
    sweep = asked.sweep("compare", matrices, models.settings)
    with execution(sweep, storing, models) as how:
        (rows,) = cross_plays(sweep, how)
    cells = {row[0].agent: {cell.partner: cell for cell in row} for row in rows}
    pairs = [(cells[a], cells[b]) for a in firsts for b in seconds if a != b]
    comparisons = compare(pairs)
    marks = Marks.of((cell for row in rows for cell in row), models.max_degraded)
    out.print(comparison_table(make_task(task), comparisons, asked.episodes, marks))
    plain = {
        "task": task,
        "n": asked.episodes,
        "seed": asked.seed,
        "comparisons": [asdict(comparison) for comparison in comparisons],
        "tallies": marks.as_plain(),
    }
    write_json(json_file, with_transcripts(plain, how))
    end({task: marks})
