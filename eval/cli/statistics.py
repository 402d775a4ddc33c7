"""Commands that say what episodes come to: statistics of a file, comparisons."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from eval.cli.groups import Without
from eval.cli.options import Asked, JsonFile, Models, ResultsFile, RunNumber, Storing, split_names
from eval.cli.sweeps import execution, matrices_of, with_transcripts
from eval.measure import REGRET_NOTE, belief_summaries, compare, self_and_cross, summarise
from eval.results import stored_cells, stored_run, transcript_command
from eval.show.console import check_writable, note, out, write_json
from eval.show.tables import belief_table, comparison_table, summary_table
from eval.sweeps import cross_plays
from eval.tasks import make_task


def statistics(file: ResultsFile, run: RunNumber = None, json_file: JsonFile = None) -> None:
    """Summarise a results file: means with intervals, worst partners, self-play, beliefs, regret."""
    check_writable(json_file)
    matrices = stored_cells(file, run)
    if stored_run(file, run).finished is None:
        note(f"{file}: the run is not finished; these are the episodes so far")
    found: dict[str, Any] = {"tasks": {}, "note": REGRET_NOTE}
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
    beliefs = list(belief_summaries(file, run))
    if beliefs:
        out.print(belief_table(beliefs))
        out.print(f"[dim]{REGRET_NOTE}[/dim]")
    found["beliefs"] = [asdict(summary) for summary in beliefs]
    if command := transcript_command(file, run):
        note(f"what was asked and answered: {command}")
        found["transcripts"] = command
    write_json(json_file, found)


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
    check_writable(json_file)
    firsts, seconds = split_names(agents), split_names(against)
    matrices = matrices_of([task], [*firsts, *seconds], split_names(partners))
    sweep = asked.sweep("compare", matrices, models.settings)
    with execution(sweep, storing, models) as how:
        (rows,) = cross_plays(sweep, how)
    cells = {row[0].agent: {cell.partner: cell for cell in row} for row in rows}
    pairs = [(cells[a], cells[b]) for a in firsts for b in seconds if a != b]
    comparisons = compare(pairs)
    out.print(comparison_table(make_task(task), comparisons, asked.episodes))
    plain = [asdict(comparison) for comparison in comparisons]
    found = {"task": task, "n": asked.episodes, "seed": asked.seed, "comparisons": plain}
    write_json(json_file, with_transcripts(found, how))
