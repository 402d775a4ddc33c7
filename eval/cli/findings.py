"""Commands on tables: train a partner, further findings."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import JsonFile, Seed, writable, writable_folder
from eval.show.console import as_data, err, progress_bar, write_json
from eval.show.console import out as console
from eval.show.pictures import check_pictures, draw_findings
from eval.show.tables import findings_tables
from eval.studies import findings as found
from eval.studies.findings import EPSILONS, PARTNERS, count
from eval.studies.paper import EPSILON, ORDERS
from eval.tasks import make_task
from partners import on_table, save_policies, train


def train_partner(
    task: Annotated[str, typer.Option(help="A task on a table, such as overcooked.")] = "overcooked",
    out: Annotated[Path, typer.Option(dir_okay=False, callback=writable, help="File to write.")] = Path(
        "population.npz"
    ),
    generations: Annotated[int, typer.Option(min=1, help="Rounds of learning and selection.")] = 30,
    members: Annotated[int, typer.Option(min=2, help="Size of the population.")] = 6,
    seed: Seed = 0,
) -> None:
    """Train a small population that learns to play with itself, and keep its best member.

    The best is the one with the fewest steps beside all members, itself included, over all generations. Play
    with it as the partner population:FILE.
    """
    made = make_task(task)
    model = on_table("population", made.reasoner()).model
    best = float("inf")
    for generation in train(
        model, generations=generations, members=members, horizon=made.max_steps, seed=seed
    ):
        err.print(
            f"generation {generation.number}: best {generation.scores.min():.1f}, mean "
            f"{generation.scores.mean():.1f} steps; best so far {generation.best:.1f}"
        )
        if generation.best < best:
            best = generation.best
            save_policies(out, model, generation.policies)
    err.print(f"wrote {out}: play with it as population:{out}", soft_wrap=True)


def findings(
    episodes: Annotated[int, typer.Option(min=1, help="Episodes a pairing.")] = 60,
    seed: Seed = 42,
    population: Annotated[
        Path | None, typer.Option(help="A checkpoint of train-partner, to join the other partners.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            file_okay=False, callback=writable_folder, help="Also write pictures to this directory."
        ),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Reproduce the paper's further findings: other partners, optimal actions, rationality.

    Partners that are no ToM agents play in the real Overcooked (extra overcooked).
    """
    if out is not None:
        check_pictures()
    partners = [*PARTNERS, *([f"population:{population}"] if population else [])]
    with progress_bar("findings", count(partners, episodes)) as progress:
        read = found.readings([*ORDERS, *partners], episodes=episodes, epsilon=EPSILON, seed=seed)
        measured = [
            *found.other_partners(partners, episodes=episodes, epsilon=EPSILON, seed=seed, progress=progress),
            *found.fewer_optimal_actions(episodes=episodes, epsilon=EPSILON, seed=seed, progress=progress),
            *found.less_rational(episodes=episodes, seed=seed, progress=progress),
        ]
    for table in findings_tables(measured, read):
        console.print(table)
    console.print(
        as_data(
            "equal: orders k with k. aligned: orders that differ by one. penalty: between them. blind: an "
            "order drawn at random beside one drawn at random. gain: bayes over blind. "
            f"ε = {EPSILON:g} unless it is varied ({', '.join(f'{e:g}' for e in EPSILONS)}).",
            "dim",
        )
    )
    if out is not None:
        out.mkdir(exist_ok=True)
        for path in draw_findings(measured, read, out):
            err.print(f"wrote {path}", soft_wrap=True)
    write_json(
        json_file,
        {
            "episodes": episodes,
            "seed": seed,
            "findings": [asdict(finding) for finding in measured],
            "readings": [asdict(reading) for reading in read],
        },
    )
