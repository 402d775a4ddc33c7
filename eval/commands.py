"""Commands on tables: train a partner, further findings, replays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from eval.tasks import make_task
from partners.population import save_policies, train
from partners.tabular import on_table

_err = Console(stderr=True)

Seed = Annotated[int, typer.Option(min=0, help="Seed of all random numbers.")]


def train_partner(
    task: Annotated[str, typer.Option(help="A task on a table, such as overcooked.")] = "overcooked",
    out: Annotated[Path, typer.Option(dir_okay=False, help="File to write.")] = Path("population.npz"),
    generations: Annotated[int, typer.Option(min=1, help="Rounds of learning and selection.")] = 30,
    members: Annotated[int, typer.Option(min=2, help="Size of the population.")] = 6,
    seed: Seed = 0,
) -> None:
    """Train a small population that learns to play with itself, and keep its best member.

    The best is the one with the fewest steps beside all members, itself included, over all generations. Play
    with it as the partner population:FILE.
    """
    if not out.parent.is_dir():
        raise ValueError(f"cannot write {str(out)!r}: there is no directory {str(out.parent)!r}")
    made = make_task(task)
    model = on_table("population", made.reasoner()).model
    best = float("inf")
    for generation in train(
        model, generations=generations, members=members, horizon=made.max_steps, seed=seed
    ):
        _err.print(
            f"generation {generation.number}: best {generation.scores.min():.1f}, mean "
            f"{generation.scores.mean():.1f} steps; best so far {generation.best:.1f}"
        )
        if generation.best < best:
            best = generation.best
            save_policies(out, model, generation.policies)
    _err.print(f"wrote {escape(str(out))}: play with it as population:{escape(str(out))}")
