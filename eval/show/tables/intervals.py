"""What tables say of their intervals."""

from __future__ import annotations

from collections.abc import Iterable

from eval.measure import Interval
from eval.measure.intervals import RARE, T
from eval.show.console import Table


def with_intervals(table: Table, intervals: Iterable[Interval]) -> Table:
    """The table with a sentence below it on how its intervals were made, and what their signs mean."""
    shown = list(intervals)
    said = []
    if any(interval.method == T for interval in shown):
        said.append(
            "Intervals of fewer than ten episodes are Student's t: where scores have a long tail, too short."
        )
    if any(interval.is_unknown for interval in shown):
        said.append("[?] all episodes are alike, so that the interval is unknown.")
    if any(interval.rare for interval in shown):
        said.append(
            f"{RARE} fewer than five episodes make nearly all of the spread: where as rare ones were missed, "
            "the interval is too short."
        )
    if said:
        table.caption = " ".join([*([str(table.caption)] if table.caption else []), *said])
        table.caption_justify = "left"
    return table
