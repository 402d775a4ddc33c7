"""Recorded play of people: what predicts it, at which order they play, and agents beside the same bots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from eval.measure import Interval
from eval.people import (
    AGENTS,
    DEPTHS,
    FOLDS,
    Beaten,
    Depths,
    Recovered,
    Scored,
    Side,
    beaten,
    compare,
    depths,
    known_bots,
    predictors,
    read_games,
    recovered,
)
from eval.people.matches import SEEDS
from eval.published.markdown import prose, table
from eval.published.study import Block, How, Result, Setting, Study
from eval.tasks import MatrixTask, make_task

_DATA = Path(__file__).parents[1] / "data" / "people" / "rps_bots.csv.gz"
_EVERYBODY = 217
_OURS = "orders + habits"
_AGENT, _DEFAULT = "the agent with orders 0 to 5", "the default agent"
_TITLES = {
    "Markov: own action": "Markov on the own last action",
    "Markov: other's action": "Markov on the other's last action",
    "Markov: joint action": "Markov on the last joint action",
    "Markov: step by outcome": "Markov, step by last outcome",
    "habits": "habits (the five counting models, mixed)",
    "orders": "orders (`Bayes`, 0 to 5)",
}


Row = TypeVar("Row", Depths, Recovered, Beaten)


@dataclass(frozen=True, slots=True)
class Played:
    """What people's moves say of them, and their bots' of the bots."""

    people: list[Depths]
    bots: list[Recovered]


@cache
def _game() -> tuple[MatrixTask, list[Side]]:
    task = make_task("rock-paper-scissors")
    assert isinstance(task, MatrixTask)  # noqa: S101 - it is built in
    actions = [list(own) for own in task.situation(task.start()).actions.values()]
    return task, read_games(_DATA, actions)


def _sides(most: int) -> list[Side]:
    """The sides of so many games of every bot; of all games where that is as many as there are people."""
    _, sides = _game()
    kept: dict[str, list[str]] = {}
    for side in sides:
        if not side.bot and len(games := kept.setdefault(side.group, [])) < most:
            games.append(side.game)
    chosen = {game for own in kept.values() for game in own}
    return [side for side in sides if side.game in chosen]


def _score(setting: Setting, how: How) -> list[Scored]:
    task, _ = _game()
    models, folds = predictors(task.payoffs), min(FOLDS, setting.episodes)
    with how.bar("people: next move", len(models) * folds) as progress:
        return compare(_sides(setting.episodes), models, n_folds=folds, progress=progress)


def _depths(setting: Setting, how: How) -> Played:
    task, _ = _game()
    sides = _sides(setting.episodes)
    with how.bar("people: orders", 2) as progress:
        people = depths(sides, task.payoffs)
        progress()
        bots = recovered(sides, task.payoffs)
        progress()
    return Played(people, bots)


def _beat(setting: Setting, how: How) -> list[Beaten]:
    task, sides = _game()
    total = len(known_bots(sides)) * len(AGENTS) * setting.episodes
    with how.bar("people: agents beside bots", total) as progress:
        return beaten(sides, task, seeds=setting.episodes, progress=progress)


SCORED = Study("people: next move", _score, Setting(_EVERYBODY), Setting(2), 40)
DEPTHS_STUDY = Study("people: orders", _depths, Setting(_EVERYBODY), Setting(2), 2)
BEATEN = Study("people: agents beside bots", _beat, Setting(SEEDS), Setting(1), 16)


def next_move(result: Result[list[Scored]]) -> list[str]:
    """One row a predictor, and what is said of them."""
    by_name = {row.name: row for row in result.value}
    ours = by_name[_OURS]
    rows = []
    for row in result.value:
        parts = [_fine(row.interval()), *(_minus(row.interval(part).estimate) for part in ("first", "last"))]
        mine = row is ours
        less = "" if mine else _fine(ours.less(row))
        shown = [_TITLES.get(row.name, row.name), *parts]
        rows.append([*(f"**{text}**" if mine else text for text in shown), less])
    markov = [row for row in result.value if row.name.startswith("Markov")]
    rival = max(markov, key=lambda row: row.interval().estimate)
    counts = [row.settings["alpha"] for row in markov]
    hierarchy = by_name["cognitive hierarchy"].settings
    agent, default = by_name[_AGENT], by_name[_DEFAULT]
    return [
        *table(
            ["model", "all rounds", "first 100", "last 100", "`orders + habits` less this"], rows, right=True
        ),
        "",
        *prose(
            "**Orders and habits together less the best Markov model:",
            f"{_fine(ours.less(rival))} nats a move.** Orders alone are",
            f"{_minus(ours.less(by_name['orders']).estimate)} behind the two together, habits",
            f"alone {_minus(ours.less(by_name['habits']).estimate)}.",
        ),
        "",
        *prose(
            "- *Counting models* are Dirichlet-multinomial, predictive before they learn from",
            "a move. The prior's count α is fitted:",
            f"{by_name['frequency'].settings['alpha']:.1f} for frequencies, {min(counts):.1f}",
            f"to {max(counts):.1f} for the Markov models.",
        ),
        *prose(
            "- *Cognitive hierarchy* (Camerer, Ho and Chong 2004) has one Poisson mean for",
            f"everybody (τ = {hierarchy['tau']:.1f}, fitted with a lapse rate of",
            f"{hierarchy['lapse']:.2f}). It learns nothing of a person or a bot, and so it",
            "says hardly more than frequencies.",
        ),
        *prose(
            "- *The agent* is the plugin's own, as it sits in a graph: nothing of it is",
            f"fitted to anybody. With orders 0 to 5 it is {_fine(agent.less(rival))} nats a",
            f"move ahead of the best Markov model and {_minus(ours.less(agent).estimate)}",
            "behind the fitted mixture; the default, which knows orders 0 to 3, is",
            f"{_minus(ours.less(default).estimate)} behind it.",
        ),
    ]


def _fine(interval: Interval) -> str:
    if interval.is_unknown:
        return _minus(interval.estimate)
    return interval.text(3).replace("-", "−")


def _minus(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def change(result: Result[Played]) -> list[str]:
    """One row a bot: people at its order + 1, and how that changes; then where habits compete."""
    rows = [
        [f"`{row.group}`", _order(row.order), *_changed(row), _none(row)]
        for row in _by_bot(result.value.people)
    ]
    headings = [
        "bot",
        "its order",
        "people at its order + 1: first 100",
        "last 100",
        "change",
        "no order: first, last",
    ]
    return table(headings, rows, right=True)


def _changed(row: Depths) -> list[str]:
    if row.change is None:
        return ["", "", ""]
    return [str(row.above["first"]), str(row.above["last"]), str(row.change)]


def _none(row: Depths) -> str:
    return ", ".join(f"{row.shares[part]['none']:.2f}" for part in ("first", "last"))


def last_rounds(result: Result[Played]) -> list[str]:
    """One row a bot: the share of people at each order in the last 100 rounds; then where habits compete."""
    rows = []
    for row in _by_bot(result.value.people):
        shares = [f"{row.shares['last'][depth]:.2f}" for depth in DEPTHS]
        if row.order is not None:
            shares[row.order + 1] = f"**{shares[row.order + 1]}**"
        name = f"`{row.group}`" + ("" if row.order is None else f" ({row.order})")
        rows.append([name, *shares])
    headings = [
        "beside",
        *(depth if k == 0 else depth.removeprefix("order ") for k, depth in enumerate(DEPTHS)),
    ]
    every = next(row for row in result.value.people if row.group == "all")
    habit = [f"{every.habit[part]:.2f}" for part in ("first", "last", "all")]
    kept = [
        f"{row.above_habits['last']:.2f}" for row in _by_bot(result.value.people) if row.order is not None
    ]
    return [
        *table(headings, rows, right=True),
        "",
        *prose(
            "**What does not work.** Where habits compete (prior 1/3 for orders, habits and",
            "none each), they explain most people better than any single order kept",
            f"throughout: a habit has {habit[0]} in the first 100 rounds, {habit[1]} in the",
            f"last, {habit[2]} over all 300. Bot's order + 1 then keeps {', '.join(kept)} in",
            "the last 100 rounds (orders 0, 1, 2, 3). A counting model has 2 to 18 free",
            "numbers that follow a person who learns; an order has one rule and one lapse",
            "rate.",
        ),
    ]


def bots(result: Result[Played]) -> list[str]:
    """One row a bot: whether its order is found in its moves."""
    rows = [
        [f"`{row.bot}`", _order(row.order), *_found(row), f"{100 * row.unexplained:.0f} %"]
        for row in _by_order(result.value.bots)
    ]
    headings = ["bot", "order", "found in", "probability at the end", "rounds to 0.9", "called unexplained"]
    return table(headings, rows, right=True)


def _found(row: Recovered) -> list[str]:
    if row.order is None:
        return ["", "", ""]
    rounds = "never" if math.isinf(row.rounds) else f"{row.rounds:g}"
    return [f"{row.found * row.n:.0f} of {row.n} games", f"{row.truth:.2f}", rounds]


def beside_bots(result: Result[list[Beaten]]) -> list[str]:
    """One row a bot: the share of rounds that people and agents win."""
    rows = [
        [
            f"`{row.bot}`",
            _order(row.order),
            str(row.people),
            *(_interval(row.agents[name]) for name in AGENTS),
        ]
        for row in _by_order(result.value)
    ]
    ahead = [row.agents["bayes"].estimate - row.people.estimate for row in result.value]
    n = result.setting.episodes
    return [
        *prose(
            f"The share of rounds won, {n} games of each agent; whoever knows the rule wins",
            f"{result.value[0].ceiling:.2f}, and chance is a third. Nothing was tuned on the",
            "bots.",
        ),
        "",
        *table(["bot", "order", "people", "`bayes`", '`orders 0–5, response="above"`'], rows, right=True),
        "",
        *prose(
            f"`bayes` is {min(ahead):.2f} to {max(ahead):.2f} above people beside the", f"{len(ahead)} bots."
        ),
    ]


def _by_order(rows: Sequence[Row]) -> list[Row]:
    """Bots with an order first."""
    return sorted(rows, key=lambda row: (row.order is None, row.order or 0))


def _by_bot(rows: Sequence[Depths]) -> list[Depths]:
    """The rows of single bots."""
    return _by_order([row for row in rows if row.group != "all"])


def _interval(interval: Interval) -> str:
    return f"{interval.estimate:.2f}" if interval.is_unknown else str(interval)


def _order(order: int | None) -> str:
    return "none" if order is None else str(order)


BLOCKS = (
    Block("people-next-move", "docs/people-data.md", (SCORED,), next_move),
    Block("people-change", "docs/people-data.md", (DEPTHS_STUDY,), change),
    Block("people-last-rounds", "docs/people-data.md", (DEPTHS_STUDY,), last_rounds),
    Block("people-bots-orders", "docs/people-data.md", (DEPTHS_STUDY,), bots),
    Block("people-beside-bots", "docs/people-data.md", (BEATEN,), beside_bots),
)
