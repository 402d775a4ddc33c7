"""Commands on teams."""

from __future__ import annotations

from typing import Annotated

import typer

from eval.cli.groups import Without
from eval.cli.options import Asked, JsonFile, split_names
from eval.show.console import out, progress_bar, write_json
from eval.show.tables import team_table
from eval.studies import play_team, seat_team, symmetric_limit
from eval.tasks import TICKETS, Task, make_task

TEAMS = "tom-0,tom-1,random,bayes,permuted,contract"


def team(
    task: Annotated[str, typer.Option(help="A task of many players, such as tickets-5-5.")] = "tickets-5-5",
    teams: Annotated[
        str,
        typer.Option(
            help="Who takes all seats: players of the zoo, several joined by + in turn, or 'contract'."
        ),
    ] = TEAMS,
    asked: Annotated[Asked, Without("epsilon", "env")] = Asked(episodes=100),
    json_file: JsonFile = None,
) -> None:
    """Let teams play with themselves: collisions a round, score a player, when they settle."""
    played, names = make_task(task), split_names(teams)
    episodes, seed = asked.episodes, asked.seed
    for name in names:
        seat_team(played, name, seed=seed)
    with progress_bar(task, len(names) * episodes) as progress:
        results = [
            play_team(played, name, episodes, seed=seed, runtime=asked.runtime.value, progress=progress)
            for name in names
        ]
    limit = _limit(task, played)
    out.print(team_table(played, results, limit))
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
