"""What comes out of recorded play, as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from eval.measure import Interval
from eval.people.depths import DEPTHS, Depths, Recovered
from eval.people.matches import AGENTS, Beaten
from eval.people.oneshot import Levels
from eval.people.scoring import Scored
from eval.show.console import Table

_NO_ORDER = "none"


def scores_table(scored: Sequence[Scored], n: int, parts: int) -> Table:
    """One row a predictor: held-out log scores, and how much the last one is ahead of it.

    Args:
        scored: the predictors; the last is compared with the others.
        n: how many games, or players of one-shot games.
        parts: in how many parts they were split.
    """
    last = scored[-1]
    table = Table(
        title=f"log score in nats a move, each of {parts} parts predicted from the others, n = {n} "
        "[95 % interval]"
    )
    table.add_column("predictor", no_wrap=True)
    played = "first" in last.scores
    for heading in ("all rounds", "first third", "last third") if played else ("all choices",):
        table.add_column(heading, justify="right")
    table.add_column(f"{last.name} less this", justify="right")
    table.add_column("fitted")
    for row in scored:
        table.add_row(
            row.name,
            _fine(row.interval()),
            *(f"{row.interval(part).estimate:.3f}" for part in row.scores if part != "all"),
            "" if row is last else _fine(last.less(row)),
            _fitted(row.settings),
        )
    return table


def depths_table(rows: Sequence[Depths], part: str = "last") -> Table:
    """One row a group: at which order its people play in a part of the game, habits not considered."""
    table = Table(title=f"share of people at each order, {_PARTS[part]}, habits not considered")
    table.add_column("group", no_wrap=True)
    for heading in ("its order", *DEPTHS, "at its order + 1"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.group or "all",
            _order(row),
            *(f"{share:.2f}" for share in row.shares[part].values()),
            str(row.above[part]) if row.above else "",
        )
    return table


def change_table(rows: Sequence[Depths]) -> Table:
    """One row a group: how the share at the bot's order + 1, of none and of habits changes."""
    table = Table(title="first third -> last third of the rounds")
    table.add_column("group", no_wrap=True)
    for heading in ("at its order + 1", "change", "none", "order + 1, habits considered", "a habit"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.group or "all",
            _two({part: mean.estimate for part, mean in row.above.items()}),
            "" if row.change is None else str(row.change),
            _two({part: shares["none"] for part, shares in row.shares.items()}),
            _two(row.above_habits),
            _two(row.habit),
        )
    return table


def recovered_table(rows: Sequence[Recovered]) -> Table:
    """One row a bot: what a belief over orders makes of its moves."""
    table = Table(title="a bot's order from its own moves, by the belief of the plugin over orders 0 to 5")
    table.add_column("bot", no_wrap=True)
    for heading in ("games", "order", "found", "probability", "rounds to 0.9", "called unexplained"):
        table.add_column(heading, justify="right")
    for row in rows:
        known = row.order is not None
        table.add_row(
            row.bot,
            str(row.n),
            _order(row),
            f"{row.found:.0%}" if known else "",
            f"{row.truth:.2f}" if known else "",
            ("never" if math.isinf(row.rounds) else f"{row.rounds:g}") if known else "",
            f"{row.unexplained:.0%}",
        )
    return table


def beaten_table(rows: Sequence[Beaten], seeds: int) -> Table:
    """One row a bot: how often people and agents beat it."""
    table = Table(title=f"share of won rounds, agents in {seeds} games each [95 % interval]")
    table.add_column("bot", no_wrap=True)
    for heading in ("order", "people", *AGENTS, "ceiling"):
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            row.bot, _order(row), str(row.people), *map(str, row.agents.values()), f"{row.ceiling:.2f}"
        )
    return table


def levels_table(found: Levels) -> Table:
    """The orders of one-shot choices."""
    table = Table(title=f"mean probability of each order, {found.players} players, {found.choices} choices")
    for k in range(len(found.shares)):
        table.add_column(f"order {k}", justify="right")
    table.add_row(*(f"{share:.2f}" for share in found.shares))
    return table


_PARTS = {"all": "all rounds", "first": "first third of the rounds", "last": "last third of the rounds"}


def _order(row: Depths | Recovered | Beaten) -> str:
    return _NO_ORDER if row.order is None else str(row.order)


def _fine(interval: Interval) -> str:
    return interval.text(3)


def _two(values: Mapping[str, float]) -> str:
    return f"{values['first']:.2f} -> {values['last']:.2f}" if values else ""


def _fitted(settings: Mapping[str, float]) -> str:
    return "" if len(settings) > 2 else ", ".join(f"{name} {value:.2f}" for name, value in settings.items())
