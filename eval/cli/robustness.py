"""The command on tasks that nobody tuned."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from eval.cli.options import JsonFile, MarkdownFile, Seed, split_names
from eval.show.console import note, out, progress_bar, write_json
from eval.show.tables import markdown, robustness_table
from eval.studies import robustness as study
from eval.studies.generated import CLASSES, tasks_of


def robustness(
    seed: Seed = 0,
    games: Annotated[
        int,
        typer.Option(min=1, help="Tasks of every class; always four circles, two kitchens at most."),
    ] = 10,
    episodes: Annotated[
        int, typer.Option(min=1, help="Episodes a cell; an even number gives both seats the same weight.")
    ] = 10,
    classes: Annotated[str, typer.Option(help="Of tasks, separated by commas.")] = ",".join(CLASSES),
    agents: Annotated[
        str, typer.Option(help="Players, such as adaptive:LEARNER/SELECTION/RESPONSE: one row each.")
    ] = ",".join(study.AGENTS),
    partners: Annotated[str, typer.Option(help="With whom, each where it plays.")] = ",".join(study.PARTNERS),
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
) -> None:
    """Rank agents on tasks that nobody tuned: random games of five classes, circles, maps, kitchens.

    Every score is put between 0, a random player's beside the same partner, and 1, the best that is known
    there: the best mean of all players tried (the agents, tom-0 to tom-3, in games also frequency and
    markov-predictor), or beside its own kind what two players with one plan would get. Seed 0 is for
    development; seeds 1, 2 and 3 were held out and have been played. Choose nothing by a held-out seed.
    """
    kinds, rows, columns = (list(dict.fromkeys(split_names(text))) for text in (classes, agents, partners))
    drawn = {kind: tasks_of(kind, games, seed=seed) for kind in kinds}
    cells = sum(study.count(tasks, rows, columns) for tasks in drawn.values())
    with progress_bar("robustness", cells) as progress:
        found = [
            study.standings(kind, tasks, rows, columns, episodes=episodes, seed=seed, progress=progress)
            for kind, tasks in drawn.items()
        ]
    tables = [robustness_table(standings, episodes, seed) for standings in found]
    for table in tables:
        out.print(table)
    settings = {"seed": seed, "games": games, "n": episodes, "partners": columns}
    write_json(json_file, {**settings, "classes": [asdict(standings) for standings in found]})
    if markdown_file is not None:
        markdown_file.write_text("\n".join(map(markdown, tables)), encoding="utf-8")
        note(f"wrote {markdown_file}")
