"""Command that shows an episode."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from eval.cli.options import Seed, split_names, writable
from eval.show.console import err
from eval.show.replay import frames_of, write_replay
from eval.tasks import GridTask, OvercookedTask, make_task


def replay(
    task: Annotated[str, typer.Option(help="A grid or a kitchen, such as game-1 or overcooked.")],
    players: Annotated[str, typer.Option(help="One player for each seat.")] = "bayes,bayes",
    out: Annotated[
        Path, typer.Option(dir_okay=False, callback=writable, help="A .gif, or an .html page.")
    ] = Path("replay.html"),
    episode: Annotated[int, typer.Option(min=0, help="The episode's number.")] = 0,
    seed: Seed = 42,
    epsilon: Annotated[float, typer.Option(min=0.0, max=1.0, help="Rate at which everybody lapses.")] = 0.0,
) -> None:
    """Show one episode: the board, and beside it what each player believes about the other."""
    made = make_task(task)
    if not isinstance(made, GridTask | OvercookedTask):
        raise ValueError(f"the task {task!r} has no board to show; grids and kitchens have one")  # noqa: TRY004
    frames = frames_of(made, split_names(players), seed=seed, episode=episode, epsilon=epsilon)
    write_replay(made, frames, out)
    err.print(f"wrote {escape(str(out))}: {frames[-1].end}")
