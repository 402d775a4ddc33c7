"""The command that measures how partners that change are noticed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from atom import Bayes, ChangePoints, FixedShare, Hedge, Learner
from eval.cli.options import JsonFile, Seed, check_writable, out, write_json
from eval.studies.changing import (
    Delay,
    Detector,
    change_of_leader,
    followed,
    hazard_filter,
    observe_partner,
    page_hinkley,
    score,
)
from eval.studies.competence import SKILLS, competence_rows
from eval.tasks import make_task
from eval.tasks.matrix import one_ahead

TOLERANCES = (3, 5)
SETTINGS: dict[str, tuple[tuple[float, ...], str]] = {
    "hazard filter": ((0.6, 0.7, 0.8), "change points of this package"),
    "bayes, leader": ((0.55, 0.7, 0.9), "a new likeliest order"),
    "fixed-share, leader": ((0.55, 0.7, 0.9), "a new heaviest expert"),
    "hedge, leader": ((0.55, 0.7, 0.9), "a new heaviest expert"),
    "two-sided CUSUM": ((0.5, 1.0, 2.0, 3.0), "river's PageHinkley on the best order's likelihoods"),
}
"""Detector -> the settings tried, and what it is."""

MOVED = (
    "switching:2-0-2-0@50-100-150",
    "switching:1-2-1-2@50-100-150",
    "deceptive:1-2@4",
    "noisy:0.05:tom-1",
    "learning:hedge@0.5",
    "learning:hedge@2",
    "learning:fixed-share@2",
)
"""Partners that change by themselves, and such that may because the agent did."""


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("changing")(changing_)
    app.command("competence")(competence_)


def detector(name: str, setting: float) -> Detector:
    """A detector of the table with one of its settings."""
    if name == "hazard filter":
        return hazard_filter(ChangePoints(threshold=setting))
    if name == "two-sided CUSUM":
        return page_hinkley(setting, 0.05)
    learners: dict[str, Learner] = {
        "bayes, leader": Bayes(),
        "fixed-share, leader": FixedShare(),
        "hedge, leader": Hedge(),
    }
    return change_of_leader(learners[name], setting)


def changing_(
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of every partner that changes.")] = 200,
    seed: Seed = 42,
    json_file: JsonFile = None,
) -> None:
    """Delay and false alarms of detectors on partners that change (extra drift)."""
    check_writable(json_file)
    one, game_2 = one_ahead(5, 60), make_task("game-2")
    kinds = {
        "2-0@8": (one_ahead(5), "switching:2-0@8", [8]),
        "2-0-2@20-40": (one, "switching:2-0-2@20-40", [20, 40]),
        "2-0-1@20-40": (one, "switching:2-0-1@20-40", [20, 40]),
        "game-2, 1-0@3": (game_2, "switching:1-0@3", [3]),
    }
    seen = {
        title: (observe_partner(task, partner, episodes, seed=seed), changes)
        for title, (task, partner, changes) in kinds.items()
    }
    fixed = [
        rows
        for order in (0, 1, 2)
        for rows in observe_partner(
            one_ahead(5, 200), f"noisy:0.05:tom-{order}", 1 + episodes // 10, seed=seed
        )
    ]
    table = Table(title=f"changes noticed within 3 / 5 rounds (mean delay), n = {episodes}")
    for column in ("detector", "setting", "false alarms in 200", *kinds):
        table.add_column(column)
    numbers: dict[str, dict[str, object]] = {}
    for name, (settings, _) in SETTINGS.items():
        for setting in settings:
            detect = detector(name, setting)
            quiet = score([detect(rows, 5) for rows in fixed], [], [len(rows) for rows in fixed], TOLERANCES)
            found = {
                title: score(
                    [detect(rows, 5) for rows in episodes_of],
                    changes,
                    list(map(len, episodes_of)),
                    TOLERANCES,
                )
                for title, (episodes_of, changes) in seen.items()
            }
            table.add_row(name, f"{setting:g}", f"{quiet.false_alarms:.2f}", *map(_cell, found.values()))
            numbers[f"{name} {setting:g}"] = {
                "false_alarms": quiet.false_alarms,
                **{title: asdict(delay) for title, delay in found.items()},
            }
    out.print(table)
    because = {
        partner: followed(one_ahead(5, 200), partner, 1 + episodes // 5, seed=seed) for partner in MOVED
    }
    moved = Table(
        "partner", "changes reported", "just after the agent's own", title="200 rounds of one-ahead-5"
    )
    for partner, (reports, own) in because.items():
        moved.add_row(partner, str(reports), str(own))
    out.print(moved)
    write_json(json_file, {"n": episodes, "seed": seed, "detectors": numbers, "followed": because})


def competence_(
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of every skill and order.")] = 30,
    seed: Seed = 42,
    json_file: JsonFile = None,
) -> None:
    """Whether the belief measures depth or skill: partners that act by their order 11 to 39 % of the time."""
    check_writable(json_file)
    rows = competence_rows(episodes, seed=seed)
    table = Table(title=f"one-ahead-5, 300 rounds beside an adaptive agent, n = {episodes}")
    skills = [f"{skill:g}" for skill in SKILLS]
    for column in (
        "belief",
        "order",
        *(f"P(order) at {s}" for s in skills),
        "lapse rates",
        "rounds to 0.9",
        "TV",
    ):
        table.add_column(column)
    for row in rows:
        table.add_row(
            row.belief,
            str(row.order),
            *(f"{p:.2f}" for p in row.truth),
            " ".join(f"{lapse:.2f}" for lapse in row.lapses),
            " ".join("-" if n == float("inf") else f"{n:g}" for n in row.rounds),
            f"{row.distance:.3f}",
        )
    out.print(table)
    write_json(json_file, {"n": episodes, "seed": seed, "rows": [asdict(row) for row in rows]})


def _cell(delay: Delay) -> str:
    soon, late = (delay.within[t] for t in TOLERANCES)
    return f"{100 * soon:.0f} / {100 * late:.0f} % ({delay.delay:.1f})"
