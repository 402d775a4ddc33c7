"""How often intervals cover."""

from __future__ import annotations

from collections.abc import Sequence

from eval.show.console import Table
from eval.studies.coverage import TESTS, Rate, by_row


def coverage_table(found: Sequence[Rate], episodes: int, draws: int) -> Table:
    """One row a task and kind, one column a size: the rates of its cases in percent."""
    table = Table(
        title=f"{draws} samples out of {episodes} episodes a cell: how often 95 % intervals cover, and tests "
        "reject at 5 % what is true; lowest / median / highest case in %"
    )
    for heading in ("task", "of"):
        table.add_column(heading)
    for n in dict.fromkeys(rate.n for rate in found):
        table.add_column(f"n = {n}", justify="right", no_wrap=True)
    table.add_column("the extreme case at the largest n")
    for task, what, rates in by_row(found):
        last = rates[max(rates)]
        table.add_row(task, what, *map(_rates, rates.values()), "" if what in TESTS else last.where)
    return table


def _rates(rate: Rate) -> str:
    return " / ".join(f"{100.0 * one:.1f}" for one in (rate.lowest, rate.median, rate.highest))
