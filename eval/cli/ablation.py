"""The command of the ablation."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from eval.cli.groups import Without
from eval.cli.options import Asked, JsonFile, MarkdownFile, MaxDegraded, Storing, split_names
from eval.cli.sweeps import end, execution, matrices_of
from eval.show.console import note, out, write_json
from eval.show.tables import Marks, ablation_table, markdown
from eval.studies import ablate
from eval.studies.ablation import PARTNERS, settings
from eval.sweeps import MAX_DEGRADED, cross_plays
from eval.tasks import make_task


def ablation(
    task: Annotated[str, typer.Option(help="Tasks, separated by commas.")] = "memory-1,one-ahead-5",
    partners: Annotated[str, typer.Option(help="With whom.")] = ",".join(PARTNERS),
    asked: Annotated[Asked, Without("runtime", "env")] = Asked(episodes=200),
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
    storing: Storing = Storing(),
    max_degraded: MaxDegraded = MAX_DEGRADED,
) -> None:
    """Every learner x selection x response, with differences from the default setting."""
    sweep = asked.sweep("ablation", matrices_of(split_names(task), settings(), split_names(partners)))
    with execution(sweep, storing) as how:
        played = cross_plays(sweep, how)
    sections, content, marks = [], {}, {}
    for name, rows in zip(sweep.tasks, played, strict=True):
        lines = ablate(make_task(name), rows)
        marks[name] = Marks.of((cell for row in rows for cell in row), max_degraded)
        table = ablation_table(make_task(name), lines, asked.episodes, marks[name])
        out.print(table)
        sections.append(markdown(table))
        tallies = {row[0].agent: {c.partner: c.tally.as_plain(max_degraded) for c in row} for row in rows}
        content[name] = [{**asdict(line), "tallies": tallies[line.setting]} for line in lines]
    write_json(json_file, {"n": asked.episodes, "seed": asked.seed, "tasks": content})
    if markdown_file is not None:
        markdown_file.write_text("\n".join(sections), encoding="utf-8")
        note(f"wrote {markdown_file}")
    end(marks)
