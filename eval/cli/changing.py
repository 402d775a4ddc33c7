"""Commands on partners that change, are seen late or unclearly, and on a belief about unskilled ones."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from eval.cli.options import JsonFile, Seed
from eval.show.console import out, progress_bar, write_json
from eval.show.tables import competence_table, detectors_table, followed_table, views_table
from eval.studies import changes_followed, compare_detectors, competence_rows
from eval.studies.changing import MOVED, parts_of_detectors
from eval.studies.competence import parts_of_competence
from eval.studies.views import PARTNERS, RANDOM, VIEWS
from eval.studies.views import views as compare_views


def changing(
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of every partner that changes.")] = 200,
    seed: Seed = 42,
    json_file: JsonFile = None,
) -> None:
    """Delay and false alarms of detectors on partners that change (extra drift)."""
    with progress_bar("changing", parts_of_detectors(episodes) + len(MOVED)) as progress:
        found = compare_detectors(episodes, seed=seed, progress=progress)
        because = changes_followed(1 + episodes // 5, seed=seed, progress=progress)
    out.print(detectors_table(found, episodes))
    out.print(followed_table(because))
    numbers = {
        f"{row.detector} {row.setting:g}": {
            "false_alarms": row.false_alarms,
            **{title: asdict(delay) for title, delay in row.delays.items()},
        }
        for row in found
    }
    write_json(json_file, {"n": episodes, "seed": seed, "detectors": numbers, "followed": because})


def competence(
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of every skill and order.")] = 30,
    seed: Seed = 42,
    json_file: JsonFile = None,
) -> None:
    """Whether the belief measures depth or skill: partners that act by their order 11 to 39 % of the time."""
    with progress_bar("competence", parts_of_competence(episodes)) as progress:
        rows = competence_rows(episodes, seed=seed, progress=progress)
    out.print(competence_table(rows, episodes))
    write_json(json_file, {"n": episodes, "seed": seed, "rows": [asdict(row) for row in rows]})


def views(
    task: Annotated[
        str, typer.Option(help="A repeated game of two players with a known optimum.")
    ] = "one-ahead-5",
    rounds: Annotated[int, typer.Option(min=2, help="Rounds of an episode; an even number.")] = 60,
    episodes: Annotated[int, typer.Option(min=2, help="Episodes a cell.")] = 200,
    seed: Seed = 42,
    json_file: JsonFile = None,
) -> None:
    """What it costs to see the partner's actions late, seldom or unclearly."""
    if rounds % 2:
        raise typer.BadParameter(f"the two halves need an even number of rounds, got {rounds}")
    with progress_bar("views", len((*VIEWS, RANDOM)) * len(PARTNERS)) as progress:
        found = compare_views(task, rounds=rounds, episodes=episodes, seed=seed, progress=progress)
    out.print(views_table(found, task, rounds, episodes))
    write_json(
        json_file,
        {"task": task, "rounds": rounds, "n": episodes, "seed": seed, "rows": [asdict(row) for row in found]},
    )
