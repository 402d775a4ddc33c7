"""The command on recorded play of people."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

import eval.people as recorded
from eval.cli.options import JsonFile, Seed, writable
from eval.people.matches import SEEDS
from eval.people.tables import (
    beaten_table,
    change_table,
    depths_table,
    levels_table,
    recovered_table,
    scores_table,
)
from eval.show.console import Table, note, out, progress_bar, write_json
from eval.show.tables import markdown
from eval.tasks import MatrixTask, make_task

SHIPPED = Path(__file__).parents[1] / "data" / "people" / "rps_bots.csv.gz"


def people(
    data: Annotated[
        Path,
        typer.Argument(dir_okay=False, help="A CSV file, .gz or not.", show_default="217 people, 7 bots"),
    ] = SHIPPED,
    task: Annotated[
        str, typer.Option(help="The game that was played: a normal-form game of two, such as matrix:FILE.")
    ] = "rock-paper-scissors",
    n_folds: Annotated[int, typer.Option("--folds", min=2, help="In how many parts people are split.")] = (
        recorded.FOLDS
    ),
    seeds: Annotated[
        int, typer.Option(min=0, help="Games of each agent with each bot that is known; 0 for none.")
    ] = SEEDS,
    seed: Seed = 0,
    json_file: JsonFile = None,
    out_file: Annotated[
        Path | None,
        typer.Option(
            "--out", dir_okay=False, callback=writable, help="Write the tables to this file, as Markdown."
        ),
    ] = None,
) -> None:
    """Fit models of the next move to what people played, and score them on people left out.

    Without DATA it reads the rock-paper-scissors games of 217 people with seven bots that are shipped. A file
    of yours has the columns game (or pair), round, player, action, and group where conditions differ; or
    game, round, person, bot_move, and bot. One-shot choices have player, choice (from 1), payoffs (JSON such
    as [[3, 0], [5, 1]]), and seat (1 or 2) where the game is not symmetric. An empty action is a round
    without a move.

    It prints held-out log scores (uniform, frequencies, Markov, cognitive hierarchy, a belief over orders,
    orders and habits), at which order people play, how that changes, whether the orders of known bots are
    recovered from their moves, and how often agents beat them. The shipped data take about a minute.
    """
    columns, _ = recorded.rows_of(data)
    if columns >= recorded.ONE_SHOT and "round" not in columns:
        tables, numbers = _one_shot(data, n_folds, seed)
    else:
        tables, numbers = _repeated(data, _game(task), n_folds, seeds, seed)
    for table in tables:
        out.print(table)
    if "verdict" in numbers:
        out.print(numbers["verdict"], highlight=False)
    write_json(json_file, {"data": data.name, "folds": n_folds, "seed": seed, **_finite(numbers)})
    if out_file is not None:
        said = [*map(markdown, tables), *([numbers["verdict"]] if "verdict" in numbers else [])]
        out_file.write_text("\n".join(said).rstrip() + "\n", encoding="utf-8")
        note(f"wrote {out_file}")


def _repeated(
    data: Path, task: MatrixTask, n_folds: int, seeds: int, seed: int
) -> tuple[list[Table], dict[str, Any]]:
    """The tables of repeated games, and their numbers."""
    payoffs = task.payoffs
    actions = [list(own) for own in task.situation(task.start()).actions.values()]
    sides = recorded.read_games(data, actions)
    models = recorded.predictors(payoffs)
    bots = recorded.known_bots(sides)
    with progress_bar("people", len(models) * n_folds + len(bots) * len(recorded.AGENTS) * seeds) as progress:
        scored = recorded.compare(sides, models, n_folds=n_folds, seed=seed, progress=progress)
        found = recorded.depths(sides, payoffs)
        known = recorded.recovered(sides, payoffs)
        won = recorded.beaten(sides, task, seeds=seeds, progress=progress) if seeds else []
    games = len(scored[0].strata)
    tables = [
        scores_table(scored, games, n_folds),
        *(depths_table(found, part) for part in ("first", "last")),
        change_table(found),
        *([recovered_table(known)] if known else []),
        *([beaten_table(won, seeds)] if won else []),
    ]
    return tables, {
        "task": task.name,
        "people": len(recorded.people(sides)),
        "scores": _scores(scored),
        "verdict": recorded.verdict(scored),
        "depths": [asdict(row) for row in found],
        "recovered": [asdict(row) for row in known],
        "beaten": [asdict(row) for row in won],
    }


def _one_shot(data: Path, n_folds: int, seed: int) -> tuple[list[Table], dict[str, Any]]:
    """The tables of one-shot choices, and their numbers."""
    choices = recorded.read_choices(data)
    with progress_bar("people", n_folds) as progress:
        found = recorded.levels(choices, n_folds=n_folds, seed=seed, progress=progress)
    tables = [scores_table(found.scored, found.players, n_folds), levels_table(found)]
    return tables, {
        "people": found.players,
        "choices": found.choices,
        "scores": _scores(found.scored),
        "orders": found.shares,
    }


def _scores(scored: Sequence[recorded.Scored]) -> dict[str, Any]:
    """Predictor -> its scores by part, what was fitted, and how much the last predictor is ahead of it."""
    return {
        row.name: {
            **{part: asdict(row.interval(part)) for part in row.scores},
            "fitted": row.settings,
            "less": asdict(scored[-1].less(row)),
        }
        for row in scored
    }


def _game(name: str) -> MatrixTask:
    """The task of that name.

    Raises:
        ValueError: no normal-form game of two players.
    """
    task = make_task(name)
    if not isinstance(task, MatrixTask) or len(task.players) != 2:
        raise ValueError(
            f"the task {name!r} is no normal-form game of two players; give the payoffs of the recorded "
            "game, such as --task matrix:game.json"
        )
    return task


def _finite(value: Any) -> Any:
    """The same plain data with None for numbers that JSON has no word for."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
