"""Command that shows an episode."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.cli.options import Seed, split_names, writable
from eval.show.console import note
from eval.show.replay import frames_of, write_page, write_replay
from eval.tasks import GridTask, OvercookedTask, make_task


def replay(
    task: Annotated[
        str, typer.Option(help="What is played, such as game-1; a .gif is of a grid or a kitchen.")
    ],
    players: Annotated[str, typer.Option(help="One player for each seat.")] = "bayes,bayes",
    out: Annotated[
        Path,
        typer.Option(dir_okay=False, callback=writable, help="An .html page of the explorer, or a .gif."),
    ] = Path("replay.html"),
    episode: Annotated[int, typer.Option(min=0, help="The episode's number.")] = 0,
    seed: Seed = 42,
    epsilon: Annotated[float, typer.Option(min=0.0, max=1.0, help="Rate at which everybody lapses.")] = 0.0,
) -> None:
    """Show one episode: the board, and beside it what each player believes about the other."""
    made, names = make_task(task), split_names(players)
    if out.suffix.lower() == ".html":
        steps = write_page(made, names, out, seed=seed, episode=episode, epsilon=epsilon)
        note(f"wrote {out}: {steps} steps")
        return
    if out.suffix.lower() != ".gif":
        raise ValueError(f"a replay is a .gif or an .html file, got {str(out)!r}")
    if not isinstance(made, GridTask | OvercookedTask):
        raise ValueError(  # noqa: TRY004 - what was asked for is wrong, not its type
            f"the task {task!r} has no board to draw into a .gif; grids and kitchens have one, and --out "
            "replay.html shows any task"
        )
    frames = frames_of(made, names, seed=seed, episode=episode, epsilon=epsilon)
    write_replay(made, frames, out)
    note(f"wrote {out}: {frames[-1].end}")
