"""The commands on trained populations."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import JsonFile, MarkdownFile, Seed, Workers, split_names, writable_folder
from eval.show.console import note, progress_bar, write_json
from eval.show.console import out as console
from eval.show.tables import lever_table, markdown, training_table
from eval.studies.levers import lever_games
from eval.studies.training import AGENTS, SEEDS, TASKS, asked_for, judged
from eval.training import METHODS, Settings, all_trained
from partners import save_population

_BASE = Settings()


def train(
    task: Annotated[
        str, typer.Option(help="Two-player games with a common payoff, separated by commas.")
    ] = ",".join(TASKS),
    methods: Annotated[
        str, typer.Option(help=f"Trainings, separated by commas, of {', '.join(METHODS)}.")
    ] = ",".join(METHODS),
    agents: Annotated[
        str, typer.Option(help="Players beside the populations, separated by commas; empty for none.")
    ] = ",".join(AGENTS),
    seeds: Annotated[int, typer.Option(min=4, help="Pairs in each population.")] = SEEDS,
    seed: Seed = 42,
    steps: Annotated[int, typer.Option(min=1, help="Updates of a pair.")] = _BASE.steps,
    group: Annotated[int, typer.Option(min=2, help="Episodes an update.")] = _BASE.group,
    rate: Annotated[float, typer.Option(min=0.0, help="Step size of an update.")] = _BASE.rate,
    memory: Annotated[int, typer.Option(min=0, max=1, help="Rounds that a policy remembers.")] = 1,
    rounds: Annotated[int, typer.Option(min=1, help="How often an agent meets every pair in each seat.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False,
            callback=writable_folder,
            help="Keep the populations in this directory; each plays as the partner trained:FILE.",
        ),
    ] = None,
    workers: Workers = None,
    json_file: JsonFile = None,
    markdown_file: MarkdownFile = None,
) -> None:
    """Train pairs on one shared reward, and see who plays with whom: themselves, each other, A-ToM.

    Policies are tables over the last round; the gradient is group-relative (MAGRPO). Self-play is a pair as
    it was trained, cross-play are players of pairs from other seeds, and each agent sits beside every pair.
    """
    base = Settings(steps=steps, group=group, rate=rate)
    tasks, chosen, names = split_names(task), split_names(methods), split_names(agents) if agents else []
    asked = asked_for(tasks, chosen, seeds=seeds, seed=seed, base=base, memory=memory)
    with progress_bar("training", len(asked)) as progress:
        populations = list(all_trained(asked, workers or 1, progress))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for population in populations:
            path = out / f"{population.task}-{population.method}.json"
            save_population(path, population)
            note(f"wrote {path}: play with it as trained:{path}")
    with progress_bar("playing", len(asked) * (1 + len(names))) as progress:
        found = judged(populations, names, rounds=rounds, seed=seed, progress=progress)
    tables = [training_table([one for one in found if one.task == name], seeds) for name in tasks]
    for table in tables:
        console.print(table)
    write_json(
        json_file, {"seed": seed, "seeds": seeds, **asdict(base), "found": [asdict(one) for one in found]}
    )
    if markdown_file is not None:
        markdown_file.write_text("\n".join(map(markdown, tables)) + "\n", encoding="utf-8")
        note(f"wrote {markdown_file}")


def levers(
    pairs: Annotated[int, typer.Option(min=40, help="Pairs that are trained apart.")] = 10_000,
    seed: Seed = 42,
    json_file: JsonFile = None,
) -> None:
    """Train pairs in the lever game with little and much entropy, as published, and where that fails.

    One round, exact gradients. Other-play relabels levers that pay the same between the players of a pair.
    """
    found = lever_games(pairs=pairs, seed=seed)
    console.print(lever_table(found, pairs))
    write_json(json_file, {"pairs": pairs, "seed": seed, "found": [asdict(one) for one in found]})
