"""The command that measures the statistics of the others."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from eval.cli.options import JsonFile, MarkdownFile, Seed, Storing, split_names
from eval.cli.sweeps import execution
from eval.show.console import note, out, progress_bar, write_json
from eval.show.tables import coverage_table, markdown
from eval.studies import coverage as study
from eval.sweeps import cross_plays


def coverage(
    task: Annotated[str, typer.Option(help="Tasks of two seats, separated by commas.")] = ",".join(
        study.TASKS
    ),
    agents: Annotated[str, typer.Option(help="Whose episodes.")] = ",".join(study.AGENTS),
    episodes: Annotated[int, typer.Option(min=2, help="Episodes a cell that samples are drawn from.")] = 1000,
    sizes: Annotated[str, typer.Option(help="Episodes in a sample.")] = ",".join(map(str, study.SIZES)),
    draws: Annotated[int, typer.Option(min=10, help="Samples.")] = 600,
    seed: Seed = 42,
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
    storing: Storing = Storing(),
) -> None:
    """How often intervals cover and tests reject what is true, on samples of the engine's own episodes."""
    try:
        numbers = [int(size) for size in split_names(sizes)]
    except ValueError:
        raise ValueError(f"sizes are whole numbers separated by commas, got {sizes!r}") from None
    if min(numbers) < 2:
        raise ValueError(f"a sample has two episodes at least, got {min(numbers)}")
    sweep = study.coverage_sweep(split_names(task), split_names(agents), episodes=episodes, seed=seed)
    with execution(sweep, storing) as how:
        played = cross_plays(sweep, how)
    found = []
    with progress_bar("samples", len(played) * len(numbers) * study.KINDS) as progress:
        for name, rows in zip(sweep.tasks, played, strict=True):
            found += study.rates_of(name, rows, numbers, draws=draws, progress=progress)
    table = coverage_table(found, episodes, draws)
    out.print(table)
    write_json(
        json_file, {"episodes": episodes, "draws": draws, "seed": seed, "rates": list(map(asdict, found))}
    )
    if markdown_file is not None:
        markdown_file.write_text(markdown(table), encoding="utf-8")
        note(f"wrote {markdown_file}")
