"""Commands on teams."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Table

from eval.cli.options import (
    Episodes,
    JsonFile,
    RuntimeName,
    RuntimeOption,
    Seed,
    check_writable,
    out,
    progress_bar,
    split_names,
    write_json,
)
from eval.studies.symmetric import symmetric_limit
from eval.studies.team import TeamResult, play_team, seat_team
from eval.tasks import Task, make_task
from eval.tasks.registry import TICKETS

TEAMS = "tom-0,tom-1,random,bayes,permuted,contract"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("team")(team_)


def team_(
    task: Annotated[str, typer.Option(help="A task of many players, such as tickets-5-5.")] = "tickets-5-5",
    teams: Annotated[
        str,
        typer.Option(
            help="Who takes all seats: players of the zoo, several joined by + in turn, or 'contract'."
        ),
    ] = TEAMS,
    episodes: Episodes = 100,
    seed: Seed = 42,
    runtime: RuntimeOption = RuntimeName.plain,
    json_file: JsonFile = None,
) -> None:
    """Let teams play with themselves: collisions a round, score a player, when they settle."""
    check_writable(json_file)
    played, names = make_task(task), split_names(teams)
    for name in names:
        seat_team(played, name, seed=seed)
    with progress_bar(task, len(names) * episodes) as progress:
        results = [
            play_team(played, name, episodes, seed=seed, runtime=runtime.value, progress=progress)
            for name in names
        ]
    limit = _limit(task, played)
    out.print(_table(played, results, limit))
    write_json(
        json_file,
        {
            "task": task,
            "n": episodes,
            "seed": seed,
            "symmetric_limit": limit,
            "teams": {
                result.team: {
                    "collisions": result.a_round,
                    "score": result.score,
                    "settled": result.settled,
                    "by_round": result.collisions.mean(axis=0).tolist(),
                }
                for result in results
            },
        },
    )


def _limit(name: str, task: Task) -> float | None:
    """Collisions a round of the best symmetric policy, where it is known."""
    found = TICKETS.match(name)
    n, m = (0, 0) if found is None else map(int, found.split("-"))
    return symmetric_limit(n) / task.max_steps if n == m and 1 <= n <= 8 and found else None


def _table(task: Task, results: list[TeamResult], limit: float | None) -> Table:
    n = len(results[0].scores)
    table = Table(title=f"{task.name}: {len(task.players)} players, {task.max_steps} rounds, n = {n}")
    table.add_column("team")
    for column in ("collisions a round", "in rounds 1, 2, 3, 5, 10", "points a player", "settled from round"):
        table.add_column(column, justify="right")
    for result in results:
        curve = result.collisions.mean(axis=0)
        rounds = [f"{curve[t]:.1f}" for t in (0, 1, 2, 4, 9) if t < len(curve)]
        settled = "never" if result.settled == float("inf") else f"{result.settled:g}"
        table.add_row(
            result.team, _plus_minus(*result.a_round), " ".join(rounds), _plus_minus(*result.score), settled
        )
    if limit is not None:
        table.add_row("best symmetric policy", f"{limit:.3f}", "", "", "", style="dim")
    return table


def _plus_minus(mean: float, error: float) -> str:
    return f"{mean:.3f} ± {error:.3f}" if error else f"{mean:.3f}"
